//! Whatever comes in: well-formed, inside the picture, and the same bytes again.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use proptest::collection::vec;
use proptest::prelude::*;
use roxmltree::{Document, Node};
use ticketcore::Workflow;
use ticketcore::config::{Source, State, Transition};
use ticketcore::report::{Ask, Heading, Section, Share, Tallier, Value};
use ticketcore::status::{Status, Waiting};

use crate::words::width;
use crate::*;

/// Parses a picture and holds it to what all of them promise; returns its texts.
fn sound(picture: &dyn Picture, theme: Theme) -> Vec<String> {
    let svg = picture.svg(theme);
    assert_eq!(svg, picture.svg(theme), "the same input gives the same bytes");
    let document = Document::parse(&svg).unwrap_or_else(|error| panic!("{error} in {svg}"));
    let root = document.root_element();
    let number = |node: Node<'_, '_>, name: &str| -> f64 {
        let text = node.attribute(name).unwrap_or_else(|| panic!("no {name} in {svg}"));
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        assert!(decimals <= 2, "{name}={text}");
        text.parse().unwrap()
    };
    let (wide, high) = (number(root, "width"), number(root, "height"));
    assert_eq!(root.attribute("role"), Some("img"));
    let named = |name| root.children().filter(|node| node.has_tag_name(name)).count();
    assert_eq!((named("title"), named("desc")), (1, 1));
    let mut texts = Vec::new();
    for node in document.descendants().filter(Node::is_element) {
        assert!(!["script", "image", "use", "a", "foreignObject", "link"].contains(&node.tag_name().name()), "{svg}");
        for attribute in node.attributes() {
            assert!(!attribute.name().starts_with("on") && !attribute.name().ends_with("href"), "{attribute:?}");
            assert!(!attribute.value().contains("NaN") && !attribute.value().contains("inf"), "{attribute:?}");
        }
        if node.has_tag_name("text") {
            let text = node.text().unwrap_or_default();
            let bold = node.attribute("class").unwrap_or_default().contains("bold");
            let long = width(text, number(node, "font-size") * if bold { 1.08 } else { 1.0 });
            let left = match node.attribute("text-anchor") {
                None => number(node, "x"),
                Some("middle") => number(node, "x") - long / 2.0,
                Some(_) => number(node, "x") - long,
            };
            let y = number(node, "y");
            assert!(left >= -0.02 && left + long <= wide + 0.02, "{text:?} from {left} to {} of {wide}", left + long);
            assert!(y - number(node, "font-size") >= -0.02 && y <= high, "{text:?} at {y} of {high}");
            texts.push(text.to_owned());
        }
        if node.has_tag_name("rect") && node.parent() == Some(root) {
            let at = |name| node.attribute(name).map_or(0.0, |_| number(node, name));
            assert!(
                at("x") >= -0.02 && at("x") + at("width") <= wide + 0.02,
                "{:?}",
                node.attributes().collect::<Vec<_>>()
            );
            assert!(
                at("y") >= -0.02 && at("y") + at("height") <= high + 0.02,
                "{:?}",
                node.attributes().collect::<Vec<_>>()
            );
        }
    }
    // No reference leads out of the picture.
    let inside = svg.replacen("http://www.w3.org/2000/svg", "", 1);
    assert!(!inside.contains("<script") && !inside.contains("url(http") && !inside.contains("@import"), "{svg}");
    let Section { headings, rows, .. } = picture.table();
    assert!(rows.iter().all(|row| row.len() == headings.len()), "a value for every heading");
    texts
}

fn day(number: i64) -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap() + TimeDelta::days(number)
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("<script>alert(1)</script>".to_owned()),
        Just("\"&' ]]> <!--".to_owned()),
        Just("שלום \u{202e}evil\u{2066}".to_owned()),
        Just("👩\u{200d}👩\u{200d}👧 🧨".repeat(20)),
        Just("n".repeat(200)),
        Just("\u{0}\u{1b}[2J\n\t\u{ffff}".to_owned()),
        "\\PC{0,30}",
        "[a-z_]{1,12}",
    ]
}

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0..50_u64, any::<u64>(), Just(u64::MAX)]
}

fn time() -> impl Strategy<Value = NaiveDateTime> {
    prop_oneof![
        (-50..50_i64).prop_map(day),
        (-100_000..100_000_i64).prop_map(|hours| day(0) + TimeDelta::hours(hours)),
        Just(NaiveDateTime::MIN),
        Just(NaiveDateTime::MAX),
    ]
}

fn length() -> impl Strategy<Value = Option<TimeDelta>> {
    let length = prop_oneof![
        (0..10_000_000_i64).prop_map(TimeDelta::milliseconds),
        Just(TimeDelta::MAX),
        Just(TimeDelta::MIN),
        Just(TimeDelta::zero()),
        any::<i64>().prop_map(TimeDelta::microseconds),
    ];
    prop::option::of(length)
}

fn theme() -> impl Strategy<Value = Theme> {
    prop_oneof![Just(Theme::Auto), Just(Theme::Light), Just(Theme::Dark)]
}

prop_compose! {
    fn trend()(
        title in name(), about in name(),
        periods in vec((time(), count(), count(), prop::option::of(count())), 0..300),
        forecast in vec((time(), any::<f64>(), any::<f64>(), any::<f64>()), 0..9),
    ) -> Trend {
        let period = |(at, created, resolved, backlog)| Period { at, created, resolved, backlog };
        let forecast = forecast.into_iter().map(|(at, p50, p85, p95)| Forecast { at, p50, p85, p95 });
        Trend { title, about, periods: periods.into_iter().map(period).collect(), forecast: forecast.collect() }
    }
}

prop_compose! {
    fn graph()(
        id in name(), states in vec((name(), 0..5_usize, any::<bool>(), any::<bool>()), 0..9),
        moves in vec((name(), vec(0..9_usize, 0..5), 0..9_usize), 0..20),
        counts in vec((count(), prop::option::of((length(), length()))), 0..9),
    ) -> Graph {
        let mut workflow = Workflow::new(id);
        for (i, (name, status, waits, dropped)) in states.iter().enumerate() {
            let state = State::new(format!("{name}{i}"), Status::ALL[*status]);
            let state = if *waits { state.waiting(Waiting::Third) } else { state };
            workflow = workflow.state(if *dropped { state.dropped() } else { state });
        }
        let key = |i: usize| workflow.states.get(i).map_or_else(|| "gone".into(), |state| state.key.clone());
        let moves: Vec<_> = moves.iter().map(|(name, from, to)| {
            let from = if from.is_empty() { Source::Create } else { Source::Of(from.iter().map(|i| key(*i)).collect()) };
            Transition::new(name.as_str(), from, key(*to))
        }).collect();
        let keys: Vec<_> = workflow.states.iter().map(|state| state.key.to_string()).collect();
        workflow.transitions = moves;
        keys.iter().zip(counts).fold(Graph::new(&workflow), |graph, (key, (count, dwell))| {
            let dwell = dwell.and_then(|(p50, p90)| Some(Dwell { p50: p50?, p90: p90? }));
            graph.state(key, count, dwell)
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_trend_is_a_picture(picture in trend(), theme in theme()) {
        sound(&picture, theme);
    }

    #[test]
    fn any_bands_are_a_picture(
        title in name(), about in name(), names in vec(name(), 0..8),
        buckets in vec((time(), vec(length(), 0..8)), 0..60), theme in theme(),
    ) {
        let buckets = buckets.into_iter().map(|(at, values)| Band { at, values }).collect();
        sound(&Bands { title, about, names, buckets }, theme);
    }

    #[test]
    fn any_heat_is_a_picture(
        title in name(), about in name(), columns in vec(name(), 0..20), theme in theme(),
        rows in vec((name(), vec((0..3, count(), count()), 0..20)), 0..50),
    ) {
        let level = |(kind, part, whole)| match kind {
            0 => Level::None,
            1 => Level::Count(part),
            _ => Level::Share(Share { part, whole }),
        };
        let rows = rows.into_iter().map(|(name, levels)| (name, levels.into_iter().map(level).collect())).collect();
        sound(&Heat { title, about, columns, rows }, theme);
    }

    #[test]
    fn any_stack_is_a_picture(
        title in name(), about in name(), layers in vec(name(), 0..9), theme in theme(), is_overlaid: bool,
        points in vec((time(), vec(count(), 0..9)), 0..60),
    ) {
        sound(&Stack { title, about, layers, points, is_overlaid }, theme);
    }

    #[test]
    fn any_ages_are_a_picture(
        title in name(), about in name(), parts in vec(name(), 0..9), theme in theme(),
        bands in vec((name(), vec(count(), 0..9)), 0..30),
    ) {
        sound(&Ages { title, about, parts, bands }, theme);
    }

    #[test]
    fn any_load_is_a_picture(
        title in name(), about in name(), theme in theme(),
        agents in vec((prop::option::of(name()), count(), prop::option::of(count())), 0..50),
    ) {
        let agent = |(agent, open, capacity)| Burden { agent, open, capacity };
        sound(&Load { title, about, agents: agents.into_iter().map(agent).collect() }, theme);
    }

    #[test]
    fn any_workflow_is_a_picture(picture in graph(), theme in theme()) {
        sound(&picture, theme);
    }

    #[test]
    fn any_section_has_a_picture_or_none(
        title in name(), theme in theme(),
        names in vec(prop_oneof![
            Just("day".to_owned()), Just("opened".to_owned()), Just("resolved".to_owned()), Just("p50".to_owned()),
            Just("assignee".to_owned()), Just("backlog".to_owned()), Just("share".to_owned()), name(),
        ], 0..5),
        rows in vec(vec(prop_oneof![
            name().prop_map(Value::Text), Just(Value::Text("2026-11-21".to_owned())), count().prop_map(Value::Count),
            any::<f64>().prop_map(Value::Number), length().prop_map(|time| time.map_or(Value::Empty, Value::Time)),
            (count(), count()).prop_map(|(part, whole)| Value::Share(Share { part, whole })),
        ], 0..5), 0..9),
    ) {
        let heading = |name: String| if name == "p50" { Heading::time(name) } else { Heading::new(name) };
        let section = Section { title, headings: names.into_iter().map(heading).collect(), rows, ..Section::default() };
        if let Some(picture) = of(&section) {
            sound(&*picture, theme);
        }
    }
}

/// Every kind of picture, of nothing.
fn empty() -> Vec<Box<dyn Picture>> {
    vec![
        Box::new(Trend::new("t", "a")),
        Box::new(Bands::new("t", "a", ["p50"])),
        Box::new(Bands::new("t", "a", ["p50"]).bucket(day(0), [None])),
        Box::new(Heat::new("t", "a", ["p1"])),
        Box::new(Stack::new("t", "a", ["open"])),
        Box::new(Stack::new("t", "a", ["open"]).point(day(0), [0])),
        Box::new(Ages::new("t", "a", ["p1"]).band("< 1d", [0])),
        Box::new(Load::new("t", "a").agent("ada", 0, None)),
        Box::new(Graph::new(&Workflow::new("empty"))),
    ]
}

#[test]
fn nothing_is_said_to_be_nothing() {
    for picture in empty() {
        let texts = sound(&*picture, Theme::Auto);
        assert!(texts.contains(&"Nothing to show".to_owned()), "{picture:?}");
    }
}

#[test]
fn ten_thousand_points_are_still_a_picture() {
    let days = || (0..10_000).map(day);
    let trend = days()
        .fold(Trend::new("t", "a"), |trend, at| trend.period(Period { at, created: 3, resolved: 2, backlog: Some(7) }));
    let bands = days().fold(Bands::new("t", "a", ["p50", "p99"]), |bands, at| {
        bands.bucket(
            at,
            [Some(TimeDelta::hours(1)), Some(TimeDelta::hours(i64::from(at.and_utc().timestamp() % 7 == 0) + 2))],
        )
    });
    let stack = days().fold(Stack::new("t", "a", ["open", "closed"]), |stack, at| stack.point(at, [1, 2]));
    let heat = (0..10_000).fold(Heat::new("t", "a", ["n"]), |heat, i| heat.row(format!("r{i}"), [Level::Count(i)]));
    let load = (0..10_000).fold(Load::new("t", "a"), |load, i| load.agent(format!("a{i}"), i, Some(9)));
    let pictures: [(&dyn Picture, &str); 5] = [
        (&trend, "quarter"),
        (&bands, "p99 2h"),
        (&stack, "closed 2"),
        (&heat, "9960 more rows in the table"),
        (&load, "9960 more agents in the table"),
    ];
    for (picture, said) in pictures {
        let texts = sound(picture, Theme::Dark);
        assert!(texts.iter().any(|text| text.contains(said)), "{said} is not in {texts:?}");
        assert!(picture.svg(Theme::Dark).len() < 200_000, "{} bytes", picture.svg(Theme::Dark).len());
        assert_eq!(picture.table().rows.len(), 10_000, "the table leaves nothing out");
    }
}

#[test]
fn one_point_is_a_picture() {
    let at = day(0);
    let trend = Trend::new("t", "a").period(Period { at, created: 1, resolved: 0, backlog: Some(1) });
    let bands = Bands::new("t", "a", ["p50"]).bucket(at, [Some(TimeDelta::minutes(5))]);
    let stack = Stack::new("t", "a", ["open"]).point(at, [4]);
    for picture in [&trend as &dyn Picture, &bands, &stack] {
        let texts = sound(picture, Theme::Light);
        assert!(texts.contains(&"1 Jan".to_owned()), "{texts:?}");
    }
}

#[test]
fn what_has_no_measure_is_not_nought() {
    let heat = Heat::new("t", "a", ["p1", "p2", "p3"])
        .row("mail", [Level::Share(Share { part: 0, whole: 4 }), Level::Share(Share::default()), Level::None]);
    let texts = sound(&heat, Theme::Auto);
    assert_eq!(texts.iter().filter(|text| *text == "none").count(), 2);
    assert!(texts.iter().any(|text| text.starts_with("0.0%")), "{texts:?}");
}

#[test]
fn over_capacity_is_said_in_words() {
    let texts = sound(&Load::new("t", "a").agent("eve", 21, Some(12)), Theme::Auto);
    assert!(texts.contains(&"21 of 12: 9 over".to_owned()) && texts.contains(&"over capacity".to_owned()), "{texts:?}");
}

#[test]
fn a_state_tells_what_is_in_it_and_for_how_long() {
    let dwell = Dwell { p50: TimeDelta::hours(2), p90: TimeDelta::days(3) };
    let graph = Graph::new(&Workflow::incident()).state("waiting", 1_234, Some(dwell)).state("gone", 9, None);
    let texts = sound(&graph, Theme::Auto);
    for said in ["waiting", "for the requester", "1,234", "2h · p90 3d", "wait vendor"] {
        assert!(texts.contains(&said.to_owned()), "{said} is not in {texts:?}");
    }
}

#[test]
fn a_ready_report_has_the_picture_of_its_columns() {
    let section = |headings: &[&str], row: Vec<Value>| Section {
        headings: headings
            .iter()
            .map(|name| if name.starts_with('p') { Heading::time(*name) } else { Heading::new(*name) })
            .collect(),
        rows: vec![row],
        ..Section::default()
    };
    let (text, time) = (|text: &str| Value::Text(text.to_owned()), Value::Time(TimeDelta::hours(1)));
    let share = Value::Share(Share { part: 1, whole: 2 });
    for (found, kind) in [
        (
            section(
                &["day", "opened", "resolved", "closed"],
                vec![text("2026-11-21"), Value::Count(1), Value::Count(2), Value::Count(3)],
            ),
            "Trend",
        ),
        (
            section(
                &["created_week", "n", "p50", "p90"],
                vec![text("2026-W47"), Value::Count(1), time.clone(), time.clone()],
            ),
            "Bands",
        ),
        (section(&["assignee", "tickets", "backlog"], vec![Value::Empty, Value::Count(1), Value::Count(2)]), "Load"),
        (section(&["status", "priority", "tickets"], vec![text("open"), text("1"), Value::Count(2)]), "Heat"),
        (section(&["day", "new", "open"], vec![text("2026-11-21"), Value::Count(3), Value::Count(2)]), "Stack"),
        (section(&["age_band", "p1"], vec![text("< 1d"), Value::Count(3)]), "Ages"),
        (section(&["created_weekday", "00", "01"], vec![text("mon"), Value::Count(3), Value::Count(0)]), "Heat"),
        (section(&["team", "solved", "share"], vec![text("net"), Value::Count(1), share]), "Heat"),
    ] {
        let picture = of(&found).unwrap_or_else(|| panic!("{kind} of {found:?}"));
        assert!(format!("{picture:?}").starts_with(kind), "{picture:?}");
        sound(&*picture, Theme::Auto);
    }
    assert!(of(&section(&["tickets"], vec![Value::Count(1)])).is_none());
    for report in ticketcore::report::standard() {
        let ask = Ask::new("2026-11-21T20:00:00Z".parse().unwrap());
        let tables = Tallier::new(&ask.scan(&*report)).finish();
        let picture = first_of(&report.render(&ask, tables));
        let has_none = ["response", "comparison", "life", "forecast"].contains(&report.name());
        assert_eq!(picture.is_none(), has_none, "{} of a desk without tickets", report.name());
    }
}
