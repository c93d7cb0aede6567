//! Working days: the same measure once more, counting dates instead of microseconds.

use chrono::NaiveDate;

use super::{Calendar, DAYS};

/// Working days.
///
/// A date is one if the calendar is open at any time of it. Counting leaves the first date out and takes the last one
/// in, as in "within three working days". From a working day, adding and counting are exact inverses, and subtracting
/// undoes adding; from a date off, one working day later is the next one and one earlier the one before.
impl Calendar {
    /// Tells whether the calendar is open at any time of a date.
    #[must_use]
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        self.days().contains(number(date))
    }

    /// Returns the working day that is the `count`-th after `date`, or before it if `count` is negative.
    ///
    /// The date itself is not counted; if `count` is zero it is the answer, working day or not. For any date and
    /// `m, n >= 0`, adding `m` and then `n` is adding `m + n`, and `count` days lie between the date and the answer.
    /// The answer is `None` if it or the date lies outside the years 1970 to 2200.
    ///
    /// # Examples
    ///
    /// ```
    /// use ticketcore::time::{Calendar, Hours, Zone};
    ///
    /// let office = Calendar::new(&Hours::new(Zone::utc()).weekdays("09:00-17:00")).unwrap();
    /// let (friday, saturday, monday) = ("2026-04-03".parse()?, "2026-04-04".parse()?, "2026-04-06".parse()?);
    /// assert_eq!(office.add_working_days(friday, 1), Some(monday));
    /// assert_eq!(office.add_working_days(saturday, 1), Some(monday));
    /// assert_eq!(office.add_working_days(monday, -1), Some(friday));
    /// assert_eq!(office.working_days_between(friday, monday), 1);
    /// # Ok::<(), chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn add_working_days(&self, date: NaiveDate, count: i64) -> Option<NaiveDate> {
        let (days, start) = (self.days(), number(date));
        if !(0..DAYS).contains(&start) {
            return None;
        }
        let found = match count {
            0 => start,
            1.. => days.select(days.rank(start + 1).saturating_add(count - 1))?,
            ..0 => days.select(days.rank(start).saturating_add(count))?,
        };
        NaiveDate::from_epoch_days(i32::try_from(found).ok()?)
    }

    /// Counts the working days later than `from` up to and including `to`, negative if `to` is the earlier.
    ///
    /// It adds up as [`elapsed`](Self::elapsed) does. Outside the years 1970 to 2200 there are none.
    #[must_use]
    pub fn working_days_between(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        self.days().rank(number(to) + 1) - self.days().rank(number(from) + 1)
    }
}

/// The days from 1970-01-01 until a date.
pub(super) fn number(date: NaiveDate) -> i64 {
    date.to_epoch_days().into()
}
