//! Names and numbers that identify things. All are cheap to clone: up to 23 bytes stand inline.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use uuid::Uuid;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(SmolStr);

        impl $name {
            /// Names it; the text is checked where it enters the desk, see [`is_valid`](Self::is_valid).
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(SmolStr::new(text))
            }

            /// Names it at compile time, without allocating.
            pub const fn from_static(text: &'static str) -> Self {
                Self(SmolStr::new_static(text))
            }

            /// Tells whether it is the empty text, which is no valid name.
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Tells whether the text can be a name: 1 to 128 bytes, no control character, no blank at either end.
            pub fn is_valid(&self) -> bool {
                let text = self.as_str();
                (1..=128).contains(&text.len()) && text.trim() == text && !text.chars().any(char::is_control)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(SmolStr::from(text))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }
    };
}

name! {
    /// A name inside a configuration: a state, a team, a field, a tag, a policy.
    Key
}
name! {
    /// A person, by whatever stable name the host knows them; never a display name.
    PersonId
}
name! {
    /// An isolation boundary: nothing crosses it. Hosts with one organisation use the default, `main`.
    TenantId
}

impl TenantId {
    /// The tenant of a desk that was not told another.
    pub const MAIN: Self = Self::from_static("main");
}

/// A ticket, for ever and everywhere: a UUIDv7, so ids sort by the time of their making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketId(pub Uuid);

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for TicketId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

impl TicketId {
    /// Makes the id for an instant from 64 random bits.
    ///
    /// Layout of RFC 9562, version 7: milliseconds, then the microseconds of the millisecond (method 3), then chance.
    pub fn at(instant: DateTime<Utc>, random: u64) -> Self {
        let micros = instant.timestamp_micros().max(0).cast_unsigned();
        let (millis, rest) = (micros / 1000, micros % 1000);
        let fraction = rest * 4096 / 1000;
        let high = (millis & 0xffff_ffff_ffff) << 16 | 0x7000 | fraction;
        let low = random & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
        Self(Uuid::from_u64_pair(high, low))
    }
}

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// The one after this.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter! {
    /// How many events a ticket (or how many writes a document) has; 0 is "does not exist".
    Version
}
counter! {
    /// A place in the store's feed; rises with every event, not always by one.
    Position
}
counter! {
    /// A revision of a tenant's configuration, counted from 1.
    Revision
}

/// A workflow at one revision: a ticket keeps the one it was opened under until it is migrated.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pin {
    /// The workflow.
    pub id: Key,
    /// Its revision.
    pub rev: u32,
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.rev)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_of_their_making() {
        let at = |micros| DateTime::from_timestamp_micros(micros).unwrap();
        let (a, b) = (TicketId::at(at(1_700_000_000_000_001), u64::MAX), TicketId::at(at(1_700_000_000_000_002), 0));
        assert!(a < b);
        assert_eq!(a.0.get_version_num(), 7);
        assert_eq!(a.0.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(TicketId::at(DateTime::<Utc>::MIN_UTC, 0).0.get_version_num(), 7);
    }

    #[test]
    fn a_name_is_short_printable_and_trimmed() {
        for good in ["a", "In Progress", "bo@example.com", "команда"] {
            assert!(Key::from(good).is_valid(), "{good}");
        }
        for bad in ["", " a", "a\n", "a\0b"] {
            assert!(!Key::from(bad).is_valid(), "{bad:?}");
        }
        assert!(!Key::from("x".repeat(129)).is_valid());
    }
}
