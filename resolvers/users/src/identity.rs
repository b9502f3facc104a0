//! The ports that other modules and the gateway ask: who stands behind a
//! token, and which shop a user runs.

use std::{collections::HashMap, sync::Arc, time::Duration};

use entities::users::{seller, session};
use kit::{
    Clock, Database, Error, Platform, Result, Viewer,
    ids::{AccountId, SellerId, SessionId, UserId},
    ports::{Identity, Sellers},
};
use moka::future::Cache;

use crate::service::Service;

/// How long a session that another instance ended may still be taken for
/// active; this instance's own are forgotten at once.
const MEMORY: Duration = Duration::from_secs(5);
/// Sessions remembered at a time.
const REMEMBERED: u64 = 50_000;

/// Which sessions are active: read by primary key, remembered for seconds.
pub(crate) struct LiveSessions {
    db: Database,
    clock: Arc<dyn Clock>,
    /// The account of a session, `None` when that is not active.
    remembered: Cache<SessionId, Option<AccountId>>,
    /// Ended here: a read that was under way may still remember them as active.
    ended: Cache<SessionId, ()>,
}

impl LiveSessions {
    pub(crate) fn new(platform: &Platform) -> Self {
        let remembered = Cache::builder().max_capacity(REMEMBERED).time_to_live(MEMORY).build();
        let ended = Cache::builder().max_capacity(REMEMBERED).time_to_live(MEMORY * 6).build();
        Self { db: platform.db.clone(), clock: platform.clock.clone(), remembered, ended }
    }

    /// Whether the session is active and the account's.
    async fn is_active(&self, session: SessionId, account: AccountId) -> Result<bool> {
        let read = async {
            let owner = session::account_of(self.db.read(), session, self.clock.now()).await?;
            Ok::<_, Error>(owner)
        };
        let owner = self.remembered.try_get_with(session, read).await;
        if self.ended.contains_key(&session) {
            return Ok(false);
        }
        owner.map(|owner| owner == Some(account)).map_err(|error| Error::clone(&error))
    }

    /// The session has ended; it never becomes active again.
    pub(crate) async fn forget(&self, session: SessionId) {
        self.ended.insert(session, ()).await;
        self.remembered.invalidate(&session).await;
    }
}

#[async_trait::async_trait]
impl Identity for Service {
    async fn viewer(&self, token: &str) -> Result<Viewer> {
        let now = self.clock.now().0.div_euclid(1_000);
        let claims = self.tokens.read(token, now).map_err(refused)?;
        if !self.live.is_active(claims.sid, claims.sub).await? {
            return Err(refused("its session has ended"));
        }
        Ok(Viewer {
            account: Some(claims.sub),
            user: Some(claims.usr),
            session: Some(claims.sid),
            currency: claims.cur.parse().ok(),
            roles: claims.roles,
        })
    }
}

fn refused(reason: &'static str) -> Error {
    tracing::debug!(reason, "access token refused: {reason}");
    Error::Unauthenticated
}

#[async_trait::async_trait]
impl Sellers for Service {
    async fn seller_of(&self, user: UserId) -> Result<Option<SellerId>> {
        Ok(self.sellers_of(&[user]).await?.remove(&user))
    }

    async fn sellers_of(&self, users: &[UserId]) -> Result<HashMap<UserId, SellerId>> {
        let sellers = seller::active_of_users(self.db.read(), users).await?;
        Ok(sellers.into_iter().collect())
    }
}
