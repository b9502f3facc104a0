//! The gateway as a process of its own, for tests that kill it: the binary
//! `weft` under a name that this crate's tests can find.

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gateway::cli::run(gateway::cli::Cli::parse())
}
