//! Times as files write them. A time without a zone is no instant, and a date that does not exist is no date.

use chrono::format::{Fixed, Item, Numeric, ParseErrorKind, Parsed, StrftimeItems, parse};
use chrono::{DateTime, Utc};

use crate::fault::Fault;
use crate::import::mapping::Times;
use crate::time::{Zone, trunc};

/// Reads times of one format.
#[derive(Clone, Debug)]
pub(super) struct Clockface {
    format: String,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Rfc3339,
    Unix,
    /// With an offset.
    Exact(Vec<Item<'static>>),
    /// By the clocks of a zone.
    Civil(Vec<Item<'static>>, Zone),
}

/// What had to be decided to make an instant of a civil time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Plain,
    /// The clocks were put forward over it: it is the instant of that.
    Skipped,
    /// The clocks were put back and it came twice: it is the first.
    Repeated,
}

impl Clockface {
    pub(super) fn new(times: &Times) -> Result<Self, Fault> {
        let Times { format, zone } = times;
        let form = match format.as_str() {
            "rfc3339" => Form::Rfc3339,
            "unix" => Form::Unix,
            text => {
                let items = StrftimeItems::new(text).parse_to_owned();
                let items =
                    items.map_err(|_| Fault::new("time.format", format!("`{text}` is no format of `strftime`")))?;
                let offset = |item: &Item<'_>| {
                    matches!(
                        item,
                        Item::Numeric(Numeric::Timestamp, _)
                            | Item::Fixed(
                                Fixed::TimezoneOffset
                                    | Fixed::TimezoneOffsetColon
                                    | Fixed::TimezoneOffsetDoubleColon
                                    | Fixed::TimezoneOffsetTripleColon
                                    | Fixed::TimezoneOffsetColonZ
                                    | Fixed::TimezoneOffsetZ
                                    | Fixed::RFC2822
                                    | Fixed::RFC3339
                            )
                    )
                };
                match zone {
                    _ if items.iter().any(offset) => Form::Exact(items),
                    Some(zone) => Form::Civil(items, zone.clone()),
                    None => {
                        let problem = "is not named, and the format has no offset: a time without either is no instant";
                        return Err(Fault::new("time.zone", problem));
                    }
                }
            }
        };
        Ok(Self { format: format.clone(), form })
    }

    /// Reads a time.
    pub(super) fn read(&self, text: &str) -> Result<(DateTime<Utc>, Reading), String> {
        let shape = || format!("`{}` is no time as `{}` has it", short(text), self.format);
        let plain = |at: DateTime<Utc>| Ok((trunc(at), Reading::Plain));
        match &self.form {
            Form::Rfc3339 => match DateTime::parse_from_rfc3339(text) {
                Ok(at) => plain(at.to_utc()),
                Err(error) => Err(wrong(text, error.kind()).unwrap_or_else(shape)),
            },
            Form::Unix => {
                let at = text.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
                at.map_or_else(|| Err(shape()), plain)
            }
            Form::Exact(items) => match parsed(text, items).and_then(|parsed| parsed.to_datetime()) {
                Ok(at) => plain(at.to_utc()),
                Err(error) => Err(wrong(text, error.kind()).unwrap_or_else(shape)),
            },
            Form::Civil(items, zone) => {
                let civil = parsed(text, items).and_then(|mut parsed| {
                    // A date alone is its midnight.
                    if parsed.hour_div_12().is_none() && parsed.minute().is_none() {
                        parsed.set_hour(0)?;
                        parsed.set_minute(0)?;
                    }
                    parsed.to_naive_datetime_with_offset(0)
                });
                let civil = civil.map_err(|error| wrong(text, error.kind()).unwrap_or_else(shape))?;
                let at = zone.instant(civil);
                let reading = match zone.passes(civil) {
                    0 => Reading::Skipped,
                    1 => Reading::Plain,
                    _ => Reading::Repeated,
                };
                Ok((trunc(at), reading))
            }
        }
    }
}

fn parsed(text: &str, items: &[Item<'static>]) -> Result<Parsed, chrono::ParseError> {
    let mut parsed = Parsed::new();
    parse(&mut parsed, text, items.iter()).map(|()| parsed)
}

/// What is wrong with a time that has the right form.
fn wrong(text: &str, kind: ParseErrorKind) -> Option<String> {
    match kind {
        ParseErrorKind::OutOfRange | ParseErrorKind::Impossible => Some(format!("`{}` does not exist", short(text))),
        _ => None,
    }
}

/// As much of a value as an error needs.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 60;
    let clean = |text: &str| text.replace(char::is_control, "\u{fffd}");
    match text.char_indices().nth(MOST) {
        None => clean(text),
        Some((end, _)) => clean(text.get(..end).unwrap_or(text)) + "…",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clockface(format: &str, zone: Option<&str>) -> Clockface {
        let zone = zone.map(|zone| Zone::named(zone).unwrap());
        Clockface::new(&Times { format: format.to_owned(), zone }).unwrap()
    }

    fn reads(clockface: &Clockface, text: &str) -> (String, Reading) {
        let (at, reading) = clockface.read(text).unwrap();
        (at.format("%FT%TZ").to_string(), reading)
    }

    #[test]
    fn times_are_read_by_their_zone() {
        let berlin = clockface("%d.%m.%Y %H:%M", Some("Europe/Berlin"));
        assert_eq!(reads(&berlin, "29.02.2016 01:16"), ("2016-02-29T00:16:00Z".into(), Reading::Plain));
        assert_eq!(reads(&berlin, "27.03.2016 02:30"), ("2016-03-27T01:00:00Z".into(), Reading::Skipped));
        assert_eq!(reads(&berlin, "30.10.2016 02:30"), ("2016-10-30T00:30:00Z".into(), Reading::Repeated));
        assert_eq!(reads(&berlin, "30.10.2016 03:00"), ("2016-10-30T02:00:00Z".into(), Reading::Plain));
        let offset = clockface("%Y-%m-%d %H:%M:%S %z", None);
        assert_eq!(reads(&offset, "2016-02-29 01:16:05 -0300"), ("2016-02-29T04:16:05Z".into(), Reading::Plain));
        assert_eq!(reads(&clockface("rfc3339", None), "2016-02-29T01:16:00+05:30").0, "2016-02-28T19:46:00Z");
        assert_eq!(reads(&clockface("unix", None), "1456708560").0, "2016-02-29T01:16:00Z");
        assert_eq!(reads(&clockface("%s", None), "1456708560").0, "2016-02-29T01:16:00Z");
        assert_eq!(reads(&clockface("%Y-%m-%d", Some("UTC")), "2016-02-29").0, "2016-02-29T00:00:00Z");
        assert_eq!(
            reads(&clockface("%m/%d/%Y %I:%M %p", Some("UTC")), "02/29/2016 01:16 PM").0,
            "2016-02-29T13:16:00Z"
        );
    }

    #[test]
    fn what_is_no_time_is_told_apart_from_a_time_that_does_not_exist() {
        let utc = clockface("%d-%m-%Y %H:%M", Some("UTC"));
        for text in ["30-02-2016 01:16", "29-02-2015 01:16", "01-13-2016 01:16", "01-01-2016 24:00", "00-01-2016 00:00"]
        {
            assert_eq!(utc.read(text).unwrap_err(), format!("`{text}` does not exist"));
        }
        for text in ["2016-02-29T01:16", "yesterday", "", "29-02-2016", "29-02-2016 01:16 x"] {
            assert_eq!(utc.read(text).unwrap_err(), format!("`{text}` is no time as `%d-%m-%Y %H:%M` has it"));
        }
        let rfc = clockface("rfc3339", None);
        assert_eq!(rfc.read("2016-02-30T00:00:00Z").unwrap_err(), "`2016-02-30T00:00:00Z` does not exist");
    }

    #[test]
    fn a_format_needs_a_zone_or_an_offset() {
        let new = |format: &str| Clockface::new(&Times { format: format.to_owned(), zone: None }).unwrap_err();
        assert_eq!(new("%d-%m-%Y %H:%M").path, "time.zone");
        assert_eq!(new("%Q").path, "time.format");
    }
}
