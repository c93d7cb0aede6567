//! What ERPNext and Request Tracker promise in their own tests, against ours.
//!
//! Their scenarios are restated as facts: a calendar, targets, a timeline, and what is due at points of it. Each is
//! replayed through a desk with the policies that mean the same:
//!
//! | theirs | ours |
//! |---|---|
//! | `response` | [`Policy::response`] |
//! | `keep_in_loop` | [`Policy::update`], once the requester was answered |
//! | `resolve`, `resolution` | [`Policy::resolution`] |
//! | `starts` | [`Policy::first_response`], the promise to begin |
//! | states in which a target is ignored | a pause of that clock in those states |
//! | other targets for a ticket | another configuration, published at that moment |
//! | a due time | the earliest of the clocks that run |
//!
//! Request Tracker recomputes a changed target from the opening, ours keeps what the clock has counted. The scenarios
//! change targets at the opening itself, where both are the same.
//!
//! Where ours differs it does so by choice: each such expectation stands in a bucket below with the reason and with our
//! answer, and all others have to be equal.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use ticketcore::cond::{Atom, Cond};
use ticketcore::config::{Grant, Grantee, Rights, Source, State, Transition};
use ticketcore::engine::{Phase, Reading};
use ticketcore::line::Flag;
use ticketcore::time::{Hours, ManualClock, Week, Zone};
use ticketcore::{
    Actor, Capabilities, Command, Config, Desk, Draft, MemoryStore, Policy, Priority, Span, Status, TicketId, Waiting,
    Workflow,
};

const SCENARIOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/sla/scenarios.json");

/// Which expectation: the scenario, its how manieth, the figure.
type Place = (&'static str, usize, &'static str);

/// Why ours differs, and what it answers.
const BUCKETS: [(&str, &[(Place, &str)]); 2] = [
    (
        "a pause counts in the time of the clock: 45 minutes outside of opening hours move no deadline",
        &[(("erpnext-hold-01", 1, "resolution_due"), r#""2020-03-04T16:00:00Z""#)],
    ),
    (
        "a clock that is not shown does not run: ten minutes of pause move the deadline by ten minutes",
        &[(("rt-ignore-03", 2, "due"), r#""2024-01-01T02:10:00Z""#)],
    ),
];

#[test]
fn other_desks_agree_on_what_is_due_but_where_we_chose_otherwise() -> Result<(), Box<dyn Error>> {
    let Ok(text) = std::fs::read_to_string(SCENARIOS) else {
        // Not `eprintln!`, which the test harness hides when a test passes.
        return Ok(writeln!(std::io::stderr(), "SKIPPED: the scenarios of other desks are not at {SCENARIOS}")?);
    };
    let file: Value = serde_json::from_str(&text)?;
    let scenarios = list(&file["scenarios"]);
    assert_eq!(scenarios.len(), 14);

    let choices: BTreeMap<_, _> = BUCKETS.into_iter().flat_map(|(_, bucket)| bucket.iter().copied()).collect();
    let (mut compared, mut chosen) = (0, 0);
    for scenario in scenarios {
        let (id, mut play, mut place) = (text_of(&scenario["id"]), Play::new(scenario), 0);
        for step in list(&scenario["steps"]) {
            let Some(expected) = step["expect"].as_object() else {
                play.act(step).map_err(|error| format!("{id}: {error}"))?;
                continue;
            };
            for (figure, theirs) in expected {
                let ours = play.answer(figure)?;
                compared += 1;
                match choices.get(&(id, place, figure.as_str())) {
                    Some(choice) => {
                        assert_eq!(ours, serde_json::from_str::<Value>(choice)?, "{id} {figure}");
                        assert_ne!(ours, *theirs, "{id} {figure} is no difference any more");
                        chosen += 1;
                    }
                    None => assert_eq!(ours, *theirs, "{id}: {}, {figure} at {}", scenario["name"], play.desk.now()),
                }
            }
            place += 1;
        }
    }
    assert_eq!((compared, chosen), (40, choices.len()));

    eprintln!("{compared} expectations, {} equal; different by choice:", compared - chosen);
    for (reason, bucket) in BUCKETS {
        eprintln!("{:4}  {reason}", bucket.len());
    }
    Ok(())
}

/// A scenario on its way through a desk.
struct Play<'a> {
    scenario: &'a Value,
    desk: Desk,
    clock: ManualClock,
    ticket: Option<TicketId>,
}

impl<'a> Play<'a> {
    fn new(scenario: &'a Value) -> Self {
        let clock = ManualClock::new(DateTime::UNIX_EPOCH);
        let desk = Desk::new(Arc::new(MemoryStore::new())).with_clock(clock.clone());
        Self { scenario, desk, clock, ticket: None }
    }

    fn act(&mut self, step: &Value) -> Result<(), Box<dyn Error>> {
        if let Some(at) = step["at"].as_str() {
            self.clock.set(at.parse()?);
        }
        let (staff, customer) = (Actor::agent("staff"), Actor::requester("customer"));
        match text_of(&step["do"]) {
            "create" => {
                self.promise(&self.scenario["targets"])?;
                // Who opens a ticket as a requester is its requester, so "nobody's" is opened by an agent.
                let nobody = step.get("requestor").is_some_and(Value::is_null);
                let opener = match step["by"].as_str() {
                    Some(name) if nobody || name == "staff" => Actor::agent(name),
                    name => Actor::requester(name.unwrap_or("customer")),
                };
                let mut draft = Draft::new("issue", "Help");
                draft.requester = step["requestor"].as_str().map(Into::into);
                draft.assignee = step["owner"].as_str().map(Into::into);
                self.ticket = Some(pollster::block_on(self.desk.by(opener).open(draft))?.id);
            }
            "agent_message" => self.apply(staff, Command::reply("Try again"))?,
            "customer_message" => self.apply(customer, Command::reply("No better"))?,
            "set_state" => self.apply(staff, Command::transition(text_of(&step["state"])))?,
            "change_targets" => self.promise(&step["targets"])?,
            other => return Err(format!("nothing is called {other}").into()),
        }
        Ok(())
    }

    fn apply(&self, actor: Actor, command: Command) -> Result<(), Box<dyn Error>> {
        let id = self.ticket.ok_or("no ticket yet")?;
        pollster::block_on(self.desk.by(actor).apply(id, command))?;
        Ok(())
    }

    /// Publishes the policies that mean the targets, from now on.
    fn promise(&self, targets: &Value) -> Result<(), Box<dyn Error>> {
        let ready: [(&str, Policy); 5] = [
            ("response", Policy::response("response")),
            ("keep_in_loop", Policy::update("keep_in_loop").run(Atom::Flag(Flag::Responded))),
            ("resolve", Policy::resolution("resolve")),
            ("resolution", Policy::resolution("resolution")),
            ("starts", Policy::first_response("starts")),
        ];
        let on_the_wall = vec![Policy::response("wall_response"), Policy::resolution("wall_resolution")];
        // In these scenarios everybody does everything; who may is not what they are about.
        let rights = Rights::of([Grant::new(Grantee::Anyone, Capabilities::all())]);
        let mut config = Config { policies: on_the_wall, rights, ..Config::default() }
            .workflow(workflow())
            .kind("issue", "issue", "")
            .calendar("office", hours(&self.scenario["calendar"])?);
        for (name, policy) in ready {
            if let Some(minutes) = targets[format!("{name}_min")].as_u64() {
                let ignored = list(&targets[format!("{name}_ignore_states")]);
                let ignored = ignored.iter().map(|state| Cond::from(Atom::State(text_of(state).into())).negate());
                let policy = ignored.fold(policy, Policy::run).calendar("office");
                config = config.policy(policy.target(Priority::P3, Span::minutes(minutes.try_into()?)));
            }
        }
        pollster::block_on(self.desk.publish(config))?;
        Ok(())
    }

    fn answer(&self, figure: &str) -> Result<Value, Box<dyn Error>> {
        let id = self.ticket.ok_or("no ticket yet")?;
        let readings = pollster::block_on(self.desk.readings(id))?;
        let running = |reading: &&Reading| reading.phase == Phase::Running;
        let due = |policy| readings.iter().filter(running).find(|reading| reading.policy == policy)?.due;
        // ERPNext counts what was, unlike what is due, on the clock on the wall.
        let spans = |policy| -> Vec<TimeDelta> {
            readings.iter().filter(|reading| reading.policy == policy).map(|reading| reading.elapsed).collect()
        };
        let waits = spans("wall_response");
        let holds = self.holds(id)?;
        let seconds = |spans: &[TimeDelta]| spans.iter().sum::<TimeDelta>().num_seconds();
        Ok(match figure {
            "due" => json!(readings.iter().filter(running).filter_map(|reading| reading.due).min()),
            "starts" => json!(due("starts")),
            "resolution_due" => json!(due("resolution")),
            "resolution_s" => json!(seconds(&spans("wall_resolution"))),
            // The time in which the customer waited for us.
            "user_resolution_s" => json!(seconds(&waits)),
            "avg_response_s" => json!(seconds(&waits) / i64::try_from(waits.len())?),
            "on_hold_since" => json!(holds.last().map(|hold| hold.start)),
            "total_hold_s" => json!(seconds(&holds.iter().map(|hold| hold.end - hold.start).collect::<Vec<_>>())),
            other => return Err(format!("no figure is called {other}").into()),
        })
    }

    /// When the customer was awaited; the last time may go on.
    fn holds(&self, id: TicketId) -> Result<Vec<Range<DateTime<Utc>>>, ticketcore::Error> {
        let ticket = pollster::block_on(self.desk.load(id))?;
        let beats = ticket.line.beats();
        let ends = beats.iter().skip(1).map(|next| next.at).chain([self.desk.now()]);
        let awaited = beats.iter().zip(ends).filter(|(beat, _)| beat.waiting == Some(Waiting::Requester));
        Ok(awaited.map(|(beat, end)| beat.at..end).collect())
    }
}

/// The states that the peers name.
fn workflow() -> Workflow {
    Workflow::new("issue")
        .state(State::new("new", Status::New))
        .state(State::new("open", Status::Open))
        .state(State::new("replied", Status::Pending).waiting(Waiting::Requester).on_reply("open"))
        .state(State::new("stalled", Status::Pending).waiting(Waiting::Third))
        .state(State::new("closed", Status::Closed))
        .transition(Transition::new("new", Source::Create, "new"))
        .transition(Transition::new("open", Source::Any, "open"))
        .transition(Transition::new("replied", Source::Any, "replied"))
        .transition(Transition::new("stalled", Source::Any, "stalled"))
        .transition(Transition::new("closed", Source::Any, "closed"))
}

fn hours(calendar: &Value) -> Result<Hours, Box<dyn Error>> {
    let day = |name: &str| -> Vec<String> {
        let windows = list(&calendar["week"][name]).iter();
        windows.map(|window| format!("{}-{}", text_of(&window[0]), text_of(&window[1]))).collect()
    };
    let week = Week {
        mon: day("mon"),
        tue: day("tue"),
        wed: day("wed"),
        thu: day("thu"),
        fri: day("fri"),
        sat: day("sat"),
        sun: day("sun"),
    };
    assert!(list(&calendar["holidays"]).is_empty(), "no scenario has holidays");
    Ok(Hours { week, ..Hours::new(Zone::named(text_of(&calendar["tz"]))?) })
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
