//! From text to tree: one letter of look-ahead for terms, one word for what a ticket was.

use super::scan::{Scan, is_invisible, wrong};
use super::tree::{Expr, Name, Place, Question, Term};
use super::wrong::{Misread, Wrong, choices, nearest};
use super::{terms, values};
use crate::query::{Order, Sort, words};

/// The longest text, in bytes.
pub(super) const TEXT: usize = 64 << 10;
/// The most terms of a question, and the most values of all its terms together.
pub(super) const TERMS: usize = 1000;
/// How deep parentheses and negations may stand in each other.
pub(super) const DEPTH: usize = 64;
/// The most faults that are told.
pub(super) const FAULTS: usize = 20;

/// What joins and what negates.
const OR: [&str; 2] = ["or", "OR"];
const AND: [&str; 2] = ["and", "AND"];
const NOT: [&str; 2] = ["not", "NOT"];

/// Reading goes on after a fault that is told; nothing comes of what was read then.
pub(super) struct Parser<'a> {
    pub(super) scan: Scan<'a>,
    wrongs: Vec<Wrong>,
    sort: Option<Order>,
    terms: usize,
}

/// Reading cannot go on.
pub(super) struct Lost;

type Read<T> = Result<T, Lost>;

pub(super) fn parse(text: &str) -> Result<Question, Misread> {
    let misread = |wrongs| Misread { text: text.to_owned(), wrongs };
    if text.len() > TEXT {
        let what = format!("the text is {} bytes long, and may be {TEXT}", text.len());
        let start = (0..=TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        // All of a text that is too long would be no help to anybody.
        return Err(Misread { text: text[..start].to_owned(), wrongs: vec![wrong(start..start, what)] });
    }
    if let Some(at) = text.find('\0') {
        return Err(misread(vec![wrong(at..at + 1, "a NUL character")]));
    }
    let mut parser = Parser { scan: Scan { text, at: 0, values: 0 }, wrongs: Vec::new(), sort: None, terms: 0 };
    let expr = parser.whole();
    match expr {
        Ok(expr) if parser.wrongs.is_empty() => Ok(Question { expr, sort: parser.sort }),
        _ => Err(misread(parser.wrongs)),
    }
}

impl Parser<'_> {
    /// Tells of a fault; reading goes on, if there were not too many.
    pub(super) fn fault(&mut self, wrong: Wrong) -> Read<()> {
        self.wrongs.push(wrong);
        if self.wrongs.len() < FAULTS { Ok(()) } else { Err(Lost) }
    }

    fn lost<T>(&mut self, at: Place, what: impl Into<String>) -> Read<T> {
        self.wrongs.push(wrong(at.start..at.end, what));
        Err(Lost)
    }

    fn whole(&mut self) -> Read<Option<Expr>> {
        self.scan.skip_blanks();
        if self.scan.rest().is_empty() {
            return Ok(None);
        }
        let expr = self.any(0)?;
        if self.scan.peek().is_some() {
            let place = Place { start: self.scan.at, end: self.scan.at + 1 };
            return self.lost(place, "this parenthesis was never opened");
        }
        Ok(expr)
    }

    /// Alternatives, up to the end or a closing parenthesis. Nothing comes of a `sort:` alone.
    fn any(&mut self, depth: usize) -> Read<Option<Expr>> {
        let mut any = Vec::new();
        loop {
            let (start, found) = (self.scan.at, self.wrongs.len());
            let all = self.all(depth)?;
            let more = self.or();
            match all {
                Some(all) => any.push(all),
                None if any.is_empty() && !more => return Ok(None),
                None if found < self.wrongs.len() => {}
                None => self.fault(wrong(start..self.scan.at, "one side of `or` asks nothing"))?,
            }
            if !more {
                return Ok(if any.len() > 1 { Some(Expr::Any(any)) } else { any.pop() });
            }
            self.scan.skip_blanks();
        }
    }

    fn or(&mut self) -> bool {
        self.scan.keyword(&OR)
    }

    /// What is to hold together.
    fn all(&mut self, depth: usize) -> Read<Option<Expr>> {
        let mut all = Vec::new();
        let (start, found) = (self.scan.at, self.wrongs.len());
        let mut joined: Option<Place> = None;
        let mut sorted = false;
        loop {
            self.scan.skip_blanks();
            let at = self.scan.at;
            if self.scan.peek().is_none_or(|c| c == ')') || OR.contains(&self.scan.token()) {
                break;
            }
            if self.scan.keyword(&AND) {
                let place = self.scan.since(at);
                if joined.is_some() || (all.is_empty() && !sorted && found == self.wrongs.len()) {
                    self.fault(wrong(place.start..place.end, "nothing before `and`"))?;
                }
                joined = Some(place);
                continue;
            }
            joined = None;
            if depth == 0 && self.scan.rest().starts_with("sort:") {
                self.sort()?;
                sorted = true;
            } else if let Some(expr) = self.not(depth)? {
                all.push(expr);
            }
        }
        if let Some(place) = joined {
            self.fault(wrong(place.start..place.end, "nothing after `and`"))?;
        }
        if all.is_empty() && !sorted && found == self.wrongs.len() {
            let what = if depth > 0 && self.scan.peek() == Some(')') {
                "nothing stands between the parentheses"
            } else if OR.contains(&self.scan.token()) {
                "nothing before `or`"
            } else {
                "something is missing here"
            };
            self.fault(wrong(start.min(self.scan.at)..self.scan.at, what))?;
        }
        Ok(if all.len() > 1 { Some(Expr::All(all)) } else { all.pop() })
    }

    fn not(&mut self, depth: usize) -> Read<Option<Expr>> {
        // A loop, as a text may be full of them.
        let mut negations = 0;
        let start = self.scan.at;
        loop {
            if self.scan.take("-") {
                negations += 1;
            } else if self.scan.keyword(&NOT) {
                negations += 1;
                self.scan.skip_blanks();
            } else {
                break;
            }
            if depth + negations > DEPTH {
                return self.lost(self.scan.since(start), format!("this is more than {DEPTH} levels deep"));
            }
        }
        let blank = self.scan.peek().is_none_or(|c| c.is_whitespace() || c == ')');
        if negations > 0 && (blank || OR.contains(&self.scan.token()) || AND.contains(&self.scan.token())) {
            let place = self.scan.since(start);
            self.fault(wrong(place.start..place.end, "nothing after the negation"))?;
            return Ok(None);
        }
        let Some(mut expr) = self.atom(depth + negations)? else { return Ok(None) };
        for _ in 0..negations {
            expr = Expr::Not(Box::new(expr));
        }
        Ok(Some(expr))
    }

    fn atom(&mut self, depth: usize) -> Read<Option<Expr>> {
        let start = self.scan.at;
        if self.scan.take("(") {
            if depth >= DEPTH {
                return self.lost(self.scan.since(start), format!("this is more than {DEPTH} levels deep"));
            }
            let expr = self.any(depth + 1)?;
            if !self.scan.take(")") {
                return self.lost(Place { start, end: start + 1 }, "this parenthesis is never closed");
            }
            return Ok(expr);
        }
        self.terms += 1;
        if self.terms > TERMS {
            return self.lost(Place { start, end: start }, format!("there are more than {TERMS} terms"));
        }
        let term = if self.scan.peek() == Some('"') { self.phrase() } else { self.term() };
        match term {
            Ok(term) => Ok(Some(Expr::Is(term))),
            Err(found) => {
                self.fault(found)?;
                self.recover(start);
                Ok(None)
            }
        }
    }

    /// Goes on behind what could not be read. What stands in quotes is skipped as one, and an open quote is the end.
    fn recover(&mut self, start: usize) {
        while let Some(c) = self.scan.peek() {
            if c == '"' {
                let Ok(_) = self.scan.quoted() else { return };
            } else if c.is_whitespace() || c == ')' || (c == '(' && self.scan.at > start) {
                return;
            } else {
                self.scan.next();
            }
        }
    }

    fn phrase(&mut self) -> Result<Term, Wrong> {
        let name = self.scan.quoted()?;
        searched(&name.text, name.place)?;
        Ok(Term::Phrase(name.text))
    }

    fn term(&mut self) -> Result<Term, Wrong> {
        if let Some(aspect) = self.aspect() {
            return terms::history(&mut self.scan, aspect);
        }
        let start = self.scan.at;
        let bare = self.scan.bare(|c| matches!(c, ':' | '<' | '>' | '='))?;
        let name = bare.text.as_str();
        match self.scan.peek() {
            Some('"') if !bare.escaped && name.ends_with('.') && terms::is_family(name) => {
                let of = self.scan.quoted()?;
                return terms::term(&mut self.scan, name.trim_end_matches('.'), Some(of), start);
            }
            Some('=') => {
                let known = name.strip_suffix('!').unwrap_or(name);
                if terms::is_known(known) {
                    let meant = if known == name { format!("`{known}:`") } else { format!("`-{known}:`") };
                    let start = self.scan.at;
                    self.scan.next();
                    return Err(wrong(start..self.scan.at, format!("there is no `=`, did you mean {meant}?")));
                }
                return self.word(start);
            }
            Some(':' | '<' | '>') => {}
            _ => return self.word(start),
        }
        if name.is_empty() {
            self.scan.next();
            return Err(wrong(start..self.scan.at, "a comparison without a field before it"));
        }
        match name.split_once('.') {
            Some((family, of)) if terms::is_family(name) => {
                let place = Place { start: start + family.len() + 1, end: bare.place.end };
                let of = Name { text: of.to_owned(), quoted: bare.escaped, place };
                terms::term(&mut self.scan, family, Some(of), start)
            }
            _ => terms::term(&mut self.scan, name, None, start),
        }
    }

    /// A run of letters up to a blank, which is looked for in texts.
    fn word(&mut self, start: usize) -> Result<Term, Wrong> {
        self.scan.at = start;
        let bare = self.scan.bare(|_| false)?;
        searched(&bare.text, bare.place)?;
        Ok(if bare.star { Term::Prefix(bare.text) } else { Term::Word(bare.text) })
    }

    /// Takes the name of what a ticket was, if that is what comes next: `status was …`, `team changed …`.
    fn aspect(&self) -> Option<crate::trail::Aspect> {
        let token = self.scan.token();
        let aspect = token.parse().ok()?;
        let mut ahead = self.scan;
        ahead.at += token.len();
        if !ahead.peek().is_some_and(char::is_whitespace) {
            return None;
        }
        ahead.skip_blanks();
        ahead.keyword(&["was", "changed"]).then_some(aspect)
    }

    fn sort(&mut self) -> Read<()> {
        let start = self.scan.at;
        self.scan.take("sort:");
        let token = self.scan.token();
        let place = Place { start: self.scan.at, end: self.scan.at + token.len() };
        self.scan.at = place.end;
        let (name, descending) = token.strip_prefix('-').map_or((token, false), |name| (name, true));
        let named = values::SORTS.into_iter().find(|(known, _)| *known == name);
        let Some((_, by)) = named else {
            let known: Vec<&str> = values::SORTS.iter().map(|(name, _)| *name).collect();
            let what = format!("unknown order `{}`{}", values::shown(name), choices(name, &known));
            return self.fault(wrong(place.start..place.end, what));
        };
        if self.sort.is_some() {
            return self.fault(wrong(start..place.end, "the order is said already"));
        }
        self.sort = Some(Order { by, descending });
        Ok(())
    }
}

/// Sees that there is something to look for in texts.
fn searched(text: &str, place: Place) -> Result<(), Wrong> {
    if words::split(text).next().is_some() {
        return Ok(());
    }
    Err(wrong(place.start..place.end, "there is no letter and no digit to look for"))
}

/// How `sort:` is written for an order.
pub(super) fn sort_name(by: Sort) -> &'static str {
    match by {
        Sort::Rank => "due",
        Sort::Created => "created",
        Sort::Updated => "updated",
        Sort::Number => "number",
        Sort::Priority => "priority",
        Sort::Resolved => "resolved",
        Sort::Closed => "closed",
    }
}

/// Whether a word has to be written with a backslash, so that it is no more than a word.
pub(super) fn is_reserved(word: &str) -> bool {
    const HISTORY: [&str; 8] = ["was", "changed", "from", "to", "by", "during", "after", "before"];
    OR.contains(&word) || AND.contains(&word) || NOT.contains(&word) || HISTORY.contains(&word)
}

/// Whether a letter has to be written with a backslash wherever it stands outside of quotes.
pub(super) fn is_special(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || is_invisible(c)
        || matches!(c, '"' | '(' | ')' | '\\' | ':' | '<' | '>' | '=' | ',' | '*')
}

/// Tells of a field that there is none of, and what may have been meant.
pub(super) fn unknown(name: &str, known: &[&str]) -> String {
    let near = match nearest(name, known.iter().copied()) {
        Some(known) => format!(", did you mean `{known}`?"),
        None => "; quote it to look for it as words".to_owned(),
    };
    format!("unknown field `{}`{near}", values::shown(name))
}
