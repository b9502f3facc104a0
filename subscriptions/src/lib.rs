//! The event log: facts are written in the transaction that makes them true,
//! and every reader follows the one log in one order.

mod event;
mod log;
mod reader;

pub use event::{Event, NewEvent, Position};
pub use log::{EventLog, LogError, LogOptions};
