//! Two records of one person become one, and the tickets follow.

use std::collections::BTreeSet;

use crate::actor::{Actor, Party};
use crate::capability::Capability;
use crate::command::{Command, Message, Request};
use crate::cond::Relation;
use crate::desk::apply::ATTEMPTS;
use crate::desk::records::refuse;
use crate::desk::rules::still;
use crate::desk::{Desk, Error};
use crate::directory::{Organisation, Person, Record, Stored, Team, replaced};
use crate::engine::Refusal;
use crate::event::Visibility;
use crate::fault::Fault;
use crate::id::{PersonId, TicketId};
use crate::query::{Filter, Glance, Order, Query, Sight, Sort, Through};
use crate::store::Commit;
use crate::ticket::Ticket;

/// How many tickets are found at once.
const CHUNK: usize = 200;

/// What became of a merging of two people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merger {
    /// The record that goes on.
    pub person: Stored<Person>,
    /// How many tickets followed.
    pub tickets: usize,
    /// Tickets that could not follow, as the rules of the desk refused it.
    pub left: Vec<TicketId>,
}

impl Desk {
    /// Merges a person into another: the record of a placeholder into that of the real one, once that is known.
    ///
    /// Addresses, names in other systems, teams and skills go to the other record, which otherwise knows better; teams and
    /// organisations that name the one name the other. The one's record stays and leads to the other. Then the tickets
    /// follow, one by one, each with an internal note of the cause: the other is their requester or agent, watches, takes
    /// part and has what was shared. Closed tickets follow, too; those that were merged into others do not, as they go on
    /// elsewhere. What was opened for the one in the same moment is found by merging again, which is harmless, as it is
    /// after an interruption.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [direct](Capability::Direct), if either is not there, if they are the same
    /// or of different kinds, or have different names in one system; nothing is written. [`Error::Store`] if storage
    /// fails; then merge again.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::directory::Person;
    /// use ticketcore::{ActorKind, Desk, Draft, MemoryStore};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// let unknown = Person::new("mail-1", ActorKind::Requester, "bo@example.com").placeholder();
    /// desk.put_person(unknown.mail("bo@example.com".parse()?), None).await?;
    /// desk.put_person(Person::new("bo", ActorKind::Requester, "Bo Li"), None).await?;
    /// let ticket = desk.open(Draft::incident("No mail").requester("mail-1")).await?;
    ///
    /// let merger = desk.merge_people(&"mail-1".into(), &"bo".into()).await?;
    /// assert_eq!((merger.tickets, merger.person.record.mails.len()), (1, 1));
    /// assert_eq!(desk.load(ticket.id).await?.requester, Some("bo".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub async fn merge_people(&self, from: &PersonId, into: &PersonId) -> Result<Merger, Error> {
        let mut person = self.merge_records(from, into).await?;
        let (mut tickets, mut left) = (0, BTreeSet::new());
        loop {
            let into = person.record.id.clone();
            tickets += self.bring_along(from, &into, &mut left).await?;
            // Whoever was merged on in the meantime may have been overtaken by the tickets that were on their way.
            person = self.last(&into).await?.ok_or_else(|| nobody("into", &into))?;
            if person.record.id == into {
                return Ok(Merger { person, tickets, left: left.into_iter().collect() });
            }
            tickets += self.bring_along(&into, &person.record.id, &mut left).await?;
        }
    }

    /// Makes one record of two, if that was not done before, and returns the one that goes on.
    async fn merge_records(&self, from: &PersonId, into: &PersonId) -> Result<Stored<Person>, Error> {
        let mut attempt = 1;
        loop {
            let rulebook = self.rulebook().await?;
            self.may_by(&rulebook, Capability::Direct)?;
            let one: Stored<Person> = self.stored(from.as_str()).await?.ok_or_else(|| nobody("from", from))?;
            let other = self.last(into).await?.ok_or_else(|| nobody("into", into))?;
            if let Some(merged) = &one.record.merged {
                let end = self.last(merged).await?.ok_or_else(|| nobody("from", merged))?;
                if end.record.id == other.record.id {
                    return Ok(end);
                }
                let problem = format!("`{from}` was merged into `{}`", end.record.id);
                return Err(invalid("from", problem));
            }
            if one.record.id == other.record.id {
                return Err(invalid("into", "a person cannot be merged into themselves".to_owned()));
            }
            let merged = one.record.merged_into(&other.record).map_err(|faults| Refusal::Invalid { faults })?;
            let (rest, whole) = merged;
            refuse(whole.check(&rulebook.now().config))?;
            let at = self.now();
            let (mut documents, _) = replaced(Some(&one), &rest, at)?;
            // What the one had is free by now.
            let (more, added) = replaced(Some(&other), &whole, at)?;
            refuse(self.taken::<Person>(&rulebook, &added, &[from.as_str(), whole.id()]).await?)?;
            documents.extend(more);
            for team in self.listed(None, usize::MAX, |_: &Team| true).await?.records {
                if let Some(renamed) = team.record.renamed(from, &whole.id) {
                    documents.extend(replaced(Some(&team), &renamed, at)?.0);
                }
            }
            for organisation in self.listed(None, usize::MAX, |_: &Organisation| true).await?.records {
                if let Some(renamed) = organisation.record.renamed(from, &whole.id) {
                    documents.extend(replaced(Some(&organisation), &renamed, at)?.0);
                }
            }
            let commit = Commit::documents(self.tenant.clone(), documents);
            match self.core.commit(Commit { expect: vec![still(&rulebook)], ..commit }).await {
                Err(error) if error.is_conflict() && attempt < ATTEMPTS => self.forget_rules(),
                Err(error) => return Err(error.into()),
                Ok(_) => {
                    self.core.rosters.forget(&self.tenant);
                    return Ok(Stored { version: other.version.next(), at, record: whole });
                }
            }
            attempt += 1;
        }
    }

    /// Lets the tickets that name one person name another, and says how many did.
    async fn bring_along(
        &self,
        from: &PersonId,
        into: &PersonId,
        left: &mut BTreeSet<TicketId>,
    ) -> Result<usize, Error> {
        let (one, by) = (Actor::requester(from.clone()), &self.actor.id);
        let cause = format!("person `{from}` was merged into `{into}` by `{by}`");
        let tokens = [Relation::Watcher, Relation::Participant, Relation::Shared].map(|relation| relation.tokens(&one));
        let ways = [
            Through::Requester(from.clone()),
            Through::Assignee(from.clone()),
            Through::Access(tokens.into_iter().flatten().collect()),
        ];
        let glances = ways.map(|through| Glance { kinds: Vec::new(), states: Vec::new(), through });
        let filter = Filter { sight: Sight::of(glances, false), ..Filter::default() };
        let order = Order { by: Sort::Number, descending: false };
        let (mut query, mut count) = (Query::new(filter).order(order).limit(CHUNK), 0);
        loop {
            let page = self.core.store.find(&self.tenant, &query).await?;
            for ticket in page.tickets {
                match self.follow_on(ticket.id, from, into, &cause).await {
                    Ok(followed) => count += usize::from(followed),
                    Err(Error::Refused(refusal)) => {
                        tracing::warn!(tenant = %self.tenant, ticket = %ticket.id, %refusal, "does not follow a person");
                        left.insert(ticket.id);
                    }
                    Err(error) => return Err(error),
                }
            }
            if page.next.is_none() {
                return Ok(count);
            }
            query = query.after(page.next);
        }
    }

    /// Lets one ticket follow, as the desk itself, and tells whether there was anything to be done.
    async fn follow_on(&self, id: TicketId, from: &PersonId, into: &PersonId, cause: &str) -> Result<bool, Error> {
        let desk = self.by(Actor::system());
        for attempt in 1.. {
            let ticket = desk.load(id).await?;
            let mut commands = following(&ticket, from, into);
            if commands.is_empty() || ticket.merged.is_some() {
                break;
            }
            commands.push(Command::Say(Message { automatic: true, ..Message::new(Visibility::Internal, cause) }));
            match desk.apply(id, Request::from(commands).at(ticket.version)).await {
                // Somebody else was faster: what is to be done may be another thing now.
                Err(Error::Refused(Refusal::Changed { .. })) if attempt < ATTEMPTS => {}
                done => return done.map(|_| true),
            }
        }
        Ok(false)
    }
}

/// What makes a ticket name a person wherever it names another. Room is made before it is taken, so that no limit is in
/// the way.
fn following(ticket: &Ticket, from: &PersonId, into: &PersonId) -> Vec<Command> {
    let mut commands = Vec::new();
    if ticket.requester.as_ref() == Some(from) {
        commands.push(Command::ChangeRequester(Some(into.clone())));
    }
    if ticket.assignee.as_ref() == Some(from) {
        commands.push(Command::Assign(Some(into.clone())));
    }
    if ticket.watchers.contains(from) {
        commands.extend([Command::Unwatch(from.clone()), Command::Watch(into.clone())]);
    }
    if ticket.participants.contains(from) {
        commands.push(Command::Dismiss(from.clone()));
    }
    // Who takes part because of a ticket that was merged into this one does so as long as it is.
    if ticket.takes_part(from) && !ticket.takes_part(into) {
        commands.push(Command::Invite(into.clone()));
    }
    let (one, other) = (Party::Person(from.clone()), Party::Person(into.clone()));
    if ticket.shares.contains(&one) {
        commands.extend([Command::Unshare(one), Command::Share(other)]);
    }
    commands
}

fn nobody(at: &str, id: &PersonId) -> Error {
    invalid(at, format!("nobody is `{id}`"))
}

fn invalid(at: &str, problem: String) -> Error {
    Refusal::Invalid { faults: vec![Fault::new(at, problem)] }.into()
}
