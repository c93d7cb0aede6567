//! Archives: a tenant out of one store and into another, and out of that again, equal to the byte; and everything that an
//! archive is refused for.

#[path = "../support/acts.rs"]
#[expect(dead_code, reason = "not every act is looked at here")]
mod acts;
#[cfg(feature = "postgres")]
#[path = "../support/cluster.rs"]
mod cluster;
mod damage;
#[path = "../support/meddled.rs"]
mod meddled;
mod moves;
mod round;
#[path = "../support/file.rs"]
mod temporary;
#[path = "../support/world.rs"]
#[expect(dead_code, reason = "worlds are only made to be archived here")]
mod world;

use std::io::Cursor;
use std::sync::Arc;

use ticketcore::archive::End;
use ticketcore::desk::{Error, Restored};
use ticketcore::testing::{block_on, sample};
use ticketcore::time::ManualClock;
use ticketcore::{Desk, MemoryStore, Store};

fn clock() -> ManualClock {
    ManualClock::new(sample::start())
}

fn empty() -> Desk {
    on(Arc::new(MemoryStore::new()))
}

fn on(store: Arc<dyn Store>) -> Desk {
    Desk::new(store).with_clock(clock())
}

async fn archive(desk: &Desk) -> (Vec<u8>, End) {
    let mut bytes = Vec::new();
    let end = desk.archive().write(&mut bytes).await.unwrap();
    (bytes, end)
}

async fn restore(desk: &Desk, bytes: &[u8]) -> Result<Restored, Error> {
    desk.restore().read(&mut Cursor::new(bytes)).await
}

/// What an archive was refused for.
#[track_caller]
fn refused(desk: &Desk, bytes: &[u8]) -> String {
    match block_on(restore(desk, bytes)) {
        Err(Error::Refused(refusal)) => refusal.to_string(),
        other => panic!("{other:?}"),
    }
}
