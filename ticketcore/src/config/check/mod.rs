//! Whether a configuration makes sense: every part, and everything one part names of another.
//!
//! Calendars are compiled anyway when a configuration is [set up](crate::config::Setup::new), and their hours are
//! checked there.

mod alerts;
mod approvals;
mod cascades;
mod macros;
mod names;
mod policies;
mod recurring;
mod retention;
mod rights;
mod routing;
mod rules;
mod templates;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::config::{Config, Limits, Span, Workflow};
use crate::fault::Fault;
use crate::id::Key;
use crate::value::FieldType;

/// Finds what is wrong in one part of a configuration.
type Part = fn(&Config) -> Vec<Fault>;

const PARTS: [Part; 18] = [
    Config::check_kinds,
    Config::check_workflows,
    Config::check_fields,
    Config::check_matrix,
    Config::check_calendars,
    Config::check_approvals,
    Config::check_rules,
    Config::check_macros,
    Config::check_templates,
    Config::check_recurring,
    Config::check_policies,
    Config::check_cascades,
    Config::check_patience,
    Config::check_alerts,
    Config::check_routing,
    Config::check_rights,
    Config::check_limits,
    Config::check_retention,
];

/// What every ticket has, and guards and states may ask for as if it were a custom field.
const PROPERTIES: [&str; 4] = ["assignee", "team", "requester", "category"];

pub(super) const NO_NAME: &str = "is no name: 1 to 128 bytes, no control characters, no blank at either end";

/// The paths of a list's members: by name, or by number where a name would not tell which one is meant.
pub(super) fn paths<N: AsRef<str>>(list: &str, names: impl IntoIterator<Item = N>) -> Vec<String> {
    let names: Vec<N> = names.into_iter().collect();
    let tells = |name: &str| !name.is_empty() && names.iter().filter(|other| other.as_ref() == name).count() == 1;
    let path = |(i, name): (usize, &N)| {
        if tells(name.as_ref()) { format!("{list}[{}]", name.as_ref()) } else { format!("{list}[{i}]") }
    };
    names.iter().enumerate().map(path).collect()
}

/// Puts faults below a parent.
fn under(parent: &str, faults: Vec<Fault>) -> impl Iterator<Item = Fault> {
    faults.into_iter().map(move |fault| fault.under(parent))
}

impl Config {
    /// Finds every fault of the configuration, but those of its calendars' hours, which [`Setup::new`] finds.
    ///
    /// [`Setup::new`]: crate::config::Setup::new
    ///
    /// # Examples
    ///
    /// ```
    /// use ticketcore::Config;
    /// use ticketcore::config::{At, Policy, Priority, Span, Step};
    ///
    /// let policy = Policy::resolution("gold")
    ///     .calendar("office")
    ///     .target(Priority::P1, Span::hours(4))
    ///     .step(Step::new(At::Percent(0), vec![]));
    ///
    /// let faults: Vec<String> = Config::default().policy(policy).check().iter().map(ToString::to_string).collect();
    /// assert_eq!(
    ///     faults,
    ///     [
    ///         "policies[gold].clock.calendar: no calendar `office`",
    ///         "policies[gold].steps[0].at: expects 1 to 1000 percent",
    ///         "policies[gold].steps[0].do: does nothing",
    ///     ],
    /// );
    /// ```
    pub fn check(&self) -> Vec<Fault> {
        PARTS.iter().flat_map(|part| part(self)).collect()
    }

    fn check_kinds(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (key, kind) in &self.kinds {
            let at = format!("kinds.{key}");
            if !key.is_valid() {
                faults.push(Fault::new(&at, NO_NAME));
            }
            if self.newest(&kind.workflow).is_none() {
                faults.push(Fault::new(format!("{at}.workflow"), format!("no workflow `{}`", kind.workflow)));
            }
            if !kind.prefix.is_empty() && !Key::new(&kind.prefix).is_valid() {
                faults.push(Fault::new(format!("{at}.prefix"), NO_NAME));
            }
        }
        faults
    }

    fn check_workflows(&self) -> Vec<Fault> {
        let pins: Vec<String> = self.workflows.iter().map(|workflow| workflow.pin().to_string()).collect();
        let mut faults = Vec::new();
        for (i, (at, workflow)) in paths("workflows", &pins).into_iter().zip(&self.workflows).enumerate() {
            if pins.iter().take(i).any(|earlier| *earlier == workflow.pin().to_string()) {
                faults.push(Fault::new(&at, format!("another workflow is {}", workflow.pin())));
            }
            faults.extend(under(&at, workflow.check()));
            faults.extend(under(&at, self.check_surroundings(workflow)));
        }
        faults
    }

    /// Checks what a workflow names that is not its own.
    fn check_surroundings(&self, workflow: &Workflow) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (at, state) in workflow.states_at() {
            for field in &state.requires {
                if !PROPERTIES.contains(&field.as_str()) && !self.fields.contains_key(field) {
                    let problem =
                        format!("no field `{field}`; can require {} and custom fields", PROPERTIES.join(", "));
                    faults.push(Fault::new(format!("{at}.requires"), problem));
                }
            }
        }
        for (at, transition) in workflow.transitions_at() {
            faults.extend(under(&format!("{at}.guard"), self.check_names(&transition.guard)));
            faults.extend(under(&format!("{at}.effects"), self.check_actions(&transition.effects)));
        }
        faults
    }

    fn check_fields(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (key, kind) in &self.fields {
            let at = format!("fields.{key}");
            if !key.is_valid() {
                faults.push(Fault::new(&at, NO_NAME));
            }
            if PROPERTIES.contains(&key.as_str()) {
                faults.push(Fault::new(&at, "every ticket has it; a custom field needs another name"));
            }
            if let FieldType::Choice(options) = kind {
                if options.is_empty() {
                    faults.push(Fault::new(format!("{at}.choice"), "offers nothing to choose"));
                }
                let mut seen = BTreeSet::new();
                for (i, option) in options.iter().enumerate() {
                    if !seen.insert(option) {
                        faults.push(Fault::new(format!("{at}.choice[{i}]"), format!("offers `{option}` again")));
                    }
                }
            }
        }
        faults
    }

    fn check_matrix(&self) -> Vec<Fault> {
        under("matrix", self.matrix.check()).collect()
    }

    fn check_calendars(&self) -> Vec<Fault> {
        let unnamed = self.calendars.keys().filter(|key| !key.is_valid());
        let mut faults: Vec<Fault> = unnamed.map(|key| Fault::new(format!("calendars.{key}"), NO_NAME)).collect();
        if let Some(Err(problem)) = self.business.as_ref().map(|key| self.check_calendar(key)) {
            faults.push(Fault::new("business", problem));
        }
        faults
    }

    fn check_patience(&self) -> Vec<Fault> {
        let idle = self.patience.iter().filter(|(_, span)| **span <= Span::ZERO);
        idle.map(|(priority, _)| Fault::new(format!("patience.{priority}"), "must be longer than nothing")).collect()
    }

    fn check_limits(&self) -> Vec<Fault> {
        let Limits { subject, text, value, items, links, merges, attachments } = self.limits;
        let named = [
            ("subject", subject),
            ("text", text),
            ("value", value),
            ("items", items),
            ("links", links),
            ("merges", merges),
            ("attachments", attachments),
        ];
        let none = named.into_iter().filter(|(_, limit)| *limit == 0);
        none.map(|(name, _)| Fault::new(format!("limits.{name}"), "must allow at least one")).collect()
    }

    /// The newest revision of a workflow.
    fn newest(&self, id: &Key) -> Option<&Workflow> {
        self.workflows.iter().filter(|workflow| workflow.id == *id).max_by_key(|workflow| workflow.rev)
    }
}
