//! Names as people write them: a ticket as `INC-12`, `12` or its id, an actor as `agent:ada`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::value::Error as NoName;
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use ticketcore::desk::Error;
use ticketcore::{Actor, ActorKind, Desk, PersonId, Ticket, TicketId};

/// Reads a name that stands for one of a few things, such as a status, as its serialised form has it.
pub(crate) fn named<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    T::deserialize(text.into_deserializer()).map_err(|error: NoName| error.to_string())
}

/// A ticket, as people name it.
#[derive(Clone, Debug)]
pub(crate) enum Reference {
    Id(TicketId),
    /// With what stood before the number, if anything did.
    Number(String, i64),
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        let digits = text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (prefix, number) = text.split_at(digits);
        let number = number.parse().map_err(|_| format!("`{text}` names no ticket; expected 12, INC-12 or an id"))?;
        Ok(Self::Number(prefix.to_owned(), number))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Number(prefix, number) => write!(f, "{prefix}{number}"),
        }
    }
}

impl Reference {
    pub(crate) async fn find(&self, desk: &Desk) -> Result<Option<Arc<Ticket>>, Error> {
        match self {
            Self::Id(id) => match desk.load(*id).await {
                Err(Error::NotFound(_)) => Ok(None),
                found => found.map(Some),
            },
            Self::Number(prefix, number) => {
                // INC-12 is not REQ-12.
                let fits =
                    |ticket: &Arc<Ticket>| prefix.is_empty() || ticket.prefix.as_str().eq_ignore_ascii_case(prefix);
                Ok(desk.number(*number).await?.filter(fits))
            }
        }
    }
}

/// Reads an actor. The desk itself is nobody's to be.
pub(crate) fn actor(text: &str) -> Result<Actor, String> {
    let expected = || format!("`{text}` is no actor; expected agent:ada, requester:bo or integration:mail");
    let (kind, id) = text.split_once(':').ok_or_else(expected)?;
    let (kind, id) = (named(kind).map_err(|_| expected())?, PersonId::from(id));
    if kind == ActorKind::System || !id.is_valid() { Err(expected()) } else { Ok(Actor::new(id, kind)) }
}
