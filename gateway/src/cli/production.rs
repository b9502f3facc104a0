//! What must not be left as it is where strangers come: `weft serve --production`
//! starts only when nothing of it is.

use std::net::IpAddr;

use secrecy::ExposeSecret as _;

use crate::{Config, ConfigError, PaymentProvider, Sources};

/// What to change in this configuration before strangers may come.
///
/// # Errors
/// When the configuration can't be read.
pub(super) fn problems(config: &Config, sources: &Sources) -> Result<Vec<String>, ConfigError> {
    let server = &config.server;
    let is_explicit = sources.names("server.introspection")?;
    let checks = [
        (
            config.database.seed_demo,
            "database.seed_demo fills an empty embedded database with accounts whose password everybody \
             knows: set it to false",
        ),
        (
            server.playground,
            "server.playground serves a page to explore the graph with: set it to false",
        ),
        (
            server.introspection && !is_explicit,
            "server.introspection lets everybody read the schema: set it to false, or to true if that is \
             what you want",
        ),
        (
            config.auth.signing_key.expose_secret().trim().is_empty(),
            "auth.signing_key is empty, so the key that signs tokens lies in the database: set it to a key \
             of your own (`openssl genpkey -algorithm ed25519`)",
        ),
        (
            server.cors.origins.iter().any(|origin| origin == "*"),
            "server.cors.origins allows every site: name the origins of your own pages",
        ),
        (!server.csrf, "server.csrf lets other sites make a browser send GET requests: set it to true"),
        (
            server.expose_subgraphs && !is_inside(server.host),
            "server.expose_subgraphs serves modules without budgets to everybody who reaches server.host: set \
             it to false, or listen on an address of your own network only",
        ),
        (
            config.auth.providers.values().any(|provider| provider.allow_http),
            "auth.providers.<name>.allow_http trusts whoever is between us and an identity provider: set it to \
             false",
        ),
        (
            config.payments.provider == PaymentProvider::Sandbox && runs_here(config, "payments"),
            "payments.provider is the sandbox, which takes no money and calls everything paid: set it to \
             `stripe`, or switch the module off (modules.disabled)",
        ),
        (
            config.payments.provider == PaymentProvider::Stripe && !config.payments.has_webhook_secret(),
            "payments.webhook_secrets is empty, so nothing that the payment provider tells is believed: set \
             it to the secret of the endpoint `/webhooks/stripe`",
        ),
        (
            !config.limits.enabled,
            "limits.enabled lets everybody ask as much as they like: set it to true",
        ),
    ];
    let found = checks.into_iter().filter(|(is_wrong, _)| *is_wrong);
    Ok(found.map(|(_, problem)| problem.to_owned()).collect())
}

/// What to say of a database that has accounts of the demo marketplace.
pub(super) const DEMO_ACCOUNTS: &str = "the database has accounts of the demo marketplace, whose password \
     everybody knows: use another database (database.url)";

/// The list for the operator.
pub(super) fn refusal(problems: &[String]) -> String {
    let list = problems.iter().map(|problem| format!("\n  - {problem}"));
    format!("this is no configuration for production:{}", list.collect::<String>())
}

/// Whether a module is neither switched off nor in another process.
fn runs_here(config: &Config, name: &str) -> bool {
    let choice = &config.modules;
    !choice.disabled.iter().any(|disabled| disabled == name) && !choice.remote.contains_key(name)
}

/// Whether only machines of one's own network reach this address.
const fn is_inside(host: IpAddr) -> bool {
    match host {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The settings that are named in what is said of this file.
    fn named(settings: &[(&str, &str)]) -> Vec<String> {
        let environment = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let sources = Sources { file: None, environment: Some(environment.collect::<HashMap<_, _>>()) };
        let config = sources.load().expect("valid");
        let problems = problems(&config, &sources).expect("readable");
        let first = |problem: &String| problem.split(' ').next().unwrap_or_default().to_owned();
        problems.iter().map(first).collect()
    }

    const SAFE: [(&str, &str); 6] = [
        ("WEFT_DATABASE__SEED_DEMO", "false"),
        ("WEFT_SERVER__PLAYGROUND", "false"),
        ("WEFT_SERVER__INTROSPECTION", "false"),
        ("WEFT_PAYMENTS__PROVIDER", "stripe"),
        ("WEFT_PAYMENTS__STRIPE__SECRET_KEY", "sk_live_1"),
        ("WEFT_PAYMENTS__WEBHOOK_SECRETS", "whsec_1"),
    ];

    /// As [`named`], with a key of one's own.
    fn named_with_key(settings: &[(&str, &str)]) -> Vec<String> {
        let key = users::keys::generate().expect("a key");
        named(&[settings, &[("WEFT_AUTH__SIGNING_KEY", key.expose_secret())]].concat())
    }

    #[test]
    fn the_defaults_are_for_trying_out() {
        assert_eq!(
            named(&[]),
            [
                "database.seed_demo",
                "server.playground",
                "server.introspection",
                "auth.signing_key",
                "payments.provider"
            ]
        );
    }

    #[test]
    fn a_configuration_without_open_doors_may_serve() {
        assert_eq!(named_with_key(&SAFE), Vec::<String>::new());
        let mut explicit = SAFE;
        explicit[2].1 = "true";
        assert_eq!(named_with_key(&explicit), Vec::<String>::new());
    }

    #[test]
    fn every_door_that_is_opened_is_named() {
        let open = [
            ("WEFT_SERVER__HOST", "0.0.0.0"),
            ("WEFT_SERVER__CORS__ORIGINS", "*"),
            ("WEFT_SERVER__CSRF", "false"),
            ("WEFT_SERVER__EXPOSE_SUBGRAPHS", "true"),
            ("WEFT_LIMITS__ENABLED", "false"),
            ("WEFT_AUTH__PROVIDERS__ACME__ISSUER", "http://id.example"),
            ("WEFT_AUTH__PROVIDERS__ACME__AUDIENCE", "weft"),
            ("WEFT_AUTH__PROVIDERS__ACME__ALLOW_HTTP", "true"),
        ];
        let inside = [("WEFT_SERVER__HOST", "10.0.0.7"), ("WEFT_SERVER__EXPOSE_SUBGRAPHS", "true")];

        assert_eq!(
            named_with_key(&[&SAFE[..], &open].concat()),
            [
                "server.cors.origins",
                "server.csrf",
                "server.expose_subgraphs",
                "auth.providers.<name>.allow_http",
                "limits.enabled"
            ]
        );
        assert_eq!(named_with_key(&[&SAFE[..], &inside].concat()), Vec::<String>::new());
    }
}
