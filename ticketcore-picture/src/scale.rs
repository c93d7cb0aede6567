//! From values to places: linear and logarithmic scales, and ticks at numbers people count in.

use chrono::TimeDelta;

/// A tick: where it is, and what it says.
pub(crate) type Tick = (f64, String);

/// The lengths of time that clocks and calendars have, in seconds, from a millisecond to ten thousand years.
const LENGTHS: [f64; 34] = [
    0.001,
    0.01,
    0.1,
    1.0,
    2.0,
    5.0,
    10.0,
    15.0,
    30.0,
    60.0,
    120.0,
    300.0,
    600.0,
    900.0,
    1_800.0,
    HOUR,
    2.0 * HOUR,
    4.0 * HOUR,
    8.0 * HOUR,
    12.0 * HOUR,
    DAY,
    2.0 * DAY,
    5.0 * DAY,
    10.0 * DAY,
    20.0 * DAY,
    50.0 * DAY,
    100.0 * DAY,
    200.0 * DAY,
    500.0 * DAY,
    1e3 * DAY,
    1e4 * DAY,
    1e5 * DAY,
    1e6 * DAY,
    1e7 * DAY,
];
const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;

/// Says what the values of an axis are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Count,
    /// Seconds.
    Length,
}

/// Places values between two ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    logarithmic: bool,
}

impl Scale {
    /// Makes a scale from nought to at least a value, with its ticks: as many as asked, about.
    pub(crate) fn linear(max: f64, (from, to): (f64, f64), kind: Kind, ticks: f64) -> (Self, Vec<Tick>) {
        Self::between(0.0, max, (from, to), kind, ticks)
    }

    /// Makes a scale that has two values between its ends, with its ticks.
    pub(crate) fn between(min: f64, max: f64, (from, to): (f64, f64), kind: Kind, ticks: f64) -> (Self, Vec<Tick>) {
        let (min, max) = (finite(min), finite(max));
        let span = if max > min { max - min } else { 1.0 };
        let step = match kind {
            // There is no half of a ticket.
            Kind::Count => nice(span / ticks).max(1.0),
            Kind::Length => nice_length(span / ticks),
        };
        let (low, high) = ((min / step).floor() * step, ((min + span) / step).ceil() * step);
        let scale = Self { low, high, from, to, logarithmic: false };
        let mut marks = Vec::new();
        for i in 0..64 {
            let value = low + step * f64::from(i);
            if value > high + step / 2.0 {
                break;
            }
            marks.push((scale.place(value), label(value, kind)));
        }
        (scale, marks)
    }

    /// Makes a scale on which equal ways are equal factors, for lengths of time in seconds, with its ticks.
    pub(crate) fn logarithmic(min: f64, max: f64, (from, to): (f64, f64)) -> (Self, Vec<Tick>) {
        let (min, max) = (finite(min).max(LENGTHS[0]), finite(max).max(LENGTHS[1]));
        let low = LENGTHS.iter().copied().rev().find(|length| *length <= min).unwrap_or(LENGTHS[0]);
        let high = LENGTHS.iter().copied().find(|length| *length >= max && *length > low).unwrap_or(max);
        let scale = Self { low, high, from, to, logarithmic: true };
        let mut marks: Vec<Tick> = Vec::new();
        // The ends always; between them those that leave room for each other.
        let room = 20.0;
        let end = scale.place(high);
        for length in LENGTHS.into_iter().filter(|length| *length >= low && *length < high) {
            let place = scale.place(length);
            let far = |other: f64| (place - other).abs() >= room;
            if marks.last().is_none_or(|(last, _)| far(*last)) && far(end) {
                marks.push((place, label(length, Kind::Length)));
            }
        }
        marks.push((end, label(high, Kind::Length)));
        (scale, marks)
    }

    /// Where a value is; what lies beyond an end is at the end.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let Self { low, high, from, to, logarithmic } = *self;
        let value = finite(value).clamp(low, high);
        let part = match logarithmic {
            true => (value.ln() - low.ln()) / (high.ln() - low.ln()),
            false => (value - low) / (high - low),
        };
        from + (to - from) * part
    }
}

/// What can be counted with: a number of tickets is never beyond it.
fn finite(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(-1e30, 1e30) }
}

/// The least of 1, 2, 2.5, 5 and their multiples by ten that is no less; for whole numbers, 2.5 only from 25 on.
fn nice(step: f64) -> f64 {
    let power = 10_f64.powi(exponent(step));
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    let whole = |step: &f64| *step != 2.5 || power >= 10.0;
    steps.into_iter().filter(whole).map(|part| part * power).find(|nice| *nice >= step * 0.999_999).unwrap_or(step)
}

/// The power of ten that is no greater than a positive number.
fn exponent(value: f64) -> i32 {
    let mut exponent = 0;
    while exponent < 300 && 10_f64.powi(exponent + 1) <= value {
        exponent += 1;
    }
    exponent
}

/// The least length of time on clocks and calendars that is no less.
fn nice_length(step: f64) -> f64 {
    LENGTHS.into_iter().find(|length| *length >= step).unwrap_or_else(|| nice(step))
}

fn label(value: f64, kind: Kind) -> String {
    match kind {
        Kind::Count => count(value),
        Kind::Length => length(value),
    }
}

/// Writes a number as axes have it: `950`, `12k`, `1.5M`.
pub(crate) fn count(value: f64) -> String {
    let (by, unit) = match value.abs() {
        0.0..1_000.0 => (1.0, ""),
        1_000.0..10_000.0 if value.fract() == 0.0 => {
            return format!("{},{:03}", (value / 1e3).trunc(), (value % 1e3).abs());
        }
        1_000.0..10_000.0 => (1.0, ""),
        10_000.0..1e6 => (1e3, "k"),
        1e6..1e9 => (1e6, "M"),
        1e9..1e12 => (1e9, "G"),
        _ => return format!("{value:.0e}"),
    };
    format!("{}{unit}", crate::canvas::number(value / by))
}

/// Writes a number in full, in groups of three.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a length of time in seconds in the unit of its size, with one decimal if it needs it: `2h`, `1.5d`.
pub(crate) fn length(seconds: f64) -> String {
    let size = seconds.abs();
    let (by, unit) = match size {
        0.0 => return "0".to_owned(),
        0.0..1.0 => (0.001, "ms"),
        1.0..60.0 => (1.0, "s"),
        60.0..HOUR => (60.0, "m"),
        HOUR..DAY => (HOUR, "h"),
        DAY..864e7 => (DAY, "d"),
        _ => return format!("{:.0e}d", seconds / DAY),
    };
    let value = format!("{:.1}", seconds / by);
    format!("{}{unit}", value.strip_suffix(".0").unwrap_or(&value))
}

/// A length of time in seconds.
pub(crate) fn seconds(time: TimeDelta) -> f64 {
    time.as_seconds_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_at_numbers_people_count_in() {
        for (max, expected) in [
            (0.0, vec!["0", "1"]),
            (1.0, vec!["0", "1"]),
            (3.0, vec!["0", "1", "2", "3"]),
            (7.0, vec!["0", "2", "4", "6", "8"]),
            (97.0, vec!["0", "25", "50", "75", "100"]),
            (180_000.0, vec!["0", "50k", "100k", "150k", "200k"]),
        ] {
            let (_, ticks) = Scale::linear(max, (0.0, 100.0), Kind::Count, 4.0);
            assert_eq!(labels(&ticks), expected, "{max}");
        }
        let (_, ticks) = Scale::linear(7.0 * HOUR, (0.0, 100.0), Kind::Length, 4.0);
        assert_eq!(labels(&ticks), ["0", "2h", "4h", "6h", "8h"]);
    }

    #[test]
    fn a_logarithmic_axis_goes_through_the_units() {
        let (scale, ticks) = Scale::logarithmic(70.0, 9.0 * DAY, (200.0, 0.0));
        assert_eq!(ticks.first().unwrap().1, "1m");
        assert_eq!(ticks.last().unwrap().1, "10d");
        assert!((scale.place(60.0) - 200.0).abs() < 1e-9 && scale.place(0.0) == 200.0);
        assert!(ticks.windows(2).all(|pair| pair[0].0 - pair[1].0 >= 20.0), "{ticks:?}");
    }

    #[test]
    fn no_value_is_too_great_or_too_strange() {
        for max in [f64::MAX, f64::INFINITY, f64::NAN, -5.0, i64::MAX as f64, u64::MAX as f64, 1e-9] {
            for kind in [Kind::Count, Kind::Length] {
                let (scale, ticks) = Scale::linear(max, (0.0, 100.0), kind, 4.0);
                assert!((2..20).contains(&ticks.len()), "{max} {ticks:?}");
                for value in [f64::NEG_INFINITY, -1.0, 0.0, max, f64::NAN] {
                    assert!((0.0..=100.0).contains(&scale.place(value)), "{max} {value}");
                }
            }
        }
        for (min, max) in [(0.0, 0.0), (-1.0, f64::INFINITY), (f64::NAN, 1.0), (1e29, 1e30)] {
            let (scale, ticks) = Scale::logarithmic(min, max, (0.0, 100.0));
            assert!(!ticks.is_empty());
            assert!((0.0..=100.0).contains(&scale.place(max)), "{min} {max}");
        }
    }

    #[test]
    fn numbers_and_lengths_are_short() {
        assert_eq!([950.0, 12_000.0, 1_500_000.0, 2e9].map(count), ["950", "12k", "1.5M", "2G"]);
        assert_eq!([0.0, 0.25, 90.0, 5_400.0, 129_600.0].map(length), ["0", "250ms", "1.5m", "1.5h", "1.5d"]);
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
