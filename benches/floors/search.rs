//! Search: the newest answers and the best ones, and what a ticket costs whose words are indexed.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pollster::block_on;
use rusqlite::Connection;
use ticketcore::query::{Filter, Order, Query, Sort};
use ticketcore::{Desk, Page};
use ticketcore_sqlite::{Durability, SqliteOptions, SqliteStore};

use crate::Bench;
use crate::common::latencies::pretty;
use crate::common::line::{Goal, Line};
use crate::common::random::Random;
use crate::common::work::{self, word};
use crate::common::{Result, machine};
use crate::raw::connect;
use crate::reads::{rounds, short, times};

/// What the newest page of a search may take.
const NEWEST: Goal = Goal::Within(Duration::from_micros(150));

/// Searches of many tickets, against the same questions put to the index of words by hand, which gives rows and no tickets.
pub(crate) fn search(bench: &Bench) -> Result<Vec<Line>> {
    let tickets = bench.pick(5000, 200_000);
    let path = bench.files.copy(tickets, "search.db")?;
    let connection = connect(&path, Durability::Full)?;
    connection.execute("update ticketcore_indexed set position = 0", [])?;
    let desk = Desk::new(Arc::new(SqliteStore::open(&path)?));
    let (cpu, start) = (machine::cpu(), Instant::now());
    newest(&desk, &words(&[0]))?;
    let each = |time: Duration| pretty(time.div_f64(tickets as f64));
    let indexed = each((machine::cpu() - cpu).max(start.elapsed()));
    settle(&connection)?;
    let mut lines = vec![Line::known(format!("search, to index each of {}", short(tickets)), indexed)];
    lines.extend(newest_first(&desk, &connection)?);
    lines.extend(best_first(&desk, &connection)?);
    drop((desk, connection));
    lines.push(created(bench, &path)?);
    bench.files.remove(&path)?;
    Ok(lines)
}

/// Waits until the housekeeper has put the index together, as it does in the first pause.
fn settle(connection: &Connection) -> Result<()> {
    let pieces = "select count(distinct segid) from ticketcore_words_idx";
    for _ in 0..600 {
        if connection.query_row(pieces, [], |row| row.get::<_, i64>(0))? <= 1 {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err("the index is not put together".into())
}

fn words(ranks: &[u64]) -> Filter {
    Filter { words: ranks.iter().copied().map(word).collect(), ..Filter::default() }
}

/// Two words next to each other.
fn phrase(one: u64, other: u64) -> Filter {
    Filter { phrases: vec![format!("{} {}", word(one), word(other))], ..Filter::default() }
}

fn prefix(start: &str) -> Filter {
    Filter { prefixes: vec![start.to_owned()], ..Filter::default() }
}

/// The newest twenty.
fn newest(desk: &Desk, filter: &Filter) -> Result<Page> {
    let newest = Order { by: Sort::Number, descending: true };
    Ok(block_on(desk.find(&Query::new(filter.clone()).order(newest).limit(20)))?)
}

/// Pages of tickets, the newest first. The floor of a phrase is the question for both of its words, wherever they stand; in
/// texts made by chance they hardly ever stand together, so these are phrases at their worst.
fn newest_first(desk: &Desk, connection: &Connection) -> Result<Vec<Line>> {
    let sql = "select rowid from ticketcore_words where ticketcore_words match ?1 order by rowid desc limit 20";
    let rare = word(4900);
    let quoted = |ranks: &[u64]| ranks.iter().map(|rank| format!("\"{}\"", word(*rank))).collect::<Vec<_>>().join(" ");
    let cases = [
        ("rare word", words(&[4900]), quoted(&[4900]), NEWEST),
        ("common word", words(&[2]), quoted(&[2]), NEWEST),
        ("two words", words(&[40, 60]), quoted(&[40, 60]), NEWEST),
        ("phrase of common words", phrase(2, 5), quoted(&[2, 5]), Goal::None),
        ("phrase of rarer words", phrase(40, 60), quoted(&[40, 60]), Goal::None),
        (
            "beginning of few words",
            prefix(&rare[..rare.len() - 1]),
            format!("\"{}\" *", &rare[..rare.len() - 1]),
            NEWEST,
        ),
        ("beginning of many words", prefix(&word(40)[..2]), format!("\"{}\" *", &word(40)[..2]), Goal::None),
    ];
    let line = |(name, filter, asked, goal): (&str, Filter, String, Goal)| {
        let ours = || times(50, |_| newest(desk, &filter));
        let floor = || times(50, |_| rows(connection, sql, &asked));
        let found = newest(desk, &filter)?.tickets.len();
        Ok(Line::times(format!("search, {name}"), &rounds(ours, floor)?, goal).note(format!("{found} found")))
    };
    cases.into_iter().map(line).collect()
}

/// The best twenty with what they say, against the best twenty rows by FTS5's own measure.
fn best_first(desk: &Desk, connection: &Connection) -> Result<Vec<Line>> {
    let sql = "select rowid from ticketcore_words where ticketcore_words match ?1 \
               order by bm25(ticketcore_words) limit 20";
    let mut lines = Vec::new();
    for (name, rank, goal) in [("common word", 2, Goal::AtMost(1.1)), ("rare word", 4900, Goal::None)] {
        let filter = words(&[rank]);
        let ours = || times(10, |_| Ok(block_on(desk.search_best(&filter, 20))?));
        let floor = || times(10, |_| rows(connection, sql, &format!("\"{}\"", word(rank))));
        let found = block_on(desk.search_best(&filter, 20))?;
        let line = Line::times(format!("search, best of a {name}"), &rounds(ours, floor)?, goal);
        let more = if found.next.is_some() { ", there are more" } else { "" };
        lines.push(line.note(format!("{} ranked{more}", found.read)));
    }
    Ok(lines)
}

fn rows(connection: &Connection, sql: &str, asked: &str) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([asked], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Tickets opened one by one and indexed, against tickets opened one by one: the time of the processor, as no wait for the
/// disk is to hide anything.
fn created(bench: &Bench, path: &Path) -> Result<Line> {
    let desk = Desk::new(Arc::new(SqliteOptions::new().synchronous(Durability::Normal).open(path)?)).by(work::agent());
    let count = bench.pick(200, 2000);
    let open = |round: u64| {
        let mut random = Random::new(round);
        let drafts: Vec<_> = (0..count).map(|_| work::draft(&mut random)).collect();
        let start = machine::cpu();
        drafts.into_iter().try_for_each(|draft| block_on(desk.open(draft)).map(drop))?;
        Ok::<_, crate::common::Error>(start)
    };
    let each = |start: Duration| (machine::cpu() - start).div_f64(count as f64);
    // Whichever comes first, what it leaves is indexed before the next begins.
    let ours = || {
        let start = open(1)?;
        newest(&desk, &words(&[4900]))?;
        Ok(each(start))
    };
    let floor = || {
        let time = each(open(2)?);
        newest(&desk, &words(&[4900]))?;
        Ok(time)
    };
    Ok(Line::times("search, create with search to without", &rounds(ours, floor)?, Goal::AtMost(2.0)))
}
