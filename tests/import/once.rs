//! Each ticket once, however often an import is run, wherever it was stopped.

use std::sync::{Arc, Mutex};

use ticketcore::testing::block_on;
use ticketcore::{Command, Desk, Error, Filter, MemoryStore, Order, Query, Store, StoreError};

use crate::meddled::Meddled;
use crate::{desk, mapping, on, sound};

/// More tickets than two commits take.
fn file(subject: &str) -> String {
    let row =
        |i: usize| format!("{i},2016-03-01 09:00,ada,N,{subject} {i}\n{i},2016-03-01 10:00,eve,O,{subject} {i}\n");
    std::iter::once("id,changed,by,state,title\n".to_owned()).chain((0..1200).map(row)).collect()
}

/// Everything there is but for ids, which are of the moment.
async fn contents(desk: &Desk) -> Vec<String> {
    let query = Query::new(Filter::all()).order(Order::oldest()).limit(usize::MAX);
    let mut all = Vec::new();
    let mut tickets = desk.find(&query).await.unwrap().tickets;
    tickets.sort_by_key(|ticket| ticket.number);
    for ticket in tickets {
        let history = desk.history(ticket.id).await.unwrap();
        let told: Vec<String> =
            history.iter().map(|one| format!("{} {:?} {:?} {:?}", one.version, one.at, one.by, one.event)).collect();
        all.push(format!("{} {:?} {told:?}", ticket.number, ticket.external));
    }
    all
}

#[test]
fn a_second_time_changes_nothing_and_says_so() {
    let desk = desk();
    let plan = sound(&desk, &mapping(""), file("Ticket"));
    block_on(async {
        let would = desk.import(&plan).dry_run().run().await.unwrap();
        assert_eq!((would.tickets, would.events, would.unchanged), (1200, 2400, 0));
        assert_eq!(desk.store().feed(ticketcore::Position(0), 1).await.unwrap(), []);
        let seen = Mutex::new(Vec::new());
        let first = desk.import(&plan).progress(|done, of| seen.lock().unwrap().push((done, of))).run().await.unwrap();
        assert_eq!((first.tickets, first.unchanged, first.differing.len()), (1200, 0, 0));
        assert_eq!(seen.into_inner().unwrap(), [(500, 1200), (1000, 1200), (1200, 1200)]);
        let before = desk.store().feed(ticketcore::Position(0), 10_000).await.unwrap();
        let second = desk.import(&plan).run().await.unwrap();
        assert_eq!((second.tickets, second.events, second.unchanged, second.differing.len()), (0, 0, 1200, 0));
        let would = desk.import(&plan).dry_run().run().await.unwrap();
        assert_eq!((would.tickets, would.unchanged), (0, 1200));
        assert_eq!(desk.store().feed(ticketcore::Position(0), 10_000).await.unwrap(), before);
    });
}

#[test]
fn it_goes_on_where_it_was_whichever_commit_failed() {
    let whole = desk();
    let plan = sound(&whole, &mapping(""), file("Ticket"));
    block_on(async {
        whole.import(&plan).run().await.unwrap();
        let expected = contents(&whole).await;
        for broken in 1..=3 {
            let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let good = on(Arc::clone(&store));
            let failing =
                Meddled::new(store, move |commit| if commit == broken { Err(StoreError::Full) } else { Ok(()) });
            let stopped = Desk::new(Arc::new(failing)).import(&plan).run().await.unwrap();
            assert_eq!(stopped.tickets, 500 * (broken - 1));
            assert!(matches!(stopped.error, Some(Error::Store(StoreError::Full))), "{:?}", stopped.error);
            let rest = good.import(&plan).run().await.unwrap();
            assert_eq!((rest.tickets, rest.unchanged), (1200 - stopped.tickets, stopped.tickets));
            assert_eq!(contents(&good).await, expected);
            assert!(good.verify_import(&plan, |_| ()).await.unwrap().is_equal());
        }
    });
}

#[test]
fn two_that_import_the_same_at_once_import_it_once() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let good = on(Arc::clone(&store));
    let plan = Arc::new(sound(&good, &mapping(""), file("Ticket")));
    let (other, theirs) = (good.clone(), Arc::clone(&plan));
    // Before the second commit of one, the other does all of it.
    let meddled = Meddled::new(store, move |commit| {
        if commit == 2 {
            block_on(other.import(&theirs).run()).unwrap();
        }
        Ok(())
    });
    block_on(async {
        let imported = Desk::new(Arc::new(meddled)).import(&plan).run().await.unwrap();
        assert!(imported.error.is_none());
        assert_eq!((imported.tickets, imported.unchanged), (500, 700));
        assert_eq!(contents(&good).await.len(), 1200);
    });
}

#[test]
fn what_differs_is_told_and_left_alone() {
    let desk = desk();
    block_on(async {
        let plan = sound(&desk, &mapping(""), file("Ticket"));
        desk.import(&plan).run().await.unwrap();
        let text = file("Ticket").replace("7,2016-03-01 10:00,eve,O,Ticket 7\n", "7,2016-03-01 10:30,eve,O,Ticket 7\n");
        let other = sound(&desk, &mapping(""), text + "9999,2016-03-01 09:00,ada,N,new\n");
        let before = contents(&desk).await;
        let imported = desk.import(&other).run().await.unwrap();
        assert_eq!((imported.tickets, imported.unchanged), (1, 1199));
        let differing: Vec<_> = imported.differing.iter().map(|one| (one.external.as_str(), one.line)).collect();
        assert_eq!(differing, [("7", 16)]);
        assert_eq!(contents(&desk).await[..1200], before);
        let compared = desk.verify_import(&other, |_| ()).await.unwrap();
        assert_eq!((compared.is_equal(), compared.differing), (false, vec!["7".to_owned()]));
        assert_eq!((compared.tickets, compared.tickets_there), (1201, 1201));
        // The same ids of another system are other tickets.
        let third = sound(&desk, &mapping("source = \"older desk\""), file("Ticket"));
        assert_eq!(desk.import(&third).run().await.unwrap().tickets, 1200);
    });
}

#[test]
fn what_happens_to_a_ticket_afterwards_is_its_own() {
    let desk = desk();
    block_on(async {
        let plan = sound(&desk, &mapping(""), file("Ticket"));
        desk.import(&plan).run().await.unwrap();
        let ticket = desk.find(&Query::new(Filter::all()).limit(1)).await.unwrap().tickets.remove(0);
        desk.apply(ticket.id, [Command::note("Goes on"), Command::Rename("Another".into())]).await.unwrap();
        let compared = desk.verify_import(&plan, |_| ()).await.unwrap();
        assert!(compared.is_equal(), "{compared:?}");
        assert_eq!(desk.import(&plan).run().await.unwrap().unchanged, 1200);
    });
}
