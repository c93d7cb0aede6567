//! Telling the world. Notifiers follow the log from a stored cursor: there is no second table to lose.

use std::fmt;

use async_trait::async_trait;

use crate::event::Recorded;

/// Somebody who acts on what is recorded: sends mail, pages a person, calls a webhook.
///
/// # Contract
///
/// Every event that happened on the desk is handed over at least once, in the order of the feed, also across crashes and
/// restarts; history that was brought in from elsewhere is not. An event that
/// is handed over again has the same [`Recorded::key`]; use it as the idempotency key of what is sent.
#[async_trait]
pub trait Notifier: fmt::Debug + Send + Sync {
    /// Acts on an event. [`Event::Notified`](crate::Event::Notified) names the people to be told and the text to use;
    /// what else to act on is the notifier's to choose.
    ///
    /// # Errors
    ///
    /// Whatever kept it from acting. Delivery stops before this event and resumes with it.
    async fn notify(&self, recorded: &Recorded) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}
