//! Sections as text, for people.

use std::fmt;

use chrono::TimeDelta;

use super::{Heading, Section, Share, Value};

impl fmt::Display for Section {
    /// Writes title, description, an aligned table, texts to the left and numbers to the right, and the notes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = |heading: &Heading| heading.name.replace('_', " ");
        let mut lines = vec![self.headings.iter().map(heading).collect::<Vec<_>>()];
        lines.extend(self.rows.iter().chain(&self.total).map(|row| row.iter().map(Value::to_string).collect()));
        let columns: Vec<_> = (0..self.headings.len())
            .map(|column| {
                let width = lines.iter().filter_map(|line| line.get(column)).map(|text| text.chars().count()).max();
                (width.unwrap_or_default(), self.is_text(column))
            })
            .collect();

        writeln!(f, "{}\n{}\n", self.title, self.about)?;
        for line in &lines {
            let mut text = String::new();
            for (cell, (width, is_text)) in line.iter().zip(&columns) {
                let gap = if text.is_empty() { "" } else { "  " };
                text += &match is_text {
                    true => format!("{gap}{cell:<width$}"),
                    false => format!("{gap}{cell:>width$}"),
                };
            }
            writeln!(f, "{}", text.trim_end())?;
        }
        if !self.notes.is_empty() {
            writeln!(f, "\n{}", self.notes.join(" "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A control character could repaint a terminal or break the line.
            Self::Text(text) => f.write_str(&text.replace(char::is_control, "\u{fffd}")),
            Self::Count(count) => write!(f, "{count}"),
            Self::Number(number) => write!(f, "{number:.2}"),
            Self::Time(time) => f.write_str(&length(*time)),
            Self::Share(Share { whole: 0, .. }) | Self::Empty => f.write_str("-"),
            Self::Share(Share { part, whole }) => {
                let per_mille = u128::from(*part) * 1000 / u128::from(*whole);
                write!(f, "{}.{}%", per_mille / 10, per_mille % 10)
            }
        }
    }
}

/// A length of time in its two longest units, cut.
fn length(time: TimeDelta) -> String {
    let sign = if time < TimeDelta::zero() { "-" } else { "" };
    let seconds = time.num_seconds().unsigned_abs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{seconds}s"),
        (0, 0, _) => format!("{sign}{minutes}m {:02}s", seconds % 60),
        (0, _, _) => format!("{sign}{hours}h {:02}m", minutes % 60),
        _ => format!("{sign}{days}d {}h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_cut_to_two_units() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m 00s"),
            (303, "5m 03s"),
            (7_500, "2h 05m"),
            (7_559, "2h 05m"),
            (86_399, "23h 59m"),
            (273_600, "3d 4h"),
            (-7_500, "-2h 05m"),
        ] {
            assert_eq!(length(TimeDelta::seconds(seconds)), text);
        }
        assert_eq!(length(TimeDelta::MIN), "-106751991167d 7h");
    }

    #[test]
    fn shares_are_cut_so_that_all_means_all() {
        let huge = u64::MAX;
        for (part, whole, text) in [
            (0, 0, "-"),
            (0, 5, "0.0%"),
            (2, 3, "66.6%"),
            (9_999, 10_000, "99.9%"),
            (huge - 1, huge, "99.9%"),
            (5, 5, "100.0%"),
        ] {
            assert_eq!(Value::Share(Share { part, whole }).to_string(), text);
        }
    }

    #[test]
    fn a_text_cannot_repaint_the_terminal() {
        assert_eq!(Value::Text("a\u{1b}[2J\nb".to_owned()).to_string(), "a\u{fffd}[2J\u{fffd}b");
    }
}
