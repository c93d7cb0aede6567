//! Whether templates can be carried out: not too many tickets, each sound, and none before itself.

use super::names::{check_name, check_person, check_value};
use super::{NO_NAME, under};
use crate::config::{Config, Planned, Template, Wording};
use crate::fault::Fault;
use crate::id::Key;

/// Finds what is wrong with a text, which has a limit.
pub(super) type CheckWording = fn(&Config, &Wording, usize) -> Vec<Fault>;

impl Config {
    pub(super) fn check_templates(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (key, template) in &self.templates {
            let at = format!("templates.{key}");
            if !key.is_valid() {
                faults.push(Fault::new(&at, NO_NAME));
            }
            faults.extend(under(&format!("{at}.tickets"), self.check_template(template)));
        }
        faults
    }

    fn check_template(&self, template: &Template) -> Vec<Fault> {
        let (count, limit) = (template.tickets.len(), Template::MOST.min(self.limits.links));
        // What is too large is not looked at.
        if count > limit {
            return vec![Fault::new("", format!("has {count} tickets, the limit is {limit}"))];
        }
        let mut faults = Vec::new();
        if count == 0 {
            faults.push(Fault::new("", "opens nothing"));
        }
        for (key, planned) in &template.tickets {
            if !key.is_valid() {
                faults.push(Fault::new(key.as_str(), NO_NAME));
            }
            faults.extend(under(key.as_str(), self.check_planned(planned, Self::check_wording)));
            for before in planned.after.iter().filter(|before| !template.tickets.contains_key(*before)) {
                faults.push(Fault::new(format!("{key}.after"), format!("no ticket `{before}`")));
            }
        }
        if let Err(circle) = template.order() {
            let names: Vec<&str> = circle.iter().map(Key::as_str).collect();
            faults.push(Fault::new("", format!("come after each other: {}", names.join(" after "))));
        }
        faults
    }

    /// Checks a ticket that is to be opened; `wording` checks its texts.
    pub(super) fn check_planned(&self, planned: &Planned, wording: CheckWording) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut check = |at: String, checked: Result<(), String>| {
            faults.extend(checked.err().map(|problem| Fault::new(at, problem)));
        };
        let known = self.kinds.contains_key(&planned.kind);
        check("kind".to_owned(), if known { Ok(()) } else { Err(format!("no kind `{}`", planned.kind)) });
        let Planned { category, team, queue, .. } = planned;
        for (at, key) in [("category", category), ("team", team), ("queue", queue)] {
            check(at.to_owned(), key.as_ref().map_or(Ok(()), check_name));
        }
        check("assignee".to_owned(), planned.assignee.as_ref().map_or(Ok(()), check_person));
        planned.tags.iter().for_each(|tag| check("tags".to_owned(), check_name(tag)));
        for (field, value) in planned.fields.iter() {
            let checked = self.custom_field(field).and_then(|kind| check_value(field, kind, value));
            check(format!("fields.{field}"), checked);
        }
        check("impact".to_owned(), self.check_levels(planned.impact, planned.urgency));
        faults.extend(under("subject", wording(self, &planned.subject, self.limits.subject)));
        if let Some(description) = &planned.description {
            faults.extend(under("description", wording(self, description, self.limits.text)));
        }
        faults
    }
}
