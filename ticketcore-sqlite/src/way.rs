//! By which way a question gets at its tickets.
//!
//! SQLite has no statistics here and takes every index for selective: to save a sort it would read a tenant's tickets
//! from the newest to the oldest in search of one number. So the way is chosen here, and the statement names it.

use ticketcore::query::{Assignee, Filter, Glance, Period, Sight, Sort, Terms, Through};
use ticketcore::report::Needs;

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
    /// What the one who asks may see.
    Sight,
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
        } else if !filter.numbers.is_empty() || !Terms::of(filter).is_empty() {
            Self::Rows
        } else if !filter.requesters.is_empty() {
            Self::Requester
        } else if is_narrow(&filter.sight) {
            Self::Sight
        } else {
            Self::Rows
        }
    }

    /// The way for a report that reads some figures: if the index by date of opening holds all of them, and all that is
    /// asked, there is no need to go through the tickets themselves.
    pub(crate) fn to_report(filter: &Filter, needs: &Needs) -> Self {
        match Self::to_all(filter) {
            Self::Rows if is_covered(filter, needs) => Self::Created,
            way => way,
        }
    }

    /// The way for a page in an order.
    pub(crate) fn to_page(filter: &Filter, sort: Sort) -> Self {
        let narrow = Self::to_all(filter);
        let backlog = !filter.statuses.is_empty() && filter.statuses.iter().all(|status| status.is_open());
        let words = !Terms::of(filter).is_empty();
        let known = !filter.numbers.is_empty() || words;
        if narrow == Self::Rows && filter.numbers.is_empty() && sort == Sort::Number && words {
            Self::Words
        } else if narrow != Self::Rows || known {
            narrow
        } else if backlog && (sort != Sort::Rank || filter.assignee != Assignee::Any) {
            Self::Open
        } else {
            match sort {
                Sort::Rank => Self::Queue,
                Sort::Created => Self::Created,
                Sort::Updated | Sort::Number | Sort::Priority | Sort::Resolved | Sort::Closed => Self::Rows,
            }
        }
    }
}

/// Tells whether the index by date of opening holds all that is asked and read.
fn is_covered(filter: &Filter, needs: &Needs) -> bool {
    // Taken apart so that a new figure is thought of.
    let Needs {
        status: _,
        priority: _,
        team: _,
        assignee: _,
        created: _,
        responded: _,
        resolved: _,
        first_resolved: _,
        closed: _,
        kind,
        state,
        category,
        queue,
        requester,
        channel,
        business,
        counters,
        score,
        standings,
        course,
    } = *needs;
    let others = [kind, state, category, queue, requester, channel, business, counters, score, standings, course]
        .contains(&true);
    let rest = Filter {
        statuses: Vec::new(),
        priorities: Vec::new(),
        teams: Vec::new(),
        assignee: Assignee::Any,
        created: Period::default(),
        responded: Period::default(),
        resolved: Period::default(),
        first_resolved: Period::default(),
        closed: Period::default(),
        ..filter.clone()
    };
    // Which texts are searched does not matter where none is asked for.
    let all = Filter { sight: Sight { public: filter.sight.public, ..Sight::default() }, ..Filter::all() };
    !others && rest == all
}

/// Tells whether a sight is of few tickets, each of them found through an index.
fn is_narrow(sight: &Sight) -> bool {
    let indexed = |glance: &Glance| match glance.through {
        Through::Requester(_) | Through::Organisation(_) | Through::Access(_) => true,
        Through::Any | Through::Assignee(_) | Through::Teams(_) => false,
    };
    sight.glances.as_ref().is_some_and(|glances| !glances.is_empty() && glances.iter().all(indexed))
}

impl Sql {
    /// Appends where the tickets (`t`) of a tenant come from. The filter must ask for what the way leads to.
    pub(crate) fn from(&mut self, way: Way, tenant: i64, filter: &Filter) -> &mut Self {
        let [first, last] = rows::of(tenant);
        let question = || search::question(&Terms::of(filter), filter.sight.public);
        if let Some(question) = (way == Way::Words).then(question).flatten() {
            self.push(" from ticketcore_words w cross join ticketcore_ticket t on t.row = w.rowid");
            self.push(" where w.ticketcore_words match ").bind(question);
            // Up to the last there is: from a number far beyond it FTS5 takes 40 us to get there.
            self.push(" and w.rowid between ").bind(first);
            self.push(" and (select max(row) from ticketcore_ticket where row between ").bind(first);
            return self.push(" and ").bind(last).push(")");
        }
        if let Some(glances) = filter.sight.glances.as_ref().filter(|_| way == Way::Sight) {
            return self.seen(tenant, glances);
        }
        self.push(" from ticketcore_ticket t ");
        let (index, only) = match way {
            Way::Rows | Way::Words | Way::Sight => {
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

    /// Appends the tickets of narrow glances, each found through its index and once.
    fn seen(&mut self, tenant: i64, glances: &[Glance]) -> &mut Self {
        self.push(" from (");
        for (glance, before) in glances.iter().zip(std::iter::once("").chain(std::iter::repeat(" union "))) {
            self.push(before);
            match &glance.through {
                Through::Requester(person) => {
                    self.push(
                        "select row from ticketcore_ticket indexed by ticketcore_ticket_requester where tenant = ",
                    )
                    .bind(tenant)
                    .push(" and requester is not null and requester = ")
                    .bind(person.to_string());
                }
                Through::Organisation(key) => {
                    self.push(
                        "select row from ticketcore_ticket indexed by ticketcore_ticket_organisation where tenant = ",
                    )
                    .bind(tenant)
                    .push(" and organisation is not null and organisation = ")
                    .bind(key.to_string());
                }
                Through::Access(tokens) => {
                    self.push("select ticket as row from ticketcore_access where tenant = ").bind(tenant).push(" and ");
                    self.one_of("token", tokens.iter().map(String::as_str));
                }
                Through::Any | Through::Assignee(_) | Through::Teams(_) => {
                    self.push("select row from ticketcore_ticket where tenant = ").bind(tenant);
                }
            }
        }
        self.push(") s cross join ticketcore_ticket t on t.row = s.row where true")
    }
}
