//! The customer's side: what is seen of a ticket, links that open it, what is thought of its solution.

#[path = "support/file.rs"]
mod temporary;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use temporary::File;
use ticketcore::customer::{Outlook, Turn};
use ticketcore::engine::{Refusal, Unscorable};
use ticketcore::report::{Ask, satisfaction};
use ticketcore::secret_link::Purpose;
use ticketcore::testing::{Given, given};
use ticketcore::time::ManualClock;
use ticketcore::{
    Actor, Capability, Command, Config, Desk, Draft, Error, Event, FieldType, Filter, MemoryStore, Policy, Position,
    Priority, Query, Span, Status, Store, Ticket, TicketId, Version,
};
use ticketcore_sqlite::SqliteStore;

fn start() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

fn desk_on(store: Arc<dyn Store>) -> (Desk, ManualClock) {
    let clock = ManualClock::new(start());
    (Desk::new(store).with_clock(clock.clone()).with_seed(7), clock)
}

/// Runs a scenario on a desk in memory and on one in a file.
fn on_both<F: Future<Output = ()>>(scenario: impl Fn(Desk, ManualClock) -> F) {
    let file = File::new();
    let stores: [Arc<dyn Store>; 2] = [Arc::new(MemoryStore::new()), Arc::new(SqliteStore::open(file.path()).unwrap())];
    for store in stores {
        let (desk, clock) = desk_on(store);
        pollster::block_on(scenario(desk, clock));
    }
}

fn ada(desk: &Desk) -> Desk {
    desk.by(Actor::agent("ada"))
}

fn bo(desk: &Desk) -> Desk {
    desk.by(Actor::requester("bo"))
}

/// A ticket of `bo`'s that was solved.
async fn solved(desk: &Desk) -> Arc<Ticket> {
    let ticket = bo(desk).open(Draft::incident("Printer is on fire").description("Room 4")).await.unwrap();
    ada(desk).apply(ticket.id, Command::transition("resolve")).await.unwrap()
}

mod the_view {
    use super::*;

    fn config() -> Config {
        let mut config = Config::default()
            .field("cost_centre", FieldType::Text)
            .field("seats", FieldType::Int)
            .policy(Policy::first_response("response").target(Priority::P3, Span::hours(1)))
            .policy(Policy::resolution("resolution").target(Priority::P3, Span::hours(4)))
            .policy(Policy::update("secret").target(Priority::P3, Span::hours(2)));
        config.rights.internal.insert("cost_centre".into());
        config.rights.promises.extend(["response".into(), "resolution".into()]);
        config
    }

    #[test]
    fn it_tells_status_messages_fields_and_promises_and_nothing_that_is_internal() {
        on_both(|desk, clock| async move {
            desk.publish(config()).await.unwrap();
            let draft = Draft::incident("Printer is on fire").description("Room 4").field("seats", 3);
            let ticket = bo(&desk).open(draft).await.unwrap();
            clock.advance(TimeDelta::minutes(30));
            let work = [
                Command::set("cost_centre", "4711"),
                Command::note("The usual suspect"),
                Command::assign("ada"),
                Command::transition("start"),
                Command::reply("Which one?"),
                Command::transition("wait"),
            ];
            ada(&desk).apply(ticket.id, work).await.unwrap();
            clock.advance(TimeDelta::minutes(5));

            let view = bo(&desk).follow(ticket.id).await.unwrap();
            assert_eq!(view, ada(&desk).follow(ticket.id).await.unwrap(), "agents see what their customer sees");
            assert_eq!((view.reference.as_str(), view.status), ("INC-1", Status::Pending));
            assert_eq!(view.waiting, Some("the person it is for"));
            assert_eq!(view.fields.keys().map(|key| key.as_str()).collect::<Vec<_>>(), ["seats"]);
            let texts: Vec<_> = view.posts.iter().filter_map(|post| post.text.as_deref()).collect();
            assert_eq!(texts, ["Room 4", "Which one?"]);
            let half = start() + TimeDelta::minutes(30);
            let turn = |at, status| Turn { at, status };
            let course = [turn(start(), Status::New), turn(half, Status::Open), turn(half, Status::Pending)];
            assert_eq!((view.course.as_slice(), view.updated), (course.as_slice(), half));
            let promises: Vec<_> =
                view.promises.iter().map(|one| (one.policy.as_str(), one.due, one.outlook)).collect();
            assert_eq!(promises, [("response", None, Outlook::Met), ("resolution", None, Outlook::Paused)]);

            let json = serde_json::to_string(&view).unwrap();
            for hidden in ["ada\",\"kind\":\"system", "version", "position", "\"message\"", "4711", "suspect", "secret"]
            {
                assert!(!json.contains(hidden), "{hidden}: {json}");
            }
        });
    }

    #[test]
    fn a_promise_that_was_broken_is_missed_and_one_with_time_left_tells_when_it_is_due() {
        on_both(|desk, clock| async move {
            desk.publish(config()).await.unwrap();
            let ticket = bo(&desk).open(Draft::incident("No mail")).await.unwrap();
            clock.advance(TimeDelta::hours(2));
            let view = bo(&desk).follow(ticket.id).await.unwrap();
            let due = |hours| Some(start() + TimeDelta::hours(hours));
            let promises: Vec<_> = view.promises.iter().map(|one| (one.due, one.outlook)).collect();
            assert_eq!(promises, [(due(1), Outlook::Missed), (due(4), Outlook::Running)]);
            ada(&desk).apply(ticket.id, Command::transition("cancel")).await.unwrap();
            let view = bo(&desk).follow(ticket.id).await.unwrap();
            let left: Vec<_> = view.promises.iter().map(|one| one.outlook).collect();
            assert_eq!(left, [Outlook::Missed], "what was dropped was not kept");
        });
    }

    #[test]
    fn strangers_are_told_that_there_is_no_such_ticket() {
        on_both(|desk, _| async move {
            let ticket = solved(&desk).await;
            let stranger = desk.by(Actor::requester("eve")).follow(ticket.id).await.unwrap_err();
            assert!(matches!(stranger, Error::NotFound(id) if id == ticket.id), "{stranger}");
        });
    }

    #[test]
    fn a_merged_ticket_names_the_survivor_to_those_who_see_it() {
        on_both(|desk, _| async move {
            let mine = bo(&desk).open(Draft::incident("No mail")).await.unwrap();
            let other = desk.by(Actor::requester("eve")).open(Draft::incident("Mail is down")).await.unwrap();
            ada(&desk).apply(mine.id, Command::Merge(other.id)).await.unwrap();
            assert_eq!(ada(&desk).follow(mine.id).await.unwrap().merged.as_deref(), Some("INC-2"));
            let view = bo(&desk).follow(mine.id).await.unwrap();
            assert_eq!(
                (view.status, view.merged.as_deref()),
                (Status::Closed, Some("INC-2")),
                "its requester takes part"
            );
            ada(&desk).apply(other.id, Command::ChangeRequester(None)).await.unwrap();
            let stranger = desk.by(Actor::requester("eve")).follow(other.id).await;
            assert!(stranger.is_err());
        });
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 40, ..ProptestConfig::default() })]

        /// Whatever happens to a ticket, its customer's view is the same with internal notes and without them.
        #[test]
        fn internal_notes_leave_no_trace(acts in proptest::collection::vec(0..9_u8, 1..25)) {
            pollster::block_on(async {
                let mut views = Vec::new();
                for notes in [false, true] {
                    let (desk, clock) = desk_on(Arc::new(MemoryStore::new()));
                    desk.publish(config()).await.unwrap();
                    let ticket = bo(&desk).open(Draft::incident("No mail").description("Since noon")).await.unwrap();
                    for act in &acts {
                        clock.advance(TimeDelta::minutes(11));
                        desk.tick().await.unwrap();
                        if notes {
                            ada(&desk).apply(ticket.id, Command::note("between us")).await.unwrap();
                        }
                        let (who, command) = match act {
                            0 => (ada(&desk), Command::reply("Soon")),
                            1 => (bo(&desk), Command::reply("When?")),
                            2 => (ada(&desk), Command::transition("start")),
                            3 => (ada(&desk), Command::transition("wait")),
                            4 => (ada(&desk), Command::transition("resolve")),
                            5 => (bo(&desk), Command::transition("reopen")),
                            6 => (bo(&desk), Command::Score(2, Some("meh".to_owned()))),
                            7 => (ada(&desk), Command::edit(Version(1), "Since eleven")),
                            _ => (ada(&desk), Command::Tag("vip".into())),
                        };
                        // What is not possible now is refused in both lives.
                        let done = who.apply(ticket.id, command).await;
                        assert!(done.is_ok() || done.is_err_and(|error| error.refusal().is_some()));
                    }
                    views.push(serde_json::to_string(&bo(&desk).follow(ticket.id).await.unwrap()).unwrap());
                }
                assert_eq!(views[0], views[1]);
            });
        }
    }
}

mod links {
    use super::*;

    const DAY: TimeDelta = TimeDelta::days(1);

    #[test]
    fn a_link_shows_the_customers_view_to_whoever_carries_it_until_it_is_revoked() {
        on_both(|desk, _| async move {
            let ticket = solved(&desk).await;
            let link = ada(&desk).grant_link(ticket.id, "vendor", Purpose::Follow, start() + DAY).await.unwrap();
            let visit = desk.visit(&link.text(), Purpose::Follow).await.unwrap();
            assert_eq!((visit.ticket, visit.person.as_str(), visit.expires), (ticket.id, "vendor", start() + DAY));
            for _ in 0..2 {
                let view = desk.by(Actor::requester("nobody")).follow_link(&link.text()).await.unwrap();
                assert_eq!(view, bo(&desk).follow(ticket.id).await.unwrap());
            }
            ada(&desk).revoke_link(link.id()).await.unwrap();
            assert!(matches!(desk.follow_link(&link.text()).await, Err(Error::InvalidLink)));
            assert!(matches!(ada(&desk).revoke_link(link.id()).await, Err(Error::InvalidLink)));
        });
    }

    /// Every way in which a link can be wrong has the same answer.
    #[test]
    fn whatever_is_wrong_with_a_link_the_answer_is_the_same() {
        on_both(|desk, clock| async move {
            let ticket = solved(&desk).await;
            let grant = async |purpose| ada(&desk).grant_link(ticket.id, "bo", purpose, start() + DAY).await.unwrap();
            let (follow, rate) = (grant(Purpose::Follow).await, grant(Purpose::Rate).await);
            let (text, other) = (follow.text(), rate.text());
            let (id, secret) = text.split_once('.').unwrap();
            let last = if secret.ends_with('0') { "1" } else { "0" };
            let cases = [
                ("empty", String::new()),
                ("a blank", " ".to_owned()),
                ("only a dot", ".".to_owned()),
                ("only the id", id.to_owned()),
                ("no secret", format!("{id}.")),
                ("no id", format!(".{secret}")),
                ("truncated", text[..text.len() - 1].to_owned()),
                ("extended", format!("{text}0")),
                ("another last digit", format!("{}{last}", &text[..text.len() - 1])),
                ("the other case", text.to_uppercase()),
                ("a secret in the other case", format!("{id}.{}", secret.to_uppercase())),
                ("an id in the other case", format!("{}.{secret}", id.to_uppercase())),
                ("a trailing blank", format!("{text} ")),
                ("a leading blank", format!(" {text}")),
                ("a NUL", format!("{id}\0.{secret}")),
                ("an unknown id", format!("{}.{secret}", "0".repeat(32))),
                ("nothing but noughts", format!("{}.{}", "0".repeat(32), "0".repeat(64))),
                ("another link's secret", format!("{id}.{}", other.split_once('.').unwrap().1)),
                ("another purpose", other.clone()),
                ("other letters", "ä".repeat(97)),
                ("very long", text.repeat(10_000)),
            ];
            for (what, wrong) in &cases {
                let refused = desk.follow_link(wrong).await.unwrap_err();
                assert!(matches!(refused, Error::InvalidLink), "{what}: {refused}");
                assert_eq!(refused.to_string(), "the link is not valid", "{what}");
            }
            for wrong in cases.iter().filter(|(what, _)| *what != "another purpose").map(|(_, wrong)| wrong) {
                assert!(matches!(desk.rate_link(wrong, 5, None).await, Err(Error::InvalidLink)), "{wrong}");
            }
            assert!(matches!(desk.rate_link(&text, 5, None).await, Err(Error::InvalidLink)), "a link to follow");
            let elsewhere = desk.tenant("other").follow_link(&text).await;
            assert!(matches!(elsewhere, Err(Error::InvalidLink)), "another tenant");

            clock.set(start() + DAY - TimeDelta::microseconds(1));
            desk.follow_link(&text).await.expect("the last instant");
            clock.set(start() + DAY);
            assert!(matches!(desk.follow_link(&text).await, Err(Error::InvalidLink)), "expired");
            clock.advance(TimeDelta::seconds(1));
            assert!(matches!(desk.rate_link(&other, 5, None).await, Err(Error::InvalidLink)), "expired by a second");
            assert!(desk.load(ticket.id).await.unwrap().score.is_none(), "none of them did anything");
        });
    }

    #[test]
    fn a_link_to_score_is_for_once_but_only_a_score_uses_it_up() {
        on_both(|desk, _| async move {
            let ticket = solved(&desk).await;
            let link = ada(&desk).grant_link(ticket.id, "bo", Purpose::Rate, start() + DAY).await.unwrap();
            let slip = desk.rate_link(&link.text(), 6, None).await.unwrap_err();
            assert!(matches!(slip.refusal(), Some(Refusal::Invalid { .. })), "{slip}");
            desk.visit(&link.text(), Purpose::Rate).await.expect("to look uses up nothing");

            let view = desk.rate_link(&link.text(), 4, Some("Quick".to_owned())).await.unwrap();
            assert_eq!(view.score.map(|score| (score.score, score.by)), Some((4, "bo".into())));
            assert!(matches!(desk.rate_link(&link.text(), 4, None).await, Err(Error::InvalidLink)));
            ada(&desk).apply(ticket.id, [Command::transition("reopen"), Command::transition("resolve")]).await.unwrap();
            assert!(matches!(desk.rate_link(&link.text(), 1, None).await, Err(Error::InvalidLink)), "nor for the next");
        });
    }

    #[test]
    fn of_two_who_use_a_link_at_once_one_finds_it_gone() {
        on_both(|desk, _| async move {
            let ticket = solved(&desk).await;
            let link = ada(&desk).grant_link(ticket.id, "bo", Purpose::Rate, start() + DAY).await.unwrap();
            let rate = |score| {
                let (desk, text) = (desk.clone(), link.text());
                std::thread::spawn(move || pollster::block_on(desk.rate_link(&text, score, None)))
            };
            let results: Vec<_> = [1, 2, 3, 4].map(rate).into_iter().map(|thread| thread.join().unwrap()).collect();
            assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
            assert!(results.iter().all(|result| matches!(result, Ok(_) | Err(Error::InvalidLink))), "{results:?}");
            let history = desk.history(ticket.id).await.unwrap();
            assert_eq!(history.iter().filter(|one| matches!(one.event, Event::Scored { .. })).count(), 1);
        });
    }

    #[test]
    fn to_grant_and_to_revoke_takes_the_right_to_share() {
        on_both(|desk, _| async move {
            let ticket = solved(&desk).await.id;
            let grant = |desk: Desk, person: &'static str, purpose, expires| async move {
                desk.grant_link(ticket, person, purpose, expires).await.unwrap_err()
            };
            let (follow, rate, later) = (Purpose::Follow, Purpose::Rate, start() + DAY);
            let own = grant(bo(&desk), "eve", follow, later).await;
            let share = Capability::Share;
            assert_eq!(own.refusal(), Some(&Refusal::Forbidden { who: "bo".into(), capability: share }));
            let stranger = grant(desk.by(Actor::requester("eve")), "eve", follow, later).await;
            assert!(matches!(stranger, Error::NotFound(_)), "{stranger}");
            let missing: TicketId = "019a7f00-0000-7000-8000-000000000001".parse().unwrap();
            let missing = ada(&desk).grant_link(missing, "bo", follow, later).await.unwrap_err();
            assert!(matches!(missing, Error::NotFound(_)), "{missing}");
            for (wrong, named) in [
                (grant(ada(&desk), "bo", follow, start()).await, "expires: is not in the future"),
                (grant(ada(&desk), "", follow, later).await, "person: needs 1 to 128 bytes"),
                (grant(ada(&desk), "eve", rate, later).await, "person: the ticket is not for them"),
            ] {
                assert!(wrong.to_string().contains(named), "{wrong}");
            }
            let link = ada(&desk).grant_link(ticket, "bo", follow, later).await.unwrap();
            for (who, id) in [(bo(&desk), link.id()), (ada(&desk), "…"), (ada(&desk).tenant("other"), link.id())] {
                assert!(matches!(who.revoke_link(id).await, Err(Error::InvalidLink)));
            }
            desk.follow_link(&link.text()).await.expect("it is as it was");
        });
    }

    #[test]
    fn a_person_who_could_not_score_gets_no_link_to_do_so() {
        on_both(|desk, _| async move {
            let mut config = Config::default();
            config.rights.grants.iter_mut().for_each(|grant| grant.may = grant.may.without(Capability::Score));
            desk.publish(config).await.unwrap();
            let ticket = solved(&desk).await;
            let refused = ada(&desk).grant_link(ticket.id, "bo", Purpose::Rate, start() + DAY).await.unwrap_err();
            let forbidden = Refusal::Forbidden { who: "bo".into(), capability: Capability::Score };
            assert_eq!(refused.refusal(), Some(&forbidden));
        });
    }

    #[test]
    fn the_store_keeps_no_secret_and_forgets_what_has_expired() {
        on_both(|desk, clock| async move {
            let ticket = solved(&desk).await;
            let grant = async |days| {
                ada(&desk).grant_link(ticket.id, "bo", Purpose::Follow, start() + TimeDelta::days(days)).await.unwrap()
            };
            let (short, long) = (grant(1).await, grant(2).await);
            let kept = desk.store().documents(&"main".into(), &"link".into(), None, 10).await.unwrap();
            let all: Vec<String> = kept.iter().map(|document| format!("{document:?}")).collect();
            assert_eq!(all.len(), 2);
            for link in [&short, &long] {
                let text = link.text();
                let (_, secret) = text.split_once('.').unwrap();
                assert!(!all.iter().any(|document| document.contains(secret)));
            }
            assert_eq!(desk.forget_links().await.unwrap(), 0);
            clock.advance(DAY);
            assert_eq!(desk.forget_links().await.unwrap(), 1);
            desk.follow_link(&long.text()).await.expect("the other has a day left");
        });
    }

    #[test]
    fn ids_come_from_the_seed_and_secrets_do_not() {
        let grant = || {
            pollster::block_on(async {
                let (desk, _) = desk_on(Arc::new(MemoryStore::new()));
                let ticket = solved(&desk).await;
                ada(&desk).grant_link(ticket.id, "bo", Purpose::Follow, start() + DAY).await.unwrap()
            })
        };
        let (one, other) = (grant(), grant());
        assert_eq!(one.id(), other.id());
        assert_ne!(one.text(), other.text());
    }
}

mod scores {
    use super::*;

    /// A ticket of `bo`'s, solved by `ada`, and `bo` to act on it.
    fn solution() -> Given {
        given(Config::default())
            .ticket(Draft::incident("No mail").requester("bo"))
            .having(Command::transition("resolve"))
            .by(Actor::requester("bo"))
    }

    fn unscorable(refusal: &Refusal) -> &Unscorable {
        let Refusal::NoScore { why } = refusal else { panic!("{refusal}") };
        why
    }

    #[test]
    fn the_customer_scores_a_solution_once_and_a_reopening_allows_another() {
        let of = start();
        let scored = Event::Scored { score: 2, of };
        solution().when(Command::score(2)).then(&[scored]);
        let given = solution().having(Command::Score(2, Some("Too slow".to_owned())));
        given.clone().when(Command::score(5)).then_refused(|refusal| {
            assert_eq!(*unscorable(refusal), Unscorable::Scored { by: "bo".into() });
            assert_eq!(refusal.to_string(), "no score: bo has scored this solution");
        });
        let again = given.having(Command::transition("reopen")).by(Actor::agent("ada"));
        again.clone().when(Command::Tag("again".into())).then_ticket(|ticket| assert_eq!(ticket.score, None));
        let again = again.having(Command::transition("resolve")).by(Actor::requester("bo"));
        again.when(Command::score(5)).then_ticket(|ticket| assert_eq!(ticket.answer(), Some(5)));
    }

    #[test]
    fn a_closed_ticket_can_be_scored_and_neither_an_open_nor_a_dropped_one() {
        solution().having(Command::transition("close")).when(Command::score(4)).then_named(&["scored"]);
        let new =
            given(Config::default()).ticket(Draft::incident("No mail").requester("bo")).by(Actor::requester("bo"));
        for (given, status) in [(new.clone(), Status::New), (new.having(Command::transition("cancel")), Status::Closed)]
        {
            given.when(Command::score(4)).then_refused(|refusal| {
                assert_eq!(*unscorable(refusal), Unscorable::Unsolved { status });
            });
        }
    }

    #[test]
    fn only_those_score_for_whom_it_is_or_who_take_part() {
        solution().by(Actor::agent("ada")).when(Command::score(5)).then_refused(|refusal| {
            assert_eq!(*unscorable(refusal), Unscorable::Stranger { person: "ada".into() });
        });
        solution().by(Actor::requester("eve")).when(Command::score(5)).then_refused(|refusal| {
            let forbidden = Refusal::Forbidden { who: "eve".into(), capability: Capability::Score };
            assert_eq!(*refusal, forbidden);
        });
        let invited = solution().by(Actor::agent("ada")).having(Command::Invite("eve".into()));
        invited.by(Actor::requester("eve")).when(Command::score(5)).then_named(&["scored"]);
    }

    #[test]
    fn a_score_is_from_one_to_five_and_a_comment_says_something() {
        let wrong = [
            (Command::score(0), "score: is 0, not from 1 to 5"),
            (Command::score(6), "score: is 6, not from 1 to 5"),
            (Command::Score(5, Some(" ".to_owned())), "comment: is empty"),
            (Command::Score(5, Some("a\0".to_owned())), "comment: holds a NUL character"),
            (Command::Score(5, Some("x".repeat(1 << 21))), "comment: has 2097152 bytes"),
        ];
        for (command, fault) in wrong {
            solution().when(command).then_refused(|refusal| assert!(refusal.to_string().contains(fault), "{refusal}"));
        }
    }

    #[test]
    fn the_comment_is_for_agents_and_found_by_them_only() {
        on_both(|desk, _| async move {
            let ticket = solved(&desk).await;
            bo(&desk).apply(ticket.id, Command::Score(1, Some("Flabbergasting".to_owned()))).await.unwrap();
            let history = ada(&desk).history(ticket.id).await.unwrap();
            assert_eq!(history.last().unwrap().text.as_deref(), Some("Flabbergasting"));
            let asked = Query::new(Filter { words: vec!["flabbergasting".to_owned()], ..Filter::all() });
            assert_eq!(ada(&desk).find(&asked).await.unwrap().tickets.len(), 1);
            assert_eq!(bo(&desk).find(&asked).await.unwrap().tickets.len(), 0);
            let view = serde_json::to_string(&bo(&desk).follow(ticket.id).await.unwrap()).unwrap();
            assert!(!view.contains("Flabbergasting"), "{view}");
        });
    }

    #[test]
    fn a_report_never_tells_a_rate_without_how_many_answered() {
        on_both(|desk, _| async move {
            let report = async || desk.report(&satisfaction(), &desk.ask().await.unwrap()).await.unwrap();
            assert!(report().await[0].rows.is_empty());
            for score in [Some(5), Some(4), Some(3), None] {
                let ticket = bo(&desk).open(Draft::incident("No mail")).await.unwrap();
                ada(&desk).apply(ticket.id, Command::transition("resolve")).await.unwrap();
                if let Some(score) = score {
                    bo(&desk).apply(ticket.id, Command::score(score)).await.unwrap();
                }
            }
            // Neither what is open nor what was dropped could have been scored.
            bo(&desk).open(Draft::incident("No mail")).await.unwrap();
            let dropped = bo(&desk).open(Draft::incident("Never mind")).await.unwrap();
            bo(&desk).apply(dropped.id, Command::transition("cancel")).await.unwrap();
            let csv = report().await[0].csv();
            assert_eq!(
                csv.lines().collect::<Vec<_>>(),
                [
                    "team,satisfaction_answered,satisfaction_good,satisfaction,response_share_solved,\
                     response_share_answered,response_share",
                    ",3,2,0.6666666666666666,4,3,0.75",
                ]
            );
            let own = bo(&desk).report(&satisfaction(), &Ask::new(desk.now())).await;
            assert!(own.is_err(), "teams are not the customer's matter");
        });
    }
}

#[test]
fn what_was_scored_is_folded_again_from_the_log() {
    on_both(|desk, _| async move {
        let ticket = solved(&desk).await;
        bo(&desk).apply(ticket.id, Command::Score(3, None)).await.unwrap();
        let history = desk.store().feed(Position(0), 100).await.unwrap();
        let folded = ticketcore::engine::fold(history.iter().filter(|one| one.ticket == ticket.id)).unwrap();
        let loaded = desk.load(ticket.id).await.unwrap();
        assert_eq!(Ticket { number: loaded.number, ..folded }, *loaded);
    });
}
