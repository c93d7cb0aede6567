//! What is different between two versions of a ticket, field by field: how a conflict explains itself.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};

use crate::actor::By;
use crate::engine::{evolve, fold};
use crate::event::Recorded;
use crate::id::{Key, Version};
use crate::ticket::Ticket;

/// A field that is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The field: `assignee`, `state`, `fields.seats`.
    pub field: Key,
    /// What it was, in words; `None` for nothing.
    pub from: Option<String>,
    /// What it is.
    pub to: Option<String>,
}

/// A field that changed, and who changed it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The field: `assignee`, `state`, `fields.seats`.
    pub field: Key,
    /// What it was, in words; `None` for nothing.
    pub from: Option<String>,
    /// What it is.
    pub to: Option<String>,
    /// Who changed it last.
    pub by: By,
    /// When.
    pub at: DateTime<Utc>,
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, from, to, by, at: _ } = self;
        let words = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        write!(f, "{field} from {} to {} by {}", words(from), words(to), by.id)
    }
}

/// Tells what is different between two versions of a ticket, in the order of its fields.
///
/// What never changes (tenant, id, number, prefix, channel, creation), what always does (version, time of the last
/// event) and what only repeats other fields (the line, the trail) is left out.
///
/// # Examples
///
/// ```
/// # pollster::block_on(async {
/// use std::sync::Arc;
/// use ticketcore::diff::diff;
/// use ticketcore::{Command, Desk, Draft, MemoryStore};
///
/// let desk = Desk::new(Arc::new(MemoryStore::new()));
/// let before = desk.open(Draft::incident("Printer is on fire")).await?;
/// let after = desk.apply(before.id, Command::assign("ada")).await?;
/// let differences = diff(&before, &after);
/// assert_eq!((differences[0].field.as_str(), differences[0].to.as_deref()), ("assignee", Some("ada")));
/// assert_eq!(differences.len(), 1);
/// # Ok::<(), ticketcore::Error>(()) }).unwrap();
/// ```
pub fn diff(before: &Ticket, after: &Ticket) -> Vec<Difference> {
    let (before, mut after) = (fields(before), fields(after));
    let mut found = Vec::new();
    for (field, from) in before {
        let to = after.iter().position(|(other, _)| *other == field).and_then(|place| after.remove(place).1);
        if from != to {
            found.push(Difference { field, from, to });
        }
    }
    // Custom fields that were not there before.
    found.extend(after.into_iter().filter(|(_, to)| to.is_some()).map(|(field, to)| Difference {
        field,
        from: None,
        to,
    }));
    found
}

/// Tells what changed after a version, and who did it last. What changed and changed back is no change.
pub fn since(history: &[Recorded], seen: Version) -> Vec<FieldChange> {
    let known = history.iter().take_while(|recorded| recorded.version <= seen);
    let Some(start) = fold(known) else { return Vec::new() };
    let mut now = start.clone();
    let mut last: BTreeMap<Key, (By, DateTime<Utc>)> = BTreeMap::new();
    for recorded in history.iter().skip_while(|recorded| recorded.version <= seen) {
        let before = now.clone();
        evolve(&mut now, recorded.at, &recorded.by, &recorded.event);
        for difference in diff(&before, &now) {
            last.insert(difference.field, (recorded.by.clone(), recorded.at));
        }
    }
    let change = |Difference { field, from, to }| {
        let (by, at) = last.remove(&field)?;
        Some(FieldChange { field, from, to, by, at })
    };
    diff(&start, &now).into_iter().filter_map(change).collect()
}

/// Every field that can change, in words. A new field of the ticket stops the build here: it is to be told, or left out
/// for a reason.
fn fields(ticket: &Ticket) -> Vec<(Key, Option<String>)> {
    let Ticket {
        tenant: _,
        id: _,
        number: _,
        prefix: _,
        version: _,
        kind,
        subject,
        category,
        tags,
        fields,
        channel: _,
        external,
        requester,
        organisation,
        assignee,
        team,
        queue,
        needs,
        watchers,
        participants,
        referred,
        shares,
        workflow,
        state,
        previous,
        status,
        waiting,
        dropped,
        impact,
        urgency,
        computed,
        overridden,
        level,
        acked,
        snoozed,
        approvals,
        // Repeats what changed.
        revised: _,
        links,
        merged,
        // What it stood like before is `merged` seen from the other side.
        pose: _,
        absorbed,
        parted,
        alert,
        created: _,
        updated: _,
        responded,
        resolved,
        first_resolved,
        closed,
        reopens,
        reassigns,
        messages,
        public,
        heard,
        score,
        helpful,
        line: _,
        trail: _,
        policies,
        head: _,
    } = ticket;
    let time = |at: &Option<DateTime<Utc>>| at.map(|at| at.to_rfc3339());
    let mut named: Vec<(Key, Option<String>)> = [
        ("kind", word(kind)),
        ("subject", word(subject)),
        ("category", maybe(category.as_ref())),
        ("tags", list(tags)),
        ("external", maybe(external.as_ref())),
        ("requester", maybe(requester.as_ref())),
        ("organisation", maybe(organisation.as_ref())),
        ("assignee", maybe(assignee.as_ref())),
        ("team", maybe(team.as_ref())),
        ("queue", maybe(queue.as_ref())),
        ("needs", list(needs)),
        ("watchers", list(watchers)),
        ("participants", list(participants)),
        ("referred", list(referred)),
        ("shares", list(shares)),
        ("workflow", word(workflow)),
        ("state", word(state)),
        ("previous", maybe(previous.as_ref())),
        ("status", word(status)),
        ("waiting", maybe(waiting.as_ref())),
        ("dropped", word(dropped)),
        ("impact", word(impact.0)),
        ("urgency", word(urgency.0)),
        ("computed", word(computed)),
        ("overridden", overridden.as_ref().map(|set| format!("{}: {}", set.priority, set.reason))),
        ("level", word(level)),
        ("acked", acked.as_ref().map(|ack| format!("{} at {}{}", ack.by, ack.at.to_rfc3339(), until(ack.until)))),
        ("snoozed", time(snoozed)),
        ("approvals", list(approvals.iter().map(|(key, poll)| format!("{key} ({} votes)", poll.votes.len())))),
        ("links", list(links.iter().map(|link| format!("{} {}", link.kind, link.to)))),
        ("merged", maybe(merged.as_ref())),
        ("absorbed", list(absorbed.iter().map(|absorbed| absorbed.from))),
        ("parted", list(parted.iter().map(|split| split.into))),
        ("alert", alert.as_ref().map(|alert| format!("{} {}, {} times", alert.key, firing(alert.firing), alert.count))),
        ("responded", time(responded)),
        ("resolved", time(resolved)),
        ("first_resolved", time(first_resolved)),
        ("closed", time(closed)),
        ("reopens", word(reopens)),
        ("reassigns", word(reassigns)),
        ("messages", word(messages)),
        ("public", word(public)),
        ("heard", time(heard)),
        ("score", score.as_ref().map(|score| format!("{} by {}", score.score, score.by))),
        ("helpful", list(helpful.iter().map(|(person, helpful)| format!("{person} {}", yes(*helpful))))),
        ("steps", word(policies.steps.len())),
        (
            "breaches",
            list(
                policies
                    .breaches
                    .iter()
                    .map(|breach| format!("{} {}{}", breach.policy, breach.cycle, excused(&breach.waived))),
            ),
        ),
    ]
    .into_iter()
    .map(|(name, value)| (Key::from_static(name), value))
    .collect();
    named.extend(fields.iter().map(|(field, value)| (Key::from(format!("fields.{field}")), word(value))));
    named
}

fn word(value: impl fmt::Display) -> Option<String> {
    Some(value.to_string())
}

fn maybe(value: Option<impl fmt::Display>) -> Option<String> {
    value.map(|value| value.to_string())
}

fn list<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> Option<String> {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    (!items.is_empty()).then(|| items.join(", "))
}

fn until(until: Option<DateTime<Utc>>) -> String {
    until.map(|until| format!(" until {}", until.to_rfc3339())).unwrap_or_default()
}

const fn firing(firing: bool) -> &'static str {
    if firing { "firing" } else { "over" }
}

const fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

const fn excused(waived: &Option<String>) -> &'static str {
    if waived.is_some() { " (excused)" } else { "" }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::TimeDelta;

    use super::*;
    use crate::actor::{Actor, Party};
    use crate::command::Draft;
    use crate::config::{Config, Rulebook};
    use crate::engine::{Context, Related, open};
    use crate::id::{TenantId, TicketId};
    use crate::line::Line;
    use crate::link::{Link, LinkKind};
    use crate::merge::{Absorbed, Pose, SplitOff};
    use crate::policy_log::{Breach, StepKey};
    use crate::priority::{Level, Priority};
    use crate::signal::{Alert, Severity};
    use crate::status::{Status, Waiting};
    use crate::ticket::{Ack, Channel, Override, Score};
    use crate::trail::Trail;
    use crate::value::Value;

    fn at() -> DateTime<Utc> {
        "2026-03-02T09:00:00Z".parse().unwrap()
    }

    fn ticket() -> Ticket {
        let (rulebook, related) = (Rulebook::new(Config::default()).unwrap(), Related::default());
        let context = Context { rulebook: &rulebook, actor: &Actor::agent("ada"), related: &related, now: at() };
        let id = TicketId::at(at(), 1);
        Ticket::clone(&open(&context, &TenantId::MAIN, id, &Draft::incident("No mail")).unwrap().ticket)
    }

    type Change = (&'static str, fn(&mut Ticket));

    /// Each field changed alone. The test counts them against the ticket, so one that is forgotten here is found.
    const CHANGES: &[Change] = &[
        ("kind", |ticket| ticket.kind = "task".into()),
        ("subject", |ticket| ticket.subject = "No web".to_owned()),
        ("category", |ticket| ticket.category = Some("web".into())),
        ("tags", |ticket| ticket.tags = ["a".into(), "b".into()].into()),
        ("fields.seats", |ticket| ticket.fields = [("seats".into(), Value::Int(3))].into()),
        ("external", |ticket| ticket.external = Some("JIRA-1".to_owned())),
        ("requester", |ticket| ticket.requester = Some("bo".into())),
        ("organisation", |ticket| ticket.organisation = Some("acme".into())),
        ("assignee", |ticket| ticket.assignee = Some("ada".into())),
        ("team", |ticket| ticket.team = Some("net".into())),
        ("queue", |ticket| ticket.queue = Some("desk".into())),
        ("needs", |ticket| ticket.needs = ["dns".into()].into()),
        ("watchers", |ticket| ticket.watchers = ["kim".into()].into()),
        ("participants", |ticket| ticket.participants = ["kim".into()].into()),
        ("referred", |ticket| ticket.referred = ["net".into()].into()),
        ("shares", |ticket| ticket.shares = [Party::Person("kim".into())].into()),
        ("workflow", |ticket| ticket.workflow.rev = 2),
        ("state", |ticket| ticket.state = "open".into()),
        ("previous", |ticket| ticket.previous = Some("new".into())),
        ("status", |ticket| ticket.status = Status::Open),
        ("waiting", |ticket| ticket.waiting = Some(Waiting::Third)),
        ("dropped", |ticket| ticket.dropped = true),
        ("impact", |ticket| ticket.impact = Level::HIGH),
        ("urgency", |ticket| ticket.urgency = Level::HIGH),
        ("computed", |ticket| ticket.computed = Priority::P1),
        ("overridden", |ticket| {
            ticket.overridden = Some(Box::new(Override { priority: Priority::P1, reason: "the boss".to_owned() }));
        }),
        ("level", |ticket| ticket.level = 2),
        ("acked", |ticket| ticket.acked = Some(Box::new(Ack { by: "ada".into(), at: at(), until: Some(at()) }))),
        ("snoozed", |ticket| ticket.snoozed = Some(at())),
        ("approvals", |ticket| {
            let poll = serde_json::from_str(r#"{"asked":1,"by":"ada","steps":[]}"#).unwrap();
            ticket.approvals.insert("cab".into(), poll);
        }),
        ("links", |ticket| ticket.links = [Link { kind: LinkKind::Blocks, to: ticket.id }].into()),
        ("merged", |ticket| ticket.merged = Some(ticket.id)),
        ("absorbed", |ticket| {
            let (messages, watchers, alerts) = (Vec::new(), Vec::new(), Vec::new());
            ticket.absorbed =
                vec![Absorbed { from: ticket.id, messages, watchers, participants: Vec::new(), alerts, tickets: 1 }];
        }),
        ("parted", |ticket| ticket.parted = vec![SplitOff { into: ticket.id, messages: vec![Version(2)] }]),
        ("alert", |ticket| {
            let (key, severity) = ("disk".to_owned(), Severity::Error);
            ticket.alert = Some(Box::new(Alert { key, firing: true, severity, count: 1, last: at() }));
        }),
        ("responded", |ticket| ticket.responded = Some(at())),
        ("resolved", |ticket| ticket.resolved = Some(at())),
        ("first_resolved", |ticket| ticket.first_resolved = Some(at())),
        ("closed", |ticket| ticket.closed = Some(at())),
        ("reopens", |ticket| ticket.reopens = 1),
        ("reassigns", |ticket| ticket.reassigns = 1),
        ("messages", |ticket| ticket.messages = 1),
        ("public", |ticket| ticket.public = 1),
        ("heard", |ticket| ticket.heard = Some(at())),
        ("score", |ticket| {
            ticket.score = Some(Box::new(Score { score: 5, at: at(), by: "bo".into(), of: at() }));
        }),
        ("helpful", |ticket| _ = ticket.helpful.insert("bo".into(), true)),
        ("steps", |ticket| {
            ticket.policies.steps.push(StepKey { policy: "fix".into(), cycle: 1, round: 0, step: 0 });
        }),
        ("breaches", |ticket| {
            ticket.policies.breaches.push(Breach { policy: "fix".into(), cycle: 1, due: at(), waived: None });
        }),
    ];

    #[test]
    fn every_field_that_changes_is_told_by_its_name() {
        let before = ticket();
        for (name, change) in CHANGES {
            let mut after = before.clone();
            change(&mut after);
            for (from, to) in [(&before, &after), (&after, &before)] {
                let found: Vec<String> = diff(from, to).iter().map(|one| one.field.to_string()).collect();
                assert_eq!(found, [*name]);
            }
        }
        let told: BTreeSet<&str> =
            CHANGES.iter().map(|(name, _)| *name).filter(|name| !name.starts_with("fields.")).collect();
        let known = fields(&before);
        assert_eq!(told, known.iter().map(|(name, _)| name.as_str()).collect(), "a field is not tried here");
    }

    #[test]
    fn what_never_or_always_changes_is_no_difference() {
        let before = ticket();
        let after = Ticket {
            tenant: "other".into(),
            id: TicketId::at(at(), 2),
            number: 9,
            prefix: "X-".into(),
            version: Version(9),
            channel: Channel::Mail,
            pose: Some(Box::new(Pose::of(&before))),
            created: at() + TimeDelta::days(1),
            updated: at() + TimeDelta::days(1),
            line: Line::default(),
            trail: Trail::default(),
            ..before.clone()
        };
        assert_eq!(diff(&before, &after), []);
    }

    #[test]
    fn a_history_without_an_opening_tells_nothing() {
        assert_eq!(since(&[], Version(0)), []);
    }
}
