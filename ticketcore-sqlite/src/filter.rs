//! A filter as SQL: text from a finite set of fragments, every value a parameter.
//!
//! A condition may come to null where a column is: that is as good as false where conditions are joined by `and` and `or`,
//! and where one is denied, it is denied by `is not true`.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use ticketcore::cond::Cmp;
use ticketcore::id::{Key, PersonId};
use ticketcore::query::{self, Assignee, Bounds, Counter, Filter, Glance, Part, Period, Through};
use ticketcore::ticket::{Channel, Status, Waiting};
use ticketcore::time::micros;
use ticketcore::value::Value;

use crate::sql::{Sql, Terms};
use crate::way::Way;
use crate::{phrase, rows, search};

/// Who asks.
#[derive(Clone, Copy, Debug)]
struct Asker {
    tenant: i64,
    /// Whether they find public words only.
    public: bool,
}

impl Sql {
    /// Appends where the tickets (`t`) of a filter come from, by a way that leads to them all.
    pub(crate) fn tickets(&mut self, tenant: i64, filter: &Filter, way: Way) -> &mut Self {
        let sight = &filter.sight;
        self.from(way, tenant, filter).push(" and ");
        // The way has asked for the words.
        let by_words = way == Way::Words;
        self.meant(Asker { tenant, public: sight.public }, filter, by_words);
        if let Some(glances) = &sight.glances {
            self.push(" and ");
            let mut seen = Terms::default();
            glances.iter().for_each(|glance| seen.next(self).glance(tenant, glance));
            self.join(seen, " or ", "false");
        }
        self
    }

    /// Lets those tickets through that a filter means, whatever its sight; by words, if they come from its own words.
    fn meant(&mut self, asker: Asker, filter: &Filter, by_words: bool) {
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
            waiting,
            has,
            flags,
            counts,
            promises,
            linked,
            past,
            created,
            updated,
            responded,
            resolved,
            first_resolved,
            closed,
            due,
            // Taken together, as terms.
            words: _,
            phrases: _,
            prefixes: _,
            all,
            any,
            none,
            sight: _,
        } = filter;
        let tenant = asker.tenant;
        let mut terms = Terms::default();
        if !ids.is_empty() {
            let ids = ids.iter().map(|id| Json::from(id.0.simple().to_string())).collect();
            terms
                .next(self)
                .push("t.id in (select unhex(value) from json_each(")
                .bind(Json::Array(ids).to_string())
                .push("))");
        }
        // An impossible number asks for row 0, which no tenant has.
        let rows = numbers.iter().map(|number| rows::at(tenant, *number).unwrap_or(0));
        self.asked(&mut terms, "t.row", rows);
        self.asked(&mut terms, "t.kind", kinds.iter().map(Key::as_str));
        if !except.is_empty() {
            let kinds = Json::from_iter(except.iter().map(Key::as_str)).to_string();
            terms.next(self).push("t.kind not in (select value from json_each(").bind(kinds).push("))");
        }
        self.asked(&mut terms, "t.status", statuses.iter().copied().map(Status::as_str));
        self.asked(&mut terms, "t.state", states.iter().map(Key::as_str));
        self.asked(&mut terms, "t.priority", priorities.iter().map(|priority| priority.number()));
        self.asked(&mut terms, "t.category", categories.iter().map(Key::as_str));
        self.asked(&mut terms, "t.team", teams.iter().map(Key::as_str));
        self.asked(&mut terms, "t.queue", queues.iter().map(Key::as_str));
        match assignee {
            Assignee::Any => {}
            Assignee::Nobody => _ = terms.next(self).push("t.assignee is null"),
            Assignee::Is(people) if people.is_empty() => _ = terms.next(self).push("false"),
            Assignee::Is(people) => self.asked(&mut terms, "t.assignee", people.iter().map(PersonId::as_str)),
        }
        self.asked(&mut terms, "t.requester", requesters.iter().map(PersonId::as_str));
        self.asked(&mut terms, "t.organisation", organisations.iter().map(Key::as_str));
        if !watchers.is_empty() {
            terms.next(self).accessed(tenant, watchers.iter().map(|person| format!("watcher/{person}")));
        }
        self.asked(&mut terms, "t.channel", channels.iter().copied().map(Channel::as_str));
        if !tags.is_empty() {
            let asked: BTreeSet<&str> = tags.iter().map(Key::as_str).collect();
            terms.next(self).push("(select count(*) from json_each(t.tags) w where ");
            self.one_of("w.value", asked.iter().copied());
            self.push(") = ").bind(rows::limit(asked.len()));
        }
        for (field, cmp) in fields {
            terms.next(self).field(field, cmp);
        }
        self.asked(&mut terms, "t.external", externals.iter().map(String::as_str));
        self.asked(&mut terms, WAITING, waiting.iter().copied().map(Waiting::as_str));
        has.iter().for_each(|part| _ = terms.next(self).push(there(*part)));
        if !flags.is_empty() {
            terms.next(self).flags(flags);
        }
        for (counter, bounds) in counts {
            self.bounds(&mut terms, counted(*counter), *bounds);
        }
        promises.iter().for_each(|promise| terms.next(self).promise(promise));
        linked.iter().for_each(|linked| terms.next(self).linked(tenant, *linked));
        past.iter().for_each(|past| terms.next(self).past(past));
        for (column, period) in [
            ("t.created", created),
            ("t.updated", updated),
            ("t.responded", responded),
            ("t.resolved", resolved),
            ("t.first_resolved", first_resolved),
            ("t.closed", closed),
            ("t.due", due),
        ] {
            self.period(&mut terms, column, *period);
        }
        let texts = query::Terms::of(filter);
        if let Some(question) = search::question(&texts, asker.public).filter(|_| !by_words) {
            let [first, last] = rows::of(tenant);
            terms
                .next(self)
                .push("t.row in (select rowid from ticketcore_words where ticketcore_words match ")
                .bind(question)
                .push(" and rowid between ")
                .bind(first)
                .push(" and ")
                .bind(last)
                .push(")");
        }
        // The index knows which words a ticket has, not where; last, as each asks for the ticket's texts.
        texts.phrases().for_each(|phrase| terms.next(self).said(asker, phrase));
        all.iter().for_each(|other| terms.next(self).meant(asker, other, false));
        if !any.is_empty() {
            // The plus keeps SQLite from looking for an index of each: the way is chosen.
            terms.next(self).push("+(");
            self.one_meant(asker, any);
            self.push(")");
        }
        if !none.is_empty() {
            terms.next(self).push("(");
            self.one_meant(asker, none);
            self.push(") is not true");
        }
        self.join(terms, " and ", "true");
    }

    /// Lets those tickets through that one of some filters means.
    fn one_meant(&mut self, asker: Asker, filters: &[Filter]) {
        let mut meant = Terms::default();
        filters.iter().for_each(|filter| meant.next(self).meant(asker, filter, false));
        self.join(meant, " or ", "false");
    }

    /// Asks that a phrase stand in one of the ticket's texts.
    fn said(&mut self, asker: Asker, phrase: &[String]) {
        let (called, public) = (phrase::CALLED, asker.public);
        self.push("exists (select 1 from ticketcore_event e where e.ticket = t.row and ").push(called);
        self.push("(e.form, e.event, e.text, ").bind(phrase.join(" ")).push(", ").bind(public).push("))");
    }

    /// Lets those tickets through that a glance sees.
    fn glance(&mut self, tenant: i64, glance: &Glance) {
        let Glance { kinds, states, through } = glance;
        let mut terms = Terms::default();
        self.asked(&mut terms, "t.kind", kinds.iter().map(Key::as_str));
        self.asked(&mut terms, "t.state", states.iter().map(Key::as_str));
        match through {
            Through::Any => {}
            Through::Requester(person) => self.asked(&mut terms, "t.requester", [person.as_str()]),
            Through::Assignee(person) => self.asked(&mut terms, "t.assignee", [person.as_str()]),
            Through::Teams(teams) if teams.is_empty() => _ = terms.next(self).push("false"),
            Through::Teams(teams) => self.asked(&mut terms, "t.team", teams.iter().map(Key::as_str)),
            Through::Organisation(key) => self.asked(&mut terms, "t.organisation", [key.as_str()]),
            Through::Access(tokens) if tokens.is_empty() => _ = terms.next(self).push("false"),
            Through::Access(tokens) => terms.next(self).accessed(tenant, tokens.iter().cloned()),
        }
        self.join(terms, " and ", "true");
    }

    /// Asks that one of some tokens be among those of the ticket.
    fn accessed(&mut self, tenant: i64, tokens: impl IntoIterator<Item = String>) {
        self.push("t.row in (select ticket from ticketcore_access where tenant = ").bind(tenant).push(" and ");
        self.one_of("token", tokens);
        self.push(")");
    }

    /// Asks that a column have one of some values; nothing if there are none.
    pub(crate) fn asked<T: Into<Json>>(
        &mut self,
        terms: &mut Terms,
        column: &str,
        values: impl IntoIterator<Item = T>,
    ) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_some() {
            terms.next(self).one_of(column, values);
        }
    }

    /// Asks that a column have one of some values. A single text is compared by `=`, which keeps the order of an index;
    /// more go into one parameter, however many they are.
    pub(crate) fn one_of<T: Into<Json>>(&mut self, column: &str, values: impl IntoIterator<Item = T>) {
        let mut values: Vec<Json> = values.into_iter().map(Into::into).collect();
        if let [Json::String(_)] = values.as_slice()
            && let Some(Json::String(text)) = values.pop()
        {
            self.push(column).push(" = ").bind(text);
        } else {
            let list = Json::Array(values).to_string();
            self.push(column).push(" in (select value from json_each(").bind(list).push("))");
        }
    }

    pub(crate) fn period(&mut self, terms: &mut Terms, column: &str, period: Period) {
        let Period { from, to } = period;
        for (comparison, bound) in [(" >= ", from), (" < ", to)] {
            if let Some(bound) = bound {
                terms.next(self).push(column).push(comparison).bind(micros(bound));
            }
        }
    }

    /// Asks that a number lie within its bounds, and so that there is one.
    fn bounds(&mut self, terms: &mut Terms, number: &str, bounds: Bounds) {
        let Bounds { least, most } = bounds;
        terms.next(self).push(number).push(" is not null");
        for (comparison, bound) in [(" >= ", least), (" <= ", most)] {
            if let Some(bound) = bound {
                terms.next(self).push(number).push(comparison).bind(bound);
            }
        }
    }

    /// Asks that a custom field compare, with values of its own type only. Texts compare by their bytes.
    fn field(&mut self, field: &Key, cmp: &Cmp) {
        self.push("exists (select 1 from ticketcore_snapshot s, json_each(s.body, '$.fields') f ");
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
                self.push(" or ").push(of_type).push(" and ");
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

/// Who is awaited.
const WAITING: &str = "(select json_extract(s.body, '$.waiting') from ticketcore_snapshot s where s.row = t.row)";

/// Asks that something is there.
const fn there(part: Part) -> &'static str {
    match part {
        Part::Category => "t.category is not null",
        Part::Team => "t.team is not null",
        Part::Queue => "t.queue is not null",
        Part::Assignee => "t.assignee is not null",
        Part::Requester => "t.requester is not null",
        Part::Organisation => "t.organisation is not null",
        Part::External => "t.external is not null",
        Part::Tag => "t.tags is not null",
        Part::Watcher => "exists (select 1 from json_each(t.access) a where substr(a.value, 1, 8) = 'watcher/')",
        Part::Waiting => {
            "(select json_extract(s.body, '$.waiting') is not null from ticketcore_snapshot s where s.row = t.row)"
        }
        Part::Responded => "t.responded is not null",
        Part::Resolved => "t.resolved is not null",
        Part::FirstResolved => "t.first_resolved is not null",
        Part::Closed => "t.closed is not null",
        Part::Due => "t.due is not null",
        Part::Score => "t.score > 0",
        Part::Survivor => {
            "(select json_extract(s.body, '$.merged') is not null from ticketcore_snapshot s where s.row = t.row)"
        }
    }
}

/// What a counter is at.
const fn counted(counter: Counter) -> &'static str {
    match counter {
        Counter::Number => "t.number",
        Counter::Level => {
            "(select coalesce(json_extract(s.body, '$.level'), 0) from ticketcore_snapshot s where s.row = t.row)"
        }
        Counter::Reopens => "t.reopens",
        Counter::Reassigns => "t.reassigns",
        Counter::Messages => "t.messages",
        Counter::Score => "nullif(t.score, 0)",
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
