//! What a customer may not ask about: whatever they do not see could be told by a filter, an order or a count.

use crate::config::Rights;
use crate::line::Flag;
use crate::query::{Assignee, Counter, Filter, Order, Part, Sort};
use crate::report::{Dimension, Each, Measure, Scan, TableSpec};

/// Names the first thing a filter asks that a customer does not see, however deep it stands: what must not hold is told
/// by what is found as what must.
pub(crate) fn in_filter(rights: &Rights, filter: &Filter) -> Option<String> {
    // Taken apart, so that whoever adds a question decides here who may ask it.
    let Filter {
        ids: _,
        numbers: _,
        kinds: _,
        except: _,
        statuses: _,
        states,
        priorities,
        categories: _,
        teams,
        queues,
        assignee,
        requesters: _,
        organisations: _,
        watchers,
        channels: _,
        tags,
        fields,
        externals: _,
        waiting: _,
        has,
        flags,
        counts,
        promises,
        linked,
        past,
        created: _,
        updated,
        responded: _,
        resolved: _,
        first_resolved: _,
        closed: _,
        due,
        words: _,
        phrases: _,
        prefixes: _,
        all,
        any,
        none,
        sight: _,
    } = filter;
    let hidden = [
        ("states", !states.is_empty()),
        ("priorities", !priorities.is_empty()),
        ("teams", !teams.is_empty()),
        ("queues", !queues.is_empty()),
        ("assignee", *assignee != Assignee::Any),
        ("watchers", !watchers.is_empty()),
        ("tags", !tags.is_empty()),
        ("has", has.iter().any(|part| is_hidden_part(*part))),
        ("flags", flags.iter().any(|flag| is_hidden_flag(*flag))),
        ("counts", counts.iter().any(|(counter, _)| is_hidden_counter(*counter))),
        ("promises", !promises.is_empty()),
        ("linked", !linked.is_empty()),
        ("past", !past.is_empty()),
        ("updated", !updated.is_any()),
        ("due", !due.is_any()),
    ];
    let asked = hidden.into_iter().find(|(_, asked)| *asked).map(|(name, _)| name.to_owned());
    let internal = || fields.iter().find(|(field, _)| rights.internal.contains(field));
    asked
        .or_else(|| internal().map(|(field, _)| format!("fields.{field}")))
        .or_else(|| all.iter().chain(any).chain(none).find_map(|other| in_filter(rights, other)))
}

const fn is_hidden_part(part: Part) -> bool {
    match part {
        Part::Category
        | Part::Requester
        | Part::Organisation
        | Part::External
        | Part::Waiting
        | Part::Responded
        | Part::Resolved
        | Part::FirstResolved
        | Part::Closed
        | Part::Score
        | Part::Survivor => false,
        Part::Team | Part::Queue | Part::Assignee | Part::Tag | Part::Watcher | Part::Due => true,
    }
}

const fn is_hidden_flag(flag: Flag) -> bool {
    match flag {
        Flag::Responded | Flag::Dropped => false,
        Flag::Acked | Flag::Snoozed | Flag::Firing | Flag::Assigned | Flag::Unanswered | Flag::Untouched => true,
    }
}

const fn is_hidden_counter(counter: Counter) -> bool {
    match counter {
        Counter::Number | Counter::Reopens | Counter::Score => false,
        // A customer is shown how many messages are public, and this counts the others, too.
        Counter::Level | Counter::Reassigns | Counter::Messages => true,
    }
}

/// Names an order by something that a customer does not see.
pub(crate) fn in_order(order: Order) -> Option<String> {
    match order.by {
        Sort::Created | Sort::Number | Sort::Resolved | Sort::Closed => None,
        Sort::Rank => Some("rank".to_owned()),
        Sort::Updated => Some("updated".to_owned()),
        Sort::Priority => Some("priority".to_owned()),
    }
}

/// Names the first thing a scan asks that a customer does not see.
pub(crate) fn in_scan(rights: &Rights, scan: &Scan) -> Option<String> {
    let Scan { filter, tables, now: _ } = scan;
    let in_table = |table: &TableSpec| {
        let each = is_hidden_each(table.each).then(|| table.each.as_str().to_owned());
        let dimension = table.by.iter().find(|dimension| is_hidden_dimension(dimension)).map(ToString::to_string);
        each.or(dimension)
            .or_else(|| table.measures.iter().find(|measure| is_hidden_measure(measure)).map(ToString::to_string))
    };
    in_filter(rights, filter).or_else(|| tables.iter().find_map(in_table))
}

/// A customer sees a ticket's place in life, and so when it changed; not its state, nor who had it.
const fn is_hidden_each(each: Each) -> bool {
    match each {
        Each::Ticket | Each::Entry | Each::Exit | Each::Crossing => false,
        Each::State | Each::Team | Each::Assignee => true,
    }
}

const fn is_hidden_dimension(dimension: &Dimension) -> bool {
    match dimension {
        Dimension::Kind
        | Dimension::Status
        | Dimension::Category
        | Dimension::Requester
        | Dimension::Channel
        | Dimension::Created(_)
        | Dimension::Resolved(_)
        | Dimension::Closed(_)
        | Dimension::FirstResolved(_)
        | Dimension::Weekday(_)
        | Dimension::Hour(_)
        | Dimension::AgeBand
        | Dimension::Then(_) => false,
        // What each is of is judged by what is counted.
        Dimension::Each => false,
        Dimension::State | Dimension::Priority | Dimension::Team | Dimension::Queue | Dimension::Assignee => true,
    }
}

const fn is_hidden_measure(measure: &Measure) -> bool {
    match measure {
        Measure::Count
        | Measure::Backlog
        | Measure::FirstResponse(_)
        | Measure::Resolution(_)
        | Measure::FirstResolution(_)
        | Measure::NetResolution(_)
        | Measure::NextResponse(_)
        | Measure::Closing
        | Measure::Age
        | Measure::Reopens
        | Measure::ReopenRate
        | Measure::ReopenedWithin(_)
        | Measure::FirstContact(_)
        | Measure::ResolvedWithin(_)
        | Measure::Satisfaction
        | Measure::ResponseShare => false,
        // Whether somebody took it on, how often it was escalated, and in which hands it was for how long.
        Measure::Acknowledge(_) | Measure::Steps | Measure::Escalated | Measure::Spent(_) => true,
        Measure::Reassigns | Measure::Messages | Measure::Attainment(_) => true,
    }
}
