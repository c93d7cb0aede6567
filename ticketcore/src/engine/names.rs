//! Who is named in commands and drafts, and whether it may be they.

use crate::actor::{Actor, ActorKind, Party};
use crate::command::{Command, Draft};
use crate::config::People;
use crate::engine::facts::Related;
use crate::engine::input::Input;
use crate::id::{Key, PersonId};

/// The parties that commands name, each with the place where they do. Who is taken from a ticket need not be known: else
/// it would never get rid of them.
pub fn named(commands: &[Command]) -> Vec<(&'static str, Party)> {
    commands.iter().flat_map(named_by).collect()
}

fn named_by(command: &Command) -> Vec<(&'static str, Party)> {
    let named = match command {
        Command::Assign(Some(id)) => ("assignee", Party::Person(id.clone())),
        Command::ChangeRequester(Some(id)) => ("requester", Party::Person(id.clone())),
        Command::Watch(id) => ("watcher", Party::Person(id.clone())),
        Command::Invite(id) => ("participant", Party::Person(id.clone())),
        Command::Delegate { to, .. } => ("to", Party::Person(to.clone())),
        Command::AssignTeam(Some(key)) | Command::Refer(key) => ("team", Party::Team(key.clone())),
        Command::ChangeOrganisation(Some(key)) => ("organisation", Party::Organisation(key.clone())),
        Command::Share(party) => match party {
            Party::Person(_) => ("share.person", party.clone()),
            Party::Team(_) => ("share.team", party.clone()),
            Party::Organisation(_) => ("share.organisation", party.clone()),
        },
        // Checked by its opening.
        Command::Split(..)
        | Command::Move(_)
        | Command::Say(_)
        | Command::Assign(None)
        | Command::AssignTeam(None)
        | Command::Enqueue(_)
        | Command::ChangeRequester(None)
        | Command::ChangeOrganisation(None)
        | Command::Rename(_)
        | Command::Categorise(_)
        | Command::Tag(_)
        | Command::Untag(_)
        | Command::Set(..)
        | Command::Reference(_)
        | Command::Rate(..)
        | Command::Prioritise(..)
        | Command::RestorePriority
        | Command::Escalate(_)
        | Command::Unwatch(_)
        | Command::Score(..)
        | Command::Endorse(_)
        | Command::Dismiss(_)
        | Command::Recall(_)
        | Command::Unshare(_)
        | Command::Link(..)
        | Command::Unlink(..)
        | Command::Edit(..)
        | Command::Merge(_)
        | Command::Unmerge
        | Command::Rejoin(_)
        | Command::Acknowledge(_)
        | Command::Unacknowledge
        | Command::Snooze(_)
        | Command::Wake
        | Command::Signal(_)
        | Command::Waive(..)
        | Command::RequestApproval(_)
        | Command::Approve { .. }
        | Command::Reject { .. }
        | Command::WithdrawApproval(_)
        // What a macro names is the configuration's.
        | Command::Run(_)
        | Command::Migrate(..) => return Vec::new(),
    };
    vec![named]
}

/// The parties that an opening names; whoever opens a ticket for themselves is one.
pub fn named_at_opening(actor: &Actor, draft: &Draft) -> Vec<(&'static str, Party)> {
    let person = |at: &'static str, id: &PersonId| (at, Party::Person(id.clone()));
    let own = (actor.kind == ActorKind::Requester).then_some(&actor.id);
    let requester = draft.requester.as_ref().or(own).map(|id| person("requester", id));
    let assignee = draft.assignee.as_ref().map(|id| person("assignee", id));
    let watchers = draft.watchers.iter().map(|id| person("watchers", id));
    let team = draft.team.as_ref().map(|key: &Key| ("team", Party::Team(key.clone())));
    let organisation = draft.organisation.as_ref().map(|key| ("organisation", Party::Organisation(key.clone())));
    requester.into_iter().chain(assignee).chain(watchers).chain(team).chain(organisation).collect()
}

impl Input<'_> {
    /// Finds those who are named and not known, if the desk says that this matters.
    pub(super) fn known(&mut self, related: &Related, named: impl FnOnce() -> Vec<(&'static str, Party)>) {
        if self.setup.config.people == People::Free {
            return;
        }
        for (at, party) in named() {
            let objection = match related.register() {
                Some(register) => register.objection(&party),
                None => Some(format!("`{party}` was not looked up")),
            };
            if let Some(problem) = objection {
                self.fault(at, problem);
            }
        }
    }
}
