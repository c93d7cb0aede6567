//! The command line.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand};
use ticketcore::report::Format;
use ticketcore::{Actor, Key, Level, PersonId, Position, Version};

use crate::articles::Article;
use crate::bulk::Bulk;
use crate::customer::Customer;
use crate::deeds::Deed;
use crate::hits::Seek;
use crate::names::{Reference, actor};
use crate::past::Past;
use crate::people::{Directory, PersonVerb};
use crate::place::Place;
use crate::reports::{Reports, Workflows};
use crate::search::Search;
use crate::transfer::Transfer;
use crate::views::{Views, instant_of};

/// A desk on the command line.
///
/// A ticket is named by its number, by `INC-12`, or by its id.
#[derive(Debug, Parser)]
#[command(name = "tk")]
pub(crate) struct Tk {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Who acts: agent:ada, integration:mail, requester:bo@acme; else you, an agent
    #[arg(long = "as", global = true, value_name = "ACTOR", value_parser = member)]
    pub(crate) actor: Option<Actor>,
    /// A role of whoever acts
    #[arg(long, global = true)]
    pub(crate) role: Vec<Key>,
    /// A team of whoever acts
    #[arg(long = "in", global = true, value_name = "TEAM")]
    pub(crate) teams: Vec<Key>,
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
    #[command(flatten)]
    Deed(Deed),
    #[command(flatten)]
    Customer(Customer),
    #[command(flatten)]
    People(Directory),
    /// Write and read what the desk knows
    #[command(subcommand)]
    Article(Article),
    #[command(flatten)]
    Past(Past),
    #[command(flatten)]
    Transfer(Transfer),
    #[command(flatten)]
    Views(Views),
    /// Do something to many tickets: `tk bulk --queue mail -- tag x`
    Bulk(Bulk),
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
    /// List tickets: the open ones, unless said otherwise
    ///
    /// `tk list 'assignee:me priority>=high (team:db or sla:breached) created:>-7d "disk full" sort:due'`. Quote a query for
    /// the shell; what is wrong in one is shown with its place.
    List {
        #[command(flatten)]
        search: Search,
        /// Resolved and closed ones too, the last changed first
        #[arg(long)]
        all: bool,
        /// table, json, ndjson, csv or markdown
        #[arg(long, conflicts_with = "json")]
        format: Option<Format>,
        /// As it was then: 2026-03-01, or 2026-03-01T09:00:00Z
        #[arg(long, value_parser = instant_of)]
        as_of: Option<DateTime<Utc>>,
        /// Tell which index the page is read off and what that takes, instead of the page
        #[arg(long, conflicts_with = "as_of")]
        explain: bool,
    },
    /// Show where tickets say something: `tk search '"disk full" serv*'`
    ///
    /// A word is looked for whole and in any case, `serv*` finds what begins so, and a phrase in quotes stands in one
    /// subject, description or message. Whatever else `tk list` takes narrows it down. The newest tickets come first.
    Search(Seek),
    /// List a queue in the order of work
    Queue { name: Key },
    /// Show a ticket
    Show { ticket: Reference },
    /// Tell what happened to a ticket
    History { ticket: Reference },
    /// Print what was written, with the numbers of messages
    Conversation { ticket: Reference },
    /// List articles and solved tickets that are like a ticket
    Similar {
        ticket: Reference,
        #[arg(long, default_value_t = 5)]
        limit: usize,
    },
    /// List the moves, and why not the others
    Moves { ticket: Reference },
    /// Read the clocks of a ticket
    Clocks { ticket: Reference },
    /// Explain a clock: which times counted, and why
    Explain { ticket: Reference, policy: Key },
    /// Print a report
    ///
    /// There are overview, volume, response, attainment, daily, weekly, monthly, agents, reopens and others.
    Report(Reports),
    /// Draw a workflow as a Mermaid diagram
    ///
    /// With --svg as a picture, with how many tickets are in each state and for how long.
    Workflow(Workflows),
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
    /// Open another ticket with some messages of a ticket
    ///
    /// `tk conversation` numbers them; 1 is the description.
    Split {
        ticket: Reference,
        #[arg(value_delimiter = ',', required = true, value_name = "MESSAGES", value_parser = version)]
        messages: Vec<Version>,
        subject: String,
        /// That of the ticket unless said otherwise
        #[arg(long)]
        kind: Option<Key>,
    },
    /// Vote for an approval that was asked for
    Approve {
        ticket: Reference,
        approval: Key,
        /// Vote against it
        #[arg(long)]
        reject: bool,
        #[arg(long)]
        reason: Option<String>,
        /// The version that was looked at; the newest unless said otherwise
        #[arg(long, value_parser = version)]
        seen: Option<Version>,
    },
    /// Open the tickets of a template as children of a ticket
    Instantiate { ticket: Reference, template: Key },
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
        // Whoever sets a desk up begins with its rules and its people.
        matches!(
            self,
            Self::Write(Write::New(_))
                | Self::Config(Configuration::Publish { .. })
                | Self::Transfer(Transfer::Import { dry_run: false, .. })
                | Self::People(Directory::Person(PersonVerb::Put(_)) | Directory::Team(_) | Directory::Org(_))
        )
    }
}

/// Reads an actor, with an organisation behind the last `@` if there is one: `requester:bo@example.com@` has none.
fn member(text: &str) -> Result<Actor, String> {
    match text.rsplit_once('@') {
        None => actor(text),
        Some((text, "")) => actor(text),
        Some((text, organisation)) => Ok(actor(text)?.organisation(organisation)),
    }
}

pub(crate) fn version(text: &str) -> Result<Version, std::num::ParseIntError> {
    text.parse().map(Version)
}

pub(crate) fn pair(text: &str) -> Result<(Key, String), String> {
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
