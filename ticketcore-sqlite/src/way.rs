//! By which way a question gets at its tickets.
//!
//! SQLite has no statistics here and takes every index for selective: to save a sort it would read a tenant's tickets
//! from the newest to the oldest in search of one number. So the way is chosen here, and the statement names it.

use ticketcore::query::{Assignee, Filter, Sort};

use crate::sql::Sql;
use crate::{rows, search};

/// A way to tickets, each through one index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// By rows: some known ones, or all of a tenant in one pass.
    Rows,
    /// By ids.
    Ids,
    /// What some people asked for.
    Requester,
    /// The backlog, perhaps of one agent.
    Open,
    /// The queues, each in its order; for [`Sort::Rank`] only, which asks for tickets that are due.
    Queue,
    /// By date of opening.
    Created,
    /// By what texts hold, in the order of numbers; for [`Sort::Number`] only.
    Words,
}

impl Way {
    /// The way for a report: an index is worth it only if it leads to few tickets.
    pub(crate) fn to_all(filter: &Filter) -> Self {
        if !filter.ids.is_empty() {
            Self::Ids
        } else if filter.numbers.is_empty() && filter.words.is_empty() && !filter.requesters.is_empty() {
            Self::Requester
        } else {
            Self::Rows
        }
    }

    /// The way for a page in an order.
    pub(crate) fn to_page(filter: &Filter, sort: Sort) -> Self {
        let narrow = Self::to_all(filter);
        let backlog = !filter.statuses.is_empty() && filter.statuses.iter().all(|status| status.is_open());
        let known = !filter.numbers.is_empty() || !filter.words.is_empty();
        if narrow == Self::Rows
            && filter.numbers.is_empty()
            && sort == Sort::Number
            && search::question(&filter.words).is_some()
        {
            Self::Words
        } else if narrow != Self::Rows || known {
            narrow
        } else if backlog && (sort != Sort::Rank || filter.assignee != Assignee::Any) {
            Self::Open
        } else {
            match sort {
                Sort::Rank => Self::Queue,
                Sort::Created => Self::Created,
                Sort::Updated | Sort::Number => Self::Rows,
            }
        }
    }
}

impl Sql {
    /// Appends where the tickets (`t`) of a tenant come from. The filter must ask for what the way leads to.
    pub(crate) fn from(&mut self, way: Way, tenant: i64, words: &[String]) -> &mut Self {
        let [first, last] = rows::of(tenant);
        if let Some(question) = search::question(words).filter(|_| way == Way::Words) {
            self.push(" from ticketcore_words w cross join ticketcore_ticket t on t.row = w.rowid");
            self.push(" where w.ticketcore_words match ").bind(question);
            return self.push(" and w.rowid between ").bind(first).push(" and ").bind(last);
        }
        self.push(" from ticketcore_ticket t ");
        let (index, only) = match way {
            Way::Rows | Way::Words => {
                return self.push("not indexed where t.row between ").bind(first).push(" and ").bind(last);
            }
            Way::Ids => ("id", ""),
            Way::Requester => ("requester", " and t.requester is not null"),
            Way::Open => ("open", " and t.open"),
            Way::Queue => ("queue", ""),
            Way::Created => ("created", ""),
        };
        self.push("indexed by ticketcore_ticket_").push(index).push(" where t.tenant = ").bind(tenant).push(only)
    }
}
