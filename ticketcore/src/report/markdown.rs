//! Sections as Markdown, for documents and issues.

use super::{Heading, Section, Value};

impl Section {
    /// Writes title, description and a table of GitHub Flavored Markdown, numbers to the right. No text becomes markup.
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
        for row in &self.rows {
            text += &line(row.iter().map(|value| plain(&value.to_string())).collect());
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
