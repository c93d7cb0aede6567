//! Which intake rule and which route a ticket meets; who is chosen is [`routing`](crate::routing)'s matter.

use chrono::{DateTime, Utc};

use crate::actor::Actor;
use crate::config::Setup;
use crate::engine::facts::{Related, Scene};
use crate::routing::{Intake, Route};
use crate::ticket::Ticket;

/// Finds the intake rule of a ticket that somebody opens, if there is one for it.
///
/// # Examples
///
/// ```
/// use chrono::Utc;
/// use ticketcore::cond::Atom;
/// use ticketcore::config::Rulebook;
/// use ticketcore::engine::{self, Context, Related};
/// use ticketcore::routing::{Intake, Sorted};
/// use ticketcore::{Actor, Command, Config, Draft, TenantId, TicketId};
///
/// let mut config = Config::default();
/// config.routing.intake = vec![Intake {
///     key: "mail".into(),
///     when: Atom::Category("mail".into()).into(),
///     set: Sorted { team: Some("exchange".into()), ..Sorted::default() },
/// }];
/// let rulebook = Rulebook::new(config).unwrap();
/// let (actor, now) = (Actor::requester("bo"), Utc::now());
/// let context = Context { rulebook: &rulebook, actor: &actor, related: &Related::default(), now };
/// let draft = Draft::incident("No mail").category("mail");
/// let ticket = engine::open(&context, &TenantId::MAIN, TicketId::at(now, 1), &draft)?.ticket;
///
/// let intake = engine::intake(rulebook.now(), &actor, &ticket, now).ok_or("a rule is for it")?;
/// assert_eq!(intake.orders(&ticket), [Command::AssignTeam(Some("exchange".into()))]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn intake<'a>(setup: &'a Setup, actor: &Actor, ticket: &Ticket, at: DateTime<Utc>) -> Option<&'a Intake> {
    let related = Related::default();
    setup.config.routing.intake(&Scene { ticket, actor: Some(actor), related: &related, setup }, at)
}

/// Finds the route of a ticket that needs an agent, if there is one for it.
pub fn route<'a>(setup: &'a Setup, ticket: &Ticket, at: DateTime<Utc>) -> Option<&'a Route> {
    let related = Related::default();
    setup.config.routing.route(&Scene { ticket, actor: None, related: &related, setup }, at)
}
