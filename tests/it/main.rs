//! Everything through the front door: one binary, a gateway and a database per
//! test.

mod accounts;
mod database;
mod events;
mod graph;
mod http;
mod notifications;
mod remote;
mod schema;
mod shop;
mod statements;
mod suites;
mod tidy;
mod transports;
