//! Merging, and its undoing.

use std::sync::Arc;
use std::thread;

use chrono::TimeDelta;
use ticketcore::event::Attachment;
use ticketcore::query::Order;
use ticketcore::{
    Actor, Command, Config, Desk, Draft, Filter, Intake, Message, Policy, Priority, Query, Refusal, Request, Signal,
    Span, Status, Ticket, TicketId, Visibility,
};

use crate::{everywhere, refusal, refused};

fn printer() -> Draft {
    Draft::incident("Printer is on fire").description("Room 4")
}

#[test]
fn a_merged_ticket_reads_and_goes_on_in_the_survivor() {
    everywhere(async |place| {
        let desk = &place.desk;
        let survivor = desk.open(printer()).await.unwrap();
        let double = place.requester().open(Draft::incident("Smoke").description("It smells")).await.unwrap();
        let file = Attachment {
            name: "photo.jpg".to_owned(),
            media_type: "image/jpeg".to_owned(),
            size: 3,
            digest: "ab".repeat(32),
        };
        let message = Message { attachments: vec![file.clone()], ..Message::new(Visibility::Public, "See the photo") };
        place.clock.advance(TimeDelta::minutes(1));
        desk.apply(double.id, [Command::Say(message), Command::Watch("kim".into())]).await.unwrap();
        place.clock.advance(TimeDelta::minutes(1));
        desk.apply(survivor.id, Command::reply("On our way")).await.unwrap();

        let merged = desk.apply(double.id, Command::Merge(survivor.id)).await.unwrap();
        assert_eq!((merged.status, merged.dropped, merged.merged), (Status::Closed, true, Some(survivor.id)));
        assert_eq!(place.story(&merged).await.last(), Some(&"merged"));
        let now = desk.load(survivor.id).await.unwrap();
        assert_eq!(place.story(&now).await.last(), Some(&"absorbed"));
        assert!(now.watchers.contains("kim"));
        assert_eq!(place.read(&now).await, ["Room 4", "It smells", "See the photo", "On our way"]);
        let posts = desk.conversation(survivor.id).await.unwrap();
        assert_eq!(posts[2].said.attachments, [file], "files are read where they are");
        assert_eq!((posts[2].ticket, posts[0].ticket), (double.id, survivor.id));

        let answered = place.requester().apply(double.id, Command::reply("Thank you")).await.unwrap();
        assert_eq!(answered.id, survivor.id, "a reply to a merged ticket goes on where it does");
        assert_eq!(place.read(&now).await.last().unwrap(), "Thank you");
        let refusal = refusal(desk.apply(double.id, Command::transition("start")).await);
        assert_eq!(refusal, Refusal::Merged { id: double.id, into: survivor.id });
        let mixed = [Command::reply("And"), Command::Tag("hot".into())];
        assert!(refused(desk.apply(double.id, mixed).await).ends_with(&format!("was merged into {}", survivor.id)));
        assert_eq!(desk.moves(double.id).await.unwrap(), []);
    });
}

#[test]
fn a_reply_once_is_once_wherever_it_goes() {
    everywhere(async |place| {
        let (a, b) = two(&place.desk).await;
        place.desk.apply(a.id, Command::Merge(b.id)).await.unwrap();
        let reply = || Request::from(Command::reply("Thank you")).once("mail-1");
        let first = place.desk.apply(a.id, reply()).await.unwrap();
        assert_eq!(place.desk.apply(a.id, reply()).await.unwrap(), first);
        assert_eq!(first.messages, 1);
        let prepared = place.desk.prepare(a.id, Command::reply("Again")).await.unwrap().unwrap();
        assert_eq!(prepared.changes[0].ticket.id, b.id);
    });
}

async fn two(desk: &Desk) -> (Arc<Ticket>, Arc<Ticket>) {
    (desk.open(printer()).await.unwrap(), desk.open(Draft::incident("Smoke")).await.unwrap())
}

#[test]
fn what_is_merged_is_no_work_and_no_promise_until_it_is_unmerged() {
    everywhere(async |place| {
        let desk = &place.desk;
        let policy = Policy::resolution("fix").target(Priority::P3, Span::hours(4));
        desk.by(Actor::system()).publish(Config::default().policy(policy)).await.unwrap();
        let (a, b) = two(desk).await;
        let rank = || Query::new(Filter::all()).order(Order::rank());
        place.clock.advance(TimeDelta::hours(1));
        desk.apply(a.id, Command::Merge(b.id)).await.unwrap();
        assert_eq!(desk.find(&rank()).await.unwrap().tickets.len(), 1, "only the survivor waits for somebody");
        assert_eq!(desk.find(&Query::new(Filter::open())).await.unwrap().tickets.len(), 1);

        place.clock.advance(TimeDelta::hours(10));
        desk.tick().await.unwrap();
        assert!(place.story(&b).await.contains(&"breached"));
        assert!(!place.story(&a).await.contains(&"breached"), "the clock of a merged ticket stands");

        let back = desk.apply(a.id, Command::Unmerge).await.unwrap();
        assert_eq!((back.status, back.merged, back.closed, back.reopens), (Status::New, None, None, 0));
        let due = desk.readings(a.id).await.unwrap().into_iter().find_map(|reading| reading.due);
        assert_eq!(due, Some(place.desk.now() + TimeDelta::hours(3)), "one of four hours had passed");
        assert_eq!(desk.find(&rank()).await.unwrap().tickets.len(), 2);
        assert_eq!(place.story(&b).await.last(), Some(&"released"));
        desk.apply(a.id, Command::Unmerge).await.unwrap();
        assert_eq!(place.story(&a).await, ["opened", "merged", "unmerged"], "undoing nothing is nothing");
    });
}

#[test]
fn who_watches_because_of_a_merge_stays_only_if_somebody_says_so() {
    everywhere(async |place| {
        let desk = &place.desk;
        let watched =
            |names: &[&'static str]| Draft { watchers: names.iter().map(|name| (*name).into()).collect(), ..printer() };
        let survivor = desk.open(watched(&["kim"])).await.unwrap();
        let first = desk.open(watched(&["kim", "lin", "max", "eve"])).await.unwrap();
        let second = desk.open(watched(&["lin"])).await.unwrap();
        for double in [&first, &second] {
            desk.apply(double.id, Command::Merge(survivor.id)).await.unwrap();
        }
        let now =
            desk.apply(survivor.id, [Command::Watch("max".into()), Command::Unwatch("eve".into())]).await.unwrap();
        assert_eq!(now.watchers.len(), 3);
        desk.apply(first.id, Command::Unmerge).await.unwrap();
        let now = desk.load(survivor.id).await.unwrap();
        let names: Vec<&str> = now.watchers.iter().map(AsRef::as_ref).collect();
        assert_eq!(names, ["kim", "lin", "max"], "lin came with the second as well, max was asked to stay");
        desk.apply(second.id, Command::Unmerge).await.unwrap();
        assert_eq!(desk.load(survivor.id).await.unwrap().watchers.len(), 2);
    });
}

#[test]
fn the_alert_of_a_merged_ticket_is_heard_by_the_survivor() {
    everywhere(async |place| {
        let desk = place.desk.by(Actor::integration("monitor"));
        let signal = |key: &str, firing: bool| {
            place.clock.advance(TimeDelta::minutes(1));
            let now = desk.now();
            if firing { Signal::firing(key, "It is hot", now) } else { Signal::cleared(key, now) }
        };
        let mut opened = Vec::new();
        for key in ["cpu", "fan", "rack"] {
            let Intake::Opened(ticket) = desk.signal(signal(key, true)).await.unwrap() else { panic!("opens") };
            opened.push(ticket.id);
        }
        let [cpu, fan, rack] = opened[..] else { panic!("three") };
        // A chain: the fan's alert is part of the processor's, and that of the rack's.
        desk.apply(fan, Command::Merge(cpu)).await.unwrap();
        desk.apply(cpu, Command::Merge(rack)).await.unwrap();
        let Intake::Repeated(heard) = desk.signal(signal("fan", true)).await.unwrap() else { panic!("repeats") };
        assert_eq!(heard.id, rack);
        let counts: Vec<(&str, u32)> = heard.alerts().map(|alert| (alert.key.as_str(), alert.count)).collect();
        assert_eq!(counts, [("rack", 1), ("cpu", 1), ("fan", 2)]);

        for key in ["rack", "fan"] {
            let cleared = desk.signal(signal(key, false)).await.unwrap();
            assert_eq!(cleared.ticket().unwrap().status, Status::New, "an alert is still firing");
        }
        let cleared = desk.signal(signal("cpu", false)).await.unwrap();
        assert_eq!(cleared.ticket().unwrap().status, Status::Resolved, "the last one is over");

        let back = desk.apply(cpu, Command::Unmerge).await.unwrap();
        assert_eq!(back.status, Status::New);
        let states: Vec<(&str, bool)> = back.alerts().map(|alert| (alert.key.as_str(), alert.firing)).collect();
        assert_eq!(states, [("cpu", false), ("fan", false)], "what was heard meanwhile is known");
        let Intake::Repeated(heard) = desk.signal(signal("fan", true)).await.unwrap() else { panic!("repeats") };
        assert_eq!(heard.id, cpu);
    });
}

#[test]
fn merges_that_cannot_be_are_refused_with_the_reason() {
    everywhere(async |place| {
        let desk = &place.desk;
        let (a, b) = two(desk).await;
        let c = desk.open(Draft::incident("Fire")).await.unwrap();
        let far = desk.tenant("other").open(printer()).await.unwrap();
        let nobody = TicketId::at(place.desk.now(), 99);
        assert_eq!(
            refused(desk.apply(a.id, Command::Merge(a.id)).await),
            "invalid input: merge: a ticket cannot be merged into itself"
        );
        for id in [far.id, nobody] {
            assert_eq!(refusal(desk.apply(a.id, Command::Merge(id)).await), Refusal::NoSuchTicket { id });
        }
        desk.apply(a.id, Command::Merge(b.id)).await.unwrap();
        desk.apply(b.id, Command::Merge(c.id)).await.unwrap();
        // Whatever would close a circle is into a ticket that is merged already; the refusal names the survivor.
        for (from, into) in [(&c, &a), (&c, &b)] {
            let refusal = refusal(desk.apply(from.id, Command::Merge(into.id)).await);
            assert_eq!(refusal, Refusal::Merged { id: into.id, into: c.id });
        }
        let refusal_of_a = refusal(desk.apply(a.id, Command::Merge(c.id)).await);
        assert_eq!(refusal_of_a, Refusal::Merged { id: a.id, into: c.id });
        let link = refusal(desk.apply(c.id, Command::Link(ticketcore::LinkKind::Relates, a.id)).await);
        assert_eq!(link, Refusal::Merged { id: a.id, into: c.id });
        // Last in, first out.
        assert_eq!(refusal(desk.apply(a.id, Command::Unmerge).await), Refusal::Merged { id: b.id, into: c.id });
        desk.apply(b.id, Command::Unmerge).await.unwrap();
        desk.apply(a.id, Command::Unmerge).await.unwrap();
    });
}

#[test]
fn a_survivor_takes_as_many_as_the_limits_say() {
    everywhere(async |place| {
        let desk = &place.desk;
        let mut config = Config::default();
        (config.limits.merges, config.limits.items) = (2, 2);
        desk.by(Actor::system()).publish(config).await.unwrap();
        let mut ids = Vec::new();
        for name in ["kim", "lin", "max", "eve"] {
            ids.push(desk.open(Draft { watchers: [name.into()].into(), ..printer() }).await.unwrap().id);
        }
        desk.apply(ids[0], Command::Merge(ids[1])).await.unwrap();
        let full = refused(desk.apply(ids[2], Command::Merge(ids[1])).await);
        assert_eq!(full, format!("invalid input: watchers: ticket {} would have 3 items, the limit is 2", ids[1]));
        for id in [ids[2], ids[3]] {
            let watchers =
                desk.load(id).await.unwrap().watchers.iter().cloned().map(Command::Unwatch).collect::<Vec<_>>();
            desk.apply(id, watchers).await.unwrap();
        }
        desk.apply(ids[1], Command::Merge(ids[2])).await.unwrap();
        let full = refused(desk.apply(ids[3], Command::Merge(ids[2])).await);
        let many = format!("invalid input: merge: ticket {} would be made of 3 other tickets, the limit is 2", ids[2]);
        assert_eq!(full, many);
    });
}

#[test]
fn of_two_that_are_merged_into_each_other_at_once_one_survives() {
    everywhere(async |place| {
        for _ in 0..10 {
            let (a, b) = two(&place.desk).await;
            let answers = thread::scope(|scope| {
                let merge = |from: TicketId, into: TicketId| {
                    let desk = place.desk.clone();
                    scope.spawn(move || pollster::block_on(desk.apply(from, Command::Merge(into))))
                };
                [merge(a.id, b.id), merge(b.id, a.id)].map(|thread| thread.join().unwrap())
            });
            let merged: Vec<_> = answers.iter().filter(|answer| answer.is_ok()).collect();
            assert_eq!(merged.len(), 1, "{answers:?}");
        }
    });
}

#[test]
fn hundreds_of_duplicates_and_chains_of_hundreds_read_to_the_end() {
    everywhere(async |place| {
        let desk = &place.desk;
        let drafts = |count: usize| (0..count).map(|_| printer()).collect::<Vec<_>>();
        let star = desk.open_all(drafts(502)).await.unwrap();
        for double in &star[1..=500] {
            desk.apply(double.id, Command::Merge(star[0].id)).await.unwrap();
        }
        assert_eq!(desk.conversation(star[0].id).await.unwrap().len(), 501);
        assert!(refused(desk.apply(star[501].id, Command::Merge(star[0].id)).await).contains("the limit is 500"));
        assert_eq!(desk.apply(star[250].id, Command::reply("Still?")).await.unwrap().id, star[0].id);

        let chain = desk.open_all(drafts(501)).await.unwrap();
        for pair in chain.windows(2) {
            desk.apply(pair[0].id, Command::Merge(pair[1].id)).await.unwrap();
        }
        let end = chain.last().unwrap();
        assert_eq!(desk.conversation(end.id).await.unwrap().len(), 501);
        assert_eq!(desk.apply(chain[0].id, Command::reply("Still?")).await.unwrap().id, end.id);
        assert_eq!(
            refusal(desk.apply(end.id, Command::Merge(chain[0].id)).await),
            Refusal::Merged { id: chain[0].id, into: end.id }
        );
    });
}
