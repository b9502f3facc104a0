//! The facts that modules tell each other through the event log, one file for
//! each module that writes them. No text that people wrote and no address: the
//! log outlives both.

mod jobs;
mod messages;
mod notifications;
mod products;
mod users;

pub use jobs::{JobProgressed, JobState};
pub use messages::{
    ConversationOpened, ConversationRead, ConversationTyping, MessageChange, MessageChanged,
    MessageReported, MessageSent, UserBlocked,
};
pub use notifications::{NotificationAdded, NotificationRead};
pub use products::{ProductArchived, ProductChange, ProductChanged, ReviewSaved};
pub use users::{
    AccountCreated, AccountUpdated, ConfirmationRequested, EndReason, IdentityLinked, IdentityUnlinked,
    ResetRequested, RolesChanged, SecondFactorChanged, SessionRevoked, SessionStarted,
};
