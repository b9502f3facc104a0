//! Modules in other processes: their schema at start, their health after.

use std::{
    collections::BTreeMap,
    sync::{Arc, RwLock},
    time::Duration,
};

use futures_util::future::{join_all, try_join_all};
use kit::{Health, Outside, OutsideOptions};
use schema::{HttpSubgraph, SubgraphSource, compose::SubgraphSdl, fetch_sdl};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{ModulesConfig, RemoteConfig, StartError, app::Report};

/// How often a remote module that is starting too is asked for its schema.
const ATTEMPTS: usize = 5;

/// The remote modules of this process. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Remotes(Arc<Shared>);

#[derive(Default)]
struct Shared {
    modules: BTreeMap<String, RemoteConfig>,
    /// `None` when there are no remote modules: making one reads certificates.
    client: Option<reqwest::Client>,
    health: RwLock<BTreeMap<String, Health>>,
}

impl Remotes {
    /// Asks every remote module for its schema.
    pub(crate) async fn connect(
        config: &ModulesConfig,
    ) -> Result<(Self, Vec<SubgraphSource>), StartError> {
        if config.remote.is_empty() {
            return Ok((Self(Arc::default()), Vec::new()));
        }
        let client = client().map_err(|reason| StartError::Modules(reason.to_string()))?;
        let sources = config.remote.iter().map(|(name, remote)| source(&client, name, remote));
        let sources = try_join_all(sources).await?;
        let health = config.remote.keys().map(|name| (name.clone(), Health::Up)).collect();
        let shared =
            Shared { modules: config.remote.clone(), client: Some(client), health: RwLock::new(health) };
        Ok((Self(Arc::new(shared)), sources))
    }

    /// Looks at every remote module now and then until `stop`.
    pub(crate) fn watch(&self, every: Duration, stop: CancellationToken) {
        let Some(client) = self.0.client.clone() else { return };
        let this = self.clone();
        tokio::spawn(async move {
            while stop.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
                this.check_all(&client).await;
            }
        });
    }

    /// How every remote module is, as of the last look.
    pub(crate) fn report(&self) -> Vec<Report> {
        let health = self.0.health.read().expect("no code panics while it holds this lock");
        let modules = self.0.modules.iter().map(|(name, remote)| Report {
            name: name.clone(),
            health: health.get(name).cloned().unwrap_or(Health::Up),
            workers: 0,
            url: Some(remote.url.clone()),
        });
        modules.collect()
    }

    async fn check_all(&self, client: &reqwest::Client) {
        let checks = self
            .0
            .modules
            .iter()
            .map(|(name, remote)| async move { (name.clone(), check(client, remote).await) });
        for (name, now) in join_all(checks).await {
            let mut health = self.0.health.write().expect("no code panics while it holds this lock");
            if health.insert(name.clone(), now.clone()).is_some_and(|before| before != now) {
                tracing::warn!(module.name = name, health = ?now, "health of {name} changed");
            }
        }
    }
}

/// The client for subgraphs: services of one's own, so no proxy is asked.
pub(crate) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().connect_timeout(Duration::from_secs(5)).build()
}

/// Whether a remote module answers. The graph works without it, in part.
pub(crate) async fn check(client: &reqwest::Client, remote: &RemoteConfig) -> Health {
    let question = json!({ "query": "{ __typename }" });
    let answer = client.post(&remote.url).timeout(remote.timeout).json(&question).send().await;
    match answer {
        Ok(answer) if answer.status().is_success() => Health::Up,
        Ok(answer) => Health::Degraded(format!("answers {}", answer.status())),
        Err(error) if error.is_timeout() => Health::Degraded("took too long".to_owned()),
        Err(_) => Health::Degraded("does not answer".to_owned()),
    }
}

async fn source(
    client: &reqwest::Client,
    name: &str,
    remote: &RemoteConfig,
) -> Result<SubgraphSource, StartError> {
    let options =
        OutsideOptions { timeout: remote.timeout, retries: ATTEMPTS, ..OutsideOptions::default() };
    let last = std::sync::Mutex::new(String::new());
    let outside = Outside::new(name, options);
    let ask = async || {
        fetch_sdl(client, &remote.url).await.inspect_err(|reason| {
            last.lock().expect("no code panics while it holds this lock").clone_from(reason);
        })
    };
    let asked = outside.repeatable(ask).await;
    let sdl = asked.map_err(|error| {
        let reason = last.lock().expect("no code panics while it holds this lock").clone();
        let reason = if reason.is_empty() { error.to_string() } else { reason };
        StartError::Remote { name: name.to_owned(), url: remote.url.clone(), reason }
    })?;
    Ok(SubgraphSource {
        sdl: SubgraphSdl { name: name.to_owned(), url: remote.url.clone(), sdl },
        transport: Arc::new(HttpSubgraph::new(client.clone(), name, &remote.url, remote.timeout)),
    })
}
