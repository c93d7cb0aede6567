//! Which people: the same words as query parameters and as options of the command line.

use clap::Args;
use serde::Deserialize;
use ticketcore::desk::Error;
use ticketcore::directory::{Listed, Lookup, Mail, Person};
use ticketcore::{Desk, Fault, Key, Refusal};

use crate::names::named;

/// The most records of one page.
const PAGE: usize = 500;

/// All people, or those that one of these means.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Who {
    /// Whose name begins so
    #[arg(long)]
    name: Option<String>,
    /// Who has this address
    #[arg(long)]
    mail: Option<String>,
    /// Who is in this team
    #[arg(long)]
    team: Option<Key>,
    /// Who belongs to this organisation
    #[arg(long)]
    organisation: Option<Key>,
    /// Who has this skill
    #[arg(long)]
    skill: Option<Key>,
    /// agent, requester or integration
    #[arg(long)]
    kind: Option<String>,
    /// How many at most; 50 unless said otherwise
    #[arg(long)]
    limit: Option<usize>,
    /// Where the part before ended
    #[arg(long)]
    after: Option<String>,
}

impl Who {
    pub(crate) async fn find(&self, desk: &Desk) -> Result<Listed<Person>, Error> {
        let kind = self.kind.as_deref().map(named).transpose().map_err(|problem| invalid("kind", problem))?;
        let lookups = [
            self.name.clone().map(Lookup::Name),
            self.team.clone().map(Lookup::Team),
            self.organisation.clone().map(Lookup::Organisation),
            self.skill.clone().map(Lookup::Skill),
            kind.map(Lookup::Kind),
        ];
        let mut lookups = lookups.into_iter().flatten();
        let first = lookups.next();
        if lookups.next().is_some() || self.mail.is_some() && first.is_some() {
            return Err(invalid("lookup", "is by one of name, mail, team, organisation, skill and kind".to_owned()));
        }
        if let Some(mail) = &self.mail {
            let mail: Mail = mail.parse().map_err(|problem| invalid("mail", problem))?;
            return Ok(Listed { records: desk.person_by_mail(&mail).await?.into_iter().collect(), next: None });
        }
        desk.people(&first.unwrap_or(Lookup::All), self.after.as_deref(), limit(self.limit)).await
    }
}

/// How many records a page has.
pub(crate) fn limit(asked: Option<usize>) -> usize {
    asked.unwrap_or(50).clamp(1, PAGE)
}

/// A fault of what was asked.
fn invalid(at: &str, problem: String) -> Error {
    Refusal::Invalid { faults: vec![Fault::new(at, problem)] }.into()
}
