//! The axis of time: buckets by the names that reports give them, and ticks where calendars have them.

use chrono::{Datelike as _, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike as _, Weekday};

/// Reads the civil time at which a bucket of a report begins: `2026-11-21T14`, `2026-11-21`, `2026-W47`, `2026-11`,
/// `2026-Q4` or `2026`.
///
/// # Examples
///
/// ```
/// let week = ticketcore_picture::civil("2026-W47").unwrap();
/// assert_eq!(week.to_string(), "2026-11-16 00:00:00");
/// assert_eq!(ticketcore_picture::civil("next week"), None);
/// ```
#[must_use]
pub fn civil(bucket: &str) -> Option<NaiveDateTime> {
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN);
    if let Some((date, time)) = bucket.split_once(['T', ' ']) {
        let hour = time.split(':').next()?.parse().ok()?;
        let minute = time.split(':').nth(1).map_or(Some(0), |minute| minute.parse().ok())?;
        return date.parse::<NaiveDate>().ok()?.and_hms_opt(hour, minute, 0);
    }
    if let Ok(date) = bucket.parse::<NaiveDate>() {
        return Some(midnight(date));
    }
    let (year, part) = match bucket.split_once('-') {
        None => (bucket, None),
        Some((year, part)) => (year, Some(part)),
    };
    let year = year.parse().ok().filter(|_| year.len() >= 4 && year.bytes().all(|byte| byte.is_ascii_digit()))?;
    let date = match part {
        None => NaiveDate::from_ymd_opt(year, 1, 1),
        Some(part) => match (part.strip_prefix('W'), part.strip_prefix('Q')) {
            (Some(week), _) => NaiveDate::from_isoywd_opt(year, week.parse().ok()?, Weekday::Mon),
            (_, Some(quarter)) => {
                let quarter: u32 = quarter.parse().ok().filter(|quarter| (1..=4).contains(quarter))?;
                NaiveDate::from_ymd_opt(year, quarter * 3 - 2, 1)
            }
            (None, None) => NaiveDate::from_ymd_opt(year, part.parse().ok()?, 1),
        },
    };
    date.map(midnight)
}

/// Writes a civil time as short as it says everything: without the time if that is midnight.
pub(crate) fn name(at: NaiveDateTime) -> String {
    if at.time() == NaiveTime::MIN { at.date().to_string() } else { at.format("%Y-%m-%dT%H:%M").to_string() }
}

/// A tick on the axis of time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) place: f64,
    pub(crate) label: String,
    /// What it belongs to, where that is another than at the tick before: the year, or the day.
    pub(crate) below: Option<String>,
}

/// Places civil times between two ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    first: NaiveDateTime,
    last: NaiveDateTime,
    /// How long a bucket is, in seconds.
    bucket: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// Makes an axis for buckets in rising order, with room for half a bucket at both ends.
    pub(crate) fn new(starts: &[NaiveDateTime], (from, to): (f64, f64)) -> Option<Self> {
        let (first, last) = (*starts.first()?, *starts.last()?);
        let gaps = starts.windows(2).map(|pair| (pair[1] - pair[0]).as_seconds_f64()).filter(|gap| *gap > 0.0);
        let bucket = gaps.reduce(f64::min).unwrap_or(86_400.0);
        Some(Self { first, last, bucket, from, to })
    }

    /// Where a bucket has its middle.
    pub(crate) fn place(&self, at: NaiveDateTime) -> f64 {
        let part = ((at - self.first).as_seconds_f64() + self.bucket / 2.0) / self.length();
        self.from + (self.to - self.from) * part.clamp(0.0, 1.0)
    }

    /// How wide a bucket is.
    pub(crate) fn bucket(&self) -> f64 {
        (self.to - self.from) * self.bucket / self.length()
    }

    /// What a bucket is called, if it is as long as something that has a name.
    pub(crate) fn unit(&self) -> &'static str {
        const UNITS: [(f64, f64, &str); 6] = [
            (1.0, 1.0, "hour"),
            (24.0, 24.0, "day"),
            (168.0, 168.0, "week"),
            (672.0, 744.0, "month"),
            (2_160.0, 2_208.0, "quarter"),
            (8_760.0, 8_784.0, "year"),
        ];
        let hours = self.bucket / 3_600.0;
        // A day may be an hour short or long.
        let unit = UNITS.iter().find(|(least, most, _)| *least * 0.95 <= hours && hours <= *most * 1.05);
        unit.map_or("bucket", |(_, _, unit)| unit)
    }

    fn length(&self) -> f64 {
        (self.last - self.first).as_seconds_f64() + self.bucket
    }

    /// The ticks, each with the room that its label needs.
    pub(crate) fn ticks(&self) -> Vec<Tick> {
        let many = ((self.to - self.from) / 66.0).max(2.0);
        let seconds = (self.last - self.first).as_seconds_f64();
        let step =
            Step::ALL.into_iter().find(|step| step.seconds() >= self.bucket * 0.99 && seconds / step.seconds() <= many);
        let step = step.unwrap_or_else(|| {
            let mut years = 1;
            while years < 1_000_000 && seconds / Step::Years(years).seconds() > many {
                years *= 10;
            }
            Step::Years(years)
        });
        let mut ticks = Vec::<Tick>::new();
        let mut under = None;
        let mut next = step.first(self.first);
        while let Some(at) = next.filter(|at| *at <= self.last && ticks.len() < 100) {
            if at >= self.first {
                let below = Some(step.below(at)).filter(|below| !below.is_empty() && under.as_ref() != Some(below));
                under = below.clone().or(under);
                ticks.push(Tick { place: self.place(at), label: step.label(at), below });
            }
            next = step.after(at);
        }
        if ticks.is_empty() {
            // So short a time has no tick of its own.
            ticks.push(Tick { place: self.place(self.first), label: name(self.first), below: None });
        }
        ticks
    }
}

/// How far ticks are apart.
#[derive(Clone, Copy, Debug)]
enum Step {
    Hours(u32),
    Days(u32),
    Weeks(u32),
    Months(u32),
    Years(i32),
}

impl Step {
    const ALL: [Self; 16] = [
        Self::Hours(1),
        Self::Hours(3),
        Self::Hours(6),
        Self::Hours(12),
        Self::Days(1),
        Self::Days(2),
        Self::Weeks(1),
        Self::Weeks(2),
        Self::Months(1),
        Self::Months(2),
        Self::Months(3),
        Self::Months(6),
        Self::Years(1),
        Self::Years(2),
        Self::Years(5),
        Self::Years(10),
    ];

    /// The least it is long.
    fn seconds(self) -> f64 {
        match self {
            Self::Hours(hours) => f64::from(hours) * 3_600.0,
            Self::Days(days) => f64::from(days) * 86_400.0,
            Self::Weeks(weeks) => f64::from(weeks) * 7.0 * 86_400.0,
            Self::Months(months) => f64::from(months) * 28.0 * 86_400.0,
            Self::Years(years) => f64::from(years) * 365.0 * 86_400.0,
        }
    }

    /// The last tick that is not after a time.
    fn first(self, at: NaiveDateTime) -> Option<NaiveDateTime> {
        let date = at.date();
        let from_ce = date.num_days_from_ce();
        let back = |days: i32| date.checked_sub_days(Days::new(u64::from(days.unsigned_abs())));
        let date = match self {
            Self::Hours(hours) => return date.and_hms_opt(at.hour() / hours * hours, 0, 0),
            Self::Days(days) => back(from_ce.rem_euclid(i32::try_from(days).ok()?)),
            // The first day of the common era was a Monday.
            Self::Weeks(weeks) => back((from_ce - 1).rem_euclid(7 * i32::try_from(weeks).ok()?)),
            Self::Months(months) => NaiveDate::from_ymd_opt(date.year(), date.month0() / months * months + 1, 1),
            Self::Years(years) => NaiveDate::from_ymd_opt(date.year().div_euclid(years) * years, 1, 1),
        };
        Some(date.unwrap_or(NaiveDate::MIN).and_time(NaiveTime::MIN))
    }

    fn after(self, at: NaiveDateTime) -> Option<NaiveDateTime> {
        match self {
            Self::Hours(hours) => at.checked_add_signed(TimeDelta::hours(hours.into())),
            Self::Days(days) => at.checked_add_days(Days::new(days.into())),
            Self::Weeks(weeks) => at.checked_add_days(Days::new(u64::from(weeks) * 7)),
            Self::Months(months) => at.checked_add_months(Months::new(months)),
            Self::Years(years) => {
                Some(NaiveDate::from_ymd_opt(at.year().checked_add(years)?, 1, 1)?.and_time(NaiveTime::MIN))
            }
        }
    }

    fn label(self, at: NaiveDateTime) -> String {
        match self {
            Self::Hours(_) => at.format("%H:%M").to_string(),
            Self::Days(_) | Self::Weeks(_) => at.format("%-d %b").to_string(),
            Self::Months(_) => at.format("%b").to_string(),
            Self::Years(_) => at.year().to_string(),
        }
    }

    fn below(self, at: NaiveDateTime) -> String {
        match self {
            Self::Hours(_) => at.format("%-d %b %Y").to_string(),
            Self::Days(_) | Self::Weeks(_) | Self::Months(_) => at.year().to_string(),
            Self::Years(_) => String::new(),
        }
    }
}

/// Says how many of the points to draw: without a quiet end that is longer than all that is before it. What is quiet is said
/// of each point and the one before.
pub(crate) fn lively<T>(points: &[T], is_quiet: impl Fn(&T, &T) -> bool) -> usize {
    let last = (1..points.len()).rev().find(|i| !is_quiet(&points[i - 1], &points[*i])).unwrap_or(0);
    // One more shows that it is the end.
    let kept = (last + 2).min(points.len());
    if points.len() - kept > kept { kept } else { points.len() }
}

/// Finds when the piece of time began that a time is in.
pub(crate) type Beginning = fn(NaiveDateTime) -> NaiveDateTime;

/// The beginnings of longer and longer pieces of time, for what has more buckets than there is room for, with
/// their names.
pub(crate) const COARSER: [(&str, Beginning); 8] = [
    ("day", |at| at.date().and_time(NaiveTime::MIN)),
    ("week", |at| Step::Weeks(1).first(at).unwrap_or(at)),
    ("month", |at| Step::Months(1).first(at).unwrap_or(at)),
    ("quarter", |at| Step::Months(3).first(at).unwrap_or(at)),
    ("year", |at| Step::Years(1).first(at).unwrap_or(at)),
    ("ten years", |at| Step::Years(10).first(at).unwrap_or(at)),
    ("hundred years", |at| Step::Years(100).first(at).unwrap_or(at)),
    ("ten thousand years", |at| Step::Years(10_000).first(at).unwrap_or(at)),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(first: &str, last: &str, bucket: &str) -> Axis {
        let at = |name| civil(name).unwrap();
        Axis::new(&[at(first), at(bucket), at(last)], (0.0, 700.0)).unwrap()
    }

    fn labels(axis: &Axis) -> Vec<String> {
        let below = |tick: &Tick| tick.below.as_ref().map(|below| format!("/{below}")).unwrap_or_default();
        axis.ticks().iter().map(|tick| tick.label.clone() + &below(tick)).collect()
    }

    #[test]
    fn the_names_of_buckets_are_read() {
        for (name, at) in [
            ("2026-11-21T14", "2026-11-21 14:00:00"),
            ("2026-11-21 14:30", "2026-11-21 14:30:00"),
            ("2026-11-21", "2026-11-21 00:00:00"),
            ("2026-W01", "2025-12-29 00:00:00"),
            ("2026-11", "2026-11-01 00:00:00"),
            ("2026-Q4", "2026-10-01 00:00:00"),
            ("2026", "2026-01-01 00:00:00"),
        ] {
            assert_eq!(civil(name).map(|at| at.to_string()).as_deref(), Some(at), "{name}");
        }
        for name in ["", "-", "2026-13", "2026-W54", "2026-Q5", "net", "12", "2026-11-21T99", "x-11"] {
            assert_eq!(civil(name), None, "{name}");
        }
    }

    #[test]
    fn ticks_are_where_calendars_have_them() {
        assert_eq!(
            labels(&axis("2026-11-20", "2026-11-25", "2026-11-21")),
            ["20 Nov/2026", "21 Nov", "22 Nov", "23 Nov", "24 Nov", "25 Nov"]
        );
        // Mondays.
        assert_eq!(
            labels(&axis("2026-12-10", "2027-01-31", "2026-12-11")),
            ["14 Dec/2026", "21 Dec", "28 Dec", "4 Jan/2027", "11 Jan", "18 Jan", "25 Jan"]
        );
        assert_eq!(
            labels(&axis("2026-09-10", "2027-03-31", "2026-09-11")),
            ["Oct/2026", "Nov", "Dec", "Jan/2027", "Feb", "Mar"]
        );
        assert_eq!(labels(&axis("2010", "2026", "2011"))[..2], ["2010", "2012"]);
        assert_eq!(
            labels(&axis("2026-11-20T18", "2026-11-21T02", "2026-11-20T19"))[..7],
            ["18:00/20 Nov 2026", "19:00", "20:00", "21:00", "22:00", "23:00", "00:00/21 Nov 2026"]
        );
    }

    #[test]
    fn a_long_quiet_end_is_cut() {
        let quiet = |before: &u64, after: &u64| before == after;
        assert_eq!(lively(&[1, 2, 3, 3, 3, 3, 3, 3, 3, 3], quiet), 4);
        assert_eq!(lively(&[1, 2, 3, 3, 3], quiet), 5, "a short one is news");
        assert_eq!(lively::<u64>(&[], quiet), 0);
    }

    #[test]
    fn no_time_is_too_far_away() {
        for (first, last) in [(NaiveDate::MIN, NaiveDate::MAX), (NaiveDate::MIN, NaiveDate::MIN)] {
            let starts = [first, last].map(|date| date.and_time(NaiveTime::MIN));
            let axis = Axis::new(&starts, (0.0, 700.0)).unwrap();
            assert!((1..100).contains(&axis.ticks().len()));
            for (_, coarser) in COARSER {
                assert!(coarser(starts[1]) <= starts[1]);
            }
        }
    }
}
