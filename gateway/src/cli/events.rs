//! `weft events`: how far the handlers of events are, and their dead letters.

use clap::{Args, Subcommand};
use entities::time::DateTime;
use kit::{Clock as _, SystemClock};
use subscriptions::{DeadLetter, Handlers};

use super::{Failure, out};
use crate::{Config, database};

/// Dead letters that are shown at once.
const SHOWN: u64 = 100;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// How far every handler is behind, and what it has set aside.
    Handlers,
    /// Events that a handler has given up, with the reason.
    Dead {
        /// Of this handler only.
        handler: Option<String>,
        /// With the events' payloads.
        #[arg(long)]
        payload: bool,
    },
    /// Have a handler try its dead letters again.
    Requeue(Which),
    /// Drop dead letters of a handler for good.
    Discard(Which),
    /// Forget a handler that is no more, so that the log need not keep events for it.
    Forget {
        /// The handler.
        handler: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Which {
    /// The handler.
    handler: String,
    /// The event's number, as `weft events dead` shows it.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    sequence: Option<i64>,
    /// All of its dead letters.
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    let db = database::without_demo(config).await?;
    let handlers = Handlers::new(db.write().clone());
    let failed = |error: sea_orm::DbErr| Failure::Failed(format!("can't read the event log: {error}"));
    match command {
        Command::Handlers => {
            let head = ["handler", "behind", "waiting", "dead", "last moved"];
            let mut rows = vec![head.map(str::to_owned).to_vec()];
            let now = SystemClock.now();
            for lag in handlers.lag().await.map_err(failed)? {
                rows.push(vec![
                    lag.name,
                    lag.behind.to_string(),
                    lag.waiting.to_string(),
                    lag.dead.to_string(),
                    ago(now, lag.moved_at),
                ]);
            }
            out::result(&out::table(&rows));
            Ok(())
        }
        Command::Dead { handler, payload } => {
            let dead = handlers.dead(handler.as_deref(), SHOWN).await.map_err(failed)?;
            if dead.is_empty() {
                out::say("no dead letters");
                return Ok(());
            }
            out::result(&shown(&dead, payload));
            Ok(())
        }
        Command::Requeue(which) => {
            let count = handlers.requeue(&which.handler, which.sequence).await.map_err(failed)?;
            told(count, "will be tried again", &which)
        }
        Command::Discard(which) => {
            let count = handlers.discard(&which.handler, which.sequence).await.map_err(failed)?;
            told(count, "dropped", &which)
        }
        Command::Forget { handler } => match handlers.forget(&handler).await.map_err(failed)? {
            true => {
                out::say(&format!("forgot {handler}"));
                Ok(())
            }
            false => Err(Failure::Failed(format!("there is no handler `{handler}`"))),
        },
    }
}

fn told(count: u64, what: &str, which: &Which) -> Result<(), Failure> {
    if count == 0 {
        let handler = &which.handler;
        return Err(Failure::Failed(format!("`{handler}` has no such dead letter")));
    }
    out::say(&format!("{count} {what}"));
    Ok(())
}

fn shown(dead: &[DeadLetter], payload: bool) -> String {
    let head = ["handler", "sequence", "event", "subject", "attempts", "error"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for letter in dead {
        let event = &letter.event;
        rows.push(vec![
            letter.handler.clone(),
            event.position.sequence.to_string(),
            event.kind.clone(),
            event.subject.clone(),
            letter.attempts.to_string(),
            letter.error.clone(),
        ]);
        if payload {
            rows.push(vec![String::new(), event.payload.to_string()]);
        }
    }
    out::table(&rows)
}

/// A span of time in the largest whole unit.
fn ago(now: DateTime, then: DateTime) -> String {
    let seconds = (now.0 - then.0).max(0) / 1_000;
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}
