//! A filter as SQL: text from a finite set of fragments, every value a parameter.

use std::fmt::Display;

use rusqlite::types::Value as Sqlite;
use serde::Serialize;
use ticketcore::cond::Cmp;
use ticketcore::id::Key;
use ticketcore::query::{Assignee, Filter, Period, words};
use ticketcore::store::StoreError;
use ticketcore::time::micros;
use ticketcore::value::Value;

use crate::error::Result;
use crate::{rows, search};

/// A statement in the making.
#[derive(Debug, Default)]
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) values: Vec<Sqlite>,
}

impl Sql {
    /// Appends SQL.
    pub(crate) fn push(&mut self, fragment: &str) -> &mut Self {
        self.text.push_str(fragment);
        self
    }

    /// Appends a parameter.
    pub(crate) fn bind(&mut self, value: impl Into<Sqlite>) -> &mut Self {
        self.values.push(value.into());
        self.push("?")
    }

    /// Asks that a column be one of some values. A single one is compared by `=`, which keeps the order of an index; any
    /// number of others go into one parameter.
    fn one_of<T: Serialize>(&mut self, column: &str, values: &[T], bind: impl Fn(&T) -> Sqlite) -> Result<()> {
        match values {
            [] => {}
            [value] => {
                self.push(" and ").push(column).push(" = ").bind(bind(value));
            }
            values => {
                let list = serde_json::to_string(values).map_err(|error| StoreError::corrupt("question", error))?;
                self.push(" and ").push(column).push(" in (select value from json_each(").bind(list).push("))");
            }
        }
        Ok(())
    }

    fn period(&mut self, column: &str, period: Period) {
        let Period { from, to } = period;
        for (bound, at) in [(" >= ", from), (" < ", to)] {
            if let Some(at) = at {
                self.push(" and ").push(column).push(bound).bind(micros(at));
            }
        }
    }
}
