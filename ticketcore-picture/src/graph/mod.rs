//! A workflow as a picture: its states by status, its moves, and what is in each state now.

mod layout;

use chrono::{DateTime, TimeDelta, Utc};
use ticketcore::report::{
    Cell, Dimension, Each, Heading, Measure, Measured, Scan, Section, Table, TableSpec, Time, Value,
};
use ticketcore::status::{Status, Waiting};
use ticketcore::{Filter, Key, Workflow};

use crate::canvas::{Anchor, Area, Canvas, Face, Path};
use crate::chart::{EDGE, Head, Look, WIDTH, named, nothing};
use crate::scale::{count, grouped, length, seconds};
use crate::theme::{SERIES, STEPS};
use crate::words::line;
use crate::{Picture, Theme};

use layout::{ARROW, Bus, Layout, Route, Size, layout};

/// Draws a workflow: a column of states for each status, and lines for the moves between them.
///
/// A move from several states into one is one line that they join, named at its arrow; it shows what the engine permits,
/// as [`Workflow::edges`] lists it. Each state tells how many tickets are in it and how long they stay, if that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    title: String,
    about: String,
    states: Vec<State>,
    moves: Vec<Move>,
}

/// Tells how long tickets stayed in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dwell {
    /// Half of the stays were no longer.
    pub p50: TimeDelta,
    /// 90 of 100 stays were no longer.
    pub p90: TimeDelta,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    name: String,
    status: Status,
    waiting: Option<Waiting>,
    dropped: bool,
    count: Option<u64>,
    dwell: Option<Dwell>,
}

/// A transition into one state; no state is the opening.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Move {
    name: String,
    from: Vec<Option<usize>>,
    to: usize,
}

/// How wide boxes are, by the longest name in them.
const BOX: (f64, f64) = (114.0, 180.0);
const NAME: f64 = 112.0;
/// The face of the moves' names.
const MOVE: Face = Face::LABEL.sized(11.0);
const DOT: f64 = 14.0;

impl Graph {
    /// Takes the states and moves of a workflow; nothing is in them unless [said](Self::state).
    #[must_use]
    pub fn new(workflow: &Workflow) -> Self {
        let states = workflow.states.iter().map(|state| State {
            name: state.key.to_string(),
            status: state.status,
            waiting: state.waiting,
            dropped: state.dropped,
            count: None,
            dwell: None,
        });
        let mut moves = Vec::<Move>::new();
        let number = |key: &Key| workflow.states.iter().position(|state| state.key == *key);
        for edge in workflow.edges() {
            let Some(to) = number(&edge.to.key) else { continue };
            let from = edge.from.and_then(|from| number(&from.key));
            // An opening is no way from a state, so it is a line of its own.
            let same = |one: &&mut Move| {
                one.to == to && one.name == edge.by.key.as_str() && one.from.contains(&None) == from.is_none()
            };
            match moves.iter_mut().find(same) {
                Some(one) if !one.from.contains(&from) => one.from.push(from),
                Some(_) => {}
                None => moves.push(Move { name: edge.by.key.to_string(), from: vec![from], to }),
            }
        }
        Self { title: format!("Workflow {}", workflow.pin()), about: String::new(), states: states.collect(), moves }
    }

    /// Sets what it is, in a few words; the workflow's name unless said otherwise.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Sets what exactly is counted in the states; nothing unless said otherwise.
    #[must_use]
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.about = about.into();
        self
    }

    /// Says how many tickets are in a state, and how long those stayed that left it. A state that the workflow does not
    /// have is left out.
    #[must_use]
    pub fn state(mut self, name: &str, count: u64, dwell: Option<Dwell>) -> Self {
        if let Some(state) = self.states.iter_mut().find(|state| state.name == name) {
            (state.count, state.dwell) = (Some(count), dwell);
        }
        self
    }

    /// Asks a store what [`told`](Self::told) takes: how many tickets of a filter are in each state, and how long they were
    /// there. The filter says which tickets follow the workflow.
    #[must_use]
    pub fn scan(filter: Filter, now: DateTime<Utc>) -> Scan {
        let counts = TableSpec::new([Dimension::State], [Measure::Count]);
        let times = TableSpec::new([Dimension::Each], [Measure::Spent(Time::Wall)]).each(Each::State);
        Scan { filter, tables: vec![counts, times], now }
    }

    /// Takes the answer to a [`scan`](Self::scan). States of other revisions of the workflow are left out.
    #[must_use]
    pub fn told(mut self, tables: &[Table]) -> Self {
        let row = |number: usize, state: &str| {
            let rows = tables.get(number).into_iter().flat_map(|table| &table.rows);
            rows.into_iter()
                .find(|row| matches!(&*row.cells, [Cell::Text(name)] if name == state))
                .and_then(|row| row.values.first())
        };
        for state in &mut self.states {
            state.count = match row(0, &state.name) {
                Some(Measured::Count(count)) => Some(*count),
                Some(Measured::Time(_) | Measured::Counter(_) | Measured::Share(_) | Measured::Attainment(_))
                | None => Some(0),
            };
            state.dwell = match row(1, &state.name) {
                Some(Measured::Time(summary)) => summary.map(|summary| Dwell { p50: summary.p50, p90: summary.p90 }),
                Some(Measured::Count(_) | Measured::Counter(_) | Measured::Share(_) | Measured::Attainment(_))
                | None => None,
            };
        }
        self.about("In each state: how many tickets are there now, and how long tickets were there in all; half of them no longer, and 90 of 100 no longer (p90).")
    }

    /// The statuses that there are, in the order of life: the columns after that of the opening.
    fn columns(&self) -> Vec<Status> {
        let has = |status: &Status| self.states.iter().any(|state| state.status == *status);
        Status::ALL.iter().copied().filter(has).collect()
    }

    /// The boxes and lines to be placed; box 0 is the opening, and the others are the states.
    fn places(&self) -> Layout {
        let columns = self.columns();
        let column = |state: &State| columns.iter().position(|status| *status == state.status).unwrap_or_default() + 1;
        let names = self.states.iter().map(|state| Face::STRONG.width(&label(&state.name)) + 14.0);
        let width = names.fold(BOX.0, f64::max).min(BOX.1);
        let mut sizes = vec![Size { column: 0, width: DOT, height: DOT }];
        sizes.extend(self.states.iter().map(|state| Size { column: column(state), width, height: state.height() }));
        let buses: Vec<Bus> = self.moves.iter().map(|one| self.bus(one, &column)).collect();
        layout(&sizes, &buses)
    }

    fn bus(&self, one: &Move, column: &dyn Fn(&State) -> usize) -> Bus {
        let to = &self.states[one.to];
        let forward = one.from.iter().any(|from| from.is_none_or(|from| column(&self.states[from]) < column(to)));
        Bus {
            from: one.from.iter().map(|from| from.map_or(0, |from| from + 1)).collect(),
            to: one.to + 1,
            name: MOVE.width(&label(&one.name)).min(NAME),
            // The way back and the way out run below.
            below: !forward || to.dropped,
        }
    }

    fn description(&self) -> String {
        let state = |state: &State| {
            let count = state.count.map(|count| format!(", {} tickets", grouped(count))).unwrap_or_default();
            format!("{} ({}{count})", named(&state.name), state.status)
        };
        let states: Vec<String> = self.states.iter().map(state).collect();
        format!("{} {} states: {}. {} moves.", self.about, states.len(), states.join(", "), self.moves.len())
    }
}

impl State {
    fn height(&self) -> f64 {
        let lines = [self.waiting.is_some(), self.count.is_some(), self.dwell.is_some()];
        lines.into_iter().zip([14.0, 22.0, 15.0]).filter(|(is, _)| *is).fold(34.0, |height, (_, line)| height + line)
    }
}

fn label(name: &str) -> String {
    named(name).replace('_', " ")
}

/// Whom a state waits for, in words.
const fn awaited(waiting: Waiting) -> &'static str {
    match waiting {
        Waiting::Requester => "for the requester",
        Waiting::Third => "for a third party",
        Waiting::Until => "until a time",
    }
}

impl Picture for Graph {
    fn svg(&self, theme: Theme) -> String {
        if self.states.is_empty() {
            return nothing(&self.title, &self.about, theme);
        }
        let placed = self.places();
        let width = (placed.width + 2.0 * EDGE).max(WIDTH);
        // What is closed only becomes more; the work is elsewhere.
        let open = self.states.iter().filter(|state| state.status != Status::Closed);
        let most = open.filter_map(|state| state.count).max();
        let mut legend = Vec::new();
        if let Some(most) = most.filter(|most| *most > 0) {
            legend.extend([
                (Look::Step(0), "few tickets".to_owned()),
                (Look::Step(STEPS - 1), format!("up to {}, closed ones aside", grouped(most))),
            ]);
        }
        let head = Head::wide(&self.title, &self.about, legend, width);
        let (left, top) = ((width - placed.width) / 2.0, head.height() + 26.0);
        let mut canvas = Canvas::new(&self.title, theme, width, top + placed.height + 18.0);
        head.draw(&mut canvas);
        for (status, (x, column)) in self.columns().iter().zip(placed.columns.iter().skip(1)) {
            let middle = left + x + column / 2.0;
            canvas.text((middle, top - 10.0), Anchor::Middle, Face::TICK, column + 40.0, status.as_str());
        }
        for ((route, one), series) in placed.routes.iter().zip(&self.moves).zip(colours(&placed.routes)) {
            let lines: Vec<Path> = route.lines.iter().map(|line| bent(line, (left, top))).collect();
            // Where lines cross, the later one passes over the earlier one.
            lines.iter().for_each(|line| canvas.path(line, "l-ground w5"));
            lines.iter().for_each(|line| canvas.path(line, &format!("l-s{series} w1h")));
            let end @ (x, y) = (left + route.end.0, top + route.end.1);
            let back = if route.rightwards { -1.0 } else { 1.0 };
            let arrow = Path::new().to(end).to((x + back * 8.0, y - 4.0)).to((x + back * 8.0, y + 4.0)).closed();
            canvas.path(&arrow, &format!("f-s{series}"));
            let anchor = if route.rightwards { Anchor::End } else { Anchor::Start };
            canvas.text((x + back * (ARROW / 2.0), y - 5.0), anchor, MOVE, NAME, &label(&one.name));
        }
        let opens = self.moves.iter().any(|one| one.from.contains(&None));
        if let Some(area) = placed.boxes.first().filter(|_| opens) {
            let round = Area { y: area.y + (area.height - DOT) / 2.0, height: DOT, ..*area };
            canvas.rounded(shifted(round, (left, top)), DOT / 2.0, "f-ink");
        }
        for (state, area) in self.states.iter().zip(placed.boxes.iter().skip(1)) {
            draw_state(&mut canvas, shifted(*area, (left, top)), state, most.unwrap_or_default());
        }
        canvas.finish(&self.title, &self.description())
    }

    fn table(&self) -> Section {
        let row = |(number, state): (usize, &State)| {
            let leave = self.moves.iter().filter(|one| one.from.contains(&Some(number)));
            let leave: Vec<String> = leave.map(|one| format!("{} to {}", one.name, self.states[one.to].name)).collect();
            let time = |time: fn(&Dwell) -> TimeDelta| {
                state.dwell.as_ref().map_or(Value::Empty, |dwell| Value::Time(time(dwell)))
            };
            vec![
                Value::Text(state.name.clone()),
                Value::Text(state.status.to_string()),
                state.count.map_or(Value::Empty, Value::Count),
                time(|dwell| dwell.p50),
                time(|dwell| dwell.p90),
                if leave.is_empty() { Value::Empty } else { Value::Text(leave.join(", ")) },
            ]
        };
        let headings = vec![
            Heading::new("state"),
            Heading::new("status"),
            Heading::new("tickets"),
            Heading::time("dwell_p50"),
            Heading::time("dwell_p90"),
            Heading::new("moves"),
        ];
        let rows = self.states.iter().enumerate().map(row).collect();
        Section { title: self.title.clone(), about: self.about.clone(), headings, rows, ..Section::default() }
    }
}

/// A colour for each route, another than those it runs beside as far as there are enough.
fn colours(routes: &[Route]) -> Vec<usize> {
    let mut colours = Vec::<usize>::new();
    for (number, route) in routes.iter().enumerate() {
        let meets = |series: usize| {
            let same = colours.iter().zip(routes).filter(|(colour, _)| **colour == series);
            same.filter(|(_, other)| !other.gutters.is_disjoint(&route.gutters)).count()
        };
        let order = (0..SERIES).map(|step| (number + step) % SERIES);
        colours.push(order.min_by_key(|series| meets(*series)).unwrap_or_default());
    }
    colours
}

fn shifted(area: Area, (x, y): (f64, f64)) -> Area {
    Area { x: area.x + x, y: area.y + y, ..area }
}

/// A line with its corners bent.
fn bent(points: &[(f64, f64)], (left, top): (f64, f64)) -> Path {
    let mut points: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x + left, y + top)).collect();
    points.dedup();
    let far = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs() + (a.1 - b.1).abs();
    // A point on the way from one to another.
    let towards = |from: (f64, f64), to: (f64, f64), way: f64| {
        let part = (way / far(from, to).max(0.01)).min(1.0);
        (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part)
    };
    let mut path = Path::new();
    for (i, point) in points.iter().enumerate() {
        path = match (i.checked_sub(1).and_then(|i| points.get(i)), points.get(i + 1)) {
            (Some(before), Some(after)) => {
                let radius = (far(*before, *point).min(far(*point, *after)) / 2.0).min(6.0);
                path.to(towards(*point, *before, radius)).around(*point, towards(*point, *after, radius))
            }
            (Some(_), None) | (None, _) => path.to(*point),
        };
    }
    path
}

fn draw_state(canvas: &mut Canvas, area: Area, state: &State, most: u64) {
    // The more tickets, the darker.
    let step = state.count.filter(|count| *count > 0 && state.status != Status::Closed).map(|count| {
        let part = count as f64 / most.max(1) as f64;
        (1..STEPS).rev().find(|step| part >= *step as f64 / STEPS as f64).unwrap_or(0)
    });
    let outline = if state.dropped { "l-ink w1h d1" } else { "l-ink w1h" };
    canvas.rounded(area, 6.0, step.map_or("f-ground".to_owned(), |step| format!("f-h{step}")).as_str());
    canvas.rounded(area, 6.0, outline);
    let face = step.map_or(Face::LABEL, Face::on_step);
    let (x, room) = (area.x + area.width / 2.0, area.width - 10.0);
    let mut y = area.y + (area.height - state.height()) / 2.0 + 21.0;
    canvas.text((x, y), Anchor::Middle, face.bold(12.0), room, &label(&state.name));
    if let Some(waiting) = state.waiting {
        y += 14.0;
        canvas.text((x, y), Anchor::Middle, face.sized(10.5), room, awaited(waiting));
    }
    if let Some(number) = state.count {
        y += 22.0;
        let text = grouped(number);
        let text = if line(&text).len() <= 9 { text } else { count(number as f64) };
        canvas.text((x, y), Anchor::Middle, face.bold(Face::COUNT.size), room, &text);
    }
    if let Some(dwell) = state.dwell {
        y += 15.0;
        let text = format!("{} · p90 {}", length(seconds(dwell.p50)), length(seconds(dwell.p90)));
        canvas.text((x, y), Anchor::Middle, face.sized(10.5), room, &text);
    }
}
