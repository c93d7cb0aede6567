//! How much a desk rests on its directory.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::id::Key;

/// Whether tickets may name whom the directory does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum People {
    /// The host knows who there is; the directory is not asked. A desk can do without any.
    #[default]
    Free,
    /// Who is named in a command or a draft must have a record, and so must teams and organisations; what the records say
    /// is part of what a commit rests on. A draft without an organisation gets that of the requester's record.
    Known,
}

/// Something of the directory that a configuration names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mention {
    Team(Key),
    Skill(Key),
}

impl Config {
    /// Which teams and skills alerts, routing and recurring tickets name, each with the place where they do. A ticket that is given to a team
    /// that is not there is nobody's, and a skill that nobody has is one that nobody is asked for.
    pub(crate) fn mentions(&self) -> Vec<(String, Mention)> {
        let mut all = Vec::new();
        let skills = |at: &str, skills: &BTreeSet<Key>| {
            skills.iter().map(|skill| (format!("{at}skills"), Mention::Skill(skill.clone()))).collect::<Vec<_>>()
        };
        all.extend(self.alerts.team.iter().map(|team| ("alerts.team".to_owned(), Mention::Team(team.clone()))));
        for (key, recurring) in &self.recurring {
            let team = recurring.ticket.team.iter().cloned();
            all.extend(team.map(|team| (format!("recurring.{key}.ticket.team"), Mention::Team(team))));
        }
        for intake in &self.routing.intake {
            let at = format!("routing.intake[{}].set.", intake.key);
            all.extend(intake.set.team.iter().map(|team| (format!("{at}team"), Mention::Team(team.clone()))));
            all.extend(skills(&at, &intake.set.skills));
        }
        for route in &self.routing.routes {
            let at = format!("routing.routes[{}].", route.key);
            all.push((format!("{at}team"), Mention::Team(route.team.clone())));
            all.extend(skills(&at, &route.skills));
        }
        all
    }
}
