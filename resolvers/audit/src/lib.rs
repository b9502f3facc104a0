//! Audit: who did what, in a log that is only added to and whose records each
//! carry the hash of the one before.
#![recursion_limit = "512"]

mod chain;
mod graph;
mod loaders;
mod seal;
mod verify;

use std::sync::Arc;

use async_graphql::{EmptyMutation, EmptySubscription};
use kit::{Module, Parts, Platform, Result};
use secrecy::SecretString;

pub use crate::verify::{Broken, Verified, VerifyError, verify};
use crate::{
    chain::Chain,
    graph::{Node, Query},
    seal::Seal,
};

/// Options of the audit module; the defaults need no set-up.
#[derive(Clone, Default)]
pub struct AuditOptions {
    /// Keys the hashes, so that who can write the database can't forge them.
    pub key: Option<SecretString>,
}

/// The audit module.
pub struct Audit {
    options: AuditOptions,
}

impl Audit {
    /// The module with these options.
    #[must_use]
    pub const fn new(options: AuditOptions) -> Self {
        Self { options }
    }
}

#[async_trait::async_trait]
impl Module for Audit {
    fn name(&self) -> &'static str {
        "audit"
    }

    async fn start(&self, platform: &Platform) -> Result<Parts> {
        let chain = Arc::new(Chain::new(platform, Seal::new(&self.options)));
        let schema = kit::schema(Query, EmptyMutation, EmptySubscription)
            .data(platform.db.clone())
            .register_output_type::<Node>();
        Ok(Parts::new(kit::finish(schema))
            .health(chain.clone())
            .worker(chain::NAME, chain::run(chain, platform.stop.clone())))
    }
}
