//! Small numbers for the combinations of values that make the rows of a table.

use std::collections::HashMap;

use crate::report::Cell;

/// Numbers the groups of one table: without a dimension there is one, with one the values' own numbers serve.
#[derive(Debug)]
pub(super) struct Groups {
    /// The first axis, if there is any.
    first: Option<usize>,
    /// One for each further axis.
    rest: Vec<Pairs>,
    /// The groups of the batch in hand.
    batch: Vec<usize>,
}

impl Groups {
    pub(super) fn new(mut axes: impl Iterator<Item = usize>) -> Self {
        Self { first: axes.next(), rest: axes.map(Pairs::new).collect(), batch: Vec::new() }
    }

    /// The groups of so many, of which each axis says where they stand on it.
    pub(super) fn of(&mut self, places: &[Vec<usize>], tickets: usize) -> &[usize] {
        self.batch.clear();
        match self.first {
            Some(axis) => self.batch.extend_from_slice(&places[axis]),
            None => self.batch.resize(tickets, 0),
        }
        for pairs in &mut self.rest {
            for (group, value) in self.batch.iter_mut().zip(&places[pairs.axis]) {
                *group = pairs.code((*group, *value));
            }
        }
        &self.batch
    }

    /// The values of a group, out of those of all axes.
    pub(super) fn cells(&self, mut group: usize, cells: &[Vec<Cell>]) -> Vec<Cell> {
        let mut found = Vec::new();
        for Pairs { axis, pairs, .. } in self.rest.iter().rev() {
            let (before, value) = pairs[group];
            found.push(cells[*axis][value].clone());
            group = before;
        }
        found.extend(self.first.map(|axis| cells[axis][group].clone()));
        found.reverse();
        found
    }
}

/// Numbers pairs of a group and a value of one more axis from 0, in the order in which they come up.
#[derive(Debug)]
struct Pairs {
    axis: usize,
    pairs: Vec<(usize, usize)>,
    codes: HashMap<(usize, usize), usize>,
    /// The code of the last pair seen of each remainder: where few pairs occur, all are found without a hash.
    recent: Vec<usize>,
}

impl Pairs {
    fn new(axis: usize) -> Self {
        Self { axis, pairs: Vec::new(), codes: HashMap::new(), recent: vec![0; 256] }
    }

    fn code(&mut self, pair: (usize, usize)) -> usize {
        let recent = &mut self.recent[(pair.0 ^ pair.1 << 4) % 256];
        if self.pairs.get(*recent) != Some(&pair) {
            *recent = *self.codes.entry(pair).or_insert_with(|| {
                self.pairs.push(pair);
                self.pairs.len() - 1
            });
        }
        *recent
    }
}
