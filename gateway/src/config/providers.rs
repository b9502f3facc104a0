//! `[auth.providers.<name>]`: identity providers at which people sign in.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use users::ProviderOptions;

use super::{
    ConfigError, Key, key,
    text::{list, masked},
};

/// An identity provider (OpenID Connect).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderConfig {
    /// Its issuer.
    pub issuer: String,
    /// What people know it as.
    pub label: String,
    /// Audiences of bearer tokens that are taken.
    #[serde(deserialize_with = "list")]
    pub audience: Vec<String>,
    /// Parties whose bearer tokens are taken.
    #[serde(deserialize_with = "list")]
    pub authorized_parties: Vec<String>,
    /// Our name there.
    pub client_id: String,
    /// Our secret there.
    #[serde(serialize_with = "masked")]
    pub client_secret: SecretString,
    /// Where people may be sent back to.
    #[serde(deserialize_with = "list")]
    pub redirect_uris: Vec<String>,
    /// What clients should ask for.
    #[serde(deserialize_with = "list")]
    pub scopes: Vec<String>,
    /// The claim that says what somebody is called there.
    pub label_claim: String,
    /// Whether its word that an email is somebody's counts.
    pub link_verified_emails: bool,
    /// Whether it may be asked without TLS.
    pub allow_http: bool,
}

pub(super) const KEYS: &[Key] = &[
    key(
        "auth.providers.<name>.issuer",
        "Issuer of an OpenID Connect provider, letter by letter as in its tokens. The name stays with the \
         accounts that sign in there: give it to no other provider.",
    ),
    key("auth.providers.<name>.label", "What people know it as; its name when empty."),
    key(
        "auth.providers.<name>.audience",
        "Audiences (`aud`) of its tokens that are taken as bearer tokens. `*`: whatever the audience, for an \
         issuer that serves nobody else. Empty, as `authorized_parties`: no bearer tokens are taken.",
    ),
    key(
        "auth.providers.<name>.authorized_parties",
        "Parties (`azp`) whose tokens are taken as bearer tokens, for providers that name no audience; a \
         further condition where an audience is set. For tokens with several audiences, `client_id` is one.",
    ),
    key(
        "auth.providers.<name>.client_id",
        "Our client there, for signing in with an authorization code. Empty: bearer tokens only.",
    ),
    key("auth.providers.<name>.client_secret", "Its secret; empty for a public client."),
    key("auth.providers.<name>.redirect_uris", "Where people may be sent back to with a code."),
    key("auth.providers.<name>.scopes", "What clients are told to ask for."),
    key(
        "auth.providers.<name>.label_claim",
        "Claim that a login is shown by to its owner, where it is there.",
    ),
    key(
        "auth.providers.<name>.link_verified_emails",
        "Whether its word that an email is verified counts: somebody new is then signed in to the account \
         that has confirmed the same email. Only for providers that verify what they say.",
    ),
    key(
        "auth.providers.<name>.allow_http",
        "Ask it without TLS although it is another machine, for development.",
    ),
];

impl Default for ProviderConfig {
    fn default() -> Self {
        let options = ProviderOptions::default();
        Self {
            issuer: options.issuer,
            label: options.label,
            audience: options.audiences,
            authorized_parties: options.authorized_parties,
            client_id: String::new(),
            client_secret: SecretString::default(),
            redirect_uris: options.redirect_uris,
            scopes: options.scopes,
            label_claim: options.label_claim,
            link_verified_emails: options.link_verified_emails,
            allow_http: options.allow_http,
        }
    }
}

impl ProviderConfig {
    /// Whether its own tokens are taken.
    pub(crate) const fn takes_tokens(&self) -> bool {
        !self.audience.is_empty() || !self.authorized_parties.is_empty()
    }

    fn options(&self, name: &str) -> ProviderOptions {
        let set = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let has_secret = !self.client_secret.expose_secret().trim().is_empty();
        ProviderOptions {
            name: name.to_owned(),
            label: set(&self.label).unwrap_or_else(|| name.to_owned()),
            issuer: self.issuer.trim().to_owned(),
            audiences: self.audience.clone(),
            authorized_parties: self.authorized_parties.clone(),
            client_id: set(&self.client_id),
            client_secret: has_secret.then(|| self.client_secret.clone()),
            redirect_uris: self.redirect_uris.clone(),
            scopes: self.scopes.clone(),
            label_claim: self.label_claim.clone(),
            link_verified_emails: self.link_verified_emails,
            allow_http: self.allow_http,
        }
    }
}

/// As the users module wants them. `own` is the issuer of our tokens.
pub(super) fn options(
    providers: &BTreeMap<String, ProviderConfig>,
    own: &str,
) -> Result<Vec<ProviderOptions>, ConfigError> {
    let mut all: Vec<ProviderOptions> = Vec::new();
    for (name, provider) in providers {
        let options = provider.options(name);
        let is_taken = options.issuer == own || all.iter().any(|other| other.issuer == options.issuer);
        if let Some(problem) = problem(&options, is_taken) {
            return Err(ConfigError::Value(format!("auth.providers.{name}.{problem}")));
        }
        all.push(options);
    }
    Ok(all)
}

fn problem(options: &ProviderOptions, is_taken: bool) -> Option<String> {
    let is_letter =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    let name = &options.name;
    if name.is_empty() || name.len() > 32 || !name.bytes().all(is_letter) {
        return Some("*: a provider's name has 1 to 32 characters out of a-z, 0-9, _ and -".to_owned());
    }
    let issuer = &options.issuer;
    if !options.accepts(issuer) || issuer.contains(['?', '#']) {
        return Some(format!(
            "issuer: `{issuer}` is no address such as `https://id.example` (http only on this machine, or \
             with allow_http)"
        ));
    }
    if is_taken {
        return Some(format!("issuer: `{issuer}` is the issuer of others, too"));
    }
    if options.audiences.is_empty()
        && options.authorized_parties.is_empty()
        && options.client_id.is_none()
    {
        return Some("client_id or audience must be set: else nobody can use it".to_owned());
    }
    if options.client_id.is_some() && !options.scopes.iter().any(|scope| scope == "openid") {
        return Some("scopes must contain `openid`: without it nobody is told who signs in".to_owned());
    }
    None
}
