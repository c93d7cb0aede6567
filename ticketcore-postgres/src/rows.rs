//! Tickets as rows.

use std::sync::Arc;

use ticketcore::codec::decode_ticket;
use ticketcore::id::Version;
use ticketcore::report::{Course, Standing};
use ticketcore::store::{Change, StoreError, Target};
use ticketcore::ticket::Ticket;
use ticketcore::time::micros;

use crate::encoded::Encoded;
use crate::error::Result;
use crate::record::{Json, MaybeTexts, Records, Texts};
use crate::sql;

/// The columns of `ticket` that a change gives, as they stand in `change_1`.
const COLUMNS: [&str; 35] = [
    "id",
    "version",
    "created",
    "updated",
    "responded",
    "resolved",
    "first_resolved",
    "closed",
    "response",
    "resolution",
    "due",
    "wake",
    "reopens",
    "reassigns",
    "messages",
    "priority",
    "score",
    "open",
    "status",
    "kind",
    "state",
    "channel",
    "assignee",
    "team",
    "queue",
    "category",
    "requester",
    "standings",
    "course",
    "targets",
    "external",
    "tags",
    "organisation",
    "access",
    "fields",
];

/// The tickets of a statement.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) changes: Records,
    /// How many are new.
    pub(crate) opened: i64,
}

impl Rows {
    /// Adds what becomes of a ticket, and what is left of the words of its earlier events if some are erased.
    pub(crate) fn push(&mut self, change: &Change, encoded: &Encoded, left: Option<&Vec<String>>) -> Result<()> {
        let Change { expected, ticket, marks, facts, .. } = change;
        let json = |error| StoreError::corrupt("fields", error);
        let fields = (!ticket.fields.is_empty()).then(|| serde_json::to_string(&ticket.fields)).transpose();
        let access: Vec<String> = ticket.access().collect();
        let new = *expected == Version(0);
        self.opened += i64::from(new);
        // Marks are not in the snapshot.
        let snapshot = (new || !facts.is_empty()).then_some(encoded.snapshot.as_str());
        self.changes.push(&[
            &if new { self.opened } else { 0 },
            &snapshot,
            &Texts(encoded.words.iter().map(String::as_str).collect()),
            &MaybeTexts(left.map(|left| left.iter().map(String::as_str).collect())),
            &ticket.id.0,
            &ticket.version.0,
            &micros(ticket.created),
            &micros(ticket.updated),
            &ticket.responded.map(micros),
            &ticket.resolved.map(micros),
            &ticket.first_resolved.map(micros),
            &ticket.closed.map(micros),
            &marks.response.and_then(|time| time.num_microseconds()),
            &marks.resolution.and_then(|time| time.num_microseconds()),
            &marks.rank.map(|rank| micros(rank.due)),
            &marks.wake.map(micros),
            &i64::from(ticket.reopens),
            &i64::from(ticket.reassigns),
            &i64::from(ticket.messages),
            &i16::from(ticket.priority().number()),
            &ticket.answer().map(i16::from),
            &ticket.status.is_open(),
            &ticket.status.as_str(),
            &ticket.kind.as_str(),
            &ticket.state.as_str(),
            &ticket.channel.as_str(),
            &ticket.assignee.as_ref().map(|person| person.as_str()),
            &ticket.team.as_ref().map(|key| key.as_str()),
            &ticket.queue.as_ref().map(|key| key.as_str()),
            &ticket.category.as_ref().map(|key| key.as_str()),
            &ticket.requester.as_ref().map(|person| person.as_str()),
            &Standing::encode(&marks.standings),
            &marks.course.as_deref().map(Course::encode).unwrap_or_default(),
            &Target::encode(&marks.targets).map(Json),
            &ticket.external.as_deref(),
            &Texts(ticket.tags.iter().map(|tag| tag.as_str()).collect()),
            &ticket.organisation.as_ref().map(|key| key.as_str()),
            &Texts(access.iter().map(String::as_str).collect()),
            &fields.map_err(json)?.map(Json),
        ]);
        Ok(())
    }
}

/// Raises the counter, by the one parameter, and writes rows and snapshots, from the other.
///
/// One form for new tickets and old: it finds the row by its key and never by a join, whose plan could be one that reads
/// the whole table. An old row is locked and of the expected version, and is given no number. A new one can only meet a
/// row if another commit made that in the meantime; the null in place of a version then fails the statement.
pub(crate) fn written(opened: usize, changes: usize) -> String {
    let values: Vec<String> = COLUMNS.iter().map(|name| format!("c.{name}")).collect();
    let sets = COLUMNS.iter().filter(|name| !matches!(**name, "id" | "version" | "created"));
    let sets: Vec<String> = sets.map(|name| format!("{name} = excluded.{name}")).collect();
    let number = "case when c.place > 0 then (select before from counted) + c.place else 0 end";
    format!(
        "changes as materialized (select * from {rows} where (select fit from verdict)), \
         counted as (\
           update @.counter c set tickets = c.tickets + ${opened}::bigint \
           where c.tenant = $1 and ${opened}::bigint > 0 and (select fit from verdict) \
           returning c.tickets - ${opened}::bigint as before), \
         stored as (\
           insert into @.ticket as t (tenant, number, {names}) select $1, {number}, {values} from changes c \
           on conflict (tenant, id) do update set \
             version = case when excluded.number = 0 then excluded.version end, {sets}), \
         kept as (\
           insert into @.snapshot as s (tenant, number, id, body) \
           select $1, {number}, c.id, c.snapshot from changes c where c.snapshot is not null \
           on conflict (tenant, id) do update set body = excluded.body)",
        rows = sql::rows(changes, "@.change_1"),
        names = COLUMNS.join(", "),
        values = values.join(", "),
        sets = sets.join(", "),
    )
}

/// Reads a ticket from its number and its snapshot.
pub(crate) fn ticket(number: i64, snapshot: &str) -> Result<Arc<Ticket>> {
    Ok(Arc::new(decode_ticket(number, snapshot)?))
}
