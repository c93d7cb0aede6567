//! What of a filter is asked of the whole ticket, which stands as JSON beside its row: flags, promises, links, the past.

use ticketcore::id::{Key, PersonId};
use ticketcore::line::{Flag, Flags};
use ticketcore::query::{End, Linked, Past, Period, Promise, Stands};
use ticketcore::ticket::LinkKind;
use ticketcore::time::micros;
use ticketcore::trail::Aspect;

use crate::sql::{Sql, Terms};

impl Sql {
    /// Asks that flags are up in the last beat of the ticket's line, where all of them stand in one number.
    pub(crate) fn flags(&mut self, flags: &[Flag]) {
        let bits = flags.iter().fold(Flags::default(), |all, flag| all.with(*flag, true)).bits();
        self.push("(select json_extract(s.body, '$.line[#-1][6]') & ").bind(bits).push(" = ").bind(bits);
        self.push(" from ticketcore_snapshot s where s.row = t.row)");
    }

    pub(crate) fn promise(&mut self, promise: &Promise) {
        let Promise { policy, stands } = promise;
        let policy = |sql: &mut Self, column: &str| {
            if let Some(policy) = policy {
                sql.push(" and ").push(column).push(" = ").bind(policy.to_string());
            }
            sql.push(")");
        };
        if let Stands::Breached | Stands::Excused = stands {
            self.push("exists (select 1 from ticketcore_snapshot s, json_each(s.body, '$.policies.breaches') b ");
            self.push("where s.row = t.row and json_extract(b.value, '$.waived') is ");
            self.push(if *stands == Stands::Breached { "null" } else { "not null" });
            return policy(self, "json_extract(b.value, '$.policy')");
        }
        let mut terms = Terms::default();
        self.push("exists (select 1 from json_each(t.targets) p where ");
        let paused = "json_extract(p.value, '$[2]')";
        match stands {
            Stands::Breached | Stands::Excused => {}
            Stands::Paused => _ = terms.next(self).push(paused),
            Stands::Running => _ = terms.next(self).push("not ").push(paused),
            Stands::Due(period) => {
                terms.next(self).push("not ").push(paused);
                self.period(&mut terms, "json_extract(p.value, '$[1]')", *period);
            }
        }
        self.join(terms, " and ", "true");
        policy(self, "json_extract(p.value, '$[0]')");
    }

    /// Asks what the ticket was: each turn of its trail says what it was before, its row what it is now.
    pub(crate) fn past(&mut self, past: &Past) {
        let mut turns = Terms::default();
        match past {
            Past::Was { aspect, values, period } => {
                let Period { from, to } = *period;
                self.push("(");
                self.turned(*aspect);
                self.value(&mut turns, TURN_FROM, values);
                if let Some(to) = to {
                    turns.next(self).push(TURN_SINCE).push(" < ").bind(micros(to));
                }
                if let Some(from) = from {
                    turns.next(self).push(TURN_AT).push(" > ").bind(micros(from));
                }
                self.join(turns, " and ", "true").push(") or ");
                let mut now = Terms::default();
                self.value(&mut now, column(*aspect), values);
                if let Some(to) = to {
                    now.next(self).push("coalesce((select ").push(TURN_AT).push(TRAIL).bind(aspect.as_str().to_owned());
                    self.push(" order by r.key desc limit 1), t.created) < ").bind(micros(to));
                }
                self.join(now, " and ", "true").push(")");
            }
            Past::Changed { aspect, from, to, by, period } => {
                self.turned(*aspect);
                self.value(&mut turns, TURN_FROM, from);
                self.value(&mut turns, TURN_TO, to);
                self.asked(&mut turns, TURN_BY, by.iter().map(PersonId::as_str));
                self.period(&mut turns, TURN_AT, *period);
                self.join(turns, " and ", "true").push(")");
            }
        }
    }

    /// Begins to ask for a turn of an aspect.
    fn turned(&mut self, aspect: Aspect) {
        self.push("exists (select 1").push(TRAIL).bind(aspect.as_str().to_owned()).push(" and ");
    }

    /// Asks that a value, or the lack of one, be among some; nothing if there are none.
    fn value(&mut self, terms: &mut Terms, column: &str, values: &[Option<Key>]) {
        if values.is_empty() {
            return;
        }
        let mut one = Terms::default();
        terms.next(self);
        if values.contains(&None) {
            one.next(self).push(column).push(" is null");
        }
        self.asked(&mut one, column, values.iter().flatten().map(Key::as_str));
        self.join(one, " or ", "false");
    }

    /// Asks for a link; the ticket at its other end is found by its id.
    pub(crate) fn linked(&mut self, tenant: i64, linked: Linked) {
        let Linked { kind, to } = linked;
        self.push("exists (select 1 from ticketcore_snapshot s, json_each(s.body, '$.links') l where s.row = t.row");
        if let Some(kind) = kind {
            self.push(" and json_extract(l.value, '$.kind') = ").bind(LinkKind::as_str(kind).to_owned());
        }
        let other = " and exists (select 1 from ticketcore_ticket o indexed by ticketcore_ticket_id \
                     where o.id = unhex(replace(json_extract(l.value, '$.to'), '-', '')) and o.tenant = ";
        match to {
            End::Any => {}
            End::Open => _ = self.push(other).bind(tenant).push(" and o.open)"),
            End::Number(number) => {
                self.push(other).bind(tenant).push(" and o.number = ").bind(number).push(")");
            }
        }
        self.push(")");
    }
}

/// The turns of an aspect, the next parameter.
const TRAIL: &str = " from ticketcore_snapshot s, json_each(s.body, '$.trail') r \
                     where s.row = t.row and json_extract(r.value, '$[3]') = ";
const TURN_AT: &str = "json_extract(r.value, '$[0]')";
const TURN_SINCE: &str = "json_extract(r.value, '$[1]')";
const TURN_BY: &str = "json_extract(r.value, '$[2]')";
const TURN_FROM: &str = "json_extract(r.value, '$[4]')";
const TURN_TO: &str = "json_extract(r.value, '$[5]')";

/// What a ticket has of an aspect now, as its trail names it.
const fn column(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Status => "t.status",
        Aspect::State => "t.state",
        Aspect::Priority => "'p' || t.priority",
        Aspect::Assignee => "t.assignee",
        Aspect::Team => "t.team",
        Aspect::Queue => "t.queue",
        Aspect::Category => "t.category",
    }
}
