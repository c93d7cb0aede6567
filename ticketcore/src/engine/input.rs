//! Is the input what it should be? Every fault is named; nothing is cut, nothing is guessed.

use crate::actor::{Actor, Party};
use crate::command::{Command, Draft, Message};
use crate::config::{Limits, Setup};
use crate::engine::refusal::Refusal;
use crate::fault::Fault;
use crate::id::{Key, PersonId};
use crate::priority::Level;
use crate::signal::Signal;
use crate::value::Value;

/// Collects faults of one input.
pub(super) struct Input<'a> {
    pub(super) setup: &'a Setup,
    limits: Limits,
    faults: Vec<Fault>,
}

impl<'a> Input<'a> {
    pub(super) fn new(setup: &'a Setup) -> Self {
        Self { setup, limits: setup.config.limits, faults: Vec::new() }
    }

    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid { faults: self.faults }) }
    }

    pub(super) fn fault(&mut self, path: impl Into<String>, problem: impl Into<String>) {
        self.faults.push(Fault::new(path, problem));
    }

    fn text(&mut self, path: &str, text: &str, limit: usize) {
        if text.len() > limit {
            self.fault(path, format!("has {} bytes, the limit is {limit}", text.len()));
        }
        if text.contains('\0') {
            self.fault(path, "holds a NUL character");
        }
    }

    fn line(&mut self, path: &str, text: &str, limit: usize) {
        self.text(path, text, limit);
        if text.trim().is_empty() {
            self.fault(path, "is empty");
        }
    }

    fn key(&mut self, path: &str, key: &Key) {
        if !key.is_valid() {
            self.fault(path, NAME);
        }
    }

    fn person(&mut self, path: &str, person: &PersonId) {
        if !person.is_valid() {
            self.fault(path, NAME);
        }
    }

    fn party(&mut self, party: &Party) {
        match party {
            Party::Person(person) => self.person("share.person", person),
            Party::Team(team) => self.key("share.team", team),
            Party::Organisation(organisation) => self.key("share.organisation", organisation),
        }
    }

    fn level(&mut self, impact: Level, urgency: Level) {
        if self.setup.config.matrix.priority(impact, urgency).is_none() {
            let problem = format!("impact {} and urgency {} are not both in the matrix", impact.0, urgency.0);
            self.fault("impact", problem);
        }
    }

    fn value(&mut self, field: &Key, value: &Value) {
        let path = format!("fields.{field}");
        if let Value::Text(text) = value {
            self.text(&path, text, self.limits.value);
        }
        match self.setup.config.fields.get(field) {
            None => {
                let known: Vec<&str> = self.setup.config.fields.keys().map(Key::as_str).collect();
                self.fault(path, format!("is no field of this desk; known: {}", known.join(", ")));
            }
            Some(kind) => {
                if let Err(problem) = kind.check(value) {
                    self.fault(path, problem);
                }
            }
        }
    }

    fn count(&mut self, path: &str, count: usize, limit: usize) {
        if count > limit {
            self.fault(path, format!("has {count} items, the limit is {limit}"));
        }
    }

    pub(super) fn draft(&mut self, draft: &Draft) {
        let limits = self.limits;
        self.line("subject", &draft.subject, limits.subject);
        if let Some(text) = &draft.description {
            self.text("description", text, limits.text);
        }
        for (path, key) in [
            ("category", &draft.category),
            ("organisation", &draft.organisation),
            ("team", &draft.team),
            ("queue", &draft.queue),
        ] {
            if let Some(key) = key {
                self.key(path, key);
            }
        }
        for (path, person) in [("requester", &draft.requester), ("assignee", &draft.assignee)] {
            if let Some(person) = person {
                self.person(path, person);
            }
        }
        draft.tags.iter().for_each(|tag| self.key("tags", tag));
        draft.watchers.iter().for_each(|person| self.person("watchers", person));
        draft.fields.iter().for_each(|(field, value)| self.value(field, value));
        for (path, count) in
            [("tags", draft.tags.len()), ("watchers", draft.watchers.len()), ("fields", draft.fields.len())]
        {
            self.count(path, count, limits.items);
        }
        if let Some(name) = &draft.external {
            self.line("external", name, limits.value);
        }
        self.level(draft.impact, draft.urgency);
        self.once(draft.once.as_deref());
    }

    /// The host vouches for who it is, not for how it is written.
    pub(super) fn actor(&mut self, actor: &Actor) {
        self.person("actor", &actor.id);
        actor.roles.iter().for_each(|role| self.key("actor.roles", role));
        actor.teams.iter().for_each(|team| self.key("actor.teams", team));
        actor.organisation.iter().for_each(|organisation| self.key("actor.organisation", organisation));
    }

    pub(super) fn once(&mut self, key: Option<&str>) {
        if let Some(key) = key {
            self.line("once", key, self.limits.value);
        }
    }

    pub(super) fn signal(&mut self, signal: &Signal) {
        self.line("key", &signal.key, self.limits.value);
        if signal.firing {
            self.line("summary", &signal.summary, self.limits.subject);
        }
        self.count("labels", signal.labels.len(), self.limits.items);
        for (name, value) in &signal.labels {
            self.text("labels", name, self.limits.value);
            self.text(&format!("labels.{name}"), value, self.limits.text);
        }
    }

    fn message(&mut self, message: &Message) {
        if message.attachments.is_empty() {
            self.line("body", &message.body, self.limits.text);
        } else {
            self.text("body", &message.body, self.limits.text);
        }
        self.count("attachments", message.attachments.len(), self.limits.attachments);
        for attachment in &message.attachments {
            self.line("attachments.name", &attachment.name, self.limits.value);
            self.text("attachments.media_type", &attachment.media_type, self.limits.value);
            let hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
            if attachment.digest.len() != 64 || !attachment.digest.chars().all(hex) {
                self.fault("attachments.digest", "is no SHA-256 in lower-case hex");
            }
        }
    }

    pub(super) fn command(&mut self, command: &Command) {
        let limits = self.limits;
        match command {
            Command::Say(message) => self.message(message),
            Command::Assign(Some(person)) => self.person("assignee", person),
            Command::ChangeRequester(Some(person)) => self.person("requester", person),
            Command::Watch(person) | Command::Unwatch(person) => self.person("watcher", person),
            Command::Invite(person) | Command::Dismiss(person) => self.person("participant", person),
            Command::Score(score, comment) => {
                if !(1..=5).contains(score) {
                    self.fault("score", format!("is {score}, not from 1 to 5"));
                }
                if let Some(comment) = comment {
                    self.line("comment", comment, limits.text);
                }
            }
            Command::Share(party) | Command::Unshare(party) => self.party(party),
            Command::ChangeOrganisation(Some(key)) => self.key("organisation", key),
            Command::Refer(team) | Command::Recall(team) => self.key("team", team),
            Command::AssignTeam(Some(team)) => self.key("team", team),
            Command::Enqueue(Some(queue)) => self.key("queue", queue),
            Command::Categorise(Some(category)) => self.key("category", category),
            Command::Tag(tag) => self.key("tag", tag),
            Command::Rename(subject) => self.line("subject", subject, limits.subject),
            Command::Set(field, Some(value)) => self.value(field, value),
            Command::Reference(Some(name)) => self.line("external", name, limits.value),
            Command::Rate(impact, urgency) => self.level(*impact, *urgency),
            Command::Prioritise(_, reason) => self.line("reason", reason, limits.value),
            Command::Waive(policy, reason) => {
                self.line("reason", reason, limits.value);
                if self.setup.policy(policy).is_none() {
                    self.fault("policy", format!("`{policy}` is no policy of this desk"));
                }
            }
            Command::RequestApproval(approval) => self.key("approval", approval),
            Command::Approve { reason: Some(reason), .. } | Command::Reject { reason: Some(reason), .. } => {
                self.line("reason", reason, limits.value);
            }
            Command::Run(key) => {
                let macros = &self.setup.config.macros;
                if !macros.contains_key(key) {
                    let known: Vec<&str> = macros.keys().map(Key::as_str).collect();
                    self.fault("macro", format!("`{key}` is no macro of this desk; known: {}", known.join(", ")));
                }
            }
            Command::Delegate { to, .. } => self.person("to", to),
            Command::Signal(signal) => self.signal(signal),
            Command::Edit(_, text) => self.text("body", text, limits.text),
            Command::Split(messages, draft) => {
                if messages.is_empty() {
                    self.fault("messages", "names none to be split off");
                }
                self.count("messages", messages.len(), limits.items);
                if draft.once.is_some() {
                    self.fault("draft.once", "is for tickets that are opened one by one");
                }
                // The rest of the draft is checked by its opening.
            }
            Command::Move(_)
            | Command::Endorse(_)
            | Command::Assign(None)
            | Command::AssignTeam(None)
            | Command::Enqueue(None)
            | Command::ChangeRequester(None)
            | Command::ChangeOrganisation(None)
            | Command::Categorise(None)
            | Command::Untag(_)
            | Command::Set(_, None)
            | Command::Reference(None)
            | Command::RestorePriority
            | Command::Escalate(_)
            | Command::Link(..)
            | Command::Unlink(..)
            | Command::Merge(_)
            | Command::Unmerge
            | Command::Rejoin(_)
            | Command::Acknowledge(_)
            | Command::Unacknowledge
            | Command::Snooze(_)
            | Command::Wake
            | Command::Approve { reason: None, .. }
            | Command::Reject { reason: None, .. }
            | Command::WithdrawApproval(_)
            | Command::Migrate(..) => {}
        }
    }
}

const NAME: &str = "needs 1 to 128 bytes, no control character and no blank at either end";
