//! Full text: an index of words beside the log.
//!
//! What a word is, the core says ([`words`]); no operator, stem or locale of the database has a say. The index knows which
//! words a ticket has, and so how they begin, but not where they stand: [`phrase`](crate::phrase) asks the texts. It is a
//! reader of the log behind a cursor, so that writes pay nothing for it: a search first brings it up to date, and the
//! housekeeper does so in pauses. A ticket's words stand under its row and are replaced whole when one of its events
//! brings new ones or is erased; so a question of several words is one look-up, and the rows of a tenant are a range of it.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use ticketcore::codec::decode_event;
use ticketcore::query::{Terms, words};

use crate::error::Result;

/// At most so many events are indexed in one transaction: some 10 ms of work.
const CHUNK: i64 = 200;

/// How many pages of the index are put together in one transaction: some 10 ms of work, too.
const PAGES: i64 = 64;

/// Puts words under a ticket's row, in the place of those there are.
const REPLACE: &str = "insert or replace into ticketcore_words (rowid, words) values (?1, ?2)";

/// The question for the index, if the terms ask anything: each word must occur, each beginning begin one. None is an
/// operator: they are quoted, and no word has a quote.
pub(crate) fn question(terms: &Terms, public: bool) -> Option<String> {
    let one_of = |entries: &[String], quoted: fn(&String) -> String| match entries {
        [entry] => quoted(entry),
        entries => format!("({})", entries.iter().map(quoted).collect::<Vec<_>>().join(" OR ")),
    };
    let words = terms.entries(public);
    let words = words.iter().map(|entries| one_of(entries, |entry| format!("\"{entry}\"")));
    let openings = terms.openings(public);
    let openings = openings.iter().map(|entries| one_of(entries, |entry| format!("\"{entry}\" *")));
    let asked: Vec<String> = words.chain(openings).collect();
    (!asked.is_empty()).then(|| asked.join(" AND "))
}

/// How far the log is indexed, and how far it goes.
pub(crate) fn progress(connection: &Connection) -> Result<(i64, i64)> {
    let sql =
        "select (select position from ticketcore_indexed), (select coalesce(max(position), 0) from ticketcore_event)";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Indexes the next chunk of the log, in a transaction; returns how far it is indexed then, `i64::MAX` for
/// all of it.
pub(crate) fn advance(transaction: &Connection) -> Result<i64> {
    let sql = "select position, ticket, form, event, text from ticketcore_event \
               where position > (select position from ticketcore_indexed) order by position limit ?1";
    let mut chunk = transaction.prepare_cached(sql)?;
    let mut events = chunk.query([CHUNK])?;
    let (mut tickets, mut last) = (BTreeSet::new(), None);
    while let Some(event) = events.next()? {
        last = Some(event.get::<_, i64>(0)?);
        let text = event.get_ref(4)?.as_str_or_null()?;
        if words::searchable(&decode_event(event.get(2)?, event.get_ref(3)?.as_str()?)?, text).next().is_some() {
            tickets.insert(event.get::<_, i64>(1)?);
        }
    }
    let Some(last) = last else { return Ok(i64::MAX) };
    for ticket in tickets {
        transaction.prepare_cached(REPLACE)?.execute(params![ticket, words_of(transaction, ticket, last)?])?;
    }
    transaction.prepare_cached("update ticketcore_indexed set position = ?1")?.execute([last])?;
    Ok(last)
}

/// Puts some pages of the index together, in a transaction; tells whether there are more to be put together.
///
/// Every chunk that is indexed is a piece of its own, and pieces are merged four to one, so that ten are left after a
/// while. All of them become one whenever the index has grown by a quarter: then each entry is written five times in all,
/// however many tickets there are.
pub(crate) fn tidy(transaction: &Connection) -> Result<bool> {
    let sql = "select position - whole > max(whole / 4, ?1) from ticketcore_indexed";
    let anew: bool = transaction.prepare_cached(sql)?.query_row([CHUNK], |row| row.get(0))?;
    if anew {
        transaction.prepare_cached("update ticketcore_indexed set whole = position")?.execute([])?;
    }
    // Below nought, FTS5 begins to put all pieces together; above, it goes on with what was begun. Where that changes no
    // more than one row, it had nothing to do.
    let pages = if anew { -PAGES } else { PAGES };
    let before = transaction.total_changes();
    let merge = "insert into ticketcore_words (ticketcore_words, rank) values ('merge', ?1)";
    transaction.prepare_cached(merge)?.execute([pages])?;
    Ok(transaction.total_changes() - before >= 2)
}

/// Writes the words of a ticket anew, after some of its texts were erased. What is not indexed yet will be as it is then.
pub(crate) fn renew(transaction: &Connection, ticket: i64) -> Result<()> {
    let (indexed, _) = progress(transaction)?;
    let words = words_of(transaction, ticket, indexed)?;
    if words.is_empty() {
        transaction.prepare_cached("delete from ticketcore_words where rowid = ?1")?.execute([ticket])?;
    } else {
        transaction.prepare_cached(REPLACE)?.execute(params![ticket, words])?;
    }
    Ok(())
}

/// All words of a ticket up to a position, each once, with blanks between.
fn words_of(transaction: &Connection, ticket: i64, last: i64) -> Result<String> {
    let sql = "select form, event, text from ticketcore_event where ticket = ?1 and position <= ?2";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut events = statement.query([ticket, last])?;
    let mut words = BTreeSet::new();
    while let Some(event) = events.next()? {
        let text = event.get_ref(2)?.as_str_or_null()?;
        let event = decode_event(event.get(0)?, event.get_ref(1)?.as_str()?)?;
        words.extend(words::indexed(&event, text));
    }
    Ok(words.into_iter().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    fn one<T: rusqlite::types::FromSql>(connection: &Connection, sql: &str) -> T {
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn pieces_of_the_index_become_one_and_stay_few() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        let pieces = "select count(distinct segid) from ticketcore_words_idx";
        let found = |connection: &Connection, asked: &str| {
            let sql = format!("select count(*) from ticketcore_words where ticketcore_words match '{asked}'");
            one::<i64>(connection, &sql)
        };
        let index = |connection: &Connection, rows: std::ops::Range<i64>| {
            for row in rows {
                let words = format!("each{} every place{}", row % 7, row % 1000);
                connection.execute(REPLACE, params![row, words]).unwrap();
            }
            connection.execute("update ticketcore_indexed set position = position + 1000", []).unwrap();
        };
        (0..30).for_each(|chunk| index(&connection, chunk * 100..(chunk + 1) * 100));
        assert!(one::<i64>(&connection, pieces) > 5);

        let mut steps = 0;
        while tidy(&connection).unwrap() {
            steps += 1;
            assert!(steps < 1000, "it comes to no end");
        }
        assert_eq!(one::<i64>(&connection, pieces), 1);
        assert!(one::<bool>(&connection, "select whole = position from ticketcore_indexed"));
        assert_eq!(
            [found(&connection, "every"), found(&connection, "place7"), found(&connection, "eac*")],
            [3000, 3, 3000]
        );

        // A little more is no reason to write all of it again.
        index(&connection, 3000..3100);
        while tidy(&connection).unwrap() {}
        assert_eq!((one::<i64>(&connection, pieces), found(&connection, "every")), (2, 3100));
        assert!(one::<bool>(&connection, "select whole < position from ticketcore_indexed"));
    }
}
