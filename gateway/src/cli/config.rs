//! `weft config`: about the configuration.

use clap::Subcommand;

use super::{Failure, out};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print every setting, its default and its meaning, as a Markdown table.
    Reference,
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Reference => out::result(&crate::markdown()),
    }
    Ok(())
}
