//! A filter as SQL: text from a finite set of fragments, every value a parameter.
//!
//! A condition may come to null where a column is: that is as good as false where conditions are joined by `and` and `or`,
//! and where one is denied, it is denied by `is not true`.

use sqlx::postgres::PgHasArrayType;
use sqlx::{Encode, Postgres, Type};
use ticketcore::cond::Cmp;
use ticketcore::id::{Key, PersonId, TenantId};
use ticketcore::query::{self, Assignee, Bounds, Counter, Filter, Glance, Part, Period, Through};
use ticketcore::ticket::{Channel, Status, Waiting};
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

/// Where terms begin in the text of a statement. Nothing else may be appended until they are joined.
#[derive(Debug, Default)]
pub(crate) struct Terms(Vec<usize>);

impl Terms {
    /// Begins the next term.
    pub(crate) fn next<'s>(&mut self, sql: &'s mut Sql) -> &'s mut Sql {
        self.0.push(sql.text.len());
        sql
    }
}

fn balanced(text: &mut String, terms: &[&str], with: &str) {
    match terms {
        [] => {}
        [term] => text.push_str(term),
        terms => {
            let (left, right) = terms.split_at(terms.len() / 2);
            text.push('(');
            balanced(text, left, with);
            text.push_str(with);
            balanced(text, right, with);
            text.push(')');
        }
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
struct Asker<'a> {
    tenant: &'a TenantId,
    /// Whether they find public words only.
    public: bool,
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

    /// Joins terms, the last things that were appended, into one; without any it is `nothing`. They become a balanced
    /// tree, as the server's stack has its limit.
    pub(crate) fn join(&mut self, Terms(starts): Terms, with: &str, nothing: &str) -> &mut Self {
        let Some(first) = starts.first() else { return self.push(nothing) };
        let terms = self.text.split_off(*first);
        let ends = starts.iter().skip(1).copied().chain([first + terms.len()]);
        let terms: Vec<&str> = starts.iter().zip(ends).map(|(start, end)| &terms[start - first..end - first]).collect();
        balanced(&mut self.text, &terms, with);
        self
    }

    /// Appends where the tickets (`t`) of a filter come from. The tenant becomes the first parameter.
    pub(crate) fn tickets(&mut self, tenant: &TenantId, filter: &Filter) -> Result<&mut Self> {
        let sight = &filter.sight;
        self.push(" from @.ticket t where t.tenant = ").bind(tenant.as_str())?.push(" and ");
        self.meant(Asker { tenant, public: sight.public }, filter)?;
        if let Some(glances) = &sight.glances {
            self.push(" and ");
            let mut seen = Terms::default();
            for glance in glances {
                seen.next(self).glance(glance)?;
            }
            self.join(seen, " or ", "false");
        }
        Ok(self)
    }

    /// Lets those tickets through that a filter means, whatever its sight.
    fn meant(&mut self, asker: Asker<'_>, filter: &Filter) -> Result<()> {
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
        let keys = |keys: &[Key]| -> Vec<String> { keys.iter().map(Key::to_string).collect() };
        let people = |people: &[PersonId]| -> Vec<String> { people.iter().map(PersonId::to_string).collect() };
        let mut terms = Terms::default();
        self.asked(&mut terms, "t.id", ids.iter().map(|id| id.0).collect::<Vec<Uuid>>())?;
        self.asked(&mut terms, "t.number", numbers.clone())?;
        self.asked(&mut terms, "t.kind", keys(kinds))?;
        if !except.is_empty() {
            terms.next(self).push("t.kind <> all(").bind(keys(except))?.push(")");
        }
        self.asked(&mut terms, "t.status", statuses.iter().copied().map(Status::as_str).collect())?;
        if !statuses.is_empty() && statuses.iter().all(|status| status.is_open()) {
            // Follows from the status, and leads to an index.
            terms.next(self).push("t.open");
        }
        self.asked(&mut terms, "t.state", keys(states))?;
        let priorities = priorities.iter().map(|priority| i16::from(priority.number())).collect();
        self.asked(&mut terms, "t.priority", priorities)?;
        self.asked(&mut terms, "t.category", keys(categories))?;
        self.asked(&mut terms, "t.team", keys(teams))?;
        self.asked(&mut terms, "t.queue", keys(queues))?;
        match assignee {
            Assignee::Any => {}
            Assignee::Nobody => _ = terms.next(self).push("t.assignee is null"),
            Assignee::Is(people) if people.is_empty() => _ = terms.next(self).push("false"),
            Assignee::Is(agents) => self.asked(&mut terms, "t.assignee", people(agents))?,
        }
        self.asked(&mut terms, "t.requester", people(requesters))?;
        self.asked(&mut terms, "t.organisation", keys(organisations))?;
        if !watchers.is_empty() {
            terms.next(self).accessed(watchers.iter().map(|person| format!("watcher/{person}")).collect())?;
        }
        self.asked(&mut terms, "t.channel", channels.iter().copied().map(Channel::as_str).collect())?;
        if !tags.is_empty() {
            terms.next(self).push("t.tags @> ").bind(keys(tags))?;
        }
        for (field, cmp) in fields {
            terms.next(self).field(field, cmp)?;
        }
        self.asked(&mut terms, "t.external", externals.clone())?;
        let waiting = waiting.iter().copied().map(Waiting::as_str).collect();
        self.asked(&mut terms, &of_snapshot("s.body::jsonb ->> 'waiting'"), waiting)?;
        for part in has {
            terms.next(self).push(&there(*part));
        }
        if !flags.is_empty() {
            terms.next(self).flags(flags)?;
        }
        for (counter, bounds) in counts {
            self.bounds(&mut terms, &counted(*counter), *bounds)?;
        }
        for promise in promises {
            terms.next(self).promise(promise)?;
        }
        for linked in linked {
            terms.next(self).linked(*linked)?;
        }
        for past in past {
            terms.next(self).past(past)?;
        }
        for (column, period) in [
            ("t.created", created),
            ("t.updated", updated),
            ("t.responded", responded),
            ("t.resolved", resolved),
            ("t.first_resolved", first_resolved),
            ("t.closed", closed),
            ("t.due", due),
        ] {
            self.period(&mut terms, column, *period)?;
        }
        let texts = query::Terms::of(filter);
        if !texts.is_empty() {
            self.texts(&mut terms, asker, &texts)?;
        }
        for other in all {
            terms.next(self).meant(asker, other)?;
        }
        if !any.is_empty() {
            terms.next(self).one_meant(asker, any)?;
        }
        if !none.is_empty() {
            terms.next(self).push("(").one_meant(asker, none)?;
            self.push(") is not true");
        }
        self.join(terms, " and ", "true");
        Ok(())
    }

    /// Asks for words, for beginnings of words, and for phrases, the last as they are looked for in the log.
    fn texts(&mut self, terms: &mut Terms, asker: Asker<'_>, texts: &query::Terms) -> Result<()> {
        let Asker { tenant, public } = asker;
        terms.next(self).push("t.id in (select w.id from @.words w where w.tenant = $1");
        let question = search::question(tenant, texts, public);
        let (single, either): (Vec<_>, Vec<_>) = question.into_iter().partition(|entries| entries.len() == 1);
        if !single.is_empty() {
            self.push(" and w.words @> ").bind(single.concat())?;
        }
        for entries in either {
            self.push(" and w.words && ").bind(entries)?;
        }
        for starts in search::openings(tenant, texts, public) {
            self.push(" and exists (select from unnest(w.words) u where u ^@ any (").bind(starts)?.push("))");
        }
        self.push(")");
        for saying in search::sayings(tenant, texts) {
            terms.next(self).push("exists (select from @.event e where e.tenant = $1 and e.ticket = t.id");
            self.push(" and strpos(e.said, ").bind(saying)?.push(") > 0");
            if public {
                self.push(" and not e.said ^@ ").bind(search::INTERNAL.to_string())?;
            }
            self.push(")");
        }
        Ok(())
    }

    /// Lets those tickets through that one of some filters means.
    fn one_meant(&mut self, asker: Asker<'_>, filters: &[Filter]) -> Result<()> {
        let mut meant = Terms::default();
        for filter in filters {
            meant.next(self).meant(asker, filter)?;
        }
        self.join(meant, " or ", "false");
        Ok(())
    }

    /// Lets those tickets through that a glance sees.
    fn glance(&mut self, glance: &Glance) -> Result<()> {
        let Glance { kinds, states, through } = glance;
        let keys = |keys: &[Key]| -> Vec<String> { keys.iter().map(Key::to_string).collect() };
        let mut terms = Terms::default();
        self.asked(&mut terms, "t.kind", keys(kinds))?;
        self.asked(&mut terms, "t.state", keys(states))?;
        match through {
            Through::Any => {}
            Through::Requester(person) => self.asked(&mut terms, "t.requester", vec![person.to_string()])?,
            Through::Assignee(person) => self.asked(&mut terms, "t.assignee", vec![person.to_string()])?,
            Through::Teams(teams) if teams.is_empty() => _ = terms.next(self).push("false"),
            Through::Teams(teams) => self.asked(&mut terms, "t.team", teams.iter().map(Key::to_string).collect())?,
            Through::Organisation(key) => self.asked(&mut terms, "t.organisation", vec![key.to_string()])?,
            Through::Access(tokens) => terms.next(self).accessed(tokens.iter().cloned().collect())?,
        }
        self.join(terms, " and ", "true");
        Ok(())
    }

    /// Asks that one of some tokens be among those of the ticket.
    fn accessed(&mut self, tokens: Vec<String>) -> Result<()> {
        self.push("t.access && ").bind(tokens)?;
        Ok(())
    }

    /// Asks that a column have one of some values; nothing if there are none. A single one is compared by `=`, which
    /// keeps the order of an index; more go into one parameter, however many they are.
    pub(crate) fn asked<T>(&mut self, terms: &mut Terms, column: &str, mut values: Vec<T>) -> Result<()>
    where
        T: for<'v> Encode<'v, Postgres> + Type<Postgres> + PgHasArrayType,
    {
        match values.len() {
            0 => {}
            1 => {
                if let Some(value) = values.pop() {
                    terms.next(self).push(column).push(" = ").bind(value)?;
                }
            }
            _ => {
                terms.next(self).push(column).push(" = any (").bind(values)?.push(")");
            }
        }
        Ok(())
    }

    pub(crate) fn period(&mut self, terms: &mut Terms, column: &str, period: Period) -> Result<()> {
        let Period { from, to } = period;
        for (comparison, bound) in [(" >= ", from), (" < ", to)] {
            if let Some(bound) = bound {
                terms.next(self).push(column).push(comparison).bind(micros(bound))?;
            }
        }
        Ok(())
    }

    /// Asks that a number lie within its bounds, and so that there is one.
    fn bounds(&mut self, terms: &mut Terms, number: &str, bounds: Bounds) -> Result<()> {
        let Bounds { least, most } = bounds;
        terms.next(self).push(number).push(" is not null");
        for (comparison, bound) in [(" >= ", least), (" <= ", most)] {
            if let Some(bound) = bound {
                terms.next(self).push(number).push(comparison).bind(bound)?;
            }
        }
        Ok(())
    }

    /// Asks that a custom field compare, with values of its own type only. Texts compare by their bytes.
    fn field(&mut self, field: &Key, cmp: &Cmp) -> Result<()> {
        self.parameters.add(field.as_str())?;
        let name = format!("${}::text", self.parameters.len());
        match cmp {
            Cmp::Set => _ = self.push(&format!("t.fields -> {name} is not null")),
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
        self.push(&format!("t.fields -> {name} in (select v::jsonb from unnest("));
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
        self.push(&format!("case when jsonb_typeof(t.fields -> {name}) = '{kind}' then {value} {comparison} "));
        match bound {
            Value::Bool(truth) => self.bind(*truth)?,
            Value::Int(number) => self.bind(*number)?,
            Value::Text(text) => self.bind(text.as_str())?,
        };
        self.push(" else false end");
        Ok(())
    }
}

/// Something of the whole ticket.
pub(crate) fn of_snapshot(what: &str) -> String {
    format!("(select {what} from @.snapshot s where s.tenant = t.tenant and s.id = t.id)")
}

/// Asks that something is there.
fn there(part: Part) -> String {
    let column = match part {
        Part::Category => "category",
        Part::Team => "team",
        Part::Queue => "queue",
        Part::Assignee => "assignee",
        Part::Requester => "requester",
        Part::Organisation => "organisation",
        Part::External => "external",
        Part::Tag => "tags",
        Part::Responded => "responded",
        Part::Resolved => "resolved",
        Part::FirstResolved => "first_resolved",
        Part::Closed => "closed",
        Part::Due => "due",
        Part::Score => return "t.score > 0".to_owned(),
        Part::Watcher => {
            return "exists (select 1 from unnest(t.access) a where starts_with(a, 'watcher/'))".to_owned();
        }
        Part::Waiting => return of_snapshot("s.body::jsonb ->> 'waiting' is not null"),
        Part::Survivor => return of_snapshot("s.body::jsonb ->> 'merged' is not null"),
    };
    format!("t.{column} is not null")
}

/// What a counter is at.
fn counted(counter: Counter) -> String {
    match counter {
        Counter::Level => of_snapshot("coalesce((s.body::jsonb ->> 'level')::bigint, 0)"),
        Counter::Number => "t.number".to_owned(),
        Counter::Reopens => "t.reopens".to_owned(),
        Counter::Reassigns => "t.reassigns".to_owned(),
        Counter::Messages => "t.messages".to_owned(),
        Counter::Score => "nullif(t.score, 0)".to_owned(),
    }
}
