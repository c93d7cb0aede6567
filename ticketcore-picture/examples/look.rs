//! scratch
use chrono::*;
use ticketcore::Workflow;
use ticketcore::report::Share;
use ticketcore_picture::*;
struct R(u64);
impl R {
    fn f(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
    fn n(&mut self, k: f64) -> u64 {
        (self.f() * k) as u64
    }
}
fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let mut r = R(88172645463325252);
    let d0 = NaiveDate::from_ymd_opt(2026, 8, 3).unwrap().and_hms_opt(0, 0, 0).unwrap();
    let mut out: Vec<(&str, Box<dyn Picture>)> = vec![];
    for (nm, n, f) in [("trend", 80i64, true), ("trend-long", 400, false)] {
        let mut t = Trend::new(
            "Created and resolved by day",
            "By the opening and the last resolution, in Europe/Belgrade. A reopened ticket leaves its day.",
        );
        let mut b = 120u64;
        for i in 0..n {
            let at = d0 + Duration::days(i);
            let we = i % 7 >= 5;
            let c = if we { r.n(12.) } else { 20 + r.n(26.) };
            let s = if we { r.n(5.) } else { 18 + r.n(29.) }.min(b + c);
            b = b + c - s;
            t = t.period(Period { at, created: c, resolved: s, backlog: Some(b) });
        }
        if f {
            t = t.forecast((0..21).map(|i| {
                let x = (i + 1) as f64;
                let at = d0 + Duration::days(n + i);
                Forecast {
                    at,
                    p50: b as f64 + x * 0.6,
                    p85: b as f64 + x * 0.9 + x.sqrt() * 14.,
                    p95: b as f64 + x * 1.1 + x.sqrt() * 24.,
                }
            }));
        }
        out.push((nm, Box::new(t)));
    }
    let mut w = Bands::new(
        "Resolution by week",
        "From the opening to the last resolution, of tickets not reopened since, on the wall clock, by the week of the opening.",
        ["p50", "p90", "p95", "p99"],
    );
    for i in 0..30 {
        let at = d0 + Duration::weeks(i - 20);
        let k = 1. + r.f();
        if i == 11 {
            w = w.bucket(at, [None, None, None, None]);
            continue;
        }
        w = w.bucket(
            at,
            [0.7 * k, 9. * k * (1. + r.f()), 21. * k * (1. + r.f()), 90. * k * (1. + r.f())]
                .map(|h| Some(Duration::seconds((h * 3600.) as i64))),
        );
    }
    out.push(("bands", Box::new(w)));
    let mut w = Bands::new("First response by day", "Business time.", ["p50", "p90"]);
    for i in 0..60 {
        let at = d0 + Duration::days(i);
        let k = 1. + r.f();
        w = w.bucket(at, [0.7 * k, 2.2 * k].map(|h| Some(Duration::seconds((h * 3600.) as i64))));
    }
    out.push(("bands-linear", Box::new(w)));
    let mut h = Heat::new(
        "First response kept, by queue and priority",
        "The share met of the cycles that were met or breached.",
        ["p1", "p2", "p3", "p4", "none"],
    );
    for q in [
        "mail",
        "vpn",
        "payroll",
        "workplace",
        "very long name of a queue that nobody should have given it",
        "<script>alert(1)</script>",
    ] {
        let l: Vec<_> = (0..5)
            .map(|c| {
                if r.f() < 0.12 {
                    Level::None
                } else {
                    let w = 1 + r.n(400.);
                    Level::Share(Share { part: (w as f64 * (1. - r.f() * 0.12 * (c as f64 + 0.3))) as u64, whole: w })
                }
            })
            .collect();
        h = h.row(q, l);
    }
    out.push(("heat", Box::new(h)));
    let mut h =
        Heat::new("Tickets by weekday and hour", "When tickets are opened.", (0..14).map(|h| format!("{:02}", h + 7)));
    for q in ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] {
        let l: Vec<_> = (0..14).map(|_| Level::Count(r.n(2300.))).collect();
        h = h.row(q, l);
    }
    out.push(("heat-count", Box::new(h)));
    let mut s = Stack::new(
        "Cumulative flow",
        "How many tickets stood where at the end of each day.",
        ["new", "open", "pending", "resolved", "closed"],
    );
    let mut v = [12u64, 80, 30, 40, 0];
    for i in 0..90 {
        v[0] = 8 + r.n(18.);
        v[1] = 60 + r.n(10.) + if i > 40 && i < 60 { (i as u64 - 40) * 4 } else { 0 };
        v[2] = 25 + r.n(12.);
        v[3] = 30 + r.n(10.);
        v[4] += r.n(9.);
        s = s.point(d0 + Duration::days(i), v);
    }
    out.push(("flow", Box::new(s)));
    let mut a = Ages::new(
        "Backlog by age",
        "Tickets neither resolved nor closed, by how long ago they were opened.",
        ["p1", "p2", "p3", "p4", "p5"],
    );
    for (b, c) in [
        ("< 1d", [2, 9, 30, 22, 4]),
        ("1-3d", [1, 6, 33, 30, 6]),
        ("3-7d", [0, 3, 25, 41, 9]),
        ("7-30d", [0, 1, 12, 38, 17]),
        ("30-90d", [0, 0, 3, 12, 14]),
        ("> 90d", [0, 0, 0, 2, 7]),
    ] {
        a = a.band(b, c);
    }
    out.push(("ages", Box::new(a)));
    let mut l = Load::new("Load by agent", "Open tickets, and how many each agent takes at most.");
    for (n, o, c) in [
        ("ada", 14, Some(16)),
        ("bo", 9, Some(8)),
        ("eve", 21, Some(12)),
        ("joe", 0, Some(10)),
        ("שלום עולם", 7, None),
        ("a very long name that goes on and on", 12, Some(12)),
        ("<b>&\"'", 3, Some(5)),
    ] {
        l = l.agent(n, o, c);
    }
    l.agents.push(Burden { agent: None, open: 17, capacity: None });
    out.push(("load", Box::new(l)));
    for wf in Workflow::ready() {
        let mut g=Graph::new(&wf).about("How many tickets are in each state now, and how long those stayed that left it: half of them no longer, and 90 of 100 no longer (p90).");
        for st in &wf.states {
            let c = [0, 3, 12, 45, 180][r.n(5.) as usize];
            let dwell = (st.status != ticketcore::Status::Closed).then(|| Dwell {
                p50: Duration::seconds((3600. * (0.2 + 30. * r.f())) as i64),
                p90: Duration::hours(30 + r.n(300.) as i64),
            });
            g = g.state(st.key.as_str(), c, dwell);
        }
        out.push((Box::leak(format!("workflow-{}", wf.id).into_boxed_str()), Box::new(g)));
    }
    out.push(("nothing", Box::new(Trend::new("Created and resolved by day", "Nothing happened."))));
    for (n, p) in &out {
        for (t, x) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            std::fs::write(format!("{dir}/{n}.{x}.svg"), p.svg(t)).unwrap();
        }
    }
}
