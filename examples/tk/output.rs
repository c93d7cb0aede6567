//! How tables look on a terminal: as wide as it is, in colour only if somebody looks on.
//!
//! | what says so | then |
//! |---|---|
//! | `NO_COLOR` is not empty | no colour, whatever else is said (<https://no-color.org>) |
//! | `CLICOLOR_FORCE` is not `0` | colour, into a pipe too |
//! | standard output is a terminal, and `TERM` is not `dumb` | colour, and no line longer than the terminal |
//! | `COLUMNS` is a number | no line longer than that, into a pipe too |

use std::io::{self, IsTerminal as _};

use ticketcore::report::{Section, Value};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Says how wide lines may be, and whether they are in colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// As wide as they are unless said otherwise.
    pub(crate) width: Option<usize>,
    pub(crate) colour: bool,
}

impl Look {
    /// The look of standard output.
    pub(crate) fn stdout() -> Self {
        let size = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self::of(io::stdout().is_terminal(), size, |name| std::env::var(name).ok())
    }

    /// The look of an output: whether it is a terminal, how wide that is, and the environment.
    pub(crate) fn of(is_terminal: bool, size: Option<usize>, env: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
        let forced = env("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0");
        let wanted = is_terminal && env("TERM").as_deref() != Some("dumb") && env("CLICOLOR").as_deref() != Some("0");
        let columns = env("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
        Self { width: columns.or(size.filter(|_| is_terminal)), colour: !is_set("NO_COLOR") && (forced || wanted) }
    }

    /// What stands out, if anything may.
    pub(crate) fn bold(self, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn dim(self, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Writes a section of a report: title, description, table.
    pub(crate) fn section(self, section: &Section) -> String {
        let mut text = String::new();
        let width = self.width.unwrap_or(usize::MAX);
        for line in wrap(&section.title, width) {
            text += &format!("{}\n", self.bold(&line));
        }
        for line in wrap(&section.about, width) {
            text += &format!("{}\n", self.dim(&line));
        }
        let is_text = |column: usize| {
            section.rows.iter().all(|row| matches!(row.get(column), None | Some(Value::Text(_) | Value::Empty)))
        };
        let heading = |column: usize, name: &str| Column { name: name.replace('_', " "), is_text: is_text(column) };
        let columns = section.headings.iter().enumerate().map(|(i, heading_)| heading(i, &heading_.name)).collect();
        let rows = section.rows.iter().chain(&section.total);
        let rows = rows.map(|row| row.iter().map(Value::to_string).collect()).collect();
        text += &format!("\n{}", self.table(columns, rows));
        if !section.notes.is_empty() {
            text.push('\n');
            for line in section.notes.iter().flat_map(|note| wrap(note, width)) {
                text += &format!("{}\n", self.dim(&line));
            }
        }
        text
    }

    /// Writes rows under headings. What is too wide is cut in columns of text, never in a number; a table for which there
    /// is no room at all becomes a list.
    pub(crate) fn table(self, columns: Vec<Column>, rows: Vec<Vec<String>>) -> String {
        let natural = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width());
            cells.chain([columns[column].name.width()]).max().unwrap_or_default()
        };
        let naturals: Vec<usize> = (0..columns.len()).map(natural).collect();
        let Some((widths, lines)) = self.fit(&columns, &rows, naturals) else {
            return self.list(&columns, &rows);
        };
        let mut text = String::new();
        for line in 0..lines {
            let heading = |column: &Column, width: &usize| {
                let wrapped = wrap(&column.name, *width);
                // Headings of fewer lines stand at the bottom.
                (line + wrapped.len()).checked_sub(lines).and_then(|i| wrapped.get(i).cloned()).unwrap_or_default()
            };
            let cells: Vec<String> =
                columns.iter().zip(&widths).map(|(column, width)| heading(column, width)).collect();
            text += &format!("{}\n", self.bold(&aligned(&columns, &widths, &cells)));
        }
        for row in &rows {
            text += &format!("{}\n", aligned(&columns, &widths, row));
        }
        text
    }

    /// The widths of the columns, and how many lines the headings take, if the table fits.
    fn fit(self, columns: &[Column], rows: &[Vec<String>], naturals: Vec<usize>) -> Option<(Vec<usize>, usize)> {
        let total = |widths: &[usize]| widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        let Some(width) = self.width.filter(|width| total(&naturals) > *width) else {
            return Some((naturals, 1));
        };
        // First the headings are broken between words; then the widest texts give way.
        let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column)).map(|cell| cell.width());
        let word = |name: &str| name.split(' ').map(|word| word.width()).max().unwrap_or_default();
        let mut widths: Vec<usize> = columns
            .iter()
            .enumerate()
            .map(|(i, column)| cells(i).chain([word(&column.name)]).max().unwrap_or_default())
            .collect();
        while total(&widths) > width {
            let give =
                |(i, width): &(usize, &usize)| columns[*i].is_text && **width > LEAST.max(word(&columns[*i].name));
            let (widest, _) = widths.iter().enumerate().filter(give).max_by_key(|(_, width)| **width)?;
            widths[widest] -= 1;
        }
        let lines = columns.iter().zip(&widths).map(|(column, width)| wrap(&column.name, *width).len()).max();
        Some((widths, lines.unwrap_or(1)))
    }

    /// Each row as lines of heading and value.
    fn list(self, columns: &[Column], rows: &[Vec<String>]) -> String {
        let width = self.width.unwrap_or(usize::MAX);
        let names = columns.iter().map(|column| column.name.width()).max().unwrap_or_default().min(width / 3).max(1);
        let room = width.saturating_sub(names + GAP).max(1);
        let list = |row: &Vec<String>| {
            let mut text = String::new();
            for (column, cell) in columns.iter().zip(row) {
                let name = pad(&cut(&column.name, names), names, true);
                for (i, line) in wrap(cell, room).iter().enumerate() {
                    let name = if i == 0 { self.bold(&name) } else { " ".repeat(names) };
                    text += &format!("{name}  {line}\n");
                }
            }
            text
        };
        rows.iter().map(list).collect::<Vec<_>>().join("\n")
    }
}

/// The heading of a column, and whether it holds texts; numbers stand to the right.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) is_text: bool,
}

/// Between columns.
const GAP: usize = 2;
/// No text is cut to less.
const LEAST: usize = 6;

fn aligned(columns: &[Column], widths: &[usize], cells: &[String]) -> String {
    let cell = |((column, width), cell): ((&Column, &usize), &String)| pad(&cut(cell, *width), *width, column.is_text);
    let cells: Vec<String> = columns.iter().zip(widths).zip(cells).map(cell).collect();
    cells.join("  ").trim_end().to_owned()
}

fn pad(text: &str, width: usize, to_the_right: bool) -> String {
    let blank = " ".repeat(width.saturating_sub(text.width()));
    if to_the_right { format!("{text}{blank}") } else { format!("{blank}{text}") }
}

/// Cuts a text to a width, with an ellipsis.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    format!("{}…", start(text, width.saturating_sub(1)))
}

/// As much of a text as has a width, but at least one character.
fn start(text: &str, width: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(at, c)| {
        used += c.width().unwrap_or_default();
        used > width && *at > 0
    });
    end.map_or(text, |(at, _)| &text[..at])
}

/// Breaks a text between words, and within one that has no room by itself.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut rest = word;
        loop {
            let last = lines.len() - 1;
            let gap = usize::from(!lines[last].is_empty());
            if lines[last].width() + gap + rest.width() <= width {
                lines[last] += &format!("{}{rest}", if gap == 1 { " " } else { "" });
                break;
            }
            if gap == 1 {
                lines.push(String::new());
                continue;
            }
            let piece = start(rest, width.max(1));
            lines[last] = piece.to_owned();
            rest = &rest[piece.len()..];
            if rest.is_empty() {
                break;
            }
            lines.push(String::new());
        }
    }
    lines
}
