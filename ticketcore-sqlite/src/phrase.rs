//! Phrases: a function that statements call, as the index of words does not know where a word stands.
//!
//! The index finds the tickets that have all of a phrase's words, and this looks into their texts, one after the other
//! from wherever the page begins, so that nothing is kept twice. What it says is what the core says, so it is right in any
//! part of a question.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use ticketcore::codec::decode_event;
use ticketcore::query::words;
use ticketcore::store::StoreError;

use crate::error::Result;

/// The function, as statements call it: an event's form, itself and its text; the phrase, its words with blanks between;
/// whether only public texts count.
pub(crate) const CALLED: &str = "ticketcore_said";

/// Makes the function known to a connection. Nothing in the file may call it, so a host's connection does without it.
pub(crate) fn teach(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function(CALLED, 5, flags, |context| {
        said(context).map_err(|error| rusqlite::Error::UserFunctionError(StoreError::from(error).into()))
    })?;
    Ok(())
}

fn said(context: &Context<'_>) -> Result<bool> {
    let phrase = context.get_or_create_aux(3, |phrase| {
        phrase.as_str().map(|words| words.split(' ').map(str::to_owned).collect::<Vec<String>>())
    })?;
    let says = |text: Option<&str>| text.is_some_and(|text| words::say(text, &phrase));
    let text_says = says(context.get_raw(2).as_str_or_null()?);
    let public: bool = context.get(4)?;
    if text_says && !public {
        return Ok(true);
    }
    let event = context.get_raw(1).as_str()?;
    // A subject stands in its event's JSON as it is, unless something of it is escaped; to read most of them is to no end.
    if !text_says && !event.contains('\\') && !words::say(event, &phrase) {
        return Ok(false);
    }
    let event = decode_event(context.get(0)?, event)?;
    Ok(if public && words::is_internal(&event) { false } else { text_says || says(words::subject(&event)) })
}
