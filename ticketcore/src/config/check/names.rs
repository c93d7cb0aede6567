//! What conditions and actions name of the configuration around them.

use super::{NO_NAME, PROPERTIES};
use crate::cond::{Atom, Cmp, Cond};
use crate::config::workflow::Party;
use crate::config::{Action, Audience, Config};
use crate::fault::Fault;
use crate::id::{Key, PersonId};
use crate::value::{FieldType, Value};

impl Config {
    /// Checks that a calendar is there.
    pub(super) fn check_calendar(&self, key: &Key) -> Result<(), String> {
        if self.calendars.contains_key(key) { Ok(()) } else { Err(format!("no calendar `{key}`")) }
    }

    /// Finds a custom field.
    pub(super) fn custom_field(&self, key: &Key) -> Result<&FieldType, String> {
        self.fields.get(key).ok_or_else(|| format!("no field `{key}`"))
    }

    /// Checks what the atoms of a condition name; their states are the workflow's matter.
    pub(super) fn check_names(&self, cond: &Cond) -> Vec<Fault> {
        let check = |atom: &Atom| match atom {
            Atom::Kind(key) if self.kinds.contains_key(key) => Ok(()),
            Atom::Kind(key) => Err(format!("no kind `{key}`")),
            Atom::Field(key, cmp) => self.check_comparison(key, cmp),
            Atom::During(key) => self.check_calendar(key),
            Atom::Approved(key) => self.check_approval(key),
            Atom::Role(key) | Atom::Category(key) | Atom::Tag(key) | Atom::Team(key) | Atom::Queue(key) => {
                check_name(key)
            }
            Atom::Actor(_)
            | Atom::Relation(_)
            | Atom::Channel(_)
            | Atom::State(_)
            | Atom::Status(_)
            | Atom::Waiting(_)
            | Atom::Flag(_)
            | Atom::Priority(_)
            | Atom::NoOpen(_) => Ok(()),
        };
        let problems = cond.atoms().into_iter().filter_map(|atom| check(atom).err());
        problems.map(|problem| Fault::new("", problem)).collect()
    }

    fn check_comparison(&self, field: &Key, cmp: &Cmp) -> Result<(), String> {
        let kind = if PROPERTIES.contains(&field.as_str()) { &FieldType::Text } else { self.custom_field(field)? };
        let values = match cmp {
            Cmp::Set => &[],
            Cmp::Eq(value) | Cmp::AtLeast(value) | Cmp::AtMost(value) => std::slice::from_ref(value),
            Cmp::In(values) if values.is_empty() => return Err(format!("compares `{field}` with nothing")),
            Cmp::In(values) => values,
        };
        values.iter().try_for_each(|value| check_value(field, kind, value))
    }

    /// Checks what actions name, each under its number.
    pub(super) fn check_actions(&self, actions: &[Action]) -> Vec<Fault> {
        let problems = actions.iter().enumerate().filter_map(|(i, action)| Some((i, self.check_action(action).err()?)));
        problems.map(|(i, problem)| Fault::new(format!("[{i}]"), problem)).collect()
    }

    fn check_action(&self, action: &Action) -> Result<(), String> {
        match action {
            Action::Notify { to, .. } if to.is_empty() => Err("tells nobody".to_owned()),
            Action::Notify { to, template, urgent: _ } => {
                check_name(template)?;
                to.iter().try_for_each(check_audience)
            }
            Action::Assign(person) => check_person(person),
            Action::AssignTeam(key) | Action::Enqueue(key) | Action::Tag(key) | Action::Untag(key) => check_name(key),
            Action::Move(key) => self.check_move(key),
            Action::Set(field, value) => check_value(field, self.custom_field(field)?, value),
            Action::Unassign | Action::Prioritise(_) | Action::Escalate(_) | Action::Unacknowledge | Action::Wake => {
                Ok(())
            }
        }
    }

    /// Checks that some workflow has a transition that is no opening.
    pub(super) fn check_transition(&self, key: &Key) -> Result<(), String> {
        let mut edges = self.workflows.iter().flat_map(|workflow| workflow.edges());
        let found = edges.any(|edge| edge.by.key == *key && edge.from.is_some());
        if found { Ok(()) } else { Err(format!("no workflow has a transition `{key}`")) }
    }

    /// Checks that some workflow has a transition, and that the desk itself may take it.
    pub(super) fn check_move(&self, key: &Key) -> Result<(), String> {
        self.check_transition(key)?;
        let edges = self.workflows.iter().flat_map(|workflow| workflow.edges());
        let mut moves = edges.filter(|edge| edge.by.key == *key && edge.from.is_some());
        let takes = moves.any(|edge| Party::SYSTEM.may_take(&edge));
        if takes { Ok(()) } else { Err(format!("the guard of `{key}` never lets the desk itself take it")) }
    }
}

pub(super) fn check_name(key: &Key) -> Result<(), String> {
    if key.is_valid() { Ok(()) } else { Err(format!("`{key}` {NO_NAME}")) }
}

pub(super) fn check_person(person: &PersonId) -> Result<(), String> {
    if person.is_valid() { Ok(()) } else { Err(format!("`{person}` {NO_NAME}")) }
}

pub(super) fn check_value(field: &Key, kind: &FieldType, value: &Value) -> Result<(), String> {
    kind.check(value).map_err(|expectation| format!("`{value}` does not fit `{field}`, which {expectation}"))
}

fn check_audience(audience: &Audience) -> Result<(), String> {
    match audience {
        Audience::Person(person) => check_person(person),
        Audience::NamedTeam(key) | Audience::Schedule(key) => check_name(key),
        Audience::Requester | Audience::Assignee | Audience::Watchers | Audience::Team | Audience::Lead => Ok(()),
    }
}
