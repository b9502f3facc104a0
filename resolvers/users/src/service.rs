//! The rules of accounts: who may be created, found and changed. Knows nothing
//! of GraphQL.

use std::sync::Arc;

use entities::users::{account, user};
use kit::{
    Clock, CurrencyCode, Database, DateTime, Error, Hooks, Id as _, PageArgs, Result, Role,
    StringFilter, UserError, UserErrorCode, Viewer,
    ids::{AccountId, UserId},
    refuse,
};
use sea_orm::{Condition, DatabaseTransaction};
use secrecy::{ExposeSecret as _, SecretString};
use subscriptions::EventLog;

use crate::{
    UsersOptions,
    erased::ErasedLogins,
    events,
    failure::{Failure, Refusal},
    guesses::Guessing,
    guest_carts::GuestCarts,
    identity::LiveSessions,
    passkeys::Passkeys,
    passwords::Passwords,
    providers::Providers,
    roles,
    tokens::AccessTokens,
    validation::{Checks, normalised_email},
};

/// Where a user stands in the list: joined, then id.
pub(crate) type UserKey = (DateTime, UserId);

/// The module's rules and what they need.
pub(crate) struct Service {
    pub(crate) db: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hooks: Hooks,
    pub(crate) options: UsersOptions,
    pub(crate) passwords: Passwords,
    pub(crate) passkeys: Arc<Passkeys>,
    pub(crate) tokens: Arc<AccessTokens>,
    pub(crate) live: LiveSessions,
    pub(crate) guessing: Guessing,
    pub(crate) erased: ErasedLogins,
    pub(crate) providers: Arc<Providers>,
    pub(crate) guest_carts: GuestCarts,
}

/// Which users a member of staff looks for.
#[derive(Debug, Clone, Default)]
pub(crate) struct UserSearch {
    /// In email, handle or display name.
    pub(crate) text: Option<StringFilter>,
    pub(crate) role: Option<Role>,
}

/// Somebody who wants an account.
pub(crate) struct SignUp {
    pub(crate) email: String,
    pub(crate) password: SecretString,
    pub(crate) handle: String,
    pub(crate) display_name: String,
}

/// What to change of an account; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccountChange {
    pub(crate) display_name: Option<String>,
    /// `Some(None)` removes it.
    pub(crate) bio: Option<Option<String>>,
    pub(crate) locale: Option<String>,
    pub(crate) currency: Option<CurrencyCode>,
    pub(crate) expected_version: Option<i32>,
}

/// How a sign-up came out.
enum SignedUp {
    Created,
    HandleTaken,
}

/// How a change came out.
enum Changed {
    Done(account::Details),
    Conflict(i32),
    NoSuchAccount,
}

/// Whose private data the viewer may see.
pub(crate) fn scope_of(viewer: &Viewer) -> account::Scope {
    match viewer.account {
        _ if viewer.may("accounts:read") => account::Scope::All,
        Some(own) => account::Scope::Own(own),
        None => account::Scope::None,
    }
}

impl Service {
    /// Users that match in the order of walking, newest first when it goes
    /// forward, and one more than the page holds.
    pub(crate) async fn users(
        &self,
        search: &UserSearch,
        page: &PageArgs<UserKey>,
    ) -> Result<Vec<user::Model>> {
        let matching = matching(search)?;
        Ok(user::page(self.db.read(), matching, page.from, page.backward, page.limit + 1).await?)
    }

    /// How many users match.
    pub(crate) async fn count_users(&self, search: &UserSearch) -> Result<i64> {
        let count = user::count(self.db.read(), matching(search)?).await?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// Creates an account. A known email is answered as a new one, after the
    /// same work, and changes nothing.
    pub(crate) async fn sign_up(&self, new: SignUp) -> Result<(), Failure> {
        let email = normalised_email(&new.email);
        let display_name = new.display_name.trim().to_owned();
        let mut checks = Checks::default();
        checks.email(&email);
        checks.password(new.password.expose_secret());
        checks.handle(&new.handle);
        checks.display_name(&display_name);
        checks.finish().map_err(Failure::Refused)?;

        let password_hash = self.passwords.hash(new.password).await?;
        let now = self.clock.now();
        let user = user::Model {
            id: UserId::generate(),
            handle: new.handle,
            display_name,
            avatar_url: None,
            bio: None,
            joined_at: now,
        };
        let account = account::Model {
            id: AccountId::generate(),
            user_id: user.id,
            email: Some(email),
            email_verified: false,
            password_hash: Some(password_hash),
            roles: roles::to_text(&[Role::Customer]),
            locale: self.options.default_locale.clone(),
            currency: self.options.default_currency.to_string(),
            version: 1,
            deletion_scheduled_at: None,
            suspended_at: None,
            suspension_reason: None,
        };
        let created = self
            .db
            .change(move |transaction| Box::pin(create(transaction, user.clone(), account.clone())));
        match created.await? {
            // A known email leaves nothing and is told to nobody.
            Ok(SignedUp::Created) | Err(_) => Ok(()),
            Ok(SignedUp::HandleTaken) => Err(Refusal::HandleTaken.into()),
        }
    }

    /// Gives an account other roles; they hold from now on, whatever its tokens
    /// say.
    pub(crate) async fn set_roles(
        &self,
        viewer: &Viewer,
        id: AccountId,
        mut roles: Vec<Role>,
    ) -> Result<account::Details, Failure> {
        roles.sort_by_key(|role| *role as u8);
        roles.dedup();
        if !roles.contains(&Role::Customer) {
            roles.insert(0, Role::Customer);
        }
        if viewer.account == Some(id)
            && viewer.roles.contains(&Role::Admin)
            && !roles.contains(&Role::Admin)
        {
            return Err(Refusal::OwnAdmin.into());
        }
        let now = self.clock.now();
        let text = roles::to_text(&roles);
        let set = self.db.transaction(move |transaction| {
            let (text, roles) = (text.clone(), roles.clone());
            Box::pin(async move {
                let Some(account) = account::set_roles(transaction, id, text).await? else {
                    return Ok(None);
                };
                EventLog::append(transaction, events::roles_changed(id, roles, now)).await?;
                Ok(Some(account))
            })
        });
        let account = set.await?.ok_or(Refusal::NoSuchAccount)?;
        self.live.forget_roles(id).await;
        Ok(account)
    }

    /// Changes an account and its public profile.
    pub(crate) async fn update_account(
        &self,
        id: AccountId,
        mut change: AccountChange,
    ) -> Result<account::Details, Failure> {
        change.display_name = change.display_name.map(|name| name.trim().to_owned());
        let mut checks = Checks::default();
        if let Some(name) = &change.display_name {
            checks.display_name(name);
        }
        if let Some(Some(bio)) = &change.bio {
            checks.bio(bio);
        }
        if let Some(locale) = &change.locale {
            checks.locale(locale);
        }
        checks.finish().map_err(Failure::Refused)?;

        let now = self.clock.now();
        let changed = self
            .db
            .transaction(move |transaction| Box::pin(apply(transaction, id, change.clone(), now)));
        match changed.await? {
            Changed::Done(account) => Ok(account),
            Changed::Conflict(version) => Err(Refusal::VersionConflict(version).into()),
            Changed::NoSuchAccount => Err(Error::Unauthenticated.into()),
        }
    }
}

/// `None` when every user matches.
fn matching(search: &UserSearch) -> Result<Option<Condition>> {
    let mut matching = Condition::all();
    if let Some(text) = &search.text {
        let in_any_column = Condition::any()
            .add(text.on(user::Column::Handle)?)
            .add(text.on(user::Column::DisplayName)?)
            .add(text.on(account::Column::Email)?);
        matching = matching.add(in_any_column);
    }
    if let Some(role) = search.role {
        matching = matching.add(account::has_role(roles::name(role)));
    }
    let has_conditions = search.text.is_some() || search.role.is_some();
    Ok(has_conditions.then_some(matching))
}

async fn create(
    transaction: &DatabaseTransaction,
    user: user::Model,
    account: account::Model,
) -> Result<SignedUp> {
    let (account_id, user_id, now) = (account.id, user.id, user.joined_at);
    if !user::insert_unless_taken(transaction, user).await? {
        return Ok(SignedUp::HandleTaken);
    }
    if !account::insert_unless_known(transaction, account).await? {
        return Err(refuse(UserError::new(UserErrorCode::Taken, "email", "an account has it")));
    }
    EventLog::append(transaction, events::account_created(account_id, user_id, now)).await?;
    EventLog::append(transaction, events::confirmation_requested(account_id, now)).await?;
    Ok(SignedUp::Created)
}

async fn apply(
    transaction: &DatabaseTransaction,
    id: AccountId,
    change: AccountChange,
    now: DateTime,
) -> Result<Changed> {
    let currency = change.currency.map(|currency| currency.to_string());
    let changed =
        account::change(transaction, id, change.locale, currency, change.expected_version).await?;
    let Some(account) = changed else {
        let version = account::version(transaction, id).await?;
        return Ok(version.map_or(Changed::NoSuchAccount, Changed::Conflict));
    };
    user::change(transaction, account.user_id, change.display_name, change.bio).await?;
    let event = events::account_updated(id, account.user_id, account.version, now);
    EventLog::append(transaction, event).await?;
    Ok(Changed::Done(account))
}
