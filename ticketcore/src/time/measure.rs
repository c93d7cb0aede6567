//! Sets of whole numbers on a line, counted fast: how many lie before a place, and where the n-th lies.
//!
//! A calendar is three such sets: the open microseconds, the shut microseconds and the working days. Each repeats by
//! the week but for a few places, so it is kept as a table of pieces, within each of which one rule holds. Counting
//! finds the piece by binary search and goes on in closed form; locating does the same by the counts.

use std::ops::Range;

/// A set of whole numbers, called its members, below an end.
#[derive(Debug)]
pub(super) struct Measure {
    cycle: Cycle,
    /// Sorted by `start` and by `rank`; the last is closed and reaches beyond all.
    pieces: Vec<Piece>,
}

#[derive(Debug)]
struct Piece {
    start: i64,
    /// Members before `start`.
    rank: i64,
    rule: Rule,
    /// What the cycle counts up to `start`, if it is the rule.
    base: i64,
}

/// Which numbers of a piece are members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Closed,
    Open,
    /// Those that are members of the cycle when the given number is added.
    Cycle(i64),
}

impl Measure {
    /// Puts rules together, each with the number from which it holds, in rising order; of two for the same number the
    /// later holds, and from `end` on there are no members.
    pub(super) fn new(cycle: Cycle, rules: impl IntoIterator<Item = (i64, Rule)>, end: i64) -> Self {
        let mut measure = Self { cycle, pieces: Vec::new() };
        for (start, rule) in rules.into_iter().take_while(|(start, _)| *start < end) {
            measure.push(start, rule);
        }
        measure.push(end, Rule::Closed);
        measure
    }

    fn push(&mut self, start: i64, rule: Rule) {
        let rule = match rule {
            Rule::Cycle(_) if self.cycle.total == 0 => Rule::Closed,
            Rule::Cycle(_) if self.cycle.total == self.cycle.period => Rule::Open,
            other => other,
        };
        let rank = self.rank(start);
        self.pieces.pop_if(|last| last.start == start);
        if self.pieces.last().is_none_or(|last| last.rule != rule) {
            let base = if let Rule::Cycle(shift) = rule { self.cycle.rank(start + shift) } else { 0 };
            self.pieces.push(Piece { start, rank, rule, base });
        }
    }

    /// Counts the members before `at`.
    pub(super) fn rank(&self, at: i64) -> i64 {
        let begun = self.pieces.partition_point(|piece| piece.start <= at);
        let Some(piece) = self.pieces[..begun].last() else { return 0 };
        let inside = match piece.rule {
            Rule::Closed => 0,
            Rule::Open => at - piece.start,
            Rule::Cycle(shift) => self.cycle.rank(at + shift) - piece.base,
        };
        piece.rank + inside
    }

    /// Finds the member that has `rank` others before it.
    pub(super) fn select(&self, rank: i64) -> Option<i64> {
        let begun = self.pieces.partition_point(|piece| piece.rank <= rank);
        let piece = self.pieces[..begun].last()?;
        let rest = rank - piece.rank;
        match piece.rule {
            // A closed piece has the rank of the one after it, so this is the one that nothing follows.
            Rule::Closed => None,
            Rule::Open => Some(piece.start + rest),
            Rule::Cycle(shift) => Some(self.cycle.select(piece.base + rest)? - shift),
        }
    }

    /// Finds the first member that is not before `at`.
    pub(super) fn next(&self, at: i64) -> Option<i64> {
        self.select(self.rank(at))
    }

    /// Tells whether `at` is a member.
    pub(super) fn contains(&self, at: i64) -> bool {
        self.next(at) == Some(at)
    }

    /// Lists the rules that hold in a range, each with the number from which it holds there.
    pub(super) fn rules(&self, range: Range<i64>) -> impl Iterator<Item = (i64, Rule)> {
        let begun = self.pieces.partition_point(|piece| piece.start <= range.start);
        let pieces = self.pieces[begun.saturating_sub(1)..].iter();
        let rules = pieces.map(move |piece| (piece.start.max(range.start), piece.rule));
        rules.take_while(move |(start, _)| *start < range.end)
    }

    /// Returns the numbers that are no members, from where the first rule holds until `end`.
    pub(super) fn complement(&self, end: i64) -> Self {
        let flip = |piece: &Piece| {
            let rule = match piece.rule {
                Rule::Closed => Rule::Open,
                Rule::Open => Rule::Closed,
                cycle @ Rule::Cycle(_) => cycle,
            };
            (piece.start, rule)
        };
        Self::new(self.cycle.complement(), self.pieces.iter().map(flip), end)
    }
}

impl Rule {
    /// The same rule for a line whose numbers are `by` less.
    pub(super) fn moved(self, by: i64) -> Self {
        match self {
            Self::Cycle(shift) => Self::Cycle(shift + by),
            Self::Open | Self::Closed => self,
        }
    }
}

/// A set of whole numbers that repeats for ever in both directions.
#[derive(Debug)]
pub(super) struct Cycle {
    period: i64,
    runs: Vec<Run>,
    /// Members in a period.
    total: i64,
}

/// Members without a gap, within the first period.
#[derive(Debug)]
struct Run {
    members: Range<i64>,
    /// Members of the period before the run.
    rank: i64,
}

impl Cycle {
    /// Repeats ranges of `0..period`, given in rising order, every `period`.
    pub(super) fn new(period: i64, ranges: impl IntoIterator<Item = Range<i64>>) -> Self {
        let mut cycle = Self { period, runs: Vec::new(), total: 0 };
        for members in ranges.into_iter().filter(|range| !range.is_empty()) {
            let rank = cycle.total;
            cycle.total += members.end - members.start;
            cycle.runs.push(Run { members, rank });
        }
        cycle
    }

    /// Counts the members from 0 to before `at`; negative if `at` is.
    fn rank(&self, at: i64) -> i64 {
        let periods = at.div_euclid(self.period);
        let place = at - periods * self.period;
        let begun = self.runs.partition_point(|run| run.members.start <= place);
        let inside =
            self.runs[..begun].last().map_or(0, |run| run.rank + place.min(run.members.end) - run.members.start);
        periods * self.total + inside
    }

    /// Finds the member of the given rank, or `None` if there are no members.
    fn select(&self, rank: i64) -> Option<i64> {
        let periods = rank.checked_div_euclid(self.total)?;
        let inside = rank - periods * self.total;
        let begun = self.runs.partition_point(|run| run.rank <= inside);
        let run = self.runs[..begun].last()?;
        Some(periods * self.period + run.members.start + inside - run.rank)
    }

    fn complement(&self) -> Self {
        let starts = [0].into_iter().chain(self.runs.iter().map(|run| run.members.end));
        let ends = self.runs.iter().map(|run| run.members.start).chain([self.period]);
        Self::new(self.period, starts.zip(ends).map(|(start, end)| start..end))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const END: i64 = 100;

    /// Any measure on 0..100 over any cycle of 7, and its members by asking the rules one number at a time.
    fn measures() -> impl Strategy<Value = (Measure, Vec<i64>)> {
        let rule = || prop_oneof![Just(Rule::Closed), Just(Rule::Open), (-9..9_i64).prop_map(Rule::Cycle)];
        let rules = (rule(), proptest::collection::btree_map(1..END, rule(), 0..8));
        (any::<[bool; 7]>(), rules).prop_map(|(week, (first, mut rules))| {
            rules.insert(0, first);
            let days = (0..).zip(week).filter(|(_, open)| *open).map(|(day, _)| day..day + 1);
            let measure = Measure::new(Cycle::new(7, days), rules.clone(), END);
            let member = |at: &i64| match rules.range(..=at).next_back() {
                Some((_, Rule::Open)) => true,
                Some((_, Rule::Cycle(shift))) => {
                    (0..).zip(week).any(|(day, open)| open && day == (at + shift).rem_euclid(7))
                }
                _ => false,
            };
            (measure, (0..END).filter(member).collect())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn rank_and_select_agree_with_counting((measure, members) in measures()) {
            for at in -5..END + 5 {
                let before = members.iter().filter(|member| **member < at).count();
                prop_assert_eq!(usize::try_from(measure.rank(at)), Ok(before));
                prop_assert_eq!(measure.contains(at), members.contains(&at));
                let nth = usize::try_from(at).ok().and_then(|rank| members.get(rank).copied());
                prop_assert_eq!(measure.select(at), nth);
            }
        }

        /// Law 11.
        #[test]
        fn a_number_is_in_the_measure_or_in_its_complement((measure, _) in measures()) {
            let complement = measure.complement(END);
            for at in 0..END {
                prop_assert_ne!(measure.contains(at), complement.contains(at));
                prop_assert_eq!(measure.rank(at) + complement.rank(at), at);
            }
        }
    }
}
