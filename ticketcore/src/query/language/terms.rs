//! Terms: a field, how it is to compare, and with what.

use super::parse::{TERMS, unknown};
use super::scan::{Scan, wrong};
use super::tree::{Asked, Change, Field, Link, Moment, Name, Place, Sla, Term, Time, When};
use super::values;
use super::wrong::{Wrong, choices};
use crate::channel::Channel;
use crate::line::Flag;
use crate::link::LinkKind;
use crate::query::{Counter, Part};
use crate::status::{Status, Waiting};
use crate::trail::Aspect;

/// The names before a dot, which stand for what is named behind it.
const FAMILIES: [&str; 3] = ["field", "sla", "due"];

/// The other fields.
const OTHERS: [&str; 10] = ["id", "status", "channel", "waiting", "priority", "is", "has", "sla", "linked", "sort"];

/// What can be said with `is:` besides a status, a flag and how a promise stands.
const BEING: [&str; 5] = ["open", "unassigned", "merged", "escalated", "blocked"];

/// The flags by their names.
const FLAGS: [(&str, Flag); 8] = [
    ("acked", Flag::Acked),
    ("snoozed", Flag::Snoozed),
    ("firing", Flag::Firing),
    ("assigned", Flag::Assigned),
    ("responded", Flag::Responded),
    ("unanswered", Flag::Unanswered),
    ("dropped", Flag::Dropped),
    ("untouched", Flag::Untouched),
];

pub(super) fn flag_name(flag: Flag) -> &'static str {
    FLAGS.iter().find(|(_, known)| *known == flag).map_or("", |(name, _)| name)
}

/// All fields there are.
pub(super) fn fields() -> impl Iterator<Item = &'static str> {
    let names = Field::ALL.into_iter().map(Field::as_str);
    let times = Time::ALL.into_iter().map(Time::as_str);
    let counters = Counter::ALL.into_iter().map(Counter::as_str);
    let links = LinkKind::ALL.into_iter().map(LinkKind::as_str);
    names.chain(times).chain(counters).chain(links).chain(OTHERS)
}

/// Whether a name begins with one that stands for what is named behind its dot.
pub(super) fn is_family(name: &str) -> bool {
    name.split_once('.').is_some_and(|(family, _)| FAMILIES.contains(&family))
}

pub(super) fn is_known(name: &str) -> bool {
    is_family(name) || fields().any(|field| field == name)
}

/// How something is to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Is,
    Over,
    From,
    Below,
    UpTo,
}

fn sign(scan: &mut Scan<'_>) -> Sign {
    scan.take(":");
    if scan.take(">=") {
        Sign::From
    } else if scan.take(">") {
        Sign::Over
    } else if scan.take("<=") {
        Sign::UpTo
    } else if scan.take("<") {
        Sign::Below
    } else {
        Sign::Is
    }
}

/// A value as it is written: whether it may be a range is the field's to say.
struct Written {
    name: Name,
    /// What stands before two dots that are not escaped, and what behind.
    range: Option<(Option<Name>, Option<Name>)>,
    /// Whether it can be nothing but a range, as one of its ends is quoted.
    only_range: bool,
}

/// Reads one value.
fn written(scan: &mut Scan<'_>) -> Result<Written, Wrong> {
    let start = scan.at;
    if scan.peek() == Some('"') {
        let name = scan.quoted()?;
        if !scan.take("..") {
            return Ok(Written { name, range: None, only_range: false });
        }
        let end = if scan.peek() == Some('"') { Some(scan.quoted()?) } else { half(scan)? };
        return Ok(Written { range: Some((Some(name.clone()), end)), name, only_range: true });
    }
    let bare = scan.bare(|c| c == ',')?;
    if bare.text.is_empty() && !bare.star {
        let end = scan.peek().map_or(start, |c| start + c.len_utf8());
        return Err(wrong(start..end, "a value is missing here"));
    }
    let text = if bare.star { format!("{}*", bare.text) } else { bare.text };
    let name = |text: &str, from: usize, to: usize| {
        let place = Place { start: from, end: to };
        Name { text: text.to_owned(), quoted: bare.escaped, place }
    };
    let mut range = bare.dots.map(|dots| {
        // Where a letter is escaped, the text is shorter than what was written: then the place is the whole.
        let (middle, after) = if bare.escaped { (bare.place.end, start) } else { (start + dots, start + dots + 2) };
        let some = |text: &str, from, to| (!text.is_empty()).then(|| name(text, from, to));
        (some(&text[..dots], start, middle), some(&text[dots + 2..], after, bare.place.end))
    });
    let mut only_range = false;
    if let Some((_, end @ None)) = &mut range
        && scan.peek() == Some('"')
    {
        (*end, only_range) = (Some(scan.quoted()?), true);
    }
    Ok(Written { name: name(&text, start, bare.place.end), range, only_range })
}

/// Reads the second half of a range, if there is one.
fn half(scan: &mut Scan<'_>) -> Result<Option<Name>, Wrong> {
    let bare = scan.bare(|c| c == ',')?;
    Ok((!bare.text.is_empty()).then_some(Name { text: bare.text, quoted: bare.escaped, place: bare.place }))
}

/// Reads values with commas between, up to a blank or a parenthesis.
fn list(scan: &mut Scan<'_>) -> Result<Vec<Written>, Wrong> {
    let mut all = Vec::new();
    loop {
        all.push(written(scan)?);
        scan.values += 1;
        if scan.values > TERMS {
            return Err(wrong(scan.at..scan.at, format!("there are more than {TERMS} values")));
        }
        if !scan.take(",") {
            break;
        }
    }
    if let Some(next) = scan.peek().filter(|c| !c.is_whitespace() && *c != ')') {
        return Err(wrong(scan.at..scan.at + next.len_utf8(), "a blank is missing here"));
    }
    Ok(all)
}

/// Reads values that are no ranges.
fn plain(scan: &mut Scan<'_>) -> Result<Vec<Name>, Wrong> {
    let name = |written: Written| {
        let Name { place, .. } = written.name;
        if written.only_range {
            Err(wrong(place.start..place.end, "a range has no place here"))
        } else {
            Ok(written.name)
        }
    };
    list(scan)?.into_iter().map(name).collect()
}

/// Reads what something is to compare with.
fn asked<T>(scan: &mut Scan<'_>, sign: Sign, read: impl Fn(&Name) -> Result<T, Wrong>) -> Result<Asked<T>, Wrong> {
    let mut all = list(scan)?;
    let place = all.first().map_or(scan.at, |one| one.name.place.start)..scan.at;
    if all.len() > 1 {
        if sign != Sign::Is {
            return Err(wrong(place, "only one value can be compared with"));
        }
        if all.iter().any(|one| one.range.is_some()) {
            return Err(wrong(place, "a range cannot be one of several values"));
        }
        return all.iter().map(|one| read(&one.name)).collect::<Result<_, _>>().map(Asked::OneOf);
    }
    let Some(Written { name, range, .. }) = all.pop() else { return Ok(Asked::OneOf(Vec::new())) };
    let name = &name;
    match (sign, range) {
        (Sign::Is, Some((None, None))) => Err(wrong(place, "a range needs an end")),
        (Sign::Is, Some((from, to))) => {
            let read = |end: Option<Name>| end.as_ref().map(&read).transpose();
            Ok(Asked::Between(read(from)?, read(to)?))
        }
        (_, Some(_)) => Err(wrong(place, "a range cannot be compared with")),
        (Sign::Is, None) => Ok(Asked::OneOf(vec![read(name)?])),
        (Sign::Over, None) => read(name).map(Asked::Over),
        (Sign::From, None) => read(name).map(Asked::From),
        (Sign::Below, None) => read(name).map(Asked::Below),
        (Sign::UpTo, None) => read(name).map(Asked::UpTo),
    }
}

fn when(scan: &mut Scan<'_>, sign: Sign) -> Result<Asked<When>, Wrong> {
    let asked = asked(scan, sign, |name| Ok(When { moment: values::moment(name)?, place: name.place }))?;
    match misplaced(&asked) {
        Some((when, what)) => Err(wrong(when.place.start..when.place.end, what)),
        None => Ok(asked),
    }
}

/// A time that cannot be asked for so.
fn misplaced(asked: &Asked<When>) -> Option<(&When, &'static str)> {
    let none = |when: &When| when.moment == Moment::None;
    let compared = match asked {
        Asked::OneOf(all) => {
            let instant = all.iter().find(|one| matches!(one.moment, Moment::Relative(_) | Moment::Now))?;
            return Some((instant, "this is one instant; ask for what is before it, `<`, or after it, `>`"));
        }
        Asked::Over(when) | Asked::From(when) | Asked::Below(when) | Asked::UpTo(when) => Some(when),
        Asked::Between(from, to) => from.iter().chain(to).find(|when| none(when)),
    };
    compared.filter(|when| none(when)).map(|when| (when, "`none` is no time to compare with"))
}

/// Reads a term, of which the field is read: `of` is what stands behind its dot.
pub(super) fn term(scan: &mut Scan<'_>, field: &str, of: Option<Name>, start: usize) -> Result<Term, Wrong> {
    let place = scan.since(start);
    if let Some(of) = &of
        && of.text.is_empty()
    {
        return Err(wrong(place.start..place.end, format!("a name is missing after `{field}.`")));
    }
    if !matches!(scan.peek(), Some(':' | '<' | '>')) {
        return Err(wrong(scan.at..scan.at, "a comparison is missing here: `:`, `<`, `<=`, `>` or `>=`"));
    }
    let at = scan.at;
    let sign = sign(scan);
    let only_is = |term: Result<Term, Wrong>, scan: &Scan<'_>| match sign {
        Sign::Is => term,
        _ => Err(wrong(at..scan.at, format!("`{field}` has no order, only `:`"))),
    };
    if let Some(of) = of {
        return match field {
            "field" => Ok(Term::Custom(of, asked(scan, sign, |name| Ok(name.clone()))?)),
            "due" => Ok(Term::Due(of, when(scan, sign)?)),
            _ => {
                let term = sla(scan).map(|stands| Term::Sla(Some(of), stands));
                only_is(term, scan)
            }
        };
    }
    if let Some(time) = Time::ALL.into_iter().find(|time| time.as_str() == field) {
        let asked = when(scan, sign)?;
        return Ok(Term::Time(time, asked));
    }
    if let Some(counter) = Counter::ALL.into_iter().find(|counter| counter.as_str() == field) {
        let reference = counter == Counter::Number;
        return Ok(Term::Count(counter, asked(scan, sign, |name| values::number(name, reference))?));
    }
    if field == "priority" {
        return Ok(Term::Priority(asked(scan, sign, values::priority)?));
    }
    if !fields().any(|known| known == field) {
        let known: Vec<&str> = fields().chain(["field."]).collect();
        return Err(wrong(place.start..place.end, unknown(field, &known)));
    }
    let term = unordered(scan, field, start);
    only_is(term, scan)
}

fn unordered(scan: &mut Scan<'_>, field: &str, start: usize) -> Result<Term, Wrong> {
    if let Some(name) = Field::ALL.into_iter().find(|name| name.as_str() == field) {
        return Ok(Term::Name(name, plain(scan)?));
    }
    if let Some(kind) = LinkKind::ALL.into_iter().find(|kind| kind.as_str() == field) {
        return Ok(Term::Linked(Some(kind), each(plain(scan)?, values::link)?));
    }
    match field {
        "linked" => Ok(Term::Linked(None, each(plain(scan)?, values::link)?)),
        "status" => each(plain(scan)?, status).map(Term::Status),
        "channel" => {
            each(plain(scan)?, |name| values::one_of(name, "channel", Channel::ALL, Channel::as_str)).map(Term::Channel)
        }
        "waiting" => each(plain(scan)?, waiting).map(Term::Waiting),
        "sla" => sla(scan).map(|stands| Term::Sla(None, stands)),
        "id" => each(plain(scan)?, |name| {
            let what = || format!("`{}` is no id of a ticket", values::shown(&name.text));
            name.text.parse().map_err(|_| wrong(name.place.start..name.place.end, what()))
        })
        .map(Term::Id),
        "is" => single(scan, "is").and_then(|name| being(&name)),
        "has" => single(scan, "has").and_then(having),
        "sort" => Err(wrong(start..scan.at, "the order stands outside of parentheses and negations")),
        _ => Err(wrong(start..scan.at, format!("`{field}` needs a name behind a dot: `{field}…:`"))),
    }
}

fn each<T>(names: Vec<Name>, read: impl Fn(&Name) -> Result<T, Wrong>) -> Result<Vec<T>, Wrong> {
    names.iter().map(read).collect()
}

fn single(scan: &mut Scan<'_>, field: &str) -> Result<Name, Wrong> {
    let mut names = plain(scan)?;
    match (names.pop(), names.is_empty()) {
        (Some(name), true) => Ok(name),
        (last, _) => {
            let start = names.first().or(last.as_ref()).map_or(scan.at, |name| name.place.start);
            Err(wrong(start..scan.at, format!("`{field}` takes one value; join several by `or`")))
        }
    }
}

fn status(name: &Name) -> Result<Status, Wrong> {
    values::one_of(name, "status", Status::ALL, Status::as_str)
}

fn waiting(name: &Name) -> Result<Option<Waiting>, Wrong> {
    let all = [Some(Waiting::Requester), Some(Waiting::Third), Some(Waiting::Until), None];
    values::one_of(name, "party", all, |one| one.map_or("none", Waiting::as_str))
}

fn sla(scan: &mut Scan<'_>) -> Result<Vec<Sla>, Wrong> {
    each(plain(scan)?, |name| values::one_of(name, "standing", Sla::ALL, Sla::as_str))
}

/// What `is:` says; some of it is short for another term.
fn being(name: &Name) -> Result<Term, Wrong> {
    let text = name.text.as_str();
    if let Some((_, flag)) = FLAGS.into_iter().find(|(known, _)| *known == text) {
        return Ok(Term::Flag(flag));
    }
    if let Some(stands) = Sla::ALL.into_iter().find(|stands| stands.as_str() == text) {
        return Ok(Term::Sla(None, vec![stands]));
    }
    match text {
        "open" => return Ok(Term::Status(vec![Status::New, Status::Open, Status::Pending])),
        "unassigned" => {
            let none = Name { text: "none".to_owned(), quoted: false, place: name.place };
            return Ok(Term::Name(Field::Assignee, vec![none]));
        }
        "merged" => return Ok(Term::Has(Part::Survivor)),
        "escalated" => return Ok(Term::Count(Counter::Level, Asked::From(1))),
        "blocked" => return Ok(Term::Linked(Some(LinkKind::BlockedBy), vec![Link::Open])),
        _ => {}
    }
    if let Some(status) = Status::ALL.into_iter().find(|status| status.as_str() == text) {
        return Ok(Term::Status(vec![status]));
    }
    let known: Vec<&str> =
        FLAGS.map(|(known, _)| known).into_iter().chain(Sla::ALL.map(Sla::as_str)).chain(BEING).collect();
    let what = format!("a ticket is never `{}`{}", values::shown(text), choices(text, &known));
    Err(wrong(name.place.start..name.place.end, what))
}

fn having(name: Name) -> Result<Term, Wrong> {
    if let Some(field) = name.text.strip_prefix("field.").filter(|field| !field.is_empty()) {
        let field = Name { text: field.to_owned(), ..name };
        return Ok(Term::HasCustom(field));
    }
    if let Some(kind) = LinkKind::ALL.into_iter().find(|kind| kind.as_str() == name.text) {
        return Ok(Term::Linked(Some(kind), vec![Link::Any]));
    }
    values::one_of(&name, "part", Part::ALL, Part::as_str).map(Term::Has)
}

/// Reads what a ticket was: `status was open during 2026-01`, `team changed from db to net by ada after -7d`.
pub(super) fn history(scan: &mut Scan<'_>, aspect: Aspect) -> Result<Term, Wrong> {
    let start = scan.at;
    scan.keyword(&[aspect.as_str()]);
    scan.skip_blanks();
    if scan.keyword(&["was"]) {
        let values = valued(scan, aspect, "was")?;
        return Ok(Term::Was(aspect, values, clause(scan)?));
    }
    scan.keyword(&["changed"]);
    let mut change = Change { aspect, from: Vec::new(), to: Vec::new(), by: Vec::new(), when: None };
    loop {
        let (before, at) = (*scan, {
            scan.skip_blanks();
            scan.at
        });
        let (list, word) = if scan.keyword(&["from"]) {
            (&mut change.from, "from")
        } else if scan.keyword(&["to"]) {
            (&mut change.to, "to")
        } else if scan.keyword(&["by"]) {
            (&mut change.by, "by")
        } else {
            *scan = before;
            let when = clause(scan)?;
            if when.is_none() {
                return Ok(Term::Changed(change));
            }
            if change.when.is_some() {
                return Err(wrong(start..scan.at, "when it changed is said twice"));
            }
            change.when = when;
            continue;
        };
        if !list.is_empty() {
            return Err(wrong(at..scan.at, format!("`{word}` is said twice")));
        }
        if word == "by" {
            scan.skip_blanks();
            *list = plain(scan)?;
        } else {
            *list = valued(scan, aspect, word)?;
        }
    }
}

/// Reads values of an aspect; of a closed set they are written as the trail has them.
fn valued(scan: &mut Scan<'_>, aspect: Aspect, word: &str) -> Result<Vec<Name>, Wrong> {
    let end = scan.at;
    scan.skip_blanks();
    if scan.peek().is_none_or(|c| c == ')') {
        return Err(wrong(end..end, format!("a value is missing after `{word}`")));
    }
    let mut names = plain(scan)?;
    for name in &mut names {
        let known = match aspect {
            Aspect::Status => status(name)?.as_str(),
            Aspect::Priority => values::priority(name)?.as_str(),
            Aspect::State | Aspect::Assignee | Aspect::Team | Aspect::Queue | Aspect::Category => continue,
        };
        (name.text, name.quoted) = (known.to_owned(), false);
    }
    Ok(names)
}

/// Reads when it was so, if that is said.
fn clause(scan: &mut Scan<'_>) -> Result<Option<Asked<When>>, Wrong> {
    let before = *scan;
    scan.skip_blanks();
    let sign = if scan.keyword(&["during"]) {
        Sign::Is
    } else if scan.keyword(&["after"]) {
        Sign::Over
    } else if scan.keyword(&["before"]) {
        Sign::Below
    } else {
        *scan = before;
        return Ok(None);
    };
    scan.skip_blanks();
    let asked = when(scan, sign)?;
    match &asked {
        Asked::OneOf(all) if all.len() != 1 || all.iter().any(|one| one.moment == Moment::None) => {
            let (Some(first), Some(last)) = (all.first(), all.last()) else { return Ok(None) };
            Err(wrong(first.place.start..last.place.end, "`during` takes one stretch of time"))
        }
        _ => Ok(Some(asked)),
    }
}
