//! What automation rules wait for.

use serde::{Deserialize, Serialize};

use crate::event::Event;

macro_rules! triggers {
    ($($name:ident),* $(,)?) => {
        /// What a rule waits for: a kind of event, written as [`Event::name`] has it, or any.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Trigger {
            /// Whatever happens.
            Any,
            $(
                #[doc = concat!("[`Event::", stringify!($name), "`].")]
                $name,
            )*
        }

        impl Trigger {
            /// The trigger of an event. That a rule acted is none: what it did are events of their own.
            pub const fn of(event: &Event) -> Option<Self> {
                match event {
                    $(Event::$name { .. } => Some(Self::$name),)*
                    Event::Ruled { .. } => None,
                }
            }
        }
    };
}

triggers! {
    Opened,
    Moved,
    Said,
    Assigned,
    Routed,
    Unrouted,
    TeamAssigned,
    Queued,
    RequesterChanged,
    OrganisationChanged,
    Renamed,
    Categorised,
    Tagged,
    Untagged,
    FieldSet,
    Referenced,
    Rated,
    Prioritised,
    PriorityRestored,
    Escalated,
    Watched,
    Unwatched,
    Scored,
    Endorsed,
    Invited,
    Dismissed,
    Referred,
    Recalled,
    Shared,
    Unshared,
    Linked,
    Unlinked,
    Edited,
    Merged,
    Absorbed,
    Unmerged,
    Released,
    SplitOff,
    Rejoined,
    Withheld,
    Acknowledged,
    Unacknowledged,
    Snoozed,
    Woken,
    Signalled,
    Fired,
    Skipped,
    Breached,
    Waived,
    ApprovalRequested,
    Approved,
    Rejected,
    Delegated,
    ApprovalWithdrawn,
    Notified,
    Migrated,
}
