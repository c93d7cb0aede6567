//! What became of a ticket on its way, and as what text a backend keeps it.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::Time;
use crate::id::Key;
use crate::status::Status;

/// A length of time on both clocks, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lapse {
    /// On the wall clock.
    pub wall: i64,
    /// In business time: open time of the desk's business calendar; without one, as on the wall.
    pub business: i64,
}

impl Lapse {
    /// Reads one of the clocks.
    #[must_use]
    pub const fn on(self, clock: Time) -> i64 {
        match clock {
            Time::Wall => self.wall,
            Time::Business => self.business,
        }
    }

    /// Adds another length of time.
    pub(crate) const fn extend(&mut self, other: Self) {
        self.wall = self.wall.saturating_add(other.wall);
        self.business = self.business.saturating_add(other.business);
    }

    /// Returns what is left without another length of time.
    pub(crate) const fn without(self, other: Self) -> Self {
        Self { wall: self.wall.saturating_sub(other.wall), business: self.business.saturating_sub(other.business) }
    }
}

/// A stay in a state that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The state's place in life.
    pub status: Status,
    /// The state.
    pub state: Key,
    /// How long it was.
    pub time: Lapse,
}

/// The time a ticket spent with somebody, or with nobody, in stays that have ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The team or agent; `None` for nobody.
    pub with: Option<Key>,
    /// All stays together.
    pub time: Lapse,
}

/// Says what became of a ticket on its way: what its line and its trail hold, cut down to what reports read.
///
/// What goes on at present is left out, as the ticket's other figures tell it: so a ticket that nobody has touched yet
/// has an empty course. Together the stays of each list begin at the opening and leave no gap, so what goes on began
/// at the opening plus their sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// The stays in states that have ended, in order.
    pub states: Vec<Stay>,
    /// The time with each team that it was taken from again.
    pub teams: Vec<Spent>,
    /// The time with each agent that it was taken from again.
    pub assignees: Vec<Spent>,
    /// How long each answer took after the first response: from the oldest unanswered message of the requester.
    pub answers: Vec<Lapse>,
    /// From the opening to the first acknowledgement.
    pub acked: Option<Lapse>,
    /// Whether agents had written exactly one public message when it was first resolved.
    pub first_contact: bool,
    /// How many steps of policies came due: taken, or skipped for a reason.
    pub steps: u32,
    /// The escalation level, from 0.
    pub level: u8,
}

/// The text is no course of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line:?} is not a part of a course such as \"h1z141z4 ada\"")]
pub struct NotCourse {
    /// The line that could not be read.
    pub line: String,
}

/// Times are written to this base: a month of microseconds takes eight digits, which saves a third of the text.
const BASE: u32 = 36;

impl Course {
    /// Of a ticket that nobody has touched.
    pub(super) const NONE: &'static Self = &Self {
        states: Vec::new(),
        teams: Vec::new(),
        assignees: Vec::new(),
        answers: Vec::new(),
        acked: None,
        first_contact: false,
        steps: 0,
        level: 0,
    };

    /// Writes it as text that [`decode`](Self::decode) reads: a line for each part, by a letter and times to base 36.
    ///
    /// # Examples
    ///
    /// ```
    /// use ticketcore::report::{Course, Lapse, Spent};
    ///
    /// let hour = Lapse { wall: 3_600_000_000, business: 3_600_000_000 };
    /// let course = Course {
    ///     assignees: vec![Spent { with: None, time: hour }],
    ///     acked: Some(Lapse { business: 0, ..hour }),
    ///     ..Course::default()
    /// };
    /// assert_eq!(course.encode(), "h1njchs0\na1njchs0,0");
    /// assert_eq!(Course::decode("h1njchs0\na1njchs0,0")?, course);
    /// # Ok::<(), ticketcore::report::NotCourse>(())
    /// ```
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        let Self { states, teams, assignees, answers, acked, first_contact, steps, level } = self;
        for Stay { status, state, time } in states {
            lapse(&mut text, 's', *time);
            text.push(' ');
            text.push(letter(*status));
            if state.as_str() != status.as_str() {
                text.push_str(state.as_str());
            }
        }
        for (kind, list) in [('t', teams), ('h', assignees)] {
            for Spent { with, time } in list {
                lapse(&mut text, kind, *time);
                if let Some(with) = with {
                    text.push(' ');
                    text.push_str(with.as_str());
                }
            }
        }
        for (kind, time) in answers.iter().map(|time| ('q', time)).chain(acked.iter().map(|time| ('a', time))) {
            lapse(&mut text, kind, *time);
        }
        for (kind, count) in [('f', u32::from(*first_contact)), ('e', *steps), ('l', u32::from(*level))] {
            if count > 0 {
                begin(&mut text, kind);
                // Writing to a `String` cannot fail.
                let _ = write!(text, "{count}");
            }
        }
        text
    }

    /// Reads it from text.
    ///
    /// # Errors
    ///
    /// [`NotCourse`] with the first line that is no part of one.
    pub fn decode(text: &str) -> Result<Self, NotCourse> {
        let mut course = Self::default();
        // A name holds no control character, so none is cut in two.
        for line in text.split('\n').filter(|line| !line.is_empty()) {
            course.read(line).ok_or_else(|| NotCourse { line: line.to_owned() })?;
        }
        Ok(course)
    }

    fn read(&mut self, line: &str) -> Option<()> {
        let mut letters = line.chars();
        let kind = letters.next()?;
        let rest = letters.as_str();
        let (times, name) = rest.split_once(' ').map_or((rest, None), |(times, name)| (times, Some(name)));
        let time = || {
            let (wall, business) = times.split_once(',').unwrap_or((times, times));
            let number = |digits: &str| i64::from_str_radix(digits, BASE).ok();
            Some(Lapse { wall: number(wall)?, business: number(business)? })
        };
        match (kind, name) {
            ('s', Some(name)) => {
                let mut letters = name.chars();
                let status = status(letters.next()?)?;
                let state = match letters.as_str() {
                    "" => Key::from_static(status.as_str()),
                    state => Key::from(state),
                };
                self.states.push(Stay { status, state, time: time()? });
            }
            ('t', with) => self.teams.push(Spent { with: with.map(Key::from), time: time()? }),
            ('h', with) => self.assignees.push(Spent { with: with.map(Key::from), time: time()? }),
            ('q', None) => self.answers.push(time()?),
            ('a', None) => self.acked = Some(time()?),
            ('f', None) => self.first_contact = (times == "1").then_some(true)?,
            ('e', None) => self.steps = times.parse().ok()?,
            ('l', None) => self.level = times.parse().ok()?,
            _ => return None,
        }
        Some(())
    }
}

fn begin(text: &mut String, kind: char) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push(kind);
}

fn lapse(text: &mut String, kind: char, time: Lapse) {
    begin(text, kind);
    number(text, time.wall);
    if time.business != time.wall {
        text.push(',');
        number(text, time.business);
    }
}

fn number(text: &mut String, number: i64) {
    if number < 0 {
        text.push('-');
    }
    let mut rest = number.unsigned_abs();
    let start = text.len();
    loop {
        // A remainder of a division by 36 is a digit.
        text.extend(u32::try_from(rest % u64::from(BASE)).ok().and_then(|digit| char::from_digit(digit, BASE)));
        rest /= u64::from(BASE);
        if rest == 0 {
            break;
        }
    }
    let digits: String = text.drain(start..).rev().collect();
    text.push_str(&digits);
}

const fn letter(status: Status) -> char {
    match status {
        Status::New => 'n',
        Status::Open => 'o',
        Status::Pending => 'p',
        Status::Resolved => 'r',
        Status::Closed => 'c',
    }
}

fn status(name: char) -> Option<Status> {
    Status::ALL.into_iter().find(|status| letter(*status) == name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    #[test]
    fn what_is_no_part_of_a_course_is_named_in_the_error() {
        assert_eq!(Course::decode(""), Ok(Course::default()));
        for line in
            ["x1", "s1", "s1 ", "s1 x", "t", "t1, a", "h-", "q1 a", "a!", "f2", "e-1", "l256", "s3w5e11264sgsg o"]
        {
            let error = Course::decode(&format!("h1 ada\n{line}")).unwrap_err();
            assert_eq!(error, NotCourse { line: line.to_owned() });
        }
    }

    #[test]
    fn a_ticket_that_went_its_way_takes_little_room() {
        let time = |wall, business| Lapse { wall, business };
        let stay = |status: Status, state: &str, time| Stay { status, state: state.into(), time };
        let course = Course {
            states: vec![
                stay(Status::New, "new", time(1_800_000_000, 1_800_000_000)),
                stay(Status::Open, "in progress", time(86_400_000_000, 28_800_000_000)),
                stay(Status::Resolved, "resolved", time(604_800_000_000, 144_000_000_000)),
            ],
            assignees: vec![Spent { with: None, time: time(1_800_000_000, 1_800_000_000) }],
            first_contact: true,
            ..Course::default()
        };
        let text = "strlzgg n\ns13pkabk0,d8anqww0 oin progress\ns7pu1nb40,1u5h5vpc0 r\nhtrlzgg\nf1";
        let read = Course::decode(text).map(|course| course.states.len());
        assert_eq!(read, Ok(3));
        assert!(course.encode().len() <= text.len() + 8, "{}", course.encode());
    }

    fn lapse() -> impl Strategy<Value = Lapse> {
        let micros = || prop_oneof![0..10_000_000_000_000_i64, any::<i64>()];
        prop_oneof![
            micros().prop_map(|wall| Lapse { wall, business: wall }),
            (micros(), micros()).prop_map(|(wall, business)| Lapse { wall, business }),
        ]
    }

    fn course() -> impl Strategy<Value = Course> {
        let name = || "[a-z0-9 ]{0,5}[a-z0-9]";
        let stay =
            (select(Status::ALL.to_vec()), name(), any::<bool>(), lapse()).prop_map(|(status, name, own, time)| Stay {
                status,
                state: if own { status.as_str().into() } else { name.as_str().into() },
                time,
            });
        let spent = || {
            let with = proptest::option::of(name());
            let spent = (with, lapse()).prop_map(|(with, time)| Spent { with: with.map(Key::from), time });
            proptest::collection::vec(spent, 0..4)
        };
        let lists = (proptest::collection::vec(stay, 0..6), spent(), spent(), proptest::collection::vec(lapse(), 0..4));
        (lists, proptest::option::of(lapse()), any::<(bool, u32, u8)>()).prop_map(
            |((states, teams, assignees, answers), acked, (first_contact, steps, level))| Course {
                states,
                teams,
                assignees,
                answers,
                acked,
                first_contact,
                steps,
                level,
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn courses_survive_the_round_trip(course in course()) {
            prop_assert_eq!(Course::decode(&course.encode()), Ok(course));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}", near in "([sthqafel][0-9a-z-]{0,14}(,[0-9a-z]{0,3})?( [nop]?[a-z]{0,2})?\n){0,4}") {
            let _ = (Course::decode(&text), Course::decode(&near));
        }
    }
}
