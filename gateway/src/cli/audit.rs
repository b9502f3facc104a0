//! `weft audit`: looks whether anybody has touched the audit log.

use audit::{Verified, VerifyError, verify};
use clap::Subcommand;

use super::{Failure, out};
use crate::{Config, database};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Walk the chain of hashes; fails with the first record that was changed,
    /// removed, moved or cut off.
    Verify,
}

pub(super) async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    let Command::Verify = command;
    let db = database::open(&config.database).await?;
    match verify(db.read(), &config.audit.options()).await {
        Ok(Verified { records, keyed }) => {
            out::result(&format!("{records} records are as they were written, {keyed} of them keyed"));
            Ok(())
        }
        Err(VerifyError::Broken(broken)) => {
            Err(Failure::Failed(format!("the audit log is not whole: {broken}")))
        }
        Err(VerifyError::Database(error)) => {
            Err(Failure::Failed(format!("can't read the audit log: {error}")))
        }
    }
}
