//! Texts with placeholders.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A text in which `{{subject}}` and its like stand for what a ticket has. There is no logic in it.
///
/// The placeholders are `{{subject}}`, `{{reference}}`, `{{requester}}`, `{{assignee}}`, `{{team}}`, `{{priority}}`,
/// `{{status}}` and, for a custom field, `{{field.site}}`; blanks inside the braces do not matter. Where the ticket has
/// no value, nothing is put in. What is put in is text and is not looked at again. Any other name in double braces is a
/// fault of the configuration; all other braces stand for themselves.
///
/// # Examples
///
/// ```
/// use ticketcore::config::{Placeholder, Wording};
///
/// let wording = Wording::from("{{reference}}: {{ field.site }} is {back}");
/// let names: Vec<Option<Placeholder<'_>>> = wording.placeholders().map(|(_, name)| Placeholder::named(name)).collect();
/// assert_eq!(names, [Some(Placeholder::Reference), Some(Placeholder::Field("site"))]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Wording(String);

impl From<&str> for Wording {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Wording {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder<'a> {
    /// The subject.
    Subject,
    /// The number as people write it: `INC-42`.
    Reference,
    /// Whom it is for.
    Requester,
    /// Who is accountable.
    Assignee,
    /// The team it is with.
    Team,
    /// The priority in force.
    Priority,
    /// Its place in life.
    Status,
    /// A custom field.
    Field(&'a str),
}

impl<'a> Placeholder<'a> {
    /// The names of those that every desk has.
    pub(crate) const NAMES: [&'static str; 8] =
        ["subject", "reference", "requester", "assignee", "team", "priority", "status", "field.…"];

    /// The placeholder of a name, if it is one.
    pub fn named(name: &'a str) -> Option<Self> {
        Some(match name {
            "subject" => Self::Subject,
            "reference" => Self::Reference,
            "requester" => Self::Requester,
            "assignee" => Self::Assignee,
            "team" => Self::Team,
            "priority" => Self::Priority,
            "status" => Self::Status,
            other => Self::Field(other.strip_prefix("field.")?),
        })
    }
}

/// A part of a wording.
pub(crate) enum Part<'a> {
    Literal(&'a str),
    Named(&'a str),
}

impl Wording {
    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the one placeholder that a ticket has before it is opened: [`Recurring`](super::Recurring).
    pub(crate) const DATE: &str = "date";

    /// The text for a date, which takes the place of `{{date}}`; all else stands for itself.
    pub(crate) fn dated(&self, date: NaiveDate) -> String {
        let text = |(raw, part): (&str, Part<'_>)| match part {
            Part::Named(Self::DATE) => date.to_string(),
            Part::Named(_) | Part::Literal(_) => raw.to_owned(),
        };
        self.parts().into_iter().map(text).collect()
    }

    /// What stands in double braces, each with the number of its first character, from 1.
    pub fn placeholders(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut at = 1;
        self.parts().into_iter().filter_map(move |(raw, part)| {
            let start = at;
            at += raw.chars().count();
            if let Part::Named(name) = part { Some((start, name)) } else { None }
        })
    }

    /// The parts, each with the text it was written as; together these are the whole.
    pub(crate) fn parts(&self) -> Vec<(&str, Part<'_>)> {
        let text = self.0.as_str();
        let (mut parts, mut done, mut at) = (Vec::new(), 0, 0);
        while let Some(found) = text.get(at..).and_then(|rest| rest.find("{{")) {
            let start = at + found;
            let Some((name, end)) = named(text, start + 2) else {
                at = start + 1;
                continue;
            };
            if let Some(literal) = text.get(done..start).filter(|literal| !literal.is_empty()) {
                parts.push((literal, Part::Literal(literal)));
            }
            parts.push((text.get(start..end).unwrap_or_default(), Part::Named(name)));
            (done, at) = (end, end);
        }
        if let Some(literal) = text.get(done..).filter(|literal| !literal.is_empty()) {
            parts.push((literal, Part::Literal(literal)));
        }
        parts
    }
}

/// The name that begins at a place and is ended by double braces, and where these end. A name has no brace and is on one
/// line, so that the search for its end never passes the next braces.
fn named(text: &str, start: usize) -> Option<(&str, usize)> {
    let rest = text.get(start..)?;
    let end = rest.find(['{', '}', '\n'])?;
    let (name, tail) = rest.split_at(end);
    let name = name.trim();
    (tail.starts_with("}}") && !name.is_empty()).then_some((name, start + end + 2))
}
