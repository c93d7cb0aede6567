//! Sections as CSV, for programs and spreadsheets.

use super::{Heading, Section, Value};

impl Section {
    /// Writes headings and rows as CSV (RFC 4180), without title and description; times are in seconds.
    ///
    /// A text that a spreadsheet would take for a formula gets an apostrophe in front, which makes it a text there too.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut csv = line(self.headings.iter().map(|Heading { name, unit }| match unit {
            Some(unit) => text(&format!("{name}_{unit}")),
            None => text(name),
        }));
        for row in &self.rows {
            csv += &line(row.iter().map(field));
        }
        csv
    }
}

fn line(fields: impl Iterator<Item = String>) -> String {
    fields.collect::<Vec<_>>().join(",") + "\r\n"
}

fn field(value: &Value) -> String {
    match value {
        Value::Text(value) => text(value),
        Value::Count(count) => count.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Time(time) => time.as_seconds_f64().to_string(),
        Value::Share(share) => share.ratio().map(|ratio| ratio.to_string()).unwrap_or_default(),
        Value::Empty => String::new(),
    }
}

/// The one place where text becomes a field. Numbers, a minus among them, are of our own making and need no care.
fn text(text: &str) -> String {
    // Spreadsheets take the full-width forms for the signs themselves, and step over a tab or carriage return.
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let mark = if is_formula { "'" } else { "" };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{mark}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{mark}{text}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_field_begins_like_a_formula() {
        for (raw, safe) in [
            ("net", "net"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-1", "'-1"),
            ("@sum(a1)", "'@sum(a1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("＝1", "'＝1"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("＠a", "'＠a"),
            ("a=1", "a=1"),
            ("=\"a\",1", "\"'=\"\"a\"\",1\""),
            ("a \"b\"", "\"a \"\"b\"\"\""),
            ("a\nb", "\"a\nb\""),
        ] {
            assert_eq!(text(raw), safe, "{raw:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_field_is_one_field_and_no_formula(raw in "[=+@a,\"\r\n\t-]{0,6}|\\PC{0,20}") {
            let field = text(&raw);
            let inner = field.strip_prefix('"').map_or(field.as_str(), |rest| rest.strip_suffix('"').unwrap());
            if inner.len() == field.len() {
                prop_assert!(!field.contains([',', '"', '\r', '\n']));
            }
            let value = inner.replace("\"\"", "\"");
            prop_assert_eq!(value.strip_prefix('\'').filter(|rest| *rest == raw).unwrap_or(&value), &raw);
            prop_assert!(!value.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']));
        }
    }
}
