//! Tickets as rows.

use std::sync::Arc;

use ticketcore::codec::decode_ticket;
use ticketcore::report::Standing;
use ticketcore::store::{Change, StoreError};
use ticketcore::ticket::Ticket;
use ticketcore::time::micros;
use uuid::Uuid;

use crate::encoded::Encoded;
use crate::error::Result;
use crate::sql::{self, Parameters, array};

/// The columns of `ticket` that a change gives; each with the type of its values here, and the types of an array of them
/// and of the column there. Of arrays and JSON there are no arrays to be had, so they go as text.
macro_rules! columns {
    ($($name:ident: $value:ty, $array:literal, $column:literal;)+) => {
        /// The values of many tickets, column by column.
        #[derive(Debug, Default)]
        struct Columns<'a> {
            $($name: Vec<$value>,)+
        }

        impl Columns<'_> {
            /// The name of each, the type in which it is sent, the type in which it is stored.
            const NAMES: &'static [(&'static str, &'static str, &'static str)] = &[$((stringify!($name), $array, $column),)+];

            fn bind(self, parameters: &mut Parameters) -> Result<()> {
                $(parameters.add(self.$name)?;)+
                Ok(())
            }
        }
    };
}

columns! {
    id: Uuid, "uuid", "uuid";
    version: i64, "bigint", "bigint";
    created: i64, "bigint", "bigint";
    updated: i64, "bigint", "bigint";
    responded: Option<i64>, "bigint", "bigint";
    resolved: Option<i64>, "bigint", "bigint";
    first_resolved: Option<i64>, "bigint", "bigint";
    closed: Option<i64>, "bigint", "bigint";
    response: Option<i64>, "bigint", "bigint";
    resolution: Option<i64>, "bigint", "bigint";
    due: Option<i64>, "bigint", "bigint";
    wake: Option<i64>, "bigint", "bigint";
    reopens: i64, "bigint", "bigint";
    reassigns: i64, "bigint", "bigint";
    messages: i64, "bigint", "bigint";
    priority: i16, "smallint", "smallint";
    open: bool, "boolean", "boolean";
    status: &'a str, "text", "text";
    kind: &'a str, "text", "text";
    state: &'a str, "text", "text";
    channel: &'a str, "text", "text";
    assignee: Option<&'a str>, "text", "text";
    team: Option<&'a str>, "text", "text";
    queue: Option<&'a str>, "text", "text";
    category: Option<&'a str>, "text", "text";
    requester: Option<&'a str>, "text", "text";
    standings: String, "text", "text";
    external: Option<&'a str>, "text", "text";
    tags: Option<String>, "text", "text[]";
    watchers: Option<String>, "text", "text[]";
    fields: Option<String>, "text", "jsonb";
}

/// The tickets of a statement.
#[derive(Debug, Default)]
pub(crate) struct Rows<'a> {
    columns: Columns<'a>,
    /// Of a new one its place among the new ones, counted from 1; of an old one 0.
    place: Vec<i64>,
    /// The whole ticket, unless only its marks are new: those are not in it.
    snapshot: Vec<Option<&'a str>>,
    opened: i64,
}

/// How many parameters there are.
pub(crate) const PARAMETERS: usize = 3 + Columns::NAMES.len();

impl<'a> Rows<'a> {
    /// Adds what becomes of a ticket.
    pub(crate) fn push(&mut self, change: &'a Change, encoded: &'a Encoded) -> Result<()> {
        let Change { expected, ticket, marks, facts, .. } = change;
        let json = |error| StoreError::corrupt("fields", error);
        let fields = (!ticket.fields.is_empty()).then(|| serde_json::to_string(&ticket.fields)).transpose();
        let columns = &mut self.columns;
        columns.id.push(ticket.id.0);
        columns.version.push(ticket.version.0);
        columns.created.push(micros(ticket.created));
        columns.updated.push(micros(ticket.updated));
        columns.responded.push(ticket.responded.map(micros));
        columns.resolved.push(ticket.resolved.map(micros));
        columns.first_resolved.push(ticket.first_resolved.map(micros));
        columns.closed.push(ticket.closed.map(micros));
        columns.response.push(marks.response.and_then(|time| time.num_microseconds()));
        columns.resolution.push(marks.resolution.and_then(|time| time.num_microseconds()));
        columns.due.push(marks.rank.map(|rank| micros(rank.due)));
        columns.wake.push(marks.wake.map(micros));
        columns.reopens.push(ticket.reopens.into());
        columns.reassigns.push(ticket.reassigns.into());
        columns.messages.push(ticket.messages.into());
        columns.priority.push(ticket.priority().number().into());
        columns.open.push(ticket.status.is_open());
        columns.status.push(ticket.status.as_str());
        columns.kind.push(ticket.kind.as_str());
        columns.state.push(ticket.state.as_str());
        columns.channel.push(ticket.channel.as_str());
        columns.assignee.push(ticket.assignee.as_ref().map(|person| person.as_str()));
        columns.team.push(ticket.team.as_ref().map(|key| key.as_str()));
        columns.queue.push(ticket.queue.as_ref().map(|key| key.as_str()));
        columns.category.push(ticket.category.as_ref().map(|key| key.as_str()));
        columns.requester.push(ticket.requester.as_ref().map(|person| person.as_str()));
        columns.standings.push(Standing::encode(&marks.standings));
        columns.external.push(ticket.external.as_deref());
        columns.tags.push(array(ticket.tags.iter().map(|tag| tag.as_str())));
        columns.watchers.push(array(ticket.watchers.iter().map(|person| person.as_str())));
        columns.fields.push(fields.map_err(json)?);
        let new = expected.0 == 0;
        self.opened += i64::from(new);
        self.place.push(if new { self.opened } else { 0 });
        self.snapshot.push((new || !facts.is_empty()).then_some(encoded.snapshot.as_str()));
        Ok(())
    }

    pub(crate) fn bind(self, parameters: &mut Parameters) -> Result<()> {
        parameters.add(self.opened)?.add(self.place)?.add(self.snapshot)?;
        self.columns.bind(parameters)
    }
}

/// Raises the counter and writes rows and snapshots. They begin at a parameter, [`PARAMETERS`] of them.
///
/// One form for new tickets and old: it finds the row by its key and never by a join, whose plan could be one that reads
/// the whole table. An old row is locked and of the expected version, and is given no number. A new one can only meet a
/// row if another commit made that in the meantime; the null in place of a version then fails the statement.
pub(crate) fn written(first: usize) -> String {
    let names: Vec<&str> = Columns::NAMES.iter().map(|(name, ..)| *name).collect();
    let arrays = Columns::NAMES.iter().zip(first + 3..).map(|((_, array, _), number)| sql::list(number, array));
    let values = Columns::NAMES.iter().map(|(name, array, column)| match array == column {
        true => format!("r.{name}"),
        false => format!("r.{name}::{column}"),
    });
    let sets = names.iter().filter(|name| !matches!(**name, "id" | "version" | "created"));
    let sets: Vec<String> = sets.map(|name| format!("{name} = excluded.{name}")).collect();
    let number = "case when r.place > 0 then (select before from counted) + r.place else 0 end";
    let [places, snapshots, ids] =
        [(1, "bigint"), (2, "text"), (3, "uuid")].map(|(offset, array)| sql::list(first + offset, array));
    format!(
        "counted as (\
           update @.counter c set tickets = c.tickets + ${first}::bigint \
           where c.tenant = $1 and ${first}::bigint > 0 and (select fit from verdict) \
           returning c.tickets - ${first}::bigint as before), \
         stored as (\
           insert into @.ticket as t (tenant, number, {names}) \
           select $1, {number}, {values} from unnest({places}, {arrays}) as r (place, {names}) \
           where (select fit from verdict) \
           on conflict (tenant, id) do update set \
             version = case when excluded.number = 0 then excluded.version end, {sets}), \
         kept as (\
           insert into @.snapshot as s (tenant, number, id, body) \
           select $1, {number}, r.id, r.snapshot from unnest({places}, {snapshots}, {ids}) as r (place, snapshot, id) \
           where r.snapshot is not null and (select fit from verdict) \
           on conflict (tenant, id) do update set body = excluded.body)",
        names = names.join(", "),
        values = values.collect::<Vec<_>>().join(", "),
        arrays = arrays.collect::<Vec<_>>().join(", "),
        sets = sets.join(", "),
    )
}

/// Reads a ticket from its number and its snapshot.
pub(crate) fn ticket(number: i64, snapshot: &str) -> Result<Arc<Ticket>> {
    Ok(Arc::new(decode_ticket(number, snapshot)?))
}
