//! An orders module over its own database and between modules in memory, asked as
//! the engine would ask it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};

use ::subscriptions::LogOptions;
use async_graphql::{ID, Request, Variables};
use entities::{
    ids::{CartId, CartLineId, OrderId, ProductId, SellerId, VariantId},
    users::address::PostalAddress,
};
use kit::{
    Batches, CartRef, CurrencyCode, Database, DatabaseOptions, Id as _, ManualClock, Outcome, Platform,
    RequestScope, Result, Subgraph, Viewer, drive,
    ports::{Carts, Payments, Ports, PricedCart, PricedLine, Sellers, ShippingRate, Stock},
    seed::TODAY,
};
use migrations::Migrator;
use sea_orm::{ConnectionTrait as _, Statement};
use sea_orm_migration::MigratorTrait as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::ports::{Around, Basket};
use crate::{
    Orders, OrdersOptions,
    service::{Draft, Placed, Service},
};

/// The module, its database and what is around it.
pub(super) struct Desk {
    pub(super) db: Database,
    pub(super) service: Arc<Service>,
    pub(super) around: Around,
    pub(super) clock: Arc<ManualClock>,
    subgraph: Arc<dyn Subgraph>,
    numbers: AtomicI32,
    _folder: TempDir,
}

impl Desk {
    pub(super) async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = DatabaseOptions {
            url: format!("sqlite://{}/weft.db", folder.path().display()),
            max_connections: 4,
            acquire_timeout: Duration::from_secs(10),
        };
        let db = Database::connect(&options).await.expect("a database");
        Migrator::up(db.write(), None).await.expect("migrations");
        let (around, clock) = (Around::default(), Arc::new(ManualClock::new(TODAY)));
        let ports = Ports::default();
        ports.provide::<dyn Stock>(Arc::new(around.clone()));
        ports.provide::<dyn Carts>(Arc::new(around.clone()));
        ports.provide::<dyn Payments>(Arc::new(around.clone()));
        ports.provide::<dyn Sellers>(Arc::new(around.clone()));
        let platform = Platform::new(db.clone(), LogOptions::default(), None)
            .with_clock(clock.clone())
            .with_ports(ports);
        let options = OrdersOptions { wait: Duration::from_millis(200), ..OrdersOptions::default() };
        let service = Orders::new(options).service(&platform).await.expect("the rules");
        let subgraph = crate::parts(service.clone(), &platform).subgraph;
        Self { db, service, around, clock, subgraph, numbers: AtomicI32::new(0), _folder: folder }
    }

    /// Time passes.
    pub(super) fn minutes(&self, minutes: i64) {
        self.clock.advance(minutes * 60 * 1_000);
    }

    /// A variant of which so many units are there.
    pub(super) fn variant(&self, on_hand: i32) -> VariantId {
        let id = VariantId::generate();
        self.around.world().on_hand.insert(id, on_hand);
        id
    }

    /// A cart with units of these variants, each at 10.00 of its own seller.
    pub(super) fn cart(&self, units: &[(VariantId, i32)]) -> CartId {
        let lines = units.iter().map(|(variant_id, quantity)| PricedLine {
            id: CartLineId::generate(),
            variant_id: *variant_id,
            product_id: ProductId::generate(),
            seller_id: SellerId::generate(),
            title: format!("Thing {}", self.numbers.fetch_add(1, Ordering::SeqCst)),
            sku: format!("SKU-{variant_id}"),
            options: Vec::new(),
            quantity: *quantity,
            unit_price: 1_000,
            discount: 0,
            order_discount: 0,
            tax: 0,
            note: None,
        });
        let lines: Vec<PricedLine> = lines.collect();
        let goods: i64 = lines.iter().map(|line| i64::from(line.quantity) * line.unit_price).sum();
        self.put(PricedCart {
            id: CartId::generate(),
            version: 3,
            account_id: None,
            currency: "EUR".parse::<CurrencyCode>().expect("a currency"),
            lines,
            shipping: Some(ShippingRate {
                handle: "standard".to_owned(),
                title: "Standard".to_owned(),
                price: 500,
            }),
            shipping_address: Some(address()),
            discount_codes: Vec::new(),
            shipping_tax: 0,
            total: goods + 500,
            blocking: Vec::new(),
        })
    }

    pub(super) fn put(&self, cart: PricedCart) -> CartId {
        let id = cart.id;
        let basket = Basket { cart, claimed_by: None, has_free_codes: false };
        self.around.world().baskets.insert(id, basket);
        id
    }

    /// Makes a cart cost nothing.
    pub(super) fn give_away(&self, cart: CartId) {
        let mut world = self.around.world();
        let cart = &mut world.baskets.get_mut(&cart).expect("a cart").cart;
        for line in &mut cart.lines {
            line.order_discount = i64::from(line.quantity) * line.unit_price;
        }
        cart.shipping.as_mut().expect("a rate").price = 0;
        cart.total = 0;
    }

    /// The checkout of a cart as it is.
    pub(super) fn draft(&self, cart: CartId) -> Draft {
        let world = self.around.world();
        let cart = &world.baskets[&cart].cart;
        Draft {
            cart: Some(CartRef::Id(ID::from(cart.id.to_string()))),
            cart_version: cart.version,
            email: None,
            billing: None,
            expected: cart.total,
            currency: cart.currency.to_string(),
        }
    }

    pub(super) async fn checkout(
        &self,
        viewer: &Viewer,
        cart: CartId,
        key: &str,
    ) -> Result<Outcome<Placed>> {
        self.service.checkout(viewer, self.draft(cart), key).await
    }

    /// The order that a cart becomes.
    pub(super) async fn place(&self, viewer: &Viewer, units: &[(VariantId, i32)]) -> OrderId {
        let cart = self.cart(units);
        let placed = self.checkout(viewer, cart, &cart.to_string()).await;
        placed.expect("no failure").expect("placed").id
    }

    /// An order that is paid.
    pub(super) async fn paid(&self, viewer: &Viewer, units: &[(VariantId, i32)]) -> OrderId {
        let id = self.place(viewer, units).await;
        self.around.pay(id, self.total(id).await);
        self.service.settle_order(id).await.expect("settled");
        assert_eq!(self.state(id).await, "PAID");
        id
    }

    pub(super) async fn total(&self, id: OrderId) -> i64 {
        self.number(&format!("SELECT total FROM orders WHERE id = '{id}'")).await
    }

    /// Where an order stands; empty when it is not there.
    pub(super) async fn state(&self, id: OrderId) -> String {
        let sql = format!("SELECT state FROM orders WHERE id = '{id}'");
        let statement = Statement::from_string(self.db.read().get_database_backend(), sql);
        let row = self.db.read().query_one_raw(statement).await.expect("a query");
        row.map(|row| row.try_get_by_index(0).expect("text")).unwrap_or_default()
    }

    pub(super) async fn number(&self, sql: &str) -> i64 {
        let statement = Statement::from_string(self.db.read().get_database_backend(), sql);
        let row = self.db.read().query_one_raw(statement).await.expect(sql).expect("a row");
        row.try_get_by_index(0).expect("a number")
    }

    /// Answers a request.
    pub(super) async fn ask(&self, viewer: &Viewer, query: &str, variables: Value) -> Value {
        let is_query = query.starts_with('{') || query.starts_with("query");
        let batches = if is_query { Batches::default() } else { Batches::forgetting() };
        let scope =
            RequestScope { viewer: Arc::new(viewer.clone()), batches, ..RequestScope::default() };
        let request = Request::new(query).variables(Variables::from_json(variables)).data(scope.clone());
        let response = drive(scope.batches, self.subgraph.execute(request)).await;
        serde_json::to_value(response).expect("JSON")
    }

    /// The payload of the one mutation of a document, or its only field.
    pub(super) async fn payload(&self, viewer: &Viewer, query: &str, variables: Value) -> Value {
        let mut answer = self.ask(viewer, query, variables).await;
        assert_eq!(answer.get("errors"), None, "{query}: {answer}");
        let data = answer["data"].as_object_mut().expect("data");
        data.iter_mut().next().map(|(_, value)| value.take()).expect("a field")
    }

    /// The codes of a payload's expected failures.
    pub(super) fn codes(payload: &Value) -> Vec<String> {
        let errors = payload["userErrors"].as_array().into_iter().flatten();
        errors.map(|error| error["code"].as_str().expect("a code").to_owned()).collect()
    }

    /// The ids of an order's lines, in order.
    pub(super) async fn lines(&self, id: OrderId) -> Vec<String> {
        let rows = entities::orders::line::of_orders(self.db.read(), &[id]).await.expect("lines");
        rows.iter().map(|line| line.id.to_string()).collect()
    }

    /// The sellers of an order's lines, in order.
    pub(super) async fn sellers(&self, id: OrderId) -> Vec<SellerId> {
        let rows = entities::orders::line::of_orders(self.db.read(), &[id]).await.expect("lines");
        rows.iter().map(|line| line.seller_id).collect()
    }

    /// Ships units of one line as staff.
    pub(super) async fn ship(&self, viewer: &Viewer, id: OrderId, line: &str, units: i32) -> Value {
        const SHIP: &str = "mutation($id: ID!, $lines: [LineQuantity!]!) { orderFulfil(id: $id, lines: \
            $lines, carrier: \"Post\", trackingNumber: \"1\") { order { state version } userErrors { \
            code field message } } }";
        let lines = json!([{ "lineId": line, "quantity": units }]);
        self.payload(viewer, SHIP, json!({ "id": id, "lines": lines })).await
    }
}

pub(super) fn address() -> PostalAddress {
    PostalAddress {
        name: "Ada Example".to_owned(),
        lines: vec!["Main Street 1".to_owned()],
        city: "Vienna".to_owned(),
        region: None,
        postal_code: Some("1010".to_owned()),
        country: "AT".to_owned(),
        phone: None,
    }
}
