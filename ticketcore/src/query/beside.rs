//! What a filter asks beyond a ticket and its index.

use crate::id::TicketId;
use crate::query::Terms;
use crate::status::Status;

/// Answers what neither a ticket nor its [`Marks`](crate::store::Marks) tell: what its texts hold, and how other tickets
/// stand. Whoever keeps tickets whole and asks [`Filter::matches`](super::Filter::matches) lends it one of these.
pub trait Beside {
    /// Tells whether all of some terms occur in the ticket's subjects, description or messages; in its subjects,
    /// description and *public* messages, if so is the sight of the one who asks. It is asked last.
    ///
    /// Whoever has the ticket's history says [`terms.are_in(words::texts(history, public))`](Terms::are_in).
    fn has_terms(&self, terms: &Terms, public: bool) -> bool;

    /// Tells how another ticket of the same tenant stands; `None` if there is none.
    fn other(&self, id: TicketId) -> Option<Other>;
}

/// What a question may ask of a linked ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other {
    /// Its number.
    pub number: i64,
    /// Its place in life.
    pub status: Status,
}
