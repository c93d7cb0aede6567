//! A desk on the command line, on the file that a server, an agent or another `tk` may use at the same time.
//!
//! ```text
//! alias tk='cargo run --quiet --example tk -- --db desk.db'
//!
//! tk --as requester:bo new incident "No mail" --impact high --description "Since this morning."
//! tk list                                  # what to do next, of all queues
//! tk moves INC-1                           # what can be done, and why not the rest
//! tk move INC-1 start --note "Looks like the relay."
//! tk move INC-1 reopen                     # refused, and the legal moves are named; exit code 1
//! tk assign INC-1 ada
//! tk history INC-1
//! tk explain INC-1 resolution              # which times counted, and why
//! tk report overview
//! tk watch                                 # what happens, as it happens
//! ```
//!
//! With `--json` every reading verb prints what the server answers, for programs. The exit code is 0 if it was done, 1 if
//! it was refused or failed, 2 if the command line is wrong.

#[path = "../server/chain.rs"]
mod chain;
mod cli;
mod config;
#[path = "../server/names.rs"]
mod names;
mod print;
mod read;
#[path = "../server/report.rs"]
mod report;
#[path = "../server/search.rs"]
mod search;
#[path = "../server/view.rs"]
mod view;
mod write;

use std::error::Error;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use ticketcore::{Actor, Desk, Ticket};
use ticketcore_sqlite::SqliteStore;

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
        Verb::Read(verb) => read::run(&open(&tk)?, verb, tk.json).await?,
        Verb::Write(verb) => write::run(&open(&tk)?, verb, tk.json).await?,
        Verb::Config(Configuration::Show) => config::show(&open(&tk)?, tk.json).await?,
        Verb::Config(Configuration::Check { file }) => config::check(file)?,
        Verb::Config(Configuration::Publish { file }) => config::publish(&open(&tk)?, file).await?,
        Verb::Watch { after } => return read::watch(&open(&tk)?, *after, tk.json).await,
    };
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn open(tk: &Tk) -> Result<Desk, Box<dyn Error>> {
    let place = tk.db.display();
    // A mistyped name must not make an empty desk.
    if !tk.verb.may_begin() && !tk.db.exists() {
        return Err(format!("{place}: there is no such file; `tk new` makes one").into());
    }
    let store = SqliteStore::open(&tk.db).map_err(|error| format!("{place}: {error}"))?;
    let user = || std::env::var("USER").unwrap_or_else(|_| "tk".to_owned());
    let mut actor = tk.actor.clone().unwrap_or_else(|| Actor::agent(user()));
    actor.roles.extend(tk.role.iter().cloned());
    Ok(Desk::new(Arc::new(store)).by(actor))
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
