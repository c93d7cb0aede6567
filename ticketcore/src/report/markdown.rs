//! Sections as Markdown, for documents and issues.

use super::{Heading, Section, Value};

impl Section {
    /// Writes title, description, a table of GitHub Flavored Markdown, numbers to the right, and the notes. No text becomes
    /// markup.
    #[must_use]
    pub fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let headings = self.headings.iter().map(|Heading { name, unit: _ }| plain(&name.replace('_', " "))).collect();
        let rule = (0..self.headings.len()).map(|column| if self.is_text(column) { ":---" } else { "---:" });
        let mut text = format!("## {}\n\n", plain(&self.title));
        if !self.about.is_empty() {
            text += &format!("{}\n\n", plain(&self.about));
        }
        text += &line(headings);
        text += &format!("|{}|\n", rule.collect::<Vec<_>>().join("|"));
        for row in self.rows.iter().chain(&self.total) {
            text += &line(row.iter().map(|value| plain(&value.to_string())).collect());
        }
        if !self.notes.is_empty() {
            text += &format!("\n{}\n", plain(&self.notes.join(" ")));
        }
        text
    }

    /// Whether a column has texts only, or nothing.
    pub(super) fn is_text(&self, column: usize) -> bool {
        self.rows.iter().all(|row| matches!(row.get(column), None | Some(Value::Text(_) | Value::Empty)))
    }
}

/// Writes a text so that Markdown shows it as it is, on one line.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' | '!' => {
                plain.push('\\');
                plain.push(c);
            }
            c if c.is_control() => plain.push('\u{fffd}'),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_stand_below_the_rows_and_notes_below_the_table() {
        let section = Section {
            title: "Teams".to_owned(),
            headings: vec![Heading::new("team"), Heading::new("tickets")],
            rows: vec![vec![Value::Text("net".to_owned()), Value::Count(2)]],
            total: Some(vec![Value::Text("all".to_owned()), Value::Count(2)]),
            notes: vec!["Of all tickets.".to_owned(), "Exact.".to_owned()],
            ..Section::default()
        };
        let text = "## Teams\n\n| team | tickets |\n|:---|---:|\n| net | 2 |\n| all | 2 |\n\nOf all tickets. Exact.\n";
        assert_eq!(section.markdown(), text);
    }

    #[test]
    fn no_text_becomes_markup() {
        for (raw, safe) in [
            ("net", "net"),
            ("a|b", "a\\|b"),
            ("<img src=x>", "&lt;img src=x&gt;"),
            ("**bold** _it_", "\\*\\*bold\\*\\* \\_it\\_"),
            ("[x](http://y)", "\\[x\\](http://y)"),
            ("`code`\\", "\\`code\\`\\\\"),
            ("a\nb", "a\u{fffd}b"),
            ("&lt;", "&amp;lt;"),
        ] {
            assert_eq!(plain(raw), safe, "{raw:?}");
        }
    }
}
