//! The facts that modules tell each other through the event log, one file for
//! each module that writes them. No text that people wrote and no address: the
//! log outlives both.

mod acts;
mod carts;
mod jobs;
mod messages;
mod notifications;
mod orders;
mod payments;
mod products;
mod users;
mod webhooks;

pub use acts::{ActDone, PermissionRefused};
pub use carts::{CartChanged, DiscountChanged};
pub use jobs::{JobProgressed, JobState};
pub use messages::{
    ConversationOpened, ConversationRead, ConversationTyping, MessageChange, MessageChanged,
    MessageReported, MessageSent, UserBlocked,
};
pub use notifications::{NotificationAdded, NotificationRead};
pub use orders::{OrderChanged, OrderPaid, OrderState};
pub use payments::{PaymentChanged, PaymentState};
pub use products::{ProductArchived, ProductChange, ProductChanged, ReviewSaved};
pub use users::{
    AccountCreated, AccountErased, AccountUpdated, ConfirmationRequested, DeletionSet, EndReason,
    IdentityLinked, IdentityUnlinked, ResetRequested, RolesChanged, SecondFactorChanged, SessionRevoked,
    SessionStarted, SignInFailed, SignInFailure, SuspensionSet,
};
pub use webhooks::{WebhookChange, WebhookChanged};
