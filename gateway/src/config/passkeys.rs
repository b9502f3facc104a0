//! `[auth.passkeys]`: who asks for passkeys.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;
use users::PasskeyOptions;

use super::{ConfigError, Key, ServerConfig, key, text::list};

/// Where browsers let pages ask for passkeys without TLS.
const LOCAL: &str = "localhost";

/// Who asks for passkeys.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasskeysConfig {
    /// The domain that passkeys are bound to; empty for that of the public address.
    pub relying_party: String,
    /// What people are shown as the name of it.
    pub name: String,
    /// Where the pages are that ask for passkeys; empty for the public address.
    #[serde(deserialize_with = "list")]
    pub origins: Vec<String>,
    /// How long an answer may take.
    #[serde(with = "humantime_serde")]
    pub challenge_lifetime: Duration,
}

pub(super) const KEYS: &[Key] = &[
    key(
        "auth.passkeys.relying_party",
        "Domain that passkeys are bound to, such as `shop.example`: with another one all of them are \
         useless. Empty: the domain of `server.public_url`, or `localhost`.",
    ),
    key("auth.passkeys.name", "What people are shown as its name."),
    key(
        "auth.passkeys.origins",
        "Where the pages are that ask for passkeys, such as `https://app.shop.example`: on the domain or \
         below. Empty: `server.public_url`, or any port of `localhost`.",
    ),
    key("auth.passkeys.challenge_lifetime", "How long somebody may take to answer with a passkey."),
];

impl Default for PasskeysConfig {
    fn default() -> Self {
        let options = PasskeyOptions::default();
        Self {
            relying_party: String::new(),
            name: options.name,
            origins: Vec::new(),
            challenge_lifetime: options.challenge_lifetime,
        }
    }
}

impl PasskeysConfig {
    /// As the users module wants them.
    ///
    /// # Errors
    /// When no page could ask for passkeys.
    pub(super) fn options(&self, server: &ServerConfig) -> Result<PasskeyOptions, ConfigError> {
        let public = server.public_url().parse::<Url>().ok();
        let domain = public.as_ref().and_then(Url::domain).map(str::to_owned);
        let relying_party = match self.relying_party.trim() {
            // Browsers know no passkeys for numbers.
            "" => domain.clone().unwrap_or_else(|| LOCAL.to_owned()),
            given => given.to_owned(),
        };
        let is_below = |name: &str| is_below(name, &relying_party);
        let origins = match (public, &*self.origins) {
            (Some(public), []) if domain.is_some_and(|domain| is_below(&domain)) => {
                vec![public.origin().ascii_serialization()]
            }
            (_, []) if relying_party == LOCAL => vec![format!("http://{LOCAL}:{}", server.port)],
            (_, []) => vec![format!("https://{relying_party}")],
            (_, given) => given.to_vec(),
        };
        let is_wrong = |origin: &String| {
            let url = origin.parse::<Url>().ok();
            let domain = url.as_ref().and_then(Url::domain);
            !domain.is_some_and(is_below) || url.as_ref().is_none_or(|url| !is_secure(url))
        };
        if let Some(wrong) = self.origins.iter().find(|origin| is_wrong(origin)) {
            return Err(ConfigError::Value(format!(
                "auth.passkeys.origins: `{wrong}` is no `https://` address on `{relying_party}` or below \
                 (http only on localhost)"
            )));
        }
        if !origins.iter().any(|origin| origin.parse::<Url>().is_ok()) {
            return Err(ConfigError::Value(format!(
                "auth.passkeys.relying_party: `{relying_party}` is no domain such as `shop.example`"
            )));
        }
        Ok(PasskeyOptions {
            any_port: relying_party == LOCAL && self.origins.is_empty(),
            relying_party,
            name: self.name.clone(),
            origins,
            challenge_lifetime: self.challenge_lifetime,
        })
    }
}

fn is_below(name: &str, domain: &str) -> bool {
    name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// Where browsers let pages ask for passkeys.
fn is_secure(url: &Url) -> bool {
    let is_local = url.domain().is_some_and(|name| is_below(name, LOCAL));
    url.scheme() == "https" || (url.scheme() == "http" && is_local)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(config: &PasskeysConfig, public_url: &str) -> Result<(String, String, bool), String> {
        let server = ServerConfig { public_url: public_url.to_owned(), ..ServerConfig::default() };
        let options = config.options(&server).map_err(|error| error.to_string())?;
        Ok((options.relying_party, options.origins.join(" "), options.any_port))
    }

    fn with(relying_party: &str, origins: &[&str]) -> PasskeysConfig {
        PasskeysConfig {
            relying_party: relying_party.to_owned(),
            origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
            ..PasskeysConfig::default()
        }
    }

    #[test]
    fn passkeys_are_bound_to_the_public_address_unless_the_configuration_says_otherwise() {
        let told = |relying_party: &str, origins: &str, any_port| {
            Ok((relying_party.to_owned(), origins.to_owned(), any_port))
        };

        let unset = PasskeysConfig::default();
        assert_eq!(options(&unset, ""), told("localhost", "http://localhost:8080", true));
        assert_eq!(
            options(&unset, "https://api.shop.example/"),
            told("api.shop.example", "https://api.shop.example", false)
        );
        let above = with("shop.example", &[]);
        assert_eq!(
            options(&above, "https://api.shop.example"),
            told("shop.example", "https://api.shop.example", false)
        );
        assert_eq!(options(&above, ""), told("shop.example", "https://shop.example", false));
        let app = with("shop.example", &["https://app.shop.example"]);
        assert_eq!(
            options(&app, "https://api.shop.example"),
            told("shop.example", "https://app.shop.example", false)
        );
    }

    #[test]
    fn origins_that_no_browser_would_take_are_refused() {
        for origin in ["https://evil.example", "https://evilshop.example", "http://shop.example", "shop"]
        {
            let refused = options(&with("shop.example", &[origin]), "");
            assert!(refused.is_err_and(|message| message.contains(origin)), "{origin}");
        }
    }
}
