//! Everything through the front door: one binary, a gateway and a database per
//! test.

mod accounts;
mod database;
mod events;
mod example_client;
mod fanout;
mod files;
mod graph;
mod http;
mod instances;
mod log;
mod messages;
mod notifications;
mod persisted;
mod progress;
mod remote;
mod resume;
mod schema;
mod shop;
mod statements;
mod suites;
mod tidy;
mod transports;
mod viewers;
mod webhooks;
