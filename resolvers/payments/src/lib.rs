//! Payments: money taken for orders and given back, by a provider elsewhere or by
//! the sandbox that plays one.
#![recursion_limit = "512"]

mod access;
mod graph;
mod options;
mod plans;
mod provider;
mod service;
mod worker;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws_lc_rs::rand;
use kit::{
    Error, Module, OutsideOptions, Parts, Platform, Result,
    facts::AccountErased,
    ports::{PaymentEvents, Payments as PaymentsPort, Usage},
};
use secrecy::SecretString;

pub use crate::options::{PaymentsOptions, ProviderOptions};
use crate::{
    graph::{Mutation, Node, Query, Subscription},
    plans::Plans,
    provider::{Calls, Provider, sandbox::Sandbox, stripe::Stripe},
    service::Service,
    worker::Rhythm,
};

/// Calls that the breaker looks back at.
const WINDOW: usize = 6;

/// The payments module.
pub struct Payments {
    options: PaymentsOptions,
}

impl Payments {
    /// The module with these options.
    #[must_use]
    pub const fn new(options: PaymentsOptions) -> Self {
        Self { options }
    }
}

#[async_trait::async_trait]
impl Module for Payments {
    fn name(&self) -> &'static str {
        "payments"
    }

    fn depends_on(&self) -> &'static [&'static str] {
        &["users"]
    }

    async fn start(&self, platform: &Platform) -> Result<Parts> {
        let options = &self.options;
        let (provider, sandbox) = provider(platform, options)?;
        let outside = OutsideOptions {
            timeout: options.timeout,
            retries: options.retries,
            window: WINDOW,
            pause: options.pause,
            ..OutsideOptions::default()
        };
        let calls = Calls::new(provider, outside);
        let service = Arc::new(Service::new(platform, calls, options.is_manual, options.keep));
        platform.ports.provide::<dyn PaymentsPort>(service.clone());
        platform.ports.provide::<dyn PaymentEvents>(service.clone());
        let plans = Arc::new(Plans::new(platform, sandbox.is_some()));
        platform.ports.provide::<dyn Usage>(plans.clone());
        let schema = kit::schema(Query, Mutation, Subscription)
            .data(platform.db.clone())
            .data(platform.events.clone())
            .data(service.clone())
            .data(plans.clone())
            .register_output_type::<Node>();
        let rhythm = Rhythm { poll: options.poll, events_poll: options.events_poll };
        let work = worker::run(service.clone(), plans.clone(), sandbox, rhythm, platform.stop.clone());
        let erasure = kit::on_erasure("payments.erasure", move |erased: AccountErased| {
            let (service, plans) = (service.clone(), plans.clone());
            async move {
                plans.erase(erased.account).await?;
                service.erase(erased.account).await
            }
        });
        Ok(Parts::new(kit::finish(schema)).handler(erasure).worker("payments.work", work))
    }
}

type Chosen = (Arc<dyn Provider>, Option<Arc<Sandbox>>);

fn provider(platform: &Platform, options: &PaymentsOptions) -> Result<Chosen> {
    match &options.provider {
        ProviderOptions::Sandbox => {
            let mut secrets = vec![new_secret()?];
            secrets.extend(options.webhook_secrets.iter().cloned());
            let (db, clock) = (platform.db.clone(), platform.clock.clone());
            let sandbox = Arc::new(Sandbox::new(db, clock, secrets));
            Ok((sandbox.clone(), Some(sandbox)))
        }
        ProviderOptions::Stripe { api_base, secret_key } => {
            let stripe = Stripe::new(api_base, secret_key, options.webhook_secrets.clone())?;
            Ok((Arc::new(stripe), None))
        }
    }
}

/// The sandbox signs what it tells by a secret that lives as long as the process.
fn new_secret() -> Result<SecretString> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| Error::internal("no random bytes"))?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(SecretString::from(hex))
}
