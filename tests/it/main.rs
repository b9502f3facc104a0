//! Everything through the front door: one binary, a gateway and a database per
//! test.

mod events;
mod graph;
mod http;
mod remote;
mod schema;
mod statements;
mod suites;
mod tidy;
