//! How the promises of a scan's policies stand on a ticket.

use super::packed::Packed;
use crate::id::Key;
use crate::report::{Attainment, NotStandings, Standing};

/// What the texts of standings say. Few different ones occur, so each is taken apart once.
#[derive(Clone, Debug, Default)]
pub(super) struct Standings {
    policies: Vec<Key>,
    /// What the text of each number says of each of the policies.
    read: Vec<Result<Vec<Attainment>, NotStandings>>,
}

impl Standings {
    /// Asks for a policy and returns its number.
    pub(super) fn ask(&mut self, policy: &Key) -> usize {
        self.policies.iter().position(|known| known == policy).unwrap_or_else(|| {
            self.policies.push(policy.clone());
            self.policies.len() - 1
        })
    }

    /// Reads what is new among the texts, and says whether that of a row could be read, if any policy is asked for.
    pub(super) fn check(&mut self, packed: &Packed, row: usize) -> Result<(), NotStandings> {
        if self.policies.is_empty() {
            return Ok(());
        }
        let names = &packed.standings.names;
        while self.read.len() < names.len() {
            self.read.push(self.decode(names.text(self.read.len()).unwrap_or_default()));
        }
        self.text(packed, row).map_or(Ok(()), |read| read.as_ref().map(|_| ()).map_err(Clone::clone))
    }

    /// Checks the rows of many tickets.
    pub(super) fn check_all(&mut self, packed: &Packed, rows: &[usize]) -> Result<(), NotStandings> {
        if self.policies.is_empty() { Ok(()) } else { rows.iter().try_for_each(|row| self.check(packed, *row)) }
    }

    /// Says how a policy, by its number, stands on the ticket of a row.
    pub(super) fn of(&self, packed: &Packed, row: usize, policy: usize) -> Attainment {
        let read = self.text(packed, row).and_then(|read| read.as_ref().ok());
        read.and_then(|read| read.get(policy)).copied().unwrap_or_default()
    }

    fn text(&self, packed: &Packed, row: usize) -> Option<&Result<Vec<Attainment>, NotStandings>> {
        self.read.get(packed.standings.code(row).checked_sub(1)?)
    }

    fn decode(&self, text: &str) -> Result<Vec<Attainment>, NotStandings> {
        let mut read = vec![Attainment::default(); self.policies.len()];
        for standing in Standing::decode(text)? {
            if let Some(policy) = self.policies.iter().position(|policy| *policy == standing.policy) {
                read[policy] += Attainment::from(&standing);
            }
        }
        Ok(read)
    }
}
