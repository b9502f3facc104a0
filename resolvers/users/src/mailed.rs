//! What is shown by a mailed token: that an address is somebody's, and who may
//! set a new password.

use std::time::Duration;

use entities::users::{
    account, challenge,
    mailed_token::{self, Purpose},
    session,
};
use kit::{
    DateTime, Error, Result,
    ids::AccountId,
    ports::{MailedTokenPurpose, MailedTokens},
};
use sea_orm::{ActiveModelTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _};
use secrecy::{ExposeSecret as _, SecretString};
use subscriptions::EventLog;

use crate::{
    events::{self, EndReason},
    failure::{Failure, Refusal},
    identities, passkey_proofs,
    service::Service,
    sessions::{self, SignIn},
    tokens,
    validation::{Checks, is_email, normalised_email},
};

/// How long a new password may be set.
const RESET: Duration = Duration::from_secs(60 * 60);
/// How long an address may be confirmed.
const CONFIRM: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Service {
    /// Has a reset mail sent, if an account has this email. The work is the same
    /// when none has.
    pub(crate) async fn request_reset(&self, email: &str) -> Result<()> {
        let email = normalised_email(email);
        let account = match is_email(&email) {
            true => account::by_email(self.db.read(), &email).await?.map(|account| account.id),
            // Nobody has another, and Postgres refuses to look for some.
            false => None,
        };
        let event = events::reset_requested(account, self.clock.now());
        self.append(event).await
    }

    /// Has another confirmation mail sent.
    pub(crate) async fn request_confirmation(&self, account: AccountId) -> Result<()> {
        self.append(events::confirmation_requested(account, self.clock.now())).await
    }

    pub(crate) async fn append(&self, event: subscriptions::NewEvent) -> Result<()> {
        let append = self.db.transaction(move |transaction| {
            let event = event.clone();
            Box::pin(async move { Ok(EventLog::append(transaction, event).await?) })
        });
        append.await
    }

    /// Sets a new password with a mailed token, ends all sessions and goes on as
    /// after a right password: a second factor is still asked for.
    pub(crate) async fn reset_password(
        &self,
        token: &str,
        password: SecretString,
        user_agent: Option<&str>,
    ) -> Result<SignIn, Failure> {
        let mut checks = Checks::default();
        checks.password(password.expose_secret());
        checks.finish().map_err(Failure::Refused)?;
        let password_hash = self.passwords.hash(password).await?;
        let (hash, now) = (tokens::hash_of(token), self.clock.now());
        let reset = self.db.transaction(move |transaction| {
            Box::pin(reset(transaction, hash.clone(), password_hash.clone(), now))
        });
        let Some((account, ended)) = reset.await? else {
            return Err(Refusal::BadMailedToken.into());
        };
        for session in ended {
            self.live.forget(session).await;
        }
        self.after_first_step(account, user_agent).await
    }

    /// Confirms the email of the account that a token was mailed to.
    pub(crate) async fn confirm_email(&self, token: &str) -> Result<account::Details, Failure> {
        let (hash, now) = (tokens::hash_of(token), self.clock.now());
        let confirmed =
            self.db.transaction(move |transaction| Box::pin(confirm(transaction, hash.clone(), now)));
        confirmed.await?.ok_or_else(|| Refusal::BadMailedToken.into())
    }
}

#[async_trait::async_trait]
impl MailedTokens for Service {
    async fn issue(
        &self,
        account: AccountId,
        purpose: MailedTokenPurpose,
    ) -> Result<Option<SecretString>> {
        let found = account::by_ids(self.db.read(), &[account], account::Scope::Own(account)).await?;
        let Some(details) = found.into_iter().next() else { return Ok(None) };
        let (purpose, lifetime) = match purpose {
            _ if details.email.is_none() => return Ok(None),
            MailedTokenPurpose::ConfirmEmail if details.email_verified => return Ok(None),
            MailedTokenPurpose::ConfirmEmail => (Purpose::ConfirmEmail, CONFIRM),
            MailedTokenPurpose::ResetPassword => (Purpose::ResetPassword, RESET),
        };
        let token = tokens::new_secret()?;
        let row = mailed_token::Model {
            hash: tokens::hash_of(&token),
            account_id: account,
            purpose,
            expires_at: self.clock.now().plus(sessions::milliseconds(lifetime)),
            used_at: None,
        };
        self.db
            .transaction(move |transaction| {
                let row = row.clone();
                Box::pin(async move {
                    let insert = mailed_token::Entity::insert(row.into_active_model().reset_all());
                    insert.exec_without_returning(transaction).await?;
                    Ok(())
                })
            })
            .await?;
        Ok(Some(token.into()))
    }
}

async fn reset(
    transaction: &DatabaseTransaction,
    hash: String,
    password_hash: String,
    now: DateTime,
) -> Result<Option<(account::Details, Vec<kit::ids::SessionId>)>> {
    let taken = mailed_token::take(transaction, &hash, Purpose::ResetPassword, now).await?;
    let Some(account) = taken else { return Ok(None) };
    mailed_token::withdraw(transaction, account, Purpose::ResetPassword).await?;
    // Nobody goes on from the old password.
    challenge::expire(transaction, account, now).await?;
    if !account::is_email_verified(transaction, account).await? {
        // Whoever linked or enrolled them had not shown that the address is theirs.
        identities::unlink_all(transaction, account, now).await?;
        passkey_proofs::remove_all(transaction, account, now).await?;
    }
    // Who reads the mail has the address.
    let details = account::set_password(transaction, account, password_hash).await?;
    let Some(details) = details else { return Ok(None) };
    let all = session::Which::AllOf(account);
    let ended = sessions::end(transaction, all, EndReason::PasswordReset, now).await?;
    let event = events::account_updated(account, details.user_id, details.version, now);
    EventLog::append(transaction, event).await?;
    Ok(Some((details, ended)))
}

async fn confirm(
    transaction: &DatabaseTransaction,
    hash: String,
    now: DateTime,
) -> Result<Option<account::Details>> {
    let taken = mailed_token::take(transaction, &hash, Purpose::ConfirmEmail, now).await?;
    let Some(account) = taken else { return Ok(None) };
    mailed_token::withdraw(transaction, account, Purpose::ConfirmEmail).await?;
    let details = account::confirm_email(transaction, account).await?;
    let details = details.ok_or_else(|| Error::internal("a token of no account"))?;
    let event = events::account_updated(account, details.user_id, details.version, now);
    EventLog::append(transaction, event).await?;
    Ok(Some(details))
}
