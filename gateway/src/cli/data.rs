//! `weft migrate` and `weft seed`: the database's shape and its demo data.

use clap::{Args, value_parser};
use kit::seed::Scale;

use super::{Failure, out, progress::Bars};
use crate::{Config, StartError, database};

#[derive(Debug, Args)]
pub(super) struct MigrateArguments {
    /// Only list what would be applied.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Scale 1 is 200 users, 40 sellers, 30 categories, 2,000 products and 10,000 reviews.
The data are the same on every machine; what is there already stays.

Examples:
  weft seed
  weft seed --scale 10")]
pub(super) struct SeedArguments {
    /// How much: everything of scale 1, times this.
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u32).range(1..=1_000))]
    scale: u32,
}

pub(super) async fn migrate(arguments: &MigrateArguments, config: &Config) -> Result<(), Failure> {
    let db = database::open(&config.database).await?;
    let pending = database::pending(&db).await.map_err(|error| Failure::Failed(error.to_string()))?;
    if pending.is_empty() {
        out::say("the database is up to date");
        return Ok(());
    }
    if arguments.dry_run {
        out::result(&pending.join("\n"));
        return Ok(());
    }
    database::migrate(&db).await.map_err(|error| failed("the migration failed", &error))?;
    for name in &pending {
        out::result(&format!("applied {name}"));
    }
    Ok(())
}

pub(super) async fn seed(arguments: &SeedArguments, config: &Config) -> Result<(), Failure> {
    // The demo data are added below, at the scale that was asked for.
    let db = database::without_demo(config).await?;
    let had_demo = database::has_demo(&db).await;
    let had_demo = had_demo.map_err(|error| Failure::Failed(error.to_string()))?;

    let bars = Bars::default();
    let scale = Scale(arguments.scale);
    let progress = |what, done, total| bars.show(what, done, total);
    let seeded = database::seed(&db, scale, &progress).await;
    seeded.map_err(|error| failed("the demo data could not be added", &error))?;

    let place = config.database.shown();
    out::say(&match had_demo {
        true => format!("{place} had demo data already; what was missing of them was added"),
        false => format!("added the demo marketplace at scale {} to {place}", scale.0),
    });
    Ok(())
}

fn failed(what: &str, error: &kit::Error) -> Failure {
    let cause = match error {
        kit::Error::Internal(cause) => cause.to_string(),
        error => error.to_string(),
    };
    StartError::Database(format!("{what}: {cause}")).into()
}
