//! The work: a help desk with promises to keep, and tickets of the size people write.
//!
//! A ticket has a subject of 60 bytes, a description of 500 and custom fields of some 80, a requester, a category, a team
//! and a queue. The desk promises a first response and a resolution at each priority, in opening hours.

use ticketcore::config::{Config, Level, Policy, Priority, Span};
use ticketcore::report::{Bucket, Dimension, Measure, TableSpec, Time, Unit};
use ticketcore::time::{Hours, Zone};
use ticketcore::{Actor, Draft, FieldType, Key};

use super::random::Random;

/// The queues that tickets stand in, evenly.
pub(crate) const QUEUES: [&str; 10] =
    ["network", "mail", "accounts", "printers", "telephony", "sap", "workplace", "web", "storage", "security"];

/// Who opens tickets and who works on them.
pub(crate) fn agent() -> Actor {
    Actor::agent("ada")
}

/// The desk's configuration.
pub(crate) fn config() -> Config {
    let berlin = Zone::named("Europe/Berlin").unwrap_or_else(|_| Zone::utc());
    let office = Hours::new(berlin).weekdays("08:00-18:00");
    let promises = [Policy::first_response("first_response"), Policy::resolution("resolution")];
    let mut config = Config::default().calendar("office", office);
    config.business = Some("office".into());
    for (field, kind) in [
        ("asset", FieldType::Text),
        ("contract", FieldType::Choice(vec!["gold".into(), "silver".into(), "bronze".into()])),
        ("floor", FieldType::Int),
        ("site", FieldType::Text),
    ] {
        config = config.field(field, kind);
    }
    for (policy, unit) in promises.into_iter().zip([1, 8]) {
        let hours = [1, 2, 4, 8, 16].map(|hours| Span::hours(hours * unit));
        let target = |policy: Policy, (priority, budget)| policy.target(priority, budget);
        config = config.policy(Priority::all().zip(hours).fold(policy.calendar("office"), target));
    }
    config
}

/// Writes a draft.
pub(crate) fn draft(random: &mut Random) -> Draft {
    let level = |random: &mut Random| *random.pick(&[Level::HIGH, Level::MEDIUM, Level::MEDIUM, Level::LOW]);
    Draft::incident(text(random, 60))
        .description(text(random, 500))
        .rated(level(random), level(random))
        .requester(format!("user-{:04}@example.org", random.below(5000)))
        .category(format!("category-{}", random.below(30)))
        .team(format!("team-{}", random.below(20)))
        .queue(*random.pick(&QUEUES))
        .field("asset", format!("laptop-{:06}", random.below(1_000_000)))
        .field("contract", *random.pick(&["gold", "silver", "bronze"]))
        .field("floor", i64::try_from(random.below(40)).unwrap_or_default())
        .field("site", format!("hamburg-{:02}", random.below(20)))
}

/// A text of so many bytes: words as frequent as words are, a few very much, most hardly ever.
pub(crate) fn text(random: &mut Random, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 8);
    while text.len() < bytes {
        text.push_str(&word(random.skewed(5000)));
        text.push(' ');
    }
    text.truncate(bytes - 1);
    text.push('.');
    text
}

/// The word of a rank; small ranks are the frequent ones.
pub(crate) fn word(rank: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ka", "lo", "mi", "nu", "pe", "ra", "si", "to", "vu", "wa", "xe", "yo", "za", "bi", "cu", "do"];
    let mut rest = rank + 16;
    let mut word = String::new();
    while rest > 0 {
        word.push_str(SYLLABLES[usize::try_from(rest % 16).unwrap_or_default()]);
        rest /= 16;
    }
    word
}

/// Where an incident stands, as far as the benchmarks move it: back and forth between work and waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    New,
    Open,
    Waiting,
}

impl Stage {
    /// A transition that starts here, and where it leads. From waiting and to it the ticket leaves and enters its queue.
    pub(crate) fn step(self, random: &mut Random) -> (Key, Self) {
        match self {
            Self::New if random.below(2) == 0 => (Key::from_static("start"), Self::Open),
            Self::New | Self::Open => (Key::from_static("wait"), Self::Waiting),
            Self::Waiting => (Key::from_static("resume"), Self::Open),
        }
    }
}

/// The name of the state of a stage.
impl From<Stage> for Key {
    fn from(stage: Stage) -> Self {
        Self::from_static(match stage {
            Stage::New => "new",
            Stage::Open => "open",
            Stage::Waiting => "waiting",
        })
    }
}

/// What a dashboard on the wall shows: counts, times, days, the load of each agent.
pub(crate) fn wall() -> Vec<TableSpec> {
    let day = || Bucket { unit: Unit::Day, zone: Zone::utc() };
    let times = [Measure::FirstResponse(Time::Wall), Measure::Resolution(Time::Wall)];
    vec![
        TableSpec::new([Dimension::Status, Dimension::Priority], [Measure::Count]),
        TableSpec::new([], times),
        TableSpec::new([Dimension::Created(day())], [Measure::Count]),
        TableSpec::new([Dimension::Resolved(day())], [Measure::Count]),
        TableSpec::new([Dimension::Assignee], [Measure::Backlog]),
    ]
}
