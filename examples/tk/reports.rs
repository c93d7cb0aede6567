//! Reports and workflows: as text in every format, and as pictures.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use serde_json::json;
use ticketcore::report::{Ask, Format, Section, named, standard};
use ticketcore::{Desk, Error, Filter, Key};
use ticketcore_picture::{Graph, Picture, Theme, of};

use crate::output::Look;
use crate::print::{self, list};
use crate::progress::Progress;
use crate::views::instant_of;
use crate::{Printed, report};

/// Which report, and how it is given out.
#[derive(Args, Debug)]
pub(crate) struct Reports {
    #[arg(default_value = "overview")]
    name: String,
    /// table, json, ndjson, csv or markdown
    #[arg(long, conflicts_with = "json")]
    format: Option<Format>,
    /// As it was then: 2026-03-01, or 2026-03-01T09:00:00Z
    #[arg(long, value_parser = instant_of)]
    as_of: Option<DateTime<Utc>>,
    /// Of which of its sections the picture is, counted from 1; of the first that has one unless said otherwise
    #[arg(long, value_name = "NUMBER", requires = "svg")]
    section: Option<usize>,
    #[command(flatten)]
    picture: Drawn,
}

/// Which workflow, and how it is drawn.
#[derive(Args, Debug)]
pub(crate) struct Workflows {
    id: Key,
    /// As a Graphviz digraph
    #[arg(long, conflicts_with = "svg")]
    dot: bool,
    #[command(flatten)]
    picture: Drawn,
}

/// Where a picture goes.
#[derive(Args, Debug)]
pub(crate) struct Drawn {
    /// Write a picture to this file, instead of text
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    svg: Option<PathBuf>,
    /// The ground it is for; the one the reader prefers unless said otherwise
    #[arg(long, value_enum, default_value = "auto", requires = "svg")]
    theme: Ground,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Ground {
    Auto,
    Light,
    Dark,
}

impl From<Ground> for Theme {
    fn from(ground: Ground) -> Self {
        match ground {
            Ground::Auto => Self::Auto,
            Ground::Light => Self::Light,
            Ground::Dark => Self::Dark,
        }
    }
}

pub(crate) async fn run(desk: &Desk, reports: &Reports, as_json: bool) -> Printed {
    let Reports { name, format, as_of, section, picture } = reports;
    let report = named(name).ok_or_else(|| format!("there is no report `{name}`; there are {}", report::names()))?;
    let sections = match as_of {
        Some(at) => {
            let past = desk.as_of(*at).await?;
            Progress::new("looking").wait(past.report(&*report, &past.ask())).await?
        }
        None => Progress::new("counting").wait(desk.report(&*report, &asked(desk).await?)).await?,
    };
    if let Some(file) = &picture.svg {
        let drawn = match section {
            None => sections.iter().find_map(of),
            Some(number) => number.checked_sub(1).and_then(|place| sections.get(place)).and_then(of),
        };
        return match drawn {
            Some(drawn) => draw(&*drawn, file, picture.theme),
            None => Err(without(desk, name, section.is_some(), &sections).await?.into()),
        };
    }
    Ok(match format.unwrap_or(if as_json { Format::Json } else { Format::Table }) {
        Format::Table => sections.iter().map(|section| Look::stdout().section(section)).collect::<Vec<_>>().join("\n"),
        format @ (Format::Json | Format::Ndjson | Format::Csv | Format::Markdown) => format.write(name, &sections),
    })
}

/// What reports are asked, with what the directory says of agents.
async fn asked(desk: &Desk) -> Result<Ask, Error> {
    Ok(desk.ask().await?.capacity(desk.capacities().await?))
}

/// What has a picture, for whoever asked for another.
async fn without(desk: &Desk, name: &str, is_section: bool, sections: &[Section]) -> Printed {
    if is_section {
        let numbers = (1..).zip(sections).filter(|(_, section)| of(section).is_some());
        let numbers = list(numbers.map(|(number, section)| format!("{number} ({})", section.title)));
        return Ok(format!("that section of `{name}` has no picture; those that have one are {numbers}"));
    }
    let ask = asked(desk).await?;
    let mut names = Vec::new();
    for report in standard() {
        let sections: Vec<Section> = desk.report(&*report, &ask).await?;
        if sections.iter().any(|section| of(section).is_some()) {
            names.push(report.name().to_owned());
        }
    }
    Ok(format!("the report `{name}` has no picture; those that have one are {}", list(names)))
}

fn draw(picture: &dyn Picture, file: &Path, ground: Ground) -> Printed {
    std::fs::write(file, picture.svg(ground.into())).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(format!("{}: {}\n", file.display(), print::clean(&picture.table().title)))
}

pub(crate) async fn workflow(desk: &Desk, workflows: &Workflows, as_json: bool) -> Printed {
    let Workflows { id, dot, picture } = workflows;
    let rulebook = desk.rulebook().await?;
    let known = || list(rulebook.now().config.workflows.iter().map(|workflow| &workflow.id));
    let workflow = rulebook.now().newest(id);
    let workflow = workflow.ok_or_else(|| format!("there is no workflow `{id}`; there are {}", known()))?;
    if let Some(file) = &picture.svg {
        let kinds = rulebook.now().config.kinds.iter().filter(|(_, kind)| kind.workflow == *id);
        let kinds: Vec<Key> = kinds.map(|(kind, _)| kind.clone()).collect();
        let mut graph = Graph::new(workflow);
        // No kind is every kind to a filter.
        if !kinds.is_empty() {
            let scan = Graph::scan(Filter { kinds, ..Filter::all() }, desk.now());
            graph = graph.told(&Progress::new("counting").wait(desk.tally(&scan)).await?);
        }
        return draw(&graph, file, picture.theme);
    }
    Ok(match (as_json, dot) {
        (true, _) => print::json(&json!(workflow)),
        (false, true) => workflow.dot(),
        (false, false) => workflow.mermaid(),
    })
}
