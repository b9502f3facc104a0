//! Identity providers (OpenID Connect): whose tokens are taken, and where people
//! can sign in instead of here.

mod claims;
mod exchange;
mod keys;
mod person;
mod published;
mod token;

use std::{fmt::Display, sync::Arc, time::Duration};

use futures_util::future::join_all;
use kit::{Clock, Error, Health, HealthCheck, Outside, OutsideOptions, Platform, Result};
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde_json::Value;
use tokio::time::timeout;

pub(crate) use self::{
    exchange::{Login, LoginFields},
    person::Person,
};
use self::{published::Directory, token::Purpose};
use crate::{ProviderOptions, UsersOptions};

/// How long the health check waits for a provider.
const LOOK: Duration = Duration::from_secs(2);
/// Nothing that a provider answers is larger.
const MOST_BYTES: usize = 1 << 20;

/// Why a token or a code is not taken.
#[derive(Debug)]
pub(crate) enum Distrust {
    /// For the log: it is not good.
    NotGood(&'static str),
    /// Whether it is good can't be told now.
    Unknown(Error),
}

impl From<Error> for Distrust {
    fn from(error: Error) -> Self {
        Self::Unknown(error)
    }
}

/// All configured providers.
pub(crate) struct Providers(Vec<Arc<Provider>>);

/// One of them.
pub(crate) struct Provider {
    pub(crate) options: ProviderOptions,
    /// In seconds.
    skew: i64,
    clock: Arc<dyn Clock>,
    directory: Directory,
    outside: Outside,
    client: Client,
}

/// What a client needs to send somebody to a provider.
pub(crate) struct Door {
    pub(crate) options: ProviderOptions,
    /// None while the provider is away.
    pub(crate) authorization_endpoint: Option<String>,
}

impl Providers {
    /// Asks nobody: a provider that is away keeps nothing from starting.
    pub(crate) fn open(options: &UsersOptions, platform: &Platform) -> Result<Self> {
        let client = Client::builder()
            .timeout(options.provider_timeout)
            // Where it leads was not checked, and a redirect of a code would give it away.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(Error::internal)?;
        let open = |provider: &ProviderOptions| {
            let bounds = OutsideOptions {
                timeout: options.provider_timeout,
                retries: 1,
                ..OutsideOptions::default()
            };
            Provider {
                skew: i64::try_from(options.clock_skew.as_secs()).unwrap_or(i64::MAX),
                clock: platform.clock.clone(),
                directory: Directory::new(options, platform.clock.clone()),
                outside: Outside::new(&provider.told(), bounds),
                client: client.clone(),
                options: provider.clone(),
            }
        };
        Ok(Self(options.providers.iter().map(open).map(Arc::new).collect()))
    }

    /// The provider under this name.
    pub(crate) fn named(&self, name: &str) -> Option<&Arc<Provider>> {
        self.0.iter().find(|provider| provider.options.name == name)
    }

    /// Their names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|provider| provider.options.name.as_str())
    }

    /// Whether a token says that one of them issued it.
    pub(crate) fn issued(&self, token: &str) -> bool {
        self.issuer(token).is_some()
    }

    fn issuer(&self, token: &str) -> Option<&Arc<Provider>> {
        // Most gateways have no provider, and need not look.
        let issuer = if self.0.is_empty() { None } else { token::issuer(token) }?;
        self.0.iter().find(|provider| provider.options.issuer == issuer)
    }

    /// Who stands behind a bearer token.
    pub(crate) async fn bearer(&self, token: &str) -> Result<Person, Distrust> {
        let provider = self.issuer(token).ok_or(Distrust::NotGood("of an unknown issuer"))?;
        let claims = provider.verified(token, Purpose::Bearer).await?;
        Ok(Person::new(&provider.options, &claims))
    }

    /// The providers at which people can sign in.
    pub(crate) async fn doors(&self) -> Vec<Door> {
        let open = self.0.iter().filter(|provider| provider.options.client_id.is_some());
        join_all(open.map(async |provider| {
            // The problem is in the log, and in the module's health.
            let published = provider.published(|_| true).await.ok();
            let endpoint = published.and_then(|known| known.authorization_endpoint.clone());
            Door { options: provider.options.clone(), authorization_endpoint: endpoint }
        }))
        .await
    }
}

impl Provider {
    /// An answer that must be JSON, whatever its status.
    async fn json(request: RequestBuilder) -> Result<(StatusCode, Value), String> {
        // What was asked may hold a secret.
        let told = |error: reqwest::Error| error.without_url().to_string();
        let mut response = request.send().await.map_err(told)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(told)? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BYTES {
                return Err("answered too much".to_owned());
            }
        }
        match serde_json::from_slice(&body) {
            Ok(json) => Ok((status, json)),
            Err(_) => Err(format!("answered {status} and no JSON")),
        }
    }

    /// A document that is there.
    async fn document(&self, url: &str) -> Result<Value, String> {
        match Self::json(self.client.get(url)).await? {
            (StatusCode::OK, json) => Ok(json),
            (status, _) => Err(format!("answered {status}")),
        }
    }
}

#[async_trait::async_trait]
impl HealthCheck for Providers {
    async fn check(&self) -> Health {
        let looks = self.0.iter().map(async |provider| {
            let answer = timeout(LOOK, provider.refresh()).await;
            (!matches!(answer, Ok(Ok(())))).then(|| provider.options.told())
        });
        let away: Vec<String> = join_all(looks).await.into_iter().flatten().collect();
        match away.is_empty() {
            true => Health::Up,
            false => Health::Degraded(format!("no answer from {}", away.join(", "))),
        }
    }
}

fn logged<E: Display>(reason: &'static str) -> impl Fn(E) -> Distrust {
    move |cause| {
        tracing::debug!(%cause, reason, "a token was refused: {reason}");
        Distrust::NotGood(reason)
    }
}
