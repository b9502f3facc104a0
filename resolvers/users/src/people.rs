//! The port through which other modules reach people.

use std::collections::HashMap;

use entities::users::{account, seller};
use kit::{
    Result,
    ids::{AccountId, SellerId, UserId},
    ports::{Contact, People},
};

use crate::service::Service;

fn contact(row: account::Person) -> Contact {
    Contact {
        user: row.user_id,
        account: row.id,
        display_name: row.display_name,
        email: row.email,
        is_email_verified: row.email_verified,
        locale: row.locale,
    }
}

#[async_trait::async_trait]
impl People for Service {
    async fn contacts(&self, users: &[UserId]) -> Result<HashMap<UserId, Contact>> {
        let people = account::people_of_users(self.db.read(), users).await?;
        Ok(people.into_iter().map(|row| (row.user_id, contact(row))).collect())
    }

    async fn contacts_of(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, Contact>> {
        let people = account::people(self.db.read(), accounts).await?;
        Ok(people.into_iter().map(|row| (row.id, contact(row))).collect())
    }

    async fn owner_of(&self, seller: SellerId) -> Result<Option<UserId>> {
        let shop = seller::by_ids(self.db.read(), &[seller]).await?.pop();
        Ok(shop.map(|shop| shop.user_id))
    }
}
