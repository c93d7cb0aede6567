//! The verbs that change something. They print what happened, or the ticket as JSON.

use std::sync::Arc;

use ticketcore::desk::Error;
use ticketcore::value::FieldType;
use ticketcore::{Command, Config, Desk, Draft, Key, Refusal, Ticket, Value, Version};

use crate::cli::{New, Write};
use crate::names::Reference;
use crate::print::{instant, json, list, table};
use crate::{Printed, find, read, view};

pub(crate) async fn run(desk: &Desk, verb: &Write, as_json: bool) -> Printed {
    match verb {
        Write::New(new) => {
            let draft = draft(&desk.rulebook().await?.now().config, new);
            told(desk, Version(0), &*desk.open(draft).await?, as_json).await
        }
        Write::Split { ticket, messages, subject, kind } => {
            let before = find(desk, ticket).await?;
            let draft = Draft::new(kind.clone().unwrap_or_else(|| before.kind.clone()), subject);
            let (old, new) = desk.split(before.id, messages.clone(), draft).await?;
            if as_json {
                return Ok(json(&serde_json::json!({ "old": view::ticket(&old), "new": view::ticket(&new) })));
            }
            Ok(told(desk, before.version, &old, false).await? + &told(desk, Version(0), &new, false).await?)
        }
        Write::Approve { ticket, approval, reject, reason, seen } => {
            let seen = match seen {
                Some(seen) => *seen,
                None => find(desk, ticket).await?.version,
            };
            let (approval, reason) = (approval.clone(), reason.clone());
            let command = if *reject {
                Command::Reject { approval, seen, reason }
            } else {
                Command::Approve { approval, seen, reason }
            };
            apply(desk, ticket, vec![command], as_json).await
        }
        Write::Instantiate { ticket, template } => {
            let parent = find(desk, ticket).await?;
            let children = desk.instantiate(parent.id, template.clone()).await?;
            if as_json {
                let children: serde_json::Value = children.iter().map(|child| view::ticket(child)).collect();
                return Ok(json(&serde_json::json!({ "tickets": children })));
            }
            let row = |child: &Arc<Ticket>| [child.reference(), child.state.to_string(), child.subject.clone()];
            Ok(table(["TICKET", "STATE", "SUBJECT"], children.iter().map(row).collect()))
        }
        Write::Tick => tick(desk).await,
    }
}

/// Gives commands to a ticket; a refusal names the moves that there are.
pub(crate) async fn apply(desk: &Desk, reference: &Reference, commands: Vec<Command>, as_json: bool) -> Printed {
    let before = find(desk, reference).await?;
    let moving = commands.iter().any(|command| matches!(command, Command::Move(_)));
    match desk.apply(before.id, commands).await {
        Ok(after) if after.id == before.id => told(desk, before.version, &after, as_json).await,
        // What is said on a merged ticket is said where it went on, last.
        Ok(after) => told(desk, Version(after.version.0 - 1), &after, as_json).await,
        Err(Error::Refused(Refusal::Merged { id, into })) => {
            let (id, into) = (read::reference(desk, id).await?, read::reference(desk, into).await?);
            Err(format!("{id} was merged into {into}").into())
        }
        Err(Error::Refused(
            refusal @ (Refusal::NoSuchMove { .. } | Refusal::Unmet { .. } | Refusal::Forbidden { .. }),
        )) if moving => {
            let moves = desk.moves(before.id).await?;
            let legal = moves.iter().filter(|one| one.unmet.is_empty());
            let legal = list(legal.map(|one| format!("{} → {}", one.transition, one.to)));
            Err(format!("{refusal}\n{} may: {legal}", desk.actor().id).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// What happened since a version.
pub(crate) async fn told(desk: &Desk, before: Version, after: &Ticket, as_json: bool) -> Printed {
    if as_json {
        return Ok(json(&view::ticket(after)));
    }
    let history = match desk.history(after.id).await {
        // Customers are told how their ticket stands, and of its priority they see nothing.
        Err(Error::Refused(Refusal::Forbidden { .. })) => {
            return Ok(format!("{}  {}\n", after.reference(), after.status));
        }
        history => history?,
    };
    let mut text = format!("{}  {} ({})\n", after.reference(), after.state, after.priority());
    for recorded in history.iter().filter(|recorded| recorded.version > before) {
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

pub(crate) fn set(config: &Config, field: &Key, text: &str) -> Command {
    let some = (!text.is_empty()).then_some(text);
    match field.as_str() {
        "subject" => Command::Rename(text.to_owned()),
        "team" => Command::AssignTeam(some.map(Key::from)),
        "queue" => Command::Enqueue(some.map(Key::from)),
        "category" => Command::Categorise(some.map(Key::from)),
        "organisation" => Command::ChangeOrganisation(some.map(Key::from)),
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
