//! Old texts are erased by rule.

use chrono::TimeDelta;
use ticketcore::cond::Atom;
use ticketcore::config::{Erase, Retention};
use ticketcore::erasure::Subject;
use ticketcore::time::ManualClock;
use ticketcore::{Actor, Command, Config, Desk, Draft, Error, Span, TenantId, Ticket, TicketId, Version, Visibility};

use crate::{all, everything, figures, file, found, message, on_each_store, sound};

fn old(erase: Erase) -> Config {
    Config::default().retention(Retention::new("old", Span::days(30), erase))
}

fn ada(desk: &Desk) -> Desk {
    desk.by(Actor::agent("ada"))
}

async fn close(desk: &Desk, id: TicketId) {
    let moves = ["start", "resolve", "close"].map(Command::transition);
    ada(desk).apply(id, moves.to_vec()).await.unwrap();
}

async fn written(desk: &Desk) -> TicketId {
    let ticket = desk.open(Draft::incident("No mail").description("Canary described")).await.unwrap();
    ada(desk).apply(ticket.id, [Command::reply("Canary replied"), Command::note("Canary noted")]).await.unwrap();
    ticket.id
}

async fn texts(desk: &Desk, id: TicketId) -> Vec<Option<String>> {
    let texts = desk.history(id).await.unwrap().into_iter();
    texts.take(3).map(|recorded| recorded.text).collect()
}

/// Ticks until nothing is due any more.
async fn rest(desk: &Desk, clock: &ManualClock) {
    for _ in 0..20 {
        clock.advance(TimeDelta::seconds(2));
        let ticked = desk.tick().await.unwrap();
        if ticked.next.is_none_or(|next| next > desk.now()) {
            return;
        }
    }
    panic!("it does not come to rest");
}

#[test]
fn texts_go_when_their_time_is_over_and_figures_stay() {
    on_each_store(&old(Erase::All), async |desk, clock| {
        let attached = file(&desk, "canary in a file").await;
        let closed = written(&desk).await;
        ada(&desk).apply(closed, Command::Say(message(Visibility::Public, "Canary", &[&attached]))).await.unwrap();
        let open = written(&desk).await;
        close(&desk, closed).await;
        clock.advance(TimeDelta::days(29));
        rest(&desk, &clock).await;
        assert_eq!((desk.retention_due("old").await.unwrap(), found(&desk, "canary").await), (0, 2));
        assert_eq!(desk.receipts(None, 9).await.unwrap(), []);

        clock.advance(TimeDelta::days(1));
        let before = everything(&desk).await;
        assert_eq!(desk.retention_due("old").await.unwrap(), 1);
        assert_eq!(everything(&desk).await, before, "a rehearsal writes nothing");
        let tickets: Vec<_> = all(&desk).await;
        let tables = figures(&desk).await;
        rest(&desk, &clock).await;
        assert_eq!(texts(&desk, closed).await, [None, None, None]);
        assert!(texts(&desk, open).await.iter().all(Option::is_some));
        assert!(desk.store().blob(&TenantId::MAIN, &attached.digest).await.unwrap().is_none());
        assert_eq!((all(&desk).await, figures(&desk).await), (tickets, tables));
        assert_eq!((desk.retention_due("old").await.unwrap(), found(&desk, "canary").await), (0, 1));
        let receipt = desk.receipts(None, 9).await.unwrap().remove(0);
        assert_eq!(receipt.of, Subject::Retention("old".into()));
        assert_eq!((receipt.erased.tickets, receipt.erased.texts, receipt.erased.files), (1, 4, 1));
        // The next day there is nothing to do, and so nothing to tell.
        clock.advance(TimeDelta::days(1));
        rest(&desk, &clock).await;
        assert_eq!(desk.receipts(None, 9).await.unwrap().len(), 1);
        sound(&desk).await;
    });
}

#[test]
fn what_is_erased_is_as_much_as_the_rule_says() {
    for (erase, left, file_left) in [
        (Erase::All, [false, false, false], [false, false]),
        (Erase::Internal, [true, true, false], [true, false]),
        (Erase::Files, [true, true, true], [false, false]),
    ] {
        on_each_store(&old(erase), async |desk, clock| {
            let id = written(&desk).await;
            let (public, internal) = (file(&desk, "for all").await, file(&desk, "for us").await);
            let say = |visibility, file| Command::Say(message(visibility, "See", &[file]));
            ada(&desk).apply(id, say(Visibility::Public, &public)).await.unwrap();
            ada(&desk).apply(id, say(Visibility::Internal, &internal)).await.unwrap();
            close(&desk, id).await;
            clock.advance(TimeDelta::days(31));
            assert_eq!(desk.retention_due("old").await.unwrap(), 1);
            rest(&desk, &clock).await;
            assert_eq!(texts(&desk, id).await.iter().map(Option::is_some).collect::<Vec<_>>(), left, "{erase:?}");
            for (file, left) in [&public, &internal].into_iter().zip(file_left) {
                let there = desk.store().blob(&TenantId::MAIN, &file.digest).await.unwrap().is_some();
                assert_eq!(there, left, "{erase:?}");
            }
            assert_eq!(desk.retention_due("old").await.unwrap(), 0, "{erase:?}");
        });
    }
}

#[test]
fn it_is_for_the_tickets_of_its_condition_and_for_those_that_come_to_be() {
    let tagged = Retention::new("old", Span::days(30), Erase::All).when(Atom::Tag("secret".into()));
    on_each_store(&Config::default().retention(tagged), async |desk, clock| {
        let (secret, plain) = (written(&desk).await, written(&desk).await);
        ada(&desk).apply(secret, Command::Tag("secret".into())).await.unwrap();
        close(&desk, secret).await;
        close(&desk, plain).await;
        clock.advance(TimeDelta::days(60));
        rest(&desk, &clock).await;
        assert_eq!(texts(&desk, secret).await, [None, None, None]);
        assert!(texts(&desk, plain).await.iter().all(Option::is_some));
        // It comes under the rule long after its time, and one gets a text that it had not.
        ada(&desk).apply(plain, Command::Tag("secret".into())).await.unwrap();
        ada(&desk).apply(secret, Command::note("Canary afterwards")).await.unwrap();
        clock.advance(TimeDelta::days(1));
        rest(&desk, &clock).await;
        assert!(!everything(&desk).await.contains("canary"));
        // Reopened, it is kept again.
        ada(&desk).apply(plain, Command::note("Still there")).await.unwrap();
        assert_eq!(desk.receipts(None, 9).await.unwrap().len(), 2);
    });
}

#[test]
fn another_rule_begins_anew() {
    on_each_store(&old(Erase::Internal), async |desk, clock| {
        let id = written(&desk).await;
        close(&desk, id).await;
        clock.advance(TimeDelta::days(31));
        rest(&desk, &clock).await;
        assert_eq!(texts(&desk, id).await.iter().filter(|text| text.is_some()).count(), 2);
        desk.publish(old(Erase::All)).await.unwrap();
        rest(&desk, &clock).await;
        assert_eq!(texts(&desk, id).await, [None, None, None]);
    });
}

#[test]
fn a_merged_ticket_is_kept_as_long_as_the_one_it_goes_on_in() {
    on_each_store(&old(Erase::All), async |desk, clock| {
        let (one, survivor) = (written(&desk).await, written(&desk).await);
        ada(&desk).apply(one, Command::Merge(survivor)).await.unwrap();
        clock.advance(TimeDelta::days(60));
        rest(&desk, &clock).await;
        assert!(texts(&desk, one).await.iter().all(Option::is_some), "its survivor is open");
        close(&desk, survivor).await;
        clock.advance(TimeDelta::days(31));
        assert_eq!(desk.retention_due("old").await.unwrap(), 1);
        rest(&desk, &clock).await;
        assert!(!everything(&desk).await.contains("canary"));
        sound(&desk).await;
    });
}

#[test]
fn what_a_split_took_elsewhere_is_kept_there() {
    on_each_store(&old(Erase::All), async |desk, clock| {
        let id = written(&desk).await;
        let attached = file(&desk, "a plan").await;
        ada(&desk).apply(id, Command::Say(message(Visibility::Public, "The plan", &[&attached]))).await.unwrap();
        let (old, new) = ada(&desk).split(id, vec![Version(2), Version(4)], Draft::incident("Part")).await.unwrap();
        close(&desk, old.id).await;
        clock.advance(TimeDelta::days(31));
        rest(&desk, &clock).await;
        assert_eq!(texts(&desk, id).await, [None, Some("Canary replied".to_owned()), None]);
        let there = async || desk.store().blob(&TenantId::MAIN, &attached.digest).await.unwrap().is_some();
        assert!(there().await);
        close(&desk, new.id).await;
        clock.advance(TimeDelta::days(31));
        rest(&desk, &clock).await;
        assert!(!everything(&desk).await.contains("canary") && !there().await);
    });
}

#[test]
fn a_file_of_two_tickets_goes_with_the_second() {
    on_each_store(&old(Erase::Files), async |desk, clock| {
        let attached = file(&desk, "a form").await;
        let there = async || desk.store().blob(&TenantId::MAIN, &attached.digest).await.unwrap().is_some();
        let mut tickets = Vec::new();
        for _ in 0..2 {
            let id = written(&desk).await;
            ada(&desk).apply(id, Command::Say(message(Visibility::Public, "See", &[&attached]))).await.unwrap();
            tickets.push(id);
        }
        for (id, left) in tickets.into_iter().zip([true, false]) {
            close(&desk, id).await;
            clock.advance(TimeDelta::days(31));
            rest(&desk, &clock).await;
            assert_eq!(there().await, left);
        }
    });
}

#[test]
fn it_works_a_chunk_a_tick_and_once_a_day() {
    on_each_store(&old(Erase::All), async |desk, clock| {
        // Tickets are read once under the first rules; before there are any, that is done.
        desk.tick().await.unwrap();
        let drafts = (0..450).map(|_| Draft::incident("Slow").description("Canary")).collect();
        let tickets: Vec<TicketId> =
            desk.open_all(drafts).await.unwrap().iter().map(|ticket: &std::sync::Arc<Ticket>| ticket.id).collect();
        for id in &tickets {
            ada(&desk).apply(*id, Command::transition("cancel")).await.unwrap();
        }
        clock.advance(TimeDelta::days(31));
        let mut erased = Vec::new();
        loop {
            let ticked = desk.tick().await.unwrap();
            erased.push(ticked.tickets);
            clock.advance(TimeDelta::seconds(2));
            if ticked.next.is_some_and(|next| next > desk.now()) {
                assert_eq!(ticked.next.map(|next| next > desk.now() + TimeDelta::hours(23)), Some(true));
                break;
            }
        }
        assert!(erased.iter().all(|count| *count <= 200) && erased.iter().sum::<usize>() == 450, "{erased:?}");
        assert_eq!(desk.receipts(None, 9).await.unwrap()[0].erased.texts, 450);
    });
}

#[test]
fn what_there_is_no_rule_for_is_not_due() {
    on_each_store(&old(Erase::All), async |desk, _| {
        let refused = desk.retention_due("young").await.unwrap_err();
        assert!(matches!(refused, Error::Refused(_)));
        let text = "invalid input: retention: `young` is no retention of this desk; known: old";
        assert_eq!(refused.to_string(), text);
    });
}
