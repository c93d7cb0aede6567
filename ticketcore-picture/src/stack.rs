//! Cumulative flow: how many tickets stood where, over time.

use chrono::NaiveDateTime;
use ticketcore::report::{Heading, Section, Value};

use crate::canvas::{Area, Canvas, Path};
use crate::chart::{Head, LEFT, Look, WIDTH, labels, named, nothing, span, stroke, times, values};
use crate::date::{Axis, lively, name};
use crate::scale::{Kind, Scale, grouped};
use crate::theme::SERIES;
use crate::{Picture, Theme};

/// Draws counts over time on top of each other: a cumulative flow diagram, if the layers are statuses.
///
/// The first layer lies on top, so statuses are given in the order of life. Where a layer is thick, tickets pile up; how
/// wide it is from left to right is how long they stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// What it is, in a few words.
    pub title: String,
    /// What exactly was counted, in a sentence or two.
    pub about: String,
    /// What the layers are called, from the top; those beyond the sixth are drawn as one.
    pub layers: Vec<String>,
    /// When, and how many in each layer; missing ones are none.
    pub points: Vec<(NaiveDateTime, Vec<u64>)>,
    /// Whether each layer is a line from nought; they lie on top of each other unless said otherwise.
    pub is_overlaid: bool,
}

impl Stack {
    /// Starts a picture of nothing, with the names of its layers from the top.
    #[must_use]
    pub fn new<N: Into<String>>(
        title: impl Into<String>,
        about: impl Into<String>,
        layers: impl IntoIterator<Item = N>,
    ) -> Self {
        let layers = layers.into_iter().map(Into::into).collect();
        Self { title: title.into(), about: about.into(), layers, points: Vec::new(), is_overlaid: false }
    }

    /// Adds the counts at a time.
    #[must_use]
    pub fn point(mut self, at: NaiveDateTime, counts: impl IntoIterator<Item = u64>) -> Self {
        self.points.push((at, counts.into_iter().collect()));
        self
    }

    /// Draws each layer as a line from nought, for counts that include each other: how often tickets ever came somewhere.
    #[must_use]
    pub const fn overlaid(mut self) -> Self {
        self.is_overlaid = true;
        self
    }

    /// The layers that are drawn.
    fn drawn(&self) -> Vec<String> {
        folded(&self.layers)
    }

    /// Without a long quiet end, and of points closer together than can be seen, the last of each place.
    fn thinned(&self) -> Vec<(NaiveDateTime, Vec<u64>)> {
        const MOST: usize = 800;
        let mut points: Vec<_> =
            self.points.iter().map(|(at, counts)| (*at, folded_counts(self.layers.len(), counts))).collect();
        points.sort_by_key(|(at, _)| *at);
        points.truncate(lively(&points, |before, point| before.1 == point.1));
        let every = points.len().div_ceil(MOST).max(1);
        let last = points.len();
        points
            .into_iter()
            .enumerate()
            .filter(|(i, _)| i % every == 0 || i + 1 == last)
            .map(|(_, point)| point)
            .collect()
    }
}

/// Names as many as can be told apart; the rest is one.
pub(crate) fn folded(names: &[String]) -> Vec<String> {
    if names.len() <= SERIES {
        return names.iter().map(|name| named(name)).collect();
    }
    let kept = names.iter().take(SERIES - 1).map(|name| named(name));
    kept.chain([format!("{} others", names.len() - (SERIES - 1))]).collect()
}

/// The counts of the [`folded`] names.
pub(crate) fn folded_counts(names: usize, counts: &[u64]) -> Vec<u64> {
    let count = |i: usize| counts.get(i).copied().unwrap_or_default();
    if names <= SERIES {
        return (0..names).map(count).collect();
    }
    let rest = (SERIES - 1..names).map(count).fold(0, u64::saturating_add);
    (0..SERIES - 1).map(count).chain([rest]).collect()
}

impl Picture for Stack {
    fn svg(&self, theme: Theme) -> String {
        let points = self.thinned();
        let layers = self.drawn();
        let starts: Vec<_> = points.iter().map(|(at, _)| *at).collect();
        let right = WIDTH - 150.0;
        let sum = |counts: &[u64]| counts.iter().map(|count| *count as f64).sum::<f64>();
        let greatest = |counts: &[u64]| counts.iter().max().map_or(0.0, |count| *count as f64);
        let height = |counts: &[u64]| if self.is_overlaid { greatest(counts) } else { sum(counts) };
        let most = points.iter().map(|(_, counts)| height(counts)).fold(0.0, f64::max);
        let axis = Axis::new(&starts, (LEFT, right)).filter(|_| most > 0.0);
        let Some(axis) = axis else {
            return nothing(&self.title, &self.about, theme);
        };
        let look = if self.is_overlaid { Look::Bare } else { Look::Fill };
        let legend = layers.iter().enumerate().map(|(layer, name)| (look(layer), name.clone())).collect();
        let head = Head::new(&self.title, &self.about, legend);
        let plot = Area::new(LEFT, head.height() + 22.0, right - LEFT, 280.0);
        let (scale, ticks) = Scale::linear(most, (plot.bottom(), plot.y), Kind::Count, 5.0);
        let mut canvas = Canvas::new(&self.title, theme, WIDTH, plot.bottom() + 44.0);
        head.draw(&mut canvas);
        values(&mut canvas, plot, "tickets", &ticks);

        // A single point is a bar.
        let place = |at: NaiveDateTime| match points.len() {
            1 => vec![plot.x + plot.width * 0.4, plot.x + plot.width * 0.6],
            _ => vec![axis.place(at)],
        };
        let mut ends = Vec::new();
        for (layer, layer_name) in layers.iter().enumerate().filter(|_| self.is_overlaid) {
            let at = |counts: &[u64]| scale.place(counts.get(layer).map_or(0.0, |count| *count as f64));
            let line = points.iter().flat_map(|(at_, counts)| place(*at_).into_iter().map(|x| (x, at(counts))));
            stroke(&mut canvas, &line.fold(Path::new(), Path::to), layer);
            if let Some((_, counts)) = points.last() {
                let count = counts.get(layer).copied().unwrap_or_default();
                ends.push((at(counts), format!("{layer_name} {}", grouped(count))));
            }
        }
        for (layer, layer_name) in layers.iter().enumerate().filter(|_| !self.is_overlaid) {
            let edge = |from: usize| -> Vec<(f64, f64)> {
                let height = |counts: &Vec<u64>| scale.place(sum(counts.get(from..).unwrap_or_default()));
                points.iter().flat_map(|(at, counts)| place(*at).into_iter().map(|x| (x, height(counts)))).collect()
            };
            let (top, bottom) = (edge(layer), edge(layer + 1));
            let around = top.iter().chain(bottom.iter().rev());
            let path = around.fold(Path::new(), |path, point| path.to(*point)).closed();
            canvas.shape(&path, layer);
            // The ground between the layers parts those that look alike.
            let edge = top.iter().fold(Path::new(), |path, point| path.to(*point));
            canvas.path(&edge, "l-ground w1");
            if let (Some((x, high)), Some((_, low)), Some((_, counts))) = (top.last(), bottom.last(), points.last()) {
                let count = counts.get(layer).copied().unwrap_or_default();
                if count > 0 && points.len() > 1 {
                    canvas.line((*x, (high + low) / 2.0), (plot.right() + 4.0, (high + low) / 2.0), "l-axis w1");
                }
                ends.push(((high + low) / 2.0, format!("{layer_name} {}", grouped(count))));
            }
        }
        labels(&mut canvas, plot.right() + 8.0, (plot.y, plot.bottom()), 138.0, ends);
        times(&mut canvas, plot, &axis);
        let when = starts.first().zip(starts.last()).map(|(first, last)| span(*first, *last)).unwrap_or_default();
        let last = points.last().map(|(_, counts)| counts.as_slice()).unwrap_or_default();
        let counts = layers.iter().zip(last).map(|(name, count)| format!("{name} {}", grouped(*count)));
        let counts = counts.collect::<Vec<_>>().join(", ");
        canvas.finish(&self.title, &format!("{} {when} At the end: {counts}.", self.about))
    }

    fn table(&self) -> Section {
        let mut headings = vec![Heading::new("from")];
        headings.extend(self.layers.iter().map(Heading::new));
        let row = |(at, counts): &(NaiveDateTime, Vec<u64>)| {
            let count = |i: usize| Value::Count(counts.get(i).copied().unwrap_or_default());
            [vec![Value::Text(name(*at))], (0..self.layers.len()).map(count).collect()].concat()
        };
        let rows = self.points.iter().map(row).collect();
        Section { title: self.title.clone(), about: self.about.clone(), headings, rows, ..Section::default() }
    }
}
