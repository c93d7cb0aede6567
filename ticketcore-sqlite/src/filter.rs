//! A filter as SQL: text from a finite set of fragments, every value a parameter.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use ticketcore::cond::Cmp;
use ticketcore::id::{Key, PersonId};
use ticketcore::query::{Assignee, Filter, Glance, Period, Through};
use ticketcore::ticket::{Channel, Status};
use ticketcore::time::micros;
use ticketcore::value::Value;

use crate::sql::Sql;
use crate::way::Way;
use crate::{rows, search};

impl Sql {
    /// Appends where the tickets (`t`) of a filter come from, by a way that leads to them all.
    pub(crate) fn tickets(&mut self, tenant: i64, filter: &Filter, way: Way) -> &mut Self {
        self.from(way, tenant, filter);
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
        if !ids.is_empty() {
            let ids = ids.iter().map(|id| Json::from(id.0.simple().to_string())).collect();
            self.push(" and t.id in (select unhex(value) from json_each(")
                .bind(Json::Array(ids).to_string())
                .push("))");
        }
        if !numbers.is_empty() {
            // An impossible number asks for row 0, which no tenant has.
            self.one_of("t.row", numbers.iter().map(|number| rows::at(tenant, *number).unwrap_or(0)));
        }
        self.one_of("t.kind", kinds.iter().map(Key::as_str));
        if !except.is_empty() {
            let kinds = Json::from_iter(except.iter().map(Key::as_str)).to_string();
            self.push(" and t.kind not in (select value from json_each(").bind(kinds).push("))");
        }
        self.one_of("t.status", statuses.iter().copied().map(Status::as_str));
        self.one_of("t.state", states.iter().map(Key::as_str));
        self.one_of("t.priority", priorities.iter().map(|priority| priority.number()));
        self.one_of("t.category", categories.iter().map(Key::as_str));
        self.one_of("t.team", teams.iter().map(Key::as_str));
        self.one_of("t.queue", queues.iter().map(Key::as_str));
        match assignee {
            Assignee::Any => {}
            Assignee::Nobody => {
                self.push(" and t.assignee is null");
            }
            Assignee::Is(people) if people.is_empty() => {
                self.push(" and false");
            }
            Assignee::Is(people) => self.one_of("t.assignee", people.iter().map(PersonId::as_str)),
        }
        self.one_of("t.requester", requesters.iter().map(PersonId::as_str));
        self.one_of("t.organisation", organisations.iter().map(Key::as_str));
        if !watchers.is_empty() {
            self.accessed(tenant, watchers.iter().map(|person| format!("watcher/{person}")));
        }
        self.one_of("t.channel", channels.iter().copied().map(Channel::as_str));
        if !tags.is_empty() {
            let asked: BTreeSet<&str> = tags.iter().map(Key::as_str).collect();
            self.push(" and (select count(*) from json_each(t.tags) w where true");
            self.one_of("w.value", asked.iter().copied());
            self.push(") = ").bind(rows::limit(asked.len()));
        }
        for (field, cmp) in fields {
            self.field(field, cmp);
        }
        self.one_of("t.external", externals.iter().map(String::as_str));
        self.period("t.created", *created);
        self.period("t.updated", *updated);
        self.period("t.resolved", *resolved);
        if let Some(question) = search::question(filter).filter(|_| way != Way::Words) {
            let [first, last] = rows::of(tenant);
            self.push(" and t.row in (select rowid from ticketcore_words where ticketcore_words match ").bind(question);
            self.push(" and rowid between ").bind(first).push(" and ").bind(last).push(")");
        }
        if let Some(glances) = &sight.glances {
            self.push(" and (false");
            glances.iter().for_each(|glance| self.glance(tenant, glance));
            self.push(")");
        }
        self
    }

    /// Lets those tickets through that a glance sees.
    fn glance(&mut self, tenant: i64, glance: &Glance) {
        let Glance { kinds, states, through } = glance;
        self.push(" or (true");
        self.one_of("t.kind", kinds.iter().map(Key::as_str));
        self.one_of("t.state", states.iter().map(Key::as_str));
        match through {
            Through::Any => {}
            Through::Requester(person) => self.one_of("t.requester", [person.as_str()]),
            Through::Assignee(person) => self.one_of("t.assignee", [person.as_str()]),
            Through::Teams(teams) if teams.is_empty() => _ = self.push(" and false"),
            Through::Teams(teams) => self.one_of("t.team", teams.iter().map(Key::as_str)),
            Through::Organisation(key) => self.one_of("t.organisation", [key.as_str()]),
            Through::Access(tokens) if tokens.is_empty() => _ = self.push(" and false"),
            Through::Access(tokens) => self.accessed(tenant, tokens.iter().cloned()),
        }
        self.push(")");
    }

    /// Asks that one of some tokens be among those of the ticket.
    fn accessed(&mut self, tenant: i64, tokens: impl IntoIterator<Item = String>) {
        self.push(" and t.row in (select ticket from ticketcore_access where tenant = ").bind(tenant);
        self.one_of("token", tokens);
        self.push(")");
    }

    /// Asks that a column have one of some values; nothing if there are none. A single one is compared by `=`, which
    /// keeps the order of an index; more go into one parameter, however many they are.
    pub(crate) fn one_of<T: Into<Json>>(&mut self, column: &str, values: impl IntoIterator<Item = T>) {
        let mut values: Vec<Json> = values.into_iter().map(Into::into).collect();
        if let [Json::String(_)] = values.as_slice()
            && let Some(Json::String(text)) = values.pop()
        {
            self.push(" and ").push(column).push(" = ").bind(text);
        } else if !values.is_empty() {
            let list = Json::Array(values).to_string();
            self.push(" and ").push(column).push(" in (select value from json_each(").bind(list).push("))");
        }
    }

    fn period(&mut self, column: &str, period: Period) {
        let Period { from, to } = period;
        for (comparison, bound) in [(" >= ", from), (" < ", to)] {
            if let Some(bound) = bound {
                self.push(" and ").push(column).push(comparison).bind(micros(bound));
            }
        }
    }

    /// Asks that a custom field compare, with values of its own type only. Texts compare by their bytes.
    fn field(&mut self, field: &Key, cmp: &Cmp) {
        self.push(" and exists (select 1 from ticketcore_snapshot s, json_each(s.body, '$.fields') f ");
        self.push("where s.row = t.row and f.key = ").bind(field.to_string());
        match cmp {
            Cmp::Set => {}
            Cmp::Eq(value) => self.field_in(std::slice::from_ref(value)),
            Cmp::In(values) => self.field_in(values),
            Cmp::AtLeast(bound) => self.field_bound(">=", bound),
            Cmp::AtMost(bound) => self.field_bound("<=", bound),
        }
        self.push(")");
    }

    fn field_in(&mut self, values: &[Value]) {
        self.push(" and (false");
        for of_type in [BOOL, INT, TEXT] {
            let same: Vec<Json> = values.iter().filter(|value| type_of(value) == of_type).map(json).collect();
            if !same.is_empty() {
                self.push(" or ").push(of_type);
                self.one_of("f.atom", same);
            }
        }
        self.push(")");
    }

    fn field_bound(&mut self, comparison: &str, bound: &Value) {
        self.push(" and ").push(type_of(bound)).push(" and f.atom ").push(comparison).push(" ");
        match bound {
            Value::Bool(truth) => self.bind(*truth),
            Value::Int(number) => self.bind(*number),
            Value::Text(text) => self.bind(text.clone()),
        };
    }
}

/// The types of fields, as SQLite names those of JSON; truth values compare as 0 and 1.
const BOOL: &str = "f.type in ('true', 'false')";
const INT: &str = "f.type = 'integer'";
const TEXT: &str = "f.type = 'text'";

const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => BOOL,
        Value::Int(_) => INT,
        Value::Text(_) => TEXT,
    }
}

fn json(value: &Value) -> Json {
    match value {
        Value::Bool(truth) => Json::from(*truth),
        Value::Int(number) => Json::from(*number),
        Value::Text(text) => Json::from(text.as_str()),
    }
}
