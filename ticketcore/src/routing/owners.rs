//! Who a ticket would go back to.

use crate::actor::{ActorKind, By};
use crate::event::{Event, Visibility};
use crate::id::PersonId;

/// Lists who had a ticket, the last one first, then who answered on it, likewise. Whoever gave it back, or lost it for
/// having done nothing, is not among those who had it, unless the desk took it only because they could not be asked.
pub(crate) fn owners<'a>(log: impl IntoIterator<Item = (&'a By, &'a Event)>) -> Vec<PersonId> {
    let (mut owners, mut answered): (Vec<PersonId>, Vec<PersonId>) = (Vec::new(), Vec::new());
    let mut holder: Option<PersonId> = None;
    let mut kept = false;
    for (by, event) in log {
        match event {
            Event::Opened(opened) => holder.clone_from(&opened.assignee),
            Event::Assigned(Some(person)) => holder = Some(person.clone()),
            Event::Assigned(None) => {
                if let Some(person) = holder.take().filter(|_| !kept) {
                    owners.retain(|owner| *owner != person);
                }
            }
            Event::Said(said) if by.kind == ActorKind::Agent && said.visibility == Visibility::Public => {
                move_up(&mut answered, &by.id);
            }
            _ => {}
        }
        kept = matches!(event, Event::Unrouted(_));
        if let Some(holder) = &holder {
            move_up(&mut owners, holder);
        }
    }
    owners.reverse();
    for person in answered.into_iter().rev() {
        if !owners.contains(&person) {
            owners.push(person);
        }
    }
    owners
}

fn move_up(people: &mut Vec<PersonId>, person: &PersonId) {
    if people.last() != Some(person) {
        people.retain(|one| one != person);
        people.push(person.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::channel::Channel;
    use crate::event::Said;
    use crate::routing::{Choice, Fallback};

    #[test]
    fn the_last_one_who_had_it_comes_first_and_who_let_it_lie_does_not_come_back() {
        let given = |name: &str| Event::Assigned(Some(name.into()));
        let said =
            Said { visibility: Visibility::Public, channel: Channel::Api, automatic: false, attachments: Vec::new() };
        let choice =
            Choice { route: "r".into(), pick: None, fallback: Fallback::LeaveQueued, passed_over: Vec::new(), more: 0 };
        let cases: [(&[Event], &[&str]); 6] = [
            (&[], &["eve"]),
            (&[given("ada"), given("bo")], &["bo", "ada", "eve"]),
            (&[given("ada"), given("bo"), given("ada")], &["ada", "bo", "eve"]),
            (&[given("ada"), given("bo"), Event::Assigned(None)], &["ada", "eve"]),
            (&[given("ada"), Event::Unrouted(Box::new(choice)), Event::Assigned(None)], &["ada", "eve"]),
            (&[given("eve"), given("bo")], &["bo", "eve"]),
        ];
        let eve = Actor::agent("eve").by();
        for (events, expected) in cases {
            let events: Vec<Event> = std::iter::once(Event::Said(said.clone())).chain(events.iter().cloned()).collect();
            let found = owners(events.iter().map(|event| (&eve, event)));
            assert_eq!(found, expected.iter().map(|name| PersonId::from(*name)).collect::<Vec<_>>(), "{events:?}");
        }
    }
}
