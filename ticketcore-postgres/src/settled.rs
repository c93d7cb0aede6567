//! Answers that rest on what is read: nothing is told as done that a standby may not have.
//!
//! A commit that waits for a synchronous standby cannot be seen by others. But if its session is ended while it waits, or
//! its server crashes and starts again, it can be: it is on that server, and maybe nowhere else. Whoever looks for it then
//! and answers that it is written would have acknowledged what the next failover takes away.

use crate::sql::Text;

/// Makes the transaction that asks for it end as one that writes: after everything before it is where the server's
/// commits have to be. Costs nothing where they need not be anywhere else, and where nothing can be written.
///
/// A message in the log of the server that nobody reads needs neither rights nor a lock.
pub(crate) const SETTLED: &str = "case when current_setting('synchronous_standby_names') <> '' \
      and current_setting('transaction_read_only') = 'off' then \
     concat(pg_logical_emit_message(true, 'ticketcore', ''), \
       case current_setting('synchronous_commit') when 'off' then set_config('synchronous_commit', 'on', true) end) end";

/// The same as a statement.
pub(crate) fn text() -> Text {
    Text::new(format!("select {SETTLED}"))
}
