//! What happened. Events are a file format: their serialised form is pinned by golden files.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::actor::{By, Party};
use crate::approval::Quorum;
use crate::channel::Channel;
use crate::id::Pin;
use crate::id::{Key, PersonId, Position, TenantId, TicketId, Version};
use crate::link::Link;
pub use crate::merge::{Absorbed, Merged, Pose, SplitOff, Unmerged, Withheld};
use crate::policy_log::StepKey;
use crate::priority::{Level, Priority};
use crate::routing::Choice;
use crate::seal::Seal;
use crate::signal::Signal;
use crate::status::{Status, Waiting};
use crate::time::stamp;
use crate::value::{Fields, Value};

/// A fact about one ticket. Everything a policy chose (a priority, a state's meaning, who was told) is written in, so
/// folding events never asks a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The ticket came to be. Its text is the description.
    Opened(Box<Opened>),
    /// It moved along its workflow.
    Moved(Moved),
    /// Somebody wrote. The text is the body.
    Said(Said),
    /// An agent became accountable, or nobody is.
    Assigned(Option<PersonId>),
    /// The desk found somebody to give it to; if it was not theirs already, the assignment follows.
    Routed(Box<Choice>),
    /// The desk looked for somebody to give it to and found nobody; what is done then follows in events of its own.
    Unrouted(Box<Choice>),
    /// It went to a team, or to none.
    TeamAssigned(Option<Key>),
    /// It went to a queue, or to none.
    Queued(Option<Key>),
    /// It is for another person, or for nobody in particular.
    RequesterChanged(Option<PersonId>),
    /// It is for somebody of an organisation, or of none.
    OrganisationChanged(Option<Key>),
    /// It has a new subject.
    Renamed(String),
    /// It is of another category, or of none.
    Categorised(Option<Key>),
    /// It got a tag.
    Tagged(Key),
    /// It lost a tag.
    Untagged(Key),
    /// A custom field got a value, or lost it.
    FieldSet(Key, Option<Value>),
    /// It has another name elsewhere, or none.
    Referenced(Option<String>),
    /// Impact and urgency were judged, and the matrix gave a priority.
    Rated {
        /// How much is affected.
        impact: Level,
        /// How soon it hurts.
        urgency: Level,
        /// What the matrix gave.
        priority: Priority,
    },
    /// A priority was set by hand over the matrix's.
    Prioritised {
        /// The priority set.
        priority: Priority,
        /// Why.
        reason: String,
    },
    /// The matrix's priority is in force again.
    PriorityRestored,
    /// It went up the escalation levels, or back.
    Escalated(u8),
    /// Somebody watches it.
    Watched(PersonId),
    /// Somebody no longer watches it.
    Unwatched(PersonId),
    /// The customer said how well it was solved. The text is their comment, which is for agents.
    Scored {
        /// From 1 (badly) to 5 (well).
        score: u8,
        /// When it was solved: which solution is meant.
        #[serde(with = "stamp")]
        of: DateTime<Utc>,
    },
    /// Somebody said whether the article helped.
    Endorsed {
        /// It did.
        helpful: bool,
    },
    /// Somebody takes part in it.
    Invited(PersonId),
    /// Somebody no longer takes part in it.
    Dismissed(PersonId),
    /// Another team works on it, too.
    Referred(Key),
    /// A team no longer works on it.
    Recalled(Key),
    /// It was shared with somebody.
    Shared(Party),
    /// It is no longer shared with somebody.
    Unshared(Party),
    /// It was linked.
    Linked(Link),
    /// A link was cut.
    Unlinked(Link),
    /// A message, or the description, has another text, which is the event's; the one before stays in the log.
    Edited {
        /// The version at which the message was recorded; 1 is the description.
        message: Version,
        /// Who may read the message, and so its new text.
        visibility: Visibility,
    },
    /// It went on in another ticket.
    Merged(Box<Merged>),
    /// Another ticket, or some messages of one, came to it.
    Absorbed(Absorbed),
    /// It is a ticket of its own again.
    Unmerged(Box<Unmerged>),
    /// What had come from another ticket went back.
    Released(Absorbed),
    /// Some of its messages went to a new ticket.
    SplitOff(SplitOff),
    /// They are back.
    Rejoined(SplitOff),
    /// A cascade could not move a linked ticket.
    Withheld(Withheld),
    /// Somebody took it on.
    Acknowledged {
        /// Until when, if limited.
        #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
        until: Option<DateTime<Utc>>,
    },
    /// Nobody has it any more.
    Unacknowledged,
    /// It was put away until an instant.
    Snoozed(#[serde(with = "stamp")] DateTime<Utc>),
    /// It is back.
    Woken,
    /// A monitor reported on it.
    Signalled(Signal),
    /// A step of a policy was taken; what it did follows in events of its own.
    Fired {
        /// Which step.
        key: StepKey,
        /// When it was due.
        #[serde(with = "stamp")]
        due: DateTime<Utc>,
    },
    /// A step of a policy was due and was not taken.
    Skipped {
        /// Which step.
        key: StepKey,
        /// When it was due.
        #[serde(with = "stamp")]
        due: DateTime<Utc>,
        /// Why not.
        why: Skip,
    },
    /// A rule acted; what it did follows in events of its own.
    Ruled {
        /// Which rule.
        rule: Key,
    },
    /// A promise was broken.
    Breached {
        /// The policy that promised.
        policy: Key,
        /// Which run of its clock.
        cycle: u32,
        /// The last instant that would have kept it.
        #[serde(with = "stamp")]
        due: DateTime<Utc>,
    },
    /// The broken promises of a policy do not count, for a reason.
    Waived {
        /// The policy.
        policy: Key,
        /// Why.
        reason: String,
    },
    /// An approval was asked for.
    ApprovalRequested {
        /// Which one.
        approval: Key,
        /// Who has to agree.
        steps: Vec<Quorum>,
        /// One step after the other.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ordered: bool,
        /// Whoever has a part in the ticket may vote as well.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        own: bool,
        /// Until when it can be given and holds, if that is limited.
        #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
        expires: Option<DateTime<Utc>>,
    },
    /// Somebody voted for it.
    Approved {
        /// The approval.
        approval: Key,
        /// The step the vote counts for, from 0.
        step: u16,
        /// In whose place, if not in their own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead_of: Option<PersonId>,
        /// The version that was looked at.
        seen: Version,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Somebody voted against it.
    Rejected {
        /// The approval.
        approval: Key,
        /// The step the vote counts for, from 0.
        step: u16,
        /// In whose place, if not in their own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead_of: Option<PersonId>,
        /// The version that was looked at.
        seen: Version,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Somebody lets another vote in their place, or takes the place back.
    Delegated {
        /// The approval.
        approval: Key,
        /// Who votes instead; whoever did it, if the place is taken back.
        to: PersonId,
        /// In which steps, from 0.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        steps: BTreeSet<u16>,
    },
    /// What was asked was taken back, and with it all votes.
    ApprovalWithdrawn(Key),
    /// People are to be told something.
    Notified(Notice),
    /// It follows another revision of its workflow.
    Migrated(Migrated),
}

impl Event {
    /// The name of its kind, as serialised.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Moved(_) => "moved",
            Self::Said(_) => "said",
            Self::Assigned(_) => "assigned",
            Self::Routed(_) => "routed",
            Self::Unrouted(_) => "unrouted",
            Self::TeamAssigned(_) => "team_assigned",
            Self::Queued(_) => "queued",
            Self::RequesterChanged(_) => "requester_changed",
            Self::OrganisationChanged(_) => "organisation_changed",
            Self::Renamed(_) => "renamed",
            Self::Categorised(_) => "categorised",
            Self::Tagged(_) => "tagged",
            Self::Untagged(_) => "untagged",
            Self::FieldSet(..) => "field_set",
            Self::Referenced(_) => "referenced",
            Self::Rated { .. } => "rated",
            Self::Prioritised { .. } => "prioritised",
            Self::PriorityRestored => "priority_restored",
            Self::Escalated(_) => "escalated",
            Self::Watched(_) => "watched",
            Self::Unwatched(_) => "unwatched",
            Self::Scored { .. } => "scored",
            Self::Endorsed { .. } => "endorsed",
            Self::Invited(_) => "invited",
            Self::Dismissed(_) => "dismissed",
            Self::Referred(_) => "referred",
            Self::Recalled(_) => "recalled",
            Self::Shared(_) => "shared",
            Self::Unshared(_) => "unshared",
            Self::Linked(_) => "linked",
            Self::Unlinked(_) => "unlinked",
            Self::Edited { .. } => "edited",
            Self::Merged(_) => "merged",
            Self::Absorbed(_) => "absorbed",
            Self::Unmerged(_) => "unmerged",
            Self::Released(_) => "released",
            Self::SplitOff(_) => "split_off",
            Self::Rejoined(_) => "rejoined",
            Self::Withheld(_) => "withheld",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Unacknowledged => "unacknowledged",
            Self::Snoozed(_) => "snoozed",
            Self::Woken => "woken",
            Self::Signalled(_) => "signalled",
            Self::Fired { .. } => "fired",
            Self::Skipped { .. } => "skipped",
            Self::Ruled { .. } => "ruled",
            Self::Breached { .. } => "breached",
            Self::Waived { .. } => "waived",
            Self::ApprovalRequested { .. } => "approval_requested",
            Self::Approved { .. } => "approved",
            Self::Rejected { .. } => "rejected",
            Self::Delegated { .. } => "delegated",
            Self::ApprovalWithdrawn(_) => "approval_withdrawn",
            Self::Notified(_) => "notified",
            Self::Migrated(_) => "migrated",
        }
    }
}

/// The opening of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Its kind.
    pub kind: Key,
    /// What stands before its number.
    #[serde(default, skip_serializing_if = "Key::is_empty")]
    pub prefix: Key,
    /// Its subject.
    pub subject: String,
    /// Its category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Key>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Key>,
    /// Its custom fields.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub fields: Fields,
    /// How it came in.
    pub channel: Channel,
    /// Its name elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<String>,
    /// Whom it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<PersonId>,
    /// The organisation that person belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Key>,
    /// Who is accountable from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<PersonId>,
    /// The team it starts with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Key>,
    /// The queue it starts in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Key>,
    /// The skills its agent needs, besides those of a route.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub needs: BTreeSet<Key>,
    /// The intake rule that gave it what its draft left open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intake: Option<Key>,
    /// Who watches from the start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watchers: Vec<PersonId>,
    /// The workflow it follows.
    pub workflow: Pin,
    /// The state it starts in.
    pub state: Key,
    /// That state's place in life.
    pub status: Status,
    /// Who is awaited there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// How much is affected.
    pub impact: Level,
    /// How soon it hurts.
    pub urgency: Level,
    /// What the matrix gave.
    pub priority: Priority,
}

/// A move along the workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The transition taken.
    pub transition: Key,
    /// From which state.
    pub from: Key,
    /// To which state.
    pub to: Key,
    /// The new state's place in life.
    pub status: Status,
    /// Who is awaited there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Whether the new state ends the ticket without success.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dropped: bool,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Who may read it.
    pub visibility: Visibility,
    /// How it came in.
    pub channel: Channel,
    /// Written by a program: never counts as an answer and never reopens.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// Files that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// Who may read a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// The customer and the agents.
    Public,
    /// The agents among themselves.
    Internal,
}

/// A file, named by its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// What the sender called it; never a path.
    pub name: String,
    /// What the sender says it is.
    pub media_type: String,
    /// How many bytes.
    pub size: u64,
    /// SHA-256 of the bytes, in lower-case hex; the key in the store.
    pub digest: String,
}

/// Why a due step was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// Its `unless` held.
    Unless,
    /// A later round of the same step was due as well: a desk that slept tells people once.
    Overtaken,
    /// What it was to do is not possible in the ticket's state.
    Impossible,
    /// It was due before the ticket was brought in from elsewhere: nobody is told late of what happened there.
    Imported,
}

/// Somebody to be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// A person.
    Person(PersonId),
    /// A team.
    Team(Key),
    /// The lead of a team.
    Lead(Key),
    /// Whoever a schedule names; it is the host that resolves it.
    Schedule(Key),
}

/// What is to be told, and to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// To whom, each once.
    pub to: Vec<Recipient>,
    /// Which text the host is to send.
    pub template: Key,
    /// Worth waking somebody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
}

/// A change of the workflow's revision under a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migrated {
    /// The workflow and revision from now on.
    pub to: Pin,
    /// The state there.
    pub state: Key,
    /// That state's place in life.
    pub status: Status,
    /// Who is awaited there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Whether the state ends the ticket without success.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dropped: bool,
}

/// An event to be recorded: who did what and when, and the text that came with it. The text stands beside the event so that
/// it can be erased alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// When it happened; never before what happened to the ticket before.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub by: By,
    /// What happened.
    pub event: Event,
    /// The description or message body.
    pub text: Option<String>,
    /// Its seal, if the desk seals.
    pub seal: Option<Seal>,
}

/// An event as it stands in the store. Exhaustive on purpose: backends build it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The tenant.
    pub tenant: TenantId,
    /// The ticket.
    pub ticket: TicketId,
    /// The ticket's version with this event: 1 for the first.
    pub version: Version,
    /// The place in the store's feed.
    pub position: Position,
    /// When it was recorded; never before the ticket's event before.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub by: By,
    /// What happened.
    pub event: Event,
    /// The description or message body, unless it was erased.
    pub text: Option<String>,
    /// Its seal, if it was sealed.
    pub seal: Option<Seal>,
}

impl Recorded {
    /// A name for this event that never changes, for use as the idempotency key of what follows from it.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.tenant, self.ticket, self.version)
    }
}
