//! Percentiles of a length of time, over time.

use chrono::{NaiveDateTime, TimeDelta};
use ticketcore::report::{Heading, Section, Value};

use crate::canvas::{Area, Canvas, Path};
use crate::chart::{Head, LEFT, Look, WIDTH, labels, nothing, span, stroke, times, values};
use crate::date::{Axis, name};
use crate::scale::{Kind, Scale, length, seconds};
use crate::theme::SERIES;
use crate::{Picture, Theme};

/// Draws percentiles of a length of time for each bucket, as lines with bands between them.
///
/// The scale is logarithmic where the greatest value is thirty times the least or more. A bucket without a value is a
/// gap; buckets need not be in order. Percentiles cannot be added, so many buckets stay many.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bands {
    /// What it is, in a few words.
    pub title: String,
    /// What exactly was measured, in a sentence or two.
    pub about: String,
    /// What the lines are called, the lowest first: `p50`, `p90`.
    pub names: Vec<String>,
    /// The values of each bucket.
    pub buckets: Vec<Band>,
}

/// Holds the percentiles of one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// When it begins, in the civil time of the report's zone.
    pub at: NaiveDateTime,
    /// One for each name; missing ones are none.
    pub values: Vec<Option<TimeDelta>>,
}

impl Bands {
    /// Starts a picture of nothing, with the names of its lines from the lowest to the highest.
    #[must_use]
    pub fn new<N: Into<String>>(
        title: impl Into<String>,
        about: impl Into<String>,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Self { title: title.into(), about: about.into(), names, buckets: Vec::new() }
    }

    /// Adds a bucket.
    #[must_use]
    pub fn bucket(mut self, at: NaiveDateTime, values: impl IntoIterator<Item = Option<TimeDelta>>) -> Self {
        self.buckets.push(Band { at, values: values.into_iter().collect() });
        self
    }

    /// The points of one line, in pieces between the gaps.
    fn pieces(&self, buckets: &[&Band], line: usize, axis: &Axis) -> Vec<Vec<(f64, f64)>> {
        let mut pieces: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
        for bucket in buckets {
            match (bucket.values.get(line).copied().flatten(), pieces.last_mut()) {
                (Some(value), Some(piece)) => {
                    let x = axis.place(bucket.at);
                    match piece.last() {
                        // A bucket that is not there is a gap, too; more than three are, as months differ.
                        Some((last, _)) if x - last > axis.bucket() * 3.5 => pieces.push(vec![(x, seconds(value))]),
                        Some(_) | None => piece.push((x, seconds(value))),
                    }
                }
                (None, _) => pieces.push(Vec::new()),
                (Some(_), None) => {}
            }
        }
        pieces.retain(|piece| !piece.is_empty());
        pieces.into_iter().map(thinned).collect()
    }
}

/// Of points closer together than can be seen, the first, the last, the least and the greatest of each place.
fn thinned(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    if points.len() <= 1_000 {
        return points;
    }
    let mut thin = Vec::new();
    for column in points.chunk_by(|a, b| (a.0 - b.0).abs() < 0.02 || a.0.floor() == b.0.floor()) {
        let least = column.iter().enumerate().min_by(|a, b| a.1.1.total_cmp(&b.1.1));
        let most = column.iter().enumerate().max_by(|a, b| a.1.1.total_cmp(&b.1.1));
        let ends = [Some(0), least.map(|(i, _)| i), most.map(|(i, _)| i), column.len().checked_sub(1)];
        let mut kept: Vec<usize> = ends.into_iter().flatten().collect();
        kept.sort_unstable();
        kept.dedup();
        thin.extend(kept.into_iter().filter_map(|i| column.get(i)).copied());
    }
    thin
}

impl Picture for Bands {
    fn svg(&self, theme: Theme) -> String {
        let mut buckets: Vec<&Band> = self.buckets.iter().collect();
        buckets.sort_by_key(|bucket| bucket.at);
        let mut starts: Vec<_> = buckets.iter().map(|bucket| bucket.at).collect();
        starts.dedup();
        let right = WIDTH - 104.0;
        let known = buckets.iter().any(|bucket| bucket.values.iter().take(self.names.len()).any(Option::is_some));
        let axis = Axis::new(&starts, (LEFT, right)).filter(|_| known);
        let Some(axis) = axis else {
            return nothing(&self.title, &self.about, theme);
        };
        let lines = self.names.len().min(SERIES);
        let pieces: Vec<_> = (0..lines).map(|line| self.pieces(&buckets, line, &axis)).collect();
        let all = || pieces.iter().flatten().flatten().map(|(_, value)| *value);
        let most = all().fold(0.0, f64::max);
        let least = all().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
        let logarithmic = least.is_finite() && most / least >= 30.0;

        let legend = self.names.iter().take(lines).enumerate();
        let legend = legend.map(|(line, name)| (Look::Line(line), name.clone())).collect();
        let head = Head::new(&self.title, &self.about, legend);
        let plot = Area::new(LEFT, head.height() + 22.0, right - LEFT, 280.0);
        let ends = (plot.bottom(), plot.y);
        let (scale, ticks) = match logarithmic {
            true => Scale::logarithmic(least, most, ends),
            false => Scale::linear(most, ends, Kind::Length, 5.0),
        };
        let mut canvas = Canvas::new(&self.title, theme, WIDTH, plot.bottom() + 44.0);
        head.draw(&mut canvas);
        values(&mut canvas, plot, if logarithmic { "time, logarithmic" } else { "time" }, &ticks);

        let placed = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
            points.iter().map(|(x, value)| (*x, scale.place(*value))).collect()
        };
        for (line, (low, high)) in pieces.iter().zip(pieces.iter().skip(1)).enumerate() {
            // Where both have the same pieces; a line of its own has no band.
            for (low, high) in low.iter().zip(high).filter(|(low, high)| low.len() == high.len()) {
                let (low, high) = (placed(low), placed(high));
                let around = low.iter().chain(high.iter().rev());
                let path = around.fold(Path::new(), |path, point| path.to(*point)).closed();
                canvas.path(&path, &format!("f-s{line} {}", if line == 0 { "veil" } else { "haze" }));
            }
        }
        let mut labelled = Vec::new();
        for (line, (pieces, name)) in pieces.iter().zip(&self.names).enumerate() {
            let few = pieces.iter().map(Vec::len).sum::<usize>() <= 40;
            for piece in pieces {
                let points = placed(piece);
                let path = points.iter().fold(Path::new(), |path, point| path.to(*point));
                stroke(&mut canvas, &path, line);
                for point in points.iter().filter(|_| few || points.len() == 1) {
                    canvas.mark(*point, line);
                }
            }
            if let Some((_, value)) = pieces.last().and_then(|piece| piece.last()) {
                labelled.push((scale.place(*value), format!("{name} {}", length(*value))));
            }
        }
        labels(&mut canvas, plot.right() + 8.0, (plot.y, plot.bottom()), WIDTH - plot.right() - 12.0, labelled);
        times(&mut canvas, plot, &axis);
        let when = starts.first().zip(starts.last()).map(|(first, last)| span(*first, *last)).unwrap_or_default();
        let ends = pieces.iter().zip(&self.names).filter_map(|(pieces, name)| {
            let (_, value) = pieces.last()?.last()?;
            Some(format!(" {name} is {} at the end.", length(*value)))
        });
        canvas.finish(&self.title, &format!("{} {when}{}", self.about, ends.collect::<String>()))
    }

    fn table(&self) -> Section {
        let mut headings = vec![Heading::new("from")];
        headings.extend(self.names.iter().map(Heading::time));
        let row = |bucket: &Band| {
            let value = |line: usize| bucket.values.get(line).copied().flatten().map_or(Value::Empty, Value::Time);
            [vec![Value::Text(name(bucket.at))], (0..self.names.len()).map(value).collect()].concat()
        };
        let rows = self.buckets.iter().map(row).collect();
        Section { title: self.title.clone(), about: self.about.clone(), headings, rows, ..Section::default() }
    }
}
