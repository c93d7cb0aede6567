//! Seals: a chain of digests over the events of a ticket, so that nobody changes the past unseen.
//!
//! Each event's seal covers the event, who did it and when, its text, its place in the ticket, and the seal before it.
//! Whoever changes, removes, adds or swaps events breaks the chain at that place, and the ticket that is stored, with its
//! last seal as [`head`](Ticket::head), no longer fits. A text is covered by its digest, which stays when the text is
//! erased: so what was said can be forgotten, and that something was said cannot.
//!
//! There is no secret in it. Who may write to the store's files can make the whole chain of a ticket anew, or leave off
//! its end. Against that a [`Checkpoint`](crate::desk::Checkpoint) helps that is kept where they cannot write.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::actor::By;
use crate::codec::encode_event;
use crate::engine::fold;
use crate::event::{Event, Fact, Recorded};
use crate::id::{TenantId, TicketId, Version};
use crate::ticket::Ticket;
use crate::time::micros;

/// What the digest of an event begins with, so that it is one of nothing else.
const EVENT: &str = "ticketcore event 1";

/// A SHA-256; as text 64 lower-case hexadecimal digits.
///
/// ```
/// use ticketcore::seal::Digest;
///
/// let digest = Digest::of("a");
/// assert_eq!(digest.to_string(), "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
/// assert_eq!(digest.to_string().parse(), Ok(digest));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(bytes.as_ref()).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not 64 lower-case hexadecimal digits")]
pub struct NotADigest;

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let digit = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(NotADigest),
        };
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| NotADigest)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Digest {
    type Error = NotADigest;

    fn try_from(text: String) -> Result<Self, NotADigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// The seal of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// The digest of the text that came with it; it stays when the text is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Digest>,
    /// The digest of all there is to the event, and of the one before.
    pub chain: Digest,
}

impl Seal {
    /// The form in which a store keeps it: the chain, and then the text's digest if there is one.
    pub fn to_bytes(&self) -> Vec<u8> {
        let text = self.text.iter().flat_map(|text| text.0);
        self.chain.0.into_iter().chain(text).collect()
    }

    /// Reads the form in which a store keeps it; `None` if it is not one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (chain, text) = bytes.split_first_chunk()?;
        let text = if text.is_empty() { None } else { Some(Digest(text.try_into().ok()?)) };
        Some(Self { text, chain: Digest(*chain) })
    }
}

/// A digest in the making. Every part is preceded by its length, so that no two lists of parts are the same bytes.
pub(crate) struct Parts(Sha256);

impl Parts {
    pub(crate) fn new(domain: &str) -> Self {
        Self(Sha256::new()).add(domain)
    }

    #[must_use]
    pub(crate) fn add(mut self, part: impl AsRef<[u8]>) -> Self {
        let part = part.as_ref();
        self.0.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.0.update(part);
        self
    }

    /// Nothing is a part of no bytes.
    #[must_use]
    pub(crate) fn maybe(self, digest: Option<Digest>) -> Self {
        self.add(digest.as_ref().map_or(&[][..], |digest| &digest.0))
    }

    pub(crate) fn digest(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// All that a seal covers.
struct Sealed<'a> {
    before: Option<Digest>,
    tenant: &'a TenantId,
    ticket: TicketId,
    version: Version,
    at: DateTime<Utc>,
    by: &'a By,
    event: &'a Event,
    text: Option<Digest>,
}

impl Sealed<'_> {
    fn chain(&self) -> Digest {
        let Self { before, tenant, ticket, version, at, by, event, text } = self;
        // What cannot be written as JSON no store takes, so it does not matter what its seal would be.
        let (_, event) = encode_event(event).unwrap_or_default();
        Parts::new(EVENT)
            .maybe(*before)
            .add(tenant.as_str())
            .add(ticket.0.as_bytes())
            .add(version.0.to_be_bytes())
            .add(micros(*at).to_be_bytes())
            .add(by.id.as_str())
            .add(by.kind.as_str())
            .add(event)
            .maybe(*text)
            .digest()
    }
}

/// Seals the facts of a change, and makes the last seal the head of the ticket, which has been folded already.
///
/// A [`Desk`](crate::Desk) does so where [`Config::seal`](crate::Config::seal) says it; call it for commits that are made
/// by hand.
pub fn seal(ticket: &mut Ticket, expected: Version, facts: &mut [Fact]) {
    let mut version = expected;
    for Fact { at, by, event, text, seal } in facts {
        version = version.next();
        let text = text.as_ref().map(Digest::of);
        let (before, tenant, ticket_id) = (ticket.head, &ticket.tenant, ticket.id);
        let chain = Sealed { before, tenant, ticket: ticket_id, version, at: *at, by, event, text }.chain();
        *seal = Some(Seal { text, chain });
        ticket.head = Some(chain);
    }
}

/// What is wrong with an event or a ticket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// There is no such event, though the ticket is at that version or a later one.
    #[error("the event is missing")]
    NoEvent,
    /// There is no such ticket, though one of a higher number is there, or it was there at the checkpoint.
    #[error("the ticket is missing")]
    NoTicket,
    /// The event, who did it, or when, is not as it was sealed; or one before it is not.
    #[error("the event is not as it was sealed")]
    Event,
    /// The text is neither as it was sealed nor erased.
    #[error("the text is not as it was sealed")]
    Text,
    /// The event has no seal, though one before it has.
    #[error("the event is not sealed and follows one that is")]
    Unsealed,
    /// In the feed the event stands before an earlier one.
    #[error("the event stands before an earlier one")]
    Order,
    /// The ticket is at an earlier version than its events.
    #[error("the ticket does not know of the event")]
    Beyond,
    /// The ticket's head is not the seal of its last event.
    #[error("the ticket does not end with the seal of its last event")]
    Head,
    /// The ticket is not what its events make.
    #[error("the ticket is not what its events make")]
    Ticket,
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// At the checkpoint the event had another seal.
    #[error("the seal is not the one of the checkpoint")]
    Rewritten,
    /// The checkpoint itself does not fit its root, or is another tenant's.
    #[error("the checkpoint is not as it was made")]
    Checkpoint,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) events: u64,
    pub(crate) unsealed: u64,
    pub(crate) erased: u64,
}

/// Checks a ticket and its events, up to its version, against the seals and each other; names the first flaw.
pub(crate) fn check(ticket: &Ticket, history: &[Recorded]) -> Result<Seen, (Version, Flaw)> {
    let mut seen = Seen::default();
    let (mut head, mut version, mut position) = (None, Version(0), None);
    for recorded in history {
        version = version.next();
        let flaw = |flaw| Err((version, flaw));
        if recorded.version != version {
            return flaw(Flaw::NoEvent);
        }
        if position.replace(recorded.position).is_some_and(|before| before >= recorded.position) {
            return flaw(Flaw::Order);
        }
        seen.events += 1;
        let Some(seal) = recorded.seal else {
            if head.is_some() {
                return flaw(Flaw::Unsealed);
            }
            seen.unsealed += 1;
            continue;
        };
        let Recorded { tenant, ticket, at, by, event, .. } = recorded;
        let sealed = Sealed { before: head, tenant, ticket: *ticket, version, at: *at, by, event, text: seal.text };
        if sealed.chain() != seal.chain {
            return flaw(Flaw::Event);
        }
        match &recorded.text {
            Some(text) if seal.text != Some(Digest::of(text)) => return flaw(Flaw::Text),
            Some(_) => {}
            None => seen.erased += u64::from(seal.text.is_some()),
        }
        head = Some(seal.chain);
    }
    if version != ticket.version {
        return Err((version.next(), Flaw::NoEvent));
    }
    if ticket.head != head {
        return Err((version, Flaw::Head));
    }
    let folded = fold(history).map(|folded| Ticket { number: ticket.number, ..folded });
    if folded.as_ref() == Some(ticket) { Ok(seen) } else { Err((version, Flaw::Ticket)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_it_is_written() {
        let digest = Digest::of("a");
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        let text = digest.to_string();
        let (upper, long) = (text.to_uppercase(), format!("{text}0"));
        for bad in ["", "0", upper.as_str(), long.as_str(), &text[1..], &text.replace('c', "g"), &"ä".repeat(32)] {
            assert_eq!(bad.parse::<Digest>(), Err(NotADigest), "{bad}");
        }
    }

    #[test]
    fn a_seal_is_kept_with_its_text_and_without() {
        let chain = Digest::of("chain");
        for text in [None, Some(Digest::of("text"))] {
            let seal = Seal { text, chain };
            assert_eq!(Seal::from_bytes(&seal.to_bytes()), Some(seal));
        }
        for length in [0, 1, 31, 33, 63, 65] {
            assert_eq!(Seal::from_bytes(&vec![7; length]), None, "{length} bytes");
        }
    }

    #[test]
    fn parts_cannot_be_cut_in_another_way() {
        let digest = |parts: &[&str]| parts.iter().fold(Parts::new("test"), Parts::add).digest();
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_ne!(digest(&["a", ""]), digest(&["", "a"]));
        assert_ne!(digest(&["a"]), digest(&["a", ""]));
    }
}
