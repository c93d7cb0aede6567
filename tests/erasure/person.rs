//! A person is erased, and nothing else.

use std::sync::Arc;

use chrono::TimeDelta;
use ticketcore::directory::Person;
use ticketcore::erasure::{Erased, Subject};
use ticketcore::secret_link::Purpose;
use ticketcore::time::Clock as _;
use ticketcore::{
    Actor, ActorKind, Capability, Command, Config, Desk, Draft, Error, Event, MemoryStore, Refusal, Store, StoreError,
    TenantId, TicketId, Version, Visibility,
};

use crate::meddled::Meddled;
use crate::{admin, all, block_on, clock, desk, everything, figures, file, found, message, on_each_store, sound};

fn bo(desk: &Desk) -> Desk {
    desk.by(Actor::requester("bo"))
}

fn ada(desk: &Desk) -> Desk {
    desk.by(Actor::agent("ada"))
}

/// A ticket of bo's on which ada answers; everything that is bo's has a canary in it, what is ada's has not. Says what is
/// to be erased.
async fn talk(desk: &Desk) -> (TicketId, Erased) {
    let (own, shared) = (file(desk, "canary in a file").await, file(desk, "a manual").await);
    let ticket = bo(desk).open(Draft::incident("No mail").description("Canary, from room 4711")).await.unwrap();
    bo(desk).apply(ticket.id, Command::Say(message(Visibility::Public, "Canary!", &[&own, &shared]))).await.unwrap();
    ada(desk).apply(ticket.id, Command::edit(Version(2), "Canary? (tidied)")).await.unwrap();
    ada(desk).apply(ticket.id, Command::Say(message(Visibility::Public, "Try this", &[&shared]))).await.unwrap();
    desk.by(Actor::agent("bo")).apply(ticket.id, Command::edit(Version(1), "Canary, from room 4712")).await.unwrap();
    ada(desk).apply(ticket.id, Command::note("A customer of ours")).await.unwrap();
    let solve = [Command::assign("ada"), Command::transition("start"), Command::transition("resolve")];
    ada(desk).apply(ticket.id, solve).await.unwrap();
    bo(desk).apply(ticket.id, Command::Score(5, Some("Canary sings".to_owned()))).await.unwrap();
    (ticket.id, Erased { looked: 0, tickets: 1, texts: 5, files: 1, records: 0 })
}

#[test]
fn what_a_person_wrote_sent_and_was_called_is_gone_and_all_else_stays() {
    on_each_store(&Config::default(), async |desk, _| {
        let (id, erased) = talk(&desk).await;
        let mail = |text: &str| text.parse().unwrap();
        let placeholder = Person::new("mail-1", ActorKind::Requester, "canary@example.com").placeholder();
        desk.put_person(placeholder.mail(mail("canary@example.com")), None).await.unwrap();
        let real = Person::new("bo", ActorKind::Requester, "Bo Canary").external("ldap", "cn=canary");
        desk.put_person(real.mail(mail("bo.canary@example.com")), None).await.unwrap();
        desk.put_person(Person::new("ada", ActorKind::Agent, "Ada King"), None).await.unwrap();
        let early = desk.by(Actor::requester("mail-1"));
        early.open(Draft::request("A screen").description("The canary asks")).await.unwrap();
        desk.merge_people(&"mail-1".into(), &"bo".into()).await.unwrap();
        // Somebody else of the same name, elsewhere.
        let elsewhere = bo(&desk.tenant("elsewhere"));
        let theirs = elsewhere.open(Draft::incident("Theirs").description("Another canary")).await.unwrap();

        let (tickets, tables, checkpoint) = (all(&desk).await, figures(&desk).await, desk.checkpoint().await.unwrap());
        assert!(everything(&desk).await.contains("canary"));
        assert_eq!(found(&desk, "canary").await, 2);
        let mut told = Vec::new();
        let root = desk.by(admin());
        let receipt = root.erase_person("bo").progress(|so_far| told.push(*so_far)).run().await.unwrap();

        assert_eq!(receipt.of, Subject::person(&TenantId::MAIN, &"bo".into()));
        assert_eq!((receipt.at, receipt.by.id.as_str()), (desk.now(), "root"));
        let Erased { looked, .. } = receipt.erased;
        assert_eq!(receipt.erased, Erased { looked, tickets: 2, texts: 6, records: 2, ..erased });
        assert_eq!(told.last(), Some(&receipt.erased));
        assert!(told.is_sorted_by_key(|so_far| (so_far.looked, so_far.texts, so_far.files)));

        let text = everything(&desk).await;
        assert!(!text.contains("canary"), "{}", text.lines().find(|line| line.contains("canary")).unwrap_or_default());
        assert_eq!((found(&desk, "canary").await, found(&desk, "customer").await), (0, 1));
        assert!(text.contains("a manual") && text.contains("try this") && text.contains("ada king"));
        // Law 72: nothing but texts is different.
        assert_eq!((all(&desk).await, figures(&desk).await), (tickets, tables));
        assert_eq!(desk.verify_against(&checkpoint, |_| {}).await.unwrap().broken, None);
        let history = desk.history(id).await.unwrap();
        assert!(history.iter().any(|one| matches!(one.event, Event::Scored { score: 5, .. })));

        // The record says nothing but that it was there.
        let record = desk.person(&"mail-1".into()).await.unwrap().unwrap().record;
        assert_eq!((record.id.as_str(), record.name.as_str(), record.mails.len()), ("bo", "bo", 0));
        assert!(desk.person_by_mail(&mail("bo.canary@example.com")).await.unwrap().is_none());
        let text = elsewhere.store().history(&"elsewhere".into(), theirs.id, Version(0), 1).await.unwrap();
        assert_eq!(text[0].text.as_deref(), Some("Another canary"));
    });
}

#[test]
fn whole_tickets_are_erased_with_what_others_wrote_if_that_is_asked() {
    on_each_store(&Config::default(), async |desk, _| {
        let gateway = desk.by(Actor::integration("gateway"));
        let draft = Draft::incident("No mail").requester("bo").description("Canary writes by mail");
        let ticket = gateway.open(draft).await.unwrap();
        ada(&desk).apply(ticket.id, Command::reply("Dear canary")).await.unwrap();
        let past = desk.open(Draft::incident("Past").description("Canary of old").requester("bo")).await.unwrap();
        ada(&desk).apply(past.id, Command::ChangeRequester(Some("eve".into()))).await.unwrap();
        let other = desk.open(Draft::incident("Other").description("Stays").requester("eve")).await.unwrap();
        let root = desk.by(admin());
        assert_eq!(root.erase_person("bo").run().await.unwrap().erased.texts, 0);
        let receipt = root.erase_person("bo").whole_tickets().run().await.unwrap();
        assert_eq!((receipt.erased.tickets, receipt.erased.texts), (2, 3));
        assert!(!everything(&desk).await.contains("canary"));
        assert_eq!(desk.history(other.id).await.unwrap()[0].text.as_deref(), Some("Stays"));
        sound(&desk).await;
    });
}

#[test]
fn a_file_stays_as_long_as_a_message_that_stays_has_it() {
    on_each_store(&Config::default(), async |desk, _| {
        let form = file(&desk, "a form").await;
        let say = |text| Command::Say(message(Visibility::Public, text, &[&form]));
        let ticket = desk.open(Draft::incident("Form").requester("bo")).await.unwrap();
        bo(&desk).apply(ticket.id, say("Filled in")).await.unwrap();
        let eve = desk.by(Actor::requester("eve"));
        let other = eve.open(Draft::incident("Form, too")).await.unwrap();
        eve.apply(other.id, say("Filled in as well")).await.unwrap();
        let there = async || desk.store().blob(&TenantId::MAIN, &form.digest).await.unwrap().is_some();
        let root = desk.by(admin());
        assert_eq!(root.erase_person("bo").run().await.unwrap().erased.files, 0);
        assert!(there().await);
        assert_eq!(root.erase_person("eve").run().await.unwrap().erased.files, 1);
        assert!(!there().await);
    });
}

#[test]
fn it_goes_on_where_it_was_whatever_commit_failed_and_comes_to_the_same() {
    for failing in 1..30 {
        let (store, clock) = (Arc::new(MemoryStore::new()) as Arc<dyn Store>, clock());
        let done = block_on(async {
            let desk = desk(&store, &clock);
            desk.put_person(Person::new("bo", ActorKind::Requester, "Bo Canary"), None).await.unwrap();
            let (_, erased) = talk(&desk).await;
            let broken: Arc<dyn Store> = Arc::new(Meddled::new(Arc::clone(&store), move |commit| {
                if commit == failing { Err(StoreError::Full) } else { Ok(()) }
            }));
            let first = self::desk(&broken, &clock).by(admin()).erase_person("bo").run().await;
            // What failed at the very last had left its receipt.
            let over = store.documents(&TenantId::MAIN, &"erasing".into(), None, 9).await.unwrap().is_empty();
            let left = desk.receipts(None, 9).await.unwrap();
            let receipt = match (&first, left.first()) {
                (Ok(receipt), _) => receipt.clone(),
                (Err(Error::Store(StoreError::Full)), Some(receipt)) if over => receipt.clone(),
                (Err(Error::Store(StoreError::Full)), _) => desk.erase_person("bo").run().await.unwrap(),
                (other, _) => panic!("{other:?}"),
            };
            let looked = receipt.erased.looked;
            assert_eq!(receipt.erased, Erased { looked, records: 1, ..erased }, "commit {failing}");
            assert!(!everything(&desk).await.contains("canary"), "commit {failing}");
            assert_eq!(desk.receipts(None, 9).await.unwrap(), [receipt], "commit {failing}");
            first.is_ok()
        });
        if done {
            assert!(failing > 4, "there are several steps");
            return;
        }
    }
    panic!("it never comes to its end");
}

#[test]
fn writers_and_rivals_in_between_are_no_trouble() {
    let (store, clock) = (Arc::new(MemoryStore::new()) as Arc<dyn Store>, clock());
    block_on(async {
        let desk = desk(&store, &clock);
        let (id, erased) = talk(&desk).await;
        let (writer, rival) = (ada(&desk), desk.clone());
        let meddler = move |commit| {
            block_on(async {
                match commit {
                    1 => drop(writer.apply(id, Command::note("Meanwhile")).await.unwrap()),
                    3 => drop(rival.erase_person("bo").run().await.unwrap()),
                    _ => {}
                }
            });
            Ok(())
        };
        let meddled: Arc<dyn Store> = Arc::new(Meddled::new(Arc::clone(&store), meddler));
        let receipt = self::desk(&meddled, &clock).erase_person("bo").run().await.unwrap();
        assert_eq!(Erased { looked: 0, ..receipt.erased }, erased);
        assert_eq!(desk.receipts(None, 9).await.unwrap(), [receipt]);
        assert!(!everything(&desk).await.contains("canary"));
    });
}

#[test]
fn to_erase_again_or_nobody_is_harmless_and_receipts_go_when_their_time_is_over() {
    on_each_store(&Config::default(), async |desk, clock| {
        talk(&desk).await;
        let root = desk.by(admin());
        let first = root.erase_person("bo").run().await.unwrap();
        clock.advance(TimeDelta::days(1));
        let again = root.erase_person("bo").run().await.unwrap();
        assert!(again.erased.is_nothing() && again.of == first.of);
        let nobody = root.erase_person("nobody").run().await.unwrap();
        assert!(nobody.erased.is_nothing());
        let receipts = root.receipts(None, 9).await.unwrap();
        assert_eq!(receipts.len(), 3);
        assert_eq!(receipts[0], first);
        assert_eq!(root.receipts(Some(&first.key), 1).await.unwrap().len(), 1);
        for kind in ["erasure", "erasing"] {
            for document in desk.store().documents(&TenantId::MAIN, &kind.into(), None, 9).await.unwrap() {
                let text = format!("{}{}", document.key, document.body);
                assert!(!text.contains("bo\"") && !text.contains("nobody"), "{text}");
            }
        }
        clock.advance(TimeDelta::days(3 * 365 - 1));
        desk.tick().await.unwrap();
        assert_eq!(root.receipts(None, 9).await.unwrap().len(), 2);
        clock.advance(TimeDelta::days(1));
        assert_eq!(desk.tick().await.unwrap().next, None);
        assert_eq!(root.receipts(None, 9).await.unwrap(), []);
    });
}

#[test]
fn only_whoever_may_erase_everywhere_erases_and_no_id_is_none() {
    on_each_store(&Config::default(), async |desk, _| {
        talk(&desk).await;
        for actor in [Actor::agent("ada"), Actor::requester("bo"), Actor::integration("gateway")] {
            let refused = desk.by(actor.clone()).erase_person("bo").run().await.unwrap_err();
            assert_eq!(refused.to_string(), format!("`{}` may not erase", actor.id));
            let forbidden = |result: Result<(), Error>| match result {
                Err(Error::Refused(Refusal::Forbidden { capability, .. })) => capability == Capability::Erase,
                other => panic!("{other:?}"),
            };
            assert!(forbidden(desk.by(actor.clone()).receipts(None, 9).await.map(drop)));
            assert!(forbidden(desk.by(actor).retention_due("old").await.map(drop)));
        }
        assert!(everything(&desk).await.contains("canary"));
        for bad in ["", " bo", "bo\n", "b\0o", &"x".repeat(129)] {
            let refused = desk.by(admin()).erase_person(bad).run().await.unwrap_err();
            assert!(matches!(refused, Error::Refused(Refusal::Invalid { .. })), "{bad:?}");
        }
    });
}

#[test]
fn what_was_sent_to_the_erased_opens_nothing_any_more() {
    on_each_store(&Config::default(), async |desk, clock| {
        let ticket = desk.open(Draft::incident("No mail").requester("bo")).await.unwrap();
        let until = clock.now() + TimeDelta::days(1);
        let theirs = desk.grant_link(ticket.id, "bo", Purpose::Follow, until).await.unwrap();
        let other = desk.grant_link(ticket.id, "eve", Purpose::Follow, until).await.unwrap();
        desk.by(admin()).erase_person("bo").run().await.unwrap();
        assert!(matches!(desk.follow_link(&theirs.text()).await, Err(Error::InvalidLink)));
        desk.follow_link(&other.text()).await.unwrap();
    });
}
