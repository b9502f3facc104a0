//! The running graph: database, event log, modules, engine; started and stopped
//! as one.

use std::{collections::HashMap, sync::Arc};

use axum::Router;
use kit::{
    AuthenticationHook, Clock, Database, Error, Health, Hooks, Module, ModuleReport, Platform, Registry,
    SystemClock,
    ports::{DemoAccounts, Guesses},
};
use schema::{Engine, EngineError, LocalSubgraph, SubgraphSource, compose::SubgraphSdl};
use subscriptions::{BusHealth, RedisBus};
use tokio::{sync::RwLock, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    Config, ConfigError,
    budgets::{self, Budgets},
    database::{self, Ready},
    http::{self, Front, PersistedQueries, Proxies, Streams},
    modules,
    remote::Remotes,
};

/// Why the graph does not start; each message is for an operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Nobody answers where the database should be.
    #[error("can't open the database {place}: {reason} (set database.url or WEFT_DATABASE__URL)")]
    Unreachable {
        /// The address, without its password.
        place: String,
        /// What the driver says.
        reason: String,
    },
    /// The database answers with an error.
    #[error("{0}")]
    Database(String),
    /// Somebody should look before the schema changes.
    #[error(
        "the database has pending migrations: {}\nrun `weft migrate`, or start with `weft serve \
         --migrate`",
        .0.join(", ")
    )]
    PendingMigrations(Vec<String>),
    /// The chosen modules can't work together.
    #[error("{0}")]
    Modules(String),
    /// A module did not start.
    #[error("a module did not start: {0}")]
    Module(String),
    /// A module in another process did not answer.
    #[error("the remote module `{name}` at {url} gave no schema: {reason}")]
    Remote {
        /// Its name in `modules.remote`.
        name: String,
        /// Its address.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The modules don't fit together.
    #[error(transparent)]
    Graph(#[from] EngineError),
}

/// What a graph has beside the configured modules.
#[derive(Default)]
pub struct Extra {
    /// Further modules.
    pub modules: Vec<Box<dyn Module>>,
    /// Further subgraphs.
    pub subgraphs: Vec<SubgraphSource>,
    /// Asked before, and told after, somebody is let in.
    pub hooks: Vec<Arc<dyn AuthenticationHook>>,
    /// Another clock than the machine's.
    pub clock: Option<Arc<dyn Clock>>,
}

/// How one module is, wherever it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) name: String,
    pub(crate) health: Health,
    pub(crate) workers: usize,
    /// The address of a module in another process.
    pub(crate) url: Option<String>,
}

/// The running graph.
pub struct App {
    config: Arc<Config>,
    platform: Platform,
    registry: Arc<RwLock<Registry>>,
    remotes: Remotes,
    engine: Engine,
    budgets: Arc<Budgets>,
    relay: JoinHandle<()>,
    bus: Option<RedisBus>,
}

impl App {
    /// Makes the database ready, starts the modules and composes the graph;
    /// opens no port.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: Config, extra: Extra) -> Result<Self, StartError> {
        let Ready { db, .. } = database::ready(&config, &database::silent).await?;
        Self::start_on(db, config, extra).await
    }

    /// Starts the modules on a database that is ready.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start_on(db: Database, config: Config, extra: Extra) -> Result<Self, StartError> {
        let local = modules::local(&config, extra.modules)?;
        let bus = config.redis.bus()?;
        let platform = Platform {
            handlers: config.events.handlers(),
            hooks: Hooks::new(extra.hooks),
            clock: extra.clock.unwrap_or_else(|| Arc::new(SystemClock)),
            ..Platform::new(db, config.events.options(), bus.clone())
        };
        let budgets = Arc::new(Budgets::new(&config));
        platform.ports.provide::<dyn Guesses>(budgets.clone());
        let relay = platform.events.relay(platform.db.commits(), platform.stop.clone()).await;
        let relay =
            relay.map_err(|error| StartError::Database(format!("can't read the event log: {error}")))?;
        let relay = tokio::spawn(relay);
        let (db, clock) = (platform.db.clone(), platform.clock.clone());
        tokio::spawn(kit::forget_used_keys(db, clock, platform.stop.clone()));
        let mut registry = Registry::start(local, &platform).await.map_err(|error| match error {
            Error::Internal(cause) => StartError::Module(cause.to_string()),
            other => StartError::Module(other.to_string()),
        })?;
        let own = budgets::source(platform.clock.clone());
        match graph(&config, &registry, own, extra.subgraphs).await {
            Ok((remotes, engine)) => {
                // Connects, so that the first caller need not wait for it.
                tokio::spawn({
                    let budgets = budgets.clone();
                    async move { budgets.health().await }
                });
                registry.watch(config.modules.health_interval);
                remotes.watch(config.modules.health_interval, platform.stop.clone());
                let registry = Arc::new(RwLock::new(registry));
                let config = Arc::new(config);
                Ok(Self { config, platform, registry, remotes, engine, budgets, relay, bus })
            }
            Err(error) => {
                registry.stop().await;
                platform.stop.cancel();
                Err(error)
            }
        }
    }

    /// The HTTP front door of this graph.
    pub fn router(&self) -> Router {
        http::router(self.front(CancellationToken::new()))
    }

    /// What the front door needs; `draining` tells it that the process stops.
    pub(crate) fn front(&self, draining: CancellationToken) -> Front {
        Front {
            engine: self.engine.clone(),
            proxies: Proxies::of(&self.config.server),
            server: self.config.server.clone(),
            budgets: self.budgets.clone(),
            realtime: self.config.realtime.clone(),
            streams: Streams::new(&self.config.realtime),
            persisted: PersistedQueries::new(&self.config.persisted_queries),
            clock: self.platform.clock.clone(),
            hooks: self.platform.hooks.clone(),
            limits: self.config.graph.limits.clone(),
            ports: Some(self.platform.ports.clone()),
            db: Some(self.platform.db.clone()),
            health: Some(self.watcher()),
            subgraphs: self.subgraphs(),
            stop: self.platform.stop.clone(),
            draining,
        }
    }

    /// The engine of this graph.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The database of this graph.
    #[must_use]
    pub const fn db(&self) -> &Database {
        &self.platform.db
    }

    /// What the modules of this graph share.
    #[must_use]
    pub const fn platform(&self) -> &Platform {
        &self.platform
    }

    /// The SDL of each module in this process, by name.
    #[must_use]
    pub fn subgraph_sdls(&self) -> Vec<(&'static str, String)> {
        let mut sdls: Vec<_> =
            self.subgraphs().iter().map(|(name, subgraph)| (*name, subgraph.sdl())).collect();
        sdls.sort_unstable();
        sdls
    }

    pub(crate) fn watcher(&self) -> Watcher {
        Watcher {
            db: self.platform.db.clone(),
            registry: self.registry.clone(),
            remotes: self.remotes.clone(),
            bus: self.bus.clone(),
        }
    }

    pub(crate) async fn demo(&self) -> Option<&'static str> {
        let demo = self.platform.ports.get::<dyn DemoAccounts>().ok()?;
        let accounts = demo.demo_accounts().await.ok()?;
        (!accounts.is_empty()).then(|| demo.demo_password())
    }

    fn subgraphs(&self) -> HashMap<&'static str, Arc<dyn kit::Subgraph>> {
        let registry = self.registry.try_read().expect("nobody stops an app that is borrowed");
        registry.subgraphs().map(|(name, subgraph)| (name, subgraph.clone())).collect()
    }

    /// Stops the modules in reverse order, then the event log.
    pub async fn stop(self) {
        self.registry.write().await.stop().await;
        self.platform.stop.cancel();
        if let Err(error) = self.relay.await {
            tracing::error!(%error, "the event log's relay ended badly");
        }
    }
}

/// Looks at the health of a running graph.
#[derive(Clone)]
pub(crate) struct Watcher {
    db: Database,
    registry: Arc<RwLock<Registry>>,
    remotes: Remotes,
    bus: Option<RedisBus>,
}

impl Watcher {
    /// Whether other instances hear of events at once; `None` for one alone.
    pub(crate) fn bus(&self) -> Option<Health> {
        self.bus.as_ref().map(|bus| match bus.health() {
            BusHealth::Up => Health::Up,
            BusHealth::Down => Health::Degraded("Redis is away: instances poll for events".to_owned()),
        })
    }

    /// Whether the database answers.
    pub(crate) async fn database(&self) -> Health {
        match self.db.ping().await {
            Ok(()) => Health::Up,
            Err(error) => {
                tracing::error!(%error, "the database does not answer");
                Health::Down("the database does not answer".to_owned())
            }
        }
    }

    /// How every module is, as of its last check.
    pub(crate) async fn modules(&self) -> Vec<Report> {
        let local = self.registry.read().await.report();
        let local = local.into_iter().map(|ModuleReport { name, health, workers }| Report {
            name: name.to_owned(),
            health,
            workers,
            url: None,
        });
        local.chain(self.remotes.report()).collect()
    }
}

/// One graph out of the started modules, the remote ones, the gateway's own
/// subgraph and further ones.
async fn graph(
    config: &Config,
    registry: &Registry,
    own: SubgraphSource,
    mut sources: Vec<SubgraphSource>,
) -> Result<(Remotes, Engine), StartError> {
    sources.extend(registry.subgraphs().map(|(name, subgraph)| SubgraphSource {
        sdl: SubgraphSdl { name: name.to_owned(), url: String::new(), sdl: subgraph.sdl() },
        transport: Arc::new(LocalSubgraph::new(subgraph.clone())),
    }));
    let (remotes, remote_sources) = Remotes::connect(&config.modules).await?;
    sources.extend(remote_sources);
    sources.push(own);
    let limits = config.graph.limits.clone();
    // Composing and planning a probe for every field is work for the CPU.
    let composed = tokio::task::spawn_blocking(move || Engine::compose(sources, limits)).await;
    Ok((remotes, composed.map_err(|panic| StartError::Modules(panic.to_string()))??))
}
