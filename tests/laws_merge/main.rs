//! Laws of merging and splitting, in the pure core: nothing is lost, nothing is there twice, and an undo undoes.

#[path = "lives.rs"]
mod lives;
#[path = "office.rs"]
mod office;

use std::collections::BTreeSet;

use lives::{actor, joinery, open, work};
use office::Office;
use proptest::prelude::*;
use ticketcore::conversation::Post;
use ticketcore::engine::fold;
use ticketcore::testing::Dice;
use ticketcore::{Actor, Command, Config, Draft, Event, Recorded, Status, Ticket, TicketId, Version};

/// An office in which this and that happened to some tickets.
fn office(seeds: &[u64], join: bool) -> (Office, Vec<TicketId>) {
    let mut office = Office::new(Config::default());
    let mut dice = Dice::new(seeds.len() as u64);
    let ids: Vec<TicketId> = (0..4).map(|_| open(&mut office, &mut dice)).collect();
    for seed in seeds {
        let mut dice = Dice::new(*seed);
        let all: Vec<TicketId> = office.tickets.keys().copied().collect();
        let of = *dice.pick(&all);
        let command =
            if join && dice.once_in(2) { joinery(&office, of, &mut dice) } else { work(&office, of, &mut dice) };
        // What is refused changes nothing, which is a law of its own.
        let _ = office.apply(&actor(&mut dice), of, command);
    }
    (office, ids)
}

/// A ticket but for what says when and how often something happened to it.
fn still(ticket: &Ticket) -> Ticket {
    let start = Ticket::clone(ticket);
    let (line, trail) = Default::default();
    Ticket { version: Version(0), updated: start.created, line, trail, ..start }
}

fn seeds() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(any::<u64>().no_shrink(), 0..60)
}

/// What is read, but for the tickets it is read of.
fn keys(posts: &[Post]) -> BTreeSet<(TicketId, Version)> {
    posts.iter().map(|post| (post.ticket, post.message)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Merging and unmerging leaves both tickets as they were but for version, time of the last event, line and trail.
    #[test]
    fn merge_then_unmerge_is_nothing(seeds in seeds(), join: bool) {
        let (mut office, ids) = office(&seeds, join);
        let ada = Actor::agent("ada");
        let (from, into) = (ids[0], ids[1]);
        let before = [from, into].map(|id| (still(office.ticket(id)), office.posts(id)));
        if office.apply(&ada, from, Command::Merge(into)).is_ok() {
            let merged = office.ticket(from);
            prop_assert_eq!((merged.status, merged.dropped, merged.merged), (Status::Closed, true, Some(into)));
            prop_assert_eq!(keys(&office.posts(into)), &keys(&before[0].1) | &keys(&before[1].1));
            office.apply(&ada, from, Command::Unmerge).unwrap();
            prop_assert_eq!(&[from, into].map(|id| (still(office.ticket(id)), office.posts(id))), &before);
        }
    }

    /// Splitting and rejoining leaves the ticket as it was, and the new one closed.
    #[test]
    fn split_then_rejoin_is_nothing(seeds in seeds(), choice: u64) {
        let (mut office, ids) = office(&seeds, true);
        let ada = Actor::agent("ada");
        let (before, posts) = (still(office.ticket(ids[0])), office.posts(ids[0]));
        let mut dice = Dice::new(choice);
        let own: Vec<&Post> = posts.iter().filter(|post| post.ticket == ids[0]).collect();
        let some: Vec<Version> = own.iter().filter(|_| dice.once_in(2)).map(|post| post.message).collect();
        let new = office.next();
        if office.apply(&ada, ids[0], Command::Split(some.clone(), Box::new(Draft::task("Wiring")))).is_ok() {
            let expected = some.iter().map(|message| (ids[0], *message)).collect();
            prop_assert_eq!(keys(&office.posts(new)), expected);
            prop_assert_eq!(office.posts(ids[0]).len(), posts.len() - some.len());
            office.apply(&ada, ids[0], Command::Rejoin(new)).unwrap();
            prop_assert_eq!((still(office.ticket(ids[0])), office.posts(ids[0])), (before, posts));
            let closed = office.ticket(new);
            prop_assert!(closed.status == Status::Closed && closed.dropped && closed.merged == Some(ids[0]));
        }
    }

    /// Whatever is merged, split and undone: every message is read in the conversation of exactly one ticket that was
    /// not merged, and every ticket is the fold of its history.
    #[test]
    fn every_message_is_read_once(seeds in seeds()) {
        let (office, _) = office(&seeds, true);
        let mut read: Vec<(TicketId, Version)> = Vec::new();
        for ticket in office.tickets.values().filter(|ticket| ticket.merged.is_none()) {
            read.extend(office.posts(ticket.id).iter().map(|post| (post.ticket, post.message)));
        }
        let count = read.len();
        let read: BTreeSet<_> = read.into_iter().collect();
        prop_assert_eq!(read.len(), count, "read twice");
        let written: u32 = office.tickets.values().map(|ticket| ticket.messages).sum();
        // A description may be given later, by an edit of the opening.
        let describes = |one: &Recorded| {
            matches!(one.event, Event::Opened(_) | Event::Edited { message: Version(1), .. }) && one.text.is_some()
        };
        let described = office.histories.values().filter(|history| history.iter().any(describes)).count();
        prop_assert_eq!(read.len(), usize::try_from(written).unwrap() + described, "lost");
        for (id, history) in &office.histories {
            let folded = fold(history);
            prop_assert_eq!(folded.as_ref(), Some(office.ticket(*id)), "law 66");
        }
    }

    /// A way through merged tickets ends at one that is not, and a ticket knows how many are part of it.
    #[test]
    fn merging_makes_no_circle(seeds in seeds()) {
        let (office, _) = office(&seeds, true);
        for ticket in office.tickets.values() {
            let merged = |ticket: &&Ticket| ticket.merged.map(|id| office.ticket(id));
            let way = std::iter::successors(Some(&**ticket), merged).take(office.tickets.len() + 1);
            prop_assert!(way.last().is_some_and(|end| end.merged.is_none()));
            let whole = ticket.absorbed.iter().filter(|absorbed| absorbed.is_whole());
            for absorbed in whole {
                let part = office.ticket(absorbed.from);
                prop_assert_eq!((part.merged, absorbed.tickets), (Some(ticket.id), part.tickets() + 1));
            }
        }
    }
}
