//! Lengths of time as text that people write and read: `1d 4h`, `30m`, `90s`, `250ms`, `15us`.
//!
//! Use as `#[serde(with = "ticketcore::time::span")]`, or `span::option` for an `Option`. A day is 24 hours here; a
//! working day is a matter of the [`Calendar`](super::Calendar).

use std::fmt::Write as _;

use chrono::TimeDelta;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The units and their length in microseconds, longest first.
const UNITS: [(&str, i128); 6] =
    [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];

/// The text is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a span such as \"1d 4h\" or \"90s\"; the units are d, h, m, s, ms and us")]
pub struct NotASpan {
    /// What was read.
    pub text: String,
}

/// Reads a length of time: whole numbers with a unit, added up, with a minus in front if negative.
///
/// # Errors
///
/// [`NotASpan`] if a number or a unit is missing or unknown, or the sum is beyond the range of [`TimeDelta`].
///
/// # Examples
///
/// ```
/// use chrono::TimeDelta;
/// use ticketcore::time::span;
///
/// assert_eq!(span::parse("1d 4h")?, TimeDelta::hours(28));
/// assert_eq!(span::parse("1h30m")?, span::parse("90m")?);
/// assert_eq!(
///     span::parse("2 weeks").unwrap_err().to_string(),
///     r#""2 weeks" is not a span such as "1d 4h" or "90s"; the units are d, h, m, s, ms and us"#,
/// );
/// # Ok::<(), span::NotASpan>(())
/// ```
pub fn parse(text: &str) -> Result<TimeDelta, NotASpan> {
    sum(text).and_then(from_micros).ok_or_else(|| NotASpan { text: text.to_owned() })
}

/// Writes a length of time, each unit at most once and the longest first; finer than microseconds is cut.
///
/// # Examples
///
/// ```
/// use chrono::TimeDelta;
/// use ticketcore::time::span;
///
/// assert_eq!(span::format(TimeDelta::minutes(90)), "1h 30m");
/// assert_eq!(span::format(TimeDelta::zero()), "0s");
/// ```
#[must_use]
pub fn format(span: TimeDelta) -> String {
    let micros = to_micros(span);
    let mut left = micros.abs();
    let mut text = String::from(if micros < 0 { "-" } else { "" });
    for (unit, length) in UNITS {
        if left >= length {
            let gap = if text.len() > usize::from(micros < 0) { " " } else { "" };
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{gap}{}{unit}", left / length);
            left %= length;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// Writes a length of time as [`format()`] does.
///
/// # Errors
///
/// Only those of the serializer.
pub fn serialize<S: Serializer>(span: &TimeDelta, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(*span))
}

/// Reads a length of time as [`parse`] does.
///
/// # Errors
///
/// If the text is no length of time, with the text in the message.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeDelta, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// The same for an `Option`: `#[serde(with = "ticketcore::time::span::option")]`.
pub mod option {
    use super::{Deserialize, Deserializer, Serialize, Serializer, TimeDelta};

    #[derive(Serialize, Deserialize)]
    struct Span(#[serde(with = "super")] TimeDelta);

    /// Writes a length of time as text, or nothing.
    ///
    /// # Errors
    ///
    /// Only those of the serializer.
    pub fn serialize<S: Serializer>(span: &Option<TimeDelta>, serializer: S) -> Result<S::Ok, S::Error> {
        span.map(Span).serialize(serializer)
    }

    /// Reads a length of time from text, or nothing.
    ///
    /// # Errors
    ///
    /// If there is a text and it is no length of time.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TimeDelta>, D::Error> {
        Ok(Option::<Span>::deserialize(deserializer)?.map(|Span(span)| span))
    }
}

fn sum(text: &str) -> Option<i128> {
    let text = text.trim();
    let (sign, mut rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let mut sum = 0_i128;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let (unit, after) = after.split_at(after.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(after.len()));
        let (_, length) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
        sum = number.parse::<i128>().ok()?.checked_mul(length)?.checked_add(sum)?;
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(sign * sum);
        }
    }
    None
}

/// A `TimeDelta` may be longer than an `i64` of microseconds, hence the wider sums.
fn to_micros(span: TimeDelta) -> i128 {
    i128::from(span.num_seconds()) * 1_000_000 + i128::from(span.subsec_nanos() / 1_000)
}

fn from_micros(micros: i128) -> Option<TimeDelta> {
    let seconds = i64::try_from(micros.div_euclid(1_000_000)).ok()?;
    let nanos = u32::try_from(micros.rem_euclid(1_000_000) * 1_000).ok()?;
    TimeDelta::new(seconds, nanos)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{from_str, to_string};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        #[serde(with = "crate::time::span")]
        budget: TimeDelta,
        #[serde(with = "crate::time::span::option")]
        warn: Option<TimeDelta>,
    }

    #[test]
    fn texts_are_canonical() {
        let cases = [
            ("1d 4h", "1d 4h"),
            ("28h", "1d 4h"),
            ("30m", "30m"),
            ("90s", "1m 30s"),
            ("1500us", "1ms 500us"),
            (" 5m 1h ", "1h 5m"),
            ("1h1h", "2h"),
            ("0d", "0s"),
            ("-90m", "-1h 30m"),
            ("-0s", "0s"),
            ("007s", "7s"),
        ];
        for (read, written) in cases {
            assert_eq!(format(parse(read).unwrap()), written, "{read}");
        }
    }

    #[test]
    fn what_is_no_span_is_named_in_the_error() {
        for text in [
            "",
            " ",
            "-",
            "5",
            "m",
            "1 h",
            "1w",
            "1.5h",
            "1h, 2m",
            "1h -2m",
            "--1h",
            "1µs",
            "1H",
            "+1h",
            "99999999999999d",
            "999999999999999999999999999999999999999d",
        ] {
            let json = format!(r#"{{"budget":{text:?},"warn":null}}"#);
            let error = from_str::<Row>(&json).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{text:?} is not a span")), "{error}");
        }
    }

    #[test]
    fn the_longest_spans_survive_the_round_trip() {
        for span in [TimeDelta::MIN, TimeDelta::MAX, TimeDelta::zero()] {
            assert_eq!(to_micros(parse(&format(span)).unwrap()), to_micros(span));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Law 19.
        #[test]
        fn every_span_survives_the_round_trip(budget: i64, warn: Option<i32>) {
            let row = Row { budget: TimeDelta::microseconds(budget), warn: warn.map(|w| TimeDelta::seconds(w.into())) };
            prop_assert_eq!(&from_str::<Row>(&to_string(&row).unwrap()).unwrap(), &row);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,20}", near in "-?([0-9]{1,20} ?(d|h|m|s|ms|us) ?){1,4}") {
            let _ = parse(&text);
            let _ = parse(&near);
        }
    }
}
