//! What it takes to approve something.

use serde::{Deserialize, Serialize};

use crate::approval::{Quorum, Voters};
use crate::config::Span;

/// An approval that can be asked for on a ticket: how many of whom must agree, in which order, until when.
///
/// The votes are given for the content of the ticket that the voters saw. If the subject, the category, the requester, a
/// custom field, or impact and urgency change, whoever changes them, everybody is to vote again.
///
/// # Examples
///
/// A workflow asks for it with [`Atom::Approved`](crate::cond::Atom::Approved):
///
/// ```
/// use ticketcore::cond::Atom;
/// use ticketcore::config::{Approval, Source, State, Transition, Voters, Workflow};
/// use ticketcore::testing::given;
/// use ticketcore::{Actor, Command, Config, Draft, Status};
///
/// let order = Workflow::new("order")
///     .state(State::new("wanted", Status::New))
///     .state(State::new("bought", Status::Closed))
///     .transition(Transition::new("open", Source::Create, "wanted"))
///     .transition(Transition::new("buy", Source::of(["wanted"]), "bought").guard(Atom::Approved("money".into())));
/// let money = Approval::default().step(Voters::role("budget"), 1);
///
/// let config = Config::default().approval("money", money).workflow(order).kind("order", "order", "ORD-");
/// let wanted = given(config)
///     .ticket(Draft::new("order", "A laptop for Bo"))
///     .having(Command::RequestApproval("money".into()))
///     .by(Actor::agent("eve").role("budget"));
///
/// wanted.clone().when(Command::transition("buy")).then_refused(|refusal| {
///     assert_eq!(refusal.to_string(), "`buy` is refused: needs approval money: 0 of 1 from role budget");
/// });
/// let seen = wanted.clone().into_ticket().version;
/// wanted.having(Command::approve("money", seen)).when(Command::transition("buy")).then_named(&["moved"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Who has to agree.
    pub steps: Vec<Quorum>,
    /// One step after the other, instead of all at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ordered: bool,
    /// How long after the asking votes are taken and the approval holds; without it, for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Span>,
    /// Whether the requester, the assignee and whoever asked may vote as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
}

impl Approval {
    /// Adds a step: so many of these people must agree.
    #[must_use]
    pub fn step(mut self, from: Voters, need: u8) -> Self {
        self.steps.push(Quorum { from, need });
        self
    }

    /// Takes one step after the other.
    #[must_use]
    pub const fn ordered(mut self) -> Self {
        self.ordered = true;
        self
    }

    /// Ends some time after the asking.
    #[must_use]
    pub const fn expires(mut self, after: Span) -> Self {
        self.expires = Some(after);
        self
    }

    /// Lets the requester, the assignee and whoever asked vote as well.
    #[must_use]
    pub const fn own(mut self) -> Self {
        self.own = true;
        self
    }
}
