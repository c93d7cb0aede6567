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
        ]
    }

    fn render(&self, ask: &Ask, tables: Vec<Table>) -> Vec<Section> {
        let [mut agents, mut teams] = [0, 1].map(|place| tables.get(place).cloned().unwrap_or_default());
        // Whoever once closed something has a row, but no load.
        for table in [&mut agents, &mut teams] {
            table.rows.retain(|row| row.values.first() != Some(&Measured::Count(0)));
        }
        let about =
            "How many tickets each has that are neither resolved nor closed, and how long ago they were opened.";
        let mut section = Section::new("Load of agents", about, &agents);
        if !ask.capacity.is_empty() {
            section.headings.extend([Heading::new("capacity"), Heading::new("utilisation")]);
            for (row, found) in section.rows.iter_mut().zip(&agents.rows) {
                row.extend(utilisation(ask, found.cells.first(), found.values.first()));
            }
            // Whoever has nothing open has all of their capacity left.
            let has = |agent: &Cell| agents.rows.iter().any(|row| row.cells.first() == Some(agent));
            let idle = ask.capacity.keys().map(|agent| Cell::Text(agent.to_string())).filter(|agent| !has(agent));
            section.rows.extend(idle.map(|agent| {
                let nothing = [Measured::Count(0), Measured::Time(None)];
                let values = std::iter::once(Value::from(&agent)).chain(nothing.iter().flat_map(Measured::values));
                values.chain(utilisation(ask, Some(&agent), nothing.first())).collect()
            }));
            section = section.note(
                "Utilisation is the share of an agent's capacity that open tickets take up now, not of their time: no time \
                 is logged. It may be above 100 %.",
            );
        }
        vec![section, Section::new("Load of teams", about, &teams)]
    }
}

/// The capacity of an agent, and how much of it is taken.
fn utilisation(ask: &Ask, agent: Option<&Cell>, open: Option<&Measured>) -> [Value; 2] {
    let (Some(Cell::Text(agent)), Some(Measured::Count(open))) = (agent, open) else {
        return [Value::Empty, Value::Empty];
    };
    match ask.capacity.get(agent.as_str()) {
        Some(most) => [Value::Count(*most), Value::Share(Share { part: *open, whole: *most })],
        None => [Value::Empty, Value::Empty],
    }
}
