//! Links that open one ticket to whoever carries them, so that a customer needs no account: what is told and what is kept.
//!
//! The text of a link is `<id>.<secret>`: an id of 32 hexadecimal digits that names it in the store, and 256 bits from the
//! operating system. The secret is told once, when the link is granted. The desk keeps a SHA-256 of it together with all
//! that the link is for (tenant, id, ticket, person, purpose, expiry), so nothing of that can be exchanged behind its back,
//! and whoever reads the store cannot make a link of it.
//!
//! Secrets are never seeded: with [`Desk::with_seed`](crate::Desk::with_seed) the ids of links can be told in advance like
//! all ids, their secrets cannot. They always come from the operating system, and no option changes that.
//!
//! What the desk cannot do is to count attempts: limiting their rate is the host's part.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::id::{PersonId, TenantId, TicketId};
use crate::time::{micros, stamp};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To see the customer's view of the ticket, as often as wanted.
    Follow,
    /// To score the solution, once.
    Rate,
}

impl Purpose {
    /// The name as serialised.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Follow => "follow",
            Self::Rate => "rate",
        }
    }
}

/// A link that was just granted. Its text cannot be read again later, and [`Debug`](fmt::Debug) does not show it.
#[derive(Clone)]
pub struct SecretLink {
    id: String,
    secret: String,
}

impl SecretLink {
    /// Draws a secret for an id.
    pub(crate) fn draw(id: TicketId) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self { id: id.0.simple().to_string(), secret: hex(&bytes) })
    }

    /// The public part, by which it can be [revoked](crate::Desk::revoke_link); keep this one.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The whole text, which opens the ticket: for the mail to the customer, and for no log.
    pub fn text(&self) -> String {
        format!("{}.{}", self.id, self.secret)
    }

    /// Takes a text apart. One of another form becomes a link that nobody was given: what follows takes as long.
    pub(crate) fn read(text: &str) -> Self {
        let digits =
            |part: &str, len| part.len() == len && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let parts = text.split_once('.').filter(|(id, secret)| digits(id, ID) && digits(secret, SECRET));
        let (id, secret) = parts.map_or_else(|| ("0".repeat(ID), "0".repeat(SECRET)), |(a, b)| (a.into(), b.into()));
        Self { id, secret }
    }
}

/// How many digits an id has, and a secret.
const ID: usize = 32;
const SECRET: usize = 64;

impl fmt::Debug for SecretLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretLink").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a link that was shown opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The ticket, and no other.
    pub ticket: TicketId,
    /// Who was given the link. Not who shows it: a mail can be forwarded.
    pub person: PersonId,
    /// What for.
    pub purpose: Purpose,
    /// From when on it opens nothing.
    pub expires: DateTime<Utc>,
}

/// A link as the store keeps it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) ticket: TicketId,
    pub(crate) person: PersonId,
    pub(crate) purpose: Purpose,
    #[serde(with = "stamp")]
    pub(crate) expires: DateTime<Utc>,
    digest: String,
}

impl Kept {
    pub(crate) fn new(tenant: &TenantId, link: &SecretLink, visit: Visit) -> Self {
        let Visit { ticket, person, purpose, expires } = visit;
        let unsealed = Self { ticket, person, purpose, expires, digest: String::new() };
        Self { digest: unsealed.seal(tenant, link), ..unsealed }
    }

    /// One that nothing opens, for where there is none.
    pub(crate) fn nothing() -> Self {
        let (ticket, person) = (TicketId(uuid::Uuid::nil()), PersonId::from_static("nobody"));
        let expires = DateTime::<Utc>::MIN_UTC;
        Self { ticket, person, purpose: Purpose::Follow, expires, digest: "0".repeat(SECRET) }
    }

    /// Tells whether a link opens it now. All is computed before anything is compared, and the digests are compared as a
    /// whole, so that the time taken says nothing of how much was right.
    pub(crate) fn opens(&self, tenant: &TenantId, link: &SecretLink, purpose: Purpose, now: DateTime<Utc>) -> bool {
        let same = self.seal(tenant, link).as_bytes().ct_eq(self.digest.as_bytes());
        bool::from(same) & (self.purpose == purpose) & (now < self.expires)
    }

    fn seal(&self, tenant: &TenantId, link: &SecretLink) -> String {
        let (ticket, expires) = (self.ticket.to_string(), micros(self.expires).to_string());
        let purpose = self.purpose.as_str();
        let parts = [
            "ticketcore link",
            tenant.as_str(),
            &link.id,
            &ticket,
            self.person.as_str(),
            purpose,
            &expires,
            &link.secret,
        ];
        let mut hash = Sha256::new();
        for part in parts {
            // With its length before it, no part can reach into the next.
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        hex(&hash.finalize())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_drawn_anew_each_time_and_never_printed() {
        let id = TicketId(uuid::Uuid::from_u128(7));
        let (one, other) = (SecretLink::draw(id).unwrap(), SecretLink::draw(id).unwrap());
        assert_eq!(one.id(), other.id());
        assert_ne!(one.text(), other.text());
        assert_eq!(one.text().len(), ID + 1 + SECRET);
        assert!(!format!("{one:?}").contains(&one.secret));
    }

    #[test]
    fn a_digest_is_of_everything_the_link_is_for() {
        let link = SecretLink::draw(TicketId(uuid::Uuid::from_u128(7))).unwrap();
        let (tenant, other) = (TenantId::MAIN, TenantId::from("other"));
        let expires = "2026-03-02T09:00:00Z".parse().unwrap();
        let visit =
            Visit { ticket: TicketId(uuid::Uuid::nil()), person: "bo".into(), purpose: Purpose::Follow, expires };
        let kept = Kept::new(&tenant, &link, visit);
        let opens = |kept: &Kept, tenant| kept.opens(tenant, &link, kept.purpose, DateTime::UNIX_EPOCH);
        assert!(opens(&kept, &tenant));
        assert!(!opens(&kept, &other));
        let digest = || kept.digest.clone();
        let spoilt = [
            Kept { person: "eve".into(), digest: digest(), ..Kept::new(&tenant, &link, of(&kept)) },
            Kept { purpose: Purpose::Rate, digest: digest(), ..Kept::new(&tenant, &link, of(&kept)) },
            Kept { expires: DateTime::<Utc>::MAX_UTC, digest: digest(), ..Kept::new(&tenant, &link, of(&kept)) },
            Kept { ticket: TicketId(uuid::Uuid::max()), digest: digest(), ..Kept::new(&tenant, &link, of(&kept)) },
        ];
        assert!(spoilt.iter().all(|kept| !opens(kept, &tenant)));
    }

    fn of(kept: &Kept) -> Visit {
        let Kept { ticket, person, purpose, expires, digest: _ } = kept;
        Visit { ticket: *ticket, person: person.clone(), purpose: *purpose, expires: *expires }
    }
}
