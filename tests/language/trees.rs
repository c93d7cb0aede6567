//! Random questions, as trees: about what some tickets have, or nearly so.

use chrono::{DateTime, NaiveTime, TimeDelta, Timelike, Utc};
use ticketcore::id::TicketId;
use ticketcore::line::Flag;
use ticketcore::link::LinkKind;
use ticketcore::query::language::{
    Asked, Change, Exactness, Expr, Field, Link, Moment, Name, Place, Question, Sla, Term, Time, When,
};
use ticketcore::query::{Counter, Part};
use ticketcore::testing::Dice;
use ticketcore::testing::question::ORDERS;
use ticketcore::testing::sample::Sample;
use ticketcore::ticket::{Channel, Status, Ticket, Waiting};
use ticketcore::trail::Aspect;
use ticketcore::{Priority, Value};

const FLAGS: [Flag; 8] = [
    Flag::Acked,
    Flag::Snoozed,
    Flag::Firing,
    Flag::Assigned,
    Flag::Responded,
    Flag::Unanswered,
    Flag::Dropped,
    Flag::Untouched,
];
const POLICIES: [&str; 3] = ["response", "resolution", "snooze"];
/// Names that nobody has, and some that are hard to write.
const NAMES: [&str; 12] = ["net", "Größe", "nobody", "none", "me", "a b", "-x", "\"", "\\", "100%", "a_b,c", "x..y"];

/// A question of up to so many levels.
pub(crate) fn question(dice: &mut Dice, samples: &[Sample], now: DateTime<Utc>, depth: usize) -> Question {
    let mut chance = Chance { dice, samples, now };
    let expr = if chance.dice.once_in(50) { None } else { Some(chance.expr(depth)) };
    let sort = chance.dice.once_in(3).then(|| *chance.dice.pick(&ORDERS));
    Question { expr, sort }
}

struct Chance<'a> {
    dice: &'a mut Dice,
    samples: &'a [Sample],
    now: DateTime<Utc>,
}

impl Chance<'_> {
    fn expr(&mut self, depth: usize) -> Expr {
        if depth == 0 || self.dice.once_in(3) {
            return Expr::Is(self.term());
        }
        let several = |chance: &mut Self| {
            let count = 2 + chance.dice.below(3);
            (0..count).map(|_| chance.expr(depth - 1)).collect()
        };
        match self.dice.below(5) {
            0 | 1 => Expr::All(several(self)),
            2 | 3 => Expr::Any(several(self)),
            _ => Expr::Not(Box::new(self.expr(depth - 1))),
        }
    }

    fn term(&mut self) -> Term {
        let sample = self.dice.pick(self.samples);
        let ticket = &*sample.ticket;
        match self.dice.below(27) {
            0 => Term::Word(self.word(sample)),
            1 => Term::Phrase(format!("{} {}!", self.word(sample), self.word(sample))),
            24 => Term::Phrase(self.phrase(sample)),
            25 | 26 => Term::Prefix(self.beginning(sample)),
            2 => Term::Id(self.some(|chance| chance.dice.pick(chance.samples).ticket.id)),
            3 => Term::Status(self.some(|chance| *chance.dice.pick(&Status::ALL))),
            4 => Term::Channel(self.some(|chance| *chance.dice.pick(&Channel::ALL))),
            5 => Term::Waiting(self.some(|chance| {
                *chance.dice.pick(&[Some(Waiting::Requester), Some(Waiting::Third), Some(Waiting::Until), None])
            })),
            6 => Term::Priority(
                self.asked(|chance| Priority::new(u8::try_from(1 + chance.dice.below(6)).unwrap()).unwrap()),
            ),
            7..=10 => {
                let field = *self.dice.pick(&Field::ALL);
                Term::Name(field, self.some(|chance| chance.named(field, ticket)))
            }
            11 | 12 => {
                let time = *self.dice.pick(&Time::ALL);
                Term::Time(time, self.times(time_of(time, sample), !matches!(time, Time::Created | Time::Updated)))
            }
            13 => {
                let counter = *self.dice.pick(&Counter::ALL);
                let around = counter.of(ticket).unwrap_or(3);
                Term::Count(counter, self.asked(|chance| around - 1 + i64::try_from(chance.dice.below(3)).unwrap()))
            }
            14 | 15 => self.custom(ticket),
            16 => Term::HasCustom(self.field(ticket).0),
            17 => Term::Flag(*self.dice.pick(&FLAGS)),
            18 => Term::Has(*self.dice.pick(&Part::ALL)),
            19 => {
                let policy = self.dice.once_in(2).then(|| self.policy());
                Term::Sla(policy, self.some(|chance| *chance.dice.pick(&Sla::ALL)))
            }
            20 => {
                let due = sample.marks.targets.iter().find_map(|target| target.due);
                Term::Due(self.policy(), self.times(due, true))
            }
            21 => {
                let kind = self.dice.once_in(2).then(|| *self.dice.pick(&LinkKind::ALL[..5]));
                let ends = [Link::Any, Link::None, Link::Open, Link::Number(1), Link::Number(2)];
                Term::Linked(kind, self.some(|chance| *chance.dice.pick(&ends)))
            }
            22 => {
                let aspect = self.aspect(ticket);
                let values = self.some(|chance| chance.value(aspect, ticket));
                Term::Was(aspect, values, self.clause(ticket))
            }
            _ => {
                let aspect = self.aspect(ticket);
                let mut maybe = |values: bool| {
                    if values { self.some(|chance| chance.value(aspect, ticket)) } else { Vec::new() }
                };
                let (from, to) = (maybe(ticket.version.0 % 2 == 0), maybe(ticket.version.0 % 3 == 0));
                let by = if self.dice.once_in(3) { self.some(|chance| chance.person(ticket)) } else { Vec::new() };
                Term::Changed(Change { aspect, from, to, by, when: self.clause(ticket) })
            }
        }
    }

    /// One, two or three.
    fn some<T>(&mut self, one: impl Fn(&mut Self) -> T) -> Vec<T> {
        let count = 1 + self.dice.below(3) * self.dice.below(2);
        (0..count).map(|_| one(self)).collect()
    }

    fn asked<T>(&mut self, one: impl Fn(&mut Self) -> T) -> Asked<T> {
        match self.dice.below(8) {
            0 => Asked::Over(one(self)),
            1 => Asked::From(one(self)),
            2 => Asked::Below(one(self)),
            3 => Asked::UpTo(one(self)),
            4 => Asked::Between(Some(one(self)), None),
            5 => Asked::Between(None, Some(one(self))),
            6 => Asked::Between(Some(one(self)), Some(one(self))),
            _ => Asked::OneOf(self.some(one)),
        }
    }

    /// Some of what stands in one of the ticket's texts, or nearly so.
    fn phrase(&mut self, sample: &Sample) -> String {
        let words = &self.dice.pick(&sample.texts).words;
        let first = self.dice.below(words.len().max(1));
        let words: Vec<String> = words.iter().skip(first).take(1 + self.dice.below(4)).cloned().collect();
        let more = if self.dice.once_in(4) { self.word(sample) } else { String::new() };
        format!("{} {more}", words.join(*self.dice.pick(&[" ", "-", "* \"\\\" OR "])))
    }

    fn beginning(&mut self, sample: &Sample) -> String {
        let word = self.word(sample);
        let length = 1 + self.dice.below(word.chars().count());
        // A question has to ask for something.
        Some(word.chars().take(length).collect())
            .filter(|start: &String| start.contains(char::is_alphanumeric))
            .unwrap_or(word)
    }

    fn word(&mut self, sample: &Sample) -> String {
        let words: Vec<&String> = sample.texts.iter().flat_map(|text| &text.words).collect();
        if words.is_empty() || self.dice.once_in(4) {
            return (*self.dice.pick(&[
                "or",
                "was",
                "-fire",
                "a:b",
                "(x)",
                "100%",
                "db-01",
                "NEAR",
                "x*y",
                "\u{200f}a",
            ]))
            .to_owned();
        }
        (*self.dice.pick(&words)).clone()
    }

    /// A name, which is quoted if it has to be, and sometimes if not.
    fn name(&mut self, text: &str) -> Name {
        let keyword = matches!(text, "none" | "me" | "any");
        let plain = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '@');
        Name { text: text.to_owned(), quoted: keyword || !plain || self.dice.once_in(4), place: Place::default() }
    }

    fn keyword(text: &str) -> Name {
        Name { text: text.to_owned(), quoted: false, place: Place::default() }
    }

    fn person(&mut self, ticket: &Ticket) -> Name {
        match self.dice.below(4) {
            0 => Self::keyword("me"),
            1 => self.any_name(),
            _ => {
                let people = [ticket.assignee.clone(), ticket.requester.clone(), ticket.watchers.first().cloned()];
                let own = people[self.dice.below(3)].clone();
                own.map_or_else(|| Self::keyword("me"), |person| self.name(person.as_str()))
            }
        }
    }

    fn any_name(&mut self) -> Name {
        let text = *self.dice.pick(&NAMES);
        self.name(text)
    }

    fn named(&mut self, field: Field, ticket: &Ticket) -> Name {
        let own = |key: &Option<ticketcore::Key>| key.as_ref().map(ToString::to_string);
        let value = match field {
            Field::Kind => return self.name(ticket.kind.as_str()),
            Field::State => return self.name(ticket.state.as_str()),
            Field::Assignee | Field::Requester | Field::Watcher if self.dice.once_in(2) => return self.person(ticket),
            Field::Assignee => ticket.assignee.as_ref().map(ToString::to_string),
            Field::Requester => ticket.requester.as_ref().map(ToString::to_string),
            Field::Watcher => ticket.watchers.last().map(ToString::to_string),
            Field::Category => own(&ticket.category),
            Field::Team => own(&ticket.team),
            Field::Queue => own(&ticket.queue),
            Field::Organisation => own(&ticket.organisation),
            Field::Tag => ticket.tags.first().map(ToString::to_string),
            Field::External => ticket.external.clone(),
        };
        match (self.dice.below(4), value) {
            (0, _) => Self::keyword("none"),
            (1, _) | (_, None) => self.any_name(),
            (_, Some(value)) => self.name(&value),
        }
    }

    fn policy(&mut self) -> Name {
        let policy = *self.dice.pick(&POLICIES);
        self.name(policy)
    }

    /// A custom field, and a value that it may have, as text.
    fn field(&mut self, ticket: &Ticket) -> (Name, String) {
        let fields: Vec<(String, String)> =
            ticket.fields.iter().map(|(field, value)| (field.to_string(), value.to_string())).collect();
        let fields = if fields.is_empty() { vec![("vip".to_owned(), "true".to_owned())] } else { fields };
        let (field, value) = self.dice.pick(&fields).clone();
        (self.name(&field), value)
    }

    fn custom(&mut self, ticket: &Ticket) -> Term {
        let (field, value) = self.field(ticket);
        let number = matches!(ticket.fields.get(field.text.as_str()), Some(Value::Int(_)));
        let asked = self.asked(|chance| match chance.dice.below(4) {
            0 if number => chance.name("10"),
            0 if field.text == "vip" => chance.name("false"),
            _ => chance.name(&value),
        });
        let none = Asked::OneOf(vec![Self::keyword("none")]);
        Term::Custom(field, if self.dice.once_in(5) { none } else { asked })
    }

    fn aspect(&mut self, ticket: &Ticket) -> Aspect {
        let turns = ticket.trail.turns();
        if turns.is_empty() || self.dice.once_in(3) {
            *self.dice.pick(&Aspect::ALL)
        } else {
            self.dice.pick(turns).aspect
        }
    }

    fn value(&mut self, aspect: Aspect, ticket: &Ticket) -> Name {
        let spells: Vec<_> = ticket.spells(aspect).collect();
        let value = self.dice.pick(&spells).value.clone();
        match (aspect, value) {
            (Aspect::Status, _) if self.dice.once_in(3) => Self::keyword(self.dice.pick(&Status::ALL).as_str()),
            (Aspect::Status | Aspect::Priority, Some(value)) => Self::keyword(value.as_str()),
            (Aspect::State, Some(value)) => self.name(value.as_str()),
            (Aspect::Assignee, _) if self.dice.once_in(4) => Self::keyword("me"),
            (_, Some(value)) if !self.dice.once_in(4) => self.name(value.as_str()),
            (_, None) if !self.dice.once_in(4) => Self::keyword("none"),
            _ => self.any_name(),
        }
    }

    fn times(&mut self, around: Option<DateTime<Utc>>, may_lack: bool) -> Asked<When> {
        let around = around.unwrap_or(self.now);
        let instant = |chance: &mut Self| chance.when(around, false);
        match self.dice.below(4) {
            0 => Asked::OneOf(self.some(|chance| {
                let none = may_lack && chance.dice.once_in(4);
                if none { at(Moment::None) } else { chance.when(around, true) }
            })),
            1 => {
                // In order, so that it does not end before it begins.
                let length = TimeDelta::hours(i64::try_from(self.dice.below(50)).unwrap());
                let (from, to) = (micro(around - length), micro(around + length));
                match self.dice.below(3) {
                    0 => Asked::Between(Some(from), None),
                    1 => Asked::Between(None, Some(to)),
                    _ => Asked::Between(Some(from), Some(to)),
                }
            }
            _ => match self.dice.below(4) {
                0 => Asked::Over(instant(self)),
                1 => Asked::From(instant(self)),
                2 => Asked::Below(instant(self)),
                _ => Asked::UpTo(instant(self)),
            },
        }
    }

    fn when(&mut self, around: DateTime<Utc>, stretch: bool) -> When {
        let civil = around.naive_utc();
        let named = [
            Moment::Yesterday,
            Moment::Today,
            Moment::Tomorrow,
            Moment::ThisWeek,
            Moment::LastWeek,
            Moment::ThisMonth,
            Moment::LastMonth,
        ];
        at(match self.dice.below(8) {
            0 => *self.dice.pick(&named),
            1 => Moment::Date(civil.date()),
            2 => Moment::Month(chrono::Datelike::with_day(&civil.date(), 1).unwrap()),
            3 => {
                let time = NaiveTime::from_hms_opt(civil.hour(), civil.minute(), 0).unwrap();
                Moment::Clock(civil.date(), time, Exactness::Minute, Some(0))
            }
            4 => {
                let time = NaiveTime::from_hms_opt(civil.hour(), civil.minute(), civil.second()).unwrap();
                Moment::Clock(civil.date(), time, Exactness::Second, *self.dice.pick(&[None, Some(0), Some(-19_800)]))
            }
            5 if !stretch => Moment::Now,
            6 if !stretch => Moment::Relative(around - self.now),
            _ => return micro(around),
        })
    }

    fn clause(&mut self, ticket: &Ticket) -> Option<Asked<When>> {
        let turns = ticket.trail.turns();
        let around = if turns.is_empty() { ticket.created } else { self.dice.pick(turns).at };
        match self.dice.below(5) {
            0 => Some(Asked::Over(self.when(around, false))),
            1 => Some(Asked::Below(self.when(around, false))),
            2 => Some(Asked::OneOf(vec![self.when(around, true)])),
            3 => {
                let (from, to) = (around - TimeDelta::minutes(50), around + TimeDelta::minutes(10));
                Some(Asked::Between(Some(micro(from)), Some(micro(to))))
            }
            _ => None,
        }
    }
}

fn at(moment: Moment) -> When {
    When { moment, place: Place::default() }
}

/// The instant itself.
fn micro(instant: DateTime<Utc>) -> When {
    let civil = instant.naive_utc();
    at(Moment::Clock(civil.date(), civil.time(), Exactness::Micro, Some(0)))
}

pub(crate) fn time_of(time: Time, sample: &Sample) -> Option<DateTime<Utc>> {
    let ticket = &sample.ticket;
    match time {
        Time::Created => Some(ticket.created),
        Time::Updated => Some(ticket.updated),
        Time::Responded => ticket.responded,
        Time::Resolved => ticket.resolved,
        Time::FirstResolved => ticket.first_resolved,
        Time::Closed => ticket.closed,
        Time::Due => sample.marks.rank.map(|rank| rank.due),
    }
}

/// The id of a ticket by its number.
pub(crate) fn numbered(samples: &[Sample], number: i64) -> Option<TicketId> {
    samples.iter().find(|sample| sample.ticket.number == number).map(|sample| sample.ticket.id)
}
