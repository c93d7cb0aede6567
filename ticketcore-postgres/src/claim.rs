//! Claims: unique keys of a tenant that change hands.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use sha2::{Digest, Sha256};
use sqlx::Row;
use ticketcore::id::{TenantId, TicketId, Version};
use ticketcore::store::{Change, Claim, Conflict, Held};

use crate::connections::{Connections, Link};
use crate::error::Result;
use crate::record::Records;
use crate::settled::SETTLED;
use crate::sql::{self, Text, parameters};

/// Who holds a claim. Often that is the answer to a request that is repeated, so it has to be as safe as the commit.
pub(crate) fn held_text() -> String {
    format!("select ticket, since, {SETTLED} from @.claim where tenant = $1 and digest = $2")
}

/// Keeps others from making claims until the transaction ends. A claim that nobody may hold, and that nobody is to take,
/// has no row to lock; no command asks for such a thing.
pub(crate) const CLOSED: &str = "lock table @.claim in share row exclusive mode";

/// Who holds some claims.
pub(crate) const HOLDERS: &str = "select digest, ticket from @.claim where tenant = $1 and digest = any ($2::bytea[])";

/// What a commit makes of one claim, from first to last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Swap<'a> {
    pub(crate) key: &'a str,
    pub(crate) digest: [u8; 32],
    /// Who must hold it before.
    from: Option<TicketId>,
    /// Who is to hold it, and since when.
    to: Option<(TicketId, Version)>,
}

impl Swap<'_> {
    /// Tells whether it only asks that nobody holds the claim.
    pub(crate) const fn is_look(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}

/// Reads what becomes of each claim of a commit; an earlier swap counts for a later one. `None` if they contradict each
/// other, so that they cannot be carried out whoever holds what.
pub(crate) fn swaps(changes: &[Change]) -> Option<Vec<Swap<'_>>> {
    let mut swaps: Vec<Swap<'_>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for change in changes {
        for Claim { key, from, to } in &change.claims {
            let to = to.map(|to| (to, change.ticket.version));
            match places.entry(key) {
                Entry::Vacant(place) => {
                    place.insert(swaps.len());
                    swaps.push(Swap { key, digest: digest(key), from: *from, to });
                }
                Entry::Occupied(place) => {
                    let swap = &mut swaps[*place.get()];
                    if swap.to.map(|(held, _)| held) != *from {
                        return None;
                    }
                    swap.to = to;
                }
            }
        }
    }
    Some(swaps)
}

/// The name of a key in the table: a key may be longer than an index takes.
pub(crate) fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key).into()
}

/// Gathers the claims of a statement's commits in an order in which all statements lock them, so that none waits for one
/// that waits for it.
pub(crate) fn rows(mut swaps: Vec<(i32, Swap<'_>)>) -> Records {
    swaps.sort_unstable_by_key(|(_, swap)| swap.digest);
    let mut rows = Records::default();
    for (no, Swap { key, digest, from, to }) in swaps {
        let (target, since) = to.map(|(id, since)| (id.0, since.0)).unzip();
        rows.push(&[&no, &digest, &key, &from.map(|id| id.0), &target, &since]);
    }
    rows
}

/// Locks the claims of a statement, a parameter, and says who holds them.
pub(crate) fn held(swaps: usize) -> String {
    format!(
        "held as materialized (\
           select s.*, h.ticket from {} s \
           left join lateral (select c.ticket from @.claim c where c.tenant = $1 and c.digest = s.digest \
             for no key update) h on true)",
        sql::rows(swaps, "@.swap_1")
    )
}

/// The commits whose claims are in other hands.
pub(crate) const REFUSED: &str = "select h.no from held h where h.ticket is distinct from h.source";

/// Carries the swaps out. What nobody held is inserted, and fails the statement if somebody was faster; what somebody
/// held is locked.
pub(crate) const SWAPPED: &str = "released as (\
       delete from @.claim c where c.tenant = $1 and (select fit from verdict) \
         and exists (select from held where target is null and source is not null) \
         and c.digest = any (array(select digest from held where target is null and source is not null))), \
     taken as (\
       insert into @.claim (tenant, digest, key, ticket, since) \
       select $1, digest, key, target, since from held \
       where source is null and target is not null and (select fit from verdict)), \
     passed as (\
       insert into @.claim (tenant, digest, key, ticket, since) \
       select $1, digest, key, target, since from held \
       where source is not null and target is not null and (select fit from verdict) \
       on conflict (tenant, digest) do update set ticket = excluded.ticket, since = excluded.since)";

/// Tells who holds a claim.
pub(crate) async fn get(connections: &Connections, text: &Text, tenant: &TenantId, key: &str) -> Result<Option<Held>> {
    let rows = connections.read("claim", text, parameters![tenant.as_str(), digest(key).as_slice()]).await?;
    let held = |row| Ok(Held { by: sql::id(row, 0)?, since: Version(row.try_get(1)?) });
    rows.first().map(held).transpose()
}

/// Says which claim of a commit is in other hands, if one is, as one after the other would find out.
pub(crate) async fn conflict(
    link: &mut Link<'_>,
    text: &Text,
    tenant: &TenantId,
    changes: &[Change],
) -> Result<Option<Conflict>> {
    let claims = || changes.iter().flat_map(|change| &change.claims);
    let digests: Vec<Vec<u8>> = claims().map(|claim| digest(&claim.key).to_vec()).collect();
    if digests.is_empty() {
        return Ok(None);
    }
    let rows = link.run("holders", text, parameters![tenant.as_str(), digests]).await?;
    let mut held = HashMap::new();
    for row in &rows {
        held.insert(row.try_get::<Vec<u8>, _>(0)?, sql::id(row, 1)?);
    }
    let mut swapped: HashMap<&str, Option<TicketId>> = HashMap::new();
    for Claim { key, from, to } in claims() {
        let held = match swapped.insert(key, *to) {
            Some(held) => held,
            None => held.get(digest(key).as_slice()).copied(),
        };
        if held != *from {
            return Ok(Some(Conflict::Claim { key: key.clone(), held }));
        }
    }
    Ok(None)
}
