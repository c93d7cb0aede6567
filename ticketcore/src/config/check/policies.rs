//! Whether policies can be kept: clocks that see what they ask about, promises of some length, steps that can be taken.

use super::{NO_NAME, paths, under};
use crate::cond::{Atom, Cond};
use crate::config::{At, Config, Moment, Policy, Span, Step};
use crate::fault::Fault;
use crate::value::FieldType;

/// What a condition asks about that it cannot know, if anything.
pub(super) type Blind = fn(&Atom) -> Option<&'static str>;

impl Config {
    pub(super) fn check_policies(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let places = paths("policies", self.policies.iter().map(|policy| policy.id.as_str()));
        for (i, (at, policy)) in places.iter().zip(&self.policies).enumerate() {
            if !policy.id.is_valid() {
                faults.push(Fault::new(format!("{at}.id"), NO_NAME));
            }
            if self.policies.iter().take(i).any(|earlier| earlier.id == policy.id) {
                faults.push(Fault::new(format!("{at}.id"), format!("another policy is named `{}`", policy.id)));
            }
            faults.extend(under(at, self.check_policy(policy)));
        }
        faults
    }

    fn check_policy(&self, policy: &Policy) -> Vec<Fault> {
        let clock = &policy.clock;
        let mut faults = self.check_cond("applies", &policy.applies, blind_of_all_but_the_ticket);
        faults.extend(self.check_cond("clock.run", &clock.run, blind_on_the_line));
        faults.extend(self.check_cond("clock.stop", &clock.stop, blind_on_the_line));
        if let Some(Err(problem)) = clock.calendar.as_ref().map(|key| self.check_calendar(key)) {
            faults.push(Fault::new("clock.calendar", problem));
        }
        for (priority, _) in policy.budget.iter().filter(|(_, span)| **span <= Span::ZERO) {
            faults.push(Fault::new(format!("budget.{priority}"), "must be longer than nothing"));
        }
        for (i, step) in policy.steps.iter().enumerate() {
            faults.extend(under(&format!("steps[{i}]"), self.check_step(step, policy)));
        }
        let afters =
            policy.steps.iter().filter_map(|step| if let At::After(span) = step.at { Some(span) } else { None });
        let last = afters.max().unwrap_or(Span::ZERO);
        if policy.repeat > 0 && policy.period <= Span::ZERO {
            faults.push(Fault::new("period", "what repeats needs a period"));
        } else if policy.repeat > 0 && policy.period < last {
            faults.push(Fault::new("period", "is shorter than the time until its last step"));
        }
        faults
    }

    fn check_step(&self, step: &Step, policy: &Policy) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Err(problem) = self.check_at(&step.at, policy) {
            faults.push(Fault::new("at", problem));
        }
        if let Some(Err(problem)) = step.within.as_ref().map(|key| self.check_calendar(key)) {
            faults.push(Fault::new("within", problem));
        }
        if let Some(unless) = &step.unless {
            faults.extend(self.check_cond("unless", unless, blind_when_due));
        }
        if step.actions.is_empty() {
            faults.push(Fault::new("do", "does nothing"));
        }
        faults.extend(under("do", self.check_actions(&step.actions)));
        faults
    }

    fn check_at(&self, at: &At, policy: &Policy) -> Result<(), String> {
        match at {
            At::Percent(percent) if !(1..=1000).contains(percent) => Err("expects 1 to 1000 percent".to_owned()),
            At::Percent(_) if policy.budget.is_empty() => Err("there is no budget to take a share of".to_owned()),
            At::After(span) if *span < Span::ZERO => Err("must not be negative".to_owned()),
            At::Until(Moment::Field(key)) if *self.custom_field(key)? != FieldType::Instant => {
                Err(format!("`{key}` is not a field of type instant"))
            }
            At::Percent(_) | At::After(_) | At::Until(_) => Ok(()),
        }
    }

    /// Checks a condition that is asked as time passes.
    pub(super) fn check_cond(&self, at: &str, cond: &Cond, blind: Blind) -> Vec<Fault> {
        let mut faults: Vec<Fault> = under(at, self.check_names(cond)).collect();
        for atom in cond.atoms() {
            if let Some(reason) = blind(atom) {
                faults.push(Fault::new(at, format!("asks {atom}, but {reason}")));
            }
            if let Atom::State(key) = atom
                && !self.workflows.iter().any(|workflow| workflow.find_state(key).is_some())
            {
                faults.push(Fault::new(at, format!("no workflow has a state `{key}`")));
            }
        }
        if cond.has_empty_any() {
            faults.push(Fault::new(at, "an `any` without alternatives never holds"));
        } else if !cond.can_hold(|_| None) {
            faults.push(Fault::new(at, "can never hold"));
        }
        faults
    }
}

/// Whether a policy is for a ticket is asked whenever its clocks are read, of the ticket alone.
fn blind_of_all_but_the_ticket(atom: &Atom) -> Option<&'static str> {
    let at_all_hours = "a policy is for a ticket at all hours; a step can wait for an opening";
    let approved =
        matches!(atom, Atom::Approved(_)).then_some("an approval comes and goes; a step's `unless` can ask for it");
    matches!(atom, Atom::During(_)).then_some(at_all_hours).or(approved).or_else(|| blind_when_due(atom))
}

/// When a step is due there is nobody whose role or kind could be asked, and only this ticket is read.
fn blind_when_due(atom: &Atom) -> Option<&'static str> {
    let nobody = matches!(atom, Atom::Role(_) | Atom::Actor(_) | Atom::Relation(_));
    let alone = matches!(atom, Atom::NoOpen(_)).then_some("a policy does not read other tickets");
    if nobody { Some("nobody acts when time passes") } else { alone }
}

/// A clock is a function of the [line](crate::line), which keeps nothing else.
fn blind_on_the_line(atom: &Atom) -> Option<&'static str> {
    let sees = matches!(atom, Atom::Status(_) | Atom::State(_) | Atom::Waiting(_) | Atom::Priority(_) | Atom::Flag(_));
    (!sees).then_some("a clock sees only status, state, waiting, priority and flags")
}
