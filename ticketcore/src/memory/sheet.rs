//! What reports read of a tenant's tickets, packed.

use std::collections::HashSet;

use super::{Slot, Tenant};
use crate::report::{Figures, Needs, Packed, Scan, Sieve, Table, Tallier, Unreadable};

/// The figures of all tickets of a tenant, each in the row of its number, as far as a report asked for them last.
///
/// Writes only note which tickets changed; a report reads those again before it begins. So a write pays nothing for it,
/// and a store that nobody asks for reports does not even keep it.
#[derive(Debug)]
pub(super) struct Sheet {
    packed: Packed,
    changed: HashSet<usize>,
}

/// All but the courses, which are as long as the rest together and are read by few reports.
const FIGURES: Needs = Needs {
    kind: true,
    status: true,
    state: true,
    priority: true,
    category: true,
    team: true,
    queue: true,
    assignee: true,
    requester: true,
    channel: true,
    created: true,
    responded: true,
    resolved: true,
    first_resolved: true,
    closed: true,
    business: true,
    counters: true,
    score: true,
    standings: true,
    course: false,
};

impl Default for Sheet {
    fn default() -> Self {
        Self { packed: Packed::new(&FIGURES), changed: HashSet::new() }
    }
}

impl Sheet {
    /// Notes that the ticket of a number changed.
    pub(super) fn change(&mut self, number: i64) {
        // One that came after the last report is read anyway.
        self.changed.extend(row(number).filter(|row| *row < self.packed.len()));
    }

    /// Reads again what changed, and reads what is new.
    fn catch_up<'a>(&mut self, slot: impl Fn(usize) -> Option<&'a Slot>) -> Result<(), Unreadable> {
        let mut changed: Vec<usize> = self.changed.drain().collect();
        changed.sort_unstable();
        let new = self.packed.len()..;
        let slots = changed.into_iter().chain(new).map_while(|row| Some((row, slot(row)?)));
        for (row, Slot { ticket, marks, .. }) in slots {
            let texts = marks.texts(&FIGURES);
            self.packed.put(row, &Figures::of(ticket, marks, &texts))?;
        }
        Ok(())
    }
}

/// The row of a number, of which the first is 1.
fn row(number: i64) -> Option<usize> {
    usize::try_from(number.checked_sub(1)?).ok()
}

impl Tenant {
    /// Counts the tickets of a scan.
    pub(super) fn tally(&mut self, scan: &Scan) -> Result<Vec<Table>, Unreadable> {
        if scan.needs().course {
            return self.walk(scan);
        }
        // Taken out, so that it can be written while the tickets are read.
        let mut sheet = self.sheet.take().unwrap_or_default();
        let slot = |row: usize| self.tickets.get(self.numbers.get(row)?);
        let tables = sheet.catch_up(slot).and_then(|()| {
            let sieve = Sieve::new(&scan.filter, &sheet.packed);
            Tallier::over(scan, &sheet.packed, |rows| {
                sieve.keep(&sheet.packed, rows);
                if !sieve.is_whole() {
                    rows.retain(|row| slot(*row).is_some_and(|slot| self.means(&scan.filter, slot)));
                }
            })
        });
        // What could not be brought up to date begins anew.
        self.sheet = tables.is_ok().then_some(sheet);
        tables
    }

    /// Counts them ticket by ticket.
    fn walk(&self, scan: &Scan) -> Result<Vec<Table>, Unreadable> {
        let (mut tallier, needs) = (Tallier::new(scan), Needs { course: false, ..scan.needs() });
        for slot in self.tickets.values().filter(|slot| self.means(&scan.filter, slot)) {
            let texts = slot.marks.texts(&needs);
            tallier.add_with(&Figures::of(&slot.ticket, &slot.marks, &texts), slot.marks.course.as_deref())?;
        }
        Ok(tallier.finish())
    }
}
