//! How the users module is set up.

use std::time::Duration;

use kit::CurrencyCode;
use secrecy::SecretString;

/// Options of the users module; the defaults need no set-up.
#[derive(Clone, Debug)]
pub struct UsersOptions {
    /// Ed25519 private key that signs access tokens, PKCS #8 in PEM. When
    /// absent, a key is generated once and kept in the database, so that all
    /// instances on it share the key.
    pub signing_key_pem: Option<SecretString>,
    /// Who issues the tokens: their claim `iss`.
    pub issuer: String,
    /// Whom the tokens are for: their claim `aud`.
    pub audience: String,
    /// How long an access token is good for.
    pub access_token_lifetime: Duration,
    /// How long a session lasts without being used.
    pub refresh_token_lifetime: Duration,
    /// Between the day an owner schedules an erasure and the day it is due.
    pub deletion_grace: Duration,
    /// Between the end of an account's sessions and its erasure: longer than a
    /// request takes, and than a session that has ended is taken for active.
    pub deletion_pause: Duration,
    /// Language tag of new accounts.
    pub default_locale: String,
    /// Preferred currency of new accounts.
    pub default_currency: CurrencyCode,
}

impl Default for UsersOptions {
    fn default() -> Self {
        Self {
            signing_key_pem: None,
            issuer: "weft".to_owned(),
            audience: "weft".to_owned(),
            access_token_lifetime: Duration::from_secs(15 * 60),
            refresh_token_lifetime: Duration::from_secs(30 * 24 * 60 * 60),
            deletion_grace: Duration::from_secs(14 * 24 * 60 * 60),
            deletion_pause: Duration::from_secs(60),
            default_locale: "en".to_owned(),
            default_currency: "EUR".parse().expect("EUR is a currency"),
        }
    }
}
