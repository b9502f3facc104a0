//! The catalogue page (20 products with seller, category, first image, rating)
//! three ways on one Postgres: written by hand, as a plain GraphQL schema, and as
//! the federated graph. Server on one core, database and load on the other.
//!
//! `cargo bench -p tests --bench catalogue`, or with `-- --seconds 3 --rounds 1`
//! for a quick look.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

mod engine;
mod handwritten;
mod load;
mod plain;
mod process;

use std::{process::ExitCode, time::Duration};

use load::Round;
use process::Server;
use tests::postgres::Postgres;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The page in GraphQL; the handwritten handler answers the same JSON.
pub(crate) const PAGE: &str = "{ products(first: 20) { nodes { id slug title seller { id name slug } \
    category { id name } images(first: 1) { url(width: 400) alt } rating { average count } } } }";

const CONNECTIONS: usize = 32;
const VARIANTS: [(&str, &str); 4] = [
    ("handwritten", "(a) axum and sqlx, four statements by hand"),
    ("plain", "(b) one async-graphql schema, SeaORM, stock DataLoader of each request"),
    ("plain-shared", "(b') the same, one DataLoader shared by all requests"),
    ("federated", "(c) Weft, two modules in one process"),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    if let (Some(variant), Some(database)) = (value("--serve"), value("--database")) {
        return process::serve(&variant, &database);
    }
    if arguments.iter().any(|argument| argument == "--test") {
        // `cargo test --benches` only wants to know that it starts.
        return ExitCode::SUCCESS;
    }
    let seconds = value("--seconds").and_then(|text| text.parse().ok()).unwrap_or(10);
    let rounds = value("--rounds").and_then(|text| text.parse().ok()).unwrap_or(3);
    // The runtime's threads inherit the core of this one.
    process::pin_to_core(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(Duration::from_secs(seconds), rounds));
    ExitCode::SUCCESS
}

async fn run(time: Duration, rounds: usize) {
    engine::measure().await;
    let Some(postgres) = Postgres::start().await else {
        println!("Postgres is not installed: the page can't be measured");
        return;
    };
    let database = tests::seeded_postgres(&postgres).await;
    let mut servers = Vec::new();
    for (variant, _) in VARIANTS {
        servers.push(Server::start(variant, &database).await);
    }
    let bodies =
        futures_util::future::join_all(servers.iter().map(|server| load::once(server.port))).await;
    // The stock library writes fields in the order in which they are resolved.
    let answers: Vec<serde_json::Value> =
        bodies.iter().map(|body| serde_json::from_str(body).expect("JSON")).collect();
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "the variants answer differently");
    let mut measured: Vec<Vec<Round>> = VARIANTS.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        for (index, server) in servers.iter().enumerate() {
            eprintln!("round {} of {rounds}: {}", round + 1, VARIANTS[index].0);
            // Warm up, then measure.
            load::run(server, CONNECTIONS, time / 5).await;
            measured[index].push(load::run(server, CONNECTIONS, time).await);
        }
    }
    println!(
        "\n| | CPU of the server a request | requests a second | p50 | p99 |\n|---|---|---|---|---|"
    );
    let base = load::median(&measured[0]).cpu;
    for ((_, title), rounds) in VARIANTS.iter().zip(&measured) {
        let round = load::median(rounds);
        println!(
            "| {title} | {:.0} µs ({:.2} × a) | {:.0} | {:.1} ms | {:.1} ms |",
            round.cpu,
            round.cpu / base,
            round.rate,
            round.p50,
            round.p99
        );
    }
}
