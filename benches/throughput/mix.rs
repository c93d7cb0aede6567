//! What is done, and how often.

use std::fmt;
use std::str::FromStr;

use crate::common::random::Random;

/// An operation of a desk's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Opens a ticket.
    Create,
    /// Moves a ticket along its workflow.
    Transition,
    /// Writes a message on a ticket.
    Comment,
    /// Reads a ticket.
    Read,
    /// Reads the first page of a queue.
    List,
}

impl Operation {
    pub(crate) const ALL: [Self; 5] = [Self::Create, Self::Transition, Self::Comment, Self::Read, Self::List];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Transition => "transition",
            Self::Comment => "comment",
            Self::Read => "read",
            Self::List => "list",
        }
    }

    /// The place in lists of all operations.
    pub(crate) const fn place(self) -> usize {
        self as usize
    }
}

/// Operations with weights: `create=20,read=80`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mix {
    weights: Vec<(Operation, u64)>,
    total: u64,
}

impl Mix {
    /// Draws an operation.
    pub(crate) fn draw(&self, random: &mut Random) -> Operation {
        let mut left = random.below(self.total);
        for (operation, weight) in &self.weights {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *operation,
            }
        }
        // Not reached: what is drawn is less than the sum of the weights.
        Operation::Read
    }
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut weights: Vec<(Operation, u64)> = Vec::new();
        for part in text.split(',') {
            let (name, weight) = part.split_once('=').ok_or_else(|| format!("`{part}` is not like `create=20`"))?;
            let known = || Operation::ALL.map(Operation::name).join(", ");
            let operation = Operation::ALL
                .into_iter()
                .find(|operation| operation.name() == name.trim())
                .ok_or_else(|| format!("`{name}` is no operation; there are {}", known()))?;
            let weight: u32 = weight.trim().parse().map_err(|_| format!("`{weight}` is no weight"))?;
            if weights.iter().any(|(other, _)| *other == operation) {
                return Err(format!("`{name}` is there twice"));
            }
            weights.push((operation, weight.into()));
        }
        let total = weights.iter().map(|(_, weight)| weight).sum();
        if total == 0 { Err("every weight is 0".to_owned()) } else { Ok(Self { weights, total }) }
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (operation, weight)) in self.weights.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{}={weight}", operation.name())?;
        }
        Ok(())
    }
}
