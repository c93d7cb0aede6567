//! Knowledge: articles through their lives, who reads them, their editions and votes, and what is like what.

#[path = "support/file.rs"]
mod temporary;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use temporary::File;
use ticketcore::engine::Refusal;
use ticketcore::report::volume;
use ticketcore::testing::given;
use ticketcore::time::ManualClock;
use ticketcore::{
    Actor, Command, Config, Desk, Draft, Error, Event, FieldType, Filter, LinkKind, MemoryStore, Policy, Priority,
    Query, Span, Status, Store, Ticket, TicketId, Version,
};
use ticketcore_sqlite::SqliteStore;

fn start() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// Runs a scenario on a desk in memory and on one in a file.
fn on_both<F: Future<Output = ()>>(scenario: impl Fn(Desk, ManualClock) -> F) {
    let file = File::new();
    let stores: [Arc<dyn Store>; 2] = [Arc::new(MemoryStore::new()), Arc::new(SqliteStore::open(file.path()).unwrap())];
    for store in stores {
        let clock = ManualClock::new(start());
        pollster::block_on(scenario(Desk::new(store).with_clock(clock.clone()).with_seed(7), clock));
    }
}

fn ada(desk: &Desk) -> Desk {
    desk.by(Actor::agent("ada"))
}

fn bo(desk: &Desk) -> Desk {
    desk.by(Actor::requester("bo"))
}

async fn published(desk: &Desk, title: &str, body: &str) -> Arc<Ticket> {
    let article = ada(desk).open(Draft::article(title).description(body)).await.unwrap();
    ada(desk).apply(article.id, Command::transition("publish")).await.unwrap()
}

async fn solved(desk: &Desk, subject: &str, description: &str) -> Arc<Ticket> {
    let ticket = bo(desk).open(Draft::incident(subject).description(description)).await.unwrap();
    ada(desk).apply(ticket.id, Command::transition("resolve")).await.unwrap()
}

#[test]
fn customers_read_an_article_only_while_it_is_public() {
    on_both(|desk, _| async move {
        let article = ada(&desk).open(Draft::article("Printer on fire").description("Pull the plug")).await.unwrap();
        assert_eq!(article.reference(), "KB-1");
        let steps = [("submit", false), ("publish_internal", false), ("publish", true), ("revise", false)];
        for (step, public) in
            steps.into_iter().chain([("publish", true), ("publish_internal", false), ("retire", false)])
        {
            ada(&desk).apply(article.id, Command::transition(step)).await.unwrap();
            let found = bo(&desk).article(article.id).await;
            assert_eq!(found.is_ok(), public, "{step}");
            assert!(public || matches!(found, Err(Error::NotFound(_))), "{step}");
            assert_eq!(bo(&desk).find(&Query::new(Filter::all())).await.unwrap().tickets.len(), usize::from(public));
            let of_agents = ada(&desk).article(article.id).await.unwrap();
            let is_out = ["publish", "publish_internal"].contains(&step);
            assert_eq!(of_agents.published.is_some(), is_out, "{step}");
        }
        let opened = bo(&desk).open(Draft::article("My wisdom")).await.unwrap_err();
        assert!(matches!(opened.refusal(), Some(Refusal::Unmet { .. })), "{opened}");
        let ticket = solved(&desk, "No mail", "").await;
        assert!(matches!(ada(&desk).article(ticket.id).await, Err(Error::NotFound(_))), "a ticket is no article");
        assert!(matches!(ada(&desk).editions(ticket.id).await, Err(Error::NotFound(_))));
    });
}

#[test]
fn editions_are_kept_with_their_titles_and_show_what_changed() {
    on_both(|desk, clock| async move {
        let article = published(&desk, "Fire", "Pull the plug.\nRun.\n").await;
        clock.advance(TimeDelta::hours(1));
        ada(&desk).apply(article.id, Command::note("Is this all?")).await.unwrap();
        let lin = desk.by(Actor::agent("lin"));
        let better = "Pull the plug.\nCall 112.\nRun.\n";
        lin.apply(article.id, [Command::Rename("Printer on fire".into()), Command::edit(Version(1), better)])
            .await
            .unwrap();

        let found = bo(&desk).article(article.id).await.unwrap();
        assert_eq!((found.title.as_str(), found.edition, found.body.as_deref()), ("Printer on fire", 2, Some(better)));
        assert_eq!((found.changed, found.published), (start() + TimeDelta::hours(1), Some(start())));
        let editions = ada(&desk).editions(article.id).await.unwrap();
        let named: Vec<_> = editions.iter().map(|one| (one.no, one.by.id.as_str(), one.title.as_str())).collect();
        assert_eq!(named, [(1, "ada", "Fire"), (2, "lin", "Printer on fire")]);
        assert_eq!(
            editions[0].diff(&editions[1]),
            "--- edition 1\n+++ edition 2\n@@ -1,2 +1,3 @@\n Pull the plug.\n+Call 112.\n Run.\n"
        );
        assert_eq!(editions[0].diff(&editions[0]), "");
        let drafts = bo(&desk).editions(article.id).await.unwrap_err();
        assert!(matches!(drafts.refusal(), Some(Refusal::Forbidden { .. })), "{drafts}");
    });
}

#[test]
fn long_texts_that_have_nothing_in_common_are_compared_in_no_time() {
    on_both(|desk, _| async move {
        let text = |name: &str| (0..20_000).map(|i| format!("{name} {i}\n")).collect::<String>();
        let article = published(&desk, "Long", &text("old")).await;
        ada(&desk).apply(article.id, Command::edit(Version(1), text("new"))).await.unwrap();
        let editions = ada(&desk).editions(article.id).await.unwrap();
        assert_eq!(editions[0].diff(&editions[1]).lines().count(), 40_003);
    });
}

#[test]
fn each_person_has_one_vote_and_the_last_word_counts() {
    on_both(|desk, _| async move {
        let article = published(&desk, "Printer on fire", "Pull the plug").await;
        for (person, helpful) in [("bo", true), ("eve", true), ("bo", false), ("bo", false)] {
            desk.by(Actor::requester(person)).apply(article.id, Command::Endorse(helpful)).await.unwrap();
        }
        let found = bo(&desk).article(article.id).await.unwrap();
        assert_eq!((found.helpful, found.unhelpful), (1, 1));
        let loaded = bo(&desk).load(article.id).await.unwrap();
        assert!(loaded.helpful.is_empty(), "who voted is not told");
        let history = ada(&desk).history(article.id).await.unwrap();
        assert_eq!(history.iter().filter(|one| matches!(one.event, Event::Endorsed { .. })).count(), 3);
    });
}

#[test]
fn only_articles_are_endorsed_and_as_many_votes_are_kept_as_the_limit_says() {
    let ticket = given(Config::default()).ticket(Draft::incident("No mail"));
    ticket.when(Command::Endorse(true)).then_refused(|refusal| {
        assert!(refusal.to_string().contains("helpful: is said of articles"), "{refusal}");
    });
    let mut config = Config::default();
    config.limits.items = 1;
    let article = given(config).ticket(Draft::article("Fire")).having(Command::Endorse(true));
    article.clone().when(Command::Endorse(false)).then(&[Event::Endorsed { helpful: false }]);
    article.clone().when(Command::Endorse(true)).then(&[]);
    article.by(Actor::agent("lin")).when(Command::Endorse(true)).then_refused(|refusal| {
        assert!(refusal.to_string().contains("helpful: has 1 items"), "{refusal}");
    });
}

#[test]
fn articles_are_no_work_neither_in_the_queue_nor_in_reports_nor_for_targets() {
    on_both(|desk, clock| async move {
        let config = Config::default().policy(Policy::resolution("resolution").target(Priority::P3, Span::hours(1)));
        desk.publish(config).await.unwrap();
        let draft = ada(&desk).open(Draft::article("Fire").queue("desk")).await.unwrap();
        let ticket = ada(&desk).open(Draft::incident("No mail").queue("desk")).await.unwrap();
        let queue: Vec<TicketId> = ada(&desk).queue("desk").await.unwrap().tickets.iter().map(|one| one.id).collect();
        assert_eq!(queue, [ticket.id]);
        let sections = desk.report(&volume(), &desk.ask().await.unwrap()).await.unwrap();
        assert_eq!(sections[1].csv(), "kind,tickets,backlog\r\nincident,1,1\r\n");

        clock.advance(TimeDelta::hours(2));
        desk.tick().await.unwrap();
        assert_eq!(desk.readings(draft.id).await.unwrap(), []);
        ada(&desk).apply(draft.id, Command::transition("publish")).await.unwrap();
        clock.advance(TimeDelta::days(30));
        desk.tick().await.unwrap();
        let names: Vec<_> = desk.history(draft.id).await.unwrap().iter().map(|one| one.event.name()).collect();
        assert_eq!(names, ["opened", "moved"], "it is neither late nor closed by itself");
        assert_eq!(desk.load(ticket.id).await.unwrap().policies.breaches.len(), 1);
    });
}

#[test]
fn a_review_is_told_of_when_its_date_has_come_and_once_for_each_publication() {
    on_both(|desk, clock| async move {
        let config = Config::default().field("review", FieldType::Instant).policy(Policy::review("review", "article"));
        desk.publish(config).await.unwrap();
        let date = "2026-04-01T00:00:00Z";
        let draft = Draft::article("Fire").assignee("ada").field("review", date);
        let article = ada(&desk).open(draft).await.unwrap();
        clock.set("2026-03-20T00:00:00Z".parse().unwrap());
        ada(&desk).apply(article.id, Command::transition("publish")).await.unwrap();
        assert_eq!(ada(&desk).article(article.id).await.unwrap().review, Some(date.parse().unwrap()));
        let told = async || {
            desk.tick().await.unwrap();
            let history = desk.history(article.id).await.unwrap();
            history.iter().filter(|one| matches!(one.event, Event::Notified(_))).count()
        };
        assert_eq!(told().await, 0);
        clock.set("2026-04-02T00:00:00Z".parse().unwrap());
        assert_eq!(told().await, 1);
        clock.advance(TimeDelta::days(9));
        assert_eq!(told().await, 1);
        let again = [
            Command::transition("revise"),
            Command::set("review", "2026-05-01T00:00:00Z"),
            Command::transition("publish"),
        ];
        ada(&desk).apply(article.id, again).await.unwrap();
        assert_eq!(told().await, 1);
        clock.set("2026-05-02T00:00:00Z".parse().unwrap());
        assert_eq!(told().await, 2);
    });
}

#[test]
fn a_review_policy_needs_its_field() {
    let config = Config::default().policy(Policy::review("review", "article"));
    let faults: Vec<String> = config.check().iter().map(ToString::to_string).collect();
    assert_eq!(faults, ["policies[review].steps[0].at: no field `review`"]);
}

#[test]
fn an_article_explains_the_ticket_it_is_linked_to() {
    on_both(|desk, _| async move {
        let article = published(&desk, "Fire", "Pull the plug").await;
        let ticket = solved(&desk, "Printer on fire", "").await;
        ada(&desk).apply(article.id, Command::Link(LinkKind::Explains, ticket.id)).await.unwrap();
        let linked = ada(&desk).load(ticket.id).await.unwrap();
        assert_eq!(linked.linked(LinkKind::ExplainedBy).collect::<Vec<_>>(), [article.id]);
    });
}

mod likeness {
    use super::*;

    async fn like(desk: &Desk, text: &str) -> Vec<(TicketId, u64)> {
        let found = desk.similar(text, 10).await.unwrap();
        found.into_iter().map(|(ticket, worth)| (ticket.id, worth)).collect()
    }

    #[test]
    fn rare_words_decide_and_of_equal_worth_articles_come_first_then_what_is_newer() {
        on_both(|desk, clock| async move {
            let article = published(&desk, "The spooler hangs", "Restart the printer").await;
            let mut printers = Vec::new();
            for _ in 0..3 {
                clock.advance(TimeDelta::minutes(1));
                printers.push(solved(&desk, "The printer is dead", "").await.id);
            }
            clock.advance(TimeDelta::minutes(1));
            let rare = solved(&desk, "Error 4711", "").await;
            printers.reverse();

            let quarter = 1_000_000 / 4;
            let mut expected = vec![(rare.id, 1_000_000), (article.id, quarter)];
            expected.extend(printers.iter().map(|id| (*id, quarter)));
            assert_eq!(like(&ada(&desk), "Printer shows 4711").await, expected);
            assert_eq!(like(&ada(&desk), "Printer shows 4711").await, expected, "the same every time");
            assert_eq!(ada(&desk).similar("Printer shows 4711", 2).await.unwrap().len(), 2);
            assert_eq!(like(&ada(&desk), "spooler of a printer").await[0], (article.id, 1_000_000 + quarter));
            for nothing in ["", "a b c", "unheard", "…"] {
                assert_eq!(like(&ada(&desk), nothing).await, [], "{nothing}");
            }
        });
    }

    #[test]
    fn a_ticket_is_not_like_itself_and_only_what_was_solved_is_offered() {
        on_both(|desk, _| async move {
            let new = bo(&desk).open(Draft::incident("Printer broken").description("Error 4711")).await.unwrap();
            let open = bo(&desk).open(Draft::incident("Printer broken again")).await.unwrap();
            let dropped = bo(&desk).open(Draft::incident("Printer and 4711")).await.unwrap();
            bo(&desk).apply(dropped.id, Command::transition("cancel")).await.unwrap();
            ada(&desk).open(Draft::article("Printer 4711, a draft")).await.unwrap();
            assert_eq!(ada(&desk).similar(new.id, 10).await.unwrap(), []);

            ada(&desk).apply(open.id, Command::transition("resolve")).await.unwrap();
            let article = published(&desk, "What 4711 means", "").await;
            let found: Vec<TicketId> =
                ada(&desk).similar(new.id, 10).await.unwrap().iter().map(|(one, _)| one.id).collect();
            assert_eq!(found, [open.id, article.id], "two words outweigh one");
            let missing: TicketId = "019a7f00-0000-7000-8000-000000000001".parse().unwrap();
            assert!(matches!(ada(&desk).similar(missing, 10).await, Err(Error::NotFound(_))));
        });
    }

    #[test]
    fn customers_are_offered_public_articles_and_their_own_tickets_and_nothing_of_internal_notes() {
        on_both(|desk, _| async move {
            let public = published(&desk, "Printer 4711", "").await;
            let internal = published(&desk, "Printer 4711 for us", "").await;
            ada(&desk).apply(internal.id, Command::transition("publish_internal")).await.unwrap();
            let own = solved(&desk, "Printer", "4711").await;
            let other = desk.by(Actor::requester("eve")).open(Draft::incident("Printer 4711")).await.unwrap();
            let close = [Command::note("cantankerous"), Command::transition("resolve")];
            ada(&desk).apply(other.id, close.clone()).await.unwrap();
            ada(&desk).apply(own.id, Command::note("cantankerous")).await.unwrap();

            let found: Vec<TicketId> = like(&bo(&desk), "printer 4711").await.into_iter().map(|(id, _)| id).collect();
            assert_eq!(found, [public.id, own.id]);
            assert_eq!(like(&bo(&desk), "cantankerous").await, []);
            assert_eq!(like(&ada(&desk), "cantankerous").await.len(), 2);
            assert_eq!(like(&ada(&desk), "printer 4711").await.len(), 4);
            let shown = bo(&desk).similar("printer", 10).await.unwrap();
            assert!(shown.iter().all(|(ticket, _)| ticket.version == Version(0)), "the customer's side of them");
            assert!(shown.iter().all(|(ticket, _)| ticket.status == Status::Resolved));
        });
    }
}
