//! Opening hours as people write them; a [`Calendar`](super::Calendar) is what they mean.

use std::collections::BTreeMap;

use chrono::{NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use super::Zone;

/// Specifies when work is done: the hours of a week, and the dates that differ.
///
/// Windows are civil times of the zone, `09:00-17:00` or `09:00:30-17:00`, the opening included and the closing not;
/// `24:00` closes with the day. A day may have several, in any order. Mistakes are kept as written, to be reported all
/// at once by [`Calendar::new`](super::Calendar::new).
///
/// Of what is said about a date the strongest holds: a holiday closes it whatever else is said, `dates` replace its
/// weekly windows, `breaks` are taken out of whatever is left.
///
/// # Examples
///
/// ```
/// use chrono::Weekday;
/// use ticketcore::time::{Hours, Zone};
///
/// let hours = Hours::new(Zone::named("Europe/Berlin")?)
///     .weekdays("09:00-12:00")
///     .weekdays("13:00-17:00")
///     .on(Weekday::Sat, "10:00-12:00")
///     .holiday("2026-12-25".parse()?)
///     .date("2026-12-24".parse()?, "09:00-11:00");
///
/// let file = r#"
///     zone = "Europe/Berlin"
///     holidays = ["2026-12-25"]
///
///     [week]
///     mon = ["09:00-12:00", "13:00-17:00"]
///     tue = ["09:00-12:00", "13:00-17:00"]
///     wed = ["09:00-12:00", "13:00-17:00"]
///     thu = ["09:00-12:00", "13:00-17:00"]
///     fri = ["09:00-12:00", "13:00-17:00"]
///     sat = ["10:00-12:00"]
///
///     [dates]
///     2026-12-24 = ["09:00-11:00"]
/// "#;
/// assert_eq!(toml::from_str::<Hours>(file)?, hours);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Where the clocks hang that the windows speak of.
    pub zone: Zone,
    /// Dates that are closed all day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<NaiveDate>,
    /// The windows of an ordinary week.
    #[serde(default)]
    pub week: Week,
    /// Windows that replace those of the week on a date; none means closed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dates: BTreeMap<NaiveDate, Vec<String>>,
    /// Windows that are taken out of a date.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub breaks: BTreeMap<NaiveDate, Vec<String>>,
}

/// Lists the windows of each day of a week; a day without any is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Week {
    /// Windows on Mondays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mon: Vec<String>,
    /// Windows on Tuesdays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tue: Vec<String>,
    /// Windows on Wednesdays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wed: Vec<String>,
    /// Windows on Thursdays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thu: Vec<String>,
    /// Windows on Fridays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fri: Vec<String>,
    /// Windows on Saturdays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sat: Vec<String>,
    /// Windows on Sundays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sun: Vec<String>,
}

impl Hours {
    /// Starts with no window at all in `zone`; a calendar needs at least one.
    #[must_use]
    pub fn new(zone: Zone) -> Self {
        Self { zone, holidays: Vec::new(), week: Week::default(), dates: BTreeMap::new(), breaks: BTreeMap::new() }
    }

    /// Adds a window to one day of the week; by default it has none.
    #[must_use]
    pub fn on(mut self, day: Weekday, window: impl Into<String>) -> Self {
        self.week.windows_mut(day).push(window.into());
        self
    }

    /// Adds a window to each day from Monday to Friday; by default they have none.
    #[must_use]
    pub fn weekdays(self, window: &str) -> Self {
        use Weekday::{Fri, Mon, Thu, Tue, Wed};
        [Mon, Tue, Wed, Thu, Fri].into_iter().fold(self, |hours, day| hours.on(day, window))
    }

    /// Closes a date all day; by default no date is.
    #[must_use]
    pub fn holiday(mut self, date: NaiveDate) -> Self {
        self.holidays.push(date);
        self
    }

    /// Adds a window to those that replace the week's on a date; by default the week's hold.
    #[must_use]
    pub fn date(mut self, date: NaiveDate, window: impl Into<String>) -> Self {
        self.dates.entry(date).or_default().push(window.into());
        self
    }

    /// Takes a window out of a date; by default nothing is.
    #[must_use]
    pub fn break_on(mut self, date: NaiveDate, window: impl Into<String>) -> Self {
        self.breaks.entry(date).or_default().push(window.into());
        self
    }
}

impl Week {
    /// The days in order, Monday first, with the names they have in a file.
    pub(super) fn days(&self) -> [(&'static str, &[String]); 7] {
        [
            ("mon", &self.mon),
            ("tue", &self.tue),
            ("wed", &self.wed),
            ("thu", &self.thu),
            ("fri", &self.fri),
            ("sat", &self.sat),
            ("sun", &self.sun),
        ]
    }

    fn windows_mut(&mut self, day: Weekday) -> &mut Vec<String> {
        match day {
            Weekday::Mon => &mut self.mon,
            Weekday::Tue => &mut self.tue,
            Weekday::Wed => &mut self.wed,
            Weekday::Thu => &mut self.thu,
            Weekday::Fri => &mut self.fri,
            Weekday::Sat => &mut self.sat,
            Weekday::Sun => &mut self.sun,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn toml_and_json_read_what_was_written() {
        let hours = Hours::new(Zone::named("America/New_York").unwrap())
            .weekdays("09:00-17:00")
            .on(Weekday::Sun, "22:00-24:00")
            .holiday(date("2026-12-25"))
            .date(date("2026-12-24"), "09:00-12:00")
            .break_on(date("2026-06-03"), "14:00-16:00");
        assert_eq!(toml::from_str::<Hours>(&toml::to_string(&hours).unwrap()).unwrap(), hours);
        assert_eq!(serde_json::from_str::<Hours>(&serde_json::to_string(&hours).unwrap()).unwrap(), hours);
    }

    #[test]
    fn a_misspelt_field_and_a_missing_zone_are_refused() {
        assert!(toml::from_str::<Hours>("zone = 'UTC'\nholiday = []").unwrap_err().message().contains("holiday"));
        assert!(toml::from_str::<Hours>("zone = 'UTC'\n[week]\nmonday = []").unwrap_err().message().contains("monday"));
        assert!(toml::from_str::<Hours>("holidays = []").unwrap_err().message().contains("zone"));
    }
}
