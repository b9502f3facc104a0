//! The commands of `weft`. Results go to stdout, everything else to stderr.
//! Exit codes: 0 done, 1 failed, 2 asked wrongly.

mod audit;
mod config;
mod data;
mod diff;
mod doctor;
mod events;
mod graph;
mod keys;
mod modules;
mod out;
mod production;
mod progress;
mod schema;
mod serve;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{Config, ConfigError, Sources, StartError, telemetry};

/// Deep documents recurse once a level; unoptimised frames are large.
const STACK: usize = 8 << 20;

/// Weft: one GraphQL graph out of many modules.
///
/// Without a command it serves the graph. Nothing needs to be installed or
/// configured: an embedded database is created and filled with a demo
/// marketplace on the first start.
#[derive(Debug, Parser)]
#[command(name = "weft", version, after_help = EXAMPLES)]
pub struct Cli {
    /// Configuration file; without it `weft.toml` is read if it is there.
    #[arg(long, global = true, value_name = "FILE", env = "WEFT_CONFIG")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  weft                                   serve on http://127.0.0.1:8080, demo data included
  weft serve --port 9000                 serve elsewhere
  weft serve --production                serve strangers: refuses what is unsafe
  weft doctor                            what is configured, reachable, degraded
  weft schema print > schema.graphql     the public schema
  weft schema explain page.graphql       how an operation would run, and what it costs

Settings come from built-in defaults, then weft.toml, then the environment:
  WEFT_DATABASE__URL=postgres://weft:secret@db/weft weft serve --migrate

`weft config reference` lists all of them.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the graph over HTTP (the default).
    Serve(serve::Arguments),
    /// Bring the database's schema up to date.
    Migrate(data::MigrateArguments),
    /// Add the demo marketplace.
    Seed(data::SeedArguments),
    /// Print, compare and explain the graph's schema.
    #[command(subcommand)]
    Schema(schema::Command),
    /// Handlers of events, and their dead letters.
    #[command(subcommand)]
    Events(events::Command),
    /// The keys that sign access tokens.
    #[command(subcommand)]
    Keys(keys::Command),
    /// The audit log.
    #[command(subcommand)]
    Audit(audit::Command),
    /// List the modules: how they are, and where they run.
    Modules,
    /// Tell what is configured, reachable and degraded.
    Doctor,
    /// About the configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// Serve any federated graph, without modules.
    #[command(subcommand)]
    Graph(graph::Command),
}

/// Why a command does not end well.
#[derive(Debug)]
enum Failure {
    /// Asked wrongly: exit code 2.
    Usage(String),
    /// Tried and failed: exit code 1.
    Failed(String),
    /// As `Failed`; everything is said already.
    Said,
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Config(error) => error.into(),
            error => Self::Failed(error.to_string()),
        }
    }
}

/// Runs a command to its end.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    match execute(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Said) => ExitCode::FAILURE,
        Err(Failure::Failed(message)) => {
            out::complain(&message);
            ExitCode::FAILURE
        }
        Err(Failure::Usage(message)) => {
            out::complain(&message);
            ExitCode::from(2)
        }
    }
}

fn execute(cli: Cli) -> Result<(), Failure> {
    let command = cli.command.unwrap_or_else(|| Command::Serve(serve::Arguments::default()));
    if let Command::Config(command) = command {
        return config::run(&command);
    }
    let sources = Sources { file: cli.config, environment: None };
    let config = sources.load()?;
    telemetry::start(&config.telemetry)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK)
        .build()
        .map_err(|error| Failure::Failed(format!("can't start: {error}")))?;
    runtime.block_on(dispatch(command, config, &sources))
}

async fn dispatch(command: Command, config: Config, sources: &Sources) -> Result<(), Failure> {
    match command {
        Command::Serve(arguments) => serve::run(arguments, config, sources).await,
        Command::Migrate(arguments) => data::migrate(&arguments, &config).await,
        Command::Seed(arguments) => data::seed(&arguments, &config).await,
        Command::Schema(command) => schema::run(command, config).await,
        Command::Events(command) => events::run(command, &config).await,
        Command::Keys(command) => keys::run(command, &config).await,
        Command::Audit(command) => audit::run(command, &config).await,
        Command::Modules => modules::run(config).await,
        Command::Doctor => doctor::run(config, sources).await,
        Command::Config(command) => config::run(&command),
        Command::Graph(command) => graph::run(command, config).await,
    }
}
