//! Demo data: people who might live in the places they say, and the shops some
//! of them run. The same on every machine, and at every scale the first ones
//! are the same people.

mod names;
mod people;
mod words;

use entities::users::{account, seller, user};
use kit::{
    Database, Error, Result,
    ids::UserId,
    seed::{Progress, Scale, id},
};
use sea_orm::{ActiveModelTrait, DatabaseTransaction, EntityTrait, IntoActiveModel};
use secrecy::SecretString;

use crate::{demo::PASSWORD, passwords};

/// Rows in one statement; SQLite binds at most 32,766 values.
const BATCH: usize = 500;
/// Fixed, so that the demo data are the same everywhere. The password is public.
const SALT: &[u8] = b"weft demo salt 1";

/// The rows of the demo data.
#[derive(Debug, Clone, PartialEq)]
struct Rows {
    users: Vec<user::Model>,
    accounts: Vec<account::Model>,
    sellers: Vec<seller::Model>,
}

/// Adds the demo people; does nothing when they are there already. Everybody's
/// email is `<handle>@demo.example`, everybody's password `weft-demo-2026`.
///
/// # Errors
/// When the database fails; then nothing was added.
pub async fn seed(db: &Database, scale: Scale, progress: Progress<'_>) -> Result<()> {
    let total = u64::from(scale.users());
    progress("users", 0, total);
    let rows = tokio::task::spawn_blocking(move || {
        let password_hash = passwords::hash(&SecretString::from(PASSWORD), Some(SALT))?;
        Ok::<_, Error>(people::rows(scale, &password_hash))
    });
    let rows = rows.await.map_err(Error::internal)??;
    db.transaction(move |transaction| Box::pin(insert(transaction, rows.clone()))).await?;
    progress("users", total, total);
    Ok(())
}

async fn insert(transaction: &DatabaseTransaction, rows: Rows) -> Result<()> {
    if user::exists(transaction, id::<UserId>(0)).await? {
        return Ok(());
    }
    insert_all::<user::Entity, _>(transaction, rows.users).await?;
    insert_all::<account::Entity, _>(transaction, rows.accounts).await?;
    insert_all::<seller::Entity, _>(transaction, rows.sellers).await
}

async fn insert_all<E, A>(transaction: &DatabaseTransaction, rows: Vec<E::Model>) -> Result<()>
where
    E: EntityTrait<ActiveModel = A>,
    E::Model: IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = E>,
{
    let mut rows = rows.into_iter().map(|row| row.into_active_model().reset_all()).peekable();
    while rows.peek().is_some() {
        let batch: Vec<A> = rows.by_ref().take(BATCH).collect();
        E::insert_many(batch).exec_without_returning(transaction).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::validation::Checks;

    fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
        texts.collect::<HashSet<_>>().len()
    }

    #[test]
    fn the_same_people_live_in_every_run_and_in_larger_worlds() {
        let small = people::rows(Scale(1), "hash");
        let large = people::rows(Scale(3), "hash");
        let names = |rows: &Rows| -> Vec<_> {
            let people = rows.users.iter().take(200);
            people.map(|user| (user.id, user.handle.clone(), user.display_name.clone())).collect()
        };

        assert_eq!(small, people::rows(Scale(1), "hash"));
        assert_eq!(names(&small), names(&large));
        assert_eq!(small.sellers, large.sellers[..40]);
    }

    #[test]
    fn handles_emails_and_slugs_are_unique_at_large_scale() {
        let rows = people::rows(Scale(25), "hash");

        assert_eq!(distinct(rows.users.iter().map(|user| user.handle.as_str())), 5_000);
        assert_eq!(distinct(rows.accounts.iter().filter_map(|account| account.email.as_deref())), 5_000);
        assert_eq!(distinct(rows.sellers.iter().map(|seller| seller.slug.as_str())), 1_000);
    }

    #[test]
    fn demo_people_keep_the_rules_of_sign_up() {
        let rows = people::rows(Scale(5), "hash");
        let mut checks = Checks::default();

        for (user, account) in rows.users.iter().zip(&rows.accounts) {
            checks.handle(&user.handle);
            checks.display_name(&user.display_name);
            checks.bio(user.bio.as_deref().unwrap_or_default());
            checks.email(account.email.as_deref().unwrap_or_default());
            checks.locale(&account.locale);
            assert!(["EUR", "USD", "GBP"].contains(&account.currency.as_str()));
        }

        assert_eq!(checks.finish(), Ok(()));
    }

    #[test]
    fn scale_one_ends_with_the_staff() {
        let rows = people::rows(Scale(1), "hash");

        let staff: Vec<(&str, &str)> = rows.users[197..]
            .iter()
            .zip(&rows.accounts[197..])
            .map(|(user, account)| (user.handle.as_str(), account.roles.as_str()))
            .collect();

        assert_eq!(
            staff,
            [
                ("alma-admin", "[\"CUSTOMER\",\"ADMIN\"]"),
                ("sami-support", "[\"CUSTOMER\",\"SUPPORT\"]"),
                ("mona-moderator", "[\"CUSTOMER\",\"MODERATOR\"]"),
            ]
        );
    }
}
