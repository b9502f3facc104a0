//! What payments add to the graph.

mod loaders;
mod mutations;
mod plans;
mod queries;
mod stubs;
mod subscriptions;
mod types;

pub(crate) use self::{mutations::Mutation, queries::Query, subscriptions::Subscription, types::Node};
