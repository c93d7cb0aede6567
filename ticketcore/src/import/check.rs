//! Is a mapping sound, and does it fit the desk? Every fault is named, before any row is read.

use crate::channel::Channel;
use crate::config::{Setup, Workflow};
use crate::fault::Fault;
use crate::id::{Key, PersonId};
use crate::import::mapping::{Mapping, Taken};
use crate::import::times::Clockface;
use crate::import::values;
use crate::priority::Priority;
use crate::status::Status;

impl Mapping {
    /// Finds every fault of it, and everything that a desk does not have: kinds, states, fields, levels.
    pub fn check(&self, setup: &Setup) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !self.source.is_valid() || self.source.as_str().contains('/') {
            faults
                .push(Fault::new("source", "needs 1 to 128 bytes, no slash, no control character, no blank at an end"));
        }
        if !self.delimiter.is_ascii() || self.delimiter.is_ascii_alphanumeric() || matches!(self.delimiter, '"' | '\n')
        {
            faults.push(Fault::new("delimiter", "is no character that can stand between two cells"));
        }
        faults.extend(Clockface::new(&self.time).err());
        if !PersonId::new(&self.author.otherwise).is_valid() {
            faults.push(Fault::new("author.otherwise", values::NAME));
        }
        faults.extend(
            self.tags.always.iter().filter(|tag| !tag.is_valid()).map(|_| Fault::new("tags.always", values::NAME)),
        );
        match values::workflow(setup, &self.kind) {
            Some(workflow) => self.check_states(workflow, &mut faults),
            None => {
                let known: Vec<&str> = setup.config.kinds.keys().map(Key::as_str).collect();
                let problem = format!("`{}` is no kind of this desk; known: {}", self.kind, known.join(", "));
                faults.push(Fault::new("kind", problem));
            }
        }
        for (path, taken) in self.taken() {
            check_taken(&path, taken, &mut faults);
        }
        self.check_values(setup, &mut faults);
        for (i, columns) in self.together.iter().enumerate() {
            if columns.len() < 2 {
                faults.push(Fault::new(format!("together[{i}]"), "names fewer than two columns"));
            }
        }
        faults
    }

    fn check_states(&self, workflow: &Workflow, faults: &mut Vec<Fault>) {
        let known = || workflow.states.iter().map(|state| state.key.as_str()).collect::<Vec<_>>().join(", ");
        let mut state = |path: String, key: &Key| {
            let found = workflow.find_state(key);
            if found.is_none() {
                let problem = format!("`{key}` is no state of workflow `{}`; known: {}", workflow.id, known());
                faults.push(Fault::new(path, problem));
            }
            found
        };
        for (value, key) in &self.state.values {
            state(format!("state.values.{value}"), key);
        }
        for key in self.state.at.keys() {
            state(format!("state.at.{key}"), key);
        }
        let initial = state("state.initial".to_owned(), &self.state.initial).map(|state| state.status);
        if initial.is_some_and(|status| matches!(status, Status::Resolved | Status::Closed)) {
            faults.push(Fault::new("state.initial", "is not open: what is opened resolved was never resolved"));
        }
    }

    fn check_values(&self, setup: &Setup, faults: &mut Vec<Fault>) {
        let mut each = |path: &str, taken: Option<&Taken>, check: &dyn Fn(&str) -> Result<(), String>| {
            let Some(taken) = taken else { return };
            let values = taken.values.iter().map(|(value, ours)| (format!("{path}.values.{value}"), ours));
            let otherwise = taken.otherwise.iter().map(|ours| (format!("{path}.otherwise"), ours));
            let always = taken.always.iter().map(|ours| (format!("{path}.always"), ours));
            for (path, ours) in values.chain(otherwise).chain(always) {
                faults.extend(check(ours).err().map(|problem| Fault::new(path, problem)));
            }
        };
        let level = |ours: &str| values::level(ours).map(drop);
        each("impact", self.impact.as_ref(), &level);
        each("urgency", self.urgency.as_ref(), &level);
        each("priority", self.priority.as_ref(), &|ours| ours.parse::<Priority>().map(drop));
        each("channel", self.channel.as_ref(), &|ours| values::channel(ours).map(|_: Channel| ()));
        let key = |ours: &str| values::key(ours).map(drop);
        for (path, taken) in [
            ("organisation", &self.organisation),
            ("team", &self.team),
            ("queue", &self.queue),
            ("category", &self.category),
            ("requester", &self.requester),
            ("assignee", &self.assignee),
        ] {
            each(path, taken.as_ref(), &key);
        }
        let (clockface, mut unknown) = (Clockface::new(&self.time).ok(), Vec::new());
        for (field, taken) in &self.fields {
            let path = format!("fields.{field}");
            match setup.config.fields.get(field) {
                None => {
                    let known: Vec<&str> = setup.config.fields.keys().map(Key::as_str).collect();
                    let problem = format!("`{field}` is no field of this desk; known: {}", known.join(", "));
                    unknown.push(Fault::new(path, problem));
                }
                Some(kind) => each(&path, Some(taken), &|ours| {
                    clockface.as_ref().map_or(Ok(()), |clockface| values::field(kind, clockface, ours).map(drop))
                }),
            }
        }
        faults.extend(unknown);
    }
}

fn check_taken(path: &str, taken: &Taken, faults: &mut Vec<Fault>) {
    let Taken { column, values, otherwise, always } = taken;
    let problem = match (column, always) {
        (None, None) => "names neither a `column` nor what it `always` is",
        (Some(_), Some(_)) => "names a `column` and what it `always` is",
        (None, Some(_)) if !values.is_empty() || otherwise.is_some() => "is always the same, so it has no `values`",
        _ if values.is_empty() && otherwise.is_some() => {
            "has `otherwise` and no `values` that it could be otherwise than"
        }
        _ => return,
    };
    faults.push(Fault::new(path, problem));
}
