//! Random questions, and what they mean.

use chrono::{DateTime, Utc};

use crate::cond::Cmp;
use crate::id::{Key, PersonId, TicketId};
use crate::line::Flag;
use crate::link::LinkKind;
use crate::priority::Priority;
use crate::query::{
    Assignee, Beside, Bounds, Counter, Cursor, End, Filter, Glance, Linked, Order, Other, Page, Part, Past, Period,
    Promise, Query, Sight, Sort, Stands, Terms, Through,
};
use crate::report::{Figures, Scan, Table, Tallier};
use crate::status::{Status, Waiting};
use crate::testing::Dice;
use crate::testing::sample::{self, Sample};
use crate::ticket::Ticket;
use crate::trail::Aspect;

/// Every order, in both directions.
pub const ORDERS: [Order; 14] = {
    const fn order(by: Sort, descending: bool) -> Order {
        Order { by, descending }
    }
    [
        order(Sort::Rank, false),
        order(Sort::Rank, true),
        order(Sort::Created, false),
        order(Sort::Created, true),
        order(Sort::Updated, false),
        order(Sort::Updated, true),
        order(Sort::Number, false),
        order(Sort::Number, true),
        order(Sort::Priority, false),
        order(Sort::Priority, true),
        order(Sort::Resolved, false),
        order(Sort::Resolved, true),
        order(Sort::Closed, false),
        order(Sort::Closed, true),
    ]
};

/// The orders in which a ticket has a place that is open and that somebody can act on.
pub fn orders_of_open() -> impl Iterator<Item = Order> {
    ORDERS.into_iter().filter(|order| !matches!(order.by, Sort::Resolved | Sort::Closed))
}

/// Every flag there is.
pub(crate) const FLAGS: [Flag; 8] = [
    Flag::Acked,
    Flag::Snoozed,
    Flag::Firing,
    Flag::Assigned,
    Flag::Responded,
    Flag::Unanswered,
    Flag::Dropped,
    Flag::Untouched,
];

/// A question that some of the tickets may answer: of one or two things, as one of the tickets has them, or not, and
/// sometimes of what other questions mean, to some depth.
///
/// # Panics
///
/// If there are no tickets.
pub fn filter(dice: &mut Dice, samples: &[Sample]) -> Filter {
    let mut filter = nested(dice, samples, 3);
    filter.sight = Sight::default();
    if dice.once_in(4) {
        let count = 1 + dice.below(3);
        let tickets: Vec<&Ticket> = (0..count).map(|_| &*dice.pick(samples).ticket).collect();
        filter.sight = Sight::of(tickets.into_iter().map(|ticket| glance(dice, ticket)).collect::<Vec<_>>(), false);
    }
    filter.sight.public = dice.once_in(4);
    filter
}

/// What stands within has a sight at times, which must not count.
fn nested(dice: &mut Dice, samples: &[Sample], depth: usize) -> Filter {
    let mut filter = Filter::default();
    let within = depth > 0 && dice.once_in(3);
    for _ in usize::from(within && dice.once_in(2))..=dice.below(2) {
        let sample = dice.pick(samples);
        ask(dice, &mut filter, sample);
    }
    if within {
        for _ in 0..=dice.below(3) {
            let other = nested(dice, samples, depth - 1);
            match dice.below(5) {
                0 => filter.all.push(other),
                1 => filter.none.push(other),
                _ => filter.any.push(other),
            }
        }
    }
    if dice.once_in(8) {
        let ticket = &dice.pick(samples).ticket;
        filter.sight = Sight::of([glance(dice, ticket)], dice.once_in(2));
    }
    filter
}

/// A look at some tickets that one of them is among, or nearly so.
fn glance(dice: &mut Dice, ticket: &Ticket) -> Glance {
    let name = |dice: &mut Dice| *dice.pick(&sample::NAMES);
    let key = |dice: &mut Dice, own: Option<&Key>| own.cloned().unwrap_or_else(|| name(dice).into());
    let person = |dice: &mut Dice, own: Option<&PersonId>| own.cloned().unwrap_or_else(|| name(dice).into());
    let through = match dice.below(6) {
        0 => Through::Any,
        1 => Through::Requester(person(dice, ticket.requester.as_ref())),
        2 => Through::Assignee(person(dice, ticket.assignee.as_ref())),
        3 => Through::Teams([key(dice, ticket.team.as_ref()), name(dice).into()].into()),
        4 => Through::Organisation(key(dice, ticket.organisation.as_ref())),
        _ => Through::Access(ticket.access().chain([format!("watcher/{}", name(dice))]).skip(dice.below(2)).collect()),
    };
    let kinds = if dice.once_in(4) { vec![ticket.kind.clone()] } else { Vec::new() };
    let states = if dice.once_in(4) { vec![ticket.state.clone()] } else { Vec::new() };
    Glance { kinds, states, through }
}

fn ask(dice: &mut Dice, filter: &mut Filter, sample: &Sample) {
    let Sample { ticket, marks, .. } = sample;
    let key = |dice: &mut Dice, own: &Option<Key>| own.clone().unwrap_or_else(|| Key::from(*dice.pick(&sample::NAMES)));
    let person = |dice: &mut Dice, own: Option<&PersonId>| {
        own.cloned().unwrap_or_else(|| PersonId::from(*dice.pick(&sample::NAMES)))
    };
    match dice.below(44) {
        20 => filter.except.extend([ticket.kind.clone(), "nothing".into()].into_iter().skip(dice.below(2))),
        0 => filter.ids.push(ticket.id),
        1 => filter.numbers.extend([ticket.number, ticket.number + 1]),
        2 => filter.kinds.push(ticket.kind.clone()),
        3 => filter.statuses.extend([ticket.status, *dice.pick(&Status::ALL)]),
        4 => filter.states.push(ticket.state.clone()),
        5 => filter.priorities.extend([ticket.priority(), Priority::P1]),
        6 => filter.categories.push(key(dice, &ticket.category)),
        7 => filter.teams.push(key(dice, &ticket.team)),
        8 => filter.queues.push(key(dice, &ticket.queue)),
        9 if dice.once_in(2) => filter.assignee = Assignee::Nobody,
        9 => filter.assignee = Assignee::Is(vec![person(dice, ticket.assignee.as_ref())]),
        10 => filter.requesters.push(person(dice, ticket.requester.as_ref())),
        11 => filter.watchers.extend([person(dice, ticket.watchers.first()), "nobody".into()]),
        12 => filter.channels.push(ticket.channel),
        13 => filter.tags.extend(ticket.tags.iter().take(2).cloned()),
        14 => filter.fields.push(comparison(dice, ticket)),
        15 => filter.externals.push(ticket.external.clone().unwrap_or_default()),
        16 => filter.created = period(dice, ticket.created),
        17 => filter.updated = period(dice, ticket.updated),
        18 => filter.resolved = period(dice, ticket.resolved.unwrap_or(ticket.created)),
        19 => filter.organisations.push(key(dice, &ticket.organisation)),
        21 => filter.waiting.extend([Waiting::Until].into_iter().chain(ticket.waiting)),
        22 | 23 => filter.has.push(*dice.pick(&Part::ALL)),
        24 | 25 => filter.flags.push(*dice.pick(&FLAGS)),
        26 | 27 => {
            let counter = *dice.pick(&Counter::ALL);
            filter.counts.push((counter, bounds(dice, counter.of(ticket).unwrap_or(1))));
        }
        28 => filter.promises.push(promise(dice, sample)),
        29 => filter.linked.push(linked(dice, ticket)),
        34..=37 => filter.past.push(past(dice, ticket)),
        30 => filter.responded = period(dice, ticket.responded.unwrap_or(ticket.created)),
        31 => filter.first_resolved = period(dice, ticket.first_resolved.unwrap_or(ticket.created)),
        32 => filter.closed = period(dice, ticket.closed.unwrap_or(ticket.created)),
        33 => filter.due = period(dice, marks.rank.map_or(ticket.created, |rank| rank.due)),
        38 | 39 => filter.phrases.push(phrase(dice, sample)),
        40 | 41 => filter.prefixes.push(beginning(dice, sample)),
        _ => filter.words.extend((0..=dice.below(2)).map(|_| word(dice, sample))),
    }
}

/// A word of one of the ticket's texts, at times as only an index spells it.
fn word(dice: &mut Dice, sample: &Sample) -> String {
    let words: Vec<&String> = sample.texts.iter().flat_map(|text| &text.words).collect();
    let word = dice.pick(&words).to_string();
    if dice.once_in(8) { format!("§{word}") } else { word }
}

/// Some words that stand together in one of the ticket's texts, or nearly so; at times in other letters, with other signs
/// between them, or from two texts.
fn phrase(dice: &mut Dice, sample: &Sample) -> String {
    let of = |dice: &mut Dice| {
        let words = &dice.pick(&sample.texts).words;
        let first = dice.below(words.len().max(1));
        words.iter().skip(first).take(1 + dice.below(4)).cloned().collect::<Vec<String>>()
    };
    let mut words = of(dice);
    match dice.below(6) {
        0 => words.extend(of(dice)),
        1 => words.reverse(),
        2 => words = words.iter().map(|word| word.to_uppercase()).collect(),
        _ => {}
    }
    words.join(*dice.pick(&[" ", " ", "-", "\" OR \"", "% _\\ '", " § "]))
}

/// How a word of the ticket begins, or nearly so.
fn beginning(dice: &mut Dice, sample: &Sample) -> String {
    let word = word(dice, sample);
    let length = 1 + dice.below(word.chars().count());
    let start: String = word.chars().take(length).collect();
    start + *dice.pick(&["", "", "*", "x", "%", "_"])
}

/// Mostly of the field's own type, so that it can hold; sometimes of another, so that it must not.
fn comparison(dice: &mut Dice, ticket: &Ticket) -> (Key, Cmp) {
    let (key, value) = sample::field(dice);
    let (other, own) = ticket.fields.iter().next().map_or_else(|| sample::field(dice), |(k, v)| (k.clone(), v.clone()));
    match dice.below(6) {
        0 => (key, Cmp::Set),
        1 => (other, Cmp::Eq(own)),
        2 => (other, Cmp::In(vec![value, own])),
        3 => (other, Cmp::AtLeast(value)),
        4 => (key, Cmp::AtLeast(value)),
        _ => (key, Cmp::AtMost(value)),
    }
}

/// With an end exactly at the number, so that it matters that ends are in; at times with none, or with nothing within.
fn bounds(dice: &mut Dice, number: i64) -> Bounds {
    match dice.below(5) {
        0 => Bounds { least: Some(number), most: None },
        1 => Bounds { least: None, most: Some(number) },
        2 => Bounds { least: Some(number + 1), most: Some(number) },
        3 => Bounds::default(),
        _ => Bounds::exactly(number),
    }
}

fn promise(dice: &mut Dice, sample: &Sample) -> Promise {
    let due = sample.marks.targets.iter().find_map(|target| target.due).unwrap_or_else(sample::start);
    let policy = *dice.pick(&["response", "resolution", "response", "resolution", "nothing"]);
    let stands = match dice.below(6) {
        0 => Stands::Breached,
        1 => Stands::Excused,
        2 => Stands::Running,
        3 => Stands::Paused,
        4 => Stands::Due(Period::default()),
        _ => Stands::Due(period(dice, due)),
    };
    Promise { policy: (!dice.once_in(3)).then(|| policy.into()), stands }
}

fn linked(dice: &mut Dice, ticket: &Ticket) -> Linked {
    let own = ticket.links.first().map(|link| link.kind);
    let kind = if dice.once_in(3) { None } else { Some(own.unwrap_or(*dice.pick(&LinkKind::ALL))) };
    let to = *dice.pick(&[End::Any, End::Open, End::Open, End::Number(1), End::Number(2), End::Number(3)]);
    Linked { kind, to }
}

/// Of a turn that there was, or nearly so.
fn past(dice: &mut Dice, ticket: &Ticket) -> Past {
    let turns = ticket.trail.turns();
    let turn = if turns.is_empty() { None } else { Some(dice.pick(turns)) };
    let aspect = turn.map_or_else(|| *dice.pick(&Aspect::ALL), |turn| turn.aspect);
    let now = aspect.of(ticket);
    let (from, to) = turn.map_or((None, now.clone()), |turn| (turn.from.clone(), turn.to.clone()));
    let other = Some(Key::from(*dice.pick(&["p1", "p3", "open", "resolved", "net", "desk"])));
    let some = |dice: &mut Dice, value: Option<Key>| match dice.below(4) {
        0 => Vec::new(),
        1 => vec![value, other.clone()],
        2 => vec![value, None],
        _ => vec![value],
    };
    let at = turn.map_or(ticket.created, |turn| if dice.once_in(2) { turn.at } else { turn.since });
    let period = if dice.once_in(2) { period(dice, at) } else { Period::default() };
    if dice.once_in(2) {
        let value = if dice.once_in(3) { now } else { from };
        return Past::Was { aspect, values: some(dice, value), period };
    }
    let by = if dice.once_in(3) { vec![turn.map_or_else(|| "ada".into(), |turn| turn.by.clone())] } else { Vec::new() };
    Past::Changed { aspect, from: some(dice, from), to: some(dice, to), by, period }
}

/// With an end exactly at the instant, so that it matters which ends are in.
fn period(dice: &mut Dice, at: DateTime<Utc>) -> Period {
    match dice.below(3) {
        0 => Period { from: Some(at), to: None },
        1 => Period { from: None, to: Some(at) },
        _ => Period::between(sample::start(), at),
    }
}

/// A sample among all of them.
struct Among<'a>(&'a Sample, &'a [Sample]);

impl Beside for Among<'_> {
    /// As one would by hand, and not as the library does.
    fn has_terms(&self, terms: &Terms, public: bool) -> bool {
        let texts: Vec<&[String]> =
            self.0.texts.iter().filter(|text| !(public && text.internal)).map(|text| text.words.as_slice()).collect();
        let words = || texts.iter().copied().flatten();
        terms.words().all(|word| words().any(|one| one == word))
            && terms.prefixes().all(|prefix| words().any(|one| one.starts_with(prefix)))
            && terms
                .phrases()
                .all(|phrase| texts.iter().any(|text| text.windows(phrase.len()).any(|some| some == phrase)))
    }

    fn other(&self, id: TicketId) -> Option<Other> {
        let other = &self.1.iter().find(|other| other.ticket.id == id)?.ticket;
        Some(Other { number: other.number, status: other.status })
    }
}

impl Sample {
    /// Tells whether a filter means the ticket, which is one of some.
    pub fn is_meant(&self, filter: &Filter, samples: &[Self]) -> bool {
        filter.matches(&self.ticket, &self.marks, &Among(self, samples))
    }

    pub(crate) fn place(&self, sort: Sort) -> Option<Cursor> {
        Cursor::of(sort, &self.ticket, self.marks.rank)
    }
}

/// What a query means: every ticket looked at, all of them sorted, the page cut out.
pub fn page(samples: &[Sample], query: &Query) -> Page {
    let Query { filter, order, after: _, until: _, limit } = query;
    let placed = |sample: &Sample| Some((sample.place(order.by)?, std::sync::Arc::clone(&sample.ticket)));
    let mut found: Vec<_> =
        samples.iter().filter(|sample| sample.is_meant(filter, samples)).filter_map(placed).collect();
    found.sort_unstable_by_key(|(place, _)| *place);
    if order.descending {
        found.reverse();
    }
    found.retain(|(place, _)| query.spans(*place));
    let next = if found.len() > *limit { found[..*limit].last().map(|(place, _)| *place) } else { None };
    Page { tickets: found.into_iter().take(*limit).map(|(_, ticket)| ticket).collect(), next }
}

/// What a scan means: every ticket looked at, and added up.
///
/// # Panics
///
/// If the tickets' figures cannot be read back.
pub fn tables(samples: &[Sample], scan: &Scan) -> Vec<Table> {
    let mut tallier = Tallier::new(scan);
    for sample in samples.iter().filter(|sample| sample.is_meant(&scan.filter, samples)) {
        let texts = sample.marks.texts(&scan.needs());
        tallier.add(&Figures::of(&sample.ticket, &sample.marks, &texts)).expect("figures read back");
    }
    tallier.finish()
}
