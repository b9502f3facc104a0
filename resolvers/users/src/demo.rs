//! The demo accounts that the playground offers to sign in as.

use entities::users::{account, user};
use kit::{
    Database, Result, Role,
    ids::{AccountId, UserId},
    ports::{DemoAccount, DemoAccounts},
    seed,
};
use sea_orm::ColumnTrait as _;

/// What every demo account signs in with.
pub(crate) const PASSWORD: &str = "weft-demo-2026";
/// Where the demo accounts' emails end.
pub(crate) const DOMAIN: &str = "demo.example";

/// Accounts offered of each role.
const OF_EACH_ROLE: u64 = 3;
/// Demo ids stop before the demo's today; ids made since are real people's,
/// whatever email they gave.
const FIRST_REAL: u32 = 1_000_000_000;

/// Looks the demo accounts up.
pub(crate) struct DemoPeople {
    db: Database,
}

impl DemoPeople {
    pub(crate) const fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait::async_trait]
impl DemoAccounts for DemoPeople {
    async fn demo_accounts(&self) -> Result<Vec<DemoAccount>> {
        if !user::exists(self.db.read(), seed::id::<UserId>(0)).await? {
            return Ok(Vec::new());
        }
        let mut accounts = Vec::new();
        for role in [Role::Customer, Role::Seller, Role::Support, Role::Moderator, Role::Admin] {
            let matching = account::has_foremost_role(crate::roles::name(role))
                .add(account::Column::Email.ends_with(format!("@{DOMAIN}")))
                .add(account::Column::Id.lt(seed::id::<AccountId>(FIRST_REAL)));
            let names = account::names(self.db.read(), matching, OF_EACH_ROLE).await?;
            accounts.extend(names.into_iter().map(|(email, display_name)| DemoAccount {
                email,
                display_name,
                role,
            }));
        }
        Ok(accounts)
    }

    fn demo_password(&self) -> &'static str {
        PASSWORD
    }
}
