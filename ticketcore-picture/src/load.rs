//! What each agent has, beside what they take.

use ticketcore::report::{Heading, Section, Value};

use crate::canvas::{Anchor, Area, Canvas, Face};
use crate::chart::{EDGE, Head, Look, WIDTH, named, nothing};
use crate::scale::{Kind, Scale, grouped};
use crate::{Picture, Theme};

/// Draws a bar for each agent: how many tickets they have open, with a stroke where their capacity ends.
///
/// What is beyond a capacity is a bar of another pattern, and is said in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// What it is, in a few words.
    pub title: String,
    /// What exactly was counted, in a sentence or two.
    pub about: String,
    /// What everybody has.
    pub agents: Vec<Burden>,
}

/// Holds what one agent has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burden {
    /// Who; `None` is nobody's.
    pub agent: Option<String>,
    /// How many tickets they have.
    pub open: u64,
    /// How many they take, if it was said.
    pub capacity: Option<u64>,
}

const MOST: usize = 40;
const NAMES: f64 = 150.0;
const WORDS: f64 = 150.0;
const ROW: f64 = 26.0;
const WITHIN: usize = 0;
const OVER: usize = 1;

impl Load {
    /// Starts a picture of nobody.
    #[must_use]
    pub fn new(title: impl Into<String>, about: impl Into<String>) -> Self {
        Self { title: title.into(), about: about.into(), agents: Vec::new() }
    }

    /// Adds an agent, with how many tickets they have and take.
    #[must_use]
    pub fn agent(mut self, agent: impl Into<String>, open: u64, capacity: Option<u64>) -> Self {
        self.agents.push(Burden { agent: Some(agent.into()), open, capacity });
        self
    }
}

impl Burden {
    fn name(&self) -> String {
        self.agent.as_ref().map_or_else(|| "nobody".to_owned(), |agent| named(agent))
    }

    fn over(&self) -> u64 {
        self.capacity.map_or(0, |capacity| self.open.saturating_sub(capacity))
    }

    fn words(&self) -> String {
        match self.capacity {
            None => grouped(self.open),
            Some(capacity) if self.over() > 0 => {
                format!("{} of {}: {} over", grouped(self.open), grouped(capacity), grouped(self.over()))
            }
            Some(capacity) => format!("{} of {}", grouped(self.open), grouped(capacity)),
        }
    }
}

impl Picture for Load {
    fn svg(&self, theme: Theme) -> String {
        let shown: Vec<_> = self.agents.iter().take(MOST).collect();
        let ends = shown.iter().map(|share| share.open.max(share.capacity.unwrap_or_default()));
        let most = ends.max().unwrap_or_default();
        if most == 0 {
            return nothing(&self.title, &self.about, theme);
        }
        let mut legend = vec![(Look::Fill(WITHIN), "open".to_owned())];
        if shown.iter().any(|share| share.over() > 0) {
            legend.push((Look::Fill(OVER), "over capacity".to_owned()));
        }
        if shown.iter().any(|share| share.capacity.is_some()) {
            legend.push((Look::Stroke, "capacity".to_owned()));
        }
        let head = Head::new(&self.title, &self.about, legend);
        let left = EDGE + NAMES;
        let plot = Area::new(left, head.height() + 6.0, WIDTH - left - WORDS, ROW * shown.len() as f64);
        let (scale, ticks) = Scale::linear(most as f64, (plot.x, plot.right()), Kind::Count, 6.0);
        let more = self.agents.len() - shown.len();
        let height = plot.bottom() + if more > 0 { 46.0 } else { 30.0 };
        let mut canvas = Canvas::new(&self.title, theme, WIDTH, height);
        head.draw(&mut canvas);
        for (x, label) in &ticks {
            canvas.line((*x, plot.y), (*x, plot.bottom()), "l-grid w1");
            canvas.text((*x, plot.bottom() + 16.0), Anchor::Middle, Face::TICK, 60.0, label);
        }
        for (i, share) in shown.iter().enumerate() {
            let y = plot.y + ROW * i as f64;
            canvas.text((plot.x - 10.0, y + 17.0), Anchor::End, Face::LABEL, NAMES - 14.0, &share.name());
            let within = (share.open - share.over()) as f64;
            let (edge, end) = (scale.place(within), scale.place(share.open as f64));
            canvas.bar(Area::new(plot.x, y + 5.0, edge - plot.x, ROW - 10.0), WITHIN);
            if share.over() > 0 {
                canvas.bar(Area::new(edge, y + 5.0, end - edge, ROW - 10.0), OVER);
            }
            let mut right = end;
            if let Some(capacity) = share.capacity {
                let x = scale.place(capacity as f64);
                canvas.line((x, y + 2.0), (x, y + ROW - 2.0), "l-ground w5");
                canvas.line((x, y + 2.0), (x, y + ROW - 2.0), "l-ink w2");
                right = end.max(x);
            }
            canvas.text((right + 8.0, y + 17.0), Anchor::Start, Face::LABEL, WORDS - 12.0, &share.words());
        }
        canvas.line((plot.x, plot.y), (plot.x, plot.bottom()), "l-axis w1");
        if more > 0 {
            let text = format!("{more} more agents in the table");
            canvas.text((EDGE, plot.bottom() + 38.0), Anchor::Start, Face::TICK, plot.width, &text);
        }
        let over = shown.iter().filter(|share| share.over() > 0).count();
        let open = shown.iter().fold(0, |sum: u64, share| sum.saturating_add(share.open));
        let said = format!(
            "{} {} agents have {} open; {over} have more than they take.",
            self.about,
            shown.len(),
            grouped(open)
        );
        canvas.finish(&self.title, &said)
    }

    fn table(&self) -> Section {
        let row = |share: &Burden| {
            let agent = share.agent.clone().map_or(Value::Empty, Value::Text);
            vec![agent, Value::Count(share.open), share.capacity.map_or(Value::Empty, Value::Count)]
        };
        let headings = ["agent", "open", "capacity"].map(Heading::new).to_vec();
        let rows = self.agents.iter().map(row).collect();
        Section { title: self.title.clone(), about: self.about.clone(), headings, rows, ..Section::default() }
    }
}
