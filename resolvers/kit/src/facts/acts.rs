//! What is told of acts themselves, whichever module they belong to.

use entities::ids::AccountId;
use serde::{Deserialize, Serialize};
use subscriptions::Fact;

/// A mutation changed something that nobody but the audit log is told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActDone {
    /// Who did; absent for a guest.
    pub account: Option<AccountId>,
}

/// Somebody who is signed in asked for what they may not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionRefused {
    /// Who asked.
    pub account: AccountId,
    /// For which field.
    pub field: String,
    /// What they lack, `module:verb`.
    pub permission: String,
}

impl Fact for ActDone {
    const KIND: &'static str = "act.done";

    fn subject(&self) -> String {
        self.account.map_or_else(|| "nobody".to_owned(), |account| account.to_string())
    }
}

impl Fact for PermissionRefused {
    const KIND: &'static str = "permission.refused";

    fn subject(&self) -> String {
        self.account.to_string()
    }
}
