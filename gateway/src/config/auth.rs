//! `[auth]`: accounts, tokens and sessions.

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use users::UsersOptions;

use super::{ConfigError, Key, key, text::masked};

/// Accounts, tokens and sessions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// Ed25519 private key that signs access tokens; empty for a key that is
    /// made once and kept in the database.
    #[serde(serialize_with = "masked")]
    pub signing_key: SecretString,
    /// Claim `iss` of access tokens.
    pub issuer: String,
    /// Claim `aud` of access tokens.
    pub audience: String,
    /// How long an access token is good for.
    #[serde(with = "humantime_serde")]
    pub access_token_lifetime: Duration,
    /// How long a session lasts without being used.
    #[serde(with = "humantime_serde")]
    pub refresh_token_lifetime: Duration,
    /// Between scheduling an account's erasure and the erasure.
    #[serde(with = "humantime_serde")]
    pub deletion_grace: Duration,
    /// Between the end of its sessions and the erasure.
    #[serde(with = "humantime_serde")]
    pub deletion_pause: Duration,
    /// Language tag of new accounts.
    pub default_locale: String,
    /// Preferred currency of new accounts.
    pub default_currency: String,
}

pub(super) const KEYS: &[Key] = &[
    key(
        "auth.signing_key",
        "Ed25519 private key (PKCS #8, PEM) that signs access tokens. Empty: one is made once and \
         kept in the database.",
    ),
    key("auth.issuer", "Claim `iss` of access tokens."),
    key("auth.audience", "Claim `aud` of access tokens."),
    key("auth.access_token_lifetime", "How long an access token is good for."),
    key("auth.refresh_token_lifetime", "How long a session lasts without being used."),
    key("auth.deletion_grace", "How long an owner may take back that their account is to be erased."),
    key(
        "auth.deletion_pause",
        "How long after its sessions have ended an account is erased: longer than any request takes.",
    ),
    key("auth.default_locale", "Language tag of new accounts."),
    key("auth.default_currency", "Preferred currency of new accounts, ISO 4217."),
];

impl Default for AuthConfig {
    fn default() -> Self {
        let users = UsersOptions::default();
        Self {
            signing_key: SecretString::default(),
            issuer: users.issuer,
            audience: users.audience,
            access_token_lifetime: users.access_token_lifetime,
            refresh_token_lifetime: users.refresh_token_lifetime,
            deletion_grace: users.deletion_grace,
            deletion_pause: users.deletion_pause,
            default_locale: users.default_locale,
            default_currency: users.default_currency.to_string(),
        }
    }
}

impl AuthConfig {
    /// As the users module wants it.
    ///
    /// # Errors
    /// When the currency is none.
    pub(crate) fn users(&self) -> Result<UsersOptions, ConfigError> {
        use secrecy::ExposeSecret as _;

        let default_currency = self.default_currency.parse().map_err(|_| {
            let given = &self.default_currency;
            ConfigError::Value(format!(
                "auth.default_currency: `{given}` is no currency code such as `EUR`"
            ))
        })?;
        let has_key = !self.signing_key.expose_secret().trim().is_empty();
        Ok(UsersOptions {
            signing_key_pem: has_key.then(|| self.signing_key.clone()),
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            access_token_lifetime: self.access_token_lifetime,
            refresh_token_lifetime: self.refresh_token_lifetime,
            deletion_grace: self.deletion_grace,
            deletion_pause: self.deletion_pause,
            default_locale: self.default_locale.clone(),
            default_currency,
        })
    }
}
