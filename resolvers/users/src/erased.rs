//! Logins of people who are erased: a token that their provider gave them before is
//! no wish for a new account.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use entities::users::{erased_login, identity};
use kit::{DateTime, Platform, Result, ids::AccountId};
use sea_orm::DatabaseTransaction;
use secrecy::ExposeSecret as _;

use crate::{keys, providers::Person, service::Service};

/// What the secret is for.
const PURPOSE: &str = "erased-logins";
/// How long a login is kept in mind when nobody shows a token of it, in
/// milliseconds: longer than tokens are usually good.
const KEPT: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Tells erased logins apart without keeping whose they were.
#[derive(Clone)]
pub(crate) struct ErasedLogins(hmac::Key);

impl ErasedLogins {
    /// With a key that all instances on this database share.
    pub(crate) async fn open(platform: &Platform) -> Result<Self> {
        let secret = keys::shared_secret(&platform.db, platform.clock.as_ref(), PURPOSE).await?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes())))
    }

    fn hash(&self, provider: &str, subject: &str) -> String {
        // No provider's name has a line break.
        let login = format!("{provider}\n{subject}");
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, login.as_bytes()))
    }

    /// Notes the logins of an account that is about to be erased.
    pub(crate) async fn note(
        &self,
        transaction: &DatabaseTransaction,
        account: AccountId,
        now: DateTime,
    ) -> Result<()> {
        let logins = identity::by_accounts(transaction, &[account]).await?;
        let note = |login: identity::Model| erased_login::Model {
            hash: self.hash(&login.provider, &login.subject),
            erased_at: now,
            kept_until: now.plus(KEPT),
        };
        Ok(erased_login::note(transaction, logins.into_iter().map(note).collect()).await?)
    }
}

impl Service {
    /// Whether a token of somebody without an account is from before their account
    /// was erased.
    pub(crate) async fn is_from_before_erasure(&self, person: &Person) -> Result<bool> {
        let hash = self.erased.hash(&person.provider, &person.subject);
        let Some(erased_at) = erased_login::erased_at(self.db.read(), &hash).await? else {
            return Ok(false);
        };
        let milliseconds = |seconds: i64| DateTime(seconds.saturating_mul(1_000));
        // Within the second it may be either, and without the time of its issue, too.
        if person.issued_at.is_some_and(|issued| milliseconds(issued) > erased_at) {
            return Ok(false);
        }
        if let Some(expires) = person.expires_at {
            let until =
                milliseconds(expires).plus(crate::sessions::milliseconds(self.options.clock_skew));
            self.db
                .transaction(move |transaction| {
                    let hash = hash.clone();
                    Box::pin(async move { Ok(erased_login::keep(transaction, &hash, until).await?) })
                })
                .await?;
        }
        Ok(true)
    }
}
