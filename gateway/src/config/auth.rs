//! `[auth]`: accounts, tokens and sessions.

use std::{collections::BTreeMap, time::Duration};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use users::UsersOptions;

use super::{
    ConfigError, Key, PasskeysConfig, ProviderConfig, ServerConfig, key, providers, text::masked,
};

/// Accounts, tokens and sessions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// Ed25519 private key that signs access tokens; empty for keys that are
    /// made, rotated and kept in the database.
    #[serde(serialize_with = "masked")]
    pub signing_key: SecretString,
    /// Public keys that verify beside a configured one.
    pub verifying_keys: String,
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
    /// Who asks for passkeys.
    pub passkeys: PasskeysConfig,
    /// Identity providers, by name.
    pub providers: BTreeMap<String, ProviderConfig>,
    /// How far a provider's clock may be from ours.
    #[serde(with = "humantime_serde")]
    pub clock_skew: Duration,
    /// How long a provider may take for one answer.
    #[serde(with = "humantime_serde")]
    pub provider_timeout: Duration,
    /// How long a provider's keys are taken for current.
    #[serde(with = "humantime_serde")]
    pub provider_keys_max_age: Duration,
    /// How long a provider is left alone after it was asked for its keys.
    #[serde(with = "humantime_serde")]
    pub provider_keys_pause: Duration,
}

pub(super) const KEYS: &[Key] = &[
    key(
        "auth.signing_key",
        "Ed25519 private key (PKCS #8, PEM) that signs access tokens. Empty: one is made and kept in \
         the database, and `weft keys rotate` makes the next.",
    ),
    key(
        "auth.verifying_keys",
        "With `auth.signing_key`: Ed25519 public keys (PEM, one after the other) whose tokens are good, \
         too: former ones, and the next one before it signs.",
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
    key("auth.clock_skew", "How far the clock of an identity provider may be from ours."),
    key("auth.provider_timeout", "How long an identity provider may take for one answer."),
    key(
        "auth.provider_keys_max_age",
        "How long the keys of an identity provider are taken for current. While it is away they stay good.",
    ),
    key(
        "auth.provider_keys_pause",
        "How long an identity provider is left alone after it was asked for its keys, whatever unknown keys \
         tokens name.",
    ),
];

impl Default for AuthConfig {
    fn default() -> Self {
        let users = UsersOptions::default();
        Self {
            signing_key: SecretString::default(),
            verifying_keys: String::new(),
            issuer: users.issuer,
            audience: users.audience,
            access_token_lifetime: users.access_token_lifetime,
            refresh_token_lifetime: users.refresh_token_lifetime,
            deletion_grace: users.deletion_grace,
            deletion_pause: users.deletion_pause,
            default_locale: users.default_locale,
            default_currency: users.default_currency.to_string(),
            passkeys: PasskeysConfig::default(),
            providers: BTreeMap::new(),
            clock_skew: users.clock_skew,
            provider_timeout: users.provider_timeout,
            provider_keys_max_age: users.provider_keys_max_age,
            provider_keys_pause: users.provider_keys_pause,
        }
    }
}

impl AuthConfig {
    /// As the users module wants it.
    ///
    /// # Errors
    /// When the currency is none, or a key can't be read or a provider can't be used.
    pub(crate) fn users(&self, server: &ServerConfig) -> Result<UsersOptions, ConfigError> {
        use secrecy::ExposeSecret as _;

        let default_currency = self.default_currency.parse().map_err(|_| {
            let given = &self.default_currency;
            ConfigError::Value(format!(
                "auth.default_currency: `{given}` is no currency code such as `EUR`"
            ))
        })?;
        if self.provider_timeout.is_zero() {
            let message = "auth.provider_timeout must be longer than nothing, such as `5s`";
            return Err(ConfigError::Value(message.to_owned()));
        }
        let has_key = !self.signing_key.expose_secret().trim().is_empty();
        let options = UsersOptions {
            signing_key_pem: has_key.then(|| self.signing_key.clone()),
            verifying_keys_pem: self.verifying_keys.clone(),
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            access_token_lifetime: self.access_token_lifetime,
            refresh_token_lifetime: self.refresh_token_lifetime,
            deletion_grace: self.deletion_grace,
            deletion_pause: self.deletion_pause,
            default_locale: self.default_locale.clone(),
            default_currency,
            passkeys: self.passkeys.options(server)?,
            providers: providers::options(&self.providers, &self.issuer)?,
            clock_skew: self.clock_skew,
            provider_timeout: self.provider_timeout,
            provider_keys_max_age: self.provider_keys_max_age,
            provider_keys_pause: self.provider_keys_pause,
        };
        match users::keys::check(&options) {
            Ok(_) => Ok(options),
            Err(problem) => Err(ConfigError::Value(problem.to_owned())),
        }
    }
}
