//! The keys of access tokens: one signs, former ones verify until the last token
//! they signed has expired. Every instance follows a rotation by itself.

mod ring;
mod stored;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use jsonwebtoken::EncodingKey;
use kit::{Clock, Database, Error, Platform, Result};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

pub(crate) use ring::Ring;
pub use ring::generate;
pub(crate) use stored::shared_secret;
#[cfg(test)]
pub(crate) use stored::sweep;
pub use stored::{KeyState, KeyUse, list, rotate};

use crate::UsersOptions;

/// Between two readings of the keys.
const READING: Duration = Duration::from_secs(5);
/// Between two readings that tokens of unknown keys ask for.
const PAUSE: Duration = Duration::from_millis(250);
/// How old the published keys may be.
const PUBLISHED: Duration = Duration::from_secs(1);

/// The keys of this instance.
pub(crate) struct Keys {
    source: Source,
    clock: Arc<dyn Clock>,
    ring: RwLock<Arc<Ring>>,
    /// Held by the one that reads.
    reading: Mutex<()>,
}

/// Where the keys come from.
enum Source {
    /// They are as they were at the start.
    Configuration,
    Database(Database),
}

impl Keys {
    /// The configured keys, or else those of the database.
    pub(crate) async fn open(options: &UsersOptions, platform: &Platform) -> Result<Self> {
        let (source, ring) = match &options.signing_key_pem {
            Some(pem) => {
                let ring = Ring::configured(pem, &options.verifying_keys_pem);
                (Source::Configuration, ring.map_err(Error::internal)?)
            }
            None => {
                let read_at = Instant::now();
                let rows = stored::read(&platform.db, platform.clock.as_ref()).await?;
                (Source::Database(platform.db.clone()), Ring::stored(&rows, read_at)?)
            }
        };
        let ring = RwLock::new(Arc::new(ring));
        Ok(Self { source, clock: platform.clock.clone(), ring, reading: Mutex::default() })
    }

    /// The keys as this instance last read them.
    pub(crate) fn known(&self) -> Arc<Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys as of after this call: a token of a key that is not among them is
    /// of no key. However many ask, the database is asked a few times a second.
    pub(crate) async fn read_anew(&self) -> Result<Arc<Ring>> {
        self.read_since(Instant::now()).await
    }

    /// The id and the key to sign with.
    pub(crate) async fn signing<T>(&self, sign: impl FnOnce(&str, &EncodingKey) -> T) -> Result<T> {
        let ring = self.at_most(stored::STALE).await?;
        Ok(sign(&ring.signing.id, &ring.signing.key))
    }

    /// The public keys as a JSON Web Key Set.
    pub(crate) async fn jwks(&self) -> Result<serde_json::Value> {
        let ring = self.at_most(PUBLISHED).await.unwrap_or_else(|error| {
            tracing::warn!(?error, "the signing keys can't be read, those known are published");
            self.known()
        });
        serde_json::to_value(ring.jwks(self.clock.now())).map_err(Error::internal)
    }

    async fn at_most(&self, age: Duration) -> Result<Arc<Ring>> {
        match Instant::now().checked_sub(age) {
            Some(oldest) => self.read_since(oldest).await,
            None => Ok(self.known()),
        }
    }

    /// The keys as some reading found them that began after `moment`.
    async fn read_since(&self, moment: Instant) -> Result<Arc<Ring>> {
        let known = self.known();
        let Source::Database(db) = &self.source else { return Ok(known) };
        if known.read_at > moment {
            return Ok(known);
        }
        let _turn = self.reading.lock().await;
        let known = self.known();
        if known.read_at > moment {
            return Ok(known);
        }
        tokio::time::sleep(PAUSE.saturating_sub(known.read_at.elapsed())).await;
        let read_at = Instant::now();
        let ring = Arc::new(Ring::stored(&stored::read(db, self.clock.as_ref()).await?, read_at)?);
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring.clone();
        Ok(ring)
    }
}

/// Follows rotations, and deletes keys that verify no more, until `stop`.
pub(crate) async fn follow(keys: Arc<Keys>, stop: CancellationToken) {
    let Source::Database(db) = &keys.source else { return stop.cancelled().await };
    while stop.run_until_cancelled(tokio::time::sleep(READING)).await.is_some() {
        let read = async {
            let (ring, now) = (keys.read_anew().await?, keys.clock.now());
            if ring.has_expired(now) { stored::sweep(db, now).await } else { Ok(()) }
        };
        if let Err(error) = read.await {
            tracing::error!(?error, "the signing keys can't be read, trying again");
        }
    }
}

/// Why configured keys can't be used, for an operator; never the keys.
///
/// # Errors
/// Which setting is wrong.
pub fn check(options: &UsersOptions) -> Result<Vec<KeyState>, &'static str> {
    let configured = options.signing_key_pem.as_ref();
    let others = ring::public_keys(&options.verifying_keys_pem);
    let others = others.map_err(|_| "auth.verifying_keys: not a list of Ed25519 public keys in PEM")?;
    let Some(pem) = configured else {
        return match others.is_empty() {
            true => Ok(Vec::new()),
            false => {
                Err("auth.verifying_keys: needs auth.signing_key, keys of the database verify anyway")
            }
        };
    };
    let ring = Ring::configured(pem, "");
    let ring = ring.map_err(|_| "auth.signing_key: not an Ed25519 private key (PKCS #8, PEM)")?;
    let state = |id, does| KeyState { id, created_at: None, does };
    let signs = state(ring.signing.id, KeyUse::Signs);
    let verify = others.into_iter().filter(|key| key.id != signs.id);
    let verify: Vec<_> = verify.map(|key| state(key.id, KeyUse::Verifies(None))).collect();
    Ok([vec![signs], verify].concat())
}

#[cfg(test)]
impl Keys {
    /// A key that is nowhere but here.
    pub(crate) fn of(pem: &secrecy::SecretString) -> Self {
        let clock = Arc::new(kit::SystemClock);
        let ring = Ring::configured(pem, "").expect("a key of ours");
        let ring = RwLock::new(Arc::new(ring));
        Self { source: Source::Configuration, clock, ring, reading: Mutex::default() }
    }
}
