//! Questions as text, against a split at their blanks.

use std::hint::black_box;
use std::time::Duration;

use chrono::Utc;
use pollster::block_on;
use ticketcore::Config;
use ticketcore::query::language::{Question, Scope};

use crate::Bench;
use crate::common::latencies::pretty;
use crate::common::line::{Goal, Line, Pair};
use crate::common::timing::time;
use crate::common::{Error, Result};

/// Twelve terms of nearly every kind.
const TEXT: &str = "status:open priority>=high assignee:me tag:vpn created:>-7d due:<2h field.site:\"Novi Sad\" \
                    \"disk full\" or (team:db -is:escalated) sort:due";

/// What it takes to read a question, to print it, and to say what it means.
pub(crate) fn language(bench: &Bench) -> Result<Vec<Line>> {
    let count = bench.pick(10_000, 200_000);
    let split = || TEXT.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let pair =
        |round| Pair::measure(round, || median(count, || Question::parse(TEXT)), || median(count, split)).transpose();
    let pairs = (0..5).map(pair).collect::<Result<Vec<_>>>()?;
    let question = Question::parse(TEXT)?;
    let config = Config::default().field("site", ticketcore::FieldType::Text);
    let scope = Scope::new(&config, Utc::now()).by("ada");
    question.resolve(&scope)?;
    Ok(vec![
        Line::times("language, read a question", &pairs, Goal::Within(Duration::from_micros(10))),
        Line::known("language, print it", pretty(median(count, || question.to_string())?)),
        Line::known("language, say what it means", pretty(median(count, || question.resolve(&scope))?)),
    ])
}

fn median<T>(count: usize, call: impl Fn() -> T) -> Result<Duration> {
    let run = time(vec![(); count], async |()| Ok::<_, Error>(black_box(call())));
    Ok(block_on(run)?.latencies.median())
}
