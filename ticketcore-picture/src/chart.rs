//! What charts have in common: the head with title, description and legend, the axes, and what is shown of nothing.

use chrono::NaiveDateTime;

use crate::canvas::{Anchor, Area, Canvas, Face, Path};
use crate::date::Axis;
use crate::scale::Tick;
use crate::theme::Theme;
use crate::words::wrap;

/// How wide a chart is.
pub(crate) const WIDTH: f64 = 860.0;

/// The room left of a plot, for the labels of its axis.
pub(crate) const LEFT: f64 = 70.0;

/// The room at the other edges.
pub(crate) const EDGE: f64 = 20.0;

/// Says how a series looks in the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// A filled area.
    Fill(usize),
    /// A line with a mark.
    Line(usize),
    /// A line without.
    Bare(usize),
    /// A line without dashes.
    Plain(usize),
    /// A see-through area.
    Veil(usize),
    /// A stroke across a bar.
    Stroke,
    /// A hatched outline.
    Missing,
    /// A step of the scale of colours.
    Step(usize),
}

/// Title, description and legend.
#[derive(Debug)]
pub(crate) struct Head {
    title: String,
    about: Vec<String>,
    legend: Vec<(Look, String)>,
    width: f64,
}

impl Head {
    pub(crate) fn new(title: &str, about: &str, legend: Vec<(Look, String)>) -> Self {
        Self::wide(title, about, legend, WIDTH)
    }

    pub(crate) fn wide(title: &str, about: &str, legend: Vec<(Look, String)>, width: f64) -> Self {
        let about = wrap(&crate::words::line(about), Face::ABOUT.size, width - 2.0 * EDGE, 2);
        Self { title: named(title), about, legend, width }
    }

    /// How high it is.
    pub(crate) fn height(&self) -> f64 {
        let legend = self.places().last().map_or(0.0, |(_, y)| y + 28.0);
        38.0 + 16.0 * lines(self.about.len()) + legend + 10.0
    }

    pub(crate) fn draw(&self, canvas: &mut Canvas) {
        let room = self.width - 2.0 * EDGE;
        canvas.text((EDGE, 29.0), Anchor::Start, Face::TITLE, room, &self.title);
        for (i, line) in self.about.iter().enumerate() {
            canvas.text((EDGE, 49.0 + 16.0 * lines(i)), Anchor::Start, Face::ABOUT, room, line);
        }
        let top = 38.0 + 16.0 * lines(self.about.len());
        for ((look, name), (x, y)) in self.legend.iter().zip(self.places()) {
            swatch(canvas, *look, (x, top + y + 18.0));
            canvas.text((x + 32.0, top + y + 22.0), Anchor::Start, Face::LABEL, NAME, name);
        }
    }

    /// Where the entries of the legend stand, row by row.
    fn places(&self) -> Vec<(f64, f64)> {
        let (mut x, mut y) = (EDGE, 0.0);
        let mut places = Vec::new();
        for (_, name) in &self.legend {
            let wide = 32.0 + Face::LABEL.width(name).min(NAME) + 22.0;
            if x > EDGE && x + wide > self.width - EDGE + 22.0 {
                (x, y) = (EDGE, y + 20.0);
            }
            places.push((x, y));
            x += wide;
        }
        places
    }
}

/// The room of a name in the legend.
const NAME: f64 = 270.0;

fn lines(count: usize) -> f64 {
    count as f64
}

fn swatch(canvas: &mut Canvas, look: Look, (x, y): (f64, f64)) {
    let area = Area::new(x, y - 6.0, 24.0, 12.0);
    match look {
        Look::Fill(series) => canvas.bar(area, series),
        Look::Line(series) | Look::Bare(series) => {
            stroke(canvas, &Path::new().to((x, y)).to((x + 24.0, y)), series);
            if matches!(look, Look::Line(_)) {
                canvas.mark((x + 12.0, y), series);
            }
        }
        Look::Plain(series) => canvas.line((x, y), (x + 24.0, y), &format!("l-s{series} w2")),
        Look::Veil(series) => canvas.rect(area, &format!("f-s{series} veil")),
        Look::Stroke => canvas.line((x + 12.0, y - 7.0), (x + 12.0, y + 7.0), "l-ink w2"),
        Look::Missing => missing(canvas, area),
        Look::Step(step) => {
            canvas.rect(area, &format!("f-h{step}"));
            canvas.rect(area, "l-axis w1");
        }
    }
}

/// Draws the line of a series, in its colour and dashes.
pub(crate) fn stroke(canvas: &mut Canvas, path: &Path, series: usize) {
    let series = series % crate::theme::SERIES;
    canvas.path(path, &format!("l-s{series} d{series} w2"));
}

/// Draws the place of a value that does not exist: an outline, crossed out.
pub(crate) fn missing(canvas: &mut Canvas, area: Area) {
    canvas.rect(area, "l-axis w1 d2");
    canvas.line((area.x, area.bottom()), (area.right(), area.y), "l-grid w1");
}

/// Draws the axis of values: lines across the plot and their labels to the left, and above them what is counted.
pub(crate) fn values(canvas: &mut Canvas, plot: Area, unit: &str, ticks: &[Tick]) {
    for (y, label) in ticks {
        canvas.line((plot.x, *y), (plot.right(), *y), "l-grid w1");
        canvas.text((plot.x - 8.0, y + 4.0), Anchor::End, Face::TICK, LEFT - 12.0, label);
    }
    canvas.text((EDGE, plot.y - 10.0), Anchor::Start, Face::TICK, plot.width, unit);
}

/// Draws the axis of time below a plot; it takes 36 units.
pub(crate) fn times(canvas: &mut Canvas, plot: Area, axis: &Axis) {
    canvas.line((plot.x, plot.bottom()), (plot.right(), plot.bottom()), "l-axis w1");
    let mut free = f64::NEG_INFINITY;
    for tick in axis.ticks() {
        let x = tick.place;
        canvas.line((x, plot.bottom()), (x, plot.bottom() + 4.0), "l-axis w1");
        let half = Face::TICK.width(&tick.label) / 2.0;
        if x - half < free {
            continue;
        }
        free = x + half + 6.0;
        canvas.text((x, plot.bottom() + 17.0), Anchor::Middle, Face::TICK, 90.0, &tick.label);
        if let Some(below) = &tick.below {
            canvas.text((x, plot.bottom() + 31.0), Anchor::Middle, Face::TICK, 90.0, below);
        }
    }
}

/// Draws labels beside the ends of lines, each at its height or as near to it as the others leave room.
pub(crate) fn labels(canvas: &mut Canvas, x: f64, (top, bottom): (f64, f64), room: f64, mut ends: Vec<(f64, String)>) {
    const APART: f64 = 14.0;
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut least = top + 4.0;
    for (y, _) in &mut ends {
        *y = y.max(least);
        least = *y + APART;
    }
    let mut most = bottom;
    for (y, _) in ends.iter_mut().rev() {
        *y = y.min(most);
        most = *y - APART;
    }
    for (y, label) in ends {
        canvas.text((x, y + 4.0), Anchor::Start, Face::LABEL, room, &label);
    }
}

/// Draws what is shown where there is nothing.
pub(crate) fn nothing(title: &str, about: &str, theme: Theme) -> String {
    let head = Head::new(title, about, Vec::new());
    let mut canvas = Canvas::new(title, theme, WIDTH, head.height() + 80.0);
    head.draw(&mut canvas);
    let area = Area::new(EDGE, head.height(), WIDTH - 2.0 * EDGE, 60.0);
    canvas.rect(area, "l-axis w1 d2");
    canvas.text((WIDTH / 2.0, area.y + 34.0), Anchor::Middle, Face::LABEL, area.width, "Nothing to show");
    canvas.finish(&named(title), "There is nothing to show.")
}

/// A name, or what stands for one that is empty.
pub(crate) fn named(name: &str) -> String {
    let line = crate::words::line(name);
    if line.is_empty() { "(no name)".to_owned() } else { line }
}

/// From when to when, for descriptions.
pub(crate) fn span(first: NaiveDateTime, last: NaiveDateTime) -> String {
    format!("From {} to {}.", crate::date::name(first), crate::date::name(last))
}
