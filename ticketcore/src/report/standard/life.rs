//! Where tickets were for how long, in whose hands they are, and how well they were done.

use crate::report::{
    Ask, Cell, Dimension, Each, Heading, Measure, Measured, Plain, Report, Section, Share, Table, TableSpec, Time,
    Value,
};

/// Returns the report `life`: how long tickets spent in each state, with each team and with each agent.
#[must_use]
pub fn life() -> Plain {
    let about = |what: &str| {
        format!(
            "How long tickets were {what}, all stays of a ticket together. On the wall clock the stay that goes on counts \
             up to now, or to when the ticket was closed; in business time only stays that have ended count."
        )
    };
    let spent = |each| {
        let measures = [Measure::Count, Measure::Spent(Time::Wall), Measure::Spent(Time::Business)];
        TableSpec::new([Dimension::Each], measures).each(each)
    };
    Plain::new("life")
        .section("Time in each state", about("in each state"), spent(Each::State))
        .section("Time with each team", about("with each team, or with none"), spent(Each::Team))
        .section("Time with each agent", about("with each accountable agent, or with nobody"), spent(Each::Assignee))
}

/// Returns the report `quality`: by team, how many tickets came back, were solved at first contact, were escalated and
/// changed hands.
#[must_use]
pub fn quality() -> impl Report {
    Quality
}

/// Returns the report `load`: what each agent and each team has open, and how much of [`Ask::capacity`] that is.
#[must_use]
pub fn load() -> impl Report {
    Load
}

#[derive(Debug)]
struct Quality;

impl Report for Quality {
    fn name(&self) -> &str {
        "quality"
    }

    fn tables(&self, ask: &Ask) -> Vec<TableSpec> {
        let measures = [
            Measure::ReopenedWithin(ask.within),
            Measure::FirstContact(ask.within),
            Measure::Escalated,
            Measure::Steps,
            Measure::Reassigns,
        ];
        let by_team = TableSpec::new([Dimension::Team], measures);
        let total = by_team.total();
        vec![by_team, total]
    }

    fn render(&self, _: &Ask, tables: Vec<Table>) -> Vec<Section> {
        let [by_team, total] = [0, 1].map(|place| tables.get(place).cloned().unwrap_or_default());
        let about = "Reopened is the share that came back within the time of the first resolution, first contact the share \
                     that agents had written exactly one public message on when they were first resolved, and that did not \
                     come back within the time: both of the tickets resolved at least once. Escalated are those above \
                     level 0 now; steps are those of policies that came due, taken or skipped.";
        vec![Section::new("Quality", about, &by_team).total(&total)]
    }
}

#[derive(Debug)]
struct Load;

impl Report for Load {
    fn name(&self) -> &str {
        "load"
    }

    fn tables(&self, _: &Ask) -> Vec<TableSpec> {
        vec![
            TableSpec::new([Dimension::Assignee], [Measure::Backlog, Measure::Age]),
            TableSpec::new([Dimension::Team], [Measure::Backlog, Measure::Age]),
            TableSpec::new([Dimension::Assignee, Dimension::Channel], [Measure::Backlog]),
        ]
    }

    fn render(&self, ask: &Ask, tables: Vec<Table>) -> Vec<Section> {
        let [mut agents, mut teams, channels] = [0, 1, 2].map(|place| tables.get(place).cloned().unwrap_or_default());
        // Whoever once closed something has a row, but no load.
        for table in [&mut agents, &mut teams] {
            table.rows.retain(|row| row.values.first() != Some(&Measured::Count(0)));
        }
        let about =
            "How many tickets each has that are neither resolved nor closed, and how long ago they were opened.";
        let mut section = Section::new("Load of agents", about, &agents);
        if !ask.capacity.is_empty() {
            section.headings.extend(["taken", "capacity", "utilisation"].map(Heading::new));
            for (row, found) in section.rows.iter_mut().zip(&agents.rows) {
                row.extend(utilisation(ask, found.cells.first(), &channels));
            }
            // Whoever has nothing open has all of their capacity left.
            let has = |agent: &Cell| agents.rows.iter().any(|row| row.cells.first() == Some(agent));
            let idle = ask.capacity.keys().map(|agent| Cell::Text(agent.to_string())).filter(|agent| !has(agent));
            section.rows.extend(idle.map(|agent| {
                let nothing = [Measured::Count(0), Measured::Time(None)];
                let values = std::iter::once(Value::from(&agent)).chain(nothing.iter().flat_map(Measured::values));
                values.chain(utilisation(ask, Some(&agent), &channels)).collect()
            }));
            section = section.note(
                "Capacity is how many tickets an agent takes at a time, over all channels that have a limit for them; taken \
                 are the open tickets of these channels, and utilisation is their share of the capacity, not of anybody's \
                 time: no time is logged. It may be above 100 %.",
            );
        }
        vec![section, Section::new("Load of teams", about, &teams)]
    }
}

/// What an agent has of the channels that have a limit for them, that limit, and the share.
fn utilisation(ask: &Ask, agent: Option<&Cell>, channels: &Table) -> [Value; 3] {
    let nothing = [Value::Empty, Value::Empty, Value::Empty];
    let Some(Cell::Text(name)) = agent else { return nothing };
    let Some(limits) = ask.capacity.get(name.as_str()).filter(|limits| !limits.is_empty()) else { return nothing };
    let taken = channels.rows.iter().filter(|row| row.cells.first() == agent).filter_map(|row| {
        let [_, Cell::Text(channel)] = row.cells.as_slice() else { return None };
        let is_limited = limits.keys().any(|limited| limited.as_str() == channel);
        let Some(Measured::Count(open)) = row.values.first().filter(|_| is_limited) else { return None };
        Some(*open)
    });
    let (part, whole) = (taken.sum(), limits.values().map(|most| u64::from(*most)).sum());
    [Value::Count(part), Value::Count(whole), Value::Share(Share { part, whole })]
}
