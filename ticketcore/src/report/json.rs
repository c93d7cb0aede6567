//! Sections as JSON, for programs.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::{Heading, Section, Value};

impl Serialize for Section {
    /// Writes the section with each row as a map from the headings' names to its values.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows: Vec<_> = self.rows.iter().map(|values| Record { headings: &self.headings, values }).collect();
        let mut section = serializer.serialize_struct("Section", 6)?;
        section.serialize_field("title", &self.title)?;
        section.serialize_field("about", &self.about)?;
        section.serialize_field("headings", &self.headings)?;
        section.serialize_field("rows", &rows)?;
        match &self.total {
            Some(values) => section.serialize_field("total", &Record { headings: &self.headings, values })?,
            None => section.skip_field("total")?,
        }
        if self.notes.is_empty() {
            section.skip_field("notes")?
        } else {
            section.serialize_field("notes", &self.notes)?
        }
        section.end()
    }
}

impl Section {
    /// Writes each row as a line of JSON: `{"section": its title, "row": {…}}`, with the values as in the whole section.
    #[must_use]
    pub fn ndjson(&self) -> String {
        #[derive(Serialize)]
        struct Line<'a> {
            section: &'a str,
            row: Record<'a>,
        }
        let line = |values| {
            let line = Line { section: &self.title, row: Record { headings: &self.headings, values } };
            // All keys are texts, so that nothing is left that could fail.
            serde_json::to_string(&line).unwrap_or_default() + "\n"
        };
        self.rows.iter().map(|row| line(row)).collect()
    }
}

struct Record<'a> {
    headings: &'a [Heading],
    values: &'a [Value],
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.headings.iter().map(|heading| &heading.name).zip(self.values))
    }
}

impl Serialize for Value {
    /// Writes texts as strings, and all else as numbers: times in seconds, shares from 0 to 1, nothing as null.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Time(time) => serializer.serialize_f64(time.as_seconds_f64()),
            Self::Share(share) => share.ratio().serialize(serializer),
            Self::Empty => serializer.serialize_none(),
        }
    }
}
