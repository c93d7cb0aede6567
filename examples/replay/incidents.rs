//! The file: one row for each update of an incident, with all that was known of the incident then.

use std::path::Path;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use ticketcore::Level;

/// Where the file is kept beside the workspace.
pub(crate) const FILE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/servicenow-incidents/incident_event_log_5998.csv");

/// One update. A `?` is a value that the file does not have.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Row {
    pub(crate) number: String,
    #[serde(rename = "incident_state")]
    pub(crate) state: String,
    #[serde(rename = "reassignment_count")]
    pub(crate) reassigned: u32,
    #[serde(deserialize_with = "truth")]
    pub(crate) made_sla: bool,
    pub(crate) caller_id: String,
    #[serde(deserialize_with = "instant")]
    pub(crate) opened_at: DateTime<Utc>,
    #[serde(rename = "sys_updated_by")]
    pub(crate) updated_by: String,
    #[serde(rename = "sys_updated_at", deserialize_with = "instant")]
    pub(crate) updated_at: DateTime<Utc>,
    #[serde(deserialize_with = "known")]
    pub(crate) location: Option<String>,
    #[serde(deserialize_with = "known")]
    pub(crate) category: Option<String>,
    #[serde(deserialize_with = "known")]
    pub(crate) subcategory: Option<String>,
    #[serde(rename = "u_symptom", deserialize_with = "known")]
    pub(crate) symptom: Option<String>,
    #[serde(deserialize_with = "level")]
    pub(crate) impact: Level,
    #[serde(deserialize_with = "level")]
    pub(crate) urgency: Level,
    #[serde(rename = "assignment_group", deserialize_with = "known")]
    pub(crate) group: Option<String>,
    #[serde(rename = "assigned_to", deserialize_with = "known")]
    pub(crate) agent: Option<String>,
    #[serde(deserialize_with = "known")]
    pub(crate) closed_code: Option<String>,
    #[serde(deserialize_with = "known_instant")]
    pub(crate) resolved_at: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "instant")]
    pub(crate) closed_at: DateTime<Utc>,
}

/// Reads the incidents, each with its rows in the order of the file.
pub(crate) fn read(path: &Path) -> Result<Vec<Vec<Row>>, csv::Error> {
    let mut incidents: Vec<Vec<Row>> = Vec::new();
    for row in csv::Reader::from_path(path)?.into_deserialize() {
        let row: Row = row?;
        match incidents.last_mut() {
            Some(rows) if rows[0].number == row.number => rows.push(row),
            _ => incidents.push(vec![row]),
        }
    }
    Ok(incidents)
}

fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(String::deserialize(deserializer)?).filter(|text| text != "?"))
}

fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(String::deserialize(deserializer)? == "TRUE")
}

/// `2 - Medium`
fn level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Level, D::Error> {
    let text = String::deserialize(deserializer)?;
    let number = text.split(' ').next().and_then(|number| number.parse().ok());
    number.map(Level).ok_or_else(|| D::Error::custom(format!("`{text}` is no level")))
}

/// `29-02-2016 01:16`, local time of a zone that the file does not name: read as UTC.
fn parse(text: &str) -> Result<DateTime<Utc>, chrono::ParseError> {
    Ok(NaiveDateTime::parse_from_str(text, "%d-%m-%Y %H:%M")?.and_utc())
}

fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn known_instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    known(deserializer)?.map(|text| parse(&text).map_err(D::Error::custom)).transpose()
}
