//! Whether macros do something that can be done, and say what can be said.

use super::names::{check_name, check_person, check_value};
use super::{NO_NAME, under};
use crate::config::{Config, Deed, Placeholder, Wording};
use crate::fault::Fault;
use crate::id::Key;
use crate::priority::Level;

impl Config {
    pub(super) fn check_macros(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (key, spec) in &self.macros {
            let at = format!("macros.{key}");
            if !key.is_valid() {
                faults.push(Fault::new(&at, NO_NAME));
            }
            if spec.commands.is_empty() {
                faults.push(Fault::new(format!("{at}.commands"), "does nothing"));
            }
            for (i, deed) in spec.commands.iter().enumerate() {
                faults.extend(under(&format!("{at}.commands[{i}]"), self.check_deed(deed)));
            }
        }
        faults
    }

    fn check_deed(&self, deed: &Deed) -> Vec<Fault> {
        let checked = match deed {
            Deed::Say { visibility: _, text } => {
                return under("text", self.check_wording(text, self.limits.text)).collect();
            }
            Deed::Move(key) => self.check_transition(key),
            Deed::Assign(person) => check_person(person),
            Deed::AssignTeam(key) | Deed::Enqueue(key) | Deed::Categorise(key) | Deed::Tag(key) | Deed::Untag(key) => {
                check_name(key)
            }
            Deed::Set(field, value) => self.custom_field(field).and_then(|kind| check_value(field, kind, value)),
            Deed::Rate(impact, urgency) => self.check_levels(*impact, *urgency),
            Deed::RequestApproval(key) => self.check_approval(key),
            Deed::Take | Deed::Unassign | Deed::Escalate(_) => Ok(()),
        };
        checked.err().map(|problem| Fault::new("", problem)).into_iter().collect()
    }

    /// Checks that a text says something, is no longer than its limit, and that its placeholders stand for something.
    pub(super) fn check_wording(&self, wording: &Wording, limit: usize) -> Vec<Fault> {
        let mut faults = check_text(wording.as_str(), limit);
        for (at, name) in wording.placeholders() {
            let problem = match Placeholder::named(name) {
                None => format!("no placeholder `{name}` at character {at}; known: {}", Placeholder::NAMES.join(", ")),
                Some(Placeholder::Field(field)) if !self.fields.contains_key(field) => {
                    format!("no field `{field}` at character {at}")
                }
                Some(_) => continue,
            };
            faults.push(Fault::new("", problem));
        }
        faults
    }

    /// Checks that impact and urgency have a priority.
    pub(super) fn check_levels(&self, impact: Level, urgency: Level) -> Result<(), String> {
        let problem = || format!("impact {} and urgency {} are not both in the matrix", impact.0, urgency.0);
        self.matrix.priority(impact, urgency).map(|_| ()).ok_or_else(problem)
    }

    /// Checks that an approval is there.
    pub(super) fn check_approval(&self, key: &Key) -> Result<(), String> {
        if self.approvals.contains_key(key) { Ok(()) } else { Err(format!("no approval `{key}`")) }
    }
}

/// Checks that a text says something and is no longer than its limit.
pub(super) fn check_text(text: &str, limit: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    if text.trim().is_empty() {
        faults.push(Fault::new("", "is empty"));
    }
    if text.len() > limit {
        faults.push(Fault::new("", format!("has {} bytes, the limit is {limit}", text.len())));
    }
    if text.contains('\0') {
        faults.push(Fault::new("", "holds a NUL character"));
    }
    faults
}
