//! The verbs that change something. They print what happened, or the ticket as JSON.

use ticketcore::desk::Error;
use ticketcore::value::FieldType;
use ticketcore::{Command, Config, Desk, Draft, Key, Refusal, Ticket, Value, Version};

use crate::cli::{New, Write};
use crate::names::Reference;
use crate::print::{instant, json, list};
use crate::{Printed, find, read, view};

pub(crate) async fn run(desk: &Desk, verb: &Write, as_json: bool) -> Printed {
    let (reference, commands) = match verb {
        Write::New(new) => {
            let draft = draft(&desk.rulebook().await?.now().config, new);
            return told(desk, Version(0), &*desk.open(draft).await?, as_json).await;
        }
        Write::Tick => return tick(desk).await,
        Write::Move { ticket, transition, note } => {
            let note = note.iter().map(Command::note);
            (ticket, note.chain([Command::Move(transition.clone())]).collect())
        }
        Write::Assign { ticket, person } => (ticket, vec![Command::Assign((person != "-").then(|| person.clone()))]),
        Write::Comment { ticket, text, internal: true } => (ticket, vec![Command::note(text)]),
        Write::Comment { ticket, text, internal: false } => (ticket, vec![Command::reply(text)]),
        Write::Set { ticket, fields } => {
            let rulebook = desk.rulebook().await?;
            (ticket, fields.iter().map(|(field, text)| set(&rulebook.now().config, field, text)).collect())
        }
        Write::Ack { ticket } => (ticket, vec![Command::Acknowledge(None)]),
        Write::Snooze { ticket, time } => {
            let until = desk.now().checked_add_signed(*time).ok_or("that is beyond the calendar")?;
            (ticket, vec![Command::Snooze(until)])
        }
        Write::Link { ticket, kind, other } => (ticket, vec![Command::Link(*kind, find(desk, other).await?.id)]),
    };
    apply(desk, reference, commands, as_json).await
}

async fn apply(desk: &Desk, reference: &Reference, commands: Vec<Command>, as_json: bool) -> Printed {
    let before = find(desk, reference).await?;
    match desk.apply(before.id, commands).await {
        Ok(after) => told(desk, before.version, &after, as_json).await,
        Err(Error::Refused(refusal @ (Refusal::NoSuchMove { .. } | Refusal::Unmet { .. }))) => {
            let moves = desk.moves(before.id).await?;
            let legal = moves.iter().filter(|one| one.unmet.is_empty());
            let legal = list(legal.map(|one| format!("{} → {}", one.transition, one.to)));
            Err(format!("{refusal}\n{} may: {legal}", desk.actor().id).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// What happened since a version.
async fn told(desk: &Desk, before: Version, after: &Ticket, as_json: bool) -> Printed {
    if as_json {
        return Ok(json(&view::ticket(after)));
    }
    let mut text = format!("{}  {} ({})\n", after.reference(), after.state, after.priority());
    for recorded in desk.history(after.id).await?.iter().filter(|recorded| recorded.version > before) {
        text += &read::story(desk, recorded).await?;
    }
    Ok(text)
}

async fn tick(desk: &Desk) -> Printed {
    let ticked = desk.tick().await?;
    let next = ticked.next.map(|next| format!("; the next is due at {}", instant(next))).unwrap_or_default();
    Ok(format!("{} tickets were due{next}\n", ticked.tickets))
}

fn draft(config: &Config, new: &New) -> Draft {
    let New { kind, subject, description, requester, impact, urgency, team, queue, tag, field } = new;
    let value = |(field, text): &(Key, String)| (field.clone(), value(config, field, text));
    Draft {
        description: description.clone(),
        requester: requester.clone(),
        team: team.clone(),
        queue: queue.clone(),
        tags: tag.iter().cloned().collect(),
        fields: field.iter().map(value).collect(),
        ..Draft::new(kind.clone(), subject).rated(*impact, *urgency)
    }
}

fn set(config: &Config, field: &Key, text: &str) -> Command {
    let some = (!text.is_empty()).then_some(text);
    match field.as_str() {
        "subject" => Command::Rename(text.to_owned()),
        "team" => Command::AssignTeam(some.map(Key::from)),
        "queue" => Command::Enqueue(some.map(Key::from)),
        "category" => Command::Categorise(some.map(Key::from)),
        "requester" => Command::ChangeRequester(some.map(Into::into)),
        "external" => Command::Reference(some.map(str::to_owned)),
        _ => Command::Set(field.clone(), some.map(|text| value(config, field, text))),
    }
}

/// What a field takes, made of its text; what cannot be made stays text, and the desk says what it expects.
fn value(config: &Config, field: &Key, text: &str) -> Value {
    let read = match config.fields.get(field) {
        Some(FieldType::Int) => text.parse().ok().map(Value::Int),
        Some(FieldType::Bool) => text.parse().ok().map(Value::Bool),
        _ => None,
    };
    read.unwrap_or_else(|| Value::from(text))
}
