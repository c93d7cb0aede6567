//! Reading conditions from files.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::cond::{Atom, Cond};

/// The conditions that are not atoms, as they are written.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Compound {
    All(Vec<Cond>),
    Any(Vec<Cond>),
    Not(Box<Cond>),
}

impl<'de> Deserialize<'de> for Cond {
    /// Decides by the name whether it is an atom. Left to try both, serde would not say which name it does not know.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let cond = if ["all", "any", "not"].iter().any(|name| value.get(name).is_some()) {
            Compound::deserialize(value).map(|compound| match compound {
                Compound::All(parts) => Self::All(parts),
                Compound::Any(parts) => Self::Any(parts),
                Compound::Not(part) => Self::Not(part),
            })
        } else {
            Atom::deserialize(value).map(Self::Is)
        };
        cond.map_err(D::Error::custom)
    }
}
