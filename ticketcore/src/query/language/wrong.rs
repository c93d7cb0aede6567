//! What is wrong with a text, where, and what may have been meant.

use std::fmt;
use std::ops::Range;

/// A fault of a text that was to be a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The bytes of the text that it is about; empty where something is missing.
    pub at: Range<usize>,
    /// What is wrong, in lower case and without a full stop.
    pub what: String,
}

/// The text is no question, for these reasons.
///
/// As text it is the first line of the fault's own line, a mark below what it is about, and the reason; a form without
/// line breaks is [`brief`](Self::brief).
///
/// ```
/// use ticketcore::query::language::Question;
///
/// let error = Question::parse("status:open asignee:me").unwrap_err();
/// assert_eq!(error.to_string(), "\
/// unknown field `asignee`, did you mean `assignee`?
///   status:open asignee:me
///               ^^^^^^^");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// The text.
    pub text: String,
    /// What is wrong with it, in the order of the text; never empty. Not everything is found at once: at most twenty
    /// faults are told, and what a configuration knows nothing of is looked for only once the text can be read.
    pub wrongs: Vec<Wrong>,
}

impl Misread {
    /// The reasons in one line, each with its place counted in characters from 1.
    pub fn brief(&self) -> String {
        let brief = |Wrong { at, what }: &Wrong| {
            let before = self.text.get(..at.start).unwrap_or(&self.text);
            format!("at {}: {what}", before.chars().count() + 1)
        };
        self.wrongs.iter().map(brief).collect::<Vec<_>>().join("; ")
    }
}

/// How much of a line is shown around a fault, in characters to each side.
const SHOWN: usize = 60;

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (Wrong { at, what }, gap) in self.wrongs.iter().zip(std::iter::once("").chain(std::iter::repeat("\n"))) {
            let (before, rest) = self.text.split_at_checked(at.start).unwrap_or((&self.text, ""));
            let (meant, after) = rest.split_at_checked(at.len()).unwrap_or((rest, ""));
            let line = |text: &str| text.split(['\n', '\r']).next().unwrap_or_default().to_owned();
            let before = before.rsplit(['\n', '\r']).next().unwrap_or_default();
            let skipped = before.chars().count().saturating_sub(SHOWN);
            let before: String = before.chars().skip(skipped).collect();
            let meant: String = line(meant).chars().take(SHOWN).collect();
            let after: String = if rest.starts_with(&meant) { line(after) } else { String::new() };
            let shown = format!("{before}{meant}{}", after.chars().take(SHOWN).collect::<String>());
            // What would move the mark, or the terminal, is shown as one character.
            let shown = shown.replace(|c: char| c.is_control() || super::scan::is_invisible(c), "\u{fffd}");
            let mark = "^".repeat(meant.chars().count().max(1));
            write!(f, "{gap}{what}\n  {shown}\n  {:1$}{mark}", "", before.chars().count())?;
        }
        Ok(())
    }
}

impl std::error::Error for Misread {}

/// What may have been meant: the known name that is the fewest edits away, if those are few for its length.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // What is longer is no slip of a name.
    if name.len() > 64 {
        return None;
    }
    let lower = name.to_lowercase();
    let near = known.into_iter().map(|known| (edits(&lower, &known.to_lowercase()), known));
    let (edits, known) = near.min_by_key(|(edits, _)| *edits)?;
    (edits <= (known.chars().count() + 1) / 3).then_some(known)
}

/// ", did you mean `…`?", or which there are, if they are few.
pub(super) fn choices(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(known) => format!(", did you mean `{known}`?"),
        None if known.len() <= 12 && !known.is_empty() => format!("; there are {}", known.join(", ")),
        None => String::new(),
    }
}

/// How many letters have to be put in, left out, replaced or swapped with the next (the distance of Damerau and
/// Levenshtein, in which nothing is edited twice).
fn edits(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (mut before, mut last) = (Vec::new(), (0..=other.len()).collect::<Vec<usize>>());
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let replaced = last[j - 1] + usize::from(one[i - 1] != other[j - 1]);
            let mut least = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                let swapped: usize = before[j - 2];
                least = least.min(swapped + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_as_people_slip() {
        for (one, other, count) in
            [("", "", 0), ("a", "", 1), ("asignee", "assignee", 1), ("staet", "state", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!((edits(one, other), edits(other, one)), (count, count), "{one} {other}");
        }
    }

    #[test]
    fn only_what_is_near_is_offered() {
        let known = ["status", "state", "team"];
        assert_eq!(nearest("Status", known), Some("status"));
        assert_eq!(nearest("staus", known), Some("status"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(nearest(&"s".repeat(1000), known), None);
    }

    #[test]
    fn a_mark_stands_below_what_is_meant_in_its_own_line() {
        let text = "one two\nthree four\nfive";
        let error = Misread { text: text.to_owned(), wrongs: vec![Wrong { at: 14..18, what: "no".to_owned() }] };
        assert_eq!(error.to_string(), "no\n  three four\n        ^^^^");
        assert_eq!(error.brief(), "at 15: no");
        let long = format!("{}x", "ä".repeat(100));
        let error = Misread { wrongs: vec![Wrong { at: 200..201, what: "no".to_owned() }], text: long };
        let lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
        assert_eq!(lines[1].chars().count(), lines[2].chars().count(), "{lines:?}");
    }
}
