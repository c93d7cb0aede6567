//! Draws every picture there is, of a help desk that never was: `docs/pictures` is what it writes.
//!
//! ```text
//! cargo run --example pictures                  # writes docs/pictures/*.svg
//! cargo run --example pictures -- --check       # fails if they are not what it would write
//! cargo run --example pictures -- --to /tmp     # elsewhere; --theme light or dark forces the ground
//! ```

mod draw;
mod life;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::{fs, io::Write as _};

use clap::{Parser, ValueEnum};
use ticketcore::time::ManualClock;
use ticketcore::{Desk, MemoryStore};
use ticketcore_picture::{Picture, Theme};

/// Draws every picture there is.
#[derive(Debug, Parser)]
struct Options {
    /// Where to
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/pictures"))]
    to: PathBuf,
    /// The ground they are for
    #[arg(long, value_enum, default_value = "auto")]
    theme: Ground,
    /// Write nothing, and fail if a picture is not as it would be written
    #[arg(long)]
    check: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Ground {
    Auto,
    Light,
    Dark,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pictures: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(Options { to, theme, check }: &Options) -> Result<(), Box<dyn Error>> {
    let theme = match theme {
        Ground::Auto => Theme::Auto,
        Ground::Light => Theme::Light,
        Ground::Dark => Theme::Dark,
    };
    let mut stale = Vec::new();
    for (name, picture) in pollster::block_on(pictures())? {
        let path = to.join(format!("{name}.svg"));
        let svg = picture.svg(theme);
        if *check {
            stale.extend((fs::read_to_string(&path).ok().as_ref() != Some(&svg)).then(|| path.display().to_string()));
        } else {
            fs::write(&path, svg).map_err(|error| format!("{}: {error}", path.display()))?;
            writeln!(std::io::stdout(), "{}", path.display())?;
        }
    }
    if stale.is_empty() { Ok(()) } else { Err(format!("stale: {}", stale.join(", ")).into()) }
}

/// The names of the files, and what is in them.
async fn pictures() -> Result<Vec<(String, Box<dyn Picture>)>, Box<dyn Error>> {
    let clock = ManualClock::new("2026-06-01T06:00:00Z".parse()?);
    let desk = Desk::new(Arc::new(MemoryStore::new())).with_clock(clock.clone());
    desk.publish(life::config()).await?;
    life::live(&desk, &clock).await?;
    draw::all(&desk).await
}
