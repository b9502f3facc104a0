//! What the front door can't reach: names that change their addresses, days that
//! pass, processes that are killed.

mod places;
mod statements;
mod time;

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, http::HeaderMap};
use entities::webhooks::{
    delivery::{self, State},
    endpoint,
};
use kit::{
    Clock as _, Database, DatabaseOptions, ManualClock, Platform, ids::WebhookEndpointId, seed::TODAY,
};
use migrations::Migrator;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use sea_orm_migration::MigratorTrait as _;
use serde_json::json;
use subscriptions::{Event, Position};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Resolver, WebhooksOptions,
    service::{Service, Wish},
    worker,
};

/// Names and their addresses, as of now.
#[derive(Default)]
struct Names(Mutex<HashMap<String, Vec<IpAddr>>>);

impl Names {
    fn set(&self, host: &str, addresses: &[&str]) {
        let addresses = addresses.iter().map(|text| text.parse().expect("an address")).collect();
        self.0.lock().expect("no poison").insert(host.to_owned(), addresses);
    }
}

#[async_trait::async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let names = self.0.lock().expect("no poison");
        names.get(host).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// The module's rules over a database, with names and a clock.
struct Desk {
    service: Arc<Service>,
    platform: Platform,
    names: Arc<Names>,
    clock: Arc<ManualClock>,
    _folder: TempDir,
}

impl Desk {
    async fn open(change: impl FnOnce(&mut WebhooksOptions)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = DatabaseOptions {
            url: format!("sqlite://{}/weft.db", folder.path().display()),
            max_connections: 4,
            acquire_timeout: Duration::from_secs(10),
        };
        let db = Database::connect(&database).await.expect("a database");
        Migrator::up(db.write(), None).await.expect("migrations");
        let clock = Arc::new(ManualClock::new(TODAY));
        let platform = Platform::new(db, Default::default(), None).with_clock(clock.clone());
        let names = Arc::new(Names::default());
        let mut options = WebhooksOptions {
            allow_http: true,
            poll: Duration::from_millis(5),
            resolver: names.clone(),
            ..WebhooksOptions::default()
        };
        change(&mut options);
        let service = Arc::new(Service::new(&platform, options).expect("it starts"));
        Self { service, platform, names, clock, _folder: folder }
    }

    /// Saves an endpoint; its id, or the message of the refusal.
    async fn save(&self, url: &str) -> Result<WebhookEndpointId, String> {
        let wish = Wish { url: url.to_owned(), kinds: vec!["*".to_owned()], is_enabled: None };
        match self.service.add(wish).await.expect("it answers") {
            Ok((endpoint, _)) => Ok(endpoint.id),
            Err(errors) => Err(format!("{errors:?}")),
        }
    }

    /// Tells of something that happened to a product.
    async fn happen(&self, sequence: i64, subject: &str) {
        let event = Event {
            position: Position { transaction: 0, sequence },
            kind: "product.changed".to_owned(),
            version: 1,
            subject: subject.to_owned(),
            payload: json!({ "productId": subject }),
            at: self.clock.now(),
            is_passing: false,
        };
        self.service.deliver(&event).await.expect("it is noted");
    }

    /// All deliveries, oldest first.
    async fn deliveries(&self) -> Vec<delivery::Model> {
        let all = delivery::Entity::find().order_by_asc(delivery::Column::LogSequence);
        all.all(self.platform.db.read()).await.expect("it reads")
    }

    async fn endpoint(&self, id: WebhookEndpointId) -> endpoint::Model {
        let found = endpoint::by_ids(self.platform.db.read(), &[id]).await.expect("it reads");
        found.into_iter().next().expect("it is there")
    }

    /// Lets the worker run until the deliveries are so.
    async fn work_until(&self, is_done: impl Fn(&[delivery::Model]) -> bool) {
        let stop = CancellationToken::new();
        let worker = tokio::spawn(worker::run(self.service.clone(), stop.clone()));
        let waiting = async {
            while !is_done(&self.deliveries().await) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it gets there");
        stop.cancel();
        worker.await.expect("the worker ends well");
    }
}

/// A server on the loopback that takes everything.
struct Listener {
    port: u16,
    requests: UnboundedReceiver<HeaderMap>,
    server: JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Listener {
    async fn start() -> Self {
        let (sender, requests) = unbounded_channel();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let take = async move |headers: HeaderMap| {
            // The test may have seen enough.
            let _ = sender.send(headers);
        };
        let router = Router::new().fallback(take);
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it listens");
        });
        Self { port, requests, server }
    }
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
