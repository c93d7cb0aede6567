//! A notifier that prints. One that sends mail or pages people looks the same.

use std::error::Error;
use std::io::Write as _;

use async_trait::async_trait;
use ticketcore::{Desk, Event, Notifier, Recorded};

/// Prints who is to be told what.
#[derive(Debug)]
pub(crate) struct Console {
    desk: Desk,
}

impl Console {
    pub(crate) const fn new(desk: Desk) -> Self {
        Self { desk }
    }
}

#[async_trait]
impl Notifier for Console {
    async fn notify(&self, recorded: &Recorded) -> Result<(), Box<dyn Error + Send + Sync>> {
        let Event::Notified(_) = recorded.event else { return Ok(()) };
        let ticket = self.desk.tenant(recorded.tenant.clone()).load(recorded.ticket).await?;
        // Printing can fail, on a pipe that was closed: what was not told stays to be told. After a crash it may be told
        // twice; a receiver that cannot have that drops what bears a key it knows.
        let (reference, key) = (ticket.reference(), recorded.key());
        writeln!(std::io::stdout(), "{reference} {}: {:?} [{key}]", recorded.event, ticket.subject)?;
        Ok(())
    }
}
