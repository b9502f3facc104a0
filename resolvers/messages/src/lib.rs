//! Messages: conversations between members, what is said in them, how far
//! everybody has read, and who wants to hear nothing of whom.
#![recursion_limit = "512"]

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

use kit::{Module, Parts, Platform, Result};

use crate::{
    mutations::Mutation,
    queries::Query,
    service::{ReleaseFiles, Service},
    subscriptions::Subscription,
    types::{Node, StreamEvent},
};

/// The messages module.
pub struct Messages;

#[async_trait::async_trait]
impl Module for Messages {
    fn name(&self) -> &'static str {
        "messages"
    }

    fn depends_on(&self) -> &'static [&'static str] {
        &["users"]
    }

    async fn start(&self, platform: &Platform) -> Result<Parts> {
        let service = Arc::new(Service::new(platform)?);
        let schema = kit::schema(Query, Mutation, Subscription)
            .data(platform.db.clone())
            .data(platform.events.clone())
            .data(service.clone())
            .register_output_type::<Node>()
            .register_output_type::<StreamEvent>();
        let erasing = service.clone();
        let erasure = kit::on_erasure("messages.erasure", move |erased| {
            let service = erasing.clone();
            async move { service.erase(erased).await }
        });
        let deliveries = service.clone().write_deliveries(platform.stop.clone());
        Ok(Parts::new(kit::finish(schema))
            .handler(erasure)
            .handler(Arc::new(ReleaseFiles(service)))
            .worker("messages.deliveries", deliveries))
    }
}
