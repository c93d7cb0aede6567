//! Writes SVG: the one place where a picture becomes text.
//!
//! Numbers have two decimals at most, so that the same input gives the same bytes. Texts are cut to the room they are
//! given, and moved if they would leave the picture.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::theme::{PATTERNS, SERIES, Theme, style};
use crate::words::{clip, escape, line, width};

/// Says which end of a text its place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// Says how a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Face {
    pub(crate) size: f64,
    bold: bool,
    colour: &'static str,
}

impl Face {
    pub(crate) const TITLE: Self = Self { size: 17.0, bold: true, colour: "f-ink" };
    pub(crate) const ABOUT: Self = Self { size: 12.0, bold: false, colour: "f-muted" };
    pub(crate) const LABEL: Self = Self { size: 12.0, bold: false, colour: "f-ink" };
    pub(crate) const STRONG: Self = Self { size: 12.0, bold: true, colour: "f-ink" };
    pub(crate) const TICK: Self = Self { size: 11.0, bold: false, colour: "f-muted" };
    pub(crate) const COUNT: Self = Self { size: 18.0, bold: true, colour: "f-ink" };

    /// The face of texts on a step of the scale of colours.
    pub(crate) const fn on_step(step: usize) -> Self {
        const COLOURS: [&str; 5] = ["f-t0", "f-t1", "f-t2", "f-t3", "f-t4"];
        Self { size: 12.0, bold: false, colour: COLOURS[step % COLOURS.len()] }
    }

    /// The same, bold and of another size.
    pub(crate) const fn bold(self, size: f64) -> Self {
        Self { size, bold: true, ..self }
    }

    /// The same in another size.
    pub(crate) const fn sized(self, size: f64) -> Self {
        Self { size, ..self }
    }

    /// How wide a text is about.
    pub(crate) fn width(self, text: &str) -> f64 {
        width(text, if self.bold { self.size * 1.08 } else { self.size })
    }

    fn clip(self, text: &str, room: f64) -> String {
        clip(text, if self.bold { self.size * 1.08 } else { self.size }, room)
    }
}

/// A place with a size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Area {
    pub(crate) const fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    pub(crate) const fn right(self) -> f64 {
        self.x + self.width
    }

    pub(crate) const fn bottom(self) -> f64 {
        self.y + self.height
    }
}

/// A picture being drawn.
#[derive(Debug)]
pub(crate) struct Canvas {
    body: String,
    width: f64,
    height: f64,
    theme: Theme,
    /// What tells its patterns from those of other pictures in the same page.
    mark: String,
    patterns: BTreeSet<usize>,
}

impl Canvas {
    /// Starts a picture; its title is what a screen reader says first.
    pub(crate) fn new(title: &str, theme: Theme, width: f64, height: f64) -> Self {
        let bytes = title.bytes().chain(theme.class().bytes());
        // FNV-1a: not for safety, only to be another one for another picture.
        let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        Self { body: String::new(), width, height, theme, mark: format!("tcp{hash:08x}"), patterns: BTreeSet::new() }
    }

    pub(crate) fn rect(&mut self, area: Area, classes: &str) {
        self.rounded(area, 0.0, classes);
    }

    pub(crate) fn rounded(&mut self, area: Area, radius: f64, classes: &str) {
        let Area { x, y, width, height } = area;
        let round = if radius > 0.0 { format!(" rx=\"{}\"", number(radius)) } else { String::new() };
        self.put(&format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{round} class=\"{classes}\"/>",
            number(x),
            number(y),
            number(width.max(0.0)),
            number(height.max(0.0)),
        ));
    }

    /// Fills a rectangle with the colour and the pattern of a series.
    pub(crate) fn bar(&mut self, area: Area, series: usize) {
        let Area { x, y, width, height } = area;
        let fill = self.fill(series);
        self.put(&format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {fill}/>",
            number(x),
            number(y),
            number(width.max(0.0)),
            number(height.max(0.0)),
        ));
    }

    /// Fills a shape with the colour and the pattern of a series.
    pub(crate) fn shape(&mut self, path: &Path, series: usize) {
        let fill = self.fill(series);
        self.put(&format!("<path d=\"{}\" {fill}/>", path.0));
    }

    pub(crate) fn path(&mut self, path: &Path, classes: &str) {
        self.put(&format!("<path d=\"{}\" class=\"{classes}\"/>", path.0));
    }

    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), classes: &str) {
        self.path(&Path::new().to(from).to(to), classes);
    }

    /// Draws the mark of a series at a point; each of the first four has a shape of its own.
    pub(crate) fn mark(&mut self, (x, y): (f64, f64), series: usize) {
        let r = 3.2;
        let path = match series % 4 {
            0 => {
                let (x, y) = (number(x), number(y));
                return self
                    .put(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" class=\"f-s{}\"/>", series % SERIES));
            }
            1 => Path::new().to((x - r, y - r)).to((x + r, y - r)).to((x + r, y + r)).to((x - r, y + r)),
            2 => Path::new().to((x, y - r - 1.0)).to((x + r + 1.0, y + r)).to((x - r - 1.0, y + r)),
            _ => Path::new().to((x, y - r - 1.2)).to((x + r + 1.2, y)).to((x, y + r + 1.2)).to((x - r - 1.2, y)),
        };
        self.path(&path.closed(), &format!("f-s{}", series % SERIES));
    }

    /// Writes a text into the room there is, and returns how wide it became.
    pub(crate) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, face: Face, room: f64, text: &str) -> f64 {
        let text = face.clip(&line(text), room.min(self.width - 4.0));
        let wide = face.width(&text);
        if text.is_empty() {
            return 0.0;
        }
        let (before, name) = match anchor {
            Anchor::Start => (0.0, ""),
            Anchor::Middle => (wide / 2.0, " text-anchor=\"middle\""),
            Anchor::End => (wide, " text-anchor=\"end\""),
        };
        let left = (x - before).min(self.width - 2.0 - wide).max(2.0);
        let y = y.max(face.size).min(self.height - 3.0);
        let bold = if face.bold { " bold" } else { "" };
        self.put(&format!(
            "<text x=\"{}\" y=\"{}\"{name} font-size=\"{}\" class=\"{}{bold}\">{}</text>",
            number(left + before),
            number(y),
            number(face.size),
            face.colour,
            escape(&text),
        ));
        wide
    }

    /// Ends the picture. The height may have become known only now.
    pub(crate) fn finish(self, title: &str, description: &str) -> String {
        let Self { body, width, height, theme, mark, patterns } = self;
        let (width, height, class) = (number(width), number(height), theme.class());
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" class=\"tcp {class}\" role=\"img\" aria-labelledby=\"{mark}t {mark}d\">\n\
             <title id=\"{mark}t\">{}</title>\n<desc id=\"{mark}d\">{}</desc>\n<style>{}</style>\n",
            escape(&line(title)),
            escape(&line(description)),
            style(theme),
        );
        if !patterns.is_empty() {
            svg += "<defs>\n";
            for series in patterns {
                let _ = writeln!(
                    svg,
                    "<pattern id=\"{mark}p{series}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">\
                     <rect width=\"8\" height=\"8\" class=\"f-s{series}\"/>\
                     <path d=\"{}\" stroke-width=\"{}\" stroke-linecap=\"round\" class=\"l-ground\"/></pattern>",
                    PATTERNS[series],
                    // A line of no length is a dot.
                    if PATTERNS[series].contains("h.01") { "2.6" } else { "1.4" },
                );
            }
            svg += "</defs>\n";
        }
        let _ = write!(svg, "<rect width=\"{width}\" height=\"{height}\" class=\"f-ground\"/>\n{body}</svg>\n");
        svg
    }

    fn fill(&mut self, series: usize) -> String {
        let series = series % SERIES;
        if PATTERNS[series].is_empty() {
            return format!("class=\"f-s{series}\"");
        }
        self.patterns.insert(series);
        format!("fill=\"url(#{}p{series})\"", self.mark)
    }

    fn put(&mut self, element: &str) {
        self.body += element;
        self.body.push('\n');
    }
}

/// The outline of a shape, or a line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path(String);

impl Path {
    pub(crate) const fn new() -> Self {
        Self(String::new())
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Goes straight to a point; the first is where it begins.
    #[must_use]
    pub(crate) fn to(self, point: (f64, f64)) -> Self {
        let command = if self.0.is_empty() { 'M' } else { 'L' };
        self.step(command, point)
    }

    /// Goes to a point in a bend around a corner.
    #[must_use]
    pub(crate) fn around(mut self, corner: (f64, f64), point: (f64, f64)) -> Self {
        let _ = write!(self.0, "Q{} {} ", number(corner.0), number(corner.1));
        let _ = write!(self.0, "{} {}", number(point.0), number(point.1));
        self
    }

    #[must_use]
    pub(crate) fn closed(mut self) -> Self {
        self.0.push('Z');
        self
    }

    fn step(mut self, command: char, (x, y): (f64, f64)) -> Self {
        let _ = write!(self.0, "{command}{} {}", number(x), number(y));
        self
    }
}

/// Writes a number with two decimals at most. What is none becomes nought: it has no place in a picture.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_always_numbers() {
        for (value, text) in [
            (0.0, "0"),
            (-0.001, "0"),
            (1.5, "1.5"),
            (2.006, "2.01"),
            (100.0, "100"),
            (f64::NAN, "0"),
            (f64::INFINITY, "0"),
        ] {
            assert_eq!(number(value), text, "{value}");
        }
    }

    #[test]
    fn a_text_stays_inside() {
        let mut canvas = Canvas::new("t", Theme::Auto, 100.0, 50.0);
        canvas.text((95.0, 48.9), Anchor::Start, Face::LABEL, 80.0, "a<b & c");
        let svg = canvas.finish("t", "d");
        assert!(svg.contains("y=\"47\"") && svg.contains("a&lt;b &amp; c"), "{svg}");
    }

    #[test]
    fn pictures_of_one_page_have_patterns_of_their_own() {
        let picture = |title| {
            let mut canvas = Canvas::new(title, Theme::Dark, 10.0, 10.0);
            canvas.bar(Area::new(0.0, 0.0, 5.0, 5.0), 1);
            canvas.finish(title, "")
        };
        let id =
            |svg: &str| svg.split("pattern id=\"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
        assert_ne!(id(&picture("a")), id(&picture("b")));
    }
}
