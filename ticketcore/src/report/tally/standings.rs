//! How the promises of a scan's policies stand on a ticket.

use super::names::Names;
use crate::id::Key;
use crate::report::{Attainment, NotStandings, Standing};

/// Numbers texts of standings. Few different ones occur, so each is taken apart once.
#[derive(Clone, Debug, Default)]
pub(super) struct Standings {
    policies: Vec<Key>,
    texts: Names,
    /// What each text says of each of the policies.
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

    /// The number of a text, from 0; if no policy is asked for, any.
    pub(super) fn code(&mut self, text: &str) -> Result<usize, NotStandings> {
        if self.policies.is_empty() {
            return Ok(0);
        }
        let code = self.texts.code(text);
        if code == self.read.len() {
            self.read.push(self.decode(text));
        }
        match &self.read[code] {
            Ok(_) => Ok(code),
            Err(error) => Err(error.clone()),
        }
    }

    /// Says how a policy stands by a text, both by their numbers.
    pub(super) fn of(&self, code: usize, policy: usize) -> Attainment {
        self.read[code].as_ref().map_or_else(|_| Attainment::default(), |read| read[policy])
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
