//! Given a ticket, when somebody asks something, then this happens: rules tried out without a desk or a store.

use std::fmt::{Debug, Write as _};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::actor::Actor;
use crate::command::{Draft, Request};
use crate::config::{Config, Rulebook};
use crate::engine::{self, Context, Decision, Refusal, Related, decide, evolve};
use crate::event::{Event, Fact, Recorded};
use crate::id::{Position, TenantId, TicketId, Version};
use crate::testing::sample;
use crate::ticket::Ticket;

/// Begins a scenario under a configuration: as the agent `ada`, at nine o'clock on 2 March 2026.
///
/// What is given is carried out as it is written, so [`by`](Given::by) and [`at`](Given::at) hold for what comes after
/// them.
///
/// # Panics
///
/// If the configuration is unsound, with its faults. All methods panic when what they are given or told to expect does
/// not hold: that is what they are for.
///
/// # Examples
///
/// ```
/// use ticketcore::testing::given;
/// use ticketcore::{Actor, Command, Config, Draft, Event, Status};
///
/// given(Config::default())
///     .by(Actor::requester("bo"))
///     .ticket(Draft::incident("Printer is on fire"))
///     .at("2026-03-02T09:05:00Z")
///     .by(Actor::agent("ada"))
///     .when([Command::assign("ada"), Command::transition("start")])
///     .then_named(&["assigned", "moved"])
///     .then_ticket(|ticket| assert_eq!(ticket.status, Status::Open));
///
/// given(Config::default())
///     .ticket(Draft::incident("Printer is on fire"))
///     .when(Command::Tag("hot".into()))
///     .then(&[Event::Tagged("hot".into())]);
///
/// given(Config::default())
///     .ticket(Draft::incident("Printer is on fire"))
///     .by(Actor::requester("bo"))
///     .when(Command::transition("resolve"))
///     .then_refused(|refusal| assert!(refusal.to_string() == "`bo` may not move"));
/// ```
#[track_caller]
pub fn given(config: Config) -> Given {
    let rulebook = match Rulebook::new(config) {
        Ok(rulebook) => rulebook,
        Err(faults) => panic!("the configuration is unsound: {faults:?}"),
    };
    let (related, now) = (Related::default(), sample::start());
    Given { rulebook, actor: Actor::agent("ada"), now, related, id: TicketId(Uuid::from_u128(1)), ticket: None }
}

/// What a scenario starts from.
#[derive(Clone, Debug)]
#[must_use = "it says nothing until `when`"]
pub struct Given {
    rulebook: Rulebook,
    actor: Actor,
    now: DateTime<Utc>,
    related: Related,
    id: TicketId,
    ticket: Option<Arc<Ticket>>,
}

impl Given {
    /// Sets the time, in RFC 3339.
    #[track_caller]
    pub fn at(self, time: &str) -> Self {
        let now = time.parse().unwrap_or_else(|error| panic!("`{time}` is no time: {error}"));
        Self { now, ..self }
    }

    /// Sets who acts.
    pub fn by(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }

    /// Opens the ticket.
    #[track_caller]
    pub fn ticket(mut self, draft: Draft) -> Self {
        let opened = self.opening(draft).unwrap_or_else(|refusal| panic!("the draft is refused: {refusal}"));
        self.log(&opened);
        self.ticket = Some(opened.ticket);
        self
    }

    /// Has commands carried out on the ticket.
    #[track_caller]
    pub fn having(mut self, request: impl Into<Request>) -> Self {
        let request = request.into();
        let done = self.deciding(&request).unwrap_or_else(|refusal| panic!("{:?}: {refusal}", request.commands));
        self.log(&done);
        self.ticket = Some(done.ticket);
        self
    }

    /// Folds events into the ticket, whether the rules would have led to them or not.
    #[track_caller]
    pub fn events(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        let ticket = self.ticket.as_mut().expect("a ticket is given");
        events.into_iter().for_each(|event| evolve(Arc::make_mut(ticket), self.now, &self.actor.by(), &event));
        self
    }

    /// Puts another ticket beside it, which guards may read; it is linked by commands or events.
    pub fn beside(mut self, other: Arc<Ticket>) -> Self {
        self.related.insert(other);
        self
    }

    /// Sets the id of a ticket aside that is to be opened along, by its number.
    pub fn set_aside(mut self, id: u128) -> Self {
        self.related.set_aside(TicketId(Uuid::from_u128(id)));
        self
    }

    /// Numbers the ticket's id, which is 1 unless said otherwise; to be said before the ticket is opened.
    pub const fn id(mut self, id: u128) -> Self {
        self.id = TicketId(Uuid::from_u128(id));
        self
    }

    /// The ticket as it is given, to be put [beside](Self::beside) another.
    #[track_caller]
    pub fn into_ticket(self) -> Arc<Ticket> {
        self.ticket.expect("a ticket is given")
    }

    /// Asks something of the ticket.
    #[track_caller]
    pub fn when(self, request: impl Into<Request>) -> Outcome {
        let request = request.into();
        Outcome { what: self.describe(&request.commands), result: self.deciding(&request) }
    }

    /// Asks for a ticket to be opened.
    pub fn when_opened(self, draft: Draft) -> Outcome {
        Outcome { what: self.describe(&draft), result: self.opening(draft) }
    }

    /// Does what is due on the ticket.
    #[track_caller]
    pub fn when_ticked(self) -> Outcome {
        let decision = engine::tick(&self.rulebook, self.the_ticket(), &self.related, self.now);
        Outcome { what: self.describe(&"tick"), result: Ok(decision) }
    }

    #[track_caller]
    fn the_ticket(&self) -> &Arc<Ticket> {
        self.ticket.as_ref().expect("a ticket is given")
    }

    /// Keeps what was decided for commands that speak of earlier messages.
    fn log(&mut self, decision: &Decision) {
        let Decision { facts, ticket, echoes: _ } = decision;
        let before = ticket.version.0 - i64::try_from(facts.len()).unwrap_or_default();
        let recorded = |(number, fact): (i64, &Fact)| Recorded {
            tenant: ticket.tenant.clone(),
            ticket: ticket.id,
            version: Version(before + number),
            position: Position(before + number),
            at: ticket.updated,
            by: fact.by.clone(),
            event: fact.event.clone(),
            text: fact.text.clone(),
            seal: fact.seal,
        };
        self.related.recall((1..).zip(facts).map(recorded));
    }

    fn context(&self) -> Context<'_> {
        Context { rulebook: &self.rulebook, actor: &self.actor, related: &self.related, now: self.now }
    }

    fn opening(&self, draft: Draft) -> Result<Decision, Refusal> {
        engine::open(&self.context(), &TenantId::MAIN, self.id, &draft)
    }

    #[track_caller]
    fn deciding(&self, request: &Request) -> Result<Decision, Refusal> {
        decide(&self.context(), self.the_ticket(), request)
    }

    fn describe(&self, what: &dyn Debug) -> String {
        format!("{what:?} by {} at {}", self.actor.id, self.now)
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    what: String,
    result: Result<Decision, Refusal>,
}

impl Outcome {
    /// Expects exactly these events, in order; none, if nothing was to change.
    #[track_caller]
    pub fn then(self, events: &[Event]) -> Self {
        let found: Vec<Event> = self.decision().facts.iter().map(|fact| fact.event.clone()).collect();
        assert!(found == events, "{}\n{}", self.what, difference(&lines(events), &lines(&found)));
        self
    }

    /// Expects events of exactly these kinds, named as [`Event::name`] does, in order.
    #[track_caller]
    pub fn then_named(self, names: &[&str]) -> Self {
        let found: Vec<&str> = self.decision().facts.iter().map(|fact| fact.event.name()).collect();
        assert!(found == names, "{}\n{}", self.what, difference(names, &found));
        self
    }

    /// Expects exactly these texts beside the events, in order.
    #[track_caller]
    pub fn then_texts(self, texts: &[&str]) -> Self {
        let found: Vec<&str> = self.decision().facts.iter().filter_map(|fact| fact.text.as_deref()).collect();
        assert!(found == texts, "{}\n{}", self.what, difference(texts, &found));
        self
    }

    /// Looks at the ticket after it.
    #[track_caller]
    pub fn then_ticket(self, look: impl FnOnce(&Ticket)) -> Self {
        look(&self.decision().ticket);
        self
    }

    /// Expects exactly these events on another ticket.
    #[track_caller]
    pub fn then_beside(self, id: TicketId, events: &[Event]) -> Self {
        let echo = self.decision().echoes.iter().find(|echo| echo.ticket.id == id);
        let found: Vec<Event> = echo.into_iter().flat_map(|echo| &echo.facts).map(|fact| fact.event.clone()).collect();
        assert!(found == events, "{}\n{}", self.what, difference(&lines(events), &lines(&found)));
        self
    }

    /// The ticket after it, and the others that something happened to.
    #[track_caller]
    pub fn into_tickets(self) -> Vec<Arc<Ticket>> {
        let Decision { facts: _, ticket, echoes } = self.decision().clone();
        std::iter::once(ticket).chain(echoes.into_iter().map(|echo| echo.ticket)).collect()
    }

    /// Expects a refusal, and looks at it.
    #[track_caller]
    pub fn then_refused(self, look: impl FnOnce(&Refusal)) {
        match &self.result {
            Err(refusal) => look(refusal),
            Ok(decision) => {
                let events: Vec<Event> = decision.facts.iter().map(|fact| fact.event.clone()).collect();
                panic!("{}\nwas to be refused and led to\n{}", self.what, difference(&[], &lines(&events)));
            }
        }
    }

    #[track_caller]
    fn decision(&self) -> &Decision {
        match &self.result {
            Ok(decision) => decision,
            Err(refusal) => panic!("{}\nis refused: {refusal}", self.what),
        }
    }
}

fn lines(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| serde_json::to_string(event).unwrap_or_else(|_| format!("{event:?}"))).collect()
}

/// One line for each event: both have it, only the expected (-) or only what was found (+).
fn difference<T: AsRef<str>>(expected: &[T], found: &[T]) -> String {
    let mut text = String::new();
    for i in 0..expected.len().max(found.len()) {
        let (expected, found) = (expected.get(i).map(AsRef::as_ref), found.get(i).map(AsRef::as_ref));
        let lines = if expected == found { [(" ", expected), ("", None)] } else { [("-", expected), ("+", found)] };
        for (sign, line) in lines {
            // Writing to a `String` cannot fail.
            let _ = line.into_iter().try_for_each(|line: &str| writeln!(text, "{sign} {line}"));
        }
    }
    text
}
