//! Files: what people upload, checked when it arrives, handed out by secret,
//! short-lived addresses, and deleted when it belongs to nothing.
#![recursion_limit = "512"]

mod addresses;
mod erasure;
mod graph;
mod keys;
mod media;
mod names;
mod options;
mod service;
mod store;
mod sweep;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_graphql::EmptySubscription;
use kit::{
    Module, Parts, Platform, Result,
    ports::{FileTransfer, Files as FilesPort},
};

pub use crate::options::{FilesOptions, S3Options, StoreOptions};
use crate::{
    graph::{Mutation, Query},
    service::Service,
};

/// The files module.
pub struct Files {
    options: FilesOptions,
}

impl Files {
    /// The module with these options.
    #[must_use]
    pub const fn new(options: FilesOptions) -> Self {
        Self { options }
    }
}

#[async_trait::async_trait]
impl Module for Files {
    fn name(&self) -> &'static str {
        "files"
    }

    async fn start(&self, platform: &Platform) -> Result<Parts> {
        let service = Arc::new(Service::open(platform, self.options.clone()).await?);
        platform.ports.provide::<dyn FilesPort>(service.clone());
        platform.ports.provide::<dyn FileTransfer>(service.clone());

        let schema = kit::schema(Query, Mutation, EmptySubscription).data(service.clone());
        let erasing = service.clone();
        let erasure = kit::on_erasure("files.erasure", move |erased| {
            let service = erasing.clone();
            async move { service.erase(erased).await }
        });
        Ok(Parts::new(kit::finish(schema))
            .handler(erasure)
            .worker("files.sweep", sweep::run(service.clone(), platform.stop.clone()))
            .health(service))
    }
}
