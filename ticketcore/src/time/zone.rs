//! Time zones: the one place that asks the tz database.
//!
//! The database is the one built into this library, never the machine's, so that a due date is the same on every
//! machine that runs the same build.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

/// Names a region of the world whose clocks agree, and converts between its civil time and instants.
///
/// Two zones are equal if their names are. In a file a zone is its IANA name, `Europe/Berlin`.
///
/// # Examples
///
/// ```
/// use ticketcore::time::Zone;
///
/// let berlin = Zone::named("Europe/Berlin")?;
/// let noon = "2026-07-01T12:00:00".parse()?;
/// assert_eq!(berlin.instant(noon).to_rfc3339(), "2026-07-01T10:00:00+00:00");
/// assert_eq!(berlin.civil(berlin.instant(noon)), noon);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(TimeZone);

/// The tz database knows no zone of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no time zone is named {name:?}")]
pub struct UnknownZone {
    /// What was asked for.
    pub name: String,
}

impl Zone {
    /// Returns Coordinated Universal Time, the zone without changes.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// Finds a zone by its IANA name, upper or lower case.
    ///
    /// # Errors
    ///
    /// [`UnknownZone`] if there is none. An abbreviation such as `CEST` is no name of a zone.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        match TimeZoneDatabase::bundled().get(name) {
            Ok(zone) if !zone.is_unknown() => Ok(Self(zone)),
            _ => Err(UnknownZone { name: name.to_owned() }),
        }
    }

    /// Returns the IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Returns what the clocks on the wall show at an instant.
    #[must_use]
    pub fn civil(&self, at: DateTime<Utc>) -> NaiveDateTime {
        let at = at.naive_utc();
        at.checked_add_signed(length(self.0.to_offset(nearest(at)))).unwrap_or(at)
    }

    /// Returns the first instant at which the clocks on the wall show `civil` or later.
    ///
    /// So a time that occurs twice is its first pass, and one that is skipped is the instant of the skip: a later civil
    /// time is never an earlier instant, and the days of a zone follow each other without gap or overlap.
    ///
    /// # Examples
    ///
    /// ```
    /// use ticketcore::time::Zone;
    ///
    /// let new_york = Zone::named("America/New_York")?;
    /// let skipped = new_york.instant("2026-03-08T02:30:00".parse()?);
    /// assert_eq!(skipped, new_york.instant("2026-03-08T03:00:00".parse()?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn instant(&self, civil: NaiveDateTime) -> DateTime<Utc> {
        let with = |offset| civil.checked_sub_signed(length(offset)).unwrap_or(civil).and_utc();
        match self.0.to_ambiguous_timestamp(Offset::UTC.to_datetime(nearest(civil))).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => with(offset),
            // By the offset that follows the skip, a skipped time lies before it, so the skip is the next change.
            AmbiguousOffset::Gap { after, .. } => self.next_change(with(after)).unwrap_or(with(after)),
        }
    }

    /// Tells how often the clocks on the wall show `civil`: once, but not at all if they are put forward over it, and twice
    /// if they are put back over it.
    ///
    /// # Examples
    ///
    /// ```
    /// use ticketcore::time::Zone;
    ///
    /// let berlin = Zone::named("Europe/Berlin")?;
    /// assert_eq!(berlin.passes("2026-03-29T02:30:00".parse()?), 0);
    /// assert_eq!(berlin.passes("2026-10-25T02:30:00".parse()?), 2);
    /// assert_eq!(berlin.passes("2026-10-25T03:00:00".parse()?), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn passes(&self, civil: NaiveDateTime) -> usize {
        match self.0.to_ambiguous_timestamp(Offset::UTC.to_datetime(nearest(civil))).offset() {
            AmbiguousOffset::Gap { .. } => 0,
            AmbiguousOffset::Unambiguous { .. } => 1,
            AmbiguousOffset::Fold { .. } => 2,
        }
    }

    /// Returns the first instant later than `after` at which the offset from UTC changes, or `None` if it never does.
    #[must_use]
    pub fn next_change(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let from = nearest(after.naive_utc());
        let offset = self.0.to_offset(from);
        // The database also lists changes of the mere abbreviation.
        let change = self.0.following(from).find(|change| change.offset() != offset)?;
        DateTime::from_timestamp(change.timestamp().as_second(), 0)
    }
}

/// The database's instant for seconds since 1970, or its first or last if they lie beyond.
fn nearest(civil: NaiveDateTime) -> Timestamp {
    let seconds = civil.and_utc().timestamp();
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn length(offset: Offset) -> TimeDelta {
    TimeDelta::seconds(offset.seconds().into())
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zone").field(&self.name()).finish()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl TryFrom<String> for Zone {
    type Error = UnknownZone;

    fn try_from(name: String) -> Result<Self, UnknownZone> {
        Self::named(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn civil(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn instant(zone: &str, text: &str) -> String {
        Zone::named(zone).unwrap().instant(civil(text)).format("%FT%TZ").to_string()
    }

    #[test]
    fn a_zone_is_its_name() {
        let berlin: Zone = serde_json::from_str(r#""europe/berlin""#).unwrap();
        assert_eq!(serde_json::to_string(&berlin).unwrap(), r#""Europe/Berlin""#);
        assert_eq!(berlin, Zone::named("Europe/Berlin").unwrap());
        assert_ne!(berlin, Zone::utc());
        assert_eq!(Zone::named("UTC"), Ok(Zone::utc()));
        assert_eq!(format!("{berlin:?} {berlin}"), r#"Zone("Europe/Berlin") Europe/Berlin"#);
    }

    #[test]
    fn an_unknown_zone_is_named() {
        for name in ["", "CEST", "Etc/Unknown", "Europe/Bonn"] {
            let error = serde_json::from_str::<Zone>(&format!("{name:?}")).unwrap_err();
            assert!(error.to_string().starts_with(&format!("no time zone is named {name:?}")), "{error}");
        }
    }

    #[test]
    fn a_skipped_time_is_the_instant_of_the_skip_and_a_repeated_one_its_first_pass() {
        assert_eq!(instant("America/New_York", "2026-03-08T02:30:00"), "2026-03-08T07:00:00Z");
        assert_eq!(instant("America/New_York", "2026-03-08T03:00:00"), "2026-03-08T07:00:00Z");
        assert_eq!(instant("America/New_York", "2026-11-01T01:30:00"), "2026-11-01T05:30:00Z");
        assert_eq!(instant("America/New_York", "2026-11-01T02:00:00"), "2026-11-01T07:00:00Z");
        assert_eq!(instant("Pacific/Apia", "2011-12-30T12:00:00"), "2011-12-30T10:00:00Z");
        assert_eq!(instant("America/Santiago", "2026-09-06T00:00:00"), "2026-09-06T04:00:00Z");
    }

    #[test]
    fn changes_are_those_of_the_offset() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let spring = berlin.next_change(civil("2026-01-01T00:00:00").and_utc()).unwrap();
        assert_eq!(spring, civil("2026-03-29T01:00:00").and_utc());
        assert_eq!(berlin.next_change(spring), Some(civil("2026-10-25T01:00:00").and_utc()));
        assert_eq!(Zone::utc().next_change(DateTime::<Utc>::MIN_UTC), None);
        assert_eq!(Zone::named("Asia/Kathmandu").unwrap().next_change(spring), None);
    }

    #[test]
    fn nothing_panics_at_the_ends_of_time() {
        for name in ["UTC", "Asia/Kathmandu", "America/New_York"] {
            let zone = Zone::named(name).unwrap();
            for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
                let _ = (zone.civil(at), zone.instant(at.naive_utc()), zone.next_change(at));
            }
            let _ = (zone.instant(NaiveDateTime::MIN), zone.instant(NaiveDateTime::MAX));
        }
    }
}
