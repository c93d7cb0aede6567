//! What reports read of a ticket's way is what its history tells: each part said a second time, from the events.

use chrono::{DateTime, Utc};
use ticketcore::config::Rulebook;
use ticketcore::engine::{evolve, fold, marks};
use ticketcore::line::Flag;
use ticketcore::query::{Filter, Period};
use ticketcore::report::{
    Bucket, Cell, Cohort, Course, Dimension, Each, Lapse, Measure, Measured, Scan, Spent, Stay, Table, TableSpec, Time,
    Unit,
};
use ticketcore::time::{Zone, micros};
use ticketcore::trail::Aspect;
use ticketcore::{ActorKind, Event, Key, Recorded, Status, Ticket, TicketId, Visibility};

use crate::world::World;

/// Laws of one ticket.
pub(crate) async fn of_ticket(world: &World, tenant: usize, id: TicketId) {
    let desk = world.desk(tenant);
    let Ok(ticket) = desk.load(id).await else { return };
    let rulebook = desk.rulebook().await.unwrap();
    let course = marks(&rulebook, &ticket).course.map(|course| *course).unwrap_or_default();
    assert_eq!(Course::decode(&course.encode()).as_ref(), Ok(&course));
    assert_eq!(course, told(&rulebook, &world.history(tenant, id).await), "{ticket:#?}");
    // A monitor's clock may be ahead of the desk's.
    if ticket.updated <= desk.now() {
        sums_up(world, tenant, &ticket, desk.now()).await;
    }
}

/// The course as the events tell it.
fn told(rulebook: &Rulebook, history: &[Recorded]) -> Course {
    let (first, rest) = history.split_at(1);
    let mut ticket = fold(first).expect("a history begins with an opening");
    let business = rulebook.now().config.business.clone();
    let clock = |from: DateTime<Utc>, to: DateTime<Utc>| {
        let business = rulebook.elapsed(business.as_ref(), from, to);
        Lapse { wall: micros(to) - micros(from), business: business.num_microseconds().unwrap() }
    };
    let has = |ticket: &Ticket, flag| ticket.line.last().unwrap().flags.has(flag);
    let (mut states, mut answers, mut replies) = (Vec::new(), Vec::new(), Vec::new());
    let (mut since, mut asked, mut acked) = (ticket.created, None, None);
    for one in rest {
        let (state, status, responded) = (ticket.state.clone(), ticket.status, ticket.responded.is_some());
        let was_unanswered = has(&ticket, Flag::Unanswered);
        let theirs = ticket.requester.as_ref() == Some(&one.by.id);
        evolve(&mut ticket, one.at, &one.by, &one.event);
        if (&state, status) != (&ticket.state, ticket.status) {
            states.push(Stay { status, state, time: clock(since, one.at) });
            since = one.at;
        }
        if let Event::Said(said) = &one.event
            && said.visibility == Visibility::Public
            && !said.automatic
        {
            if one.by.kind == ActorKind::Agent && !theirs {
                replies.push(one.at);
                answers.extend(asked.take().map(|asked| clock(asked, one.at)));
            } else if responded && !was_unanswered && has(&ticket, Flag::Unanswered) {
                asked = Some(one.at);
            }
        }
        if let Event::Acknowledged { .. } = one.event {
            acked = acked.or(Some(one.at));
        }
    }
    let with = |aspect: Aspect| {
        let mut spent: Vec<Spent> = Vec::new();
        for spell in ticket.spells(aspect) {
            let Some(to) = spell.to else { continue };
            let time = clock(spell.from, to);
            match spent.iter_mut().find(|known| known.with == spell.value) {
                Some(known) => {
                    known.time.wall += time.wall;
                    known.time.business += time.business;
                }
                None => spent.push(Spent { with: spell.value, time }),
            }
        }
        spent
    };
    let count = |until: DateTime<Utc>| replies.iter().filter(|at| **at <= until).count();
    Course {
        teams: with(Aspect::Team),
        assignees: with(Aspect::Assignee),
        states,
        answers,
        acked: acked.map(|at| clock(ticket.created, at)),
        first_contact: ticket.first_resolved.is_some_and(|resolved| count(resolved) == 1),
        steps: history.iter().filter(|one| is_step(&one.event)).count().try_into().unwrap(),
        level: ticket.level,
    }
}

fn is_step(event: &Event) -> bool {
    matches!(event, Event::Fired { .. } | Event::Skipped { .. })
}

async fn tally(world: &World, tenant: usize, filter: Filter, tables: Vec<TableSpec>) -> Vec<Table> {
    let now = world.desk(tenant).now();
    world.store.tally(&["main", "other"][tenant].into(), &Scan { filter, tables, now }).await.unwrap()
}

/// Law 82: the time in each state, with each team and with each agent sums to the age, at closing or now.
async fn sums_up(world: &World, tenant: usize, ticket: &Ticket, now: DateTime<Utc>) {
    let spent = |each| TableSpec::new([Dimension::Each], [Measure::Spent(Time::Wall)]).each(each);
    let tables = [Each::State, Each::Team, Each::Assignee].map(spent).to_vec();
    let end = if ticket.status == Status::Closed { ticket.since(Aspect::State) } else { now };
    for table in tally(world, tenant, Filter::ids([ticket.id]), tables).await {
        let of = |value: &Measured| match value {
            Measured::Time(Some(time)) => time.max.num_microseconds().unwrap(),
            other => panic!("{other:?} is no length of time"),
        };
        let sum: i64 = table.rows.iter().map(|row| of(&row.values[0])).sum();
        assert_eq!(sum, micros(end) - micros(ticket.created), "law 82: {table:#?} of {ticket:#?}");
    }
}

/// Law 81: the backlog at an instant is that of another, with what was opened and reopened in between, without what left.
pub(crate) async fn of_backlog(world: &World, tenant: usize) {
    let known = world.known(tenant).await;
    let mut instants: Vec<DateTime<Utc>> = known.iter().flat_map(|sample| changes(&sample.ticket)).collect();
    instants.sort_unstable();
    instants.dedup();
    let open = |at: DateTime<Utc>| known.iter().filter(|sample| is_open(&sample.ticket, at)).count() as u64;
    let some: Vec<_> = instants.iter().step_by(instants.len() / 6 + 1).copied().collect();
    let crossing =
        |period| TableSpec::new([Dimension::Each], [Measure::Count]).each(Each::Crossing).cohort(Cohort::Then(period));
    let tables = some.windows(2).map(|pair| crossing(Period::between(pair[0], pair[1]))).collect();
    for (pair, table) in some.windows(2).zip(tally(world, tenant, Filter::all(), tables).await) {
        let count = |name: &str| {
            let row = table.rows.iter().find(|row| row.cells == [Cell::Text(name.to_owned())]);
            row.map_or(0, |row| if let Measured::Count(count) = row.values[0] { count } else { 0 })
        };
        let [opened, reopened, left] = ["opened", "reopened", "left"].map(count);
        // A period has its beginning and not its end, so the backlog is that just before each of the two.
        let before = |at: DateTime<Utc>| open(at - chrono::TimeDelta::microseconds(1));
        assert_eq!(before(pair[1]) + left, before(pair[0]) + opened + reopened, "law 81: {pair:?}");
    }
    let day = Bucket { unit: Unit::Day, zone: Zone::utc() };
    let entries = TableSpec::new([Dimension::Each, Dimension::Then(day)], [Measure::Count]).each(Each::Entry);
    let entered = tally(world, tenant, Filter::all(), vec![entries]).await;
    let counted: u64 =
        entered[0].rows.iter().map(|row| if let Measured::Count(count) = row.values[0] { count } else { 0 }).sum();
    let changes = |ticket: &Ticket| ticket.spells(Aspect::Status).count() as u64;
    assert_eq!(counted, known.iter().map(|sample| changes(&sample.ticket)).sum::<u64>());
}

fn changes(ticket: &Ticket) -> impl Iterator<Item = DateTime<Utc>> {
    ticket.spells(Aspect::Status).map(|spell| spell.from)
}

fn is_open(ticket: &Ticket, at: DateTime<Utc>) -> bool {
    let open = [Status::New, Status::Open, Status::Pending].map(|status| Key::from(status.as_str()));
    let mut spells = ticket.spells(Aspect::Status);
    let then = spells.find(|spell| spell.from <= at && spell.to.is_none_or(|to| at < to));
    then.and_then(|spell| spell.value).is_some_and(|status| open.contains(&status))
}
