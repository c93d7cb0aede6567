//! Opening a ticket.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::actor::{Actor, ActorKind, Party};
use crate::command::Draft;
use crate::config::{Source, Target};
use crate::engine::apply::Work;
use crate::engine::automate::Chain;
use crate::engine::decision::{Context, Decision};
use crate::engine::evolve::begin;
use crate::engine::input::Input;
use crate::engine::names::named_at_opening;
use crate::engine::refusal::Refusal;
use crate::engine::rights::permit_opening;
use crate::engine::routing::intake;
use crate::event::{Event, Fact, Opened};
use crate::fault::Fault;
use crate::id::Pin;
use crate::id::{Key, TenantId, TicketId};
use crate::priority::Priority;
use crate::status::Status;

/// Decides the opening of a ticket.
///
/// The first rule of [intake](crate::routing::Intake) that holds gives it what the draft left open; that is the desk's doing
/// and takes no right of the actor. The first creating transition whose guard holds and whose target state has what it demands is taken.
///
/// # Errors
///
/// A [`Refusal`] with every fault of the draft, or with what keeps each creating transition from being taken.
pub fn open(context: &Context<'_>, tenant: &TenantId, id: TicketId, draft: &Draft) -> Result<Decision, Refusal> {
    let named = || named_at_opening(context.actor, draft);
    let mut work = opening(context, tenant, id, draft, named)?;
    Chain::opening().run(&mut work, context.actor);
    Ok(work.decided())
}

/// Opens a ticket, before any rule has seen it; of those whom the draft names, some must be known.
pub(super) fn opening<'a>(
    context: &Context<'a>,
    tenant: &TenantId,
    id: TicketId,
    draft: &Draft,
    named: impl FnOnce() -> Vec<(&'static str, Party)>,
) -> Result<Work<'a>, Refusal> {
    let Context { rulebook, actor, related, now } = *context;
    let setup = rulebook.now();
    let mut input = Input::new(setup);
    input.actor(actor);
    input.draft(draft);
    let kind = setup.config.kinds.get(&draft.kind);
    if kind.is_none() {
        let known: Vec<&str> = setup.config.kinds.keys().map(Key::as_str).collect();
        input.fault("kind", format!("`{}` is no kind of this desk; known: {}", draft.kind, known.join(", ")));
    }
    input.finish()?;
    let workflow = kind.and_then(|kind| setup.newest(&kind.workflow));
    let (Some(kind), Some(workflow)) = (kind, workflow) else {
        return Err(Refusal::Invalid { faults: vec![Fault::new("kind", "has no workflow")] });
    };

    let by = actor.by();
    let mut opened = describe(context, draft, &kind.prefix, workflow.pin());
    let mut reasons = Vec::new();
    let home = related.home(actor);
    permit_opening(&setup.config.rights, actor, home, &begin(tenant, id, now, &by, &opened), draft)?;
    // Nobody is told who there is by naming whom they may not name.
    let mut input = Input::new(setup);
    input.known(related, named);
    input.finish()?;
    // What the rules of intake say depends on the state, and whether the state can be had on what they say.
    let drafted = (!setup.config.routing.intake.is_empty()).then(|| opened.clone());
    for transition in workflow.transitions.iter().filter(|transition| transition.from == Source::Create) {
        let Target::State(key) = &transition.to else { continue };
        let Some(state) = workflow.find_state(key) else { continue };
        drafted.iter().for_each(|drafted| opened.clone_from(drafted));
        (opened.state, opened.status, opened.waiting) = (state.key.clone(), state.status, state.waiting);
        let mut pressing = None;
        if drafted.is_some()
            && let Some(intake) = intake(setup, actor, &begin(tenant, id, now, &by, &opened), now)
        {
            pressing = intake.sort(&mut opened);
        }
        let mut work = Work::new(setup, related, now, Arc::new(begin(tenant, id, now, &by, &opened)));
        let unmet = work.unmet(actor, transition, state);
        if unmet.is_empty() {
            let text = draft.description.clone();
            work.facts.push(Fact { at: now, by, event: Event::Opened(Box::new(opened)), text, seal: None });
            if let Some(event) = pressing {
                work.record(&Actor::system().by(), event);
            }
            work.effects(transition);
            return Ok(work);
        }
        reasons.extend(unmet);
    }
    Err(Refusal::Unmet { what: workflow.id.clone(), reasons })
}

/// The opening a draft asks for, but for the state, which is the workflow's.
fn describe(context: &Context<'_>, draft: &Draft, prefix: &Key, workflow: Pin) -> Opened {
    let Context { rulebook, actor, related, now: _ } = *context;
    let Draft {
        kind,
        subject,
        description: _,
        category,
        tags,
        fields,
        channel,
        external,
        requester,
        organisation,
        assignee,
        team,
        queue,
        watchers,
        impact,
        urgency,
        once: _,
    } = draft;
    let own = (actor.kind == ActorKind::Requester).then(|| actor.id.clone());
    // Whoever opens it for themselves opens it for their organisation.
    let theirs = own.is_some() && requester.as_ref().is_none_or(|requester| Some(requester) == own.as_ref());
    let requester = requester.clone().or(own);
    let recorded = related.register().zip(requester.as_ref()).and_then(|(register, id)| register.organisation_of(id));
    let home = related.home(actor).filter(|_| theirs);
    let organisation = organisation.as_ref().or(recorded).or(home).cloned();
    let priority = rulebook.now().config.matrix.priority(*impact, *urgency);
    Opened {
        kind: kind.clone(),
        prefix: prefix.clone(),
        subject: subject.clone(),
        category: category.clone(),
        tags: tags.iter().cloned().collect(),
        fields: fields.clone(),
        channel: *channel,
        external: external.clone(),
        requester,
        organisation,
        assignee: assignee.clone(),
        team: team.clone(),
        queue: queue.clone(),
        needs: BTreeSet::new(),
        intake: None,
        watchers: watchers.iter().cloned().collect(),
        workflow,
        state: Key::default(),
        status: Status::New,
        waiting: None,
        impact: *impact,
        urgency: *urgency,
        // The input check has found the pair in the matrix.
        priority: priority.unwrap_or(Priority::P3),
    }
}
