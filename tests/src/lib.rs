//! The front-door test kit: a whole gateway per test on a database of its own,
//! clients that speak to it, and servers that tests need.

mod app;
mod client;
pub mod peers;
pub mod postgres;
mod probe;
mod process;
pub mod redis;
mod socket;
mod sql;
mod template;

pub use app::{Served, TestApp, on_each_database, on_each_database_with};
pub use client::{Answer, Client};
pub use probe::{Happening, Probe};
pub use process::Process;
pub use socket::Socket;
pub use sql::{execute, number};
pub use template::seeded_postgres;
