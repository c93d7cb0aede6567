//! How the promises of a scan's policies stand on a ticket.

use super::names::Names;
use crate::id::Key;
use crate::report::{Attainment, NotStandings, Standing};

/// Reads standings. Few different texts of them occur, so each is taken apart once.
#[derive(Debug, Default)]
pub(super) struct Promises {
    policies: Vec<Key>,
    texts: Names,
    /// What each text says of each of the policies.
    read: Vec<Result<Vec<Attainment>, NotStandings>>,
}

impl Promises {
    /// Asks for a policy, and returns its place in what [`read`](Self::read) gives.
    pub(super) fn want(&mut self, policy: &Key) -> usize {
        self.policies.iter().position(|known| known == policy).unwrap_or_else(|| {
            self.policies.push(policy.clone());
            self.policies.len() - 1
        })
    }

    /// Says how each of the policies asked for stands on a ticket.
    pub(super) fn code(&mut self, text: &str) -> Result<usize, NotStandings> {
        if self.policies.is_empty() {
            return Ok(0);
        }
        let code = self.texts.code(text);
        if code == self.read.len() {
            self.read.push(self.decode(text));
        }
        self.read[code].as_ref().map(|_| code).map_err(Clone::clone)
    }

    pub(super) fn get(&self, code: usize, policy: usize) -> Attainment {
        self.read[code].as_ref().map_or(Attainment::default(), |x| x[policy])
    }

    fn decode(&self, text: &str) -> Result<Vec<Attainment>, NotStandings> {
        let mut read = vec![Attainment::default(); self.policies.len()];
        for standing in Standing::decode(text)? {
            if let Some(place) = self.policies.iter().position(|policy| *policy == standing.policy) {
                read[place] += Attainment::from(&standing);
            }
        }
        Ok(read)
    }
}
