//! A products module over its own database, asked as the engine would ask it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use ::subscriptions::{EventLog, LogOptions};
use async_graphql::{Request, Variables};
use futures_util::{StreamExt as _, stream::BoxStream};
use kit::{
    Batches, Database, DatabaseOptions, ManualClock, Module as _, Platform, RequestScope, Result, Role,
    Subgraph, Viewer, drive, drive_stream,
    ids::{AccountId, Id as _, SellerId, UserId},
    ports::{Ports, Sellers},
    seed::{Scale, TODAY},
};
use migrations::Migrator;
use sea_orm_migration::MigratorTrait as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Shops by user.
#[derive(Default)]
struct KnownSellers(Mutex<HashMap<UserId, SellerId>>);

#[async_trait::async_trait]
impl Sellers for KnownSellers {
    async fn seller_of(&self, user: UserId) -> Result<Option<SellerId>> {
        Ok(self.0.lock().expect("no poison").get(&user).copied())
    }
}

/// The module, its database and who sells.
pub(super) struct Shop {
    pub(super) db: Database,
    pub(super) subgraph: Arc<dyn Subgraph>,
    pub(super) clock: Arc<ManualClock>,
    events: EventLog,
    sellers: Arc<KnownSellers>,
    _folder: TempDir,
}

impl Shop {
    /// An empty shop.
    pub(super) async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = DatabaseOptions {
            url: format!("sqlite://{}/weft.db", folder.path().display()),
            max_connections: 4,
            acquire_timeout: Duration::from_secs(10),
        };
        let db = Database::connect(&options).await.expect("a database");
        Migrator::up(db.write(), None).await.expect("migrations");
        let sellers = Arc::new(KnownSellers::default());
        let clock = Arc::new(ManualClock::new(TODAY));
        let ports = Ports::default();
        ports.provide::<dyn Sellers>(sellers.clone());
        let options = LogOptions { poll: Duration::from_millis(5), ..LogOptions::default() };
        let platform =
            Platform::new(db.clone(), options, None).with_clock(clock.clone()).with_ports(ports);
        let events = platform.events.clone();
        let parts = crate::Products.start(&platform).await.expect("the module starts");
        Self { db, subgraph: parts.subgraph, clock, events, sellers, _folder: folder }
    }

    /// Hands events on to streams until the test ends. It reads now and then,
    /// which would disturb the counting of statements.
    pub(super) async fn hand_on_events(&self) {
        let stop = CancellationToken::new();
        let relay = self.events.relay(self.db.commits(), stop).await.expect("a log");
        tokio::spawn(relay);
    }

    /// A shop with the demo data.
    pub(super) async fn with_demo_data() -> Self {
        let shop = Self::open().await;
        crate::seed::seed(&shop.db, Scale(1), &|_, _, _| {}).await.expect("seeded");
        shop
    }

    /// Somebody new who sells.
    pub(super) fn seller(&self) -> Viewer {
        self.seller_in(SellerId::generate())
    }

    /// Somebody new who runs this shop.
    pub(super) fn seller_in(&self, shop: SellerId) -> Viewer {
        let viewer = customer();
        let user = viewer.user.expect("signed in");
        self.sellers.0.lock().expect("no poison").insert(user, shop);
        Viewer { roles: vec![Role::Customer, Role::Seller], ..viewer }
    }

    /// The shop of a seller.
    pub(super) fn shop_of(&self, viewer: &Viewer) -> SellerId {
        let user = viewer.user.expect("signed in");
        *self.sellers.0.lock().expect("no poison").get(&user).expect("a seller")
    }

    /// Answers a request.
    pub(super) async fn ask(&self, viewer: &Viewer, query: &str, variables: Value) -> Value {
        let (scope, request) = prepare(viewer, query, variables);
        let response = drive(scope.batches, self.subgraph.execute(request)).await;
        serde_json::to_value(response).expect("JSON")
    }

    /// The `data` of an answer without errors.
    pub(super) async fn data(&self, viewer: &Viewer, query: &str, variables: Value) -> Value {
        let mut answer = self.ask(viewer, query, variables).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"].take()
    }

    /// Answers a subscription.
    pub(super) fn subscribe(
        &self,
        viewer: &Viewer,
        query: &str,
        variables: Value,
    ) -> BoxStream<'static, Value> {
        let (scope, request) = prepare(viewer, query, variables);
        let stream = drive_stream(scope.batches, self.subgraph.subscribe(request));
        stream.map(|response| serde_json::to_value(response).expect("JSON")).boxed()
    }

    /// The `data` of an answer, and how many statements it took.
    pub(super) async fn count(&self, viewer: &Viewer, query: &str) -> (Value, u64) {
        let before = self.db.statements();
        let data = self.data(viewer, query, Value::Null).await;
        (data, self.db.statements() - before)
    }

    /// Saves a product and answers the payload's fields.
    pub(super) async fn save(&self, viewer: &Viewer, input: Value) -> Value {
        const SAVE: &str = "mutation($input: ProductInput!) { productSave(input: $input) { \
             product { id slug title status version variants { nodes { id sku title } } } \
             userErrors { code field message \
                 ... on VersionConflictError { currentVersion } } } }";
        let mut data = self.data(viewer, SAVE, json!({ "input": input })).await;
        data["productSave"].take()
    }

    /// Saves a product on offer and answers its id.
    pub(super) async fn offer(&self, viewer: &Viewer, title: &str) -> Value {
        let price = json!({ "minorUnits": 100, "currency": "EUR" });
        let variant = json!({ "sku": title, "optionValues": [], "prices": [price] });
        let input = json!({ "title": title, "status": "ACTIVE", "variants": [variant] });
        let mut saved = self.save(viewer, input).await;
        assert_eq!(saved["userErrors"], json!([]));
        saved["product"]["id"].take()
    }
}

/// Somebody new who buys.
pub(super) fn customer() -> Viewer {
    Viewer {
        account: Some(AccountId::generate()),
        user: Some(UserId::generate()),
        roles: vec![Role::Customer],
        ..Viewer::default()
    }
}

/// Somebody who keeps the catalogue decent.
pub(super) fn moderator() -> Viewer {
    Viewer { roles: vec![Role::Moderator], ..customer() }
}

fn prepare(viewer: &Viewer, query: &str, variables: Value) -> (RequestScope, Request) {
    // As the engine does it: only queries remember what they loaded.
    let is_query = query.starts_with('{') || query.starts_with("query");
    let batches = if is_query { Batches::default() } else { Batches::forgetting() };
    let scope = RequestScope { viewer: Arc::new(viewer.clone()), batches, ..RequestScope::default() };
    let request = Request::new(query).variables(Variables::from_json(variables)).data(scope.clone());
    (scope, request)
}
