//! A desk on the command line, on the file or the database that a server, an agent or another `tk` may use at the same
//! time.
//!
//! ```text
//! alias tk='cargo run --quiet --example tk -- --db desk.db'
//!
//! tk --as requester:bo new incident "No mail" --impact high --description "Since this morning."
//! tk list                                  # what to do next, of all queues
//! tk list 'assignee:me (team:db or sla:breached) created:>-7d "disk full" sort:due'
//! tk moves INC-1                           # what can be done, and why not the rest
//! tk move INC-1 start --note "Looks like the relay."
//! tk move INC-1 reopen                     # refused, and the legal moves are named; exit code 1
//! tk assign INC-1 ada
//! tk history INC-1
//! tk explain INC-1 resolution              # which times counted, and why
//! tk report overview                       # --format json, ndjson, csv, markdown
//! tk report daily --svg daily.svg          # its picture; `tk workflow incident --svg` has live counts
//! tk --role admin person put bo --kind requester --name "Bo Li" --mail bo@example.com
//! tk --as requester:bo@acme follow INC-1   # the customer's side of it
//! tk merge INC-2 INC-1                     # and `tk unmerge INC-2`
//! tk bulk queue:mail --dry-run -- tag outage
//! tk similar INC-1                         # articles and solved tickets like it
//! tk search '"disk full" serv*'             # where it is said; --best for the best answers first
//! tk view put mine 'is:open assignee:me sort:due' --everybody
//! tk view open mine                        # and `tk view list` counts them
//! tk list --as-of 2026-03-01               # what was open then; `tk report --as-of` likewise
//! tk --role admin live keep wall volume    # tables that are kept; `tk live show wall`
//! tk what-if new.toml --from 2026-01-01    # the past under other rules
//! tk verify                                # is the past still what it was?
//! tk --role admin export desk.ndjson       # all of it; `tk --db other.db --role admin import desk.ndjson`
//! tk --role admin import --mapping examples/import/servicenow.toml log.csv --dry-run
//! tk watch                                 # what happens, as it happens
//! ```
//!
//! With `--json` every reading verb prints what the server answers, for programs. Tables are as wide as the terminal, in
//! colour if it is one; `output.rs` says which variables of the environment change that. The exit code is 0 if it was done, 1 if
//! it was refused or failed, 2 if the command line is wrong.

mod articles;
mod bulk;
#[path = "../server/chain.rs"]
mod chain;
mod cli;
mod config;
mod customer;
mod deeds;
mod hits;
#[path = "../server/lookup.rs"]
mod lookup;
#[path = "../server/names.rs"]
mod names;
mod output;
mod past;
mod people;
#[path = "../server/place.rs"]
mod place;
mod print;
mod progress;
mod read;
#[path = "../server/report.rs"]
mod report;
mod reports;
#[path = "../server/search.rs"]
mod search;
mod transfer;
#[path = "../server/view.rs"]
mod view;
mod views;
mod write;

use std::error::Error;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use ticketcore::{Actor, Desk, Ticket};

use chain::chain;
use cli::{Configuration, Tk, Verb};
use names::Reference;

/// What a verb comes to: the text to be printed.
type Printed = Result<String, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Tk::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&*error),
    }
}

async fn run(tk: Tk) -> Result<(), Box<dyn Error>> {
    let text = match &tk.verb {
        Verb::Read(verb) => read::run(&open(&tk).await?, verb, tk.json).await?,
        Verb::Write(verb) => write::run(&open(&tk).await?, verb, tk.json).await?,
        Verb::Deed(deed) => {
            let desk = open(&tk).await?;
            let (ticket, commands) = deed.commands(&desk).await?;
            write::apply(&desk, ticket, commands, tk.json).await?
        }
        Verb::Customer(verb) => customer::run(&open(&tk).await?, verb, tk.json).await?,
        Verb::People(verb) => people::run(&open(&tk).await?, verb, tk.json).await?,
        Verb::Views(verb) => views::run(&open(&tk).await?, verb, tk.json).await?,
        Verb::Article(verb) => articles::run(&open(&tk).await?, verb, tk.json).await?,
        Verb::Transfer(verb) => return transfer::run(&open(&tk).await?, verb, tk.json).await,
        Verb::Past(verb) => return past::run(&open(&tk).await?, verb, tk.json).await,
        Verb::Bulk(verb) => return bulk::run(&open(&tk).await?, verb, tk.json).await,
        Verb::Config(Configuration::Show) => config::show(&open(&tk).await?, tk.json).await?,
        Verb::Config(Configuration::Check { file }) => config::check(file)?,
        Verb::Config(Configuration::Publish { file }) => config::publish(&open(&tk).await?, file).await?,
        Verb::Watch { after } => return read::watch(&open(&tk).await?, *after, tk.json).await,
    };
    Ok(io::stdout().write_all(text.as_bytes())?)
}

async fn open(tk: &Tk) -> Result<Desk, Box<dyn Error>> {
    // A mistyped name must not make an empty desk.
    if let Some(file) = tk.place.missing().filter(|_| !tk.verb.may_begin()) {
        return Err(format!("{}: there is no such file; `tk new` makes one", file.display()).into());
    }
    let store = tk.place.open().await?;
    let user = || std::env::var("USER").unwrap_or_else(|_| "tk".to_owned());
    let mut actor = tk.actor.clone().unwrap_or_else(|| Actor::agent(user()));
    actor.roles.extend(tk.role.iter().cloned());
    actor.teams.extend(tk.teams.iter().cloned());
    Ok(Desk::new(store).by(actor))
}

async fn find(desk: &Desk, reference: &Reference) -> Result<Arc<Ticket>, Box<dyn Error>> {
    Ok(reference.find(desk).await?.ok_or_else(|| format!("there is no ticket {reference}"))?)
}

fn failed(error: &(dyn Error + 'static)) -> ExitCode {
    if let Some(usage) = error.downcast_ref::<clap::Error>() {
        usage.exit();
    }
    // Whoever reads has read enough: `tk list | head -1`.
    if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    eprintln!("tk: {}", chain(error));
    ExitCode::FAILURE
}
