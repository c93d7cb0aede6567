//! Statements: texts from a finite set of fragments with the schema's name filled in, every value a parameter.

use std::sync::Arc;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments, AssertSqlSafe, Encode, Postgres, Row, Type};
use ticketcore::id::TicketId;
use uuid::Uuid;

use crate::error::Result;

/// The text of a statement, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Text(Arc<str>);

impl Text {
    pub(crate) fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// Nothing but fragments of this crate and the quoted name of the schema are ever in a text.
    pub(crate) fn safe(&self) -> AssertSqlSafe<Arc<str>> {
        AssertSqlSafe(Arc::clone(&self.0))
    }

    #[cfg(test)]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Gathers parameters in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters {
    pub(crate) values: PgArguments,
}

impl Parameters {
    /// Adds the next.
    pub(crate) fn add<'a, T: Encode<'a, Postgres> + Type<Postgres>>(&mut self, value: T) -> Result<&mut Self> {
        self.values.add(value).map_err(sqlx::Error::Encode)?;
        Ok(self)
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

/// Makes the parameters of a statement.
macro_rules! parameters {
    ($($value:expr),* $(,)?) => {{
        let mut parameters = $crate::sql::Parameters::default();
        $(parameters.add($value)?;)*
        parameters
    }};
}
pub(crate) use parameters;

/// The rows of an array among the parameters of a statement that is prepared once and run with arrays of any length.
///
/// The planner is not to see the length. If it does, its plans for one row look cheaper than the plan for any number, and
/// it plans anew each time: 1 ms for a commit that takes a third of it. Only what may differ each time hides it.
pub(crate) fn rows(parameter: usize, array: &str) -> String {
    format!("unnest(case when random() >= 0 then ${parameter}::{array}[] end)")
}

/// The same as one array, for `any` and `all`.
pub(crate) fn all(parameter: usize, element: &str) -> String {
    format!("array(select e from {} e)", rows(parameter, element))
}

/// A limit as SQL takes it.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Reads an id.
pub(crate) fn id(row: &PgRow, column: usize) -> Result<TicketId, sqlx::Error> {
    Ok(TicketId(row.try_get::<Uuid, _>(column)?))
}
