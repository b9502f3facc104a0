//! A module with the fields that only conformance suites need: one that always
//! fails, one that panics, one that counts. Added by the harness, never by the
//! product.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use async_graphql::{Context, Object, Schema, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt as _, stream};
use kit::{Module, Parts, Platform, Result};

/// The module `probe`.
pub struct Probe;

#[async_trait::async_trait]
impl Module for Probe {
    fn name(&self) -> &'static str {
        "probe"
    }

    async fn start(&self, _: &Platform) -> Result<Parts> {
        let schema = Schema::build(Query, Mutation, Ticks).data(AtomicU64::new(0));
        Ok(Parts::new(kit::finish(schema)))
    }
}

struct Query;

/// Everything that can be read.
#[Object]
impl Query {
    /// Greets.
    async fn hello(
        &self,
        #[graphql(desc = "Whom.", default_with = "\"world\".to_owned()")] name: String,
    ) -> String {
        format!("Hello, {name}!")
    }

    /// Fails whenever it is asked.
    async fn crash(&self) -> async_graphql::Result<Option<String>> {
        Err(kit::Error::internal("crash was asked").into())
    }

    /// Panics whenever it is asked.
    async fn panics(
        &self,
        #[graphql(desc = "How.", default_with = "\"loudly\".to_owned()")] how: String,
    ) -> Option<String> {
        // The branch that is never taken gives the field a value to have.
        if how.is_empty() { None } else { panic!("panics was asked") }
    }
}

/// Something that was made.
#[derive(SimpleObject)]
struct Made {
    /// Counts up.
    id: async_graphql::ID,
    /// As given.
    name: String,
}

struct Mutation;

/// Everything that can be changed.
#[Object]
impl Mutation {
    /// Makes something; each call counts.
    async fn make(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name.")] name: String,
    ) -> Option<Made> {
        let count = ctx.data_unchecked::<AtomicU64>().fetch_add(1, Ordering::SeqCst);
        Some(Made { id: count.into(), name })
    }
}

struct Ticks;

/// Everything that can be followed.
#[Subscription(name = "Subscription")]
impl Ticks {
    /// Counts from 1, to a bound or without end.
    async fn tick(
        &self,
        #[graphql(desc = "The last number.")] to: Option<i32>,
    ) -> impl Stream<Item = i32> {
        let end = to.unwrap_or(i32::MAX);
        stream::iter(1..=end).then(|number| async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            number
        })
    }
}
