//! `weft schema`: print, compare and explain the graph's schema. Needs no
//! database: the modules start on an empty one that is thrown away.

use std::{io::Read as _, path::PathBuf};

use async_graphql::{ServerError, Variables};
use clap::{Args, Subcommand};
use secrecy::SecretString;

use super::{Failure, diff, out};
use crate::{App, Config, Extra};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the public schema (SDL).
    Print,
    /// Print the composed supergraph.
    Supergraph,
    /// Print one module's own schema.
    Subgraph {
        /// The module.
        name: String,
    },
    /// Compose the graph and compare its public schema with a file; exit code 1
    /// and a diff when they differ.
    Check {
        /// The expected schema; `-` reads stdin.
        file: PathBuf,
    },
    /// Show how an operation would run: its steps, where each runs, its cost.
    Explain(Explain),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  weft schema explain playground/examples/products/catalogue.graphql
  weft schema explain page.graphql --variables '{\"first\": 100}'
  echo '{ __typename }' | weft schema explain -")]
pub(super) struct Explain {
    /// The document; `-` reads stdin.
    file: PathBuf,
    /// Values for its variables, as JSON.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    variables: String,
    /// Which of its operations.
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
}

pub(super) async fn run(command: Command, mut config: Config) -> Result<(), Failure> {
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::Failed(format!("can't make a temporary folder: {error}")))?;
    config.database.url = SecretString::from(format!("sqlite://{}/empty.db", folder.path().display()));
    config.database.seed_demo = false;
    let app = App::start(config, Extra::default()).await?;
    let outcome = answer(command, &app).await;
    app.stop().await;
    outcome
}

async fn answer(command: Command, app: &App) -> Result<(), Failure> {
    match command {
        Command::Print => out::result(app.engine().sdl()),
        Command::Supergraph => out::result(app.engine().supergraph()),
        Command::Subgraph { name } => out::result(&subgraph(app, &name)?),
        Command::Check { file } => return check(app, &file),
        Command::Explain(arguments) => out::result(&explain(app, arguments).await?),
    }
    Ok(())
}

fn subgraph(app: &App, name: &str) -> Result<String, Failure> {
    let sdls = app.subgraph_sdls();
    let names: Vec<&str> = sdls.iter().map(|(name, _)| *name).collect();
    let known = names.join(", ");
    let found = sdls.into_iter().find(|(module, _)| *module == name);
    found.map(|(_, sdl)| sdl).ok_or_else(|| {
        Failure::Usage(format!("no module `{name}` runs in this process; there are {known}"))
    })
}

fn check(app: &App, file: &PathBuf) -> Result<(), Failure> {
    let expected = read(file)?;
    let Some(difference) = diff::lines(&expected, app.engine().sdl()) else {
        out::say(&format!("the public schema equals {}", file.display()));
        return Ok(());
    };
    out::result(&difference);
    let file = file.display();
    out::complain(&format!(
        "the public schema differs from {file}; if that is meant, run `weft schema print > {file}`"
    ));
    Err(Failure::Said)
}

async fn explain(app: &App, arguments: Explain) -> Result<String, Failure> {
    let query = read(&arguments.file)?;
    let variables: Variables = serde_json::from_str(&arguments.variables)
        .map_err(|error| Failure::Usage(format!("--variables is no JSON object: {error}")))?;
    let name = arguments.operation.as_deref();
    let explanation = app.engine().explain(&query, name, variables).await;
    explanation.map(|explanation| explanation.to_string()).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(told).collect();
        Failure::Failed(format!("{} is refused:\n{}", arguments.file.display(), lines.join("\n")))
    })
}

/// An error with its place in the document.
fn told(error: &ServerError) -> String {
    match error.locations.first() {
        Some(at) => format!("  {}:{} {}", at.line, at.column, error.message),
        None => format!("  {}", error.message),
    }
}

/// A file's text, or stdin's for `-`.
pub(super) fn read(file: &PathBuf) -> Result<String, Failure> {
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    text.map_err(|error| Failure::Usage(format!("can't read {}: {error}", file.display())))
}
