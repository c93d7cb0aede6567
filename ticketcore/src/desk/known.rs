//! What decisions rest on of the directory: how the actor stands to their organisation, and who is named.

use std::borrow::Cow;
use std::sync::Arc;

use crate::actor::{Actor, Party};
use crate::config::{Config, Mention, People, Rulebook};
use crate::desk::{Desk, Error};
use crate::directory::{Lookup, Organisation, Record, Register, Stored, Team};
use crate::engine::Related;
use crate::fault::Fault;
use crate::id::Key;
use crate::store::{Expect, StoreError};

/// How an actor stands to the organisation that the host vouches for.
#[derive(Debug)]
pub(super) struct Standing {
    /// The organisation, whatever its record says of rights.
    home: Key,
    /// The record that was read, or that there is none.
    expect: Expect,
}

impl Desk {
    /// The desk with the actor as far as rights go: without their organisation, if its record does not count them as a
    /// member. Read only for those who are granted something by their organisation.
    pub(super) async fn standing(&self, rulebook: &Rulebook) -> Result<Cow<'_, Self>, StoreError> {
        let asked = |home: &&Key| home.is_valid() && rulebook.now().config.rights.asks_organisation(&self.actor);
        let home = self.actor.organisation.as_ref().filter(|_| self.standing.is_none()).filter(asked);
        let Some(home) = home.cloned() else { return Ok(Cow::Borrowed(self)) };
        let found: Option<Stored<Organisation>> = self.stored(home.as_str()).await?;
        let admits = found.as_ref().is_none_or(|found| found.record.sight.admits(&self.actor));
        let actor = if admits {
            Arc::clone(&self.actor)
        } else {
            Arc::new(Actor { organisation: None, ..Actor::clone(&self.actor) })
        };
        let (kind, key) = (Organisation::KIND, home.as_str().to_owned());
        let expect = Expect::Document { kind, key, version: Stored::version(found.as_ref()) };
        let standing = Some(Arc::new(Standing { home, expect }));
        Ok(Cow::Owned(Self { actor, standing, ..self.clone() }))
    }

    /// Puts what a decision may ask of the directory with what else it reads: those who are named, if it matters whether
    /// they are known.
    pub(super) async fn acquaint(
        &self,
        rulebook: &Rulebook,
        related: &mut Related,
        named: impl FnOnce() -> Vec<(&'static str, Party)>,
    ) -> Result<(), StoreError> {
        if let Some(standing) = &self.standing {
            related.belong(standing.home.clone());
        }
        if rulebook.now().config.people == People::Free {
            return Ok(());
        }
        let mut register = Register::default();
        for (_, party) in named() {
            match party {
                Party::Person(id) if id.is_valid() => {
                    let found = self.stored(id.as_str()).await?;
                    register.person(id, found);
                }
                Party::Team(key) if key.is_valid() => {
                    let found = self.stored(key.as_str()).await?;
                    register.team(key, found.as_ref());
                }
                Party::Organisation(key) if key.is_valid() => {
                    let found = self.stored(key.as_str()).await?;
                    register.organisation(key, found.as_ref());
                }
                // What can be no name is refused for that.
                Party::Person(_) | Party::Team(_) | Party::Organisation(_) => {}
            }
        }
        related.know(register);
        Ok(())
    }

    /// What a commit rests on of the directory.
    pub(super) fn acquainted(&self, related: &Related) -> Vec<Expect> {
        let standing = self.standing.iter().map(|standing| standing.expect.clone());
        standing.chain(related.register().into_iter().flat_map(Register::expectations)).collect()
    }

    /// Finds teams and skills that a configuration names and nobody knows, if it says that this matters.
    pub(super) async fn strangers(&self, config: &Config) -> Result<Vec<Fault>, Error> {
        let mut faults = Vec::new();
        let mentions = if config.people == People::Known { config.mentions() } else { Vec::new() };
        for (at, mention) in mentions {
            let problem = match mention {
                Mention::Team(key) => {
                    let found: Option<Stored<Team>> = self.stored(key.as_str()).await?;
                    found.is_none().then(|| format!("no team is `{key}`"))
                }
                Mention::Skill(key) => {
                    let found = self.found(&Lookup::Skill(key.clone()), None, 1).await?;
                    found.records.is_empty().then(|| format!("nobody has `{key}`"))
                }
            };
            faults.extend(problem.map(|problem| Fault::new(at, problem)));
        }
        Ok(faults)
    }
}
