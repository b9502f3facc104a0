//! Accounts that are signed in to with an identity provider: found, made at the
//! first use, linked and unlinked.

use std::{iter, sync::Arc};

use entities::users::{account, factor, identity, user};
use kit::{
    DateTime, Error, Id as _, Result, Role, Viewer,
    ids::{AccountId, FactorId, IdentityId, UserId},
};
use sea_orm::DatabaseTransaction;
use subscriptions::EventLog;

use crate::{
    events,
    failure::{Failure, Refusal},
    providers::{Distrust, Login, Person},
    roles, second_factor,
    service::Service,
    sessions::SignIn,
};

/// Logins of one account.
const MOST_IDENTITIES: usize = 20;
/// The letters that make a handle unique where somebody has it, from few to many.
const SUFFIXES: [usize; 3] = [5, 7, 9];

/// What an account is like that nobody signed up for.
#[derive(Clone)]
struct NewAccount {
    id: AccountId,
    locale: String,
    currency: String,
    at: DateTime,
}

impl Service {
    /// The viewer behind a token of a provider. It belongs to no session of ours,
    /// and nothing of it is remembered.
    pub(crate) async fn viewer_from_elsewhere(&self, token: &str) -> Result<Viewer, Distrust> {
        let person = self.providers.bearer(token).await?;
        let account = match self.known(&person).await? {
            Some(known) => known,
            None if self.is_from_before_erasure(&person).await? => {
                return Err(Distrust::NotGood("its account was erased"));
            }
            None => self.account_of(person).await?,
        };
        if account.deletion_scheduled_at.is_some_and(|day| day <= self.clock.now()) {
            return Err(Distrust::NotGood("its account is about to be erased"));
        }
        if account.suspended_at.is_some() {
            return Err(Distrust::NotGood("its account is suspended"));
        }
        Ok(Viewer {
            account: Some(account.id),
            user: Some(account.user_id),
            session: None,
            currency: account.currency.parse().ok(),
            roles: roles::from_text(&account.roles)?,
        })
    }

    /// Begins a session for who has signed in with a provider; a second factor
    /// is asked for as after a password.
    pub(crate) async fn sign_in_with(
        &self,
        login: &Login,
        user_agent: Option<&str>,
    ) -> Result<SignIn, Failure> {
        let person = self.signed_in_there(login).await?;
        let account = self.account_of(person).await?;
        self.after_first_step(account, user_agent).await
    }

    /// Lets an account be signed in to with one more login.
    /// Accounts with a second factor need a `code` of it.
    pub(crate) async fn link(
        &self,
        account: AccountId,
        login: &Login,
        code: Option<String>,
    ) -> Result<(), Failure> {
        let person = self.signed_in_there(login).await?;
        let (now, field) = (self.clock.now(), login.fields.code);
        let code = code.map(|code| self.answered_with(code));
        let linked = self.db.transaction(move |transaction| {
            let (person, code) = (person.clone(), code.clone());
            Box::pin(async move {
                account::lock(transaction, account).await?;
                match second_factor::prove_factor(transaction, account, code, now).await? {
                    Ok(()) => link(transaction, account, person, field, now).await,
                    Err(refusal) => Ok(Err(refusal)),
                }
            })
        });
        linked.await?.map_err(Failure::from)
    }

    /// Takes a login from an account that can still be signed in to without it.
    pub(crate) async fn unlink(&self, account: AccountId, id: IdentityId) -> Result<(), Failure> {
        let now = self.clock.now();
        let providers = self.provider_names();
        let unlinked = self.db.transaction(move |transaction| {
            Box::pin(unlink(transaction, account, id, providers.clone(), now))
        });
        unlinked.await?.map_err(Failure::from)
    }

    /// The providers at which people can sign in, by name.
    pub(crate) fn provider_names(&self) -> Arc<[String]> {
        self.providers.names().map(str::to_owned).collect()
    }

    /// The account of somebody, which is made at their first use.
    async fn account_of(&self, person: Person) -> Result<account::Details> {
        if let Some(known) = self.known(&person).await? {
            return Ok(known);
        }
        let new = NewAccount {
            id: AccountId::generate(),
            locale: person.locale.clone().unwrap_or_else(|| self.options.default_locale.clone()),
            currency: self.options.default_currency.to_string(),
            at: self.clock.now(),
        };
        let settling = person.clone();
        self.db
            .transaction(move |transaction| {
                let (person, new) = (settling.clone(), new.clone());
                Box::pin(settle(transaction, person, new))
            })
            .await?;
        // Made now, by this request or by one that was faster; and gone again only
        // if it was unlinked in between.
        self.known(&person).await?.ok_or(Error::Unauthenticated)
    }

    async fn known(&self, person: &Person) -> Result<Option<account::Details>> {
        let read = self.db.read();
        Ok(identity::account_of(read, &person.provider, &person.subject).await?)
    }
}

/// Gives somebody an account, unless another request was faster.
async fn settle(transaction: &DatabaseTransaction, person: Person, new: NewAccount) -> Result<()> {
    let own = match trusted_account(transaction, &person).await? {
        Some(own) => own,
        None => new.id,
    };
    // The first of many requests at once gets past this; the others wait here for
    // its end, and have then done nothing.
    let is_new = own == new.id;
    if !add(transaction, own, &person, is_new, new.at).await? || !is_new {
        return Ok(());
    }
    let user = add_user(transaction, &person, new.at).await?;
    let mut row = account::Model {
        id: new.id,
        user_id: user,
        email: person.email.clone(),
        email_verified: person.is_email_trusted,
        password_hash: None,
        roles: roles::to_text(&[Role::Customer]),
        locale: new.locale,
        currency: new.currency,
        version: 1,
        deletion_scheduled_at: None,
        suspended_at: None,
        suspension_reason: None,
    };
    if !account::insert_unless_known(transaction, row.clone()).await? {
        // Equal emails make nobody the same person.
        row.email = None;
        row.email_verified = false;
        account::insert_unless_known(transaction, row.clone()).await?;
    }
    EventLog::append(transaction, events::account_created(new.id, user, new.at)).await?;
    if row.email.is_some() && !row.email_verified {
        EventLog::append(transaction, events::confirmation_requested(new.id, new.at)).await?;
    }
    Ok(())
}

/// The account that the person has shown to be theirs: the provider's word
/// counts for the email, and it is confirmed here, too. Where a second factor
/// stands, an email does not get past it.
async fn trusted_account(
    transaction: &DatabaseTransaction,
    person: &Person,
) -> Result<Option<AccountId>> {
    let (Some(email), true) = (&person.email, person.is_email_trusted) else { return Ok(None) };
    let Some(found) = account::by_email(transaction, email).await? else { return Ok(None) };
    account::lock(transaction, found.id).await?;
    let now = account::by_email(transaction, email).await?;
    let is_theirs = now.is_some_and(|now| now.id == found.id && now.email_verified);
    let is_open = factor::in_use(transaction, &[found.id]).await?.is_empty();
    Ok((is_theirs && is_open).then_some(found.id))
}

/// Adds the login; false when it is somebody's already.
async fn add(
    transaction: &DatabaseTransaction,
    account: AccountId,
    person: &Person,
    is_new: bool,
    now: DateTime,
) -> Result<bool> {
    let row = identity::Model {
        id: IdentityId::generate(),
        account_id: account,
        provider: person.provider.clone(),
        subject: person.subject.clone(),
        label: person.label.clone(),
        created_at: now,
    };
    let event = events::identity_linked(&row, is_new, now);
    if !identity::insert_unless_known(transaction, row).await? {
        return Ok(false);
    }
    EventLog::append(transaction, event).await?;
    Ok(true)
}

async fn add_user(transaction: &DatabaseTransaction, person: &Person, now: DateTime) -> Result<UserId> {
    let id = UserId::generate();
    // The end of an id is random.
    let unique = id.ulid().to_string().to_ascii_lowercase();
    let longer =
        SUFFIXES.map(|letters| format!("{}-{}", person.handle, &unique[unique.len() - letters..]));
    for handle in iter::once(person.handle.clone()).chain(longer) {
        let row = user::Model {
            id,
            handle,
            display_name: person.display_name.clone(),
            avatar_url: None,
            bio: None,
            joined_at: now,
        };
        if user::insert_unless_taken(transaction, row).await? {
            return Ok(id);
        }
    }
    Err(Error::internal("no handle was free"))
}

async fn link(
    transaction: &DatabaseTransaction,
    account: AccountId,
    person: Person,
    field: &'static str,
    now: DateTime,
) -> Result<Result<(), Refusal>> {
    if account::version(transaction, account).await?.is_none() {
        return Err(Error::Unauthenticated);
    }
    let known = identity::account_of(transaction, &person.provider, &person.subject).await?;
    match known {
        Some(owner) if owner.id == account => return Ok(Ok(())),
        Some(_) => return Ok(Err(Refusal::IdentityTaken(field))),
        None => {}
    }
    if identity::by_accounts(transaction, &[account]).await?.len() >= MOST_IDENTITIES {
        return Ok(Err(Refusal::TooManyIdentities(MOST_IDENTITIES)));
    }
    match add(transaction, account, &person, false, now).await? {
        true => Ok(Ok(())),
        // Somebody was faster.
        false => Ok(Err(Refusal::IdentityTaken(field))),
    }
}

async fn unlink(
    transaction: &DatabaseTransaction,
    account: AccountId,
    id: IdentityId,
    providers: Arc<[String]>,
    now: DateTime,
) -> Result<Result<(), Refusal>> {
    account::lock(transaction, account).await?;
    let identities = identity::by_accounts(transaction, &[account]).await?;
    let Some(found) = identities.iter().find(|identity| identity.id == id) else {
        return Ok(Err(Refusal::NoSuchIdentity));
    };
    if !is_reachable(transaction, account, Without::Login(id), &providers).await? {
        return Ok(Err(Refusal::LastLogin));
    }
    identity::remove(transaction, id).await?;
    EventLog::append(transaction, events::identity_unlinked(found, now)).await?;
    Ok(Ok(()))
}

/// What is about to be taken from an account.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Without {
    /// A login with an identity provider.
    Login(IdentityId),
    /// A passkey.
    Passkey(FactorId),
}

/// Whether an account can still be signed in to without this.
pub(crate) async fn is_reachable(
    transaction: &DatabaseTransaction,
    account: AccountId,
    without: Without,
    providers: &[String],
) -> Result<bool> {
    let identities = identity::by_accounts(transaction, &[account]).await?;
    // Nobody gets in with a provider that is not configured any more.
    let has_login = identities
        .iter()
        .any(|login| Without::Login(login.id) != without && providers.contains(&login.provider));
    let passkey = match without {
        Without::Passkey(id) => Some(id),
        Without::Login(_) => None,
    };
    Ok(has_login
        || account::has_password(transaction, account).await?
        || factor::has_passkey_beside(transaction, account, passkey).await?)
}

/// Takes all logins from an account whose email turns out to be somebody's who
/// never confirmed it: whoever linked them may be somebody else.
pub(crate) async fn unlink_all(
    transaction: &DatabaseTransaction,
    account: AccountId,
    now: DateTime,
) -> Result<()> {
    for removed in identity::remove_all(transaction, account).await? {
        EventLog::append(transaction, events::identity_unlinked(&removed, now)).await?;
    }
    Ok(())
}
