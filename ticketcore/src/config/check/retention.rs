//! Whether retention can be carried out: by name, after some time, and of tickets that can be closed.

use super::{NO_NAME, paths, under};
use crate::cond::Atom;
use crate::config::{Config, Retention, Span};
use crate::fault::Fault;
use crate::status::Status;

impl Config {
    pub(super) fn check_retention(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let places = paths("retention", self.retention.iter().map(|retention| retention.key.as_str()));
        for (i, (at, retention)) in places.iter().zip(&self.retention).enumerate() {
            if self.retention.iter().take(i).any(|earlier| earlier.key == retention.key) {
                faults.push(Fault::new(format!("{at}.key"), format!("another one is named `{}`", retention.key)));
            }
            faults.extend(under(at, self.check_one_retention(retention)));
        }
        if self.receipts <= Span::ZERO {
            faults.push(Fault::new("receipts", "must be longer than nothing"));
        }
        faults
    }

    fn check_one_retention(&self, retention: &Retention) -> Vec<Fault> {
        let Retention { key, when, after, erase: _ } = retention;
        let mut faults = Vec::new();
        if !key.is_valid() {
            faults.push(Fault::new("key", NO_NAME));
        }
        let of_cond = self.check_cond("when", when, blind);
        let closed = |atom: &Atom| if let Atom::Status(status) = atom { Some(*status == Status::Closed) } else { None };
        if of_cond.is_empty() && !when.can_hold(closed) {
            faults.push(Fault::new("when", "never holds of a closed ticket"));
        }
        faults.extend(of_cond);
        if *after <= Span::ZERO {
            faults.push(Fault::new("after", "must be longer than nothing"));
        }
        faults
    }
}

/// Whether a ticket has been kept for long enough is asked of that ticket alone, whenever the desk gets to it.
fn blind(atom: &Atom) -> Option<&'static str> {
    match atom {
        Atom::Role(_) | Atom::Actor(_) | Atom::Relation(_) => Some("nobody acts when time passes"),
        Atom::NoOpen(_) => Some("retention does not read other tickets"),
        Atom::During(_) => Some("retention does not keep hours"),
        Atom::Approved(_) => Some("an approval comes and goes"),
        Atom::Kind(_)
        | Atom::Category(_)
        | Atom::Tag(_)
        | Atom::Team(_)
        | Atom::Queue(_)
        | Atom::Channel(_)
        | Atom::Status(_)
        | Atom::State(_)
        | Atom::Waiting(_)
        | Atom::Flag(_)
        | Atom::Priority(_)
        | Atom::Field(..) => None,
    }
}
