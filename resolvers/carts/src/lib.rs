//! Carts: what somebody means to buy, what it costs at present, and what makes it
//! cheaper.
#![recursion_limit = "512"]

mod loaders;
mod mutations;
mod options;
mod pricing;
mod queries;
mod service;
mod subscriptions;
mod types;

use std::sync::Arc;

use kit::{
    Module, Parts, Platform, Result,
    ports::{Carts as CartsPort, GuestCarts, Quotes},
};

pub use crate::options::{CartsOptions, RateOptions};
use crate::{
    mutations::Mutation,
    queries::Query,
    service::{FollowProducts, Service},
    subscriptions::Subscription,
    types::{CartWarning, Node, StreamEvent},
};

/// The carts module.
pub struct Carts {
    options: CartsOptions,
}

impl Carts {
    /// The module with these options.
    #[must_use]
    pub const fn new(options: CartsOptions) -> Self {
        Self { options }
    }
}

#[async_trait::async_trait]
impl Module for Carts {
    fn name(&self) -> &'static str {
        "carts"
    }

    fn depends_on(&self) -> &'static [&'static str] {
        &["products"]
    }

    async fn start(&self, platform: &Platform) -> Result<Parts> {
        let quotes = platform.ports.get::<dyn Quotes>()?;
        let (db, clock) = (platform.db.clone(), platform.clock.clone());
        let service = Arc::new(Service::new(db, clock, quotes, self.options.clone()));
        platform.ports.provide::<dyn CartsPort>(service.clone());
        platform.ports.provide::<dyn GuestCarts>(service.clone());
        let erasing = service.clone();
        let erasure = kit::on_erasure("carts.erasure", move |erased| {
            let service = erasing.clone();
            async move { service.erase(erased).await }
        });
        let schema = kit::schema(Query, Mutation::default(), Subscription)
            .data(platform.events.clone())
            .data(service.clone())
            .register_output_type::<CartWarning>()
            .register_output_type::<Node>()
            .register_output_type::<StreamEvent>();
        Ok(Parts::new(kit::finish(schema))
            .handler(erasure)
            .handler(Arc::new(FollowProducts(service.clone())))
            .worker("carts.expiry", service::run_expiry(service, platform.stop.clone())))
    }
}
