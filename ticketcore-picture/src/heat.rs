//! A share or a count of rows by columns.

use ticketcore::report::{Heading, Section, Share, Value};

use crate::canvas::{Anchor, Area, Canvas, Face};
use crate::chart::{EDGE, Head, Look, WIDTH, missing, named, nothing};
use crate::scale::{count, grouped};
use crate::theme::STEPS;
use crate::{Picture, Theme};

/// Draws a table whose cells are the darker the more there is, each with its value in words.
///
/// A cell without a value, such as a share of nothing, is crossed out and says `none`: it is not nought. What there is no
/// room for is named below the picture, and is in its table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heat {
    /// What it is, in a few words.
    pub title: String,
    /// What exactly was measured, in a sentence or two.
    pub about: String,
    /// What the columns are called.
    pub columns: Vec<String>,
    /// The rows, each with its name and a value for every column; missing ones are none.
    pub rows: Vec<(String, Vec<Level>)>,
}

/// Holds the value of one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// A part of a whole.
    Share(Share),
    /// How many.
    Count(u64),
    /// Nothing to say.
    #[default]
    None,
}

impl Level {
    /// How much it is, if it is anything.
    fn value(self) -> Option<f64> {
        match self {
            Self::Share(share) => share.ratio(),
            Self::Count(count) => Some(count as f64),
            Self::None => None,
        }
    }
}

const MOST_ROWS: usize = 40;
const MOST_COLUMNS: usize = 24;
const NAMES: f64 = 150.0;
const ROW: f64 = 34.0;

impl Heat {
    /// Starts a picture without rows.
    #[must_use]
    pub fn new<N: Into<String>>(
        title: impl Into<String>,
        about: impl Into<String>,
        columns: impl IntoIterator<Item = N>,
    ) -> Self {
        let columns = columns.into_iter().map(Into::into).collect();
        Self { title: title.into(), about: about.into(), columns, rows: Vec::new() }
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, name: impl Into<String>, levels: impl IntoIterator<Item = Level>) -> Self {
        self.rows.push((name.into(), levels.into_iter().collect()));
        self
    }

    fn shares(&self) -> bool {
        self.rows.iter().flat_map(|(_, levels)| levels).any(|level| matches!(level, Level::Share(_)))
    }

    /// The least and the greatest value.
    fn range(&self) -> (f64, f64) {
        let values = self.rows.iter().flat_map(|(_, levels)| levels).filter_map(|level| level.value());
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        // Counts begin at nought; of shares, the differences are what is looked for.
        let low = if self.shares() { low } else { 0.0 };
        if low <= high { (low, high) } else { (0.0, 1.0) }
    }

    /// What stands below: what was left out.
    fn left_out(&self) -> Option<String> {
        let rows = self.rows.len().saturating_sub(MOST_ROWS);
        let columns = self.columns.len().saturating_sub(MOST_COLUMNS);
        let more = |count: usize, what: &str| (count > 0).then(|| format!("{count} more {what}"));
        let left: Vec<_> = [more(rows, "rows"), more(columns, "columns")].into_iter().flatten().collect();
        (!left.is_empty()).then(|| format!("{} in the table", left.join(" and ")))
    }
}

/// The step of a value between two ends.
fn step(value: f64, (low, high): (f64, f64)) -> usize {
    let bound = |step: usize| low + (high - low) * step as f64 / STEPS as f64;
    (1..STEPS).rev().find(|step| value >= bound(*step)).unwrap_or(0)
}

fn percent(share: Share) -> String {
    Value::Share(share).to_string()
}

impl Picture for Heat {
    fn svg(&self, theme: Theme) -> String {
        let columns = self.columns.len().min(MOST_COLUMNS);
        let rows = self.rows.len().min(MOST_ROWS);
        if columns == 0 || rows == 0 {
            return nothing(&self.title, &self.about, theme);
        }
        let range @ (low, high) = self.range();
        let bound = |step: usize| low + (high - low) * step as f64 / STEPS as f64;
        let write = |value: f64| match self.shares() {
            true => format!("{}%", crate::canvas::number((value * 1000.0).floor() / 10.0)),
            false => count(value.ceil()),
        };
        let mut legend: Vec<_> = match low < high {
            true => (0..STEPS).map(|step| (Look::Step(step), format!("from {}", write(bound(step))))).collect(),
            false => vec![(Look::Step(0), write(low))],
        };
        let levels = self.rows.iter().flat_map(|(_, levels)| (0..columns).map(|i| levels.get(i).copied()));
        if levels.into_iter().any(|level| level.unwrap_or_default().value().is_none()) {
            legend.push((Look::Missing, "none to measure".to_owned()));
        }
        let head = Head::new(&self.title, &self.about, legend);
        let wide = ((WIDTH - 2.0 * EDGE - NAMES) / columns as f64).min(170.0);
        let top = head.height() + 26.0;
        let height = top + ROW * rows as f64 + if self.left_out().is_some() { 34.0 } else { 18.0 };
        let mut canvas = Canvas::new(&self.title, theme, WIDTH, height);
        head.draw(&mut canvas);
        for (i, column) in self.columns.iter().take(columns).enumerate() {
            let x = EDGE + NAMES + wide * (i as f64 + 0.5);
            canvas.text((x, top - 8.0), Anchor::Middle, Face::STRONG, wide - 4.0, &named(column));
        }
        for (j, (name, levels)) in self.rows.iter().take(rows).enumerate() {
            let y = top + ROW * j as f64;
            canvas.text((EDGE, y + 21.0), Anchor::Start, Face::LABEL, NAMES - 12.0, &named(name));
            for i in 0..columns {
                let area = Area::new(EDGE + NAMES + wide * i as f64 + 1.0, y + 1.0, wide - 2.0, ROW - 2.0);
                let level = levels.get(i).copied().unwrap_or_default();
                draw_level(&mut canvas, area, level, range);
            }
        }
        if let Some(left_out) = self.left_out() {
            let y = top + ROW * rows as f64 + 20.0;
            canvas.text((EDGE, y), Anchor::Start, Face::TICK, WIDTH - 2.0 * EDGE, &left_out);
        }
        let description =
            format!("{} {rows} rows by {columns} columns, from {} to {}.", self.about, write(low), write(high));
        canvas.finish(&self.title, &description)
    }

    fn table(&self) -> Section {
        let mut headings = vec![Heading::new("")];
        headings.extend(self.columns.iter().map(Heading::new));
        let value = |level: Level| match level {
            Level::Share(share) => Value::Share(share),
            Level::Count(count) => Value::Count(count),
            Level::None => Value::Empty,
        };
        let row = |(name, levels): &(String, Vec<Level>)| {
            let levels = (0..self.columns.len()).map(|i| value(levels.get(i).copied().unwrap_or_default()));
            [vec![Value::Text(name.clone())], levels.collect()].concat()
        };
        let rows = self.rows.iter().map(row).collect();
        Section { title: self.title.clone(), about: self.about.clone(), headings, rows, ..Section::default() }
    }
}

fn draw_level(canvas: &mut Canvas, area: Area, level: Level, range: (f64, f64)) {
    let middle = (area.x + area.width / 2.0, area.y + area.height / 2.0 + 4.0);
    let room = area.width - 4.0;
    let Some(value) = level.value() else {
        missing(canvas, area);
        canvas.text(
            middle,
            Anchor::Middle,
            if area.width < 40.0 { Face::ABOUT.sized(9.0) } else { Face::ABOUT },
            area.width,
            "none",
        );
        return;
    };
    let step = step(value, range);
    canvas.rounded(area, 2.0, &format!("f-h{step}"));
    // The hours of a day are narrow.
    let face = if area.width < 40.0 { Face::on_step(step).sized(10.0) } else { Face::on_step(step) };
    let text = match level {
        Level::Share(share) => {
            let (short, long) = (percent(share), format!("{} of {}", grouped(share.part), grouped(share.whole)));
            // With what it is a share of, if there is room.
            let both = format!("{short} · {long}");
            if face.width(&both) <= room { both } else { short }
        }
        Level::Count(number) => {
            let long = grouped(number);
            if face.width(&long) <= room { long } else { count(value) }
        }
        Level::None => String::new(),
    };
    canvas.text(middle, Anchor::Middle, face, room, &text);
}
