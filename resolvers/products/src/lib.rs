//! Products: what is for sale, by whom, for how much, and what buyers say
//! about it.
#![recursion_limit = "512"]

mod lists;
mod loaders;
mod mutations;
mod queries;
pub mod seed;
mod service;
mod subscriptions;
mod types;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ::subscriptions::EventLog;
use kit::{
    Database, Module, Parts, Platform, Result, Subgraph,
    ports::{Offers, Quotes, Stock},
};

use crate::{
    mutations::Mutation,
    queries::Query,
    service::{Purchases, Service},
    subscriptions::Subscription,
    types::{Node, StreamEvent},
};

/// The products module.
pub struct Products;

#[async_trait::async_trait]
impl Module for Products {
    fn name(&self) -> &'static str {
        "products"
    }

    fn depends_on(&self) -> &'static [&'static str] {
        &["users"]
    }

    async fn start(&self, platform: &Platform) -> Result<Parts> {
        let service = Arc::new(Service::new(platform)?);
        platform.ports.provide::<dyn Offers>(service.clone());
        platform.ports.provide::<dyn Quotes>(service.clone());
        platform.ports.provide::<dyn Stock>(service.clone());
        let erasing = service.clone();
        let erasure = kit::on_erasure("products.erasure", move |erased| {
            let service = erasing.clone();
            async move { service.erase(erased).await }
        });
        let subgraph = subgraph(service.clone(), platform.db.clone(), platform.events.clone());
        let expiry = service::stock::expire(service.clone(), platform.stop.clone());
        Ok(Parts::new(subgraph)
            .handler(erasure)
            .handler(Arc::new(Purchases(service.clone())))
            .worker("products.reservations", expiry)
            .worker("products.images", service::images::tidy(service, platform.stop.clone())))
    }
}

fn subgraph(service: Arc<Service>, db: Database, events: EventLog) -> Arc<dyn Subgraph> {
    let schema = kit::schema(Query, Mutation::default(), Subscription)
        .data(db)
        .data(events)
        .data(service)
        .register_output_type::<Node>()
        .register_output_type::<StreamEvent>();
    kit::finish(schema)
}
