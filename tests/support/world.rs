//! A store, the desks of two tenants on it, and what they answer.

use std::fmt::Debug;
use std::sync::Arc;

use ticketcore::directory::Team;
use ticketcore::event::Recorded;
use ticketcore::query::{Order, Sort};
use ticketcore::store::{Due, Marks};
use ticketcore::testing::sample::{self, Sample, Text};
use ticketcore::time::{Clock, ManualClock};
use ticketcore::{Actor, Desk, Filter, Position, Query, Store, TenantId, TicketId, Version};

use crate::acts::{Act, config, people};

/// Two desks on one store. Worlds that share a clock, and in which the same happens, are to be alike.
pub(crate) struct World {
    pub(crate) name: &'static str,
    pub(crate) store: Arc<dyn Store>,
    clock: ManualClock,
    desks: [Desk; 2],
}

impl World {
    pub(crate) fn new(name: &'static str, store: impl Store, clock: &ManualClock) -> Self {
        let store: Arc<dyn Store> = Arc::new(store);
        let desk = |seed| Desk::new(Arc::clone(&store)).with_clock(clock.clone()).with_seed(seed);
        let desks = [desk(1).tenant(tenant_id(0)), desk(1 << 32).tenant(tenant_id(1))];
        Self { name, store, clock: clock.clone(), desks }
    }

    pub(crate) fn desk(&self, tenant: usize) -> &Desk {
        &self.desks[tenant]
    }

    /// Does something, and gives what came of it as text, which is equal only if all of it is.
    pub(crate) async fn act(&self, tenant: usize, act: &Act) -> String {
        let desk = &self.desks[tenant];
        match act {
            Act::Open(actor, draft) => text(desk.by(actor.clone()).open(draft.clone()).await),
            Act::Apply(actor, id, request) => text(desk.by(actor.clone()).apply(*id, request.clone()).await),
            Act::Signal(signal) => text(desk.by(Actor::integration("monitor")).signal(signal.clone()).await),
            Act::Publish(variant) => {
                desk.put_team(Team::new("net", "Networks"), None).await.unwrap();
                for person in people() {
                    desk.put_person(person, None).await.unwrap();
                }
                text(desk.publish(config(*variant)).await)
            }
            Act::Instantiate(actor, id) => text(desk.by(actor.clone()).instantiate(*id, "rollout").await),
            Act::Erase(person) => text(desk.erase_person(person.clone()).run().await),
            Act::Pass(_) => text(self.clock.now()),
            Act::Tick => text(desk.tick().await),
            Act::Find(query) if query.filter.asks_words() => {
                let (shown, best) = (desk.search(query).await, desk.search_best(&query.filter, 3).await);
                self.pages(desk, query).await + &text((shown, best))
            }
            Act::Find(query) => self.pages(desk, query).await,
            Act::Tally(scan) => text(desk.tally(scan).await),
            Act::History(id, after, limit) => {
                let history = self.store.history(&tenant_id(tenant), *id, *after, *limit).await;
                text(history.map(without_positions))
            }
            Act::Moves(actor, id) => text(desk.by(actor.clone()).moves(*id).await),
            Act::Readings(id) => text(desk.readings(*id).await),
            Act::Feed(limit) => self.feed(*limit).await,
            Act::Due(limit) => {
                let some = self.store.due(desk.now(), *limit).await.unwrap();
                let Due { mut tickets, next } = self.store.due(desk.now(), usize::MAX).await.unwrap();
                // Among those that wake at the same instant, each store has its own order.
                tickets.sort();
                text((some.tickets.len(), some.next, tickets, next))
            }
        }
    }

    /// All pages of a query, with their cursors.
    async fn pages(&self, desk: &Desk, query: &Query) -> String {
        let mut pages = Vec::new();
        let mut after = None;
        loop {
            let page = desk.find(&query.clone().after(after)).await.unwrap();
            after = page.next;
            pages.push(page);
            assert!(pages.len() < 1000, "{} does not end {query:?}", self.name);
            if after.is_none() {
                return text(pages);
            }
        }
    }

    /// The whole feed, read in parts.
    async fn feed(&self, limit: usize) -> String {
        let mut feed: Vec<Recorded> = Vec::new();
        loop {
            let after = feed.last().map_or(Position(0), |last| last.position);
            let part = self.store.feed(after, limit).await.unwrap();
            if part.is_empty() {
                return text(without_positions(feed));
            }
            feed.extend(part);
        }
    }

    /// The tickets of a tenant, as far as questions are made of them.
    pub(crate) async fn known(&self, tenant: usize) -> Vec<Sample> {
        let order = Order { by: Sort::Number, descending: false };
        let query = Query::new(Filter::all()).order(order).limit(usize::MAX);
        let tickets = self.desks[tenant].find(&query).await.unwrap().tickets;
        // As texts are made of the same words, these stand together at times.
        let words = ["printer", "on", "fire", "straße", "4711", "принтер", "s", "printer"].map(str::to_owned);
        let texts = vec![Text { words: words.into(), internal: false }];
        let sample = |ticket| Sample { ticket, marks: Marks::default(), texts: texts.clone() };
        tickets.into_iter().map(sample).collect()
    }

    pub(crate) async fn history(&self, tenant: usize, id: TicketId) -> Vec<Recorded> {
        self.store.history(&tenant_id(tenant), id, Version(0), usize::MAX).await.unwrap()
    }
}

fn tenant_id(tenant: usize) -> TenantId {
    ["main", "other"][tenant].into()
}

/// Positions are the store's own.
fn without_positions(mut events: Vec<Recorded>) -> Vec<Recorded> {
    events.iter_mut().for_each(|one| one.position = Position(0));
    events
}

fn text(answer: impl Debug) -> String {
    format!("{answer:#?}")
}

/// A clock at the beginning of all scenarios.
pub(crate) fn clock() -> ManualClock {
    ManualClock::new(sample::start())
}
