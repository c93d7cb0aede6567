//! Filters of filters, as flat as they can be: what a store can read off an index has to stand in the outermost.
//!
//! Only the form changes. Joined by `and`, questions about different things stand in one filter; joined by `or`, lists of
//! values of the same thing become one.

use std::mem::take;

use crate::query::{Assignee, Filter, Period};

/// Does something with each list of which one value is enough, but for the assignee's.
macro_rules! each_list {
    ($with:ident) => {
        $with!(
            ids,
            numbers,
            kinds,
            statuses,
            states,
            priorities,
            categories,
            teams,
            queues,
            requesters,
            organisations,
            watchers,
            channels,
            externals,
            waiting
        )
    };
}

/// How many such lists there are, with the assignee's.
const LISTS: usize = 16;

/// What nothing means.
pub(super) fn nothing() -> Filter {
    Filter::without([Filter::default()])
}

/// What all of some filters mean.
pub(super) fn all(filters: Vec<Filter>) -> Filter {
    let mut filters = filters.into_iter();
    let Some(mut first) = filters.next() else { return Filter::default() };
    filters.for_each(|filter| join(&mut first, filter));
    first
}

/// What one of some filters means; nothing, if there are none.
pub(super) fn any(filters: Vec<Filter>) -> Filter {
    let mut any: Vec<Filter> = Vec::new();
    // Of each list, where the filter stands that asks for nothing else.
    let mut alone: [Option<usize>; LISTS] = [None; LISTS];
    for mut filter in filters {
        // An alternative that is itself one of several is all of them.
        let several = take(&mut filter.any);
        let alternatives = if !several.is_empty() && filter == Filter::default() {
            several
        } else {
            filter.any = several;
            vec![filter]
        };
        for mut filter in alternatives {
            let list = only_list(&mut filter);
            match list.and_then(|list| alone[list]) {
                Some(first) => extend(&mut any[first], filter),
                None => {
                    if let Some(list) = list {
                        alone[list] = Some(any.len());
                    }
                    any.push(filter);
                }
            }
        }
    }
    match any.len() {
        0 => nothing(),
        1 => any.pop().unwrap_or_default(),
        _ => Filter { any, ..Filter::default() },
    }
}

/// Which list is all that a filter asks about, if it is one.
fn only_list(filter: &mut Filter) -> Option<usize> {
    let mut number = 0;
    macro_rules! find {
        ($($list:ident),*) => { $(
            if !filter.$list.is_empty() {
                let list = take(&mut filter.$list);
                let alone = *filter == Filter::default();
                filter.$list = list;
                return alone.then_some(number);
            }
            number += 1;
        )* };
    }
    each_list!(find);
    match take(&mut filter.assignee) {
        Assignee::Is(people) => {
            let alone = *filter == Filter::default();
            filter.assignee = Assignee::Is(people);
            alone.then_some(number)
        }
        other @ (Assignee::Any | Assignee::Nobody) => {
            filter.assignee = other;
            None
        }
    }
}

/// Adds the values of one list to those of the same list.
fn extend(filter: &mut Filter, other: Filter) {
    macro_rules! append {
        ($($list:ident),*) => { $(filter.$list.extend(other.$list);)* };
    }
    if let (Assignee::Is(people), Assignee::Is(more)) = (&mut filter.assignee, other.assignee) {
        people.extend(more);
    }
    each_list!(append);
}

/// Asks a filter for what another asks, too. What both ask about stands apart.
fn join(filter: &mut Filter, other: Filter) {
    // Taken apart, so that whoever adds a question decides here how two of them are asked at once.
    let Filter {
        ids,
        numbers,
        kinds,
        except,
        statuses,
        states,
        priorities,
        categories,
        teams,
        queues,
        assignee,
        requesters,
        organisations,
        watchers,
        channels,
        tags,
        fields,
        externals,
        waiting,
        has,
        flags,
        counts,
        promises,
        linked,
        past,
        created,
        updated,
        responded,
        resolved,
        first_resolved,
        closed,
        due,
        words,
        phrases,
        prefixes,
        all,
        any,
        none,
        sight: _,
    } = other;
    let mut apart = Filter::default();
    macro_rules! one_of {
        ($($list:ident),*) => { $(
            if filter.$list.is_empty() { filter.$list = $list } else { apart.$list = $list }
        )* };
    }
    macro_rules! all_of {
        ($($list:ident),*) => { $(filter.$list.extend($list);)* };
    }
    one_of!(ids, numbers, kinds, statuses, states, priorities, categories, teams, queues, requesters, organisations);
    one_of!(watchers, channels, externals, waiting, any);
    all_of!(except, tags, fields, has, flags, counts, promises, linked, past, words, phrases, prefixes);
    all_of!(all, none);
    match filter.assignee {
        Assignee::Any => filter.assignee = assignee,
        Assignee::Nobody | Assignee::Is(_) => apart.assignee = assignee,
    }
    for (period, other) in [
        (&mut filter.created, created),
        (&mut filter.updated, updated),
        (&mut filter.responded, responded),
        (&mut filter.resolved, resolved),
        (&mut filter.first_resolved, first_resolved),
        (&mut filter.closed, closed),
        (&mut filter.due, due),
    ] {
        *period = both(*period, other);
    }
    if apart != Filter::default() {
        filter.all.push(apart);
    }
}

/// The time that two periods share.
fn both(one: Period, other: Period) -> Period {
    let to = match (one.to, other.to) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    Period { from: one.from.max(other.from), to }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Status;

    fn team(name: &str) -> Filter {
        Filter { teams: vec![name.into()], ..Filter::default() }
    }

    #[test]
    fn alternatives_of_the_same_thing_become_one_list() {
        let filter = any(vec![team("a"), any(vec![team("b"), Filter::open()]), team("c")]);
        let teams = Filter { teams: vec!["a".into(), "b".into(), "c".into()], ..Filter::default() };
        assert_eq!(filter, Filter { any: vec![teams, Filter::open()], ..Filter::default() });
        assert_eq!(any(vec![team("a"), team("b")]).teams.len(), 2);
    }

    #[test]
    fn what_asks_more_is_left_alone() {
        let closed = Filter { statuses: vec![Status::Closed], ..team("b") };
        let filter = any(vec![team("a"), closed.clone()]);
        assert_eq!(filter.any, [team("a"), closed]);
    }

    #[test]
    fn questions_about_different_things_stand_together() {
        let filter = all(vec![team("a"), Filter::open(), team("b")]);
        assert_eq!(filter, Filter { statuses: Filter::open().statuses, all: vec![team("b")], ..team("a") });
    }

    #[test]
    fn of_no_alternatives_none_holds_and_of_no_demands_all_do() {
        assert_eq!(any(Vec::new()), nothing());
        assert_eq!(all(Vec::new()), Filter::default());
    }
}
