//! From what was asked to what is meant: absolute times, the one who asks, names that the configuration knows.

use std::ops::Range;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, Utc};

use super::fold;
use super::parse::FAULTS;
use super::scan::wrong;
use super::tree::{Asked, Change, Exactness, Expr, Field, Link, Moment, Name, Place, Question, Sla, Term, Time, When};
use super::values;
use super::wrong::{Misread, Wrong, choices};
use crate::cond::Cmp;
use crate::config::Config;
use crate::id::{Key, PersonId};
use crate::priority::Priority;
use crate::query::{Assignee, Bounds, Counter, End, Filter, Linked, Order, Part, Past, Period, Promise, Query, Stands};
use crate::time::{Zone, trunc};
use crate::value::{FieldType, Value};

/// What a question is asked in: when, where, by whom, of what desk.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// The present instant.
    pub now: DateTime<Utc>,
    /// Where civil times are.
    pub zone: Zone,
    /// Who `me` is.
    pub me: Option<PersonId>,
    /// What there is: kinds, states, policies, custom fields.
    pub config: &'a Config,
}

impl<'a> Scope<'a> {
    /// A scope in which nobody asks. Civil times are in the zone of the calendar in which the desk counts its business
    /// time, else in UTC.
    pub fn new(config: &'a Config, now: DateTime<Utc>) -> Self {
        let hours = config.business.as_ref().and_then(|key| config.calendars.get(key));
        let zone = hours.map_or_else(Zone::utc, |hours| hours.zone.clone());
        Self { now: trunc(now), zone, me: None, config }
    }

    /// Says who asks.
    #[must_use]
    pub fn by(self, me: impl Into<PersonId>) -> Self {
        Self { me: Some(me.into()), ..self }
    }

    /// Says where civil times are.
    #[must_use]
    pub fn zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }
}

pub(super) fn resolve(question: &Question, scope: &Scope<'_>) -> Result<Query, Misread> {
    let Question { expr, sort } = question;
    let mut resolver = Resolver { scope, wrongs: Vec::new() };
    let filter = expr.as_ref().map(|expr| resolver.expr(expr)).unwrap_or_default();
    let wrongs = resolver.wrongs;
    if wrongs.is_empty() {
        return Ok(Query::new(filter).order(sort.unwrap_or(Order::newest())));
    }
    // The places are those of the text that was read; whoever has it puts it in.
    Err(Misread { text: String::new(), wrongs })
}

struct Resolver<'a> {
    scope: &'a Scope<'a>,
    wrongs: Vec<Wrong>,
}

/// From inclusive, to exclusive.
type Stretch = Range<DateTime<Utc>>;

impl Resolver<'_> {
    fn expr(&mut self, expr: &Expr) -> Filter {
        match expr {
            Expr::All(all) => fold::all(all.iter().map(|one| self.expr(one)).collect()),
            Expr::Any(any) => fold::any(any.iter().map(|one| self.expr(one)).collect()),
            Expr::Not(one) => Filter::without([self.expr(one)]),
            Expr::Is(_) if self.wrongs.len() >= FAULTS => Filter::default(),
            Expr::Is(term) => self.term(term).unwrap_or_else(|wrong| {
                self.wrongs.push(wrong);
                Filter::default()
            }),
        }
    }

    fn term(&self, term: &Term) -> Result<Filter, Wrong> {
        let filter = Filter::default();
        Ok(match term {
            Term::Word(text) => Filter { words: vec![text.clone()], ..filter },
            Term::Phrase(text) => Filter { phrases: vec![text.clone()], ..filter },
            Term::Prefix(text) => Filter { prefixes: vec![text.clone()], ..filter },
            Term::Id(ids) => Filter { ids: ids.clone(), ..filter },
            Term::Status(statuses) => Filter { statuses: statuses.clone(), ..filter },
            Term::Channel(channels) => Filter { channels: channels.clone(), ..filter },
            Term::Waiting(all) => {
                let waiting = Filter { waiting: all.iter().flatten().copied().collect(), ..filter };
                with_none(waiting, all.contains(&None), all.iter().any(Option::is_some), Part::Waiting)
            }
            Term::Priority(asked) => pressing(asked),
            Term::Name(field, names) => self.named(*field, names)?,
            Term::Time(time, asked) => self.timed(*time, asked)?,
            Term::Count(Counter::Number, Asked::OneOf(numbers)) => Filter { numbers: numbers.clone(), ..filter },
            Term::Count(counter, asked) => counted(*counter, asked),
            Term::Custom(field, asked) => self.custom(field, asked)?,
            Term::HasCustom(field) => Filter { fields: vec![(self.field(field)?.0, Cmp::Set)], ..filter },
            Term::Flag(flag) => Filter { flags: vec![*flag], ..filter },
            Term::Has(part) => has(*part),
            Term::Sla(policy, stands) => {
                let policy = policy.as_ref().map(|policy| self.policy(policy)).transpose()?;
                let promise = |stands: &Sla| {
                    let stands = match stands {
                        Sla::Breached => Stands::Breached,
                        Sla::Excused => Stands::Excused,
                        Sla::Running => Stands::Running,
                        Sla::Paused => Stands::Paused,
                    };
                    promised(policy.clone(), stands)
                };
                fold::any(stands.iter().map(promise).collect())
            }
            Term::Due(policy, asked) => {
                let policy = self.policy(policy)?;
                let due = |period| promised(Some(policy.clone()), Stands::Due(period));
                let none = Filter::without([due(Period::default())]);
                self.periods(asked, none, due)?
            }
            Term::Linked(kind, ends) => {
                let linked = |to| Filter { linked: vec![Linked { kind: *kind, to }], ..Filter::default() };
                let end = |end: &Link| match end {
                    Link::Any => linked(End::Any),
                    Link::None => Filter::without([linked(End::Any)]),
                    Link::Open => linked(End::Open),
                    Link::Number(number) => linked(End::Number(*number)),
                };
                fold::any(ends.iter().map(end).collect())
            }
            Term::Was(aspect, values, when) => {
                let period = self.when(when.as_ref())?;
                let past = Past::Was { aspect: *aspect, values: self.values(*aspect, values)?, period };
                Filter { past: vec![past], ..filter }
            }
            Term::Changed(Change { aspect, from, to, by, when }) => {
                let past = Past::Changed {
                    aspect: *aspect,
                    from: self.values(*aspect, from)?,
                    to: self.values(*aspect, to)?,
                    by: by.iter().map(|name| self.person(name)).collect::<Result<_, _>>()?,
                    period: self.when(when.as_ref())?,
                };
                Filter { past: vec![past], ..filter }
            }
        })
    }

    fn named(&self, field: Field, names: &[Name]) -> Result<Filter, Wrong> {
        let part = field.part();
        let (nothing, names): (Vec<&Name>, Vec<&Name>) =
            names.iter().partition(|name| part.is_some() && name.is("none"));
        let keys = || names.iter().map(|name| Key::new(&name.text)).collect::<Vec<Key>>();
        let people = || names.iter().map(|name| self.person(name)).collect::<Result<Vec<PersonId>, Wrong>>();
        let filter = Filter::default();
        let named = match field {
            Field::Kind => {
                let known: Vec<&str> = self.scope.config.kinds.keys().map(Key::as_str).collect();
                names.iter().try_for_each(|name| check(name, "kind", &known))?;
                Filter { kinds: keys(), ..filter }
            }
            Field::State => {
                names.iter().try_for_each(|name| self.state(name))?;
                Filter { states: keys(), ..filter }
            }
            Field::Category => Filter { categories: keys(), ..filter },
            Field::Team => Filter { teams: keys(), ..filter },
            Field::Queue => Filter { queues: keys(), ..filter },
            Field::Assignee => Filter { assignee: Assignee::Is(people()?), ..filter },
            Field::Requester => Filter { requesters: people()?, ..filter },
            Field::Organisation => Filter { organisations: keys(), ..filter },
            Field::Watcher => Filter { watchers: people()?, ..filter },
            // A filter asks for all of its tags, a list for one of its values.
            Field::Tag => {
                fold::any(keys().into_iter().map(|tag| Filter { tags: vec![tag], ..Filter::default() }).collect())
            }
            Field::External => Filter { externals: names.iter().map(|name| name.text.clone()).collect(), ..filter },
        };
        let Some(part) = part else { return Ok(named) };
        if field == Field::Assignee && names.is_empty() {
            return Ok(Filter { assignee: Assignee::Nobody, ..Filter::default() });
        }
        Ok(with_none(named, !nothing.is_empty(), !names.is_empty(), part))
    }

    fn person(&self, name: &Name) -> Result<PersonId, Wrong> {
        if !name.is("me") {
            return Ok(PersonId::new(&name.text));
        }
        let nobody = || at(name.place, "nobody asks, so there is no `me`");
        self.scope.me.clone().ok_or_else(nobody)
    }

    fn state(&self, name: &Name) -> Result<(), Wrong> {
        let workflows = self.scope.config.workflows.iter();
        let mut known: Vec<&str> =
            workflows.flat_map(|workflow| &workflow.states).map(|state| state.key.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        check(name, "state", &known)
    }

    fn policy(&self, name: &Name) -> Result<Key, Wrong> {
        let known: Vec<&str> = self.scope.config.policies.iter().map(|policy| policy.id.as_str()).collect();
        check(name, "policy", &known)?;
        Ok(Key::new(&name.text))
    }

    /// Values of an aspect as the trail has them.
    fn values(&self, aspect: crate::trail::Aspect, names: &[Name]) -> Result<Vec<Option<Key>>, Wrong> {
        use crate::trail::Aspect;
        let value = |name: &Name| {
            match aspect {
                Aspect::State => self.state(name)?,
                Aspect::Assignee if name.is("me") => return Ok(Some(Key::new(self.person(name)?.as_str()))),
                Aspect::Assignee | Aspect::Team | Aspect::Queue | Aspect::Category if name.is("none") => {
                    return Ok(None);
                }
                Aspect::Status
                | Aspect::Priority
                | Aspect::Assignee
                | Aspect::Team
                | Aspect::Queue
                | Aspect::Category => {}
            }
            Ok(Some(Key::new(&name.text)))
        };
        names.iter().map(value).collect()
    }

    fn timed(&self, time: Time, asked: &Asked<When>) -> Result<Filter, Wrong> {
        let none = time.part().map(|part| Filter::without([has(part)]));
        if none.is_none()
            && let Asked::OneOf(all) = asked
            && let Some(when) = all.iter().find(|when| when.moment == Moment::None)
        {
            return Err(at(when.place, format!("every ticket has `{}`", time.as_str())));
        }
        self.periods(asked, none.unwrap_or_default(), |period| {
            let mut filter = Filter::default();
            *match time {
                Time::Created => &mut filter.created,
                Time::Updated => &mut filter.updated,
                Time::Responded => &mut filter.responded,
                Time::Resolved => &mut filter.resolved,
                Time::FirstResolved => &mut filter.first_resolved,
                Time::Closed => &mut filter.closed,
                Time::Due => &mut filter.due,
            } = period;
            filter
        })
    }

    /// What is asked of a time: `none` if there is to be none, else a filter for each period.
    fn periods(&self, asked: &Asked<When>, none: Filter, filter: impl Fn(Period) -> Filter) -> Result<Filter, Wrong> {
        let Asked::OneOf(all) = asked else { return Ok(filter(self.period(asked)?)) };
        let one = |when: &When| {
            if when.moment == Moment::None {
                return Ok(none.clone());
            }
            let Stretch { start, end } = self.stretch(when)?;
            Ok(filter(Period::between(start, end)))
        };
        Ok(fold::any(all.iter().map(one).collect::<Result<_, _>>()?))
    }

    fn when(&self, asked: Option<&Asked<When>>) -> Result<Period, Wrong> {
        asked.map_or(Ok(Period::default()), |asked| self.period(asked))
    }

    fn period(&self, asked: &Asked<When>) -> Result<Period, Wrong> {
        let from = |at| Period { from: Some(at), to: None };
        let to = |at| Period { from: None, to: Some(at) };
        Ok(match asked {
            Asked::OneOf(all) => match all.as_slice() {
                [] => Period::default(),
                [first, ..] => {
                    let Stretch { start, end } = self.stretch(first)?;
                    Period::between(start, end)
                }
            },
            Asked::Over(when) => from(self.stretch(when)?.end),
            Asked::From(when) => from(self.stretch(when)?.start),
            Asked::Below(when) => to(self.stretch(when)?.start),
            Asked::UpTo(when) => to(self.stretch(when)?.end),
            Asked::Between(first, last) => {
                let stretch = |when: &Option<When>| when.as_ref().map(|when| self.stretch(when)).transpose();
                let (first, last) = (stretch(first)?, stretch(last)?);
                let period = Period { from: first.map(|first| first.start), to: last.map(|last| last.end) };
                if let (Some(from), Some(to)) = (period.from, period.to)
                    && to <= from
                {
                    let place = match asked {
                        Asked::Between(Some(first), Some(last)) => {
                            Place { start: first.place.start, end: last.place.end }
                        }
                        _ => Place::default(),
                    };
                    return Err(at(place, "this range ends before it begins"));
                }
                period
            }
        })
    }

    /// When something is: an instant is as long as a microsecond, so that what is exact can be compared with it.
    fn stretch(&self, when: &When) -> Result<Stretch, Wrong> {
        let Scope { now, zone, .. } = self.scope;
        let beyond = || at(when.place, "this time lies beyond the calendar");
        let instant = |at: DateTime<Utc>| Some(at..at.checked_add_signed(TimeDelta::microseconds(1))?);
        let today = zone.civil(*now).date();
        let days = |from: Option<NaiveDate>, to: Option<NaiveDate>| Some(self.start(from?)?..self.start(to?)?);
        let week = |ago: u64| {
            let since = u64::from(today.weekday().num_days_from_monday()) + 7 * ago;
            let first = today.checked_sub_days(Days::new(since))?;
            days(Some(first), first.checked_add_days(Days::new(7)))
        };
        let month = |first: NaiveDate| days(Some(first), first.checked_add_months(Months::new(1)));
        let first = today.with_day(1);
        let day = |date: Option<NaiveDate>| days(date, date?.succ_opt());
        let stretch = match when.moment {
            Moment::None => None,
            Moment::Now => instant(*now),
            Moment::Relative(length) => now.checked_add_signed(length).and_then(instant),
            Moment::Yesterday => day(today.pred_opt()),
            Moment::Today => day(Some(today)),
            Moment::Tomorrow => day(today.succ_opt()),
            Moment::ThisWeek => week(0),
            Moment::LastWeek => week(1),
            Moment::ThisMonth => first.and_then(month),
            Moment::LastMonth => first.and_then(|first| first.checked_sub_months(Months::new(1))).and_then(month),
            Moment::Month(first) => month(first),
            Moment::Date(date) => day(Some(date)),
            Moment::Clock(date, time, exact, offset) => {
                let civil = NaiveDateTime::new(date, time);
                let length = match exact {
                    Exactness::Minute => TimeDelta::minutes(1),
                    Exactness::Second => TimeDelta::seconds(1),
                    Exactness::Micro => TimeDelta::microseconds(1),
                };
                let start = match offset {
                    Some(offset) => values::instant(civil, offset),
                    None => {
                        let instant = zone.instant(civil);
                        if zone.civil(instant) != civil {
                            let what = format!("there is no {civil} in {zone}: the clocks were put forward past it");
                            return Err(at(when.place, what));
                        }
                        Some(instant)
                    }
                };
                start.map(trunc).and_then(|start| Some(start..start.checked_add_signed(length)?))
            }
        };
        let stretch = stretch.ok_or_else(beyond)?;
        if stretch.is_empty() {
            return Err(at(when.place, format!("there was no such day in {zone}")));
        }
        Ok(stretch)
    }

    fn start(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        Some(self.scope.zone.instant(date.and_hms_opt(0, 0, 0)?))
    }

    /// The name and, if the configuration knows it, the type of a custom field.
    fn field(&self, name: &Name) -> Result<(Key, Option<&FieldType>), Wrong> {
        let fields = &self.scope.config.fields;
        let known: Vec<&str> = fields.keys().map(Key::as_str).collect();
        check(name, "field", &known)?;
        Ok((Key::new(&name.text), fields.get(name.text.as_str())))
    }

    fn custom(&self, field: &Name, asked: &Asked<Name>) -> Result<Filter, Wrong> {
        let (key, of) = self.field(field)?;
        let fields = |cmp| Filter { fields: vec![(key.clone(), cmp)], ..Filter::default() };
        // What a value may be: where nothing is known of the field, both a number and its digits.
        let values = |name: &Name| self.value(of, name);
        let bound = |name: &Name, cmp: fn(Value) -> Cmp| -> Result<Filter, Wrong> {
            Ok(fold::any(values(name)?.into_iter().map(|value| fields(cmp(value))).collect()))
        };
        let but = |name: &Name, filter: Filter| -> Result<Filter, Wrong> {
            Ok(fold::all(vec![filter, Filter::without([fields(Cmp::In(values(name)?))])]))
        };
        match asked {
            Asked::OneOf(names) => {
                let (nothing, names): (Vec<&Name>, Vec<&Name>) = names.iter().partition(|name| name.is("none"));
                let mut any = Vec::new();
                if !nothing.is_empty() {
                    any.push(Filter::without([fields(Cmp::Set)]));
                }
                if !names.is_empty() {
                    let values: Vec<Vec<Value>> = names.into_iter().map(values).collect::<Result<_, _>>()?;
                    any.push(fields(Cmp::In(values.concat())));
                }
                Ok(fold::any(any))
            }
            Asked::From(name) => bound(name, Cmp::AtLeast),
            Asked::UpTo(name) => bound(name, Cmp::AtMost),
            Asked::Over(name) => but(name, bound(name, Cmp::AtLeast)?),
            Asked::Below(name) => but(name, bound(name, Cmp::AtMost)?),
            Asked::Between(from, to) => {
                let from = from.as_ref().map(|name| bound(name, Cmp::AtLeast)).transpose()?;
                let to = to.as_ref().map(|name| bound(name, Cmp::AtMost)).transpose()?;
                Ok(fold::all(from.into_iter().chain(to).collect()))
            }
        }
    }

    fn value(&self, of: Option<&FieldType>, name: &Name) -> Result<Vec<Value>, Wrong> {
        let text = || Value::Text(name.text.clone());
        let guessed = || match name.text.as_str() {
            "true" => vec![Value::Bool(true), text()],
            "false" => vec![Value::Bool(false), text()],
            other => other.parse().map(Value::Int).into_iter().chain([text()]).collect(),
        };
        let refuse = |of: &FieldType| {
            at(name.place, format!("`{}` is wrong: the field expects {of}", values::shown(&name.text)))
        };
        match of {
            None if name.quoted => Ok(vec![text()]),
            None => Ok(guessed()),
            Some(FieldType::Text) => Ok(vec![text()]),
            Some(of @ FieldType::Int) => {
                name.text.parse().map(|number| vec![Value::Int(number)]).map_err(|_| refuse(of))
            }
            Some(of @ FieldType::Bool) => match name.text.as_str() {
                "true" | "yes" => Ok(vec![Value::Bool(true)]),
                "false" | "no" => Ok(vec![Value::Bool(false)]),
                _ => Err(refuse(of)),
            },
            Some(FieldType::Choice(options)) => {
                let known: Vec<&str> = options.iter().map(String::as_str).collect();
                check(name, "value", &known)?;
                Ok(vec![text()])
            }
            Some(of @ FieldType::Date) => {
                if name.text.parse::<NaiveDate>().is_ok() {
                    return Ok(vec![text()]);
                }
                let day = match values::moment(name) {
                    Ok(moment @ (Moment::Yesterday | Moment::Today | Moment::Tomorrow | Moment::Relative(_))) => {
                        self.stretch(&When { moment, place: name.place })?.start
                    }
                    _ => return Err(refuse(of)),
                };
                Ok(vec![Value::Text(self.scope.zone.civil(day).date().to_string())])
            }
            Some(of @ FieldType::Instant) => {
                let known = DateTime::parse_from_rfc3339(&name.text).is_ok();
                if known { Ok(vec![text()]) } else { Err(refuse(of)) }
            }
        }
    }
}

fn at(place: Place, what: impl Into<String>) -> Wrong {
    wrong(place.start..place.end, what)
}

/// Sees that a name is known, unless it is quoted.
fn check(name: &Name, what: &str, known: &[&str]) -> Result<(), Wrong> {
    if name.quoted || known.contains(&name.text.as_str()) {
        return Ok(());
    }
    let near = choices(&name.text, known);
    let shown = values::shown(&name.text);
    Err(at(name.place, format!("unknown {what} `{shown}`{near}; quote it to ask for it all the same")))
}

fn has(part: Part) -> Filter {
    Filter { has: vec![part], ..Filter::default() }
}

fn promised(policy: Option<Key>, stands: Stands) -> Filter {
    Filter { promises: vec![Promise { policy, stands }], ..Filter::default() }
}

/// What is named, or what lacks a part, or both.
fn with_none(named: Filter, none: bool, some: bool, part: Part) -> Filter {
    let lacks = none.then(|| Filter::without([has(part)]));
    fold::any(lacks.into_iter().chain(some.then_some(named)).collect())
}

/// The priorities that compare so; the more pressing, the more.
fn pressing(asked: &Asked<Priority>) -> Filter {
    let meant = |priority: &Priority| match asked {
        Asked::OneOf(all) => all.contains(priority),
        Asked::Over(than) => priority < than,
        Asked::From(than) => priority <= than,
        Asked::Below(than) => priority > than,
        Asked::UpTo(than) => priority >= than,
        Asked::Between(Some(one), Some(other)) => one.min(other) <= priority && priority <= one.max(other),
        Asked::Between(Some(least), None) => priority <= least,
        Asked::Between(None, Some(most)) => priority >= most,
        Asked::Between(None, None) => true,
    };
    let priorities: Vec<Priority> = Priority::all().filter(meant).collect();
    // A list of none would ask nothing.
    if priorities.is_empty() { fold::nothing() } else { Filter { priorities, ..Filter::default() } }
}

fn counted(counter: Counter, asked: &Asked<i64>) -> Filter {
    let within = |least, most| Filter { counts: vec![(counter, Bounds { least, most })], ..Filter::default() };
    match asked {
        Asked::OneOf(all) => fold::any(all.iter().map(|number| within(Some(*number), Some(*number))).collect()),
        // Nothing is more than the greatest number, or less than the least.
        Asked::Over(number) => number.checked_add(1).map_or_else(fold::nothing, |least| within(Some(least), None)),
        Asked::From(number) => within(Some(*number), None),
        Asked::Below(number) => number.checked_sub(1).map_or_else(fold::nothing, |most| within(None, Some(most))),
        Asked::UpTo(number) => within(None, Some(*number)),
        Asked::Between(from, to) => within(*from, *to),
    }
}
