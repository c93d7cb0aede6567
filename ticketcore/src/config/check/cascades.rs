//! Whether cascades can be carried out.

use crate::config::Config;
use crate::fault::Fault;

impl Config {
    pub(super) fn check_cascades(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (i, cascade) in self.cascades.iter().enumerate() {
            if let Err(problem) = self.check_move(&cascade.take) {
                faults.push(Fault::new(format!("cascades[{i}].take"), problem));
            }
            if self.cascades.iter().take(i).any(|earlier| earlier == cascade) {
                faults.push(Fault::new(format!("cascades[{i}]"), "is there already"));
            }
        }
        faults
    }
}
