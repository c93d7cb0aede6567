//! How tickets and messages come in.

use serde::{Deserialize, Serialize};

/// The way a ticket or message came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A mail.
    Mail,
    /// A call.
    Phone,
    /// A web form or portal.
    Web,
    /// A chat.
    Chat,
    /// A program through the interface of the host.
    #[default]
    Api,
    /// A monitoring tool.
    Monitor,
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 6] = [Self::Mail, Self::Phone, Self::Web, Self::Chat, Self::Api, Self::Monitor];

    /// The name as serialised.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Phone => "phone",
            Self::Web => "web",
            Self::Chat => "chat",
            Self::Api => "api",
            Self::Monitor => "monitor",
        }
    }
}
