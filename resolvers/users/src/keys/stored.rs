//! The keys in the database: made once, rotated by hand, swept when their last
//! token has expired.

use std::time::Duration;

use entities::users::{signing_key, token_key};
use kit::{Clock, Database, DateTime, Error, Result};
use secrecy::SecretString;

use super::ring;
use crate::{sessions::milliseconds, tokens};

/// What the keys sign.
const PURPOSE: &str = "access-tokens";
/// How long an instance may sign with a key after it was retired: it reads the
/// keys anew before it signs with older knowledge.
pub(super) const STALE: Duration = Duration::from_secs(60);
/// How far the clocks of two machines may be apart.
const SKEW: Duration = Duration::from_secs(60);

/// A key as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyState {
    /// The `kid` of its tokens.
    pub id: String,
    /// When it was made; `None` for one that is configured.
    pub created_at: Option<DateTime>,
    /// What it does.
    pub does: KeyUse,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// It signs new tokens.
    Signs,
    /// It verifies tokens, until its last one has expired; `None` as long as it is
    /// configured.
    Verifies(Option<DateTime>),
}

/// All keys, the newest first. On a database that has none yet, the first one is
/// made.
pub(super) async fn read(db: &Database, clock: &dyn Clock) -> Result<Vec<token_key::Model>> {
    let rows = token_key::all(db.read(), PURPOSE).await?;
    if rows.iter().any(|row| row.retired_at.is_none()) {
        return Ok(rows);
    }
    let pem = match signing_key::find(db.write(), PURPOSE).await? {
        // Instances of the last release go on with it.
        Some(known) => known.into(),
        None => ring::generate()?,
    };
    // Of several instances that start at once, the first to store its key wins.
    let first = ring::row(PURPOSE, &pem, clock.now())?;
    token_key::insert_unless_there(db.write(), first).await?;
    Ok(token_key::all(db.write(), PURPOSE).await?)
}

/// A secret that all instances on a database share, made when it is first needed.
pub(crate) async fn shared_secret(
    db: &Database,
    clock: &dyn Clock,
    purpose: &str,
) -> Result<SecretString> {
    let find = async || {
        let rows = token_key::all(db.write(), purpose).await?;
        Ok::<_, Error>(rows.into_iter().find_map(|row| row.private_key_pem).map(SecretString::from))
    };
    if let Some(known) = find().await? {
        return Ok(known);
    }
    let row = token_key::Model {
        id: tokens::new_secret()?,
        purpose: purpose.to_owned(),
        public_key: String::new(),
        private_key_pem: Some(tokens::new_secret()?),
        created_at: clock.now(),
        retired_at: None,
        verifies_until: None,
    };
    token_key::insert_unless_there(db.write(), row).await?;
    find().await?.ok_or_else(|| Error::internal("the secret was not stored"))
}

/// Has a new key sign from now on; answers its id. Former ones verify until the
/// last token they signed has expired, or no more where `at_once`.
///
/// # Errors
/// When the database fails.
pub async fn rotate(
    db: &Database,
    clock: &dyn Clock,
    access_token_lifetime: Duration,
    at_once: bool,
) -> Result<String> {
    // What is there before the first start of an instance is a key, too.
    read(db, clock).await?;
    let now = clock.now();
    let next = ring::row(PURPOSE, &ring::generate()?, now)?;
    let id = next.id.clone();
    let lifetime = if at_once { Duration::ZERO } else { access_token_lifetime + STALE + SKEW };
    let until = now.plus(milliseconds(lifetime));
    db.transaction(move |transaction| {
        let next = next.clone();
        Box::pin(async move {
            if !token_key::retire(transaction, PURPOSE, now, until).await? {
                return Err(Error::internal("another rotation came at the same moment: try again"));
            }
            if at_once {
                token_key::distrust_retired(transaction, PURPOSE, now).await?;
            }
            token_key::insert(transaction, next).await?;
            // Who starts with the last release gets no key that signs no more.
            Ok(signing_key::delete(transaction, PURPOSE).await?)
        })
    })
    .await?;
    tracing::info!(key.id = %id, "{id} signs access tokens from now on");
    Ok(id)
}

/// The keys of a database that verify now.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &Database, clock: &dyn Clock) -> Result<Vec<KeyState>> {
    let now = clock.now();
    let rows = token_key::all(db.read(), PURPOSE).await?;
    let good = rows.into_iter().filter(|row| row.verifies_until.is_none_or(|until| until > now));
    Ok(good
        .map(|row| KeyState {
            id: row.id,
            created_at: Some(row.created_at),
            does: match row.retired_at {
                None => KeyUse::Signs,
                Some(_) => KeyUse::Verifies(row.verifies_until),
            },
        })
        .collect())
}

/// Deletes the keys whose last token has expired.
pub(crate) async fn sweep(db: &Database, now: DateTime) -> Result<()> {
    let deleted = token_key::delete_expired(db.write(), now).await?;
    if deleted > 0 {
        tracing::info!(keys.deleted = deleted, "deleted {deleted} signing keys that verify no more");
    }
    Ok(())
}
