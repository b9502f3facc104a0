//! The event log's table.

pub mod event;
