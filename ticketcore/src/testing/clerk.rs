//! Who fills in the forms: commits as a desk makes them, for a case to look at or to spoil before they are written.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

use crate::actor::Actor;
use crate::command::{Command, Draft, Request};
use crate::config::Rulebook;
use crate::engine::{Context, Decision, Related, decide, marks, moves, open, tick};
use crate::id::{Key, TenantId, TicketId, Version};
use crate::store::{Change, Commit, Store};
use crate::testing::sample;
use crate::ticket::Ticket;
use crate::time::{Clock, ManualClock};

/// Makes commits as a desk would, decided by the engine, and does not write them unless it is told to.
///
/// A new clerk works for the tenant `main`, as the agent `ada`, by the rules of [`sample::config`], at nine o'clock on
/// 2 March 2026; time passes only by [`set`](Self::set) and [`pass`](Self::pass).
#[derive(Debug)]
pub struct Clerk {
    tenant: TenantId,
    actor: Actor,
    rulebook: Rulebook,
    clock: ManualClock,
    ids: AtomicU64,
}

impl Clerk {
    /// A clerk whose ids come from a seed; clerks that write to the same store need different ones.
    ///
    /// # Panics
    ///
    /// If the sample configuration is unsound.
    pub fn new(seed: u64) -> Self {
        let rulebook = Rulebook::new(sample::config()).expect("the sample configuration is sound");
        let clock = ManualClock::new(sample::start());
        Self { tenant: TenantId::MAIN, actor: Actor::agent("ada"), rulebook, clock, ids: AtomicU64::new(seed << 32) }
    }

    /// Makes it work for another tenant.
    #[must_use]
    pub fn of(self, tenant: impl Into<TenantId>) -> Self {
        Self { tenant: tenant.into(), ..self }
    }

    /// The tenant it works for.
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The present time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Puts the clock to an instant.
    pub fn set(&self, at: DateTime<Utc>) {
        self.clock.set(at);
    }

    /// Lets time pass.
    pub fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    /// An id that this clerk has not given before; the order of ids is not the order of their making.
    pub fn id(&self) -> TicketId {
        let count = self.ids.fetch_add(1, Ordering::Relaxed);
        // An odd factor permutes the numbers, so no two ids of an instant are equal.
        TicketId::at(sample::start(), count.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The opening of a ticket.
    pub fn opening(&self, draft: Draft) -> Change {
        self.opening_as(self.id(), draft)
    }

    /// The opening of a ticket with a given id.
    ///
    /// # Panics
    ///
    /// If the draft is refused.
    pub fn opening_as(&self, id: TicketId, draft: Draft) -> Change {
        let decision = self.with(|context| open(context, &self.tenant, id, &draft)).expect("the draft is right");
        self.change(Version(0), decision)
    }

    /// What commands make of a ticket.
    ///
    /// # Panics
    ///
    /// If they are refused.
    pub fn order(&self, ticket: &Arc<Ticket>, request: impl Into<Request>) -> Change {
        let request = request.into();
        let decision = self.with(|context| decide(context, ticket, &request)).expect("the commands are right");
        self.change(ticket.version, decision)
    }

    /// What a command makes of a ticket beside others that it names; nothing if it is refused. What it means for the
    /// others is left out.
    pub fn beside(
        &self,
        ticket: &Arc<Ticket>,
        command: Command,
        others: impl IntoIterator<Item = Arc<Ticket>>,
    ) -> Option<Change> {
        let related: Related = others.into_iter().collect();
        let context = Context { rulebook: &self.rulebook, actor: &self.actor, related: &related, now: self.now() };
        let decision = decide(&context, ticket, &Request::from(command)).ok()?;
        Some(self.change(ticket.version, decision))
    }

    /// What time makes of a ticket.
    pub fn tick(&self, ticket: &Arc<Ticket>) -> Change {
        let decision = tick(&self.rulebook, ticket, &Related::default(), self.now());
        self.change(ticket.version, decision)
    }

    /// The moves that the clerk can make with a ticket now.
    pub fn moves(&self, ticket: &Ticket) -> Vec<Key> {
        let offers = moves(&self.rulebook, ticket, &self.actor, &Related::default(), self.now());
        offers.into_iter().filter(|offer| offer.unmet.is_empty()).map(|offer| offer.transition.key.clone()).collect()
    }

    /// Changes as a commit that rests on nothing else.
    pub fn commit(&self, changes: impl IntoIterator<Item = Change>) -> Commit {
        Commit { changes: changes.into_iter().collect(), ..Commit::new(self.tenant.clone()) }
    }

    /// Writes a change and returns the ticket as stored.
    ///
    /// # Panics
    ///
    /// If the store does not take it.
    pub async fn write(&self, store: &dyn Store, change: Change) -> Arc<Ticket> {
        store.commit(self.commit([change])).await.expect("the commit is taken").remove(0)
    }

    /// Opens a ticket in a store.
    pub async fn open(&self, store: &dyn Store, draft: Draft) -> Arc<Ticket> {
        self.write(store, self.opening(draft)).await
    }

    /// Carries commands out in a store.
    pub async fn apply(&self, store: &dyn Store, ticket: &Arc<Ticket>, request: impl Into<Request>) -> Arc<Ticket> {
        self.write(store, self.order(ticket, request)).await
    }

    /// Gives a ticket a tag: the smallest change there is.
    pub fn tag(&self, ticket: &Arc<Ticket>, tag: impl Into<Key>) -> Change {
        self.order(ticket, Command::Tag(tag.into()))
    }

    fn with<T>(&self, decide: impl FnOnce(&Context<'_>) -> T) -> T {
        let related = Related::default();
        decide(&Context { rulebook: &self.rulebook, actor: &self.actor, related: &related, now: self.now() })
    }

    fn change(&self, expected: Version, decision: Decision) -> Change {
        let Decision { facts, ticket, echoes: _ } = decision;
        let marks = marks(&self.rulebook, &ticket);
        Change { expected, ticket, facts, marks, claims: Vec::new(), erased: Vec::new() }
    }
}
