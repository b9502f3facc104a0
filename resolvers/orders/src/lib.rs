//! Orders: what was bought, by whom, for how much, and what became of it.
#![recursion_limit = "512"]

mod erasure;
mod invoices;
mod lists;
mod loaders;
mod mutations;
mod options;
mod queries;
mod secrets;
mod service;
mod subscriptions;
mod types;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use kit::{
    Module, Parts, Platform, Result,
    ports::{Invoices, Payments},
};

pub use crate::options::OrdersOptions;
use crate::{
    mutations::Mutation,
    options::milliseconds,
    queries::Query,
    service::{Service, SettleOrders},
    subscriptions::Subscription,
    types::{Node, StreamEvent},
};

/// The orders module.
pub struct Orders {
    options: OrdersOptions,
}

impl Orders {
    /// The module with these options.
    #[must_use]
    pub const fn new(options: OrdersOptions) -> Self {
        Self { options }
    }

    async fn service(&self, platform: &Platform) -> Result<Arc<Service>> {
        Ok(Arc::new(Service::open(platform, self.options.clone()).await?))
    }
}

#[async_trait::async_trait]
impl Module for Orders {
    fn name(&self) -> &'static str {
        "orders"
    }

    fn depends_on(&self) -> &'static [&'static str] {
        &["users", "products", "carts", "payments"]
    }

    async fn start(&self, platform: &Platform) -> Result<Parts> {
        let service = self.service(platform).await?;
        platform.ports.get::<dyn Payments>()?.watch(service.clone());
        platform.ports.provide::<dyn Invoices>(service.clone());
        Ok(parts(service, platform))
    }
}

fn parts(service: Arc<Service>, platform: &Platform) -> Parts {
    let schema = kit::schema(Query, Mutation, Subscription)
        .data(platform.db.clone())
        .data(platform.events.clone())
        .data(service.clone())
        .register_output_type::<Node>()
        .register_output_type::<StreamEvent>();
    let erasing = service.clone();
    let erasure = kit::on_erasure("orders.erasure", move |erased| {
        let service = erasing.clone();
        async move { service.erase(erased).await }
    });
    let worker = service.clone().work(platform.stop.clone());
    Parts::new(kit::finish(schema))
        .handler(erasure)
        .handler(Arc::new(SettleOrders(service)))
        .worker("orders.worker", worker)
}
