//! What a provider publishes about itself, its addresses and its keys:
//! remembered, and asked for anew when it is old or lacks a key.

use std::{
    sync::{Arc, RwLock},
    time::Duration,
};

use kit::{Clock, DateTime, Error, Result};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::{Provider, keys::Key};
use crate::{ProviderOptions, UsersOptions, sessions::milliseconds};

/// What a provider publishes.
pub(super) struct Published {
    /// Where people sign in.
    pub(super) authorization_endpoint: Option<String>,
    /// Where codes are exchanged.
    pub(super) token_endpoint: Option<String>,
    /// Where more is said of somebody.
    pub(super) userinfo_endpoint: Option<String>,
    /// Whether a secret goes into the header of the exchange, not into its body.
    pub(super) takes_basic: bool,
    /// What it signs with, as far as we take it.
    pub(super) keys: Vec<Key>,
    at: DateTime,
}

/// OpenID Connect Discovery 1.0, section 3.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// What is known of one provider.
pub(super) struct Directory {
    known: RwLock<Option<Arc<Published>>>,
    /// Held while somebody asks, so that nobody else does.
    last: Arc<Mutex<Option<Attempt>>>,
    max_age: Duration,
    pause: Duration,
    clock: Arc<dyn Clock>,
}

struct Attempt {
    at: DateTime,
    is_good: bool,
}

impl Directory {
    pub(super) fn new(options: &UsersOptions, clock: Arc<dyn Clock>) -> Self {
        Self {
            known: RwLock::default(),
            last: Arc::default(),
            max_age: options.provider_keys_max_age,
            pause: options.provider_keys_pause,
            clock,
        }
    }

    fn known(&self) -> Option<Arc<Published>> {
        self.known.read().expect("no code panics while it holds this lock").clone()
    }

    /// What is known, unless it is old.
    fn fresh(&self) -> Option<Arc<Published>> {
        self.known().filter(|known| self.is_within(known.at, self.max_age))
    }

    fn is_within(&self, from: DateTime, time: Duration) -> bool {
        self.clock.now() < from.plus(milliseconds(time))
    }
}

impl Provider {
    /// What the provider publishes, with what is `wanted` in it if it can be had.
    /// What is old is still good while the provider is away.
    pub(super) async fn published(
        self: &Arc<Self>,
        wanted: impl Fn(&Published) -> bool,
    ) -> Result<Arc<Published>> {
        let directory = &self.directory;
        if let Some(known) = directory.fresh().filter(|known| wanted(known)) {
            return Ok(known);
        }
        let old = directory.known().filter(|known| wanted(known));
        let mut last = match (old, directory.last.clone().try_lock_owned()) {
            (_, Ok(last)) => last,
            // Somebody asks already; nobody else needs to wait for the answer.
            (Some(old), Err(_)) => return Ok(old),
            (None, Err(_)) => directory.last.clone().lock_owned().await,
        };
        // It may have come while this one waited.
        if let Some(known) = directory.fresh().filter(|known| wanted(known)) {
            return Ok(known);
        }
        let known = directory.known();
        let recent = last.as_ref().filter(|last| directory.is_within(last.at, directory.pause));
        if let Some(recent) = recent {
            let is_answer = |known: &Arc<Published>| recent.is_good || wanted(known);
            return known.filter(is_answer).ok_or_else(|| self.away());
        }
        let provider = self.clone();
        // In a task of its own: a caller who leaves does not take the answer along.
        let asking = tokio::spawn(async move {
            let published = provider.ask().await.map(Arc::new);
            let directory = &provider.directory;
            if let Ok(published) = &published {
                *directory.known.write().expect("no code panics while it holds this lock") =
                    Some(published.clone());
            }
            // The pause begins when the call is over: it may have been long.
            *last = Some(Attempt { at: directory.clock.now(), is_good: published.is_ok() });
            published
        });
        match asking.await.map_err(Error::internal)? {
            Ok(published) => Ok(published),
            Err(_) => known.filter(|known| wanted(known)).ok_or_else(|| self.away()),
        }
    }

    /// Asks the provider if it is time to, or if it was away; whether it is now.
    pub(super) async fn refresh(self: &Arc<Self>) -> Result<()> {
        let was_good = self.is_good().await;
        self.published(|_| was_good).await?;
        if self.is_good().await { Ok(()) } else { Err(self.away()) }
    }

    /// Whether the last answer was good.
    async fn is_good(&self) -> bool {
        self.directory.last.lock().await.as_ref().is_some_and(|last| last.is_good)
    }

    /// Whatever the reason, which is in the log: the provider is away.
    pub(super) fn away(&self) -> Error {
        Error::Unavailable(self.options.told().into())
    }

    async fn ask(&self) -> Result<Published> {
        self.outside.repeatable(|| self.ask_once()).await
    }

    async fn ask_once(&self) -> Result<Published, String> {
        let issuer = &self.options.issuer;
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let metadata = self.document(&address).await?;
        let metadata: Metadata = serde_json::from_value(metadata)
            .map_err(|error| format!("its configuration can't be read: {error}"))?;
        if metadata.issuer != *issuer {
            return Err(format!("it says that its issuer is `{}`", metadata.issuer));
        }
        let jwks = self.document(safe(&self.options, &metadata.jwks_uri)?).await?;
        let keys = jwks.get("keys").and_then(|keys| keys.as_array()).ok_or("it has no key set")?;
        let endpoint = |url: &Option<String>| match url {
            Some(url) => safe(&self.options, url).map(|url| Some(url.to_owned())),
            None => Ok(None),
        };
        // Basic, where nothing else is said: Discovery 1.0, section 3.
        let takes_basic = metadata
            .token_endpoint_auth_methods_supported
            .is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"));
        Ok(Published {
            authorization_endpoint: endpoint(&metadata.authorization_endpoint)?,
            token_endpoint: endpoint(&metadata.token_endpoint)?,
            userinfo_endpoint: endpoint(&metadata.userinfo_endpoint)?,
            takes_basic,
            keys: keys.iter().filter_map(Key::read).collect(),
            at: self.directory.clock.now(),
        })
    }
}

/// An address that may be asked.
fn safe<'u>(options: &ProviderOptions, url: &'u str) -> Result<&'u str, String> {
    match options.accepts(url) {
        true => Ok(url),
        false => Err(format!("it names the address `{url}`, which has no TLS")),
    }
}
