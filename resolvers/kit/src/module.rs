//! A module: one domain of the graph, a complete Federation v2 subgraph.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use subscriptions::Handler;

use crate::{Platform, Result, Subgraph};

/// One domain of the graph.
#[async_trait::async_trait]
pub trait Module: Send + Sync {
    /// The module's name, which is its subgraph's too.
    fn name(&self) -> &'static str;

    /// Modules that must have started before, because this one uses their ports.
    fn depends_on(&self) -> &'static [&'static str] {
        &[]
    }

    /// Builds the module's parts; opens no port and reads no environment.
    async fn start(&self, platform: &Platform) -> Result<Parts>;
}

/// Everything a module brings.
pub struct Parts {
    /// Its share of the graph.
    pub subgraph: Arc<dyn Subgraph>,
    /// What reacts to events.
    pub handlers: Vec<Arc<dyn Handler>>,
    /// Tasks that run until the platform's stop token is cancelled.
    pub workers: Vec<Worker>,
    /// Asked at intervals; a module without one is up while it runs.
    pub health: Option<Arc<dyn HealthCheck>>,
}

/// A long-running task of a module: takes no input, looks at what is there.
pub struct Worker {
    /// What it does, for the log.
    pub name: &'static str,
    /// The task; ends when the platform's stop token is cancelled.
    pub task: BoxFuture<'static, ()>,
}

/// Tells how a module is.
#[async_trait::async_trait]
pub trait HealthCheck: Send + Sync {
    /// Looks now; bounded in time by the registry.
    async fn check(&self) -> Health;
}

/// How a module is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Everything works.
    Up,
    /// Works without one of its outside services.
    Degraded(String),
    /// Can't answer.
    Down(String),
}

impl Parts {
    /// A module that is nothing but its subgraph.
    #[must_use]
    pub fn new(subgraph: Arc<dyn Subgraph>) -> Self {
        Self { subgraph, handlers: Vec::new(), workers: Vec::new(), health: None }
    }

    /// Adds a handler of events.
    #[must_use]
    pub fn handler(mut self, handler: Arc<dyn Handler>) -> Self {
        self.handlers.push(handler);
        self
    }

    /// Adds a worker.
    #[must_use]
    pub fn worker(
        mut self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.workers.push(Worker { name, task: Box::pin(task) });
        self
    }

    /// Adds the health check.
    #[must_use]
    pub fn health(mut self, check: Arc<dyn HealthCheck>) -> Self {
        self.health = Some(check);
        self
    }
}
