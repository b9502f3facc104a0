//! Notifications: what accounts are told, in their feed, by mail and by push.
//! Who is told what follows from facts alone (see `kinds.rs`).
#![recursion_limit = "512"]

mod channels;
mod deliveries;
mod devices;
mod erasure;
mod files;
mod handler;
mod kinds;
mod loaders;
mod mail;
mod mutations;
mod options;
mod preferences;
mod push;
mod queries;
mod retention;
pub mod seed;
mod service;
mod subscriptions;
mod texts;
mod types;
mod unsubscribe;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use entities::notifications::delivery::Channel;
use kit::{Module, Parts, Platform, Result, ports::Unsubscribe};

pub use crate::options::{MailOptions, NotificationsOptions, PushOptions};
use crate::{
    deliveries::Outsides,
    handler::Teller,
    mutations::Mutation,
    queries::Query,
    service::Service,
    subscriptions::Subscription,
    types::{Node, StreamEvent},
};

/// The notifications module.
pub struct Notifications {
    options: NotificationsOptions,
}

impl Notifications {
    /// The module with these options.
    #[must_use]
    pub const fn new(options: NotificationsOptions) -> Self {
        Self { options }
    }
}

#[async_trait::async_trait]
impl Module for Notifications {
    fn name(&self) -> &'static str {
        "notifications"
    }

    fn depends_on(&self) -> &'static [&'static str] {
        &["users"]
    }

    async fn start(&self, platform: &Platform) -> Result<Parts> {
        let service = Arc::new(Service::open(platform, self.options.clone()).await?);
        platform.ports.provide::<dyn Unsubscribe>(service.clone());
        let schema = kit::schema(Query, Mutation, Subscription)
            .data(platform.events.clone())
            .data(service.clone())
            .register_output_type::<Node>()
            .register_output_type::<StreamEvent>();
        let deliver = |channel| deliveries::run(service.clone(), channel, platform.clone());
        Ok(Parts::new(kit::finish(schema))
            .worker("notifications.mails", deliver(Channel::Email))
            .worker("notifications.pushes", deliver(Channel::Push))
            .worker("notifications.retention", retention::run(service.clone(), platform.stop.clone()))
            .health(Arc::new(Outsides(service.clone())))
            .handler(Arc::new(Teller(service))))
    }
}
