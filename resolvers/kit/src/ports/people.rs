//! How to reach people, for modules that write to them.

use std::collections::HashMap;

use entities::ids::{AccountId, SellerId, UserId};

use crate::Result;

/// How to reach somebody. Personal: never into a log, an event or an error.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// The public side.
    pub user: UserId,
    /// The private side.
    pub account: AccountId,
    /// As the person writes it.
    pub display_name: String,
    /// Lower-case; none for who signs in with an identity provider that told none.
    pub email: Option<String>,
    /// Whether the person showed that the email is theirs.
    pub is_email_verified: bool,
    /// BCP 47.
    pub locale: String,
}

/// Looks people up; implemented by the users module.
#[async_trait::async_trait]
pub trait People: Send + Sync {
    /// Those of these users who have an account.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn contacts(&self, users: &[UserId]) -> Result<HashMap<UserId, Contact>>;

    /// Those of these accounts that exist, by account.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn contacts_of(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, Contact>>;

    /// Who runs this shop.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn owner_of(&self, seller: SellerId) -> Result<Option<UserId>>;
}
