//! The desk: load, decide, commit. It joins the pure engine and a store, and adds nothing of its own.

mod agenda;
mod alert;
mod apply;
#[cfg(feature = "import")]
mod archive;
mod article;
mod batch;
mod bulk;
mod deliver;
mod directory;
mod erasure;
mod export;
mod follow;
mod ids;
#[cfg(feature = "import")]
mod import;
mod instantiate;
mod known;
mod link;
mod list;
mod live;
mod merge;
mod news;
mod past;
mod people;
mod read;
mod records;
mod recurring;
mod rehearse;
mod roster;
mod routing;
mod rules;
mod search;
mod seats;
mod sight;
mod similar;
mod subscribe;
mod tick;
mod verify;
mod views;
mod walk;
mod what_if;

use std::fmt;
use std::sync::Arc;

use crate::actor::Actor;
use crate::engine::Refusal;
use crate::fault::Fault;
use crate::id::{TenantId, TicketId};
use crate::query::language::Misread;
use crate::routing::{ByRoute, Router};
use crate::store::{Store, StoreError};
use crate::time::{Clock, SystemClock};

pub use alert::Intake;
#[cfg(feature = "import")]
pub use archive::{Archive, Restore, Restored};
pub use bulk::{Bulk, Bulked, Effect, Outcome};
pub use erasure::ErasePerson;
#[cfg(feature = "import")]
pub use import::{Compared, Differing, Import, Imported};
pub use list::{Leaf, List, Listing, Turn};
pub use live::Live;
pub use past::Past;
pub use people::Merger;
pub use read::Move;
pub use recurring::{Became, Occurrence, Recurs};
pub use rehearse::{Rehearsed, Trace};
pub use routing::Recounted;
pub use search::Hits;
pub use similar::Like;
pub use subscribe::Subscription;
pub use tick::Ticked;
pub use verify::{Broken, Checkpoint, Head, Verified};
pub use views::{Counted, Group};
pub use what_if::{Played, WhatIf};

use ids::Ids;
use known::Standing;
use live::Folded;
use roster::Rosters;
use rules::Rules;
use subscribe::Bell;

/// A ticketing desk on a store.
///
/// Cheap to clone, `Send + Sync`, and free of any async runtime. A desk acts for one tenant and one actor at a time;
/// [`tenant`](Self::tenant) and [`by`](Self::by) give handles for others.
///
/// # Examples
///
/// ```
/// # pollster::block_on(async {
/// use std::sync::Arc;
/// use ticketcore::{Actor, Command, Desk, Draft, MemoryStore};
///
/// let desk = Desk::new(Arc::new(MemoryStore::new()));
/// let ticket = desk.by(Actor::requester("bo")).open(Draft::incident("Printer is on fire")).await?;
/// let ticket = desk.by(Actor::agent("ada")).apply(ticket.id, Command::assign("ada")).await?;
/// assert_eq!(ticket.reference(), "INC-1");
/// # Ok::<(), ticketcore::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Desk {
    core: Arc<Core>,
    tenant: TenantId,
    actor: Arc<Actor>,
    /// How the actor stands to their organisation, once that was asked for.
    standing: Option<Arc<Standing>>,
}

/// What all handles on a desk share.
struct Core {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Ids,
    rules: Rules,
    router: Arc<dyn Router>,
    rosters: Rosters,
    folded: Folded,
    bell: Bell,
}

impl Core {
    /// A core that knows nothing yet of what stands in the store.
    fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, ids: Ids, router: Arc<dyn Router>) -> Self {
        Self {
            store,
            clock,
            ids,
            rules: Rules::default(),
            router,
            rosters: Rosters::default(),
            folded: Folded::default(),
            bell: Bell::default(),
        }
    }
}

impl Desk {
    /// A desk on a store: the tenant `main`, the system clock, and as actor the system itself.
    ///
    /// The configuration is the one last [published](Self::publish) in the store, else [`Config::default`].
    ///
    /// [`Config::default`]: crate::Config
    pub fn new(store: Arc<dyn Store>) -> Self {
        let core = Core::new(store, Arc::new(SystemClock), Ids::random(), Arc::new(ByRoute));
        Self { core: Arc::new(core), tenant: TenantId::MAIN, actor: Arc::new(Actor::system()), standing: None }
    }

    /// Reads the time from another clock than the system's.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        let Core { store, ids, router, .. } = &*self.core;
        let core = Core::new(Arc::clone(store), Arc::new(clock), ids.clone(), Arc::clone(router));
        Self { core: Arc::new(core), ..self }
    }

    /// Makes ids from a seed, so that the same commands at the same times give the same log to the byte.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        let Core { store, clock, router, .. } = &*self.core;
        let core = Core::new(Arc::clone(store), Arc::clone(clock), Ids::seeded(seed), Arc::clone(router));
        Self { core: Arc::new(core), ..self }
    }

    /// Lets somebody else choose who is given a ticket, where there is a route; [`ByRoute`] does what the route says.
    #[must_use]
    pub fn with_router(self, router: impl Router + 'static) -> Self {
        let Core { store, clock, ids, .. } = &*self.core;
        let core = Core::new(Arc::clone(store), Arc::clone(clock), ids.clone(), Arc::new(router));
        Self { core: Arc::new(core), ..self }
    }

    /// The desk of another tenant on the same store.
    #[must_use]
    pub fn tenant(&self, tenant: impl Into<TenantId>) -> Self {
        Self { tenant: tenant.into(), standing: None, ..self.clone() }
    }

    /// The desk with another actor; the host vouches for them.
    #[must_use]
    pub fn by(&self, actor: Actor) -> Self {
        Self { actor: Arc::new(actor), standing: None, ..self.clone() }
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.core.store
    }

    /// The time by the desk's clock.
    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.core.clock.now()
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { core, tenant, actor, standing: _ } = self;
        f.debug_struct("Desk").field("store", &core.store).field("tenant", tenant).field("actor", actor).finish()
    }
}

/// Why a desk could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The rules forbid it; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such ticket for this tenant.
    #[error("there is no ticket {0}")]
    NotFound(TicketId),
    /// The link opens nothing, for whatever reason: which one is told to nobody.
    #[error("the link is not valid")]
    InvalidLink,
    /// The operating system gave no random bytes for a secret.
    #[error("no random bytes")]
    Entropy(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Other writers were faster too many times in a row; nothing was written.
    #[error("ticket {id} changed under {attempts} attempts in a row")]
    Contended {
        /// The ticket.
        id: TicketId,
        /// How often it was tried.
        attempts: u32,
    },
    /// The configuration is unsound; every fault is named.
    #[error("configuration is unsound: {}", faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; "))]
    Unsound {
        /// What is wrong, and where.
        faults: Vec<Fault>,
    },
    /// The text is no question, or asks about what the configuration does not know.
    #[error("no question: {}", .0.brief())]
    Misread(#[from] Misread),
    /// A notifier could not deliver.
    #[error("event {key} could not be delivered")]
    Undelivered {
        /// The event.
        key: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An archive could not be read or written.
    #[error("the archive cannot be read or written")]
    Io(#[from] std::io::Error),
    /// Storage failed. Unless it says otherwise, whether a commit was written is unknown: repeat it under the same
    /// `once` key, or read before repeating.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Error {
    /// The refusal, if the rules forbid it.
    pub fn refusal(&self) -> Option<&Refusal> {
        if let Self::Refused(refusal) = self { Some(refusal) } else { None }
    }
}
