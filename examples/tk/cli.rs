//! The command line.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::{Args, Parser, Subcommand};
use ticketcore::time::span;
use ticketcore::{Actor, Key, Level, LinkKind, PersonId, Position};

use crate::names::{Reference, actor, named};
use crate::place::Place;
use crate::search::Search;

/// A desk on the command line.
///
/// A ticket is named by its number, by `INC-12`, or by its id.
#[derive(Debug, Parser)]
#[command(name = "tk")]
pub(crate) struct Tk {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Who acts: agent:ada, requester:bo, integration:mail; you, as an agent, unless said otherwise
    #[arg(long = "as", global = true, value_name = "ACTOR", value_parser = actor)]
    pub(crate) actor: Option<Actor>,
    /// A role of whoever acts
    #[arg(long, global = true)]
    pub(crate) role: Vec<Key>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    #[command(flatten)]
    Read(Read),
    #[command(flatten)]
    Write(Write),
    /// Print, check or publish a configuration
    #[command(subcommand)]
    Config(Configuration),
    /// Print what happens, as it happens
    Watch {
        /// From this position of the feed on; from now on unless said otherwise
        #[arg(long, value_parser = position)]
        after: Option<Position>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Read {
    /// List tickets: the open ones in the order of work, unless said otherwise
    List {
        #[command(flatten)]
        search: Search,
        /// Resolved and closed ones too, the last changed first
        #[arg(long)]
        all: bool,
    },
    /// List a queue in the order of work
    Queue { name: Key },
    /// Show a ticket
    Show { ticket: Reference },
    /// Tell what happened to a ticket
    History { ticket: Reference },
    /// List the moves, and why not the others
    Moves { ticket: Reference },
    /// Read the clocks of a ticket
    Clocks { ticket: Reference },
    /// Explain a clock: which times counted, and why
    Explain { ticket: Reference, policy: Key },
    /// Print a report: overview, volume, response, attainment, daily, weekly, monthly, agents, reopens
    Report {
        #[arg(default_value = "overview")]
        name: String,
        /// Print CSV
        #[arg(long, conflicts_with = "json")]
        csv: bool,
    },
    /// Draw a workflow as a Mermaid diagram
    Workflow {
        id: Key,
        /// As a Graphviz digraph
        #[arg(long)]
        dot: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Configuration {
    /// Print the configuration in force, as TOML
    Show,
    /// Name every fault of a file
    Check { file: PathBuf },
    /// Put a file into force
    Publish { file: PathBuf },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Write {
    /// Open a ticket
    New(New),
    /// Take a transition
    Move {
        ticket: Reference,
        transition: Key,
        /// An internal note that goes with it
        #[arg(long)]
        note: Option<String>,
    },
    /// Make an agent accountable, or nobody: `-`
    Assign { ticket: Reference, person: PersonId },
    /// Write to whom the ticket is for
    Comment {
        ticket: Reference,
        text: String,
        /// Write to the other agents instead
        #[arg(long)]
        internal: bool,
    },
    /// Set subject, team, queue, category, requester, external or fields of the desk; nothing after the `=` clears
    Set {
        ticket: Reference,
        #[arg(required = true, value_name = "FIELD=VALUE", value_parser = pair)]
        fields: Vec<(Key, String)>,
    },
    /// Take a ticket on: nobody needs to be paged any more
    Ack { ticket: Reference },
    /// Put a ticket away for a while: 2h, 1d 12h
    Snooze {
        ticket: Reference,
        #[arg(value_name = "TIME", value_parser = span::parse)]
        time: TimeDelta,
    },
    /// Link two tickets: blocks, blocked_by, parent, child, relates, duplicates, duplicated_by, causes, caused_by
    Link {
        ticket: Reference,
        #[arg(value_parser = named::<LinkKind>)]
        kind: LinkKind,
        other: Reference,
    },
    /// Do what time made due; a running server does so by itself
    Tick,
}

#[derive(Args, Debug)]
pub(crate) struct New {
    /// incident, request, problem, change, task
    pub(crate) kind: Key,
    pub(crate) subject: String,
    #[arg(long)]
    pub(crate) description: Option<String>,
    #[arg(long)]
    pub(crate) requester: Option<PersonId>,
    /// How much is affected: high, medium or low
    #[arg(long, default_value = "medium", value_parser = level)]
    pub(crate) impact: Level,
    /// How soon it hurts: high, medium or low
    #[arg(long, default_value = "medium", value_parser = level)]
    pub(crate) urgency: Level,
    #[arg(long)]
    pub(crate) team: Option<Key>,
    #[arg(long)]
    pub(crate) queue: Option<Key>,
    #[arg(long)]
    pub(crate) tag: Vec<Key>,
    #[arg(long, value_name = "FIELD=VALUE", value_parser = pair)]
    pub(crate) field: Vec<(Key, String)>,
}

impl Verb {
    /// Whether it makes sense where there is no desk yet.
    pub(crate) const fn may_begin(&self) -> bool {
        matches!(self, Self::Write(Write::New(_)) | Self::Config(Configuration::Publish { .. }))
    }
}

fn pair(text: &str) -> Result<(Key, String), String> {
    let (field, value) = text.split_once('=').ok_or("expected FIELD=VALUE")?;
    Ok((Key::from(field), value.to_owned()))
}

fn level(text: &str) -> Result<Level, String> {
    match text {
        "high" => Ok(Level::HIGH),
        "medium" => Ok(Level::MEDIUM),
        "low" => Ok(Level::LOW),
        number => number.parse().map(Level).map_err(|_| "expected high, medium, low or a number".to_owned()),
    }
}

fn position(text: &str) -> Result<Position, std::num::ParseIntError> {
    text.parse().map(Position)
}
