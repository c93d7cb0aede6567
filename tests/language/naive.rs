//! What a question means, said once more: read off the tree, ticket by ticket, in no way the engine takes.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use ticketcore::query::language::{
    Asked, Change, Exactness, Expr, Field, Link, Moment, Name, Question, Sla, Term, When,
};
use ticketcore::query::{Part, Sort};
use ticketcore::testing::sample::Sample;
use ticketcore::trail::Aspect;
use ticketcore::{FieldType, PersonId, Ticket, Value};

use crate::trees::{numbered, time_of};

/// Who asks what, when, of which tickets.
pub(crate) struct Naive<'a> {
    pub(crate) samples: &'a [Sample],
    pub(crate) now: DateTime<Utc>,
    pub(crate) me: &'a str,
}

impl Naive<'_> {
    /// The numbers of the tickets that are meant.
    pub(crate) fn answer(&self, Question { expr, sort }: &Question) -> BTreeSet<i64> {
        // Some orders have no place for a ticket that lacks what they go by.
        let placed = |sample: &Sample| match sort.map(|order| order.by) {
            None | Some(Sort::Created | Sort::Updated | Sort::Number | Sort::Priority) => true,
            Some(Sort::Rank) => sample.marks.rank.is_some(),
            Some(Sort::Resolved) => sample.ticket.resolved.is_some(),
            Some(Sort::Closed) => sample.ticket.closed.is_some(),
        };
        let meant = |sample: &&Sample| placed(sample) && expr.as_ref().is_none_or(|expr| self.expr(expr, sample));
        self.samples.iter().filter(meant).map(|sample| sample.ticket.number).collect()
    }

    fn expr(&self, expr: &Expr, sample: &Sample) -> bool {
        match expr {
            Expr::All(all) => all.iter().all(|one| self.expr(one, sample)),
            Expr::Any(any) => any.iter().any(|one| self.expr(one, sample)),
            Expr::Not(one) => !self.expr(one, sample),
            Expr::Is(term) => self.term(term, sample),
        }
    }

    fn term(&self, term: &Term, sample: &Sample) -> bool {
        let (ticket, marks) = (&*sample.ticket, &sample.marks);
        match term {
            Term::Word(text) => words(text).all(|word| occurs(sample, |one| *one == word)),
            Term::Phrase(text) => {
                let phrase: Vec<String> = words(text).collect();
                let said = |words: &[String]| (0..words.len()).any(|from| words[from..].starts_with(&phrase));
                phrase.is_empty() || sample.texts.iter().any(|text| said(&text.words))
            }
            // Of several words, the last is a beginning.
            Term::Prefix(text) => {
                let mut whole: Vec<String> = words(text).collect();
                let last = whole.pop().unwrap_or_default();
                whole.iter().all(|word| occurs(sample, |one| one == word))
                    && occurs(sample, |one| one.starts_with(&last))
            }
            Term::Id(ids) => ids.contains(&ticket.id),
            Term::Status(all) => all.contains(&ticket.status),
            Term::Channel(all) => all.contains(&ticket.channel),
            Term::Waiting(all) => all.contains(&ticket.waiting),
            // The lower the number, the more pressing.
            Term::Priority(asked) => {
                let pressing = |priority: &ticketcore::Priority| 10 - priority.number();
                let own = pressing(&ticket.priority());
                match asked {
                    Asked::Between(Some(one), Some(other)) => {
                        let ends = [pressing(one), pressing(other)];
                        (*ends.iter().min().unwrap()..=*ends.iter().max().unwrap()).contains(&own)
                    }
                    asked => compares(asked, |value| own.cmp(&pressing(value))),
                }
            }
            Term::Name(field, names) => names.iter().any(|name| self.named(*field, name, ticket)),
            Term::Time(time, asked) => self.timed(asked, time_of(*time, sample)),
            Term::Count(counter, asked) => {
                counter.of(ticket).is_some_and(|count| compares(asked, |value| count.cmp(value)))
            }
            Term::Custom(field, asked) => custom(field, asked, ticket),
            Term::HasCustom(field) => ticket.fields.contains_key(field.text.as_str()),
            Term::Flag(flag) => ticket.line.last().unwrap().flags.has(*flag),
            Term::Has(part) => has(*part, sample),
            Term::Sla(policy, stands) => {
                let of = |other: &ticketcore::Key| policy.as_ref().is_none_or(|policy| *other == *policy.text);
                let broken = |excused: bool| {
                    let mut breaches = ticket.policies.breaches.iter().filter(|breach| of(&breach.policy));
                    breaches.any(|breach| breach.waived.is_some() == excused)
                };
                let clock = |paused| marks.targets.iter().any(|target| of(&target.policy) && target.paused == paused);
                stands.iter().any(|stands| match stands {
                    Sla::Breached => broken(false),
                    Sla::Excused => broken(true),
                    Sla::Running => clock(false),
                    Sla::Paused => clock(true),
                })
            }
            Term::Due(policy, asked) => {
                let targets = marks.targets.iter().filter(|target| !target.paused && target.policy == *policy.text);
                let dues: Vec<_> = targets.map(|target| target.due).collect();
                let none = matches!(asked, Asked::OneOf(all) if all.iter().any(|when| when.moment == Moment::None));
                (none && dues.is_empty()) || dues.iter().any(|due| due.is_some() && self.timed(asked, *due))
            }
            Term::Linked(kind, ends) => {
                let links = || ticket.links.iter().filter(|link| kind.is_none_or(|kind| kind == link.kind));
                let is_open =
                    |id| self.samples.iter().any(|other| other.ticket.id == id && other.ticket.status.is_open());
                ends.iter().any(|end| match end {
                    Link::Any => links().count() > 0,
                    Link::None => links().count() == 0,
                    Link::Open => links().any(|link| is_open(link.to)),
                    Link::Number(number) => links().any(|link| numbered(self.samples, *number) == Some(link.to)),
                })
            }
            Term::Was(aspect, values, when) => ticket.spells(*aspect).any(|spell| {
                let valued = values
                    .iter()
                    .any(|name| self.value(*aspect, name) == spell.value.as_ref().map(ToString::to_string));
                let (from, to) = self.period(when.as_ref());
                valued && spell.from < to && spell.to.is_none_or(|ended| from < ended)
            }),
            Term::Changed(Change { aspect, from, to, by, when }) => ticket.trail.turns().iter().any(|turn| {
                let one_of = |names: &[Name], value: &Option<ticketcore::Key>| {
                    let value = value.as_ref().map(ToString::to_string);
                    names.is_empty() || names.iter().any(|name| self.value(*aspect, name) == value)
                };
                let people: Vec<PersonId> = by.iter().map(|name| self.person(name)).collect();
                let (start, end) = self.period(when.as_ref());
                turn.aspect == *aspect
                    && one_of(from, &turn.from)
                    && one_of(to, &turn.to)
                    && (people.is_empty() || people.contains(&turn.by))
                    && start <= turn.at
                    && turn.at < end
            }),
        }
    }

    fn person(&self, name: &Name) -> PersonId {
        if name.text == "me" && !name.quoted { self.me.into() } else { name.text.as_str().into() }
    }

    fn value(&self, aspect: Aspect, name: &Name) -> Option<String> {
        match aspect {
            Aspect::Assignee if name.text == "me" => Some(self.person(name).to_string()),
            Aspect::Assignee | Aspect::Team | Aspect::Queue | Aspect::Category
                if name.text == "none" && !name.quoted =>
            {
                None
            }
            _ => Some(name.text.clone()),
        }
    }

    fn named(&self, field: Field, name: &Name, ticket: &Ticket) -> bool {
        let text = &name.text;
        let none = text == "none" && !name.quoted;
        let is = |own: Option<&str>| if none { own.is_none() } else { own == Some(text) };
        let person = |own: &Option<PersonId>| {
            if none { own.is_none() } else { own.as_ref() == Some(&self.person(name)) }
        };
        match field {
            Field::Kind => ticket.kind == *text.as_str(),
            Field::State => ticket.state == *text.as_str(),
            Field::Category => is(ticket.category.as_ref().map(|key| key.as_str())),
            Field::Team => is(ticket.team.as_ref().map(|key| key.as_str())),
            Field::Queue => is(ticket.queue.as_ref().map(|key| key.as_str())),
            Field::Organisation => is(ticket.organisation.as_ref().map(|key| key.as_str())),
            Field::External => is(ticket.external.as_deref()),
            Field::Assignee => person(&ticket.assignee),
            Field::Requester => person(&ticket.requester),
            Field::Watcher if none => ticket.watchers.is_empty(),
            Field::Watcher => ticket.watchers.contains(&self.person(name)),
            Field::Tag if none => ticket.tags.is_empty(),
            Field::Tag => ticket.tags.contains(text.as_str()),
        }
    }

    fn timed(&self, asked: &Asked<When>, own: Option<DateTime<Utc>>) -> bool {
        let Some(own) = own else {
            return matches!(asked, Asked::OneOf(all) if all.iter().any(|when| when.moment == Moment::None));
        };
        let within = |when: &When| {
            when.moment != Moment::None && {
                let (start, end) = self.stretch(when);
                start <= own && own < end
            }
        };
        match asked {
            Asked::OneOf(all) => all.iter().any(within),
            asked => {
                let (start, end) = self.period(Some(asked));
                start <= own && own < end
            }
        }
    }

    fn period(&self, asked: Option<&Asked<When>>) -> (DateTime<Utc>, DateTime<Utc>) {
        let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
        match asked {
            None => (first, last),
            Some(Asked::OneOf(all)) => self.stretch(&all[0]),
            Some(Asked::Over(when)) => (self.stretch(when).1, last),
            Some(Asked::From(when)) => (self.stretch(when).0, last),
            Some(Asked::Below(when)) => (first, self.stretch(when).0),
            Some(Asked::UpTo(when)) => (first, self.stretch(when).1),
            Some(Asked::Between(from, to)) => (
                from.as_ref().map_or(first, |from| self.stretch(from).0),
                to.as_ref().map_or(last, |to| self.stretch(to).1),
            ),
        }
    }

    fn stretch(&self, when: &When) -> (DateTime<Utc>, DateTime<Utc>) {
        let today = (self.now + TimeDelta::hours(berlin(self.now.date_naive()))).date_naive();
        let days = |from: NaiveDate, count: i64| (midnight(from), midnight(from + TimeDelta::days(count)));
        let month = |of: NaiveDate| {
            let first = of.with_day(1).unwrap();
            let next = (first + TimeDelta::days(31)).with_day(1).unwrap();
            (midnight(first), midnight(next))
        };
        let monday = today - TimeDelta::days(today.weekday().num_days_from_monday().into());
        let micro = |at: DateTime<Utc>| (at, at + TimeDelta::microseconds(1));
        match when.moment {
            Moment::None => unreachable!("asked for before"),
            Moment::Relative(length) => micro(self.now + length),
            Moment::Now => micro(self.now),
            Moment::Yesterday => days(today - TimeDelta::days(1), 1),
            Moment::Today => days(today, 1),
            Moment::Tomorrow => days(today + TimeDelta::days(1), 1),
            Moment::ThisWeek => days(monday, 7),
            Moment::LastWeek => days(monday - TimeDelta::days(7), 7),
            Moment::ThisMonth => month(today),
            Moment::LastMonth => month(today.with_day(1).unwrap() - TimeDelta::days(1)),
            Moment::Date(date) => days(date, 1),
            Moment::Month(first) => month(first),
            Moment::Clock(date, time, exact, offset) => {
                let hours = berlin(date);
                let offset = offset.map_or(TimeDelta::hours(hours), |seconds| TimeDelta::seconds(seconds.into()));
                let start = (NaiveDateTime::new(date, time) - offset).and_utc();
                let length = match exact {
                    Exactness::Minute => TimeDelta::minutes(1),
                    Exactness::Second => TimeDelta::seconds(1),
                    Exactness::Micro => TimeDelta::microseconds(1),
                };
                (start, start + length)
            }
        }
    }
}

/// How many hours the clocks of Berlin were ahead in the spring of 2026, in which the tickets live.
fn berlin(date: NaiveDate) -> i64 {
    if date < NaiveDate::from_ymd_opt(2026, 3, 29).unwrap() { 1 } else { 2 }
}

fn midnight(date: NaiveDate) -> DateTime<Utc> {
    // On the day of the change itself, midnight comes before it.
    let ahead = if date == NaiveDate::from_ymd_opt(2026, 3, 29).unwrap() { 1 } else { berlin(date) };
    date.and_hms_opt(0, 0, 0).unwrap().and_utc() - TimeDelta::hours(ahead)
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// In a public text or in an internal one.
fn occurs(sample: &Sample, means: impl Fn(&String) -> bool) -> bool {
    sample.texts.iter().flat_map(|text| &text.words).any(means)
}

fn compares<T>(asked: &Asked<T>, own: impl Fn(&T) -> std::cmp::Ordering) -> bool {
    match asked {
        Asked::OneOf(all) => all.iter().any(|value| own(value).is_eq()),
        Asked::Over(value) => own(value).is_gt(),
        Asked::From(value) => own(value).is_ge(),
        Asked::Below(value) => own(value).is_lt(),
        Asked::UpTo(value) => own(value).is_le(),
        Asked::Between(from, to) => {
            from.as_ref().is_none_or(|from| own(from).is_ge()) && to.as_ref().is_none_or(|to| own(to).is_le())
        }
    }
}

/// A field of the sample configuration: a number, a truth value, or else a text.
fn custom(field: &Name, asked: &Asked<Name>, ticket: &Ticket) -> bool {
    let config = ticketcore::testing::sample::config();
    let own = ticket.fields.get(field.text.as_str());
    if let Asked::OneOf(all) = asked
        && own.is_none()
    {
        return all.iter().any(|name| name.text == "none" && !name.quoted);
    }
    let typed = |name: &Name| match config.fields.get(field.text.as_str()) {
        Some(FieldType::Int) => Value::Int(name.text.parse().unwrap()),
        Some(FieldType::Bool) => Value::Bool(name.text.parse().unwrap()),
        _ => Value::Text(name.text.clone()),
    };
    let keyword = |name: &Name| name.text == "none" && !name.quoted;
    own.is_some_and(|own| match asked {
        Asked::OneOf(all) => all.iter().any(|name| !keyword(name) && *own == typed(name)),
        asked => compares(asked, |name| own.cmp(&typed(name))),
    })
}

fn has(part: Part, sample: &Sample) -> bool {
    let ticket = &sample.ticket;
    match part {
        Part::Category => ticket.category.is_some(),
        Part::Team => ticket.team.is_some(),
        Part::Queue => ticket.queue.is_some(),
        Part::Assignee => ticket.assignee.is_some(),
        Part::Requester => ticket.requester.is_some(),
        Part::Organisation => ticket.organisation.is_some(),
        Part::External => ticket.external.is_some(),
        Part::Tag => !ticket.tags.is_empty(),
        Part::Watcher => !ticket.watchers.is_empty(),
        Part::Waiting => ticket.waiting.is_some(),
        Part::Responded => ticket.responded.is_some(),
        Part::Resolved => ticket.resolved.is_some(),
        Part::FirstResolved => ticket.first_resolved.is_some(),
        Part::Closed => ticket.closed.is_some(),
        Part::Due => sample.marks.rank.is_some(),
        // Only while the solution stands.
        Part::Score => ticket.score.is_some() && !ticket.status.is_open() && !ticket.dropped,
        Part::Survivor => ticket.merged.is_some(),
    }
}
