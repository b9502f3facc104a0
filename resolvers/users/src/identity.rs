//! The ports that other modules and the gateway ask: who stands behind a
//! token, and which shop a user runs.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use entities::users::{seller, session};
use kit::{
    Clock, Database, Error, Platform, Result, Role, Viewer,
    ids::{AccountId, SellerId, SessionId, UserId},
    ports::{Identity, Sellers},
};
use moka::future::Cache;

use crate::{providers::Distrust, roles, service::Service};

/// How long a session that another instance ended may still be taken for
/// active; this instance's own are forgotten at once.
const MEMORY: Duration = Duration::from_secs(5);
/// Sessions remembered at a time.
const REMEMBERED: u64 = 50_000;

/// Whose a session is, and their roles.
type Owner = (AccountId, Arc<[Role]>);

/// Which sessions are active: read by primary key, remembered for seconds.
pub(crate) struct LiveSessions {
    db: Database,
    clock: Arc<dyn Clock>,
    /// The account of a session and its roles, `None` when it is not active.
    remembered: Cache<SessionId, Option<Owner>>,
    /// Ended here: a read that was under way may still remember them as active.
    ended: Cache<SessionId, ()>,
}

impl LiveSessions {
    pub(crate) fn new(platform: &Platform) -> Self {
        let remembered = Cache::builder().max_capacity(REMEMBERED).time_to_live(MEMORY).build();
        let ended = Cache::builder().max_capacity(REMEMBERED).time_to_live(MEMORY * 6).build();
        Self { db: platform.db.clone(), clock: platform.clock.clone(), remembered, ended }
    }

    /// The roles of the account, as of seconds ago; `None` when the session is
    /// not active, or not the account's.
    async fn roles(&self, session: SessionId, account: AccountId) -> Result<Option<Arc<[Role]>>> {
        let read = async {
            let found = session::account_of(self.db.read(), session, self.clock.now()).await?;
            let Some((owner, roles)) = found else { return Ok(None) };
            Ok::<_, Error>(Some((owner, Arc::from(roles::from_text(&roles)?))))
        };
        let found = self.remembered.try_get_with(session, read).await;
        if self.ended.contains_key(&session) {
            return Ok(None);
        }
        let found = found.map_err(|error| Error::clone(&error))?;
        Ok(found.filter(|(owner, _)| *owner == account).map(|(_, roles)| roles))
    }

    /// Reads a session's roles anew when it is next looked at.
    pub(crate) async fn forget_roles(&self, account: AccountId) {
        let theirs: Vec<SessionId> = self
            .remembered
            .iter()
            .filter(|(_, found)| found.as_ref().is_some_and(|(owner, _)| *owner == account))
            .map(|(session, _)| *session)
            .collect();
        for session in theirs {
            self.remembered.invalidate(&session).await;
        }
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
        if self.providers.issued(token) {
            return self.viewer_from_elsewhere(token).await.map_err(|distrust| match distrust {
                Distrust::NotGood(reason) => refused(reason),
                Distrust::Unknown(error) => error,
            });
        }
        let claims = self.tokens.read(token, self.clock.now()).await?.map_err(refused)?;
        let Some(roles) = self.live.roles(claims.sid, claims.sub).await? else {
            return Err(refused("its session has ended"));
        };
        Ok(Viewer {
            account: Some(claims.sub),
            user: Some(claims.usr),
            session: Some(claims.sid),
            currency: claims.cur.parse().ok(),
            roles: roles.to_vec(),
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

    async fn active_among(&self, shops: &[SellerId]) -> Result<HashSet<SellerId>> {
        Ok(seller::active_among(self.db.read(), shops).await?.into_iter().collect())
    }
}
