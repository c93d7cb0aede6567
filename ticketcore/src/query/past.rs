//! Questions about what a ticket was, asked of its [trail](crate::trail).

use serde::{Deserialize, Serialize};

use crate::id::{Key, PersonId};
use crate::query::Period;
use crate::ticket::Ticket;
use crate::trail::{Aspect, Spell, Turn};

/// A question about the past of one aspect of a ticket. An empty list asks nothing; `None` in one is the lack of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Past {
    /// It had one of some values at some time of a period. What a ticket is it stays until it changes, and what it was
    /// opened with it had from its opening on.
    Was {
        /// What of it.
        aspect: Aspect,
        /// One of these.
        #[serde(default)]
        values: Vec<Option<Key>>,
        /// When.
        #[serde(default)]
        period: Period,
    },
    /// It changed.
    Changed {
        /// What of it.
        aspect: Aspect,
        /// From one of these.
        #[serde(default)]
        from: Vec<Option<Key>>,
        /// To one of these.
        #[serde(default)]
        to: Vec<Option<Key>>,
        /// One of these did it.
        #[serde(default)]
        by: Vec<PersonId>,
        /// When.
        #[serde(default)]
        period: Period,
    },
}

impl Past {
    /// Tells whether it is so of a ticket.
    pub fn holds(&self, ticket: &Ticket) -> bool {
        match self {
            Self::Was { aspect, values, period } => {
                let meant = |spell: Spell| one_of(values, &spell.value) && overlaps(*period, &spell);
                ticket.spells(*aspect).any(meant)
            }
            Self::Changed { aspect, from, to, by, period } => {
                let meant = |turn: &Turn| {
                    turn.aspect == *aspect
                        && one_of(from, &turn.from)
                        && one_of(to, &turn.to)
                        && one_of(by, &turn.by)
                        && period.contains(Some(turn.at))
                };
                ticket.trail.turns().iter().any(meant)
            }
        }
    }
}

fn one_of<T: PartialEq>(asked: &[T], value: &T) -> bool {
    asked.is_empty() || asked.contains(value)
}

/// Whether a spell goes on at some time of a period.
fn overlaps(period: Period, spell: &Spell) -> bool {
    let Period { from, to } = period;
    to.is_none_or(|to| spell.from < to) && from.is_none_or(|from| spell.to.is_none_or(|ended| from < ended))
}
