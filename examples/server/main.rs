//! A desk behind an HTTP interface, on one SQLite file or a Postgres database.
//!
//! ```text
//! cargo run --example server -- --db desk.db --listen 127.0.0.1:7700
//! cargo run --example server --features postgres -- --store postgres://desk@localhost/desk
//!
//! desk=http://127.0.0.1:7700
//! curl $desk/tickets -H 'X-Actor: requester:bo' --json '{"kind": "incident", "subject": "No mail", "impact": 1}'
//! curl $desk/tickets/INC-1/moves -H 'X-Actor: agent:ada'
//! curl $desk/tickets/INC-1/commands -H 'X-Actor: agent:ada' --json '[{"assign": "ada"}, {"move": "start"}]'
//! curl "$desk/tickets/INC-1/clocks?explain=first_response"
//! curl $desk/tickets/INC-1/history
//! curl "$desk/tickets?q=status:new,open+mail+sort:due"
//! curl "$desk/search?q=%22disk+full%22+serv*&best=true"
//! curl "$desk/feed?after=0"
//! curl $desk/reports/daily -H 'Accept: text/markdown'       # or ?format=csv, ndjson, table, json; svg is its picture
//! curl $desk/metrics                                        # for Prometheus
//! curl $desk/people/bo -X PUT -H 'X-Actor: agent:ada' -H 'X-Roles: admin' \
//!     --json '{"id": "bo", "kind": "requester", "name": "Bo Li", "mails": ["bo@example.com"]}'
//! curl $desk/bulk -H 'X-Actor: agent:ada' \
//!     --json '{"filter": {"q": "queue:mail"}, "commands": [{"tag": "outage"}], "dry_run": true}'
//! curl $desk/tickets/INC-1/follow -H 'X-Actor: requester:bo' -H 'X-Organisation: acme'
//! ```
//!
//! Alertmanager sends its alerts here with
//! `webhook_configs: [{url: "http://127.0.0.1:7700/ingest/alertmanager"}]`, and nothing else.
//!
//! **It believes everybody.** Who calls is whoever the headers say; what they may do then is what the desk's rights say.
//! A host that serves more than its own machine authenticates the caller, and makes the [`Actor`](ticketcore::Actor) from
//! what it then knows in `caller.rs`.
//!
//! | file | what |
//! |---|---|
//! | `api.rs` | the routes, and those of tickets |
//! | `people.rs`, `customer.rs`, `knowledge.rs`, `bulk.rs`, `hits.rs` | the routes of the directory, of customers, of articles, of many tickets, of searches |
//! | `caller.rs` | what comes in: who calls, with which body, on which ticket |
//! | `opening.rs`, `orders.rs` | the bodies: a ticket to be opened, commands |
//! | `place.rs` | where the tickets are; `tk` and the agent share it |
//! | `names.rs`, `search.rs`, `lookup.rs` | names and filters as people write them; `tk` shares them |
//! | `alertmanager.rs` | alerts |
//! | `report.rs`, `output.rs` | the ready reports, whose names `tk` shares; the forms in which they go out |
//! | `metrics.rs` | figures for Prometheus |
//! | `view.rs`, `problem.rs`, `chain.rs` | what goes out: tickets, events, moves; refusals and failures |
//! | `starter.rs` | the configuration of a desk that has none |
//! | `console.rs` | a notifier |

mod alertmanager;
mod api;
mod bulk;
mod caller;
mod chain;
mod console;
mod customer;
mod hits;
mod knowledge;
mod lookup;
mod metrics;
mod names;
mod opening;
mod orders;
mod output;
mod people;
mod place;
mod problem;
mod report;
mod search;
mod starter;
mod view;

use std::error::Error;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use ticketcore::id::Revision;
use ticketcore::{Config, Desk};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use chain::chain;
use console::Console;
use place::Place;

/// A desk behind an HTTP interface, on one SQLite file or a Postgres database.
#[derive(Debug, Parser)]
struct Options {
    #[command(flatten)]
    place: Place,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:7700")]
    listen: SocketAddr,
    /// A configuration to publish, such as examples/desk.toml.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The longest body that is read, in bytes.
    #[arg(long, default_value_t = 4 << 20)]
    body_limit: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    match serve(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> Result<(), Box<dyn Error>> {
    let desk = Desk::new(options.place.open().await?);
    configure(&desk, options.config).await?;

    let listener = TcpListener::bind(options.listen).await.map_err(|error| format!("{}: {error}", options.listen))?;
    let stopped = stopped()?;
    // The first line on standard output, for which scripts may wait.
    writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)?;

    // Both may be dropped at any point: a commit is then either done or not begun.
    let clock = desk.clone();
    tokio::spawn(async move { clock.run(tokio::time::sleep).await });
    tokio::spawn(notify(desk.clone()));

    axum::serve(listener, api::router(desk, options.body_limit)).with_graceful_shutdown(stopped).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Publishes the configuration of a file if it is not in force already, and the starter where there is none at all.
async fn configure(desk: &Desk, file: Option<PathBuf>) -> Result<(), Box<dyn Error>> {
    let rulebook = desk.rulebook().await?;
    let wanted = match file {
        Some(path) => {
            let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            toml::from_str::<Config>(&text).map_err(|error| format!("{}: {error}", path.display()))?
        }
        None if rulebook.now().revision == Revision::default() => starter::config(),
        None => return Ok(()),
    };
    if wanted != rulebook.now().config {
        match desk.publish(wanted).await {
            Ok(revision) => tracing::info!(%revision, "configuration published"),
            // Another process started on the same file at the same moment.
            Err(ticketcore::Error::Store(error)) if error.is_conflict() => tracing::warn!(%error, "left to another"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Tells on the console what the desk wants people to be told.
async fn notify(desk: Desk) {
    let console = Console::new(desk.clone());
    loop {
        if let Err(error) = desk.deliver("console", &console).await {
            tracing::warn!("{}", chain(&error));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Ends when a person or a service manager stops the program; they are heard from now on.
#[cfg(unix)]
fn stopped() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn stopped() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move { interrupt.recv().await.unwrap_or_default() })
}
