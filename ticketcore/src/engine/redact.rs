//! The customer's side of a ticket.

use std::collections::BTreeSet;

use crate::config::Rights;
use crate::id::{Key, Pin, Version};
use crate::line::Line;
use crate::policy_log::PolicyLog;
use crate::priority::{Level, Priority};
use crate::ticket::Ticket;

/// What a customer sees of a ticket; everything else is as in a ticket that has none of it.
///
/// Internal notes leave no trace in it: not in its counters, not in its times, not in its version, which is 0. The state
/// is named by its place in life, and the last change is the last one the customer could see.
pub fn redacted(rights: &Rights, ticket: &Ticket) -> Ticket {
    // Taken apart, so that whoever adds to a ticket decides here who sees it.
    let Ticket {
        tenant,
        id,
        number,
        prefix,
        version: _,
        kind,
        subject,
        category,
        tags: _,
        fields,
        channel,
        external,
        requester,
        organisation,
        assignee: _,
        team: _,
        queue: _,
        watchers: _,
        participants,
        referred: _,
        shares: _,
        workflow: _,
        state: _,
        previous: _,
        status,
        waiting,
        dropped,
        impact: _,
        urgency: _,
        computed: _,
        overridden: _,
        level: _,
        acked: _,
        snoozed: _,
        links: _,
        alert: _,
        created,
        updated: _,
        responded,
        resolved,
        first_resolved,
        closed,
        reopens,
        reassigns: _,
        messages: _,
        public,
        heard,
        line: _,
        policies: _,
    } = ticket;
    let mut fields = fields.clone();
    fields.retain(|field, _| !rights.internal.contains(field));
    let seen = [*heard, *responded, *resolved, *closed].into_iter().flatten();
    Ticket {
        tenant: tenant.clone(),
        id: *id,
        number: *number,
        prefix: prefix.clone(),
        version: Version(0),
        kind: kind.clone(),
        subject: subject.clone(),
        category: category.clone(),
        tags: BTreeSet::new(),
        fields,
        channel: *channel,
        external: external.clone(),
        requester: requester.clone(),
        organisation: organisation.clone(),
        assignee: None,
        team: None,
        queue: None,
        watchers: BTreeSet::new(),
        participants: participants.clone(),
        referred: BTreeSet::new(),
        shares: BTreeSet::new(),
        workflow: Pin { id: Key::default(), rev: 0 },
        state: Key::new(status.as_str()),
        previous: None,
        status: *status,
        waiting: *waiting,
        dropped: *dropped,
        impact: Level::MEDIUM,
        urgency: Level::MEDIUM,
        computed: Priority::P3,
        overridden: None,
        level: 0,
        acked: None,
        snoozed: None,
        links: BTreeSet::new(),
        alert: None,
        created: *created,
        updated: seen.fold(*created, Ord::max),
        responded: *responded,
        resolved: *resolved,
        first_resolved: *first_resolved,
        closed: *closed,
        reopens: *reopens,
        reassigns: 0,
        messages: *public,
        public: *public,
        heard: *heard,
        line: Line::default(),
        policies: PolicyLog::default(),
    }
}
