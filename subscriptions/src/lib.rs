//! The event log: facts are written in the transaction that makes them true,
//! and every reader follows the one log in one order.

mod act;
mod bus;
mod event;
mod handlers;
mod kinds;
mod listeners;
mod log;
mod reader;
mod relay;
mod retention;

pub use act::Act;
pub use bus::{BusHealth, RedisBus, RedisBusOptions};
pub use event::{Event, Fact, NewEvent, Position};
pub use handlers::{DeadLetter, Handler, HandlerError, HandlerOptions, Handlers, Lag};
pub use kinds::Kinds;
pub use log::{EventLog, LogError, LogOptions};
pub use reader::Following;
