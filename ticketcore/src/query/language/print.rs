//! From tree to text, such that reading the text gives the tree.

use std::fmt::{self, Display, Formatter, Write as _};

use super::parse::{is_reserved, is_special, sort_name};
use super::terms::flag_name;
use super::tree::{Asked, Change, Exactness, Expr, Link, Moment, Name, Question, Term, When};
use super::values::MOMENTS;
use crate::channel::Channel;
use crate::link::LinkKind;
use crate::status::{Status, Waiting};
use crate::time::span;

impl Display for Question {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { expr, sort } = self;
        if let Some(expr) = expr {
            expr.fmt(f)?;
        }
        let Some(order) = sort else { return Ok(()) };
        let (gap, minus) = (if expr.is_some() { " " } else { "" }, if order.descending { "-" } else { "" });
        write!(f, "{gap}sort:{minus}{}", sort_name(order.by))
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(all) => joined(f, all, " ", |f, one| one.within(f, matches!(one, Self::All(_) | Self::Any(_)))),
            Self::Any(any) => joined(f, any, " or ", |f, one| one.within(f, matches!(one, Self::Any(_)))),
            Self::Not(one) => {
                f.write_char('-')?;
                one.within(f, matches!(**one, Self::All(_) | Self::Any(_)))
            }
            Self::Is(term) => term.fmt(f),
        }
    }
}

impl Expr {
    fn within(&self, f: &mut Formatter<'_>, parentheses: bool) -> fmt::Result {
        if parentheses { write!(f, "({self})") } else { self.fmt(f) }
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) => word(f, text),
            Self::Phrase(text) => quoted(f, text),
            Self::Prefix(text) => {
                word(f, text)?;
                f.write_char('*')
            }
            Self::Id(ids) => listed(f, "id:", ids, |f, id| id.fmt(f)),
            Self::Status(all) => listed(f, "status:", all, |f, one| f.write_str(Status::as_str(*one))),
            Self::Channel(all) => listed(f, "channel:", all, |f, one| f.write_str(Channel::as_str(*one))),
            Self::Waiting(all) => listed(f, "waiting:", all, |f, one| f.write_str(one.map_or("none", Waiting::as_str))),
            Self::Priority(asked) => asked.write(f, "priority", |f, one| one.fmt(f)),
            Self::Name(field, names) => {
                f.write_str(field.as_str())?;
                listed(f, ":", names, |f, name| name.fmt(f))
            }
            Self::Time(time, asked) => asked.write(f, time.as_str(), |f, when| when.fmt(f)),
            Self::Count(counter, asked) => asked.write(f, counter.as_str(), |f, number| number.fmt(f)),
            Self::Custom(field, asked) => asked.write(f, &format!("field.{field}"), |f, name| name.fmt(f)),
            Self::HasCustom(field) => {
                // One value, which is quoted if the field is.
                let text = format!("field.{}", field.text);
                write!(f, "has:{}", Name { text, ..field.clone() })
            }
            Self::Flag(flag) => write!(f, "is:{}", flag_name(*flag)),
            Self::Has(part) => write!(f, "has:{}", part.as_str()),
            Self::Sla(policy, stands) => {
                f.write_str("sla")?;
                if let Some(policy) = policy {
                    write!(f, ".{policy}")?;
                }
                listed(f, ":", stands, |f, one| f.write_str(one.as_str()))
            }
            Self::Due(policy, asked) => asked.write(f, &format!("due.{policy}"), |f, when| when.fmt(f)),
            Self::Linked(kind, ends) => {
                f.write_str(kind.map_or("linked", LinkKind::as_str))?;
                listed(f, ":", ends, |f, end| end.fmt(f))
            }
            Self::Was(aspect, values, when) => {
                write!(f, "{aspect} was ")?;
                listed(f, "", values, |f, name| name.fmt(f))?;
                clause(f, when.as_ref())
            }
            Self::Changed(Change { aspect, from, to, by, when }) => {
                write!(f, "{aspect} changed")?;
                for (word, names) in [(" from ", from), (" to ", to), (" by ", by)] {
                    if !names.is_empty() {
                        listed(f, word, names, |f, name| name.fmt(f))?;
                    }
                }
                clause(f, when.as_ref())
            }
        }
    }
}

impl<T> Asked<T> {
    fn write(
        &self,
        f: &mut Formatter<'_>,
        field: &str,
        one: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
    ) -> fmt::Result {
        f.write_str(field)?;
        let mut signed = |sign: &str, value: &T| {
            f.write_str(sign)?;
            one(f, value)
        };
        match self {
            Self::OneOf(all) => listed(f, ":", all, one),
            Self::Over(value) => signed(">", value),
            Self::From(value) => signed(">=", value),
            Self::Below(value) => signed("<", value),
            Self::UpTo(value) => signed("<=", value),
            Self::Between(from, to) => {
                f.write_char(':')?;
                from.as_ref().map_or(Ok(()), |from| one(f, from))?;
                f.write_str("..")?;
                to.as_ref().map_or(Ok(()), |to| one(f, to))
            }
        }
    }
}

fn clause(f: &mut Formatter<'_>, when: Option<&Asked<When>>) -> fmt::Result {
    let ends = |f: &mut Formatter<'_>, from: Option<&When>, to: Option<&When>| {
        f.write_str(" during ")?;
        from.map_or(Ok(()), |from| from.fmt(f))?;
        f.write_str("..")?;
        to.map_or(Ok(()), |to| to.fmt(f))
    };
    match when {
        None => Ok(()),
        Some(Asked::OneOf(all)) => listed(f, " during ", all, |f, when| when.fmt(f)),
        Some(Asked::Over(when)) => write!(f, " after {when}"),
        Some(Asked::Below(when)) => write!(f, " before {when}"),
        Some(Asked::From(when)) => ends(f, Some(when), None),
        Some(Asked::UpTo(when)) => ends(f, None, Some(when)),
        Some(Asked::Between(from, to)) => ends(f, from.as_ref(), to.as_ref()),
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.quoted { quoted(f, &self.text) } else { f.write_str(&self.text) }
    }
}

impl Display for When {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.moment.fmt(f)
    }
}

impl Display for Moment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relative(length) => f.write_str(&span::format(*length).replace(' ', "")),
            Self::Date(date) => date.fmt(f),
            Self::Month(first) => first.format("%Y-%m").fmt(f),
            Self::Clock(date, time, exact, offset) => {
                let form = match exact {
                    Exactness::Minute => "%H:%M",
                    Exactness::Second => "%H:%M:%S",
                    Exactness::Micro => "%H:%M:%S%.6f",
                };
                write!(f, "{date}T{}", time.format(form))?;
                match offset {
                    None => Ok(()),
                    Some(0) => f.write_char('Z'),
                    Some(offset) => {
                        let (sign, minutes) = (if *offset < 0 { '-' } else { '+' }, offset.abs() / 60);
                        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
                    }
                }
            }
            Self::None
            | Self::Now
            | Self::Yesterday
            | Self::Today
            | Self::Tomorrow
            | Self::ThisWeek
            | Self::LastWeek
            | Self::ThisMonth
            | Self::LastMonth => {
                f.write_str(MOMENTS.iter().find(|(_, moment)| moment == self).map_or("", |(name, _)| name))
            }
        }
    }
}

impl Display for Link {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::None => f.write_str("none"),
            Self::Open => f.write_str("open"),
            Self::Number(number) => number.fmt(f),
        }
    }
}

fn listed<T>(
    f: &mut Formatter<'_>,
    before: &str,
    all: &[T],
    one: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_str(before)?;
    joined(f, all, ",", one)
}

fn joined<T>(
    f: &mut Formatter<'_>,
    all: &[T],
    with: &str,
    one: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (number, item) in all.iter().enumerate() {
        f.write_str(if number == 0 { "" } else { with })?;
        one(f, item)?;
    }
    Ok(())
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}

/// A word with a backslash before each letter that would not be read as one of it.
fn word(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let reserved = is_reserved(text);
    for (at, c) in text.char_indices() {
        if is_special(c) || (at == 0 && (reserved || c == '-')) {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    Ok(())
}
