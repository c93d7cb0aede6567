//! Priority: looked up from impact and urgency, as ITIL has it. It never changes as a ticket ages; the order of the
//! queue does that.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// How pressing a ticket is: 1 is the most pressing. Written `p1`, `p2`, …
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Priority(u8);

impl Priority {
    const NAMES: [&'static str; 9] = ["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9"];

    /// The most pressing.
    pub const P1: Self = Self(1);
    /// The second.
    pub const P2: Self = Self(2);
    /// The third.
    pub const P3: Self = Self(3);
    /// The fourth.
    pub const P4: Self = Self(4);
    /// The fifth.
    pub const P5: Self = Self(5);

    /// A priority from 1, the most pressing, to 9.
    pub const fn new(number: u8) -> Option<Self> {
        if matches!(number, 1..=9) { Some(Self(number)) } else { None }
    }

    /// The number, 1 to 9.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The name as serialised: `p1`.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.get(usize::from(self.0) - 1).copied().unwrap_or_default()
    }

    /// All nine, the most pressing first.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=9).map(Self)
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<Priority> for &'static str {
    fn from(priority: Priority) -> Self {
        priority.as_str()
    }
}

impl TryFrom<String> for Priority {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl std::str::FromStr for Priority {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_prefix(['p', 'P']).unwrap_or(text).parse().ok();
        number.and_then(Self::new).ok_or_else(|| format!("`{text}` is no priority; expected p1 to p9"))
    }
}

/// A degree of impact or urgency: 1 is the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Level(pub u8);

impl Level {
    /// The highest.
    pub const HIGH: Self = Self(1);
    /// The middle of three.
    pub const MEDIUM: Self = Self(2);
    /// The lowest of three.
    pub const LOW: Self = Self(3);
}

/// Impact × urgency → priority: one row for each impact, the highest first, one column for each urgency.
///
/// The default is the 3 × 3 table of ITIL's incident management: p1 where both are high, p5 where both are low.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Matrix(pub Vec<Vec<Priority>>);

impl Default for Matrix {
    fn default() -> Self {
        use Priority as P;
        Self(vec![vec![P::P1, P::P2, P::P3], vec![P::P2, P::P3, P::P4], vec![P::P3, P::P4, P::P5]])
    }
}

impl Matrix {
    /// Looks the priority up; `None` if impact or urgency is not in the table.
    pub fn priority(&self, impact: Level, urgency: Level) -> Option<Priority> {
        let row = self.0.get(usize::from(impact.0).checked_sub(1)?)?;
        row.get(usize::from(urgency.0).checked_sub(1)?).copied()
    }

    /// Finds every fault: an empty or ragged table, or a cell more pressing than one of higher impact or urgency.
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let width = self.0.first().map_or(0, Vec::len);
        if width == 0 || self.0.len() > 9 || width > 9 {
            faults.push(Fault::new("", "needs 1 to 9 rows of 1 to 9 priorities"));
        }
        for (i, row) in self.0.iter().enumerate() {
            if row.len() != width {
                faults
                    .push(Fault::new(format!("[{i}]"), format!("has {} cells, the first row has {width}", row.len())));
            }
            for (j, cell) in row.iter().enumerate() {
                let left = j.checked_sub(1).and_then(|j| row.get(j));
                let above = i.checked_sub(1).and_then(|i| self.0.get(i)).and_then(|row| row.get(j));
                if left.is_some_and(|left| cell < left) || above.is_some_and(|above| cell < above) {
                    let problem = format!("{cell} is more pressing than a cell of higher impact or urgency");
                    faults.push(Fault::new(format!("[{i}][{j}]"), problem));
                }
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Law 29: the matrix is monotone in impact and in urgency.
    #[test]
    fn law_29_the_default_matrix_is_monotone() {
        let matrix = Matrix::default();
        assert_eq!(matrix.check(), []);
        for i in 1..3 {
            for j in 1..3 {
                let cell = matrix.priority(Level(i), Level(j));
                assert!(cell <= matrix.priority(Level(i + 1), Level(j)));
                assert!(cell <= matrix.priority(Level(i), Level(j + 1)));
            }
        }
        assert_eq!(matrix.priority(Level(0), Level(1)), None);
        assert_eq!(matrix.priority(Level(1), Level(4)), None);
    }

    #[test]
    fn every_fault_of_a_matrix_is_named_with_its_place() {
        let matrix = Matrix(vec![vec![Priority::P2, Priority::P1], vec![Priority::P1]]);
        let faults: Vec<String> = matrix.check().iter().map(ToString::to_string).collect();
        assert_eq!(
            faults,
            [
                "[0][1]: p1 is more pressing than a cell of higher impact or urgency",
                "[1]: has 1 cells, the first row has 2",
                "[1][0]: p1 is more pressing than a cell of higher impact or urgency",
            ]
        );
    }

    #[test]
    fn a_priority_reads_and_prints_as_people_write_it() {
        assert_eq!("P2".parse(), Ok(Priority::P2));
        assert_eq!("3".parse(), Ok(Priority::P3));
        assert_eq!(Priority::P4.to_string(), "p4");
        assert!("p0".parse::<Priority>().is_err() && "p10".parse::<Priority>().is_err());
    }
}
