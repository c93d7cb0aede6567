//! One command of every kind.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::actor::Party;
use crate::command::{Command, Draft};
use crate::id::{TicketId, Version};
use crate::link::LinkKind;
use crate::priority::{Level, Priority};
use crate::signal::Signal;

/// One command of every kind, in their order; those that name another ticket name this one.
pub fn commands(other: TicketId) -> impl Iterator<Item = Command> {
    std::iter::successors(Some(Command::transition("start")), move |command| after(command, other))
}

/// The next kind's. A command that is new stops the build here; it gets the place it has in the enum.
fn after(command: &Command, other: TicketId) -> Option<Command> {
    let next = match command {
        Command::Move(..) => Command::reply("Hello"),
        Command::Say(..) => Command::assign("ada"),
        Command::Assign(..) => Command::AssignTeam(Some("db".into())),
        Command::AssignTeam(..) => Command::Enqueue(Some("late".into())),
        Command::Enqueue(..) => Command::ChangeRequester(Some("eve".into())),
        Command::ChangeRequester(..) => Command::ChangeOrganisation(Some("initech".into())),
        Command::ChangeOrganisation(..) => Command::Rename("Another subject".to_owned()),
        Command::Rename(..) => Command::Categorise(Some("mail".into())),
        Command::Categorise(..) => Command::Tag("vip".into()),
        Command::Tag(..) => Command::Untag("vip".into()),
        Command::Untag(..) => Command::Set("site".into(), None),
        Command::Set(..) => Command::Reference(Some("X-1".to_owned())),
        Command::Reference(..) => Command::Rate(Level::HIGH, Level::HIGH),
        Command::Rate(..) => Command::Prioritise(Priority::P1, "the boss".to_owned()),
        Command::Prioritise(..) => Command::RestorePriority,
        Command::RestorePriority => Command::Escalate(1),
        Command::Escalate(..) => Command::Watch("eve".into()),
        Command::Watch(..) => Command::Unwatch("eve".into()),
        Command::Unwatch(..) => Command::Score(5, None),
        Command::Score(..) => Command::Endorse(true),
        Command::Endorse(..) => Command::Invite("eve".into()),
        Command::Invite(..) => Command::Dismiss("eve".into()),
        Command::Dismiss(..) => Command::Refer("storage".into()),
        Command::Refer(..) => Command::Recall("storage".into()),
        Command::Recall(..) => Command::Share(Party::Person("eve".into())),
        Command::Share(..) => Command::Unshare(Party::Person("eve".into())),
        Command::Unshare(..) => Command::Link(LinkKind::Relates, other),
        Command::Link(..) => Command::Unlink(LinkKind::Relates, other),
        Command::Unlink(..) => Command::edit(Version(1), "Another text"),
        Command::Edit(..) => Command::Merge(other),
        Command::Merge(..) => Command::Unmerge,
        Command::Unmerge => Command::Split(vec![Version(1)], Box::new(Draft::incident("A part"))),
        Command::Split(..) => Command::Rejoin(other),
        Command::Rejoin(..) => Command::Acknowledge(None),
        Command::Acknowledge(..) => Command::Unacknowledge,
        Command::Unacknowledge => Command::Snooze(DateTime::<Utc>::MAX_UTC),
        Command::Snooze(..) => Command::Wake,
        Command::Wake => Command::Signal(Signal::firing("disk", "Disk full", DateTime::UNIX_EPOCH)),
        Command::Signal(..) => Command::Waive("snooze".into(), "storm".to_owned()),
        Command::Waive(..) => Command::RequestApproval("cab".into()),
        Command::RequestApproval(..) => Command::approve("cab", Version(1)),
        Command::Approve { .. } => Command::reject("cab", Version(1), "no"),
        Command::Reject { .. } => Command::Delegate { approval: "cab".into(), to: "eve".into() },
        Command::Delegate { .. } => Command::WithdrawApproval("cab".into()),
        Command::WithdrawApproval(..) => Command::Run("answer".into()),
        Command::Run(..) => Command::Migrate(2, BTreeMap::new()),
        Command::Migrate(..) => return None,
    };
    Some(next)
}
