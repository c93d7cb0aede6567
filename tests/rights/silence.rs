//! Law 74: whatever a requester asks, the answer is the same with and without internal notes.

use std::sync::Arc;

use chrono::TimeDelta;
use ticketcore::config::Trigger;
use ticketcore::report::Scan;
use ticketcore::testing::sample::Sample;
use ticketcore::testing::{Dice, block_on, question};
use ticketcore::time::{Clock, ManualClock};
use ticketcore::{Actor, Command, Desk, Draft, Error, Filter, MemoryStore, Order, Query, Store, Visibility};

use crate::acts::Act;
use crate::custom_store::CustomStore;
use crate::world::{self, World};

/// The same desk twice: in one, agents also talk among themselves.
struct Pair {
    name: &'static str,
    talking: World,
    silent: World,
}

impl Pair {
    fn new<S: Store>(name: &'static str, stores: [S; 2], clock: &ManualClock) -> Self {
        let [talking, silent] = stores;
        let pair =
            Self { name, talking: World::new("talking", talking, clock), silent: World::new("silent", silent, clock) };
        // A desk that tells its rules to answer notes lets people see that there are some.
        let mut config = crate::acts::config(0);
        config.rules.retain(|rule| rule.on.iter().all(|trigger| !matches!(trigger, Trigger::Said | Trigger::Any)));
        for world in [&pair.talking, &pair.silent] {
            block_on(world.desk(0).publish(config.clone())).unwrap();
        }
        pair
    }

    /// Does something in both.
    async fn act(&self, act: &Act) {
        for world in [&self.talking, &self.silent] {
            world.act(0, act).await;
        }
    }

    async fn tick(&self) {
        for world in [&self.talking, &self.silent] {
            world.desk(0).tick().await.unwrap();
        }
    }

    /// Asks a question in both.
    async fn ask(&self, actor: &Actor, question: &Question) {
        let answers = [&self.talking, &self.silent].map(|world| question.ask(world.desk(0).by(actor.clone())));
        let [talking, silent] = answers;
        let (talking, silent) = (talking.await, silent.await);
        let differs = talking.lines().zip(silent.lines()).find(|(one, other)| one != other);
        assert!(talking == silent, "law 74 on {}: {differs:?} in {question:?} by {actor:?}", self.name);
    }
}

fn is_note(command: &Command) -> bool {
    matches!(command, Command::Say(said) if said.visibility == Visibility::Internal)
}

/// Versions mean the same only where the same happened.
fn names_a_version(command: &Command) -> bool {
    matches!(command, Command::Edit(..) | Command::Split(..) | Command::Approve { .. } | Command::Reject { .. })
}

#[derive(Debug)]
enum Question {
    Load(ticketcore::TicketId),
    Find(Query),
    Search(Query),
    Best(Filter),
    Tally(Scan),
    Moves(ticketcore::TicketId),
    Conversation(ticketcore::TicketId),
    Reply(ticketcore::TicketId),
}

impl Question {
    fn any(dice: &mut Dice, known: &[Sample], clock: &ManualClock) -> Self {
        let id = dice.pick(known).ticket.id;
        match dice.below(11) {
            0 => Self::Load(id),
            1..=4 => {
                let query = Query::new(question::filter(dice, known)).order(*dice.pick(&question::ORDERS));
                Self::Find(query.limit(1 + dice.below(4)))
            }
            5 => {
                let tables = crate::acts::tables();
                Self::Tally(Scan { filter: question::filter(dice, known), tables, now: clock.now() })
            }
            6 => Self::Search(Query::new(written(dice, known)).order(Order::newest()).limit(1 + dice.below(4))),
            7 => Self::Best(written(dice, known)),
            8 => Self::Moves(id),
            9 => Self::Conversation(id),
            _ => Self::Reply(id),
        }
    }

    /// The answer, to the letter.
    async fn ask(&self, desk: Desk) -> String {
        match self {
            Self::Load(id) => text(desk.load(*id).await),
            Self::Find(query) => text(desk.find(query).await),
            Self::Search(query) => text(desk.search(query).await),
            Self::Best(filter) => text(desk.search_best(filter, 3).await),
            Self::Tally(scan) => text(desk.tally(scan).await),
            Self::Moves(id) => text(desk.moves(*id).await),
            Self::Conversation(id) => text(desk.conversation(*id).await),
            // What is answered to a command is an answer, too.
            Self::Reply(id) => text(desk.apply(*id, Command::reply("printer")).await),
        }
    }
}

/// A question about what was written, which customers may ask, with words that notes have, too.
fn written(dice: &mut Dice, known: &[Sample]) -> Filter {
    let word = |dice: &mut Dice| {
        let texts = &dice.pick(known).texts;
        let own = texts.iter().flat_map(|text| &text.words).cloned().collect::<Vec<_>>();
        if own.is_empty() || dice.once_in(3) { "printer".to_owned() } else { dice.pick(&own).clone() }
    };
    let mut filter = Filter::all();
    match dice.below(3) {
        0 => filter.words.push(word(dice)),
        1 => filter.prefixes.push(word(dice).chars().take(3).collect()),
        _ => filter.phrases.push(format!("{} {}", word(dice), word(dice))),
    }
    if dice.once_in(4) {
        filter = Filter { any: vec![filter, Filter { words: vec![word(dice)], ..Filter::all() }], ..Filter::all() };
    }
    filter
}

fn text<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    format!("{answer:#?}")
}

fn pairs(clock: &ManualClock) -> Vec<Pair> {
    let memory = || MemoryStore::new();
    let sqlite = || ticketcore_sqlite::SqliteStore::memory().unwrap();
    vec![
        Pair::new("memory", [memory(), memory()], clock),
        Pair::new("custom", [CustomStore::default(), CustomStore::default()], clock),
        Pair::new("sqlite", [sqlite(), sqlite()], clock),
    ]
}

#[cfg(feature = "postgres")]
fn postgres(clock: &ManualClock) -> Option<([crate::cluster::Database; 2], Pair)> {
    let databases = [crate::cluster::Database::new()?, crate::cluster::Database::new()?];
    let store = |database: &crate::cluster::Database| {
        let options = ticketcore_postgres::PostgresOptions::new().connections(2);
        block_on(options.connect_with(database.address.clone())).unwrap()
    };
    let [one, other] = &databases;
    let pair = Pair::new("postgres", [store(one), store(other)], clock);
    Some((databases, pair))
}

#[cfg(not(feature = "postgres"))]
const fn postgres(_: &ManualClock) -> Option<((), Pair)> {
    None
}

/// Plays a random desk in pairs, and asks as requesters after every act. Returns how many questions were asked of each pair.
async fn play(seed: u64, acts: usize, pairs: &[Pair], clock: &ManualClock) -> usize {
    let mut dice = Dice::new(seed);
    let requesters = [Actor::requester("bo"), Actor::requester("eve").organisation("net"), Actor::requester("ada")];
    let mut asked = 0;
    for _ in 0..acts {
        let known = pairs[0].silent.known(0).await;
        let mut act = if known.is_empty() || dice.once_in(12) {
            Act::Open(dice.pick(&requesters).clone(), Draft::incident("printer on fire"))
        } else {
            Act::any(&mut dice, &known, clock.now())
        };
        // Notes are requests of their own: one that is refused would take the rest of its request along.
        let mut note = None;
        if let Act::Apply(_, id, request) = &mut act {
            (request.seen, request.once) = (None, None);
            request.commands.retain(|command| !is_note(command) && !names_a_version(command));
            note = dice.once_in(2).then_some(*id);
        }
        match act {
            Act::Publish(_) => continue,
            // When a clock is put back, the log of a ticket does not follow: what comes next is told to be as late as
            // the last that was written, be it a note.
            Act::Pass(time) if time < TimeDelta::zero() => continue,
            _ => {}
        }
        clock.advance(act.time());
        for pair in pairs {
            // Whoever writes first has what was due recorded; a desk that ticks has done so already.
            pair.tick().await;
            pair.act(&act).await;
            if let Some(id) = note {
                let nuisance = Command::note("printer, a nuisance").into();
                pair.talking.act(0, &Act::Apply(Actor::agent("ada"), id, nuisance)).await;
            }
        }
        let known = pairs[0].silent.known(0).await;
        if known.is_empty() {
            continue;
        }
        for _ in 0..3 {
            let (question, actor) = (Question::any(&mut dice, &known, clock), dice.pick(&requesters).clone());
            for pair in pairs {
                pair.ask(&actor, &question).await;
            }
            asked += 1;
        }
    }
    asked
}

#[test]
fn law_74_a_requester_sees_the_same_with_and_without_internal_notes() {
    let long = std::env::var_os("TICKETCORE_LONG").is_some();
    let mut asked = 0;
    for seed in 0..if long { 1000 } else { 12 } {
        let clock = world::clock();
        let (_databases, server) = if long && seed % 50 != 0 { (None, None) } else { postgres(&clock).unzip() };
        let mut pairs = pairs(&clock);
        pairs.extend(server);
        asked += block_on(play(seed, 40, &pairs, &clock));
    }
    eprintln!("law 74: {asked} pairs of answers on each store");
    assert!(asked >= if long { 100_000 } else { 1000 });
}

/// The test itself is able to fail: to an agent, the two desks are different.
#[test]
fn an_agent_does_see_the_notes() {
    let clock = world::clock();
    let pairs = pairs(&clock);
    block_on(play(1, 40, &pairs, &clock));
    let all = |world: &World| {
        let filter = Filter { words: vec!["nuisance".to_owned()], ..Filter::all() };
        let ada = world.desk(0).by(Actor::agent("ada"));
        let hits = block_on(ada.search_best(&filter, 10)).unwrap().hits;
        let shown =
            hits.iter().filter(|hit| hit.texts.iter().any(|text| text.snippet.text.contains("nuisance"))).count();
        assert_eq!(hits.len().min(1), shown.min(1));
        hits.len()
    };
    assert!(all(&pairs[0].talking) > 0 && all(&pairs[0].silent) == 0);
    let _: Arc<dyn Store> = Arc::clone(&pairs[0].talking.store);
}
