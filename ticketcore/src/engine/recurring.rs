//! Recurring tickets carried out: one occurrence, with what a template puts below it.

use chrono::{DateTime, Utc};

use crate::command::Draft;
use crate::config::Recurring;
use crate::engine::automate::Chain;
use crate::engine::decision::{Context, Decision};
use crate::engine::instantiate::{Instance, draft, instantiate};
use crate::engine::open::opening;
use crate::engine::refusal::Refusal;
use crate::id::{TenantId, TicketId};

/// Decides the opening of one occurrence of a recurring ticket: the ticket, and the children that its template puts below
/// it, all or none.
///
/// # Errors
///
/// A [`Refusal`], if one of the tickets is refused.
pub fn recur(
    context: &Context<'_>,
    tenant: &TenantId,
    recurring: &Recurring,
    at: DateTime<Utc>,
    mut new_id: impl FnMut() -> TicketId,
) -> Result<Instance, Refusal> {
    // Whom a configuration names is looked up when it is published.
    let mut work = opening(context, tenant, new_id(), &occurrence(context, recurring, at)?, Vec::new)?;
    Chain::opening().run(&mut work, context.actor);
    let opened = work.decided();
    let Some(template) = &recurring.template else { return Ok(Instance { parent: opened, children: Vec::new() }) };
    let Instance { parent, children } = instantiate(context, &opened.ticket, template, new_id)?;
    let Decision { mut facts, ticket: _, echoes: _ } = opened;
    facts.extend(parent.facts);
    Ok(Instance { parent: Decision { facts, ..parent }, children })
}

fn occurrence(context: &Context<'_>, recurring: &Recurring, at: DateTime<Utc>) -> Result<Draft, Refusal> {
    let date = recurring.date(at);
    let limits = context.rulebook.now().config.limits;
    draft(&recurring.ticket, limits, |_, wording, _| Ok(wording.dated(date)))
        .map_err(|fault| Refusal::Invalid { faults: vec![fault] })
}
