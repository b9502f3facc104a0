//! Signing in, staying signed in and signing out.

use std::{sync::Arc, time::Duration};

use entities::users::{
    account, challenge, deletion, erased_login, mailed_token, passkey_challenge, refresh_token, session,
    suspension,
};
use kit::{DateTime, Id as _, RequestScope, Result, Viewer, ids::SessionId};
use sea_orm::{ActiveModelTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _};
use secrecy::SecretString;
use subscriptions::EventLog;
use tokio_util::sync::CancellationToken;

use crate::{
    events::{self, EndReason, SignInFailure},
    failure::{Failure, Refusal},
    roles,
    second_factor::Waiting,
    service::Service,
    tokens::{self, Claims},
    validation::{is_email, normalised_email},
};

/// Between two looks for expired sessions.
const CLEANING: Duration = Duration::from_secs(60 * 60);
/// In milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;
/// Longer user agents are cut.
const MAX_USER_AGENT: usize = 300;

/// A session has begun or goes on.
#[derive(Debug)]
pub(crate) struct SignedIn {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    /// When the access token expires.
    pub(crate) expires_at: DateTime,
    pub(crate) account: account::Details,
}

/// How a sign-in came out.
pub(crate) enum SignIn {
    Done(SignedIn),
    /// The second step is still to come.
    Waits(Waiting),
}

/// A refresh token that is about to be handed out.
#[derive(Clone)]
struct Next {
    hash: String,
    expires_at: DateTime,
}

/// How a refresh came out.
enum Refreshed {
    GoesOn(SessionId, account::Details),
    /// The token was used before: its session has been ended.
    Reused(SessionId),
    Expired,
    NotGood,
}

impl Service {
    /// Begins a session for the account with this email and password. Wrong ones are
    /// slowed down for everybody but who is signed in to the account already.
    pub(crate) async fn sign_in(
        &self,
        email: &str,
        password: SecretString,
        scope: &RequestScope,
    ) -> Result<SignIn, Failure> {
        let email = normalised_email(email);
        let account = match is_email(&email) {
            true => account::by_email(self.db.read(), &email).await.map_err(kit::Error::from)?,
            // Nobody has another, and Postgres refuses to look for some.
            false => None,
        };
        let is_signed_in =
            account.as_ref().is_some_and(|account| scope.viewer.account == Some(account.id));
        let guess = match is_signed_in {
            true => None,
            false => Some(self.guessing.take(&email, scope.origin).await?),
        };
        let hash = account.as_ref().and_then(|account| account.password_hash.clone());
        let is_right = self.passwords.verify(password, hash).await?;
        let known = account.as_ref().map(|account| account.id);
        let Some(account) = account.filter(|_| is_right) else {
            let failed = events::sign_in_failed(known, SignInFailure::BadCredentials, self.clock.now());
            self.append(failed).await?;
            return Err(Refusal::BadCredentials.into());
        };
        if let Some(guess) = guess {
            guess.take_back().await;
        }
        self.after_first_step(account.into(), scope.user_agent.as_deref()).await
    }

    /// Begins a session for somebody who has shown all that it takes. Only they are
    /// told that the account is suspended: to who guesses, a right password of such
    /// an account with a second factor reads as one of any other.
    pub(crate) async fn begin_session(
        &self,
        account: account::Details,
        user_agent: Option<&str>,
    ) -> Result<SignedIn, Failure> {
        let now = self.clock.now();
        let refresh_token = tokens::new_secret()?;
        let next = self.next(&refresh_token, now);
        let session = session::Model {
            id: SessionId::generate(),
            account_id: account.id,
            user_agent: user_agent.map(cleaned),
            created_at: now,
            last_used_at: now,
            expires_at: next.expires_at,
            revoked_at: None,
        };
        let id = session.id;
        self.db
            .transaction(move |transaction| Box::pin(begin(transaction, session.clone(), next.clone())))
            .await??;
        Ok(self.signed_in(id, account, refresh_token, now).await?)
    }

    /// Goes on with the session of a refresh token, which is worth nothing
    /// afterwards. One that comes a second time was stolen, or its successor
    /// was: the session ends for both.
    pub(crate) async fn refresh(&self, refresh_token: &str) -> Result<SignedIn, Failure> {
        let now = self.clock.now();
        let used = tokens::hash_of(refresh_token);
        let refresh_token = tokens::new_secret()?;
        let next = self.next(&refresh_token, now);
        let refreshed = self.db.transaction(move |transaction| {
            Box::pin(refresh(transaction, used.clone(), next.clone(), now))
        });
        match refreshed.await? {
            Refreshed::GoesOn(session, account) => {
                Ok(self.signed_in(session, account, refresh_token, now).await?)
            }
            Refreshed::Reused(session) => {
                self.live.forget(session).await;
                tracing::warn!(session.id = %session, "a used refresh token of {session} came again");
                Err(Refusal::BadRefreshToken.into())
            }
            Refreshed::Expired => Err(Refusal::ExpiredRefreshToken.into()),
            Refreshed::NotGood => Err(Refusal::BadRefreshToken.into()),
        }
    }

    /// Ends one session of the viewer, or all but the present one.
    pub(crate) async fn end_sessions(
        &self,
        viewer: &Viewer,
        id: Option<SessionId>,
    ) -> Result<(), Failure> {
        let account = viewer.require_account()?;
        let which = match (id, viewer.session) {
            (Some(id), _) => session::Which::OneOf(account, id),
            (None, Some(current)) => session::Which::AllBut(account, current),
            (None, None) => session::Which::AllOf(account),
        };
        let now = self.clock.now();
        let ended = self
            .db
            .transaction(move |transaction| Box::pin(end(transaction, which, EndReason::Requested, now)))
            .await?;
        if id.is_some() && ended.is_empty() {
            return Err(Refusal::NoSuchSession.into());
        }
        for session in ended {
            self.live.forget(session).await;
        }
        Ok(())
    }

    fn next(&self, refresh_token: &str, now: DateTime) -> Next {
        let expires_at = now.plus(milliseconds(self.options.refresh_token_lifetime));
        Next { hash: tokens::hash_of(refresh_token), expires_at }
    }

    async fn signed_in(
        &self,
        session: SessionId,
        account: account::Details,
        refresh_token: String,
        now: DateTime,
    ) -> Result<SignedIn> {
        let issued = now.0.div_euclid(1_000);
        let expires = issued.saturating_add(milliseconds(self.options.access_token_lifetime) / 1_000);
        let claims = Claims {
            iss: self.options.issuer.clone(),
            aud: self.options.audience.clone(),
            sub: account.id,
            usr: account.user_id,
            sid: session,
            roles: roles::from_text(&account.roles)?,
            cur: account.currency.clone(),
            iat: issued,
            exp: expires,
            nbf: None,
        };
        let access_token = self.tokens.sign(&claims).await?;
        let expires_at = DateTime(expires.saturating_mul(1_000));
        Ok(SignedIn { access_token, refresh_token, expires_at, account })
    }
}

/// Deletes expired sessions now and then until `stop`.
pub(crate) async fn forget_expired(service: Arc<Service>, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(CLEANING)).await.is_some() {
        let now = service.clock.now();
        let cleaned = service.db.transaction(move |transaction| {
            Box::pin(async move {
                refresh_token::delete_expired(transaction, now).await?;
                mailed_token::delete_expired(transaction, now).await?;
                challenge::delete_before(transaction, now.plus(-DAY)).await?;
                passkey_challenge::delete_expired(transaction, now).await?;
                erased_login::delete_expired(transaction, now).await?;
                Ok(session::delete_expired(transaction, now).await?)
            })
        });
        match cleaned.await {
            Ok(count) => tracing::debug!(sessions.deleted = count, "deleted {count} expired sessions"),
            Err(error) => tracing::error!(?error, "expired sessions can't be deleted, trying again"),
        }
    }
}

async fn begin(
    transaction: &DatabaseTransaction,
    session: session::Model,
    next: Next,
) -> Result<Result<(), Refusal>> {
    let event = events::session_started(session.account_id, session.id, session.created_at);
    if !deletion::is_open(transaction, session.account_id, session.created_at).await? {
        return match suspension::is_set(transaction, session.account_id).await? {
            true => Ok(Err(Refusal::Suspended)),
            false => Err(kit::Error::Unauthenticated),
        };
    }
    let id = session.id;
    session::Entity::insert(session.into_active_model().reset_all())
        .exec_without_returning(transaction)
        .await?;
    add_token(transaction, id, next).await?;
    EventLog::append(transaction, event).await?;
    Ok(Ok(()))
}

async fn refresh(
    transaction: &DatabaseTransaction,
    used: String,
    next: Next,
    now: DateTime,
) -> Result<Refreshed> {
    let Some(token) = refresh_token::by_hash(transaction, &used).await? else {
        return Ok(Refreshed::NotGood);
    };
    if token.expires_at <= now {
        return Ok(Refreshed::Expired);
    }
    let session = token.session_id;
    if !refresh_token::take(transaction, &used, now).await? {
        end(transaction, session::Which::One(session), EndReason::TokenReused, now).await?;
        return Ok(Refreshed::Reused(session));
    }
    let Some(account) = session::renew(transaction, session, now, next.expires_at).await? else {
        return Ok(Refreshed::NotGood);
    };
    if !deletion::is_open(transaction, account, now).await? {
        return Ok(Refreshed::NotGood);
    }
    add_token(transaction, session, next).await?;
    let found = account::by_ids(transaction, &[account], account::Scope::Own(account)).await?;
    let account = found.into_iter().next();
    Ok(account.map_or(Refreshed::NotGood, |account| Refreshed::GoesOn(session, account)))
}

pub(crate) async fn end(
    transaction: &DatabaseTransaction,
    which: session::Which,
    reason: EndReason,
    now: DateTime,
) -> Result<Vec<SessionId>> {
    let ended = session::end(transaction, which, now).await?;
    for session in &ended {
        let event = events::session_revoked(session.account_id, session.id, reason, now);
        EventLog::append(transaction, event).await?;
    }
    Ok(ended.into_iter().map(|session| session.id).collect())
}

async fn add_token(transaction: &DatabaseTransaction, session: SessionId, next: Next) -> Result<()> {
    let row = refresh_token::Model {
        hash: next.hash,
        session_id: session,
        expires_at: next.expires_at,
        used_at: None,
    };
    refresh_token::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

fn cleaned(user_agent: &str) -> String {
    user_agent.chars().filter(|letter| !letter.is_control()).take(MAX_USER_AGENT).collect()
}

pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
