//! Whether automation rules wait for something, can come to act and do something that can be done.

use super::{NO_NAME, paths, under};
use crate::config::{Config, Rule};
use crate::fault::Fault;

impl Config {
    pub(super) fn check_rules(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let places = paths("rules", self.rules.iter().map(|rule| rule.key.as_str()));
        for (i, (at, rule)) in places.iter().zip(&self.rules).enumerate() {
            if self.rules.iter().take(i).any(|earlier| earlier.key == rule.key) {
                faults.push(Fault::new(format!("{at}.key"), format!("another rule is named `{}`", rule.key)));
            }
            faults.extend(under(at, self.check_rule(rule)));
        }
        faults
    }

    /// Checks a rule that may not be part of the configuration yet.
    pub(crate) fn check_rule(&self, rule: &Rule) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !rule.key.is_valid() {
            faults.push(Fault::new("key", NO_NAME));
        }
        if rule.on.is_empty() {
            faults.push(Fault::new("on", "nothing triggers it"));
        }
        faults.extend(self.check_cond("when", &rule.when, |_| None));
        if rule.then.is_empty() {
            faults.push(Fault::new("then", "does nothing"));
        }
        faults.extend(under("then", self.check_actions(&rule.then)));
        faults
    }
}
