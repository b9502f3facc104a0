//! The port through which other modules learn how to reach people.

use std::collections::HashMap;

use entities::users::contact;
use kit::{
    Database, Result,
    ids::{AccountId, SellerId, UserId},
    ports::{Contact, People},
};

/// Looks people up in this module's tables.
pub(crate) struct Directory {
    db: Database,
}

impl Directory {
    pub(crate) const fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait::async_trait]
impl People for Directory {
    async fn contacts(&self, users: &[UserId]) -> Result<HashMap<UserId, Contact>> {
        let rows = contact::of_users(self.db.read(), users).await?;
        Ok(rows.into_iter().map(|row| (row.user_id, shown(row))).collect())
    }

    async fn contacts_of(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, Contact>> {
        let rows = contact::of_accounts(self.db.read(), accounts).await?;
        Ok(rows.into_iter().map(|row| (row.account_id, shown(row))).collect())
    }

    async fn owner_of(&self, seller: SellerId) -> Result<Option<UserId>> {
        Ok(contact::owner_of(self.db.read(), seller).await?)
    }
}

fn shown(row: contact::Contact) -> Contact {
    Contact {
        user: row.user_id,
        account: row.account_id,
        display_name: row.display_name,
        email: row.email,
        is_email_verified: row.email_verified,
        locale: row.locale,
    }
}
