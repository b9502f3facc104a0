//! The tables of the webhooks module.

pub mod delivery;
pub mod endpoint;
pub mod secret;
