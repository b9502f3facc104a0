//! `weft doctor`: what is configured, reachable and degraded. Changes nothing.

use std::path::Path;

use kit::Health;
use tokio::net::TcpListener;

use super::{Failure, modules::told, out};
use crate::{
    Config, DatabaseConfig, ModulesConfig, PaymentProvider, ServerConfig, Sources, database, modules,
    remote,
};

/// How one thing is.
enum Finding {
    Fine(String),
    /// Works, but somebody may want to know.
    Note(String),
    /// Needed, and not there.
    Bad(String),
}

pub(super) async fn run(config: Config, sources: &Sources) -> Result<(), Failure> {
    let mut findings = vec![("configuration".to_owned(), configuration(sources))];
    findings.push(("database".to_owned(), database(&config.database).await));
    findings.push(("address".to_owned(), address(&config.server).await));
    findings.push(("payments".to_owned(), payments(&config)));
    findings.extend(all_modules(&config).await?);
    findings.extend(providers(&config).await?);
    if !config.server.introspection && config.server.playground {
        let text = "served, but without the schema: server.introspection is off";
        findings.push(("playground".to_owned(), Finding::Note(text.to_owned())));
    }
    let rows: Vec<Vec<String>> = findings
        .iter()
        .map(|(what, finding)| {
            let (mark, text) = match finding {
                Finding::Fine(text) => ("ok", text),
                Finding::Note(text) => ("note", text),
                Finding::Bad(text) => ("DOWN", text),
            };
            vec![mark.to_owned(), what.clone(), text.clone()]
        })
        .collect();
    out::result(&out::table(&rows));
    match findings.iter().any(|(_, finding)| matches!(finding, Finding::Bad(_))) {
        true => Err(Failure::Said),
        false => Ok(()),
    }
}

fn configuration(sources: &Sources) -> Finding {
    Finding::Fine(match sources.found_file() {
        Some(file) => format!("{} and the environment", file.display()),
        None => "built-in defaults and the environment".to_owned(),
    })
}

async fn database(config: &DatabaseConfig) -> Finding {
    let place = config.shown();
    if config.file().is_some_and(|file| !Path::new(file).exists()) {
        return Finding::Fine(format!("{place} will be created by the first start"));
    }
    let db = match database::open(config).await {
        Ok(db) => db,
        Err(error) => return Finding::Bad(error.to_string()),
    };
    let pending = match database::pending(&db).await {
        Ok(pending) => pending.len(),
        Err(error) => return Finding::Bad(format!("{place}: {error}")),
    };
    let applied_at_start = config.is_embedded() || config.migrate;
    match (pending, applied_at_start) {
        (0, _) => {
            let has_demo = database::has_demo(&db).await.unwrap_or(false);
            let demo = if has_demo { ", with demo data" } else { "" };
            Finding::Fine(format!("{place} answers and is up to date{demo}"))
        }
        (pending, true) => {
            Finding::Note(format!("{place} answers; {pending} migrations will run at the next start"))
        }
        (pending, false) => Finding::Bad(format!(
            "{place} answers, but {pending} migrations are pending: run `weft migrate`"
        )),
    }
}

async fn address(server: &ServerConfig) -> Finding {
    let address = std::net::SocketAddr::new(server.host, server.port);
    match TcpListener::bind(address).await {
        Ok(_) => Finding::Fine(format!("{address} is free")),
        Err(error) => Finding::Note(format!("{address} can't be opened now: {error}")),
    }
}

fn payments(config: &Config) -> Finding {
    let text = config.payments.shown();
    match config.payments.provider {
        PaymentProvider::Sandbox => Finding::Note(text),
        PaymentProvider::Stripe if !config.payments.has_webhook_secret() => {
            Finding::Note(format!("{text}, but without payments.webhook_secrets its events are refused"))
        }
        PaymentProvider::Stripe => Finding::Fine(text),
    }
}

async fn all_modules(config: &Config) -> Result<Vec<(String, Finding)>, Failure> {
    let choice = &config.modules;
    let mut findings = Vec::new();
    if let Err(error) = modules::local(config, Vec::new()) {
        findings.push(("modules".to_owned(), Finding::Bad(error.to_string())));
    }
    for name in modules::names(config)? {
        let finding = if choice.disabled.iter().any(|disabled| disabled == name) {
            Finding::Note("switched off (modules.disabled)".to_owned())
        } else if choice.remote.contains_key(name) {
            continue;
        } else {
            Finding::Fine("runs in this process".to_owned())
        };
        findings.push((format!("module {name}"), finding));
    }
    findings.extend(remote_modules(choice).await?);
    Ok(findings)
}

/// The identity providers. Without one that is away everything else works.
async fn providers(config: &Config) -> Result<Vec<(String, Finding)>, Failure> {
    let mut findings = Vec::new();
    for (name, provider) in &config.auth.providers {
        let issuer = provider.issuer.trim();
        let takes = match (provider.client_id.is_empty(), provider.takes_tokens()) {
            (false, true) => "codes and bearer tokens",
            (false, false) => "codes",
            (true, _) => "bearer tokens",
        };
        let client = remote::client().map_err(|error| Failure::Failed(error.to_string()))?;
        let published = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let answer = client.get(&published).timeout(config.auth.provider_timeout).send().await;
        let finding = match answer {
            Ok(answer) if answer.status().is_success() => {
                Finding::Fine(format!("{issuer} answers; {takes}"))
            }
            Ok(answer) => Finding::Note(format!("{issuer} answers {}; {takes}", answer.status())),
            Err(_) => Finding::Note(format!("{issuer} does not answer; {takes}")),
        };
        findings.push((format!("identity provider {name}"), finding));
    }
    Ok(findings)
}

async fn remote_modules(choice: &ModulesConfig) -> Result<Vec<(String, Finding)>, Failure> {
    if choice.remote.is_empty() {
        return Ok(Vec::new());
    }
    let client = remote::client().map_err(|error| Failure::Failed(error.to_string()))?;
    let mut findings = Vec::new();
    for (name, module) in &choice.remote {
        let url = &module.url;
        let finding = match remote::check(&client, module).await {
            Health::Up => match schema::fetch_sdl(&client, url).await {
                Ok(_) => Finding::Fine(format!("{url} answers and gives its schema")),
                Err(reason) => Finding::Bad(format!("{url} gives no schema: {reason}")),
            },
            // Running without it is possible, starting is not.
            health => Finding::Bad(format!("{url} is {}", told(&health))),
        };
        findings.push((format!("module {name}"), finding));
    }
    Ok(findings)
}
