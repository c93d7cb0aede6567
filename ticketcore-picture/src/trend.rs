//! What came in and what was done, the backlog below it, and where that may go.

use chrono::NaiveDateTime;
use ticketcore::report::{Heading, Section, Value};

use crate::canvas::{Area, Canvas, Path};
use crate::chart::{EDGE, Head, LEFT, Look, WIDTH, labels, nothing, span, stroke, times, values};
use crate::date::{Axis, COARSER, lively, name};
use crate::scale::{Kind, Scale, grouped};
use crate::{Picture, Theme};

/// Draws what was created and resolved in each bucket, the backlog at its end, and a forecast of the backlog.
///
/// Buckets need not be in order, and those in which nothing happened need not be there. More of them than can be seen are
/// drawn by week, month or year, which the picture says, and a quiet end that is longer than all before it is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trend {
    /// What it is, in a few words.
    pub title: String,
    /// What exactly was counted, in a sentence or two.
    pub about: String,
    /// What happened when.
    pub periods: Vec<Period>,
    /// Where the backlog may go; nothing unless said otherwise.
    pub forecast: Vec<Forecast>,
}

/// Holds what happened in one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// When it begins, in the civil time of the report's zone.
    pub at: NaiveDateTime,
    /// How many tickets were created in it.
    pub created: u64,
    /// How many were resolved in it.
    pub resolved: u64,
    /// How many were open at its end, if that is known.
    pub backlog: Option<u64>,
}

/// Holds how great the backlog of a coming bucket will be, at most, with a certainty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// When the bucket begins.
    pub at: NaiveDateTime,
    /// In half of all cases no greater.
    pub p50: f64,
    /// In 85 of 100 cases no greater.
    pub p85: f64,
    /// In 95 of 100 cases no greater.
    pub p95: f64,
}

/// More buckets than these are drawn by a longer one.
const MOST: usize = 240;
const CREATED: usize = 0;
const RESOLVED: usize = 1;
const BACKLOG: usize = 2;
const FAN: usize = 3;

impl Trend {
    /// Starts a picture of nothing.
    #[must_use]
    pub fn new(title: impl Into<String>, about: impl Into<String>) -> Self {
        Self { title: title.into(), about: about.into(), ..Self::default() }
    }

    /// Adds a bucket.
    #[must_use]
    pub fn period(mut self, period: Period) -> Self {
        self.periods.push(period);
        self
    }

    /// Sets the forecast.
    #[must_use]
    pub fn forecast(mut self, forecast: impl IntoIterator<Item = Forecast>) -> Self {
        self.forecast = forecast.into_iter().collect();
        self
    }

    /// The buckets in order, each once, as many as can be seen; and what they are if not those given.
    fn merged(&self) -> (Vec<Period>, Option<&'static str>) {
        let mut sorted = self.periods.clone();
        sorted.sort_by_key(|period| period.at);
        if self.forecast.is_empty() {
            sorted.truncate(lively(&sorted, |before, period| {
                period.created == 0 && period.resolved == 0 && period.backlog == before.backlog
            }));
        }
        let merge = |start: &dyn Fn(NaiveDateTime) -> NaiveDateTime| {
            let mut merged = Vec::<Period>::new();
            for period in &sorted {
                let at = start(period.at);
                match merged.last_mut() {
                    Some(last) if last.at == at => {
                        last.created = last.created.saturating_add(period.created);
                        last.resolved = last.resolved.saturating_add(period.resolved);
                        last.backlog = period.backlog.or(last.backlog);
                    }
                    Some(_) | None => merged.push(Period { at, ..*period }),
                }
            }
            merged
        };
        let given = merge(&|at| at);
        if given.len() <= MOST {
            return (given, None);
        }
        let coarser = COARSER.iter().map(|(unit, start)| (merge(start), Some(*unit)));
        coarser.into_iter().find(|(merged, _)| merged.len() <= MOST).unwrap_or((given, None))
    }
}

impl Picture for Trend {
    fn svg(&self, theme: Theme) -> String {
        let (periods, unit) = self.merged();
        let mut forecast = self.forecast.clone();
        forecast.sort_by_key(|future| future.at);
        let mut starts: Vec<_> = periods.iter().map(|period| period.at).collect();
        starts.extend(forecast.iter().map(|future| future.at));
        starts.sort_unstable();
        starts.dedup();
        let right = WIDTH - if forecast.is_empty() { EDGE } else { 64.0 };
        let Some(axis) = Axis::new(&starts, (LEFT, right)) else {
            return nothing(&self.title, &self.about, theme);
        };
        let with_backlog = !forecast.is_empty() || periods.iter().any(|period| period.backlog.is_some());
        let look = if in_bars(&axis) { Look::Fill } else { Look::Bare };
        let mut legend = vec![(look(CREATED), "created".to_owned()), (look(RESOLVED), "resolved".to_owned())];
        if with_backlog {
            legend.push((Look::Plain(BACKLOG), "backlog".to_owned()));
        }
        if !forecast.is_empty() {
            legend.push((Look::Veil(FAN), "forecast, not passed in 50, 85, 95 of 100".to_owned()));
        }
        let head = Head::new(&self.title, &self.about, legend);
        let flow = Area::new(LEFT, head.height() + 22.0, right - LEFT, 180.0);
        let stock = Area::new(LEFT, flow.bottom() + 44.0, right - LEFT, 150.0);
        let bottom = if with_backlog { stock.bottom() } else { flow.bottom() };
        let mut canvas = Canvas::new(&self.title, theme, WIDTH, bottom + 44.0);
        head.draw(&mut canvas);
        let merged = unit.is_some();
        let unit = unit.unwrap_or(axis.unit());
        let above = if merged {
            format!("tickets a {unit}; there are too many buckets to be seen one by one")
        } else {
            format!("tickets a {unit}")
        };
        draw_flow(&mut canvas, flow, &axis, &periods, &above);
        if with_backlog {
            canvas.line((flow.x, flow.bottom()), (flow.right(), flow.bottom()), "l-axis w1");
            draw_stock(&mut canvas, stock, &axis, &periods, &forecast, unit);
            times(&mut canvas, stock, &axis);
        } else {
            times(&mut canvas, flow, &axis);
        }
        canvas.finish(&self.title, &self.description(&starts))
    }

    fn table(&self) -> Section {
        let with_forecast = !self.forecast.is_empty();
        let mut headings = ["from", "created", "resolved", "backlog"].map(Heading::new).to_vec();
        if with_forecast {
            headings.extend(["backlog_p50", "backlog_p85", "backlog_p95"].map(Heading::new));
        }
        let backlog = |period: &Period| period.backlog.map_or(Value::Empty, Value::Count);
        let mut rows: Vec<_> = self
            .periods
            .iter()
            .map(|period| {
                let counts = [Value::Count(period.created), Value::Count(period.resolved), backlog(period)];
                let none = vec![Value::Empty; if with_forecast { 3 } else { 0 }];
                [vec![Value::Text(name(period.at))], counts.to_vec(), none].concat()
            })
            .collect();
        rows.extend(self.forecast.iter().map(|future| {
            let ends = [future.p50, future.p85, future.p95].map(Value::Number);
            [vec![Value::Text(name(future.at))], vec![Value::Empty; 3], ends.to_vec()].concat()
        }));
        Section { title: self.title.clone(), about: self.about.clone(), headings, rows, ..Section::default() }
    }
}

impl Trend {
    fn description(&self, starts: &[NaiveDateTime]) -> String {
        let sum = |count: fn(&Period) -> u64| grouped(self.periods.iter().map(count).fold(0, u64::saturating_add));
        let when = starts.first().zip(starts.last()).map(|(first, last)| span(*first, *last)).unwrap_or_default();
        let last = self.periods.iter().max_by_key(|period| period.at).and_then(|period| period.backlog);
        let backlog = last.map(|backlog| format!(" The backlog is {} at the end.", grouped(backlog)));
        format!(
            "{} {when} {} created, {} resolved.{}",
            self.about,
            sum(|period| period.created),
            sum(|period| period.resolved),
            backlog.unwrap_or_default()
        )
    }
}

/// Whether two bars have room in each bucket; else there are lines.
fn in_bars(axis: &Axis) -> bool {
    axis.bucket() >= 9.0
}

fn draw_flow(canvas: &mut Canvas, plot: Area, axis: &Axis, periods: &[Period], unit: &str) {
    let most = periods.iter().map(|period| period.created.max(period.resolved)).max().unwrap_or_default();
    let (scale, ticks) = Scale::linear(most as f64, (plot.bottom(), plot.y), Kind::Count, 4.0);
    values(canvas, plot, unit, &ticks);
    let of = |series: usize, period: &Period| if series == CREATED { period.created } else { period.resolved };
    if in_bars(axis) {
        let wide = (axis.bucket() * 0.4).min(22.0);
        for series in [CREATED, RESOLVED] {
            for period in periods.iter().filter(|period| of(series, period) > 0) {
                let x = axis.place(period.at) - if series == CREATED { wide } else { 0.0 };
                let y = scale.place(of(series, period) as f64);
                canvas.bar(Area::new(x, y, wide - 0.5, plot.bottom() - y), series);
            }
        }
        return;
    }
    for series in [CREATED, RESOLVED] {
        // A bucket that is not there had nothing, so the line goes down to nought in it.
        let mut path = Path::new();
        let mut before = None;
        for period in periods {
            let x = axis.place(period.at);
            if let Some(last) = before.filter(|last| x - last > axis.bucket() * 1.5) {
                let low = scale.place(0.0);
                path = path.to((last + axis.bucket(), low)).to((x - axis.bucket(), low));
            }
            path = path.to((x, scale.place(of(series, period) as f64)));
            before = Some(x);
        }
        if let (CREATED, Some(first), Some(last)) = (series, periods.first(), periods.last()) {
            let low = scale.place(0.0);
            let area = path.clone().to((axis.place(last.at), low)).to((axis.place(first.at), low)).closed();
            canvas.path(&area, &format!("f-s{CREATED} veil"));
        }
        stroke(canvas, &path, series);
    }
}

fn draw_stock(canvas: &mut Canvas, plot: Area, axis: &Axis, periods: &[Period], forecast: &[Forecast], unit: &str) {
    let known: Vec<(f64, f64)> =
        periods.iter().filter_map(|period| Some((axis.place(period.at), period.backlog? as f64))).collect();
    let ends = forecast.iter().flat_map(|future| [future.p50, future.p85, future.p95]);
    let most = known.iter().map(|(_, backlog)| *backlog).chain(ends).fold(0.0, f64::max);
    let (scale, ticks) = Scale::linear(most, (plot.bottom(), plot.y), Kind::Count, 4.0);
    values(canvas, plot, &format!("open at the end of the {unit}"), &ticks);
    if !forecast.is_empty() {
        // The fan begins where the past ends.
        let start = known.last().copied();
        let line = |value: fn(&Forecast) -> f64| {
            let coming = forecast.iter().map(|future| (axis.place(future.at), scale.place(value(future))));
            start.map(|(x, y)| (x, scale.place(y))).into_iter().chain(coming).collect::<Vec<_>>()
        };
        let lines = [line(|future| future.p50), line(|future| future.p85), line(|future| future.p95)];
        for (pair, veil) in lines.windows(2).zip(["veil", "haze"]) {
            let around = pair[0].iter().chain(pair[1].iter().rev());
            let path = around.fold(Path::new(), |path, point| path.to(*point)).closed();
            canvas.path(&path, &format!("f-s{FAN} {veil}"));
        }
        for (line, dash) in lines.iter().zip(["d0", "d1", "d2"]) {
            let path = line.iter().fold(Path::new(), |path, point| path.to(*point));
            canvas.path(&path, &format!("l-s{FAN} {dash} w2"));
        }
        let names = ["P50", "P85", "P95"];
        let ends = lines.iter().zip(names).filter_map(|(line, name)| Some((line.last()?.1, name.to_owned())));
        labels(canvas, plot.right() + 8.0, (plot.y, plot.bottom()), 50.0, ends.collect());
    }
    let path = known.iter().fold(Path::new(), |path, (x, backlog)| path.to((*x, scale.place(*backlog))));
    if !path.is_empty() {
        canvas.path(&path, &format!("l-s{BACKLOG} w2"));
    }
    if known.len() <= 40 {
        for (x, backlog) in &known {
            canvas.mark((*x, scale.place(*backlog)), BACKLOG);
        }
    }
}
