//! Under which rules: budgets, calendars, configurations.

use chrono::{TimeDelta, Weekday};
use proptest::prelude::*;
use proptest::sample::select;
use ticketcore::time::{Hours, Zone};
use ticketcore::{Config, Policy, Priority, Span};

use crate::promises::{PROMISES, Promise};

/// How many minutes each of the first four priorities has, if any.
pub(crate) type Budgets = [Option<u32>; 4];

pub(crate) fn minutes(n: i64) -> TimeDelta {
    TimeDelta::minutes(n)
}

pub(crate) fn budgets() -> impl Strategy<Value = Budgets> {
    let one =
        || prop_oneof![1 => Just(None), 3 => (1..600_u32).prop_map(Some), 3 => (1..12_u32).prop_map(|n| Some(30 * n))];
    [one(), one(), one(), one()]
}

pub(crate) fn with_budgets(policy: Policy, budgets: Budgets) -> Policy {
    let targets = Priority::all().zip(budgets);
    targets.fold(policy, |policy, (priority, budget)| match budget {
        Some(minutes) => policy.target(priority, Span::minutes(minutes)),
        None => policy,
    })
}

const CALENDARS: [&str; 4] = ["wall", "office", "nights", "always"];

pub(crate) fn calendars() -> impl Strategy<Value = &'static str> {
    select(&CALENDARS[..])
}

pub(crate) fn hours(name: &str) -> Hours {
    let utc = || Hours::new(Zone::utc());
    let daily = |hours: Hours, window: &str| hours.weekdays(window).on(Weekday::Sat, window).on(Weekday::Sun, window);
    match name {
        // Its clocks change in the night from 28 to 29 March 2026.
        "office" => Hours::new(Zone::named("Europe/Berlin").unwrap())
            .weekdays("09:00-12:30")
            .weekdays("13:15-17:00")
            .on(Weekday::Sun, "01:30-03:30")
            .holiday("2026-04-03".parse().unwrap()),
        "nights" => daily(daily(utc(), "22:10-24:00"), "00:00-05:55"),
        _ => daily(utc(), "00:00-24:00"),
    }
}

/// The help desk with some policies, each counting in a calendar or, for `wall`, in none.
pub(crate) fn config(policies: impl IntoIterator<Item = Policy>, calendar: &'static str) -> Config {
    // Each that is named takes a while to compile.
    let named = CALENDARS.into_iter().filter(|name| *name != "wall" && [calendar, "always"].contains(name));
    let bare = Config { policies: Vec::new(), ..Config::default() };
    let config = named.fold(bare, |config, name| config.calendar(name, hours(name)));
    let with_calendar = |policy: Policy| if calendar == "wall" { policy } else { policy.calendar(calendar) };
    policies.into_iter().map(with_calendar).fold(config, Config::policy)
}

pub(crate) fn promises() -> impl Strategy<Value = Promise> {
    select(PROMISES.map(|(_, promise)| promise).to_vec())
}
