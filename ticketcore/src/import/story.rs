//! A ticket as it comes from elsewhere: its name there, and what happened to it.

use crate::codec::encode_event;
use crate::event::{Event, Fact};
use crate::seal::{Digest, Parts};
use crate::time::micros;

/// What the digest of a history begins with, so that it is one of nothing else.
const STORY: &str = "ticketcore story 1";
/// What the digest of many begins with.
const STORIES: &str = "ticketcore stories 1";

/// The history of a ticket of another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Its id there.
    pub external: String,
    /// The line of the file in which it begins.
    pub line: u64,
    /// What happened, the opening first; times do not go back.
    pub facts: Vec<Fact>,
}

impl Story {
    /// A digest of all that happened: when, by whom, what, and which texts.
    pub fn digest(&self) -> Digest {
        Self::digest_of_facts(&self.facts)
    }

    pub(crate) fn digest_of_facts(facts: &[Fact]) -> Digest {
        digest(facts.iter().map(|fact| {
            let Fact { at, by, event, text, seal } = fact;
            let text = text.as_ref().map(Digest::of).or_else(|| seal.and_then(|seal| seal.text));
            (micros(*at), by.id.as_str(), by.kind.as_str(), event, text)
        }))
    }

    pub(crate) fn digest_of(recorded: &[crate::event::Recorded]) -> Digest {
        digest(recorded.iter().map(|one| {
            // A text that was erased since is known by its seal, if it had one.
            let text = one.text.as_ref().map(Digest::of).or_else(|| one.seal.and_then(|seal| seal.text));
            (micros(one.at), one.by.id.as_str(), one.by.kind.as_str(), &one.event, text)
        }))
    }
}

fn digest<'a>(events: impl Iterator<Item = (i64, &'a str, &'a str, &'a Event, Option<Digest>)>) -> Digest {
    let parts = events.fold(Parts::new(STORY), |parts, (at, by, kind, event, text)| {
        // What cannot be written as JSON no store takes, so it does not matter what its digest would be.
        let (_, event) = encode_event(event).unwrap_or_default();
        parts.add(at.to_be_bytes()).add(by).add(kind).add(event).maybe(text)
    });
    parts.digest()
}

/// The digest of many histories, each under the name of its ticket.
pub(crate) fn root<'a>(stories: impl Iterator<Item = (&'a str, Digest)>) -> Digest {
    stories.fold(Parts::new(STORIES), |parts, (name, digest)| parts.add(name).add(digest.0)).digest()
}
