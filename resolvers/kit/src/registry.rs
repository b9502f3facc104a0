//! The running modules: started in dependency order, watched, stopped in
//! reverse.

use std::{
    collections::BTreeMap,
    sync::{Arc, RwLock},
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{Error, Health, HealthCheck, Module, Platform, Result, Subgraph};

/// How long one health check may take.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);

/// The modules that run in this process.
pub struct Registry {
    running: Vec<Running>,
    health: Arc<RwLock<BTreeMap<&'static str, Health>>>,
    watch: Option<JoinHandle<()>>,
    stop: CancellationToken,
}

struct Running {
    name: &'static str,
    subgraph: Arc<dyn Subgraph>,
    check: Option<Arc<dyn HealthCheck>>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

/// How one module is, for people and for `/health/ready`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleReport {
    /// The module.
    pub name: &'static str,
    /// As of the last check.
    pub health: Health,
    /// Its long-running tasks.
    pub workers: usize,
}

impl Registry {
    /// Starts the modules, dependencies first. When one does not start, those
    /// already running are stopped again.
    ///
    /// # Errors
    /// What the module answered.
    ///
    /// # Panics
    /// On an unknown or circular dependency: a mistake of the code.
    pub async fn start(modules: Vec<Box<dyn Module>>, platform: &Platform) -> Result<Self> {
        let mut registry = Self {
            running: Vec::new(),
            health: Arc::default(),
            watch: None,
            stop: platform.stop.child_token(),
        };
        for module in in_order(modules) {
            let name = module.name();
            let stop = CancellationToken::new();
            let platform = Platform { stop: stop.clone(), ..platform.clone() };
            let parts = match module.start(&platform).await {
                Ok(parts) => parts,
                Err(error) => {
                    if let Error::Internal(cause) = &error {
                        tracing::error!(module.name = name, %cause, "module {name} did not start");
                    }
                    registry.stop().await;
                    return Err(error);
                }
            };
            let workers = parts.workers.into_iter().map(|worker| tokio::spawn(worker.task));
            let handlers = parts.handlers.into_iter().map(|handler| {
                let (log, options) = (platform.events.clone(), platform.handlers.clone());
                let stop = stop.clone();
                tokio::spawn(async move { log.handle(handler, options, stop).await })
            });
            let tasks = workers.chain(handlers).collect();
            registry.running.push(Running {
                name,
                subgraph: parts.subgraph,
                check: parts.health,
                stop,
                tasks,
            });
            tracing::debug!(module.name = name, "module {name} started");
        }
        registry.check_all().await;
        Ok(registry)
    }

    /// Checks every module's health now and then until the registry stops.
    pub fn watch(&mut self, every: Duration) {
        let checks = self.checks();
        let (health, stop) = (self.health.clone(), self.stop.clone());
        self.watch = Some(tokio::spawn(async move {
            while stop.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
                look(&checks, &health).await;
            }
        }));
    }

    /// Checks every module's health once.
    pub async fn check_all(&self) {
        look(&self.checks(), &self.health).await;
    }

    fn checks(&self) -> Vec<(&'static str, Option<Arc<dyn HealthCheck>>)> {
        self.running.iter().map(|module| (module.name, module.check.clone())).collect()
    }

    /// Name and subgraph of every module, in start order.
    pub fn subgraphs(&self) -> impl Iterator<Item = (&'static str, &Arc<dyn Subgraph>)> {
        self.running.iter().map(|module| (module.name, &module.subgraph))
    }

    /// How every module is, in start order.
    #[must_use]
    pub fn report(&self) -> Vec<ModuleReport> {
        let health = self.health.read().expect("no code panics while it holds this lock");
        self.running
            .iter()
            .map(|module| ModuleReport {
                name: module.name,
                health: health.get(module.name).cloned().unwrap_or(Health::Up),
                workers: module.tasks.len(),
            })
            .collect()
    }

    /// Stops the modules in reverse order and waits for their workers.
    pub async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(watch) = self.watch.take() {
            // A watch that panicked has nothing left to stop.
            let _ = watch.await;
        }
        while let Some(module) = self.running.pop() {
            module.stop.cancel();
            for task in module.tasks {
                if let Err(error) = task.await {
                    tracing::error!(module.name = module.name, %error, "a worker ended badly");
                }
            }
            tracing::debug!(module.name = module.name, "module {} stopped", module.name);
        }
    }
}

async fn look(
    checks: &[(&'static str, Option<Arc<dyn HealthCheck>>)],
    health: &RwLock<BTreeMap<&'static str, Health>>,
) {
    for (name, check) in checks {
        let now = match check {
            None => Health::Up,
            Some(check) => tokio::time::timeout(HEALTH_TIMEOUT, check.check())
                .await
                .unwrap_or_else(|_| Health::Down("the health check took too long".to_owned())),
        };
        let before =
            health.write().expect("no code panics while it holds this lock").insert(name, now.clone());
        if before.as_ref().is_some_and(|before| *before != now) {
            tracing::warn!(module.name = name, health = ?now, "health of {name} changed");
        }
    }
}

/// Dependencies first; otherwise the given order.
fn in_order(mut waiting: Vec<Box<dyn Module>>) -> Vec<Box<dyn Module>> {
    let mut ready: Vec<Box<dyn Module>> = Vec::new();
    while !waiting.is_empty() {
        let is_ready = |module: &dyn Module| {
            module.depends_on().iter().all(|name| ready.iter().any(|module| module.name() == *name))
        };
        let Some(next) = waiting.iter().position(|module| is_ready(module.as_ref())) else {
            let stuck: Vec<String> = waiting
                .iter()
                .map(|module| format!("{} needs {:?}", module.name(), module.depends_on()))
                .collect();
            panic!("circular or unknown module dependency: {}", stuck.join("; "));
        };
        ready.push(waiting.remove(next));
    }
    ready
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Parts;

    struct Named(&'static str, &'static [&'static str]);

    #[async_trait::async_trait]
    impl Module for Named {
        fn name(&self) -> &'static str {
            self.0
        }

        fn depends_on(&self) -> &'static [&'static str] {
            self.1
        }

        async fn start(&self, _: &Platform) -> Result<Parts> {
            unreachable!("only the order is looked at")
        }
    }

    fn order(modules: Vec<Named>) -> Vec<&'static str> {
        let modules = modules.into_iter().map(|module| Box::new(module) as Box<dyn Module>).collect();
        in_order(modules).iter().map(|module| module.name()).collect()
    }

    #[test]
    fn dependencies_start_first_and_otherwise_the_list_rules() {
        let modules =
            vec![Named("orders", &["carts", "users"]), Named("users", &[]), Named("carts", &["users"])];

        assert_eq!(order(modules), ["users", "carts", "orders"]);
    }

    #[test]
    #[should_panic(expected = "circular or unknown module dependency: a needs [\"b\"]; b needs [\"a\"]")]
    fn a_circle_is_a_mistake_of_the_code() {
        order(vec![Named("a", &["b"]), Named("b", &["a"])]);
    }
}
