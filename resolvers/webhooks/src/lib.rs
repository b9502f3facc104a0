//! Webhooks: third parties are told of public events, signed, in order, and until
//! they have taken them.
#![recursion_limit = "512"]

mod body;
mod graph;
mod options;
mod places;
mod sender;
mod service;
mod signature;
mod worker;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_graphql::EmptySubscription;
use kit::{Module, Parts, Platform, Result};

pub use crate::options::{Resolver, SystemResolver, WebhooksOptions};
use crate::{
    graph::{Mutation, Node, Query},
    service::Service,
    worker::Deliveries,
};

/// The webhooks module.
pub struct Webhooks {
    options: WebhooksOptions,
}

impl Webhooks {
    /// The module with these options.
    #[must_use]
    pub const fn new(options: WebhooksOptions) -> Self {
        Self { options }
    }
}

#[async_trait::async_trait]
impl Module for Webhooks {
    fn name(&self) -> &'static str {
        "webhooks"
    }

    async fn start(&self, platform: &Platform) -> Result<Parts> {
        let service = Arc::new(Service::new(platform, self.options.clone())?);
        let schema = kit::schema(Query, Mutation, EmptySubscription)
            .data(service.clone())
            .register_output_type::<Node>();
        Ok(Parts::new(kit::finish(schema))
            .handler(Arc::new(Deliveries(service.clone())))
            .worker("webhooks.send", worker::run(service, platform.stop.clone())))
    }
}
