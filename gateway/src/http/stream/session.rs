//! Who is at the other end of a stream, and whether that is still so: a token
//! expires or is revoked while the stream lives.

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kit::{RequestScope, Viewer};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::time::{Instant, sleep_until, timeout};

use crate::http::{
    Front,
    errors::Refusal,
    identity::{self, Caller},
};

/// A look at a token that takes longer is left for the next time.
const LOOK: Duration = Duration::from_secs(5);
/// Without a token there is nothing to look at.
const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Who is at the other end of a stream.
pub(in crate::http) struct Session {
    pub(in crate::http) viewer: Arc<Viewer>,
    pub(in crate::http) token: Option<SecretString>,
    caller: Caller,
    expires: Option<Instant>,
    due: Instant,
}

/// Why a stream may not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Lapse {
    /// The time of the token is over.
    Expired,
    /// The token was taken back, or never was good.
    Revoked,
    /// A fresh token is of someone else, or of other roles: what runs was
    /// allowed to the viewer of before.
    Other,
}

impl Lapse {
    /// In words for the client.
    pub(in crate::http) const fn reason(self) -> &'static str {
        match self {
            Self::Expired => "token expired",
            Self::Revoked => "token revoked",
            Self::Other => "another viewer",
        }
    }
}

impl Session {
    /// Reads the token, if there is one.
    pub(in crate::http) async fn open(
        front: &Front,
        token: Option<SecretString>,
        caller: Caller,
    ) -> Result<Self, Refusal> {
        let viewer = identity::viewer(front, token.as_ref(), &caller).await?;
        Ok(Self::new(front, viewer, token, caller))
    }

    /// The session of a request whose token has been read.
    pub(in crate::http) fn of(front: &Front, scope: &RequestScope) -> Self {
        let (address, user_agent) = (scope.origin.address, scope.user_agent.clone());
        let caller = Caller { address, user_agent };
        Self::new(front, scope.viewer.clone(), scope.token.clone(), caller)
    }

    fn new(front: &Front, viewer: Arc<Viewer>, token: Option<SecretString>, caller: Caller) -> Self {
        let now = Instant::now();
        let expires = token.as_ref().and_then(|token| expiry(token.expose_secret()));
        let expires = expires.map(|seconds| {
            let left = seconds.saturating_mul(1_000).saturating_sub(front.clock.now().0);
            now + Duration::from_millis(u64::try_from(left).unwrap_or_default()).min(NEVER)
        });
        let mut session = Self { viewer, token, caller, expires, due: now };
        session.plan(front);
        session
    }

    /// When the token has to be looked at again.
    pub(in crate::http) const fn due(&self) -> Instant {
        self.due
    }

    /// Looks whether the token is still good. Where that can't be told now, it
    /// is asked again later.
    pub(in crate::http) async fn check(&mut self, front: &Front) -> Result<(), Lapse> {
        let look = identity::viewer(front, self.token.as_ref(), &self.caller);
        let viewer = timeout(LOOK, look).await;
        if let Ok(Err(refusal)) = &viewer
            && refusal.status == StatusCode::UNAUTHORIZED
        {
            let is_over = self.expires.is_some_and(|expires| expires <= Instant::now());
            return Err(if is_over { Lapse::Expired } else { Lapse::Revoked });
        }
        if let Ok(Ok(now)) = viewer
            && !self.is_same(&now)
        {
            return Err(Lapse::Other);
        }
        self.plan(front);
        Ok(())
    }

    /// Goes on with a fresh token of the same viewer.
    pub(in crate::http) async fn renew(
        &mut self,
        front: &Front,
        token: SecretString,
    ) -> Result<(), Lapse> {
        let fresh = timeout(LOOK, Self::open(front, Some(token), self.caller.clone())).await;
        let Ok(Ok(fresh)) = fresh else { return Err(Lapse::Revoked) };
        if !self.is_same(&fresh.viewer) {
            return Err(Lapse::Other);
        }
        *self = fresh;
        Ok(())
    }

    /// Whether it is the same person with the same roles.
    fn is_same(&self, viewer: &Viewer) -> bool {
        viewer.account == self.viewer.account && viewer.roles == self.viewer.roles
    }

    fn plan(&mut self, front: &Front) {
        let now = Instant::now();
        self.due = match (&self.token, &front.ports) {
            (Some(_), Some(_)) => {
                let regular = now + front.realtime.token_check;
                self.expires.filter(|expires| *expires > now).map_or(regular, |end| end.min(regular))
            }
            _ => now + NEVER,
        };
    }
}

/// Waits until the session's token is no longer good.
pub(super) async fn lapsed(front: &Front, mut session: Session) -> Lapse {
    loop {
        sleep_until(session.due()).await;
        if let Err(lapse) = Box::pin(session.check(front)).await {
            return lapse;
        }
    }
}

/// The claim `exp` of a JWT, in seconds. Only tells when to look again: whether
/// a token is good is for `Identity` to say.
fn expiry(token: &str) -> Option<i64> {
    #[derive(Deserialize)]
    struct Claims {
        exp: i64,
    }
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Claims>(&claims).ok().map(|claims| claims.exp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expiry_of_a_token_is_read_where_there_is_one() {
        let token = |claims: &str| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));

        assert_eq!(expiry(&token(r#"{"sub":"7","exp":1800000000}"#)), Some(1_800_000_000));
        assert_eq!(expiry(&token(r#"{"sub":"7"}"#)), None);
        assert_eq!(expiry("opaque"), None);
        assert_eq!(expiry("a.b!.c"), None);
    }
}
