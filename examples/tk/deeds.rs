//! What is done to one ticket, or with `tk bulk` to many.

use std::error::Error;

use chrono::TimeDelta;
use clap::Subcommand;
use ticketcore::time::span;
use ticketcore::{Command, Desk, Key, LinkKind, Party, PersonId, Version};

use crate::cli::{pair, version};
use crate::find;
use crate::names::{Reference, named};
use crate::write::set;

#[derive(Debug, Subcommand)]
pub(crate) enum Deed {
    /// Take a transition
    Move {
        ticket: Reference,
        transition: Key,
        /// An internal note that goes with it
        #[arg(long)]
        note: Option<String>,
    },
    /// Make an agent accountable, or nobody: `-`
    Assign { ticket: Reference, person: PersonId },
    /// Write to whom the ticket is for
    Comment {
        ticket: Reference,
        text: String,
        /// Write to the other agents instead
        #[arg(long)]
        internal: bool,
    },
    /// Give a message another text
    ///
    /// `tk conversation` numbers them; 1 is the description.
    Edit {
        ticket: Reference,
        #[arg(value_parser = version)]
        message: Version,
        text: String,
    },
    /// Set fields: team=network; nothing after the `=` clears
    ///
    /// There are subject, team, queue, category, requester, organisation, external and the fields of the desk.
    Set {
        ticket: Reference,
        #[arg(required = true, value_name = "FIELD=VALUE", value_parser = pair)]
        fields: Vec<(Key, String)>,
    },
    /// Tag a ticket
    Tag {
        ticket: Reference,
        tag: Key,
        /// Take the tag off
        #[arg(long)]
        undo: bool,
    },
    /// Take a ticket on: nobody needs to be paged any more
    Ack { ticket: Reference },
    /// Put a ticket away for a while: 2h, 1d 12h
    Snooze {
        ticket: Reference,
        #[arg(value_name = "TIME", value_parser = span::parse)]
        time: TimeDelta,
    },
    /// Link two tickets
    ///
    /// As blocks, blocked_by, parent, child, relates, duplicates, duplicated_by, causes, caused_by, explains or explained_by.
    Link {
        ticket: Reference,
        #[arg(value_parser = named::<LinkKind>)]
        kind: LinkKind,
        other: Reference,
        /// Cut the link
        #[arg(long)]
        undo: bool,
    },
    /// Merge a ticket into another, where it goes on
    Merge { ticket: Reference, into: Reference },
    /// Undo the merging of a ticket
    Unmerge { ticket: Reference },
    /// Let another team work on a ticket, too
    Refer {
        ticket: Reference,
        team: Key,
        /// Take it back
        #[arg(long)]
        undo: bool,
    },
    /// Show a ticket to person/eve, team/network or organisation/acme
    Share {
        ticket: Reference,
        #[arg(value_parser = party)]
        with: Party,
        /// Show it to them no longer
        #[arg(long)]
        undo: bool,
    },
    /// Ask those whose approval is needed
    Ask {
        ticket: Reference,
        approval: Key,
        /// Take back what was asked, and all votes with it
        #[arg(long)]
        undo: bool,
    },
    /// Say how well a ticket was solved, from 1 (badly) to 5 (well)
    Score { ticket: Reference, score: u8, comment: Option<String> },
    /// Give the commands of a macro
    Macro { ticket: Reference, name: Key },
}

impl Deed {
    /// The ticket that is meant, and what is asked of it.
    pub(crate) async fn commands(&self, desk: &Desk) -> Result<(&Reference, Vec<Command>), Box<dyn Error>> {
        let (ticket, command) = match self {
            Self::Move { ticket, transition, note } => {
                let note = note.iter().map(Command::note);
                return Ok((ticket, note.chain([Command::Move(transition.clone())]).collect()));
            }
            Self::Set { ticket, fields } => {
                let rulebook = desk.rulebook().await?;
                return Ok((
                    ticket,
                    fields.iter().map(|(field, text)| set(&rulebook.now().config, field, text)).collect(),
                ));
            }
            Self::Assign { ticket, person } => (ticket, Command::Assign((person != "-").then(|| person.clone()))),
            Self::Comment { ticket, text, internal: true } => (ticket, Command::note(text)),
            Self::Comment { ticket, text, internal: false } => (ticket, Command::reply(text)),
            Self::Edit { ticket, message, text } => (ticket, Command::edit(*message, text)),
            Self::Tag { ticket, tag, undo: false } => (ticket, Command::Tag(tag.clone())),
            Self::Tag { ticket, tag, undo: true } => (ticket, Command::Untag(tag.clone())),
            Self::Ack { ticket } => (ticket, Command::Acknowledge(None)),
            Self::Snooze { ticket, time } => {
                let until = desk.now().checked_add_signed(*time).ok_or("that is beyond the calendar")?;
                (ticket, Command::Snooze(until))
            }
            Self::Link { ticket, kind, other, undo: false } => {
                (ticket, Command::Link(*kind, find(desk, other).await?.id))
            }
            Self::Link { ticket, kind, other, undo: true } => {
                (ticket, Command::Unlink(*kind, find(desk, other).await?.id))
            }
            Self::Merge { ticket, into } => (ticket, Command::Merge(find(desk, into).await?.id)),
            Self::Unmerge { ticket } => (ticket, Command::Unmerge),
            Self::Refer { ticket, team, undo: false } => (ticket, Command::Refer(team.clone())),
            Self::Refer { ticket, team, undo: true } => (ticket, Command::Recall(team.clone())),
            Self::Share { ticket, with, undo: false } => (ticket, Command::Share(with.clone())),
            Self::Share { ticket, with, undo: true } => (ticket, Command::Unshare(with.clone())),
            Self::Ask { ticket, approval, undo: false } => (ticket, Command::RequestApproval(approval.clone())),
            Self::Ask { ticket, approval, undo: true } => (ticket, Command::WithdrawApproval(approval.clone())),
            Self::Score { ticket, score, comment } => (ticket, Command::Score(*score, comment.clone())),
            Self::Macro { ticket, name } => (ticket, Command::Run(name.clone())),
        };
        Ok((ticket, vec![command]))
    }
}

pub(crate) fn party(text: &str) -> Result<Party, String> {
    match text.split_once('/') {
        Some(("person", id)) => Ok(Party::Person(id.into())),
        Some(("team", key)) => Ok(Party::Team(key.into())),
        Some(("organisation", key)) => Ok(Party::Organisation(key.into())),
        _ => Err("expected person/ID, team/ID or organisation/ID".to_owned()),
    }
}
