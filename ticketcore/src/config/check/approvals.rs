//! Whether approvals can be given: somebody is asked, and no more of them are needed than there are.

use super::NO_NAME;
use crate::approval::{Quorum, Voters};
use crate::config::{Approval, Config, Span};
use crate::fault::Fault;

impl Config {
    pub(super) fn check_approvals(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (key, approval) in &self.approvals {
            let at = format!("approvals.{key}");
            if !key.is_valid() {
                faults.push(Fault::new(&at, NO_NAME));
            }
            faults.extend(check(approval).into_iter().map(|fault| fault.under(&at)));
        }
        faults
    }
}

fn check(approval: &Approval) -> Vec<Fault> {
    let mut faults = Vec::new();
    if approval.steps.is_empty() {
        faults.push(Fault::new("steps", "asks nobody"));
    }
    if u16::try_from(approval.steps.len()).is_err() {
        faults.push(Fault::new("steps", format!("has {} steps, the limit is {}", approval.steps.len(), u16::MAX)));
    }
    if approval.expires.is_some_and(|span| span <= Span::ZERO) {
        faults.push(Fault::new("expires", "must be longer than nothing"));
    }
    for (i, quorum) in approval.steps.iter().enumerate() {
        faults.extend(check_quorum(quorum).into_iter().map(|fault| fault.under(&format!("steps[{i}]"))));
    }
    faults
}

fn check_quorum(Quorum { from, need }: &Quorum) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut name = |text: &str, valid: bool| {
        if !valid {
            faults.push(Fault::new("from", format!("`{text}` {NO_NAME}")));
        }
    };
    match from {
        Voters::People(people) => people.iter().for_each(|person| name(person.as_str(), person.is_valid())),
        Voters::Role(key) | Voters::Team(key) => name(key.as_str(), key.is_valid()),
    }
    if *need == 0 {
        faults.push(Fault::new("need", "must be at least one"));
    }
    if let Voters::People(people) = from {
        if people.is_empty() {
            faults.push(Fault::new("from", "asks nobody"));
        } else if usize::from(*need) > people.len() {
            faults.push(Fault::new("need", format!("is {need}, of {} people", people.len())));
        }
    }
    faults
}
