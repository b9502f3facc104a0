//! `weft keys`: the keys that sign access tokens, and the next one.

use clap::{Args, Subcommand};
use kit::{DateTime, SystemClock};
use users::keys::{self, KeyState, KeyUse};

use super::{Failure, out};
use crate::{Config, database};

/// What to do instead of `rotate` with a configured key.
const CONFIGURED: &str = "auth.signing_key is configured, so the configuration rotates it:
  1. add the next key's public half to auth.verifying_keys and restart every instance
     (`openssl pkey -in next.pem -pubout`; several keys stand one after the other)
  2. set auth.signing_key to the next key, add the former one's public half to auth.verifying_keys,
     and restart every instance
  3. after auth.access_token_lifetime take the former one's out again";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The keys that sign or verify now.
    List,
    /// Have a new key sign from now on. Instances follow by themselves; tokens of
    /// the old one are good until they expire.
    Rotate(RotateArguments),
}

#[derive(Debug, Args)]
pub(super) struct RotateArguments {
    /// Refuse the old keys' tokens within seconds, because somebody else has a key:
    /// clients have to refresh.
    #[arg(long)]
    at_once: bool,
}

pub(super) async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    let options = config.auth.users(&config.server)?;
    let configured = keys::check(&options).unwrap_or_default();
    match command {
        Command::List if !configured.is_empty() => {
            out::result(&table(&configured));
            Ok(())
        }
        Command::Rotate(_) if !configured.is_empty() => Err(Failure::Usage(CONFIGURED.to_owned())),
        Command::List => {
            let db = database::without_demo(config).await?;
            let keys = keys::list(&db, &SystemClock).await.map_err(|error| failed(&error))?;
            match keys.is_empty() {
                true => out::say("no key yet: the first one is made when an instance starts"),
                false => out::result(&table(&keys)),
            }
            Ok(())
        }
        Command::Rotate(RotateArguments { at_once }) => {
            let db = database::without_demo(config).await?;
            let lifetime = options.access_token_lifetime;
            let rotated = keys::rotate(&db, &SystemClock, lifetime, at_once).await;
            let id = rotated.map_err(|error| failed(&error))?;
            out::result(&id);
            out::say("this key signs from now on");
            Ok(())
        }
    }
}

fn table(keys: &[KeyState]) -> String {
    let head = ["key", "made", "use"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for key in keys {
        let made = key.created_at.map_or_else(|| "configured".to_owned(), shown);
        let does = match key.does {
            KeyUse::Signs => "signs".to_owned(),
            KeyUse::Verifies(None) => "verifies".to_owned(),
            KeyUse::Verifies(Some(until)) => format!("verifies until {}", shown(until)),
        };
        rows.push(vec![key.id.clone(), made, does]);
    }
    out::table(&rows)
}

fn shown(instant: DateTime) -> String {
    use async_graphql::ScalarType as _;

    match instant.to_value() {
        async_graphql::Value::String(text) => text,
        other => other.to_string(),
    }
}

fn failed(error: &kit::Error) -> Failure {
    let cause = match error {
        kit::Error::Internal(cause) => cause.to_string(),
        error => error.to_string(),
    };
    Failure::Failed(format!("the signing keys can't be changed: {cause}"))
}
