//! Everything through the front door: one binary, a gateway and a database per
//! test.

mod accounts;
mod database;
mod events;
mod example_client;
mod graph;
mod http;
mod instances;
mod limits;
mod log;
mod persisted;
mod progress;
mod remote;
mod schema;
mod shop;
mod statements;
mod suites;
mod tidy;
mod transports;
