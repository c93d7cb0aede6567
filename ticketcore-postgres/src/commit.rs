//! A commit: what it becomes as one statement, and what is made of the answer.
//!
//! # Why one statement is enough
//!
//! A statement at the isolation level `read committed` reads everything as it was when it began, but a row it *locks* as
//! it is: if another transaction wrote the row meanwhile, the statement waits for that and then goes on with the row's
//! newest version. So:
//!
//! - Tickets that change or are rested on are locked first, in one order for all statements, and their versions are read
//!   off the locked rows. Whatever is decided by them holds until the commit ends.
//! - Claims that are held are locked likewise. A claim nobody holds is inserted, and so is a new ticket: if another was
//!   faster, a key is violated, the whole statement is undone, and its next attempt sees who it was.
//! - Documents that a commit rests on may be such that are *not* there, so their kinds are locked; see
//!   [`document::refused`]. So are the kinds of those it writes, for itself alone.
//! - The counter of numbers is raised last, and only if there are new tickets: who opens tickets of a tenant waits for
//!   the others' commits, nobody else does. No refused or failed commit uses a number up.
//!
//! Several commits of a tenant go into one statement if none touches what another touches. If one of them is refused,
//! nothing is written, and the others go again without it. What the statement does not say is why: that is read
//! afterwards, and if the reason is gone by then, the commit is tried again.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, Row};
use ticketcore::id::{TenantId, TicketId, Version};
use ticketcore::store::{Change, Commit, Conflict, Expect, StoreError};
use ticketcore::ticket::Ticket;
use uuid::Uuid;

use crate::connections::Link;
use crate::error::{Error, Result, is_race};
use crate::prepared::Prepared;
use crate::record::{Composites, Records};
use crate::rows::Rows;
use crate::schema::Schema;
use crate::sql::{self, Parameters, Text, parameters};
use crate::{claim, document, log, rows, search};

/// The versions of some tickets.
pub(crate) const VERSIONS: &str = "select t.version from unnest($2::uuid[]) with ordinality w (id, ord) \
                                   left join @.ticket t on t.tenant = $1 and t.id = w.id order by w.ord";

/// Locks some tickets, in one order for all statements.
const LOCKED_TICKETS: &str =
    "select from @.ticket where tenant = $1 and id = any ($2::uuid[]) order by id for no key update";

/// The statements of commits.
#[derive(Debug)]
pub(crate) struct Texts {
    composites: Composites,
    /// By what is in them: claims, documents, words, edits.
    writes: [Text; 16],
    versions: Text,
    holders: Text,
    documents: Text,
    written: Text,
    prepare: Text,
    lock: Text,
    closed: Text,
    place: Text,
    history: Text,
    tickets: Text,
}

impl Texts {
    pub(crate) fn new(schema: &Schema, composites: Composites) -> Self {
        Self {
            composites,
            writes: std::array::from_fn(|parts| {
                let has = |part| parts & part > 0;
                schema.fill(&write_text(has(CLAIMS), has(DOCUMENTS), has(WORDS), has(EDITS)))
            }),
            versions: schema.fill(VERSIONS),
            holders: schema.fill(claim::HOLDERS),
            documents: schema.fill(document::FOUND),
            written: schema.fill(log::WRITTEN),
            prepare: schema.fill(document::PREPARE),
            lock: schema.fill(&document::lock()),
            closed: schema.fill(claim::CLOSED),
            place: schema.fill(log::PLACE),
            history: schema.fill(log::HISTORY),
            tickets: schema.fill(LOCKED_TICKETS),
        }
    }
}

#[cfg(test)]
impl Texts {
    pub(crate) fn writes(&self) -> &[Text] {
        &self.writes
    }
}

const CLAIMS: usize = 1;
const DOCUMENTS: usize = 2;
const WORDS: usize = 4;
/// Documents that are written, texts that are erased; only together with documents and words.
const EDITS: usize = 8;

/// The parameters.
const OPENED: usize = 2;
const PLACE: usize = 3;
const LOCKED: usize = 4;
const TICKETS: usize = 5;
const CHANGES: usize = 6;
const EVENTS: usize = 7;
const SWAPS: usize = 8;
const KINDS: usize = 9;
const RESTS: usize = 10;
const WRITTEN_KINDS: usize = 11;
const WRITTEN: usize = 12;
const ERASED: usize = 13;

/// The statement. It writes all or nothing; its answer is which commits were refused, or the number before that of the
/// first new ticket and those of the old ones.
fn write_text(claims: bool, documents: bool, words: bool, edits: bool) -> String {
    let mut parts = vec![format!(
        "with locked as materialized (\
           select l.id, t.version, t.number from {} l (id) \
           cross join lateral (select t.version, t.number from @.ticket t where t.tenant = $1 and t.id = l.id \
             for no key update) t)",
        sql::rows(LOCKED, "uuid")
    )];
    let mut refused = vec![
        format!(
            "select e.no from {} e left join locked l on l.id = e.id where e.version <> coalesce(l.version, 0)",
            sql::rows(TICKETS, "@.ticket_at_1")
        ),
        // All of them, if numbers are asked for and there is nothing to count with.
        format!("select 0 where ${OPENED}::bigint > 0 and not exists (select from @.counter where tenant = $1)"),
    ];
    if claims {
        parts.push(claim::held(SWAPS));
        refused.push(claim::REFUSED.to_owned());
    }
    if documents {
        parts.push(document::guarded(KINDS, edits.then_some(WRITTEN_KINDS)));
        refused.push(document::refused(RESTS));
    }
    parts.push(format!("refused as materialized ({})", refused.join(" union all ")));
    // Whatever is usual on the server, an acknowledged commit is on its disk.
    parts.push(
        "verdict as materialized (\
           select not exists (select from refused) as fit, \
             case current_setting('synchronous_commit') when 'off' then \
               set_config('synchronous_commit', 'on', true) end as durable)"
            .to_owned(),
    );
    parts.push(rows::written(OPENED, CHANGES));
    parts.push(log::logged(PLACE, EVENTS));
    if claims {
        parts.push(claim::SWAPPED.to_owned());
    }
    if words {
        parts.push(if edits { search::RENEWED } else { search::INDEXED }.to_owned());
    }
    if edits {
        parts.push(document::written(WRITTEN_KINDS, WRITTEN));
        parts.push(log::erased(ERASED));
    }
    format!(
        "{} select a.no, a.number, a.id, v.durable from verdict v cross join (\
           select r.no, null::bigint as number, null::uuid as id from refused r \
           union all select null, c.before, null from counted c \
           union all select null, l.number, l.id from locked l) a",
        parts.join(", ")
    )
}

/// What a statement with commits came to.
#[derive(Debug)]
pub(crate) enum Answer {
    /// All were written; for each the numbers of its tickets.
    Written(Vec<Vec<i64>>),
    /// None was written; for each whether it was to blame.
    Refused(Vec<bool>),
}

/// Writes commits of a tenant, all or none, of which none touches what another does.
pub(crate) async fn write(
    link: &mut Link<'_>,
    texts: &Texts,
    tenant: &TenantId,
    commits: &[&Prepared],
    left: &Left,
    place: i64,
) -> Result<Answer> {
    let swapped: Vec<_> = commits.iter().map(|commit| claim::swaps(&commit.commit.changes)).collect();
    let outcomes: Vec<_> = commits.iter().map(|commit| document::outcomes(&commit.commit.documents)).collect();
    let impossible: Vec<bool> = swapped.iter().zip(&outcomes).map(|(s, o)| s.is_none() || o.is_none()).collect();
    if impossible.contains(&true) {
        return Ok(Answer::Refused(impossible));
    }
    let (mut rows, mut events) = (Rows::default(), Records::default());
    let (mut tickets, mut documents, mut swaps) = (Records::default(), Records::default(), Vec::new());
    let (mut locked, mut kinds, mut words) = (Vec::new(), BTreeSet::new(), false);
    let (mut written, mut written_kinds, mut erased) = (Records::default(), BTreeSet::new(), Records::default());
    for (((commit, no), swapped), outcomes) in commits.iter().zip(0_i32..).zip(swapped).zip(outcomes) {
        let Prepared { commit, encoded, .. } = commit;
        swaps.extend(swapped.unwrap_or_default().into_iter().map(|swap| (no, swap)));
        let mut expect = |id: TicketId, version: Version| {
            locked.push(id.0);
            tickets.push(&[&no, &id.0, &version.0]);
        };
        for one in &commit.expect {
            match one {
                Expect::Ticket(id, version) => expect(*id, *version),
                Expect::Document { kind, key, version } => {
                    kinds.insert(kind.as_str());
                    documents.push(&[&no, &kind.as_str(), &key.as_str(), &version.0]);
                }
            }
        }
        for outcome in outcomes.unwrap_or_default() {
            let (kind, key) = (outcome.last.kind.as_str(), outcome.last.key.as_str());
            kinds.insert(kind);
            documents.push(&[&no, &kind, &key, &outcome.expected.0]);
            if !outcome.is_look() {
                written_kinds.insert(kind);
                outcome.push(&mut written);
            }
        }
        for (change, encoded) in commit.changes.iter().zip(encoded) {
            expect(change.ticket.id, change.expected);
            rows.push(change, encoded, left.get(&change.ticket.id))?;
            log::push(&mut events, change, encoded);
            words |= !encoded.words.is_empty();
            change.erased.iter().for_each(|version| erased.push(&[&no, &change.ticket.id.0, &version.0]));
        }
    }
    // In one order for all statements, so that none waits for one that waits for it.
    locked.sort_unstable();
    locked.dedup();
    let swaps = claim::rows(swaps);
    let kinds: Vec<&str> = kinds.into_iter().collect();
    let written_kinds: Vec<&str> = written_kinds.into_iter().collect();

    let asked = [
        (CLAIMS, !swaps.is_empty()),
        (DOCUMENTS, !documents.is_empty()),
        (WORDS, words),
        (DOCUMENTS | WORDS | EDITS, !(written.is_empty() && erased.is_empty())),
    ];
    let parts = asked.into_iter().filter(|(_, is_asked)| *is_asked).fold(0, |parts, (part, _)| parts | part);
    let Composites { change, entry, ticket, document, write, swap } = texts.composites;
    let parameters = parameters![
        tenant.as_str(),
        rows.opened,
        place,
        locked,
        tickets.of(ticket),
        rows.changes.of(change),
        events.of(entry),
        swaps.of(swap),
        kinds,
        documents.of(document),
        written_kinds,
        written.of(write),
        erased.of(ticket),
    ];
    answer(&link.run("commit", &texts.writes[parts], parameters).await?, commits)
}

fn answer(rows: &[PgRow], commits: &[&Prepared]) -> Result<Answer> {
    let (mut before, mut old) = (0, HashMap::new());
    let mut refused: Option<Vec<bool>> = None;
    for row in rows {
        match (row.try_get::<Option<i32>, _>(0)?, row.try_get::<Option<Uuid>, _>(2)?) {
            (Some(no), _) => {
                let refused = refused.get_or_insert_with(|| vec![false; commits.len()]);
                if let Some(one) = usize::try_from(no).ok().and_then(|no| refused.get_mut(no)) {
                    *one = true;
                }
            }
            (None, Some(id)) => _ = old.insert(id, row.try_get::<i64, _>(1)?),
            (None, None) => before = row.try_get(1)?,
        }
    }
    if let Some(refused) = refused {
        return Ok(Answer::Refused(refused));
    }
    let mut number = |change: &Change| {
        if change.expected == Version(0) {
            before += 1;
            return before;
        }
        // Every ticket that changes was locked.
        old.get(&change.ticket.id.0).copied().unwrap_or(change.ticket.number)
    };
    Ok(Answer::Written(commits.iter().map(|commit| commit.commit.changes.iter().map(&mut number).collect()).collect()))
}

/// What is left of the words of tickets of which texts are erased.
pub(crate) type Left = HashMap<TicketId, Vec<String>>;

/// Locks what a commit rests on and cannot be locked by its statement, which is to follow in the same transaction; says
/// what words its tickets will be found by if it erases texts of them.
pub(crate) async fn lock(link: &mut Link<'_>, texts: &Texts, commit: &Prepared) -> Result<Left> {
    let Commit { tenant, changes, .. } = &commit.commit;
    let left = if commit.erases() { words_left(link, texts, tenant, changes).await? } else { Left::new() };
    let counter = commit.opens() || commit.rests_on_absence();
    let parameters = parameters![tenant.as_str(), commit.kinds(), counter, commit.written_kinds()];
    link.run("lock", &texts.lock, parameters).await?;
    if commit.looks_at_claims() {
        link.run("lock claims", &texts.closed, Parameters::default()).await?;
    }
    Ok(left)
}

/// The tickets are locked first: who erases texts need not change a version, and must see what others have erased.
async fn words_left(link: &mut Link<'_>, texts: &Texts, tenant: &TenantId, changes: &[Change]) -> Result<Left> {
    let mut ids: Vec<Uuid> = changes.iter().map(|change| change.ticket.id.0).collect();
    ids.sort_unstable();
    link.run("lock tickets", &texts.tickets, parameters![tenant.as_str(), ids]).await?;
    let mut left = Left::new();
    for change in changes.iter().filter(|change| !change.erased.is_empty()) {
        let id = change.ticket.id;
        let parameters = parameters![tenant.as_str(), id.0, 0_i64, i64::MAX];
        let history = log::events(&link.run("history", &texts.history, parameters).await?)?;
        left.insert(id, search::left(tenant, &history, &change.erased));
    }
    Ok(left)
}

/// Makes the rows that a first commit of its sort needs to be there, to lock them.
pub(crate) async fn prepare(link: &mut Link<'_>, texts: &Texts, commit: &Prepared) -> Result<()> {
    let counter = commit.opens() || commit.rests_on_absence();
    let parameters = parameters![commit.commit.tenant.as_str(), commit.kinds(), counter];
    link.run("prepare", &texts.prepare, parameters).await?;
    Ok(())
}

/// Finds the first expectation of a commit that does not hold, in the order in which they stand.
pub(crate) async fn conflict(link: &mut Link<'_>, texts: &Texts, commit: &Commit) -> Result<Option<Conflict>> {
    let Commit { tenant, changes, documents: writes, expect } = commit;
    let rested = expect.iter().filter_map(|expect| match expect {
        Expect::Ticket(id, _) => Some(id.0),
        Expect::Document { .. } => None,
    });
    let tickets: Vec<Uuid> = rested.chain(changes.iter().map(|change| change.ticket.id.0)).collect();
    let versions = link.run("versions", &texts.versions, parameters![tenant.as_str(), tickets]).await?;
    let version = |row: &PgRow| Ok(Version(row.try_get::<Option<i64>, _>(0)?.unwrap_or(0)));
    let versions = versions.iter().map(version).collect::<Result<Vec<_>>>()?;
    let asked = expect.iter().filter_map(|expect| match expect {
        Expect::Ticket(..) => None,
        Expect::Document { kind, key, .. } => Some((kind, key.as_str())),
    });
    let documents = document::found(link, &texts.documents, tenant, asked).await?;
    let (mut versions, mut documents) = (versions.into_iter(), documents.into_iter());
    let mut at = |id: TicketId, expected: Version| {
        let found = versions.next().unwrap_or_default();
        (found != expected).then_some(Conflict::Ticket { id, expected, found })
    };
    for expect in expect {
        let conflict = match expect {
            Expect::Ticket(id, expected) => at(*id, *expected),
            Expect::Document { kind, key, version: expected } => {
                let found = documents.next().flatten().map_or(Version(0), |document| document.version);
                let (kind, key, expected) = (kind.clone(), key.clone(), *expected);
                (found != expected).then_some(Conflict::Document { kind, key, expected, found })
            }
        };
        if conflict.is_some() {
            return Ok(conflict);
        }
    }
    if let Some(conflict) = changes.iter().find_map(|change| at(change.ticket.id, change.expected)) {
        return Ok(Some(conflict));
    }
    if let Some(conflict) = claim::conflict(link, &texts.holders, tenant, changes).await? {
        return Ok(Some(conflict));
    }
    document::conflict(link, &texts.documents, tenant, writes).await
}

/// Tells whether exactly the events of a commit are there, and its tickets' numbers: what became of a commit in which the
/// connection was lost. One without events is known by the documents it leaves; one without either leaves nothing by
/// which to know it.
pub(crate) async fn written(link: &mut Link<'_>, texts: &Texts, commit: &Prepared) -> Result<Option<Vec<i64>>> {
    let Prepared { commit: Commit { tenant, changes, documents, .. }, encoded, .. } = commit;
    let mut numbers = Vec::new();
    if changes.iter().all(|change| change.facts.is_empty())
        && !document::are(link, &texts.documents, tenant, documents).await?
    {
        return Ok(None);
    }
    for (change, encoded) in changes.iter().zip(encoded) {
        let (id, from) = (change.ticket.id.0, change.expected.0);
        let parameters = parameters![tenant.as_str(), id, from, change.ticket.version.0];
        let rows = link.run("written", &texts.written, parameters).await?;
        if !log::are(&rows, change, encoded)? {
            return Ok(None);
        }
        numbers.push(rows.first().map_or(Ok(change.ticket.number), |row| row.try_get(0))?);
    }
    Ok(Some(numbers))
}

/// Writes a commit in a transaction of the host's, which is as it was if the commit is refused.
pub(crate) async fn within(
    transaction: &mut PgConnection,
    persistent: bool,
    texts: &Texts,
    commit: Commit,
) -> Result<Vec<Arc<Ticket>>> {
    let commit = Prepared::new(commit)?;
    let (mut raced, mut sound) = (None, true);
    for attempt in 0..3 {
        let mut savepoint = transaction.begin().await?;
        let mut link = Link::lent(&mut savepoint, &mut sound, persistent);
        let mut left = Left::new();
        if attempt > 0 || commit.needs_locks() {
            left = lock(&mut link, texts, &commit).await?;
        }
        // Other commits of the same transaction have used some places.
        let place: i64 = match link.run("place", &texts.place, Parameters::default()).await?.first() {
            Some(row) => row.try_get(0)?,
            None => return Err(crate::error::corrupt("base of the feed", "nothing")),
        };
        if place.saturating_add(sql::limit(commit.events())) > log::PLACES {
            let text = format!("a transaction has more than {} events", log::PLACES);
            return Err(StoreError::backend(text).into());
        }
        match write(&mut link, texts, &commit.commit.tenant, &[&commit], &left, place).await {
            Ok(Answer::Written(numbers)) => {
                savepoint.commit().await?;
                return Ok(commit.stored(numbers.concat()));
            }
            Ok(Answer::Refused(_)) => {
                if let Some(conflict) = conflict(&mut link, texts, &commit.commit).await? {
                    savepoint.rollback().await?;
                    return Err(conflict.into());
                }
                prepare(&mut link, texts, &commit).await?;
                savepoint.commit().await?;
            }
            Err(Error::Postgres(error)) if is_race(&error) => {
                savepoint.rollback().await?;
                raced = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(raced.map_or_else(|| StoreError::Busy.into(), Error::Postgres))
}

#[cfg(test)]
mod tests {
    use sqlx::ConnectOptions;
    use ticketcore::command::{Command, Draft};
    use ticketcore::store::Claim;
    use ticketcore::testing::Clerk;

    use super::*;
    use crate::cluster::{self, Database};
    use crate::schema::migrate;

    /// A commit that only takes a claim was answered as written when somebody else had taken it.
    #[test]
    fn a_lost_commit_is_known_again_by_its_events_and_not_without_any() {
        let Some(database) = Database::new() else { return };
        cluster::block_on(async {
            let mut connection = database.address.connect().await.unwrap();
            migrate(&mut connection, "ticketcore").await.unwrap();
            let schema = Schema::named("ticketcore").unwrap();
            let texts = Texts::new(&schema, Composites::read(&mut connection, &schema).await.unwrap());
            let clerk = Clerk::new(1);
            let opening = clerk.commit([clerk.opening(Draft::incident("Disk full"))]);
            let ticket = within(&mut connection, true, &texts, opening.clone()).await.unwrap().remove(0);
            let mut sound = true;
            let mut link = Link::lent(&mut connection, &mut sound, true);
            let mut known = async |commit| written(&mut link, &texts, &Prepared::new(commit).unwrap()).await.unwrap();
            assert_eq!(known(opening).await, Some(vec![1]));
            let tag = clerk.order(&ticket, Command::Tag("hot".into()));
            assert_eq!(known(clerk.commit([tag.clone()])).await, None);
            let claims = vec![Claim { key: "mail-1".to_owned(), from: None, to: Some(ticket.id) }];
            let only_a_claim = Change { facts: Vec::new(), ticket: Arc::clone(&ticket), claims, ..tag };
            assert_eq!(known(clerk.commit([only_a_claim])).await, None);
        });
    }
}
