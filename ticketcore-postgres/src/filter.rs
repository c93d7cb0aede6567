//! A filter as SQL: text from a finite set of fragments, every value a parameter.

use sqlx::{Encode, Postgres, Type};
use ticketcore::cond::Cmp;
use ticketcore::id::{Key, PersonId, TenantId};
use ticketcore::query::{Assignee, Filter, Glance, Period, Through};
use ticketcore::ticket::{Channel, Status};
use ticketcore::time::micros;
use ticketcore::value::Value;
use uuid::Uuid;

use crate::error::Result;
use crate::search;
use crate::sql::Parameters;

/// A statement in the making.
#[derive(Debug, Default)]
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) parameters: Parameters,
}

impl Sql {
    /// Appends SQL.
    pub(crate) fn push(&mut self, fragment: &str) -> &mut Self {
        self.text.push_str(fragment);
        self
    }

    /// Appends a parameter.
    pub(crate) fn bind<'v, T: Encode<'v, Postgres> + Type<Postgres>>(&mut self, value: T) -> Result<&mut Self> {
        self.parameters.add(value)?;
        let number = self.parameters.len().to_string();
        Ok(self.push("$").push(&number))
    }

    /// Appends where the tickets (`t`) of a filter come from. The tenant becomes the first parameter.
    pub(crate) fn tickets(&mut self, tenant: &TenantId, filter: &Filter) -> Result<&mut Self> {
        self.push(" from @.ticket t where t.tenant = ").bind(tenant.as_str())?;
        let Filter {
            ids,
            numbers,
            kinds,
            except,
            statuses,
            states,
            priorities,
            categories,
            teams,
            queues,
            assignee,
            requesters,
            organisations,
            watchers,
            channels,
            tags,
            fields,
            externals,
            created,
            updated,
            resolved,
            words: _,
            sight,
        } = filter;
        self.one_of("t.id", ids.iter().map(|id| id.0).collect::<Vec<Uuid>>())?;
        self.one_of("t.number", numbers.clone())?;
        self.one_of("t.kind", kinds.iter().map(Key::as_str).collect())?;
        if !except.is_empty() {
            let kinds: Vec<&str> = except.iter().map(Key::as_str).collect();
            self.push(" and t.kind <> all(").bind(kinds)?.push(")");
        }
        self.one_of("t.status", statuses.iter().copied().map(Status::as_str).collect())?;
        if !statuses.is_empty() && statuses.iter().all(|status| status.is_open()) {
            // Follows from the status, and leads to an index.
            self.push(" and t.open");
        }
        self.one_of("t.state", states.iter().map(Key::as_str).collect())?;
        self.one_of("t.priority", priorities.iter().map(|priority| i16::from(priority.number())).collect())?;
        self.one_of("t.category", categories.iter().map(Key::as_str).collect())?;
        self.one_of("t.team", teams.iter().map(Key::as_str).collect())?;
        self.one_of("t.queue", queues.iter().map(Key::as_str).collect())?;
        match assignee {
            Assignee::Any => {}
            Assignee::Nobody => _ = self.push(" and t.assignee is null"),
            Assignee::Is(people) if people.is_empty() => _ = self.push(" and false"),
            Assignee::Is(people) => self.one_of("t.assignee", people.iter().map(PersonId::as_str).collect())?,
        }
        self.one_of("t.requester", requesters.iter().map(PersonId::as_str).collect())?;
        self.one_of("t.organisation", organisations.iter().map(Key::as_str).collect())?;
        if !watchers.is_empty() {
            self.accessed(watchers.iter().map(|person| format!("watcher/{person}")).collect())?;
        }
        self.one_of("t.channel", channels.iter().copied().map(Channel::as_str).collect())?;
        if !tags.is_empty() {
            let tags: Vec<&str> = tags.iter().map(Key::as_str).collect();
            self.push(" and t.tags @> ").bind(tags)?;
        }
        for (field, cmp) in fields {
            self.field(field, cmp)?;
        }
        self.one_of("t.external", externals.iter().map(String::as_str).collect())?;
        self.period("t.created", *created)?;
        self.period("t.updated", *updated)?;
        self.period("t.resolved", *resolved)?;
        let question = search::question(tenant, filter);
        if !question.is_empty() {
            self.push(" and t.id in (select w.id from @.words w where w.tenant = $1");
            let (single, either): (Vec<_>, Vec<_>) = question.into_iter().partition(|entries| entries.len() == 1);
            if !single.is_empty() {
                self.push(" and w.words @> ").bind(single.concat())?;
            }
            for entries in either {
                self.push(" and w.words && ").bind(entries)?;
            }
            self.push(")");
        }
        if let Some(glances) = &sight.glances {
            self.push(" and (false");
            for glance in glances {
                self.glance(glance)?;
            }
            self.push(")");
        }
        Ok(self)
    }

    /// Lets those tickets through that a glance sees.
    fn glance(&mut self, glance: &Glance) -> Result<()> {
        let Glance { kinds, states, through } = glance;
        self.push(" or (true");
        self.one_of("t.kind", kinds.iter().map(Key::as_str).collect())?;
        self.one_of("t.state", states.iter().map(Key::as_str).collect())?;
        match through {
            Through::Any => {}
            Through::Requester(person) => self.one_of("t.requester", vec![person.as_str()])?,
            Through::Assignee(person) => self.one_of("t.assignee", vec![person.as_str()])?,
            Through::Teams(teams) if teams.is_empty() => _ = self.push(" and false"),
            Through::Teams(teams) => self.one_of("t.team", teams.iter().map(Key::as_str).collect())?,
            Through::Organisation(key) => self.one_of("t.organisation", vec![key.as_str()])?,
            Through::Access(tokens) => self.accessed(tokens.iter().cloned().collect())?,
        }
        self.push(")");
        Ok(())
    }

    /// Asks that one of some tokens be among those of the ticket.
    fn accessed(&mut self, tokens: Vec<String>) -> Result<()> {
        self.push(" and t.access && ").bind(tokens)?;
        Ok(())
    }

    /// Asks that a column have one of some values; nothing if there are none. A single one is compared by `=`, which
    /// keeps the order of an index; more go into one parameter, however many they are.
    fn one_of<T>(&mut self, column: &str, mut values: Vec<T>) -> Result<()>
    where
        T: for<'v> Encode<'v, Postgres> + Type<Postgres> + sqlx::postgres::PgHasArrayType,
    {
        match values.len() {
            0 => {}
            1 => {
                if let Some(value) = values.pop() {
                    self.push(" and ").push(column).push(" = ").bind(value)?;
                }
            }
            _ => {
                self.push(" and ").push(column).push(" = any (").bind(values)?.push(")");
            }
        }
        Ok(())
    }

    fn period(&mut self, column: &str, period: Period) -> Result<()> {
        let Period { from, to } = period;
        for (comparison, bound) in [(" >= ", from), (" < ", to)] {
            if let Some(bound) = bound {
                self.push(" and ").push(column).push(comparison).bind(micros(bound))?;
            }
        }
        Ok(())
    }

    /// Asks that a custom field compare, with values of its own type only. Texts compare by their bytes.
    fn field(&mut self, field: &Key, cmp: &Cmp) -> Result<()> {
        self.parameters.add(field.as_str())?;
        let name = format!("${}::text", self.parameters.len());
        match cmp {
            Cmp::Set => _ = self.push(&format!(" and t.fields -> {name} is not null")),
            Cmp::Eq(value) => self.field_in(&name, std::slice::from_ref(value))?,
            Cmp::In(values) => self.field_in(&name, values)?,
            Cmp::AtLeast(bound) => self.field_bound(&name, ">=", bound)?,
            Cmp::AtMost(bound) => self.field_bound(&name, "<=", bound)?,
        }
        Ok(())
    }

    /// JSON is equal only if its types are.
    fn field_in(&mut self, name: &str, values: &[Value]) -> Result<()> {
        let json = |value: &Value| match value {
            Value::Bool(truth) => truth.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
        };
        self.push(&format!(" and t.fields -> {name} in (select v::jsonb from unnest("));
        self.bind(values.iter().map(json).collect::<Vec<_>>())?.push("::text[]) v)");
        Ok(())
    }

    fn field_bound(&mut self, name: &str, comparison: &str, bound: &Value) -> Result<()> {
        let (kind, value) = match bound {
            Value::Bool(_) => ("boolean", format!("(t.fields ->> {name})::boolean")),
            Value::Int(_) => ("number", format!("(t.fields ->> {name})::bigint")),
            Value::Text(_) => ("string", format!("(t.fields ->> {name}) collate \"C\"")),
        };
        // A `case` is the one form whose parts are not carried out before it is known that they can be.
        self.push(&format!(" and case when jsonb_typeof(t.fields -> {name}) = '{kind}' then {value} {comparison} "));
        match bound {
            Value::Bool(truth) => self.bind(*truth)?,
            Value::Int(number) => self.bind(*number)?,
            Value::Text(text) => self.bind(text.as_str())?,
        };
        self.push(" else false end");
        Ok(())
    }
}
