//! Tickets that differ in everything a question can be asked about.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::actor::Party;
use crate::channel::Channel;
use crate::command::{Command, Draft, Request};
use crate::config::{Config, Policy, Span};
use crate::event::Fact;
use crate::id::Key;
use crate::link::LinkKind;
use crate::priority::{Level, Priority};
use crate::query::words;
use crate::status::Status;
use crate::store::{Change, Marks, Store};
use crate::testing::{Clerk, Dice};
use crate::ticket::Ticket;
use crate::time::{Hours, Zone, from_micros};
use crate::value::{FieldType, Value};

/// Texts of tickets are made of these.
pub(crate) const WORDS: [&str; 10] =
    ["printer", "Printer's", "on", "fire", "NEAR", "Straße", "принтер", "4711", "db-01", "100%"];
pub(crate) const NAMES: [&str; 6] = ["net", "Net", "desk", "second \"level\"", "Größe", "o'neill"];
pub(crate) const KINDS: [&str; 3] = ["incident", "request", "task"];
pub(crate) const CHANNELS: [Channel; 3] = [Channel::Mail, Channel::Phone, Channel::Web];
pub(crate) const LEVELS: [Level; 3] = [Level::HIGH, Level::MEDIUM, Level::LOW];

/// What stands in a ticket's way, and what does not.
const LINKS: [LinkKind; 5] =
    [LinkKind::BlockedBy, LinkKind::Child, LinkKind::Child, LinkKind::Relates, LinkKind::Causes];

/// Custom fields; some have names that a path into JSON would have to quote.
pub(crate) const FIELDS: [(&str, FieldType); 5] = [
    ("note", FieldType::Text),
    ("a.b", FieldType::Text),
    ("$[0] \"x\\y\"", FieldType::Text),
    ("seats", FieldType::Int),
    ("vip", FieldType::Bool),
];

/// The rules of the suite: the default ones, custom fields, targets that can be kept and broken, business time.
pub fn config() -> Config {
    let zone = Zone::named("Europe/Berlin").expect("the zone is known");
    let config = Config {
        fields: FIELDS.into_iter().map(|(key, kind)| (Key::from(key), kind)).collect(),
        business: Some(Key::from("office")),
        ..Config::default()
    };
    config
        .calendar("office", Hours::new(zone).weekdays("09:00-17:00"))
        .policy(
            Policy::first_response("response")
                .target(Priority::P1, Span::minutes(30))
                .target(Priority::P3, Span::hours(4)),
        )
        .policy(
            Policy::resolution("resolution")
                .target(Priority::P1, Span::hours(2))
                .target(Priority::P5, Span::days(1))
                .restart(),
        )
}

/// When the suite begins: nine o'clock on 2 March 2026, a Monday.
pub fn start() -> DateTime<Utc> {
    from_micros(1_772_442_000_000_000).unwrap_or_default()
}

/// A ticket, with all that a store was told of it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The ticket as stored.
    pub ticket: Arc<Ticket>,
    /// What its index holds.
    pub marks: Marks,
    /// The texts it can be found by.
    pub texts: Vec<Text>,
}

/// A text that a ticket can be found by.
#[derive(Clone, Debug)]
pub struct Text {
    /// Its words, in order.
    pub words: Vec<String>,
    /// Whether only those find it who see everything of the ticket.
    pub internal: bool,
}

impl Sample {
    /// Writes a change and remembers what the store was told.
    async fn write(clerk: &Clerk, store: &dyn Store, change: Change, mut texts: Vec<Text>) -> Self {
        for Fact { event, text, .. } in &change.facts {
            let internal = words::is_internal(event);
            let of = |text| Text { words: words::split(text).collect(), internal };
            texts.extend(words::searchable(event, text.as_deref()).map(of));
        }
        let marks = change.marks.clone();
        Self { ticket: clerk.write(store, change).await, marks, texts }
    }
}

/// Opens tickets, and works on each of them for a while.
pub async fn fill(store: &dyn Store, clerk: &Clerk, dice: &mut Dice, count: usize) -> Vec<Sample> {
    let mut samples = Vec::new();
    for _ in 0..count {
        pass(clerk, dice);
        let mut sample = Sample::write(clerk, store, clerk.opening(draft(dice)), Vec::new()).await;
        for _ in 0..dice.below(6) {
            sample = stir(store, clerk, dice, sample).await;
        }
        samples.push(sample);
    }
    for _ in 0..count / 2 {
        // Reaching out to another, one is linked to it, or goes on in it at times.
        let (one, other) = (dice.below(count), dice.below(count));
        let to = samples[other].ticket.id;
        let command = if dice.once_in(8) { Command::Merge(to) } else { Command::Link(*dice.pick(&LINKS), to) };
        let others = [Arc::clone(&samples[other].ticket)];
        if one != other
            && let Some(change) = clerk.beside(&samples[one].ticket, command, others)
            && !change.facts.is_empty()
        {
            samples[one] = Sample::write(clerk, store, change, samples[one].texts.clone()).await;
        }
    }
    samples
}

/// Lets some time go by and something happen to a ticket, or its policies act.
pub async fn stir(store: &dyn Store, clerk: &Clerk, dice: &mut Dice, sample: Sample) -> Sample {
    pass(clerk, dice);
    // What was merged goes on elsewhere.
    let change = if dice.once_in(4) || sample.ticket.merged.is_some() {
        clerk.tick(&sample.ticket)
    } else {
        let request = request(clerk, dice, &sample.ticket);
        clerk.order(&sample.ticket, request)
    };
    Sample::write(clerk, store, change, sample.texts).await
}

/// Often no time at all, so that tickets are of an age.
fn pass(clerk: &Clerk, dice: &mut Dice) {
    clerk.pass(*dice.pick(&[TimeDelta::zero(), TimeDelta::zero(), TimeDelta::microseconds(1), TimeDelta::minutes(47)]));
}

fn text(dice: &mut Dice) -> String {
    let count = 1 + dice.below(4);
    let words: Vec<&str> = (0..count).map(|_| *dice.pick(&WORDS)).collect();
    words.join(" ")
}

fn name(dice: &mut Dice) -> &'static str {
    dice.pick::<&str>(&NAMES)
}

fn maybe<T: From<&'static str>>(dice: &mut Dice) -> Option<T> {
    (!dice.once_in(3)).then(|| T::from(name(dice)))
}

/// A field and a value it takes.
pub(crate) fn field(dice: &mut Dice) -> (Key, Value) {
    let (key, kind) = dice.pick(&FIELDS);
    let value = match kind {
        FieldType::Int => Value::Int(*dice.pick(&[i64::MIN, -1, 0, 1, 10, 9_007_199_254_740_993, i64::MAX])),
        FieldType::Bool => Value::Bool(dice.once_in(2)),
        _ => Value::from(*dice.pick(&["", "1", "10", "9", "true", "a", "Ä", "2026-03-02"])),
    };
    (Key::from(*key), value)
}

fn draft(dice: &mut Dice) -> Draft {
    let mut draft = Draft::new(*dice.pick(&KINDS), text(dice)).rated(*dice.pick(&LEVELS), *dice.pick(&LEVELS));
    draft.channel = *dice.pick(&CHANNELS);
    (draft.category, draft.team, draft.queue) = (maybe(dice), maybe(dice), maybe(dice));
    (draft.requester, draft.assignee) = (maybe(dice), maybe(dice));
    draft.external = maybe::<Key>(dice).map(|name| name.to_string());
    draft.description = dice.once_in(2).then(|| text(dice));
    draft.tags = (0..dice.below(3)).map(|_| name(dice).into()).collect();
    draft.organisation = maybe(dice);
    draft.watchers = (0..dice.below(3)).map(|_| name(dice).into()).collect();
    draft.fields = (0..dice.below(4)).map(|_| field(dice)).collect();
    draft
}

/// Somebody a ticket is shared with.
pub(crate) fn party(dice: &mut Dice) -> Party {
    match dice.below(3) {
        0 => Party::Person(name(dice).into()),
        1 => Party::Team(name(dice).into()),
        _ => Party::Organisation(name(dice).into()),
    }
}

/// What is solved is often scored, by the clerk, who has to take part for it.
fn request(clerk: &Clerk, dice: &mut Dice, ticket: &Ticket) -> Request {
    if ticket.answer() == Some(0) && dice.once_in(3) {
        let comment = dice.once_in(2).then(|| text(dice));
        let score = *dice.pick(&[1, 3, 4, 5]);
        return Request::from([Command::Invite("ada".into()), Command::Score(score, comment)]);
    }
    Request::from(command(clerk, dice, ticket))
}

fn command(clerk: &Clerk, dice: &mut Dice, ticket: &Ticket) -> Command {
    let moves = clerk.moves(ticket);
    match dice.below(24) {
        0..=4 if !moves.is_empty() => Command::Move(dice.pick(&moves).clone()),
        5 if ticket.status != Status::Closed => Command::reply(text(dice)),
        6 => Command::note(text(dice)),
        7 => Command::Assign(maybe(dice)),
        8 => Command::AssignTeam(maybe(dice)),
        9 => Command::Enqueue(maybe(dice)),
        10 => Command::ChangeRequester(maybe(dice)),
        11 => Command::Rename(text(dice)),
        12 => Command::Prioritise(*dice.pick(&[Priority::P1, Priority::P2, Priority::P4]), "the boss".to_owned()),
        13 => Command::Rate(*dice.pick(&LEVELS), *dice.pick(&LEVELS)),
        14 => {
            let (key, value) = field(dice);
            Command::Set(key, (!dice.once_in(3)).then_some(value))
        }
        15 => Command::Watch(name(dice).into()),
        16 => Command::Invite(name(dice).into()),
        17 => Command::Share(party(dice)),
        18 => {
            // A team is not referred to what it has.
            let team = Key::from(name(dice));
            if ticket.team.as_ref() == Some(&team) { Command::Recall(team) } else { Command::Refer(team) }
        }
        19 if ticket.status.is_open() => Command::Snooze(clerk.now() + TimeDelta::hours(1)),
        20 if ticket.status.is_open() => Command::Acknowledge(None),
        21 if ticket.status.is_open() => Command::Escalate(1),
        22 if ticket.policies.breaches.iter().any(|breach| breach.waived.is_none()) => {
            let policy = ticket.policies.breaches[0].policy.clone();
            Command::Waive(policy, "they agreed".to_owned())
        }
        _ => Command::Tag(name(dice).into()),
    }
}
