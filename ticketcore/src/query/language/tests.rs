//! What is read, what is refused and with which words.

use std::fmt::Write as _;

use super::*;
use crate::config::Config;
use crate::id::Key;
use crate::query::{Filter, Period, Query};
use crate::time::Zone;
use crate::value::FieldType;
use crate::{Policy, Priority, Span, Status};

const EXAMPLE: &str = "status:open priority>=high assignee:me tag:vpn created:>-7d due:<2h field.site:\"Novi Sad\" \
                       \"disk full\" or (team:db -is:escalated) sort:due";

fn config() -> Config {
    let choice = FieldType::Choice(vec!["red".to_owned(), "green".to_owned()]);
    Config::default()
        .field("site", FieldType::Text)
        .field("seats", FieldType::Int)
        .field("vip", FieldType::Bool)
        .field("colour", choice)
        .field("deadline", FieldType::Date)
        .policy(Policy::resolution("resolution").target(Priority::P1, Span::hours(2)))
}

/// Thursday noon in UTC, one o'clock in Berlin.
fn scope(config: &Config) -> Scope<'_> {
    let zone = Zone::named("Europe/Berlin").unwrap();
    Scope::new(config, "2026-11-26T12:00:00Z".parse().unwrap()).by("ada").zone(zone)
}

fn read(text: &str) -> Query {
    Query::parse(text, &scope(&config())).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// The faults of a text, each with the part that it is about.
fn faults(text: &str) -> Vec<(String, String)> {
    let Misread { text, wrongs } = Query::parse(text, &scope(&config())).expect_err(text);
    assert!(!wrongs.is_empty());
    wrongs.into_iter().map(|Wrong { at, what }| (text[at].to_owned(), what)).collect()
}

#[track_caller]
fn refuses(text: &str, part: &str, what: &str) {
    let found = faults(text);
    let fits = |(at, said): &(String, String)| at == part && said.contains(what);
    assert!(found.len() == 1 && fits(&found[0]), "{text:?}: {found:?}");
}

#[test]
fn the_example_is_read_and_printed() {
    let question = Question::parse(EXAMPLE).unwrap();
    let printed = question.to_string();
    assert_eq!(
        printed,
        "status:open priority>=p2 assignee:me tag:vpn created>-7d due<2h field.site:\"Novi Sad\" \"disk full\" \
         or team:db -level>=1 sort:due"
    );
    assert_eq!(Question::parse(&printed).unwrap(), question);
    let Query { filter, order, .. } = read(EXAMPLE);
    assert_eq!(order, crate::query::Order::rank());
    let [one, other] = filter.any.as_slice() else { panic!("{filter:?}") };
    assert_eq!((one.statuses.as_slice(), one.phrases.as_slice()), (&[Status::Open][..], &["disk full".to_owned()][..]));
    assert_eq!(one.priorities, [Priority::P1, Priority::P2]);
    assert_eq!((other.teams.as_slice(), other.none.len()), (&[Key::from("db")][..], 1));
}

#[test]
fn an_empty_text_asks_for_everything() {
    for text in ["", " ", "\n\t"] {
        assert_eq!(read(text).filter, Filter::all());
    }
    assert_eq!(read("sort:-number").filter, Filter::all());
}

#[test]
fn juxtaposition_binds_tighter_than_or_and_a_negation_tightest() {
    let same = [
        ("a b or c", "(a b) or c"),
        ("a and b OR c", "a b or c"),
        ("not a b", "(-a) b"),
        ("-(a or b) c", "(not (a or b)) c"),
        ("a AND NOT b", "a -b"),
        ("--a", "not -a"),
    ];
    for (one, other) in same {
        let [one, other] = [one, other].map(|text| read(text).filter);
        assert_eq!(one, other);
    }
    assert_ne!(read("a or b c").filter, read("(a or b) c").filter);
}

#[test]
fn words_beginnings_of_words_and_phrases_are_told_apart() {
    let filter = read("disk \"Disk: full\" serv* -\"a \\\"b*\" print\\*").filter;
    assert_eq!(
        (filter.words.as_slice(), filter.prefixes.as_slice()),
        (&["disk".to_owned(), "print*".to_owned()][..], &["serv".to_owned()][..])
    );
    assert_eq!(
        (filter.phrases.as_slice(), filter.none[0].phrases.as_slice()),
        (&["Disk: full".to_owned()][..], &["a \"b*".to_owned()][..])
    );
    let filter = read("a* or \"b c\"").filter;
    assert_eq!((filter.any[0].prefixes.len(), filter.any[1].phrases.len()), (1, 1));
}

#[test]
fn a_word_is_a_word_when_it_is_written_with_a_backslash() {
    for (text, word) in
        [("\\or", "or"), ("\\-a", "-a"), ("a\\:b", "a:b"), ("\\status\\:new", "status:new"), ("a=b", "a=b")]
    {
        assert_eq!(read(text).filter.words, [word], "{text}");
    }
    assert_eq!(read("status was\\ open").filter.words, ["status", "was open"]);
    assert_eq!(read("it was so").filter.words.len(), 3);
}

#[test]
fn names_are_taken_to_the_letter() {
    for (text, name) in [
        ("team:100%", "100%"),
        ("team:a_b", "a_b"),
        ("team:a*", "a*"),
        ("team:a..b", "a..b"),
        ("team:\"a\\\"b\\\\\"", "a\"b\\"),
        ("team:\\none", "none"),
        ("team:\"none\"", "none"),
        ("team:me", "me"),
        ("team:bo@example.com", "bo@example.com"),
        ("team:\"\u{200f}x\"", "\u{200f}x"),
    ] {
        assert_eq!(read(text).filter.teams, [Key::from(name)], "{text}");
    }
}

fn between(from: &str, to: &str) -> Period {
    Period::between(from.parse().unwrap(), to.parse().unwrap())
}

#[test]
fn a_time_is_as_long_as_it_was_written() {
    for (text, period) in [
        ("created:2026-01-31", between("2026-01-30T23:00:00Z", "2026-01-31T23:00:00Z")),
        ("created:2026-01", between("2025-12-31T23:00:00Z", "2026-01-31T23:00:00Z")),
        ("created:2026-01-31T12:00", between("2026-01-31T11:00:00Z", "2026-01-31T11:01:00Z")),
        ("created:2026-01-31T12:00:05Z", between("2026-01-31T12:00:05Z", "2026-01-31T12:00:06Z")),
        ("created:2026-01-31T12:00-05:30", between("2026-01-31T17:30:00Z", "2026-01-31T17:31:00Z")),
        ("created:today", between("2026-11-25T23:00:00Z", "2026-11-26T23:00:00Z")),
        ("created:yesterday", between("2026-11-24T23:00:00Z", "2026-11-25T23:00:00Z")),
        ("created:this_week", between("2026-11-22T23:00:00Z", "2026-11-29T23:00:00Z")),
        ("created:last_month", between("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z")),
        ("created:2026-01-01..2026-02-01", between("2025-12-31T23:00:00Z", "2026-02-01T23:00:00Z")),
        ("created:-1d..now", between("2026-11-25T12:00:00Z", "2026-11-26T12:00:00.000001Z")),
        // A day on which the clocks are put back lasts longer.
        ("created:2026-10-25", between("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")),
        // A time that is repeated is its first pass.
        ("created:2026-10-25T02:30", between("2026-10-25T00:30:00Z", "2026-10-25T00:31:00Z")),
        ("created>=2026-01-31 created<2026-02", between("2026-01-30T23:00:00Z", "2026-01-31T23:00:00Z")),
        ("created>2026-01-30 created<=2026-01-31", between("2026-01-30T23:00:00Z", "2026-01-31T23:00:00Z")),
    ] {
        assert_eq!(read(text).filter.created, period, "{text}");
    }
    assert_eq!(
        read("created:2026-01..").filter.created,
        Period { to: None, ..between("2025-12-31T23:00:00Z", "2026-01-01T00:00:00Z") }
    );
}

#[test]
fn a_time_that_does_not_exist_is_refused_with_its_place() {
    for (text, part, what) in [
        ("a created:2026-02-30", "2026-02-30", "there is no 2026-02-30"),
        ("created:2026-13", "2026-13", "there is no 2026-13"),
        ("created:2026-1-1", "2026-1-1", "there is no 2026-1-1"),
        ("created:2026-01-01T25:00", "2026-01-01T25:00", "there is no"),
        ("created:2026-01-01T23:59:60", "2026-01-01T23:59:60", "there is no"),
        ("created:2026-03-29T02:30", "2026-03-29T02:30", "in Europe/Berlin: the clocks were put forward"),
        ("created:tody", "tody", "did you mean `today`?"),
        ("created:-7d", "-7d", "one instant"),
        ("created>none", "none", "no time to compare with"),
        ("created:none", "none", "every ticket has `created`"),
        ("created:-1d..-2d", "-1d..-2d", "ends before it begins"),
        ("created:..", "..", "a range needs an end"),
        ("created>1d..2d", "1d..2d", "a range cannot be compared"),
        ("created:today,1d..2d", "today,1d..2d", "a range cannot be one of several"),
        ("created>99999999d", "99999999d", "beyond the calendar"),
        ("created>9999999999999999999d", "9999999999999999999d", "is no time"),
    ] {
        refuses(text, part, what);
    }
    let config = config();
    let samoa = scope(&config).zone(Zone::named("Pacific/Apia").unwrap());
    let error = Query::parse("created:2011-12-30", &samoa).unwrap_err();
    assert_eq!(error.brief(), "at 9: there was no such day in Pacific/Apia");
}

#[test]
fn what_is_unknown_is_refused_and_what_may_be_meant_is_named() {
    for (text, part, what) in [
        ("a asignee:me b", "asignee", "unknown field `asignee`, did you mean `assignee`?"),
        ("http://example.com", "http", "quote it to look for it as words"),
        ("Status:new", "Status", "did you mean `status`?"),
        ("status:opne", "opne", "unknown status `opne`, did you mean `open`?"),
        ("status:new,done", "done", "there are new, open, pending, resolved, closed"),
        ("status=open", "=", "there is no `=`, did you mean `status:`?"),
        ("status!=open", "=", "did you mean `-status:`?"),
        ("status>open", ">open", "`status` has no order"),
        ("channel:fax", "fax", "unknown channel `fax`"),
        ("priority:hihg", "hihg", "did you mean `high`?"),
        ("kind:incidnet", "incidnet", "did you mean `incident`?"),
        ("state:resloved", "resloved", "did you mean `resolved`?"),
        ("is:escalatd", "escalatd", "did you mean `escalated`?"),
        ("has:tem", "tem", "did you mean `team`?"),
        ("sla:breeched", "breeched", "did you mean `breached`?"),
        ("sla.resoluton:breached", "resoluton", "unknown policy `resoluton`, did you mean `resolution`?"),
        ("due.x<2h", "x", "unknown policy"),
        ("field.sight:x", "sight", "unknown field `sight`"),
        ("field.colour:reed", "reed", "did you mean `red`?"),
        ("field.seats:many", "many", "expects a whole number"),
        ("field.vip:maybe", "maybe", "expects true or false"),
        ("field.deadline<soon", "soon", "expects a date"),
        ("field.:x", "field.", "a name is missing"),
        ("child:opn", "opn", "did you mean `open`?"),
        ("number:INC", "INC", "no number of a ticket"),
        ("level:x", "x", "no whole number"),
        ("messages>99999999999999999999", "99999999999999999999", "no whole number"),
        ("id:12", "12", "no id of a ticket"),
        ("sort:size", "size", "unknown order `size`"),
        ("status was opn", "opn", "unknown status"),
        ("state changed to xyz", "xyz", "unknown state"),
    ] {
        refuses(text, part, what);
    }
    assert_eq!(read("kind:\"gone\" state:\"gone\" field.\"gone\":1 sla.\"gone\":paused").filter.kinds, ["gone"]);
}

#[test]
fn what_is_no_question_is_refused_with_its_place() {
    for (text, part, what) in [
        ("a ()", "", "nothing stands between the parentheses"),
        ("( )", " ", "nothing stands between the parentheses"),
        ("(a", "(", "never closed"),
        ("a)", ")", "never opened"),
        ("a -", "-", "nothing after the negation"),
        ("not", "not", "nothing after the negation"),
        ("-or a", "-", "nothing after the negation"),
        ("or a", "", "nothing before `or`"),
        ("a or", "", "something is missing here"),
        ("a or or b", "", "nothing before `or`"),
        ("and a", "and", "nothing before `and`"),
        ("a and", "and", "nothing after `and`"),
        ("a and and b", "and", "nothing before `and`"),
        (":", ":", "a comparison without a field"),
        (">5", ">", "a comparison without a field"),
        ("team:", "", "a value is missing"),
        ("team:a,", "", "a value is missing"),
        ("team:a,,b", ",", "a value is missing"),
        ("team:\"a\"b", "b", "a blank is missing"),
        ("team:\"a\"ü", "ü", "a blank is missing"),
        ("x:y and b", "x", "unknown field"),
        ("team:\"a\"..b", "\"a\"", "a range has no place here"),
        ("team:a..\"b\"", "a..", "a range has no place here"),
        ("team:(a)", "(", "a value is missing"),
        ("\"a", "\"", "never closed"),
        ("team:\"a", "\"", "never closed"),
        ("\"\"", "\"\"", "no letter and no digit"),
        ("%", "%", "no letter and no digit"),
        ("*", "*", "no letter and no digit"),
        ("a\\", "\\", "nothing after the backslash"),
        ("a\u{200f}b", "\u{200f}", "an invisible character, U+200F"),
        ("a\u{7}", "\u{7}", "U+0007"),
        ("a \0", "\0", "a NUL character"),
        ("sort:due sort:created", "sort:created", "the order is said already"),
        ("(a sort:due)", "sort:", "the order stands outside"),
        ("-sort:due", "sort:", "the order stands outside"),
        ("a or sort:due", "sort:due", "one side of `or` asks nothing"),
        ("is:open,acked", "open,acked", "takes one value"),
        ("status was", "", "a value is missing after `was`"),
        ("team changed from a from b", "from", "`from` is said twice"),
        ("team changed after -1d after -2d", "team changed after -1d after -2d", "said twice"),
        ("team was a during today,yesterday", "today,yesterday", "takes one stretch"),
    ] {
        refuses(text, part, what);
    }
    let config = config();
    let nobody = Scope { me: None, ..scope(&config) };
    assert_eq!(Query::parse("a assignee:me", &nobody).unwrap_err().brief(), "at 12: nobody asks, so there is no `me`");
}

#[test]
fn all_faults_are_told_at_once() {
    let found = faults("stats:open team:\"a b\" priority:hig (kynd:x or \"!\") a");
    let parts: Vec<&str> = found.iter().map(|(part, _)| part.as_str()).collect();
    assert_eq!(parts, ["stats", "hig", "kynd", "\"!\""], "{found:?}");
    let found = faults("kind:a state:b field.c:d");
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(faults(&"x:y ".repeat(500)).len(), 20);
}

#[test]
fn limits_are_told_and_nothing_overflows() {
    let long = "\"".repeat(1 << 20);
    assert!(faults(&long)[0].1.contains("65536"), "{:?}", faults(&long));
    assert!(faults(&"\"".repeat(60_000))[0].1.contains("no letter"));
    assert!(faults(&"ä ".repeat(40_000))[0].1.contains("65536"));
    assert_eq!(read(&"a ".repeat(1000)).filter.words.len(), 1000);
    refuses(&"a ".repeat(1001), "", "more than 1000 terms");
    let list = |count: usize| format!("team:{}", vec!["a"; count].join(","));
    assert_eq!(read(&list(1000)).filter.teams.len(), 1000);
    assert!(faults(&list(1001))[0].1.contains("more than 1000 values"));
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    read(&nested(64));
    for text in [nested(65), nested(10_000), "-".repeat(60_000), "not ".repeat(10_000), "-(".repeat(20_000)] {
        assert!(faults(&text)[0].1.contains("64 levels deep"), "{:?}", faults(&text));
    }
    read(&format!("{}a", "-".repeat(64)));
    // Many names that are nearly right take no longer than a few.
    assert_eq!(faults(&"asignee:x ".repeat(6000)).len(), 20);
    assert_eq!(faults(&"kind:incidnet ".repeat(900)).len(), 20);
    assert!(faults(&format!("{}:x", "a".repeat(60_000)))[0].1.len() < 200);
}

#[test]
fn what_a_ticket_was_is_asked_in_words() {
    for text in [
        "assignee was ada",
        "assignee was me,none during 2026-01-01..2026-02-01",
        "status was open,pending after -7d",
        "-priority was p1 before 2026-01",
        "status changed",
        "status changed from open to pending by ada after -7d",
        "team changed to none",
        "category changed by me,bo during today",
        "(queue was a) or state changed from new",
    ] {
        let question = Question::parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(question.to_string(), text.replace("(queue was a)", "queue was a"));
        read(text);
    }
    let past = &read("status changed after -7d by me to pending from new").filter.past[0];
    let crate::query::Past::Changed { from, to, by, period, .. } = past else { panic!("{past:?}") };
    assert_eq!((from.len(), to.len(), by.len(), period.from.is_some()), (1, 1, 1, true));
}

#[test]
fn a_field_is_typed_by_the_configuration() {
    use crate::cond::Cmp;
    use crate::value::Value;
    let field = |text: &str| read(text).filter.fields.remove(0).1;
    assert_eq!(field("field.site:12"), Cmp::In(vec![Value::from("12")]));
    assert_eq!(field("field.seats>=12"), Cmp::AtLeast(Value::Int(12)));
    assert_eq!(field("field.vip:yes"), Cmp::In(vec![Value::Bool(true)]));
    assert_eq!(field("field.deadline<=tomorrow"), Cmp::AtMost(Value::from("2026-11-27")));
    assert_eq!(field("field.\"gone\":12"), Cmp::In(vec![Value::Int(12), Value::from("12")]));
    assert_eq!(field("field.\"gone\":\"12\""), Cmp::In(vec![Value::from("12")]));
    assert_eq!(field("has:field.site"), Cmp::Set);
    assert_eq!(read("field.site:none").filter.none.len(), 1);
    // More than, but not as much as.
    assert_eq!(read("field.seats>12").filter.none.len(), 1);
}

#[test]
fn every_field_is_in_the_table_of_the_documentation() {
    let table = include_str!("mod.rs");
    let mut missing = String::new();
    for field in super::terms::fields() {
        if !table.contains(&format!("`{field}")) && !LINKS.contains(&field) {
            let _ = write!(missing, " {field}");
        }
    }
    assert_eq!(missing, "");
}

/// The kinds of links that the table leaves out.
const LINKS: [&str; 7] = ["relates", "duplicates", "duplicated_by", "causes", "caused_by", "explains", "explained_by"];
