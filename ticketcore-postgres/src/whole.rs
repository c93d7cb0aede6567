//! What of a filter is asked of the whole ticket, which stands as JSON beside its row: flags, promises, links, the past.

use ticketcore::id::{Key, PersonId};
use ticketcore::line::{Flag, Flags};
use ticketcore::query::{End, Linked, Past, Period, Promise, Stands};
use ticketcore::ticket::LinkKind;
use ticketcore::time::micros;
use ticketcore::trail::Aspect;

use crate::error::Result;
use crate::filter::{Sql, Terms, of_snapshot};

impl Sql {
    /// Asks that flags are up in the last beat of the ticket's line, where all of them stand in one number.
    pub(crate) fn flags(&mut self, flags: &[Flag]) -> Result<()> {
        let bits = flags.iter().fold(Flags::default(), |all, flag| all.with(*flag, true)).bits();
        self.push(&of_snapshot("(s.body::jsonb -> 'line' -> -1 ->> 6)::smallint")).push(" & ").bind(i16::from(bits))?;
        self.push(" = ").bind(i16::from(bits))?;
        Ok(())
    }

    pub(crate) fn promise(&mut self, promise: &Promise) -> Result<()> {
        let Promise { policy, stands } = promise;
        let mut terms = Terms::default();
        let name = match stands {
            Stands::Breached | Stands::Excused => {
                self.push("exists (select 1 from @.snapshot s, ");
                self.push("jsonb_array_elements(s.body::jsonb -> 'policies' -> 'breaches') b ");
                self.push("where s.tenant = t.tenant and s.id = t.id and ");
                let excused = *stands == Stands::Excused;
                let waived = if excused { "b ->> 'waived' is not null" } else { "b ->> 'waived' is null" };
                terms.next(self).push(waived);
                "b ->> 'policy' = "
            }
            Stands::Running | Stands::Paused | Stands::Due(_) => {
                self.push("exists (select 1 from jsonb_array_elements(t.targets) p where ");
                let paused = *stands == Stands::Paused;
                terms.next(self).push(if paused { "(p ->> 2)::boolean" } else { "not (p ->> 2)::boolean" });
                if let Stands::Due(period) = stands {
                    self.period(&mut terms, "(p ->> 1)::bigint", *period)?;
                }
                "p ->> 0 = "
            }
        };
        if let Some(policy) = policy {
            terms.next(self).push(name).bind(policy.to_string())?;
        }
        self.join(terms, " and ", "true").push(")");
        Ok(())
    }

    /// Asks what the ticket was: each turn of its trail says what it was before, its row what it is now.
    pub(crate) fn past(&mut self, past: &Past) -> Result<()> {
        let mut turns = Terms::default();
        match past {
            Past::Was { aspect, values, period } => {
                let Period { from, to } = *period;
                self.push("(").turned(*aspect)?;
                self.value(&mut turns, TURN_FROM, values)?;
                if let Some(to) = to {
                    turns.next(self).push(TURN_SINCE).push(" < ").bind(micros(to))?;
                }
                if let Some(from) = from {
                    turns.next(self).push(TURN_AT).push(" > ").bind(micros(from))?;
                }
                self.join(turns, " and ", "true").push(") or ");
                let mut now = Terms::default();
                self.value(&mut now, column(*aspect), values)?;
                if let Some(to) = to {
                    now.next(self).push("coalesce((select ").push(TURN_AT).push(TRAIL).bind(aspect.as_str())?;
                    self.push(" order by r.n desc limit 1), t.created) < ").bind(micros(to))?;
                }
                self.join(now, " and ", "true").push(")");
            }
            Past::Changed { aspect, from, to, by, period } => {
                self.turned(*aspect)?;
                self.value(&mut turns, TURN_FROM, from)?;
                self.value(&mut turns, TURN_TO, to)?;
                self.asked(&mut turns, TURN_BY, by.iter().map(PersonId::to_string).collect())?;
                self.period(&mut turns, TURN_AT, *period)?;
                self.join(turns, " and ", "true").push(")");
            }
        }
        Ok(())
    }

    /// Begins to ask for a turn of an aspect.
    fn turned(&mut self, aspect: Aspect) -> Result<()> {
        self.push("exists (select 1").push(TRAIL).bind(aspect.as_str())?.push(" and ");
        Ok(())
    }

    /// Asks that a value, or the lack of one, be among some; nothing if there are none.
    fn value(&mut self, terms: &mut Terms, column: &str, values: &[Option<Key>]) -> Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        let mut one = Terms::default();
        terms.next(self);
        if values.contains(&None) {
            one.next(self).push(column).push(" is null");
        }
        self.asked(&mut one, column, values.iter().flatten().map(Key::to_string).collect())?;
        self.join(one, " or ", "false");
        Ok(())
    }

    /// Asks for a link; the ticket at its other end is found by its id.
    pub(crate) fn linked(&mut self, linked: Linked) -> Result<()> {
        let Linked { kind, to } = linked;
        self.push("exists (select 1 from @.snapshot s, jsonb_array_elements(s.body::jsonb -> 'links') l ");
        self.push("where s.tenant = t.tenant and s.id = t.id");
        if let Some(kind) = kind {
            self.push(" and l ->> 'kind' = ").bind(LinkKind::as_str(kind))?;
        }
        let other =
            " and exists (select 1 from @.ticket o where o.tenant = t.tenant and o.id = (l ->> 'to')::uuid and ";
        match to {
            End::Any => {}
            End::Open => _ = self.push(other).push("o.open)"),
            End::Number(number) => _ = self.push(other).push("o.number = ").bind(number)?.push(")"),
        }
        self.push(")");
        Ok(())
    }
}

/// The turns of an aspect, the next parameter.
const TRAIL: &str = " from @.snapshot s, jsonb_array_elements(s.body::jsonb -> 'trail') with ordinality r (turn, n) \
                     where s.tenant = t.tenant and s.id = t.id and r.turn ->> 3 = ";
const TURN_AT: &str = "(r.turn ->> 0)::bigint";
const TURN_SINCE: &str = "(r.turn ->> 1)::bigint";
const TURN_BY: &str = "r.turn ->> 2";
const TURN_FROM: &str = "(r.turn ->> 4)";
const TURN_TO: &str = "(r.turn ->> 5)";

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
