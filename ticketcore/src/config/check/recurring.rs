//! Whether recurring tickets come round, can be opened, and know what they say.

use chrono::NaiveDate;

use super::macros::check_text;
use super::{NO_NAME, under};
use crate::config::{Config, Placeholder, Recurring, Wording};
use crate::fault::Fault;
use crate::id::Key;

impl Config {
    pub(super) fn check_recurring(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (key, recurring) in &self.recurring {
            let at = format!("recurring.{key}");
            if !key.is_valid() {
                faults.push(Fault::new(&at, NO_NAME));
            }
            faults.extend(under(&at, self.check_one_recurring(recurring)));
        }
        faults
    }

    fn check_one_recurring(&self, recurring: &Recurring) -> Vec<Fault> {
        let Recurring { every, within, ticket, template, skip_open: _ } = recurring;
        let mut faults: Vec<Fault> = under("every", every.check()).collect();
        if let Some(Err(problem)) = within.as_ref().map(|key| self.check_calendar(key)) {
            faults.push(Fault::new("within", problem));
        }
        faults.extend(under("ticket", self.check_planned(ticket, check_dated)));
        if !ticket.after.is_empty() {
            faults.push(Fault::new("ticket.after", "only tickets of a template come after each other"));
        }
        if let Some(Err(problem)) = template.as_ref().map(|key| self.check_template_below(key)) {
            faults.push(Fault::new("template", problem));
        }
        faults
    }

    /// Checks that a template can be carried out below a ticket that has no number yet.
    fn check_template_below(&self, key: &Key) -> Result<(), String> {
        let template = self.templates.get(key).ok_or_else(|| format!("no template `{key}`"))?;
        let names = |wording: &Wording| {
            wording.placeholders().any(|(_, name)| Placeholder::named(name) == Some(Placeholder::Reference))
        };
        let unknown = template
            .tickets
            .iter()
            .find(|(_, planned)| names(&planned.subject) || planned.description.as_ref().is_some_and(names));
        unknown.map_or(Ok(()), |(ticket, _)| {
            Err(format!("`{ticket}` of `{key}` asks for the reference of a ticket that has no number yet"))
        })
    }
}

/// Checks a text whose one placeholder is the date.
fn check_dated(_: &Config, wording: &Wording, limit: usize) -> Vec<Fault> {
    let mut faults = check_text(&wording.dated(NaiveDate::default()), limit);
    for (at, name) in wording.placeholders().filter(|(_, name)| *name != Wording::DATE) {
        let problem =
            format!("no placeholder `{name}` at character {at}; a ticket yet to be has `{}` only", Wording::DATE);
        faults.push(Fault::new("", problem));
    }
    faults
}
