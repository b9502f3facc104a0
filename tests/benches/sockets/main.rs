//! Ten thousand WebSocket subscribers of one server: what a connection costs in
//! memory, and how long an event takes to the last of them; for Weft, and for a
//! server that does nothing but broadcast, as the limit.
//!
//! `cargo bench -p tests --bench sockets`, or with `-- --sockets 1000 --events 5`
//! for a quick look.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

mod bare;
mod clients;
mod process;
mod weft;

use std::{process::ExitCode, time::Duration};

use clients::Clients;
use process::Server;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Subscribers of one topic where there are many topics.
const FEW: usize = 10;

/// One line of the table.
struct Row {
    title: &'static str,
    /// Of resident memory, each connection.
    bytes: u64,
    all: Vec<Duration>,
    few: Vec<Duration>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    if let Some(port) = value("--serve-weft") {
        return gateway::cli::run(clap::Parser::parse_from(["weft", "serve", "--port", &port]));
    }
    if let Some(port) = value("--serve-bare") {
        return bare::serve(port.parse().expect("a port"));
    }
    if arguments.iter().any(|argument| argument == "--test") {
        // `cargo test --benches` only wants to know that it starts.
        return ExitCode::SUCCESS;
    }
    let sockets = value("--sockets").and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let events = value("--events").and_then(|text| text.parse().ok()).unwrap_or(30);
    process::pin_to_core(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(sockets, events));
    ExitCode::SUCCESS
}

async fn run(sockets: usize, events: usize) {
    let rows = [
        told(bare::measure(sockets, events).await),
        told(weft::measure(sockets, events, weft::Who::Guests).await),
        told(weft::measure(sockets, events, weft::Who::Customers).await),
    ];
    println!(
        "\n| {sockets} sockets | memory a connection | 1 event to all: p50 | p99 | 1 of {} topics: p50 | p99 |\n\
         |---|---|---|---|---|---|",
        sockets / FEW
    );
    let base = &rows[0];
    for row in &rows {
        let cell = |times: &[Duration], base: &[Duration], part| {
            let (time, base) = (percentile(times, part), percentile(base, part));
            format!("{time:.1} ms ({:.2} ×)", time / base)
        };
        println!(
            "| {} | {:.1} KiB | {} | {} | {} | {} |",
            row.title,
            row.bytes as f64 / 1_024.0,
            cell(&row.all, &base.all, 50),
            cell(&row.all, &base.all, 99),
            cell(&row.few, &base.few, 50),
            cell(&row.few, &base.few, 99),
        );
    }
}

/// A long run is worth something even when it is broken off.
fn told(row: Row) -> Row {
    let (bytes, all, few) = (row.bytes, percentile(&row.all, 50), percentile(&row.few, 50));
    eprintln!("{}: {bytes} bytes, {all:.1} ms, {few:.1} ms", row.title);
    row
}

/// Milliseconds.
fn percentile(times: &[Duration], part: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() * part / 100).min(sorted.len() - 1);
    sorted[at].as_secs_f64() * 1e3
}

/// What the connections of these clients cost the server, each.
async fn cost(server: &Server, before: u64, clients: &Clients) -> u64 {
    // Late garbage of the handshakes goes meanwhile.
    tokio::time::sleep(Duration::from_secs(2)).await;
    server.resident().saturating_sub(before) / clients.len() as u64
}
