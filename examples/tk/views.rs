//! Saved views, live tables, and the past tried out under other rules.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::Subcommand;
use serde_json::{Value, json};
use ticketcore::desk::{List, Played, WhatIf};
use ticketcore::report::{Dimension, Heading, Section, Value as Cell, named};
use ticketcore::view::{Column, View};
use ticketcore::whatif::{Changed, Staffed};
use ticketcore::{Config, Desk, Filter, Key, Party};

use crate::deeds::party;
use crate::print::{clean, instant, list, or_dash, table};
use crate::progress::Progress;
use crate::{Printed, output::Look, print, report, view};

#[derive(Debug, Subcommand)]
pub(crate) enum Views {
    /// List the views you may open, with how many tickets each has; `open`, `put` or `rm` one
    #[command(subcommand)]
    View(ViewVerb),
    /// Tables that are kept up to date, so that reading them takes no longer however many tickets there are
    #[command(subcommand)]
    Live(LiveVerb),
    /// Play a stretch of the past again under other rules, and tell what would have been different
    WhatIf {
        /// The other rules, as a configuration file
        rules: PathBuf,
        /// From when: 2026-03-01, or 2026-03-01T09:00:00Z
        #[arg(long, value_parser = instant_of)]
        from: DateTime<Utc>,
        /// Until when; until now unless said otherwise
        #[arg(long, value_parser = instant_of)]
        to: Option<DateTime<Utc>>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ViewVerb {
    /// List them, with how many tickets each has
    List,
    /// Save a question: `tk view put mine 'is:open assignee:me sort:due'`
    Put {
        key: Key,
        question: String,
        #[arg(long, default_value = "")]
        title: String,
        /// What is shown of each ticket, in this order: number, subject, field.site
        #[arg(long = "column")]
        columns: Vec<Column>,
        /// By what its tickets are counted in groups: team, status, assignee
        #[arg(long, value_parser = dimension)]
        group: Option<Dimension>,
        /// Let everybody open it
        #[arg(long)]
        everybody: bool,
        /// Let a person, a team or an organisation open it: team/net
        #[arg(long, value_parser = party)]
        share: Vec<Party>,
    },
    /// Open one, and narrow it further if more is said
    Open {
        key: Key,
        #[arg(default_value = "")]
        question: String,
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// A bookmark of an earlier page
        #[arg(long)]
        page: Option<String>,
    },
    /// Count the tickets of one by what it groups them by
    Groups { key: Key },
    /// Remove one
    Rm { key: Key },
}

#[derive(Debug, Subcommand)]
pub(crate) enum LiveVerb {
    /// List what is kept
    List,
    /// Keep the tables of a report: `tk live keep wall volume`
    Keep {
        name: Key,
        report: String,
        /// Of these tickets only
        #[arg(default_value = "")]
        question: String,
    },
    /// Print the tables as they stand, and how far they are behind
    Show { name: Key },
    /// Count the tables anew
    Rebuild { name: Key },
    /// Keep the tables no longer
    Rm { name: Key },
}

pub(crate) async fn run(desk: &Desk, verb: &Views, as_json: bool) -> Printed {
    match verb {
        Views::View(verb) => saved(desk, verb, as_json).await,
        Views::Live(verb) => live(desk, verb, as_json).await,
        Views::WhatIf { rules, from, to } => {
            let text = fs::read_to_string(rules).map_err(|error| format!("{}: {error}", rules.display()))?;
            let config: Config = toml::from_str(&text).map_err(|error| format!("{}: {error}", rules.display()))?;
            let asked = WhatIf::between(*from, to.unwrap_or_else(|| desk.now())).config(config);
            let played = Progress::new("playing").wait(desk.what_if(&asked)).await?;
            Ok(if as_json { print::json(&json!(played)) } else { what_if(&played) })
        }
    }
}

async fn saved(desk: &Desk, verb: &ViewVerb, as_json: bool) -> Printed {
    match verb {
        ViewVerb::List => {
            let (views, counts) = (desk.views().await?, desk.count_views().await?);
            let count = |key: &Key| counts.iter().find(|counted| counted.key == *key).map(|counted| &counted.count);
            if as_json {
                let view = |view: &View| json!({ "view": view, "count": count(&view.key).and_then(|count| count.as_ref().ok()) });
                return Ok(print::json(&views.iter().map(|found| view(&found.record)).collect::<Value>()));
            }
            let row = |View { key, title, owner, question, .. }: &View| {
                let count = match count(key) {
                    Some(Ok(count)) => count.to_string(),
                    Some(Err(misread)) => misread.brief(),
                    None => "-".to_owned(),
                };
                [key.to_string(), count, owner.to_string(), title.clone(), question.clone()]
            };
            let rows = views.iter().map(|found| row(&found.record)).collect();
            Ok(table(["VIEW", "TICKETS", "OWNER", "TITLE", "QUESTION"], rows))
        }
        ViewVerb::Put { key, question, title, columns, group, everybody, share } => {
            let mut view = View::new(key.clone(), question).title(title);
            if !columns.is_empty() {
                view = view.columns(columns.clone());
            }
            (view.group, view.everybody) = (group.clone(), *everybody);
            view.shared = share.iter().cloned().collect();
            let put = desk.put_view(view, None).await?;
            Ok(format!("{key}: version {}\n", put.version))
        }
        ViewVerb::Open { key, question, limit, page } => {
            let mut asked = List::new(question).limit(*limit);
            if let Some(page) = page {
                asked = asked.from(page);
            }
            let listing = desk.open_view(key.clone(), &asked).await?;
            if as_json {
                let tickets: Value = listing.tickets.iter().map(|one| view::ticket(one)).collect();
                let (previous, next) = (listing.previous, listing.next);
                return Ok(print::json(&json!({ "tickets": tickets, "previous": previous, "next": next })));
            }
            let columns = desk.saved_view(key.clone()).await?.map(|found| found.record.columns).unwrap_or_default();
            let cell = |text: Option<String>| text.map_or(Cell::Empty, |text| Cell::Text(clean(&text)));
            let section = Section {
                title: key.to_string(),
                headings: columns.iter().map(|column| Heading::new(column.name())).collect(),
                rows: listing
                    .tickets
                    .iter()
                    .map(|ticket| columns.iter().map(|column| cell(column.of(ticket))).collect())
                    .collect(),
                ..Section::default()
            };
            let turn = |name: &str, bookmark: Option<String>| {
                bookmark.map(|bookmark| format!("{name}: --page {bookmark}\n")).unwrap_or_default()
            };
            Ok(print::rows(&section) + &turn("before", listing.previous) + &turn("more", listing.next))
        }
        ViewVerb::Groups { key } => {
            let groups = desk.view_groups(key.clone()).await?;
            if as_json {
                let group = |cell: String, count: u64| json!({ "group": cell, "count": count });
                return Ok(print::json(&groups.iter().map(|one| group(one.cell.to_string(), one.count)).collect()));
            }
            Ok(table(
                ["GROUP", "TICKETS"],
                groups.iter().map(|one| [one.cell.to_string(), one.count.to_string()]).collect(),
            ))
        }
        ViewVerb::Rm { key } => {
            desk.remove_view(key.clone()).await?;
            Ok(format!("{key}: removed\n"))
        }
    }
}

async fn live(desk: &Desk, verb: &LiveVerb, as_json: bool) -> Printed {
    match verb {
        LiveVerb::List => Ok(format!("{}\n", list(desk.lives().await?))),
        LiveVerb::Keep { name, report, question } => {
            let known = || format!("there is no report `{report}`; there are {}", report::names());
            let mut tables = named(report).ok_or_else(known)?.tables(&desk.ask().await?);
            // What changes as time goes by, without anything happening, cannot be kept.
            let mut left: Vec<String> = Vec::new();
            for table in &mut tables {
                left.extend(
                    table.measures.extract_if(.., |measure| measure.moves()).map(|measure| measure.to_string()),
                );
            }
            tables.retain(|table| !table.measures.is_empty() && !table.by.iter().any(Dimension::moves));
            left.dedup();
            let left = if left.is_empty() { String::new() } else { format!(", without {}", list(left)) };
            let filter = if question.is_empty() { Filter::all() } else { desk.question(question).await?.filter };
            desk.keep_live(name.clone(), filter, tables).await?;
            let events = Progress::new("counting").wait(desk.catch_up()).await?;
            Ok(format!(
                "{name}: {} tables, {events} events counted{left}\n",
                desk.live(name.clone()).await?.tables.len()
            ))
        }
        LiveVerb::Show { name } => shown(desk, name, as_json).await,
        LiveVerb::Rebuild { name } => {
            Progress::new("counting").wait(desk.rebuild_live(name.clone())).await?;
            shown(desk, name, as_json).await
        }
        LiveVerb::Rm { name } => {
            desk.drop_live(name.clone()).await?;
            Ok(format!("{name}: removed\n"))
        }
    }
}

async fn shown(desk: &Desk, name: &Key, as_json: bool) -> Printed {
    let live = desk.live(name.clone()).await?;
    let sections: Vec<Section> =
        live.tables.iter().zip(1..).map(|(table, number)| Section::new(format!("Table {number}"), "", table)).collect();
    if as_json {
        let tables: Value = json!(sections);
        let (at, behind) = (live.at, live.behind);
        return Ok(print::json(&json!({ "tables": tables, "position": live.position, "at": at, "behind": behind })));
    }
    let tables: Vec<String> = sections.iter().map(|section| Look::stdout().section(section)).collect();
    let state = match (live.behind, live.at) {
        (0, Some(at)) => format!("up to date; the last event was at {}", instant(at)),
        (0, None) => "up to date".to_owned(),
        (behind, _) => format!("{behind} events behind, the first of {}", or_dash(live.since.map(instant))),
    };
    Ok(format!("{}\n{state}\n", tables.join("\n")))
}

fn what_if(played: &Played) -> String {
    const SOME: usize = 20;
    let percent = |share: Option<f64>| or_dash(share.map(|share| format!("{:.1} %", share * 100.0)));
    let policies = played.promises.policies.iter().flat_map(|(policy, sides)| {
        [("was", sides[0]), ("would be", sides[1])].map(|(side, count)| {
            [
                policy.to_string(),
                side.to_owned(),
                count.met.to_string(),
                count.breached.to_string(),
                percent(count.attainment()),
            ]
        })
    });
    let mut text = format!("{} tickets looked at\n\n", played.promises.tickets);
    text += &table(["POLICY", "", "MET", "BREACHED", "ATTAINMENT"], policies.collect());
    let changed = &played.promises.changed;
    let side = |promise: &Option<ticketcore::engine::Promise>| {
        promise.as_ref().map_or_else(
            || "-".to_owned(),
            |one| {
                let outcome = json!(one.outcome).as_str().unwrap_or_default().to_owned();
                format!("{outcome}, due {}", or_dash(one.due.map(instant)))
            },
        )
    };
    let rows = changed.iter().take(SOME).map(|Changed { number, was, would, .. }| {
        let policy = was.as_ref().or(would.as_ref()).map(|one| one.policy.to_string()).unwrap_or_default();
        [number.to_string(), policy, side(was), side(would)]
    });
    text += &format!("\n{} promises would be others\n", changed.len());
    text += &table(["NUMBER", "POLICY", "WAS", "WOULD BE"], rows.collect());
    if changed.len() > SOME {
        text += &format!("… and {} more: --json has them all\n", changed.len() - SOME);
    }
    let sides = [("in fact", &played.in_fact), ("by the old routes", &played.was), ("by the new ones", &played.would)];
    let load = |(name, Staffed { people, waits }): (&str, &Staffed)| {
        let hours = |micros: i64| format!("{:.1} h", micros as f64 / 3.6e9);
        let peak = people.values().map(|shift| shift.peak).max().unwrap_or_default();
        let [half, most] =
            waits.micros.map_or(["-".to_owned(), "-".to_owned()], |[half, most, _]| [hours(half), hours(most)]);
        [name.to_owned(), waits.given.to_string(), waits.left.to_string(), half, most, peak.to_string()]
    };
    text += "\nhow tickets that were opened in the time found somebody\n";
    text + &table(["", "GIVEN", "LEFT", "WAIT, MEDIAN", "WAIT, 90 %", "MOST AT ONCE"], sides.map(load).into())
}

/// A day, from its beginning in UTC, or an instant.
pub(crate) fn instant_of(text: &str) -> Result<DateTime<Utc>, String> {
    let day = text.parse::<NaiveDate>().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    day.or_else(|_| text.parse())
        .map_err(|_| format!("`{text}` is neither a day nor an instant: 2026-03-01, 2026-03-01T09:00:00Z"))
}

fn dimension(name: &str) -> Result<Dimension, Box<dyn Error + Send + Sync>> {
    serde_json::from_value(Value::from(name)).map_err(|_| format!("tickets cannot be grouped by `{name}`").into())
}
