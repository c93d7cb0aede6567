//! The text, letter by letter.

use super::tree::{Name, Place};
use super::wrong::Wrong;

/// Where reading has got to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// How many values were read.
    pub(super) values: usize,
}

/// Letters that cannot be seen and would keep a name from being found: zero widths, marks of direction, byte order marks.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A run of letters without blanks, quotes or parentheses.
#[derive(Debug, Default)]
pub(super) struct Bare {
    /// Without its backslashes.
    pub(super) text: String,
    pub(super) place: Place,
    /// Whether a backslash took a letter's special meaning from it.
    pub(super) escaped: bool,
    /// Where in the text two dots stand that are a range's.
    pub(super) dots: Option<usize>,
    /// Whether it ends with a star that is none of the text.
    pub(super) star: bool,
}

impl<'a> Scan<'a> {
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes the next letter.
    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Takes what is written next, if it is this.
    pub(super) fn take(&mut self, what: &str) -> bool {
        let there = self.rest().starts_with(what);
        if there {
            self.at += what.len();
        }
        there
    }

    pub(super) fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// The run of letters that comes next, as it is written, up to a blank, a quote or a parenthesis.
    pub(super) fn token(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '(' | ')')).unwrap_or(rest.len());
        &rest[..end]
    }

    /// Takes the next run, if it is one of these words.
    pub(super) fn keyword(&mut self, words: &[&str]) -> bool {
        let token = self.token();
        let there = words.contains(&token) && !self.rest()[token.len()..].starts_with('"');
        if there {
            self.at += token.len();
        }
        there
    }

    /// From a place until here.
    pub(super) const fn since(&self, start: usize) -> Place {
        Place { start, end: self.at }
    }

    /// Reads a run of letters up to a blank, a quote, a parenthesis, or a letter that ends it unless it is escaped.
    pub(super) fn bare(&mut self, ends: impl Fn(char) -> bool) -> Result<Bare, Wrong> {
        let (mut bare, start) = (Bare::default(), self.at);
        while let Some(c) = self.peek() {
            if c.is_whitespace() || matches!(c, '"' | '(' | ')') || ends(c) {
                break;
            }
            let at = self.at;
            self.next();
            bare.star = false;
            match c {
                '\\' => {
                    bare.escaped = true;
                    match self.next() {
                        Some(letter) => bare.text.push(letter),
                        None => return Err(wrong(at..self.at, "nothing after the backslash")),
                    }
                    continue;
                }
                c if c.is_control() || is_invisible(c) => {
                    let what =
                        format!("an invisible character, U+{:04X}; quote what holds it, or leave it out", u32::from(c));
                    return Err(wrong(at..self.at, what));
                }
                '.' if self.peek() == Some('.') && bare.dots.is_none() => bare.dots = Some(bare.text.len()),
                '*' => bare.star = true,
                _ => {}
            }
            bare.text.push(c);
        }
        if bare.star {
            bare.text.pop();
        }
        bare.place = self.since(start);
        Ok(bare)
    }

    /// Reads what stands between quotes, of which the first comes next.
    pub(super) fn quoted(&mut self) -> Result<Name, Wrong> {
        let start = self.at;
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(wrong(start..start + 1, "the quote is never closed")),
                Some('"') => return Ok(Name { text, quoted: true, place: self.since(start) }),
                Some('\\') => text.extend(self.next()),
                Some(c) => text.push(c),
            }
        }
    }
}

pub(super) fn wrong(at: std::ops::Range<usize>, what: impl Into<String>) -> Wrong {
    Wrong { at, what: what.into() }
}
