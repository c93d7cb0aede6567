//! The backlog by age.

use ticketcore::report::{Heading, Section, Value};

use crate::canvas::{Anchor, Area, Canvas, Face};
use crate::chart::{EDGE, Head, LEFT, Look, WIDTH, named, nothing, values};
use crate::scale::{Kind, Scale, count, grouped};
use crate::stack::{folded, folded_counts};
use crate::{Picture, Theme};

/// Draws a histogram of bands, each stacked by something such as priority: how old the backlog is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ages {
    /// What it is, in a few words.
    pub title: String,
    /// What exactly was counted, in a sentence or two.
    pub about: String,
    /// What a bar is made of, from the bottom: `p1`, `p2`. One without a name if of nothing; those beyond the sixth are
    /// drawn as one.
    pub parts: Vec<String>,
    /// The bars, each with its name (`1-3d`) and a count for every part; missing ones are none.
    pub bands: Vec<(String, Vec<u64>)>,
}

const MOST: usize = 24;

impl Ages {
    /// Starts a picture of nothing, with the names of what its bars are made of.
    #[must_use]
    pub fn new<N: Into<String>>(
        title: impl Into<String>,
        about: impl Into<String>,
        parts: impl IntoIterator<Item = N>,
    ) -> Self {
        let parts = parts.into_iter().map(Into::into).collect();
        Self { title: title.into(), about: about.into(), parts, bands: Vec::new() }
    }

    /// Adds a bar.
    #[must_use]
    pub fn band(mut self, name: impl Into<String>, counts: impl IntoIterator<Item = u64>) -> Self {
        self.bands.push((name.into(), counts.into_iter().collect()));
        self
    }

    fn left_out(&self) -> Option<String> {
        let more = self.bands.len().saturating_sub(MOST);
        (more > 0).then(|| format!("{more} more bands in the table"))
    }
}

impl Picture for Ages {
    fn svg(&self, theme: Theme) -> String {
        let bars: Vec<_> = self
            .bands
            .iter()
            .take(MOST)
            .map(|(name, counts)| (name, folded_counts(self.parts.len(), counts)))
            .collect();
        let total = |counts: &[u64]| counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
        let most = bars.iter().map(|(_, counts)| total(counts)).max().unwrap_or_default();
        if most == 0 {
            return nothing(&self.title, &self.about, theme);
        }
        let parts = folded(&self.parts);
        let one = self.parts.len() == 1 && self.parts.iter().all(String::is_empty);
        let legend = parts.iter().enumerate().map(|(part, name)| (Look::Fill(part), name.clone()));
        let head = Head::new(&self.title, &self.about, legend.filter(|_| !one).collect());
        let plot = Area::new(LEFT, head.height() + 22.0, WIDTH - LEFT - EDGE, 240.0);
        let (scale, ticks) = Scale::linear(most as f64 * 1.06, (plot.bottom(), plot.y), Kind::Count, 4.0);
        let mut canvas =
            Canvas::new(&self.title, theme, WIDTH, plot.bottom() + if self.left_out().is_some() { 46.0 } else { 30.0 });
        head.draw(&mut canvas);
        values(&mut canvas, plot, "tickets", &ticks);
        let wide = plot.width / bars.len() as f64;
        let bar = (wide * 0.7).min(80.0);
        for (i, (name, counts)) in bars.iter().enumerate() {
            let x = plot.x + wide * (i as f64 + 0.5);
            let mut below = 0.0;
            for (part, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                let (low, high) = (scale.place(below), scale.place(below + *count as f64));
                let area = Area::new(x - bar / 2.0, high, bar, low - high);
                canvas.bar(area, part);
                canvas.line((area.x, area.y), (area.right(), area.y), "l-ground w1");
                below += *count as f64;
            }
            let sum = total(counts);
            let text = if Face::STRONG.width(&grouped(sum)) <= wide { grouped(sum) } else { count(sum as f64) };
            canvas.text((x, scale.place(below) - 6.0), Anchor::Middle, Face::STRONG, wide, &text);
            canvas.text((x, plot.bottom() + 18.0), Anchor::Middle, Face::LABEL, wide - 4.0, &named(name));
        }
        canvas.line((plot.x, plot.bottom()), (plot.right(), plot.bottom()), "l-axis w1");
        if let Some(left_out) = self.left_out() {
            canvas.text((EDGE, plot.bottom() + 38.0), Anchor::Start, Face::TICK, plot.width, &left_out);
        }
        let said = bars.iter().map(|(name, counts)| format!("{} {}", named(name), grouped(total(counts))));
        canvas.finish(&self.title, &format!("{} {}.", self.about, said.collect::<Vec<_>>().join(", ")))
    }

    fn table(&self) -> Section {
        let mut headings = vec![Heading::new("band")];
        let name = |part: &String| if part.is_empty() { "tickets".to_owned() } else { part.clone() };
        headings.extend(self.parts.iter().map(name).map(Heading::new));
        let row = |(name, counts): &(String, Vec<u64>)| {
            let count = |i: usize| Value::Count(counts.get(i).copied().unwrap_or_default());
            [vec![Value::Text(name.clone())], (0..self.parts.len()).map(count).collect()].concat()
        };
        let rows = self.bands.iter().map(row).collect();
        Section { title: self.title.clone(), about: self.about.clone(), headings, rows, ..Section::default() }
    }
}
