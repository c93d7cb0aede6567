//! History in and out: files of other systems, and archives of a whole desk.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;
use ticketcore::Desk;
use ticketcore::desk::{Compared, Imported, Restored};
use ticketcore::import::{Mapping, Plan};

use crate::print::json;
use crate::progress::Progress;

#[derive(Debug, Subcommand)]
pub(crate) enum Transfer {
    /// Bring in the history of another system, or an archive
    ///
    /// With a mapping, a CSV file: an event log or a list of tickets. Without one, what `tk export` wrote. What is there
    /// already stays as it is, so an import that was stopped goes on.
    Import {
        file: PathBuf,
        /// What the columns of a CSV file are; examples/import/servicenow.toml is one
        #[arg(long, value_name = "TOML")]
        mapping: Option<PathBuf>,
        /// Tell what maps and what does not, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Write everything of the desk as NDJSON, for another store or another program
    Export {
        /// Where to; to the standard output unless said otherwise
        file: Option<PathBuf>,
        /// Leave out the files that came with messages
        #[arg(long)]
        without_files: bool,
    },
}

pub(crate) async fn run(desk: &Desk, verb: &Transfer, as_json: bool) -> Result<(), Box<dyn Error>> {
    match verb {
        Transfer::Import { file, mapping: Some(mapping), dry_run } => {
            import(desk, file, mapping, *dry_run, as_json).await
        }
        Transfer::Import { file, mapping: None, dry_run } => restore(desk, file, *dry_run, as_json).await,
        Transfer::Export { file, without_files } => export(desk, file.as_deref(), *without_files).await,
    }
}

async fn import(desk: &Desk, file: &Path, mapping: &Path, dry_run: bool, as_json: bool) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(mapping).map_err(|error| named(mapping, &error))?;
    let mapping: Mapping = toml::from_str(&text).map_err(|error| named(mapping, &error))?;
    let plan = desk.plan_import(&mapping, opened(file)?).await?;
    if !plan.is_sound() {
        if as_json {
            print(&json(&planned(&plan)))?;
        }
        let faults: Vec<String> = plan.faults.iter().map(|fault| format!("{}: {fault}", file.display())).collect();
        let more = plan.faulty.saturating_sub(faults.len() as u64);
        let more = if more > 0 { format!("\n… and {more} more") } else { String::new() };
        return Err(format!("nothing was imported\n{}{more}", faults.join("\n")).into());
    }
    let mut progress = Progress::new("tickets imported");
    let import = desk.import(&plan).progress(move |done, of| progress.tell(done, Some(of)));
    if dry_run {
        let would = import.dry_run().run().await?;
        let text = if as_json {
            json(&json!({ "plan": planned(&plan), "import": outcome(&would) }))
        } else {
            format!("{plan}{}nothing was written\n", told(&would, "would be imported"))
        };
        return print(&text);
    }
    let done = import.run().await?;
    if let Some(error) = done.error {
        eprintln!("tk: {} tickets were imported; run it again, and it goes on", done.tickets);
        return Err(error.into());
    }
    let mut progress = Progress::new("tickets compared");
    let compared = desk.verify_import(&plan, |done| progress.tell(done, Some(plan.stories.len()))).await?;
    drop(progress);
    print(&if as_json {
        json(&json!({ "import": outcome(&done), "compared": comparison(&compared) }))
    } else {
        told(&done, "were imported") + &verdict(&compared)
    })?;
    differs(&compared)
}

async fn restore(desk: &Desk, file: &Path, dry_run: bool, as_json: bool) -> Result<(), Box<dyn Error>> {
    let mut archive = BufReader::with_capacity(1 << 16, plain(file)?);
    let mut progress = Progress::new("tickets read");
    let tell = move |done: u64, of: u64| progress.tell(done, usize::try_from(of).ok());
    let restore = desk.restore().progress(tell);
    let restore = if dry_run { restore.dry_run() } else { restore };
    let Restored { archive: end, tickets, unchanged } =
        restore.read(&mut archive).await.map_err(|error| format!("{}: {}", file.display(), crate::chain(&error)))?;
    let would = if dry_run { "would be brought in" } else { "were brought in" };
    let text = format!(
        "{tickets} tickets {would}, {unchanged} were there; the archive has {} documents, {} events, {} files\n",
        end.documents, end.events, end.files
    );
    let mut value = json!({ "tickets": tickets, "unchanged": unchanged, "archive": end });
    if dry_run {
        return print(&if as_json { json(&value) } else { text });
    }
    let archive = BufReader::with_capacity(1 << 16, plain(file)?);
    let mut progress = Progress::new("tickets compared");
    let tell = |done: u64| progress.tell(done, usize::try_from(end.tickets).ok());
    let compared = desk.verify_archive(archive, tell).await?;
    drop(progress);
    value["compared"] = comparison(&compared);
    print(&if as_json { json(&value) } else { text + &verdict(&compared) })?;
    differs(&compared)
}

async fn export(desk: &Desk, file: Option<&Path>, without_files: bool) -> Result<(), Box<dyn Error>> {
    let mut progress = Progress::new("tickets exported");
    let archive = desk.archive().progress(move |done| progress.tell(done, None));
    let archive = if without_files { archive.without_files() } else { archive };
    match file {
        None => drop(archive.write(BufWriter::new(io::stdout())).await?),
        Some(path) => {
            // Whoever reads it under its name reads a whole one.
            let part = path.with_extension("part");
            let out = File::create(&part).map_err(|error| named(&part, &error))?;
            let written = archive.write(BufWriter::new(&out)).await;
            if let Err(error) = written.and_then(|_| Ok(out.sync_all()?)) {
                let _ = std::fs::remove_file(&part);
                return Err(error.into());
            }
            std::fs::rename(&part, path).map_err(|error| named(path, &error))?;
        }
    }
    Ok(())
}

fn plain(path: &Path) -> Result<File, String> {
    File::open(path).map_err(|error| named(path, &error))
}

fn opened(path: &Path) -> Result<Watched, String> {
    let file = plain(path)?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    Ok(Watched { file, size, read: 0, progress: Progress::new("megabytes read") })
}

/// A file that says how far it is read.
struct Watched {
    file: File,
    size: u64,
    read: u64,
    progress: Progress,
}

const MEGABYTE: u64 = 1 << 20;

impl Read for Watched {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(into)?;
        self.read += count as u64;
        self.progress.tell(self.read / MEGABYTE, usize::try_from(self.size / MEGABYTE).ok());
        Ok(count)
    }
}

impl Seek for Watched {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.read = self.file.seek(to)?;
        Ok(self.read)
    }
}

fn named(file: &Path, error: &dyn Error) -> String {
    format!("{}: {error}", file.display())
}

fn print(text: &str) -> Result<(), Box<dyn Error>> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn told(imported: &Imported, what: &str) -> String {
    let Imported { tickets, events, unchanged, differing, .. } = imported;
    let mut text = format!("{tickets} tickets with {events} events {what}, {unchanged} were there\n");
    for one in differing {
        text += &format!("line {}: {} is there with another history, and stays as it is\n", one.line, one.external);
    }
    text
}

fn verdict(compared: &Compared) -> String {
    let Compared { tickets, events, tickets_there, events_there, digest, digest_there, missing, differing } = compared;
    let mut text = format!("file:  {tickets} tickets, {events} events, {digest}\n");
    text += &format!("store: {tickets_there} tickets, {events_there} events, {digest_there}\n");
    for what in missing {
        text += &format!("{what} is missing\n");
    }
    for what in differing {
        text += &format!("{what} differs\n");
    }
    text
}

/// What was read back is not what was in the file.
fn differs(compared: &Compared) -> Result<(), Box<dyn Error>> {
    if compared.is_equal() { Ok(()) } else { Err("the store does not hold what the file does".into()) }
}

fn planned(plan: &Plan) -> serde_json::Value {
    let faults: Vec<String> = plan.faults.iter().map(ToString::to_string).collect();
    json!({
        "source": plan.source,
        "tickets": plan.stories.len(),
        "events": plan.events,
        "mapped": plan.mapped.iter().map(|(column, what)| json!({ "column": column, "is": what })).collect::<Vec<_>>(),
        "unmapped": plan.unmapped,
        "bent": plan.bent.iter().map(|(count, what)| json!({ "count": count, "what": what })).collect::<Vec<_>>(),
        "profile": plan.profile,
        "faults": faults,
        "faulty": plan.faulty,
    })
}

fn outcome(imported: &Imported) -> serde_json::Value {
    let differing: Vec<&str> = imported.differing.iter().map(|one| one.external.as_str()).collect();
    json!({
        "tickets": imported.tickets,
        "events": imported.events,
        "unchanged": imported.unchanged,
        "differing": differing,
    })
}

fn comparison(compared: &Compared) -> serde_json::Value {
    let side = |tickets: usize, events: u64, digest| json!({ "tickets": tickets, "events": events, "digest": digest });
    json!({
        "equal": compared.is_equal(),
        "file": side(compared.tickets, compared.events, compared.digest),
        "store": side(compared.tickets_there, compared.events_there, compared.digest_there),
        "missing": compared.missing,
        "differing": compared.differing,
    })
}
