//! Who a ticket would go back to.

use crate::actor::{ActorKind, By};
use crate::event::{Event, Visibility};
use crate::id::PersonId;

/// What a ticket's log says of those who had it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// Who had it, the last one first, then who answered on it, likewise. Whoever let it go is not among those who had it.
    pub(crate) owners: Vec<PersonId>,
    /// Who let it go last, if nobody has had it and it was not solved since: they gave it back, or lost it for having done
    /// nothing. Whoever lost it because they could not be asked has not let it go.
    pub(crate) let_go: Option<PersonId>,
}

/// Reads a log, oldest first.
pub(crate) fn past<'a>(log: impl IntoIterator<Item = (&'a By, &'a Event)>) -> Past {
    let (mut owners, mut answered): (Vec<PersonId>, Vec<PersonId>) = (Vec::new(), Vec::new());
    let (mut holder, mut let_go): (Option<PersonId>, Option<PersonId>) = (None, None);
    let mut kept = false;
    for (by, event) in log {
        match event {
            Event::Opened(opened) => holder.clone_from(&opened.assignee),
            Event::Assigned(Some(person)) => (holder, let_go) = (Some(person.clone()), None),
            Event::Assigned(None) => {
                if let Some(person) = holder.take().filter(|_| !kept) {
                    owners.retain(|owner| *owner != person);
                    let_go = Some(person);
                }
            }
            Event::Moved(moved) if !moved.status.is_open() => let_go = None,
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
    Past { owners, let_go }
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
    use crate::event::{Moved, Said};
    use crate::routing::{Choice, Fallback};
    use crate::status::Status;

    #[test]
    fn the_last_one_who_had_it_comes_first_and_who_let_it_lie_does_not_come_back() {
        let given = |name: &str| Event::Assigned(Some(name.into()));
        let said =
            Said { visibility: Visibility::Public, channel: Channel::Api, automatic: false, attachments: Vec::new() };
        let choice =
            Choice { route: "r".into(), pick: None, fallback: Fallback::LeaveQueued, passed_over: Vec::new(), more: 0 };
        let solved = Event::Moved(Moved {
            transition: "resolve".into(),
            from: "open".into(),
            to: "resolved".into(),
            status: Status::Resolved,
            waiting: None,
            dropped: false,
        });
        let cases: [(&[Event], &[&str], Option<&str>); 7] = [
            (&[], &["eve"], None),
            (&[given("ada"), given("bo")], &["bo", "ada", "eve"], None),
            (&[given("ada"), given("bo"), given("ada")], &["ada", "bo", "eve"], None),
            (&[given("ada"), given("bo"), Event::Assigned(None)], &["ada", "eve"], Some("bo")),
            (&[given("ada"), Event::Unrouted(Box::new(choice)), Event::Assigned(None)], &["ada", "eve"], None),
            (&[given("eve"), Event::Assigned(None), given("bo")], &["bo", "eve"], None),
            (&[given("ada"), Event::Assigned(None), solved], &["eve"], None),
        ];
        let eve = Actor::agent("eve").by();
        for (events, expected, let_go) in cases {
            let events: Vec<Event> = std::iter::once(Event::Said(said.clone())).chain(events.iter().cloned()).collect();
            let found = past(events.iter().map(|event| (&eve, event)));
            let owners = expected.iter().map(|name| PersonId::from(*name)).collect();
            assert_eq!(found, Past { owners, let_go: let_go.map(PersonId::from) }, "{events:?}");
        }
    }
}
