//! Secret links: granted, shown, used up, revoked.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::actor::Actor;
use crate::capability::Capability;
use crate::command::{Command, Request};
use crate::customer::View;
use crate::desk::apply::Plan;
use crate::desk::{Desk, Error};
use crate::engine::{Refusal, forbidden};
use crate::fault::Fault;
use crate::id::{Key, PersonId, TicketId, Version};
use crate::secret_link::{Kept, Purpose, SecretLink, Visit};
use crate::store::{Commit, Document, StoreError, Write};
use crate::ticket::Ticket;

pub(super) const LINK: Key = Key::from_static("link");
/// How many links are looked through at a time.
const CHUNK: usize = 1000;

impl Desk {
    /// Grants a person a link to a ticket, until an instant: to follow it, whether they could otherwise or not, or to score
    /// its solution, once. See [`secret_link`](crate::secret_link).
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Refused`] if the actor may not [share](Capability::Share) the ticket, if the instant is
    /// not in the future, or if the link is to score and the person could not; [`Error::Entropy`]; [`Error::Store`] if
    /// storage fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use chrono::TimeDelta;
    /// use ticketcore::secret_link::Purpose;
    /// use ticketcore::{Actor, Command, Desk, Draft, MemoryStore};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// let ada = desk.by(Actor::agent("ada"));
    /// let ticket = ada.open(Draft::incident("Printer is on fire").requester("bo")).await?;
    /// ada.apply(ticket.id, Command::transition("resolve")).await?;
    ///
    /// let link = ada.grant_link(ticket.id, "bo", Purpose::Rate, desk.now() + TimeDelta::days(14)).await?;
    /// // … which is mailed to bo, who has no account and opens it:
    /// let view = desk.rate_link(&link.text(), 5, None).await?;
    /// assert_eq!(view.score.map(|score| score.score), Some(5));
    /// assert!(desk.rate_link(&link.text(), 1, None).await.is_err(), "it was for once");
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn grant_link(
        &self,
        ticket: TicketId,
        person: impl Into<PersonId>,
        purpose: Purpose,
        expires: DateTime<Utc>,
    ) -> Result<SecretLink, Error> {
        let (now, person) = (self.now(), person.into());
        let rulebook = self.rules_at(now).await?;
        let found = self.core.store.load(&self.tenant, ticket).await?.ok_or(Error::NotFound(ticket))?;
        let desk = self.standing(&rulebook).await?;
        desk.seen(&rulebook, Arc::clone(&found))?;
        if !desk.holds(&rulebook, &found, Capability::Share) {
            return Err(forbidden(&self.actor, Capability::Share).into());
        }
        check(&found, &person, purpose, expires, now)?;
        let customer = Actor::requester(person.clone());
        if purpose == Purpose::Rate && !rulebook.now().config.rights.allows(&customer, &found, Capability::Score) {
            return Err(forbidden(&customer, Capability::Score).into());
        }
        let link = SecretLink::draw(self.core.ids.next(now)).map_err(|error| Error::Entropy(error.into()))?;
        let kept = Kept::new(&self.tenant, &link, Visit { ticket, person, purpose, expires });
        let body = serde_json::to_string(&kept).map_err(|error| StoreError::corrupt("link", error))?;
        let (key, body) = (link.id().to_owned(), Some(body));
        let write = Write { kind: LINK, key, expected: Version(0), at: now, body };
        self.core.commit(Commit::documents(self.tenant.clone(), [write])).await?;
        Ok(link)
    }

    /// Tells what a link opens, without using it up. The actor has no part in it: the link is the right.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidLink`] if it opens nothing, whyever: misspelt, of another tenant, for something else, expired,
    /// revoked, used up; [`Error::Store`] if storage fails.
    pub async fn visit(&self, text: &str, purpose: Purpose) -> Result<Visit, Error> {
        let (Kept { ticket, person, purpose, expires, .. }, _) = self.opened(&SecretLink::read(text), purpose).await?;
        Ok(Visit { ticket, person, purpose, expires })
    }

    /// Reads the customer's view that a link to follow a ticket opens.
    ///
    /// # Errors
    ///
    /// As [`visit`](Self::visit).
    pub async fn follow_link(&self, text: &str) -> Result<View, Error> {
        let Visit { ticket, person, .. } = self.visit(text, Purpose::Follow).await?;
        self.by(Actor::requester(person)).view_of(ticket).await
    }

    /// Scores the solution of the ticket that a link is for, which is used up in the same commit, and reads what becomes
    /// of the ticket. A score that is refused leaves the link as it was.
    ///
    /// # Errors
    ///
    /// As [`visit`](Self::visit); [`Error::Refused`] if the score is not from 1 to 5, or the ticket cannot be scored.
    pub async fn rate_link(&self, text: &str, score: u8, comment: Option<String>) -> Result<View, Error> {
        let link = SecretLink::read(text);
        let (Kept { ticket, person, .. }, _) = self.opened(&link, Purpose::Rate).await?;
        let customer = self.by(Actor::requester(person));
        let request = Request::from(Command::Score(score, comment));
        customer.attempt_all(ticket, || customer.plan_rating(&link, ticket, &request)).await?;
        customer.view_of(ticket).await
    }

    /// Revokes a link by its [id](SecretLink::id): it opens nothing any more.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidLink`] if there is none that the actor could have granted; [`Error::Store`] if storage fails.
    pub async fn revoke_link(&self, id: &str) -> Result<(), Error> {
        let rulebook = self.rulebook().await?;
        // Only what has the form of an id is looked for.
        let link = SecretLink::read(&format!("{id}.{}", "0".repeat(64)));
        let (kept, document) = self.kept(&link).await?.ok_or(Error::InvalidLink)?;
        let ticket = self.core.store.load(&self.tenant, kept.ticket).await?;
        let desk = self.standing(&rulebook).await?;
        if !ticket.is_some_and(|ticket| desk.holds(&rulebook, &ticket, Capability::Share)) {
            return Err(Error::InvalidLink);
        }
        let commit = Commit::documents(self.tenant.clone(), [removal(&document, self.now())]);
        match self.core.commit(commit).await {
            // Links do not change, they only go.
            Err(StoreError::Conflict(_)) => Err(Error::InvalidLink),
            done => Ok(done.map(drop)?),
        }
    }

    /// Removes the tenant's links that have expired, and tells how many there were; from time to time, to make room.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn forget_links(&self) -> Result<usize, Error> {
        let now = self.now();
        self.drop_links(|kept| kept.expires <= now).await
    }

    /// Removes links, those that are out of use.
    pub(super) async fn drop_links(&self, gone: impl Fn(&Kept) -> bool) -> Result<usize, Error> {
        let (now, mut after, mut count) = (self.now(), None::<String>, 0);
        loop {
            let documents = self.core.store.documents(&self.tenant, &LINK, after.as_deref(), CHUNK).await?;
            let Some(last) = documents.last() else { return Ok(count) };
            after = Some(last.key.clone());
            for document in documents {
                if !gone(&decoded(&document)?) {
                    continue;
                }
                let commit = Commit::documents(self.tenant.clone(), [removal(&document, now)]);
                match self.core.commit(commit).await {
                    Err(StoreError::Conflict(_)) => {}
                    done => {
                        done?;
                        count += 1;
                    }
                }
            }
        }
    }

    /// What a link opens now. Whether there is none of its name, or its secret is another, takes the same steps.
    async fn opened(&self, link: &SecretLink, purpose: Purpose) -> Result<(Kept, Option<Document>), Error> {
        let (kept, document) = match self.kept(link).await? {
            Some((kept, document)) => (kept, Some(document)),
            None => (Kept::nothing(), None),
        };
        let opens = kept.opens(&self.tenant, link, purpose, self.now());
        if opens { Ok((kept, document)) } else { Err(Error::InvalidLink) }
    }

    async fn kept(&self, link: &SecretLink) -> Result<Option<(Kept, Document)>, Error> {
        let found = self.core.store.document(&self.tenant, &LINK, link.id()).await?;
        Ok(found.map(|document| decoded(&document).map(|kept| (kept, document))).transpose()?)
    }

    /// A score, and the end of the link with it: if two use it at once, one of them finds it gone.
    async fn plan_rating(&self, link: &SecretLink, ticket: TicketId, request: &Request) -> Result<Plan, Error> {
        let (_, document) = self.opened(link, Purpose::Rate).await?;
        let plan = match self.plan(ticket, request, &[]).await {
            // It may be refused for what another use of the link has just done; then the link is gone, and that is said.
            Err(refused @ Error::Refused(_)) => self.opened(link, Purpose::Rate).await.and(Err(refused)),
            plan => plan,
        };
        match plan? {
            Plan::Commit(mut commit) => {
                commit.documents.extend(document.iter().map(|document| removal(document, self.now())));
                Ok(Plan::Commit(commit))
            }
            plan @ (Plan::Nothing(_) | Plan::Done(_)) => Ok(plan),
        }
    }

    async fn view_of(&self, ticket: TicketId) -> Result<View, Error> {
        let rulebook = self.rulebook().await?;
        let found = self.core.store.load(&self.tenant, ticket).await?.ok_or(Error::InvalidLink)?;
        self.view(&rulebook, found).await
    }
}

fn check(
    ticket: &Ticket,
    person: &PersonId,
    purpose: Purpose,
    expires: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let stranger = ticket.requester.as_ref() != Some(person) && !ticket.takes_part(person);
    let faults: Vec<Fault> = [
        (!person.is_valid(), "person", "needs 1 to 128 bytes, no control character and no blank at either end"),
        (purpose == Purpose::Rate && stranger, "person", "the ticket is not for them, and they take no part"),
        (expires <= now, "expires", "is not in the future"),
    ]
    .into_iter()
    .filter(|(wrong, ..)| *wrong)
    .map(|(_, path, problem)| Fault::new(path, problem))
    .collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid { faults }) }
}

fn decoded(document: &Document) -> Result<Kept, StoreError> {
    let corrupt = |error| StoreError::corrupt(format!("link {}", document.key), error);
    serde_json::from_str(&document.body).map_err(corrupt)
}

fn removal(document: &Document, at: DateTime<Utc>) -> Write {
    Write { kind: LINK, key: document.key.clone(), expected: document.version, at, body: None }
}
