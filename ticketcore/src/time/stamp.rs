//! Instants as microseconds, and as text of one fixed form.
//!
//! Use as `#[serde(with = "ticketcore::time::stamp")]`, or `stamp::option` for an `Option`. The text is RFC 3339 in
//! UTC with exactly six digits of fraction, `2026-11-21T20:51:00.000000Z`: chrono's own form has none, three, six or
//! nine digits, so its order as text is not its order in time. Reading takes any RFC 3339 text.

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Timelike, Utc};
use serde::de::{Unexpected, Visitor};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Returns the microseconds from 1970-01-01 00:00 UTC until `at`; finer digits are cut towards the past.
#[must_use]
pub fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// Returns the instant `micros` microseconds after 1970-01-01 00:00 UTC, or `None` beyond the range of [`DateTime`].
#[must_use]
pub fn from_micros(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros)
}

/// Cuts an instant to whole microseconds, towards the past.
///
/// # Examples
///
/// ```
/// use chrono::{DateTime, TimeDelta};
/// use ticketcore::time::trunc;
///
/// let start = DateTime::UNIX_EPOCH;
/// assert_eq!(trunc(start + TimeDelta::nanoseconds(1_999)), start + TimeDelta::microseconds(1));
/// ```
#[must_use]
pub fn trunc(at: DateTime<Utc>) -> DateTime<Utc> {
    // Beyond chrono's own range there is nothing to cut to; no `DateTime` leads there.
    from_micros(micros(at)).unwrap_or(at)
}

/// Writes an instant as text; `2026-11-21T20:51:00.000000Z`.
///
/// Years outside 0 to 9999 are written with their sign and as many digits as they need, and read back all the same.
///
/// # Errors
///
/// Only those of the serializer.
pub fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    let at = trunc(*at);
    match format(at) {
        Some(text) => serializer.serialize_str(std::str::from_utf8(&text).map_err(S::Error::custom)?),
        None => serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true)),
    }
}

/// Reads an instant from RFC 3339 text, cut to whole microseconds.
///
/// # Errors
///
/// If the text is no RFC 3339 instant, with the text in the message.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    struct Text;

    impl Visitor<'_> for Text {
        type Value = DateTime<Utc>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an RFC 3339 instant such as \"2026-11-21T20:51:00.000000Z\"")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
        }
    }

    deserializer.deserialize_str(Text)
}

/// The same for an `Option`: `#[serde(with = "ticketcore::time::stamp::option")]`.
pub mod option {
    use super::{DateTime, Deserialize, Deserializer, Serialize, Serializer, Utc};

    #[derive(Serialize, Deserialize)]
    struct Stamp(#[serde(with = "super")] DateTime<Utc>);

    /// Writes an instant as text, or nothing.
    ///
    /// # Errors
    ///
    /// Only those of the serializer.
    pub fn serialize<S: Serializer>(at: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
        at.map(Stamp).serialize(serializer)
    }

    /// Reads an instant from RFC 3339 text, or nothing.
    ///
    /// # Errors
    ///
    /// If there is a text and it is no RFC 3339 instant.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
        Ok(Option::<Stamp>::deserialize(deserializer)?.map(|Stamp(at)| at))
    }
}

/// Writes the fixed form by hand, for every event holds an instant: 18 ns, where chrono's own text takes 47.
fn format(at: DateTime<Utc>) -> Option<[u8; 27]> {
    let at = at.naive_utc();
    let year = u32::try_from(at.year()).ok().filter(|year| *year <= 9999)?;
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    let numbers = [
        (0..4, year),
        (5..7, at.month()),
        (8..10, at.day()),
        (11..13, at.hour()),
        (14..16, at.minute()),
        (17..19, at.second()),
        (20..26, at.nanosecond() / 1000),
    ];
    for (place, mut number) in numbers {
        for digit in text[place].iter_mut().rev() {
            *digit += (number % 10) as u8;
            number /= 10;
        }
    }
    Some(text)
}

/// Reads the fixed form by hand, in 17 ns against chrono's 140, and any other form by chrono.
fn parse(text: &str) -> Option<DateTime<Utc>> {
    parse_fixed(text).or_else(|| text.parse().ok().map(trunc))
}

fn parse_fixed(text: &str) -> Option<DateTime<Utc>> {
    let text: &[u8; 27] = text.as_bytes().try_into().ok()?;
    let number = |from: usize, to: usize| {
        text[from..to]
            .iter()
            .try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
    };
    let marks = [text[4], text[7], text[10], text[13], text[16], text[19], text[26]];
    if marks != *b"--T::.Z" {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 7)?, number(8, 10)?)?;
    let at = date.and_hms_micro_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 26)?)?;
    Some(at.and_utc())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;
    use serde_json::{from_str, to_string};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        #[serde(with = "crate::time::stamp")]
        at: DateTime<Utc>,
        #[serde(with = "crate::time::stamp::option")]
        until: Option<DateTime<Utc>>,
    }

    fn row(at: DateTime<Utc>, until: Option<DateTime<Utc>>) -> Row {
        Row { at: trunc(at), until: until.map(trunc) }
    }

    fn read(text: &str) -> Result<DateTime<Utc>, String> {
        let json = format!(r#"{{"at":{text:?},"until":null}}"#);
        from_str::<Row>(&json).map(|row| row.at).map_err(|e| e.to_string())
    }

    #[test]
    fn the_text_has_six_digits_of_fraction() {
        let at = DateTime::from_timestamp_micros(1_795_294_260_000_000).unwrap();
        let json = r#"{"at":"2026-11-21T20:51:00.000000Z","until":"2026-11-21T20:51:00.000001Z"}"#;
        assert_eq!(to_string(&row(at, Some(at + TimeDelta::microseconds(1)))).unwrap(), json);
    }

    #[test]
    fn other_forms_of_rfc_3339_are_read() {
        let at = read("2026-11-21T20:51:00.000000Z").unwrap();
        assert_eq!(read("2026-11-21T20:51:00Z"), Ok(at));
        assert_eq!(read("2026-11-21T21:51:00+01:00"), Ok(at));
        assert_eq!(read("2026-11-21T20:51:00.000000999Z"), Ok(at));
        assert_eq!(read("2016-12-31T23:59:60Z"), read("2017-01-01T00:00:00Z"), "a leap second is the second after it");
    }

    #[test]
    fn what_is_no_instant_is_named_in_the_error() {
        for text in [
            "",
            "yesterday",
            "2026-02-30T00:00:00.000000Z",
            "2026-11-21T24:00:00.000000Z",
            "2026-11-21T20:51:00.00000xZ",
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(&format!("{text:?}, expected an RFC 3339 instant")), "{error}");
        }
    }

    #[test]
    fn years_of_more_or_fewer_digits_survive_the_round_trip() {
        let edges = [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC];
        let years = [-1, 0, 1, 999, 9999, 10_000]
            .map(|y| NaiveDate::from_ymd_opt(y, 12, 31).unwrap().and_hms_opt(23, 59, 59).unwrap().and_utc());
        for at in edges.into_iter().chain(years) {
            let row = row(at, None);
            assert_eq!(from_str::<Row>(&to_string(&row).unwrap()).unwrap(), row);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Law 19, and: the order of texts is the order in time.
        #[test]
        fn every_instant_survives_the_round_trip_in_order(a in -62_167_219_200_000_000..253_402_300_800_000_000_i64, b in 0..4_102_444_800_000_000_i64) {
            let (a, b) = (from_micros(a).unwrap(), from_micros(b).unwrap());
            let row = row(a, Some(b));
            prop_assert_eq!(&from_str::<Row>(&to_string(&row).unwrap()).unwrap(), &row);
            prop_assert_eq!(format(a).cmp(&format(b)), a.cmp(&b));
            prop_assert_eq!(format(a).unwrap().to_vec(), a.to_rfc3339_opts(SecondsFormat::Micros, true).into_bytes());
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}", near in "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}[Zz]") {
            let _ = parse(&text);
            if let Some(at) = parse_fixed(&near) {
                prop_assert_eq!(near.parse::<DateTime<Utc>>().map(trunc), Ok(at));
            }
        }
    }
}
