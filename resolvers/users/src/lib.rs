//! Users: who somebody is to everyone, their private account, their shop, and
//! the sessions they are signed in with.
#![recursion_limit = "512"]

mod addresses;
mod deletion;
mod demo;
mod erased;
mod events;
mod failure;
mod guesses;
mod guest_carts;
mod hooked;
mod identities;
mod identity;
mod inputs;
pub mod keys;
mod loaders;
mod mailed;
mod mutations;
mod options;
mod passkey_proofs;
mod passkeys;
mod passwords;
mod people;
mod providers;
mod queries;
mod refusals;
mod roles;
mod second_factor;
pub mod seed;
mod service;
mod sessions;
mod suspension;
mod tokens;
mod types;
mod validation;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_graphql::EmptySubscription;
use kit::{
    Module, Parts, Platform, Result,
    ports::{DemoAccounts, Identity, KeySet, MailedTokens, People, Sellers},
};

pub use crate::options::{PasskeyOptions, ProviderOptions, UsersOptions};
use crate::{
    demo::DemoPeople, erased::ErasedLogins, guesses::Guessing, guest_carts::GuestCarts,
    identity::LiveSessions, keys::Keys, mutations::Mutation, passkeys::Passkeys, passwords::Passwords,
    providers::Providers, queries::Query, service::Service, tokens::AccessTokens, types::Node,
};

/// The users module.
pub struct Users {
    options: UsersOptions,
}

impl Users {
    /// The module with these options.
    #[must_use]
    pub const fn new(options: UsersOptions) -> Self {
        Self { options }
    }
}

#[async_trait::async_trait]
impl Module for Users {
    fn name(&self) -> &'static str {
        "users"
    }

    async fn start(&self, platform: &Platform) -> Result<Parts> {
        let options = self.options.clone();
        let keys = Arc::new(Keys::open(&options, platform).await?);
        let tokens = Arc::new(AccessTokens::new(&options, keys.clone()));
        let live = LiveSessions::new(platform);
        let guessing = Guessing::open(platform).await?;
        let providers = Arc::new(Providers::open(&options, platform)?);
        let service = Service {
            db: platform.db.clone(),
            clock: platform.clock.clone(),
            hooks: platform.hooks.clone(),
            passwords: Passwords::new(),
            passkeys: Arc::new(Passkeys::open(&options.passkeys)?),
            options,
            tokens: tokens.clone(),
            live,
            guessing,
            erased: ErasedLogins::open(platform).await?,
            providers: providers.clone(),
            guest_carts: GuestCarts::new(platform.ports.clone()),
        };
        let service = Arc::new(service);

        platform.ports.provide::<dyn Identity>(service.clone());
        platform.ports.provide::<dyn Sellers>(service.clone());
        platform.ports.provide::<dyn MailedTokens>(service.clone());
        platform.ports.provide::<dyn People>(service.clone());
        platform.ports.provide::<dyn KeySet>(tokens);
        platform.ports.provide::<dyn DemoAccounts>(Arc::new(DemoPeople::new(platform.db.clone())));

        let schema = kit::schema(Query, Mutation, EmptySubscription)
            .data(platform.db.clone())
            .data(service.clone())
            .register_output_type::<Node>();
        Ok(Parts::new(kit::finish(schema))
            .health(providers)
            .worker("users.erasure", deletion::run(service.clone(), platform.stop.clone()))
            .worker("users.expired-sessions", sessions::forget_expired(service, platform.stop.clone()))
            .worker("users.signing-keys", keys::follow(keys, platform.stop.clone())))
    }
}
