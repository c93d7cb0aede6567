//! Configurations: from files, and the one in force.

use std::error::Error;
use std::path::Path;

use chrono::DateTime;
use ticketcore::Config;
use ticketcore::Desk;
use ticketcore::config::Setup;
use ticketcore::id::Revision;

use crate::Printed;
use crate::print::json;

pub(crate) async fn show(desk: &Desk, as_json: bool) -> Printed {
    let rulebook = desk.rulebook().await?;
    let config = &rulebook.now().config;
    Ok(if as_json { json(&serde_json::to_value(config)?) } else { toml::to_string(config)? })
}

pub(crate) fn check(file: &Path) -> Printed {
    Ok(match Setup::new(read(file)?, Revision::default(), DateTime::UNIX_EPOCH) {
        Ok(_) => format!("{}: sound\n", file.display()),
        Err(faults) => {
            let faults: Vec<String> = faults.iter().map(|fault| format!("{}: {fault}", file.display())).collect();
            return Err(faults.join("\n").into());
        }
    })
}

pub(crate) async fn publish(desk: &Desk, file: &Path) -> Printed {
    check(file)?;
    let revision = desk.publish(read(file)?).await?;
    Ok(format!("revision {revision} is in force\n"))
}

fn read(file: &Path) -> Result<Config, Box<dyn Error>> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(toml::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?)
}
