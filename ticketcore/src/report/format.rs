//! The forms in which a report is given out.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::Section;

/// Names a form in which sections are given out, as `--format` and `?format=` do.
///
/// # Examples
///
/// ```
/// use ticketcore::report::{Format, Heading, Section, Value};
///
/// let section = Section {
///     title: "Tickets by team".to_owned(),
///     headings: vec![Heading::new("team"), Heading::new("tickets")],
///     rows: vec![vec![Value::Text("net".to_owned()), Value::Count(12)]],
///     ..Section::default()
/// };
/// let format: Format = "ndjson".parse()?;
/// assert_eq!(
///     format.write("teams", &[section]),
///     "{\"section\":\"Tickets by team\",\"row\":{\"team\":\"net\",\"tickets\":12}}\n",
/// );
/// # Ok::<(), ticketcore::report::NoFormat>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people: aligned tables, each with its title and description.
    #[default]
    Table,
    /// For programs: one object with the name of the report and its `sections`.
    Json,
    /// For programs that read line by line: an object for each row, with the title of its `section`.
    Ndjson,
    /// For spreadsheets: [one table](Section::csv) after the other with a line between them, without titles.
    Csv,
    /// For documents and issues: headings and tables of GitHub Flavored Markdown.
    Markdown,
}

/// There is no format of a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no format {name:?}; there are table, json, ndjson, csv and markdown")]
pub struct NoFormat {
    /// What was read.
    pub name: String,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Table, Self::Json, Self::Ndjson, Self::Csv, Self::Markdown];

    /// Returns its name, which parses back to it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
        }
    }

    /// Returns the media type of what it writes, without parameters.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Table => "text/plain",
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv",
            Self::Markdown => "text/markdown",
        }
    }

    /// Writes the sections of a report.
    #[must_use]
    pub fn write(self, report: &str, sections: &[Section]) -> String {
        let joined = |write: fn(&Section) -> String| sections.iter().map(write).collect::<Vec<_>>().join("\n");
        match self {
            Self::Table => joined(Section::to_string),
            Self::Json => json(report, sections),
            Self::Ndjson => sections.iter().map(Section::ndjson).collect(),
            Self::Csv => joined(Section::csv),
            Self::Markdown => joined(Section::markdown),
        }
    }
}

fn json(report: &str, sections: &[Section]) -> String {
    #[derive(Serialize)]
    struct Report<'a> {
        report: &'a str,
        sections: &'a [Section],
    }
    // All keys are texts, so that nothing is left that could fail.
    serde_json::to_string_pretty(&Report { report, sections }).unwrap_or_default() + "\n"
}

impl FromStr for Format {
    type Err = NoFormat;

    /// Reads the name of a format.
    fn from_str(name: &str) -> Result<Self, NoFormat> {
        let named = Self::ALL.into_iter().find(|format| format.as_str() == name);
        named.ok_or_else(|| NoFormat { name: name.to_owned() })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use serde_json::Value as Json;

    use super::*;
    use crate::report::{Heading, Share, Value};

    fn sections() -> Vec<Section> {
        let first = Section {
            title: "Promises".to_owned(),
            about: "How they were kept.".to_owned(),
            headings: vec![Heading::new("team"), Heading::new("n"), Heading::new("share"), Heading::time("p50")],
            rows: vec![
                vec![
                    Value::Text("=cmd|\"x\"".to_owned()),
                    Value::Count(2),
                    Value::Share(Share { part: 1, whole: 2 }),
                    Value::Time(TimeDelta::milliseconds(1_500)),
                ],
                vec![Value::Empty, Value::Count(0), Value::Share(Share::default()), Value::Empty],
            ],
            ..Section::default()
        };
        let second = Section {
            title: "Means".to_owned(),
            headings: vec![Heading::new("mean")],
            rows: vec![vec![Value::Number(-2.5)]],
            ..Section::default()
        };
        vec![first, second]
    }

    #[test]
    fn every_format_writes_every_section() {
        let text = |format: Format| format.write("promises", &sections());
        assert_eq!(
            text(Format::Table),
            "\
Promises
How they were kept.

team      n  share  p50
=cmd|\"x\"  2  50.0%   1s
-         0      -    -

Means


 mean
-2.50
"
        );
        assert_eq!(
            text(Format::Ndjson),
            r#"{"section":"Promises","row":{"team":"=cmd|\"x\"","n":2,"share":0.5,"p50":1.5}}
{"section":"Promises","row":{"team":null,"n":0,"share":null,"p50":null}}
{"section":"Means","row":{"mean":-2.5}}
"#
        );
        assert_eq!(
            text(Format::Csv),
            "team,n,share,p50_s\r\n\"'=cmd|\"\"x\"\"\",2,0.5,1.5\r\n,0,,\r\n\nmean\r\n-2.5\r\n"
        );
        assert_eq!(
            text(Format::Markdown),
            "\
## Promises

How they were kept.

| team | n | share | p50 |
|:---|---:|---:|---:|
| =cmd\\|\"x\" | 2 | 50.0% | 1s |
| - | 0 | - | - |

## Means

| mean |
|---:|
| -2.50 |
"
        );
        let json: Json = serde_json::from_str(&text(Format::Json)).unwrap();
        assert_eq!(json["report"], "promises");
        assert_eq!(json["sections"][0]["rows"][0]["team"], "=cmd|\"x\"");
        assert_eq!(json["sections"][1]["rows"][0]["mean"], -2.5);
    }

    #[test]
    fn a_name_parses_back_to_its_format() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        let error = "xml".parse::<Format>().unwrap_err();
        assert_eq!(error.to_string(), "there is no format \"xml\"; there are table, json, ndjson, csv and markdown");
    }
}
