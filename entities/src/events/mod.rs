//! The event log's tables.

pub mod event;
pub mod floor;
pub mod handler;
pub mod retry;
