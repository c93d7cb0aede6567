//! Is the past still what it was?

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;
use ticketcore::Desk;
use ticketcore::desk::{Checkpoint, Verified};

use crate::print::json;
use crate::progress::Progress;
use crate::view;

#[derive(Debug, Subcommand)]
pub(crate) enum Past {
    /// Check that nothing in the past was changed
    Verify {
        /// Check against a checkpoint as well
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
    /// Print how far everything has come, to verify against later
    Checkpoint,
}

/// Prints what was found before it fails if something is broken.
pub(crate) async fn run(desk: &Desk, verb: &Past, as_json: bool) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    let against = match verb {
        Past::Checkpoint => return Ok(out.write_all(json(&json!(desk.checkpoint().await?)).as_bytes())?),
        Past::Verify { against: None } => None,
        Past::Verify { against: Some(file) } => {
            let named = |error: &dyn Error| format!("{}: {error}", file.display());
            let text = std::fs::read_to_string(file).map_err(|error| named(&error))?;
            Some(serde_json::from_str::<Checkpoint>(&text).map_err(|error| named(&error))?)
        }
    };
    let mut progress = Progress::new("tickets verified");
    let tell = |so_far: &Verified| progress.tell(so_far.tickets, None);
    let verified = match &against {
        Some(checkpoint) => desk.verify_against(checkpoint, tell).await?,
        None => desk.verify(tell).await?,
    };
    drop(progress);
    let text = if as_json { json(&view::verified(&verified)) } else { told(&verified) };
    out.write_all(text.as_bytes())?;
    verified.broken.map_or(Ok(()), |broken| Err(broken.into()))
}

fn told(verified: &Verified) -> String {
    let Verified { tickets, events, unsealed, erased, broken } = verified;
    let sound = if broken.is_some() { "sound up to what is broken" } else { "sound" };
    let mut text = format!("{tickets} tickets with {events} events are {sound}\n");
    if *unsealed > 0 {
        text += &format!("{unsealed} events have no seal: only their order was checked\n");
    }
    if *erased > 0 {
        text += &format!("{erased} texts were erased\n");
    }
    text
}
