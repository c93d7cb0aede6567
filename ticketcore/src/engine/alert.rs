//! Alerts: from a monitor's signal to an incident.

use chrono::{DateTime, Utc};

use crate::capability::Capability;
use crate::channel::Channel;
use crate::command::{Command, Draft};
use crate::config::Rulebook;
use crate::engine::automate::Chain;
use crate::engine::decide::carry_out;
use crate::engine::decision::{Context, Decision};
use crate::engine::input::Input;
use crate::engine::open::opening;
use crate::engine::refusal::Refusal;
use crate::engine::rights::permit;
use crate::id::{TenantId, TicketId};
use crate::link::LinkKind;
use crate::priority::Level;
use crate::signal::Signal;
use crate::status::Status;
use crate::ticket::Ticket;

/// Decides the opening of a ticket for an alert. A ticket that had the same alert before is related to the new one; it
/// must be among the context's related tickets.
///
/// # Errors
///
/// A [`Refusal`] with every fault of the signal.
pub fn open_alert(
    context: &Context<'_>,
    tenant: &TenantId,
    id: TicketId,
    signal: &Signal,
    before: Option<TicketId>,
) -> Result<Decision, Refusal> {
    let mut input = Input::new(context.rulebook.now());
    input.signal(signal);
    input.finish()?;
    // The team is the configuration's, and was looked up when that was published: no alert is lost over it.
    let mut work = opening(context, tenant, id, &draft(context.rulebook, signal), Vec::new)?;
    // A monitor that may open tickets and no more still opens them.
    let rights = &context.rulebook.now().config.rights;
    let links = |ticket: &Ticket| {
        [Capability::Read, Capability::Link].iter().all(|capability| rights.allows(context.actor, ticket, *capability))
    };
    let related = before.and_then(|before| context.related.get(before)).filter(|before| links(before));
    let link = related.filter(|_| links(&work.ticket)).map(|before| Command::Link(LinkKind::Relates, before.id));
    let commands: Vec<Command> = std::iter::once(Command::Signal(signal.clone())).chain(link).collect();
    commands.iter().try_for_each(|command| permit(rights, context.actor, &work.ticket, command))?;
    carry_out(context, &mut work, &commands)?;
    Chain::opening().run(&mut work, context.actor);
    Ok(work.decided())
}

fn draft(rulebook: &Rulebook, signal: &Signal) -> Draft {
    let alerts = &rulebook.now().config.alerts;
    let impact = alerts.impact.get(&signal.severity).copied().unwrap_or(Level::MEDIUM);
    let mut draft =
        Draft::new(alerts.kind.clone(), signal.summary.clone()).rated(impact, alerts.urgency).channel(Channel::Monitor);
    (draft.team, draft.queue) = (alerts.team.clone(), alerts.queue.clone());
    if !signal.labels.is_empty() {
        let lines: Vec<String> = signal.labels.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        draft.description = Some(lines.join("\n"));
    }
    draft
}

/// Tells whether a ticket still is the one for its alert: it is open, or it was resolved no longer ago than the reopen
/// window. Else a new firing opens another ticket.
pub fn hears(rulebook: &Rulebook, ticket: &Ticket, now: DateTime<Utc>) -> bool {
    let window = rulebook.now().config.alerts.window.0;
    match ticket.status {
        Status::New | Status::Open | Status::Pending => true,
        Status::Resolved => ticket.resolved.is_some_and(|resolved| now - resolved <= window),
        Status::Closed => false,
    }
}
