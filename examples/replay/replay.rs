//! The file's incidents through the desk's commands, one after the other, each command at the time of its row.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use ticketcore::time::ManualClock;
use ticketcore::{Actor, Channel, Command, Desk, Draft, Error, Key, Ticket, Value};

use crate::incidents::Row;

/// What of the file could not be replayed as it stands, and how often.
pub(crate) type Notes = BTreeMap<&'static str, usize>;

pub(crate) const UNNAMED: &str =
    "`?` for the group that has it: a team of the name `?`, as the file counts handing it on";
pub(crate) const NOBODY: &str = "`?` for the agent: nobody is accountable";
pub(crate) const OVER_THE_GROUP: &str =
    "from agent to agent: over the group, as the file counts handing on between groups only";
pub(crate) const HIDDEN: &str =
    "handed on by the file's count but not by its groups: to a group without a name and back";
pub(crate) const BACK: &str = "a row later than the one after it: taken at the time of that one";
pub(crate) const BEFORE: &str = "a row before the opening: taken at the opening, as a log never goes back";
pub(crate) const LATE_RESOLVED: &str = "`Resolved` before `resolved_at`: moved at `resolved_at`";
pub(crate) const LATE_CLOSED: &str = "`Closed` before `closed_at`: moved at `closed_at`";
pub(crate) const NEVER_RESOLVED: &str = "`?` for `resolved_at`: resolved at the time of the row that says so";
pub(crate) const SILENT: &str = "a row that changes nothing of what a ticket keeps: no event";

/// Replays all incidents and returns what had to be bent for it.
pub(crate) async fn replay(desk: &Desk, clock: &ManualClock, incidents: &[Vec<Row>]) -> Result<Notes, Error> {
    let mut replay = Replay { desk, clock, notes: Notes::new() };
    for rows in incidents {
        replay.incident(rows).await?;
    }
    Ok(replay.notes)
}

struct Replay<'a> {
    desk: &'a Desk,
    clock: &'a ManualClock,
    notes: Notes,
}

impl Replay<'_> {
    async fn incident(&mut self, rows: &[Row]) -> Result<(), Error> {
        let Some(first) = rows.first() else { return Ok(()) };
        let mut ticket = self.open(first).await?;
        let mut reassigned = 0;
        for (i, row) in rows.iter().enumerate() {
            let at = rows[i..].iter().map(|row| row.updated_at).min().unwrap_or(row.updated_at);
            self.note_if(at < row.updated_at, BACK);
            self.note_if(at < row.opened_at, BEFORE);

            let mut commands = describing(row);
            commands.extend(self.handing(&ticket, row, row.reassigned > reassigned));
            commands.extend(self.moving(&ticket, row, &rows[i..], at));
            self.clock.set(at);
            let before = ticket.version;
            ticket = self.by(row).apply(ticket.id, commands).await?;
            self.note_if(ticket.version == before, SILENT);
            reassigned = row.reassigned;
        }
        Ok(())
    }

    /// The file has nothing from before the first row, so the ticket is opened as that says.
    async fn open(&mut self, first: &Row) -> Result<Arc<Ticket>, Error> {
        self.note_if(first.resolved_at.is_none(), NEVER_RESOLVED);
        self.clock.set(first.opened_at);
        let mut draft = Draft::incident(&first.number)
            .external(&first.number)
            .channel(Channel::Phone)
            .requester(first.caller_id.as_str())
            .team(team(first))
            .rated(first.impact, first.urgency);
        draft.category = first.category.as_deref().map(Into::into);
        draft.assignee = first.agent.as_deref().map(Into::into);
        self.by(first).open(draft).await
    }

    fn by(&self, row: &Row) -> Desk {
        self.desk.by(Actor::agent(row.updated_by.as_str()))
    }

    fn note_if(&mut self, holds: bool, what: &'static str) {
        if holds {
            *self.notes.entry(what).or_default() += 1;
        }
    }

    /// Who has it.
    fn handing(&mut self, ticket: &Ticket, row: &Row, counted: bool) -> Vec<Command> {
        self.note_if(row.group.is_none(), UNNAMED);
        self.note_if(row.agent.is_none(), NOBODY);
        let (team, agent) = (Some(team(row)), row.agent.as_deref().map(Into::into));
        let mut commands = Vec::new();
        if counted && ticket.team == team {
            self.note_if(true, HIDDEN);
            commands.extend([Command::AssignTeam(Some("another group".into())), Command::AssignTeam(None)]);
        }
        commands.push(Command::AssignTeam(team));
        if ticket.assignee.is_some() && agent.is_some() && ticket.assignee != agent {
            self.note_if(true, OVER_THE_GROUP);
            commands.push(Command::Assign(None));
        }
        commands.push(Command::Assign(agent));
        commands
    }

    /// Where it goes, if this row and those after it move it.
    ///
    /// Rows may say `Resolved` or `Closed` before the instant that the file gives for it. Published figures use that
    /// instant, so the ticket moves with the row that has it. What was resolved and came back has no such instant.
    fn moving(&mut self, ticket: &Ticket, row: &Row, rest: &[Row], at: DateTime<Utc>) -> Option<Command> {
        if ticket.state == row.state.as_str() {
            return None;
        }
        let for_good = rest.iter().all(|row| matches!(row.state.as_str(), "Resolved" | "Closed"));
        let unresolved = for_good && row.resolved_at.is_some_and(|resolved| at < resolved);
        let early = match row.state.as_str() {
            "Resolved" if unresolved => LATE_RESOLVED,
            "Closed" if at < row.closed_at => LATE_CLOSED,
            state => return Some(Command::transition(state)),
        };
        self.note_if(true, early);
        None
    }
}

/// What it is about. Nothing happens where nothing has changed.
fn describing(row: &Row) -> Vec<Command> {
    let mut commands = vec![
        Command::Rate(row.impact, row.urgency),
        Command::Categorise(row.category.as_deref().map(Into::into)),
        field("location", row.location.as_ref()),
        field("subcategory", row.subcategory.as_ref()),
        field("symptom", row.symptom.as_ref()),
        Command::set("made_sla", row.made_sla),
    ];
    // The file knows from the first row on what nobody knew before the end.
    if row.state == "Closed" {
        let resolved_at = row.resolved_at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
        commands.extend([field("closed_code", row.closed_code.as_ref()), field("resolved_at", resolved_at.as_ref())]);
    }
    commands
}

/// A ticket may be with a group that the file has no name for.
fn team(row: &Row) -> Key {
    row.group.as_deref().unwrap_or("?").into()
}

fn field(name: &'static str, value: Option<&String>) -> Command {
    Command::Set(name.into(), value.map(|text| Value::from(text.as_str())))
}
