//! How the users module is set up.

use std::time::Duration;

use kit::CurrencyCode;
use secrecy::SecretString;
use url::{Host, Url};

/// Options of the users module; the defaults need no set-up.
#[derive(Clone, Debug)]
pub struct UsersOptions {
    /// Ed25519 private key that signs access tokens, PKCS #8 in PEM. When
    /// absent, keys are generated and kept in the database, so that all instances
    /// on it share them.
    pub signing_key_pem: Option<SecretString>,
    /// Beside a configured key: Ed25519 public keys whose tokens are good, too, in
    /// PEM, one after the other.
    pub verifying_keys_pem: String,
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
    /// Who asks for passkeys.
    pub passkeys: PasskeyOptions,
    /// Identity providers, each under another name and with another issuer.
    pub providers: Vec<ProviderOptions>,
    /// How far a provider's clock may be from ours.
    pub clock_skew: Duration,
    /// How long a provider may take for one answer.
    pub provider_timeout: Duration,
    /// How long a provider's keys are taken for current.
    pub provider_keys_max_age: Duration,
    /// How long a provider is left alone after it was asked for its keys.
    pub provider_keys_pause: Duration,
}

/// Who asks for passkeys: they are bound to it, and good for nobody else.
#[derive(Clone, Debug)]
pub struct PasskeyOptions {
    /// The domain that passkeys are bound to; another one makes them all useless.
    pub relying_party: String,
    /// What people are shown as the name of it.
    pub name: String,
    /// Where the pages are that ask for passkeys: on the domain or below.
    pub origins: Vec<String>,
    /// Whether the ports of the origins don't matter.
    pub any_port: bool,
    /// How long an answer may take.
    pub challenge_lifetime: Duration,
}

impl Default for PasskeyOptions {
    fn default() -> Self {
        Self {
            relying_party: "localhost".to_owned(),
            name: "Weft".to_owned(),
            origins: vec!["http://localhost:8080".to_owned()],
            any_port: true,
            challenge_lifetime: Duration::from_secs(5 * 60),
        }
    }
}

/// An identity provider (OpenID Connect).
#[derive(Clone, Debug)]
pub struct ProviderOptions {
    /// What it is called here; stands beside every account that it has signed in.
    pub name: String,
    /// What people know it as.
    pub label: String,
    /// Its issuer, letter by letter as in its tokens.
    pub issuer: String,
    /// The audiences of bearer tokens that are taken; `*` takes tokens for anybody
    /// and for nobody in particular.
    pub audiences: Vec<String>,
    /// The parties (`azp`) whose bearer tokens are taken, beside ourselves. Where
    /// neither audiences nor parties are named, no bearer token is.
    pub authorized_parties: Vec<String>,
    /// Our name there; without one nobody can sign in with a code.
    pub client_id: Option<String>,
    /// Our secret there; none for a public client.
    pub client_secret: Option<SecretString>,
    /// Where people may be sent back to with a code.
    pub redirect_uris: Vec<String>,
    /// What clients should ask for.
    pub scopes: Vec<String>,
    /// The claim that says what somebody is called there.
    pub label_claim: String,
    /// Whether its word that an email is somebody's counts.
    pub link_verified_emails: bool,
    /// Whether it may be asked without TLS, wherever it is.
    pub allow_http: bool,
}

impl ProviderOptions {
    /// Whether an address may be asked: TLS, or this machine.
    #[must_use]
    pub fn accepts(&self, address: &str) -> bool {
        let Ok(url) = Url::parse(address) else { return false };
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return false,
        };
        match url.scheme() {
            "https" => true,
            "http" => self.allow_http || is_loopback,
            _ => false,
        }
    }

    /// What it is called in messages.
    pub(crate) fn told(&self) -> String {
        format!("identity provider {}", self.name)
    }
}

impl Default for ProviderOptions {
    fn default() -> Self {
        Self {
            name: String::new(),
            label: String::new(),
            issuer: String::new(),
            audiences: Vec::new(),
            authorized_parties: Vec::new(),
            client_id: None,
            client_secret: None,
            redirect_uris: Vec::new(),
            scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            label_claim: "email".to_owned(),
            link_verified_emails: false,
            allow_http: false,
        }
    }
}

impl Default for UsersOptions {
    fn default() -> Self {
        Self {
            signing_key_pem: None,
            verifying_keys_pem: String::new(),
            issuer: "weft".to_owned(),
            audience: "weft".to_owned(),
            access_token_lifetime: Duration::from_secs(15 * 60),
            refresh_token_lifetime: Duration::from_secs(30 * 24 * 60 * 60),
            deletion_grace: Duration::from_secs(14 * 24 * 60 * 60),
            deletion_pause: Duration::from_secs(60),
            default_locale: "en".to_owned(),
            default_currency: "EUR".parse().expect("EUR is a currency"),
            passkeys: PasskeyOptions::default(),
            providers: Vec::new(),
            clock_skew: Duration::from_secs(60),
            provider_timeout: Duration::from_secs(5),
            provider_keys_max_age: Duration::from_secs(60 * 60),
            provider_keys_pause: Duration::from_secs(10),
        }
    }
}
