//! What is asked. A command may be refused; what it leads to are events.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::actor::Party;
use crate::channel::Channel;
use crate::event::{Attachment, Visibility};
use crate::id::{Key, PersonId, TicketId, Version};
use crate::link::LinkKind;
use crate::priority::{Level, Priority};
use crate::signal::Signal;
use crate::value::{Fields, Value};

/// An order to an existing ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Take a transition of the workflow.
    Move(Key),
    /// Write a message.
    Say(Message),
    /// Make an agent accountable, or nobody.
    Assign(Option<PersonId>),
    /// Hand to a team, or to none.
    AssignTeam(Option<Key>),
    /// Put into a queue, or into none.
    Enqueue(Option<Key>),
    /// Change whom it is for.
    ChangeRequester(Option<PersonId>),
    /// Change the organisation it is for.
    ChangeOrganisation(Option<Key>),
    /// Change the subject.
    Rename(String),
    /// Change the category.
    Categorise(Option<Key>),
    /// Add a tag.
    Tag(Key),
    /// Remove a tag.
    Untag(Key),
    /// Set a custom field, or clear it.
    Set(Key, Option<Value>),
    /// Set the name in another system, or clear it.
    Reference(Option<String>),
    /// Judge impact and urgency; the matrix gives the priority.
    Rate(Level, Level),
    /// Set the priority by hand, with the reason.
    Prioritise(Priority, String),
    /// Give the matrix's priority its force back.
    RestorePriority,
    /// Set the escalation level.
    Escalate(u8),
    /// Let a person watch.
    Watch(PersonId),
    /// Let a person no longer watch.
    Unwatch(PersonId),
    /// Say how well it was solved, from 1 (badly) to 5 (well), and why; once for each solution. The comment is for agents.
    Score(u8, Option<String>),
    /// Say whether an article helped; who says so again has changed their mind.
    Endorse(bool),
    /// Let a person take part: follow it and write to it.
    Invite(PersonId),
    /// Let a person no longer take part.
    Dismiss(PersonId),
    /// Let another team work on it, too, without giving it away.
    Refer(Key),
    /// Take it back from a team it was referred to.
    Recall(Key),
    /// Show it to somebody.
    Share(Party),
    /// Show it to somebody no longer.
    Unshare(Party),
    /// Link to another ticket; both get the link.
    Link(LinkKind, TicketId),
    /// Cut a link on both tickets.
    Unlink(LinkKind, TicketId),
    /// Give the message recorded at a version another text; version 1 is the description. The author may, and agents.
    Edit(Version, String),
    /// Merge this ticket into another: it is closed, and its messages, watchers and alerts go on there.
    Merge(TicketId),
    /// Undo the merging: both tickets are as they were.
    Unmerge,
    /// Open a new ticket with some messages of this one, named by the versions at which they were recorded.
    Split(Vec<Version>, Box<Draft>),
    /// Undo a split: the messages are back, and the ticket that was opened for them is closed.
    Rejoin(TicketId),
    /// Take it on, if wanted only until an instant.
    Acknowledge(Option<DateTime<Utc>>),
    /// Give it back.
    Unacknowledge,
    /// Put it away until an instant.
    Snooze(DateTime<Utc>),
    /// Bring it back.
    Wake,
    /// Record what a monitor reports.
    Signal(Signal),
    /// Excuse the broken promises of a policy, with the reason.
    Waive(Key, String),
    /// Ask those whose approval is needed.
    RequestApproval(Key),
    /// Vote for it.
    Approve {
        /// Which approval.
        approval: Key,
        /// The version of the ticket that was looked at; if its content changed since, the vote is refused.
        seen: Version,
        /// Why.
        reason: Option<String>,
    },
    /// Vote against it, which ends it.
    Reject {
        /// Which approval.
        approval: Key,
        /// The version of the ticket that was looked at; if its content changed since, the vote is refused.
        seen: Version,
        /// Why.
        reason: Option<String>,
    },
    /// Let another vote in one's place; to name oneself takes it back.
    Delegate {
        /// Which approval.
        approval: Key,
        /// Who votes instead.
        to: PersonId,
    },
    /// Take back what was asked, and with it all votes.
    WithdrawApproval(Key),
    /// Give the commands of a macro.
    Run(Key),
    /// Follow another revision of the workflow; states that are not in the map keep their names.
    Migrate(u32, BTreeMap<Key, Key>),
}

impl Command {
    /// The name of its kind: `move`, `assign_team`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Move(..) => "move",
            Self::Say(..) => "say",
            Self::Assign(..) => "assign",
            Self::AssignTeam(..) => "assign_team",
            Self::Enqueue(..) => "enqueue",
            Self::ChangeRequester(..) => "change_requester",
            Self::ChangeOrganisation(..) => "change_organisation",
            Self::Rename(..) => "rename",
            Self::Categorise(..) => "categorise",
            Self::Tag(..) => "tag",
            Self::Untag(..) => "untag",
            Self::Set(..) => "set",
            Self::Reference(..) => "reference",
            Self::Rate(..) => "rate",
            Self::Prioritise(..) => "prioritise",
            Self::RestorePriority => "restore_priority",
            Self::Escalate(..) => "escalate",
            Self::Watch(..) => "watch",
            Self::Unwatch(..) => "unwatch",
            Self::Score(..) => "score",
            Self::Endorse(..) => "endorse",
            Self::Invite(..) => "invite",
            Self::Dismiss(..) => "dismiss",
            Self::Refer(..) => "refer",
            Self::Recall(..) => "recall",
            Self::Share(..) => "share",
            Self::Unshare(..) => "unshare",
            Self::Link(..) => "link",
            Self::Unlink(..) => "unlink",
            Self::Edit(..) => "edit",
            Self::Merge(..) => "merge",
            Self::Unmerge => "unmerge",
            Self::Split(..) => "split",
            Self::Rejoin(..) => "rejoin",
            Self::Acknowledge(..) => "acknowledge",
            Self::Unacknowledge => "unacknowledge",
            Self::Snooze(..) => "snooze",
            Self::Wake => "wake",
            Self::Signal(..) => "signal",
            Self::Waive(..) => "waive",
            Self::RequestApproval(..) => "request_approval",
            Self::Approve { .. } => "approve",
            Self::Reject { .. } => "reject",
            Self::Delegate { .. } => "delegate",
            Self::WithdrawApproval(..) => "withdraw_approval",
            Self::Run(..) => "run",
            Self::Migrate(..) => "migrate",
        }
    }

    /// Takes a transition.
    pub fn transition(key: impl Into<Key>) -> Self {
        Self::Move(key.into())
    }

    /// Makes an agent accountable.
    pub fn assign(person: impl Into<PersonId>) -> Self {
        Self::Assign(Some(person.into()))
    }

    /// Writes to the customer.
    pub fn reply(body: impl Into<String>) -> Self {
        Self::Say(Message::new(Visibility::Public, body))
    }

    /// Writes to the other agents.
    pub fn note(body: impl Into<String>) -> Self {
        Self::Say(Message::new(Visibility::Internal, body))
    }

    /// Gives a message another text.
    pub fn edit(message: Version, text: impl Into<String>) -> Self {
        Self::Edit(message, text.into())
    }

    /// Scores a solution without a comment.
    pub const fn score(score: u8) -> Self {
        Self::Score(score, None)
    }

    /// Tells whether the command means the same whatever else happened to the ticket: tags, watchers, messages and votes
    /// on an article are added and taken away one by one.
    pub const fn commutes(&self) -> bool {
        matches!(
            self,
            Self::Tag(_) | Self::Untag(_) | Self::Watch(_) | Self::Unwatch(_) | Self::Endorse(_) | Self::Say(_)
        )
    }

    /// Tells whether the command changes other tickets, too, or rests on what was written.
    pub(crate) const fn reaches_out(&self) -> bool {
        matches!(
            self,
            Self::Link(..)
                | Self::Unlink(..)
                | Self::Edit(..)
                | Self::Merge(_)
                | Self::Unmerge
                | Self::Split(..)
                | Self::Rejoin(_)
        )
    }

    /// Votes for an approval, given without a reason, having seen a version of the ticket.
    pub fn approve(approval: impl Into<Key>, seen: Version) -> Self {
        Self::Approve { approval: approval.into(), seen, reason: None }
    }

    /// Votes against an approval, having seen a version of the ticket.
    pub fn reject(approval: impl Into<Key>, seen: Version, reason: impl Into<String>) -> Self {
        Self::Reject { approval: approval.into(), seen, reason: Some(reason.into()) }
    }

    /// Sets a custom field.
    pub fn set(field: impl Into<Key>, value: impl Into<Value>) -> Self {
        Self::Set(field.into(), Some(value.into()))
    }
}

/// A message to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who may read it.
    pub visibility: Visibility,
    /// The text.
    pub body: String,
    /// How it came in.
    pub channel: Channel,
    /// Written by a program.
    pub automatic: bool,
    /// Files that come with it; their bytes are in the store already.
    pub attachments: Vec<Attachment>,
}

impl Message {
    /// A message through the interface of the host.
    pub fn new(visibility: Visibility, body: impl Into<String>) -> Self {
        Self { visibility, body: body.into(), channel: Channel::default(), automatic: false, attachments: Vec::new() }
    }
}

/// Commands for one ticket that are carried out together or not at all.
///
/// Made from a [`Command`] or a list of them:
///
/// ```
/// use ticketcore::{Command, Request};
/// let request = Request::from(Command::transition("start")).once("mail-4711");
/// # assert_eq!(request.commands.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked, in order; each sees what the ones before it did.
    pub commands: Vec<Command>,
    /// A key of the caller's: a request whose key was seen before is not carried out again.
    pub once: Option<String>,
    /// The version the caller saw; without it, the newest counts.
    pub seen: Option<Version>,
}

impl Request {
    /// Names the request, so that a repetition has no second effect and gets the first answer.
    #[must_use]
    pub fn once(mut self, key: impl Into<String>) -> Self {
        self.once = Some(key.into());
        self
    }

    /// How many tickets it opens along.
    pub(crate) fn splits(&self) -> usize {
        self.commands.iter().filter(|command| matches!(command, Command::Split(..))).count()
    }

    /// Tells whether it only says something, which goes wherever the ticket goes.
    pub(crate) fn is_talk(&self) -> bool {
        !self.commands.is_empty() && self.commands.iter().all(|command| matches!(command, Command::Say(_)))
    }

    /// Refuses the request if the ticket changed since this version, and says what changed; but not if all it asks
    /// [commutes](Command::commutes) with whatever others did.
    #[must_use]
    pub const fn at(mut self, seen: Version) -> Self {
        self.seen = Some(seen);
        self
    }
}

impl From<Command> for Request {
    fn from(command: Command) -> Self {
        Self { commands: vec![command], once: None, seen: None }
    }
}

impl From<Vec<Command>> for Request {
    fn from(commands: Vec<Command>) -> Self {
        Self { commands, once: None, seen: None }
    }
}

impl<const N: usize> From<[Command; N]> for Request {
    fn from(commands: [Command; N]) -> Self {
        Self::from(Vec::from(commands))
    }
}

/// A ticket to be opened. Only kind and subject are needed; the rest has defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What it is.
    pub kind: Key,
    /// What it is about, in one line.
    pub subject: String,
    /// What it is about, at length.
    pub description: Option<String>,
    /// How the desk sorts it.
    pub category: Option<Key>,
    /// Tags.
    pub tags: BTreeSet<Key>,
    /// Custom fields.
    pub fields: Fields,
    /// How it came in; through the interface of the host unless said otherwise.
    pub channel: Channel,
    /// Its name in another system.
    pub external: Option<String>,
    /// Whom it is for; the opener, if the opener is a requester and nobody is named.
    pub requester: Option<PersonId>,
    /// The organisation it is for; without one, that of the requester's record where people are
    /// [known](crate::config::People::Known), else the requester's own if that is who opens it.
    pub organisation: Option<Key>,
    /// Who is accountable from the start.
    pub assignee: Option<PersonId>,
    /// The team it starts with.
    pub team: Option<Key>,
    /// The queue it starts in.
    pub queue: Option<Key>,
    /// Who watches from the start.
    pub watchers: BTreeSet<PersonId>,
    /// How much is affected; medium unless said otherwise.
    pub impact: Level,
    /// How soon it hurts; medium unless said otherwise.
    pub urgency: Level,
    /// A key of the caller's: a draft whose key was seen before opens nothing new and gets the first answer.
    pub once: Option<String>,
}

macro_rules! ready {
    ($($(#[$doc:meta])* $name:ident),*) => { $(
        $(#[$doc])*
        pub fn $name(subject: impl Into<String>) -> Self {
            Self::new(stringify!($name), subject)
        }
    )* };
}

impl Draft {
    /// A ticket of any kind.
    pub fn new(kind: impl Into<Key>, subject: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            subject: subject.into(),
            description: None,
            category: None,
            tags: BTreeSet::new(),
            fields: Fields::default(),
            channel: Channel::default(),
            external: None,
            requester: None,
            organisation: None,
            assignee: None,
            team: None,
            queue: None,
            watchers: BTreeSet::new(),
            impact: Level::MEDIUM,
            urgency: Level::MEDIUM,
            once: None,
        }
    }

    ready! {
        /// An unplanned interruption.
        incident,
        /// A wish for a standard service.
        request,
        /// The cause of incidents.
        problem,
        /// A planned alteration.
        change,
        /// A piece of planned work.
        task,
        /// A draft of what the desk knows: the subject is its title, the description its body.
        article
    }

    /// Describes it at length.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Says how much is affected and how soon it hurts.
    #[must_use]
    pub const fn rated(mut self, impact: Level, urgency: Level) -> Self {
        self.impact = impact;
        self.urgency = urgency;
        self
    }

    /// Names the person it is for.
    #[must_use]
    pub fn requester(mut self, person: impl Into<PersonId>) -> Self {
        self.requester = Some(person.into());
        self
    }

    /// Names the organisation it is for.
    #[must_use]
    pub fn organisation(mut self, organisation: impl Into<Key>) -> Self {
        self.organisation = Some(organisation.into());
        self
    }

    /// Names the accountable agent.
    #[must_use]
    pub fn assignee(mut self, person: impl Into<PersonId>) -> Self {
        self.assignee = Some(person.into());
        self
    }

    /// Hands it to a team.
    #[must_use]
    pub fn team(mut self, team: impl Into<Key>) -> Self {
        self.team = Some(team.into());
        self
    }

    /// Puts it into a queue.
    #[must_use]
    pub fn queue(mut self, queue: impl Into<Key>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// Sorts it.
    #[must_use]
    pub fn category(mut self, category: impl Into<Key>) -> Self {
        self.category = Some(category.into());
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<Key>) -> Self {
        self.tags.insert(tag.into());
        self
    }

    /// Sets a custom field.
    #[must_use]
    pub fn field(mut self, field: impl Into<Key>, value: impl Into<Value>) -> Self {
        self.fields.insert(field.into(), value.into());
        self
    }

    /// Says how it came in.
    #[must_use]
    pub const fn channel(mut self, channel: Channel) -> Self {
        self.channel = channel;
        self
    }

    /// Keeps its name in another system.
    #[must_use]
    pub fn external(mut self, name: impl Into<String>) -> Self {
        self.external = Some(name.into());
        self
    }

    /// Names the draft, so that a repetition opens nothing new and gets the first answer.
    #[must_use]
    pub fn once(mut self, key: impl Into<String>) -> Self {
        self.once = Some(key.into());
        self
    }
}
