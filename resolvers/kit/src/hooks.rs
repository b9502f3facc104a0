//! Hooks before and after authentication: code of whoever runs the gateway that
//! may refuse somebody, and hears of everybody.

use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use entities::ids::AccountId;
use futures_util::FutureExt as _;
use tokio::time::timeout;

use crate::{Error, RequestScope};

/// How long one hook may take.
const DEADLINE: Duration = Duration::from_secs(2);

/// How somebody wants to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthenticationMethod {
    /// A bearer token at the door, of a request or a stream; looked at again
    /// while a stream lives.
    BearerToken,
    /// Email and password.
    Password,
    /// A passkey that nobody was named to.
    Passkey,
    /// A refresh token.
    RefreshToken,
    /// The second step of a sign-in.
    SecondFactor,
    /// A token that came by mail.
    MailedToken,
    /// An identity elsewhere, such as an OpenID provider.
    External,
}

/// Somebody wants to be known.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// How.
    pub method: AuthenticationMethod,
    /// Whose bearer token it is, which has been read. Of the other methods
    /// nothing has been looked at yet.
    pub account: Option<AccountId>,
    /// Where the request comes from.
    pub address: Option<IpAddr>,
    /// The client's `User-Agent`, as it came.
    pub user_agent: Option<Arc<str>>,
}

/// How an attempt came out.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// What was tried.
    pub attempt: Attempt,
    /// Who it was, or the stable code of why that is not known:
    /// `REFUSED` (by a hook), `MFA_REQUIRED`, or the code that the client is told.
    pub result: Result<AccountId, &'static str>,
}

/// Why a hook lets nobody in.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// It decided so; the caller is shown this message.
    #[error("{0}")]
    Refused(String),
    /// It could not decide; the cause is logged and never shown.
    #[error("a hook failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Code that runs before and after authentication, at most two seconds each
/// time.
#[async_trait::async_trait]
pub trait AuthenticationHook: Send + Sync {
    /// What it is called in the log.
    fn name(&self) -> &'static str;

    /// Before somebody is let in.
    ///
    /// # Errors
    /// Why they are not. One that fails, panics or takes too long lets nobody in.
    async fn before(&self, _attempt: &Attempt) -> Result<(), HookError> {
        Ok(())
    }

    /// After it is decided. One that fails is logged and changes nothing.
    ///
    /// # Errors
    /// What to log.
    async fn after(&self, _outcome: &Authenticated) -> Result<(), HookError> {
        Ok(())
    }
}

/// The hooks of one gateway, in their order. Cheap to clone.
#[derive(Clone, Default)]
pub struct Hooks(Arc<[Arc<dyn AuthenticationHook>]>);

/// Why nobody is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotLetIn {
    /// A hook refused them, with this message.
    Refused(String),
    /// A hook could not decide.
    Unavailable,
}

impl Attempt {
    /// An attempt by whoever makes this request.
    #[must_use]
    pub fn of(scope: &RequestScope, method: AuthenticationMethod) -> Self {
        let (address, user_agent) = (scope.origin.address, scope.user_agent.clone());
        Self { method, account: None, address, user_agent }
    }
}

impl From<NotLetIn> for Error {
    fn from(reason: NotLetIn) -> Self {
        match reason {
            NotLetIn::Refused(_) => Self::Unauthenticated,
            NotLetIn::Unavailable => Self::Unavailable("authentication".into()),
        }
    }
}

impl Hooks {
    /// These hooks.
    #[must_use]
    pub fn new(hooks: Vec<Arc<dyn AuthenticationHook>>) -> Self {
        Self(hooks.into())
    }

    /// Asks each hook, until one refuses.
    ///
    /// # Errors
    /// Why nobody is let in.
    pub async fn before(&self, attempt: &Attempt) -> Result<(), NotLetIn> {
        for hook in self.0.iter() {
            match bounded(hook.before(attempt)).await {
                Ok(()) => {}
                Err(HookError::Refused(message)) => return Err(NotLetIn::Refused(message)),
                Err(HookError::Failed(cause)) => {
                    let name = hook.name();
                    tracing::error!(hook = name, %cause, "the hook {name} failed: nobody is let in");
                    return Err(NotLetIn::Unavailable);
                }
            }
        }
        Ok(())
    }

    /// Tells each hook.
    pub async fn after(&self, outcome: &Authenticated) {
        for hook in self.0.iter() {
            if let Err(error) = bounded(hook.after(outcome)).await {
                let (name, cause) = (hook.name(), std::error::Error::source(&error));
                tracing::error!(hook = name, %error, ?cause, "the hook {name} failed");
            }
        }
    }
}

/// A hook's answer in time, whatever it does.
async fn bounded(work: impl Future<Output = Result<(), HookError>>) -> Result<(), HookError> {
    match timeout(DEADLINE, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(HookError::Failed("it panicked".into())),
        Err(_) => Err(HookError::Failed(format!("it took longer than {DEADLINE:?}").into())),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Does as it is told, and counts what it hears.
    struct Told(&'static str, AtomicUsize);

    #[async_trait::async_trait]
    impl AuthenticationHook for Told {
        fn name(&self) -> &'static str {
            self.0
        }

        async fn before(&self, _: &Attempt) -> Result<(), HookError> {
            match self.0 {
                "refuses" => Err(HookError::Refused("not on Sundays".to_owned())),
                "fails" => Err(HookError::Failed("no connection".into())),
                "panics" => panic!("a mistake"),
                "sleeps" => std::future::pending().await,
                _ => Ok(()),
            }
        }

        async fn after(&self, outcome: &Authenticated) -> Result<(), HookError> {
            self.1.fetch_add(1, Ordering::SeqCst);
            self.before(&outcome.attempt).await
        }
    }

    fn attempt() -> Attempt {
        Attempt {
            method: AuthenticationMethod::Password,
            account: None,
            address: None,
            user_agent: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_can_not_decide_lets_nobody_in_and_the_others_still_hear_of_it() {
        for (name, decided) in [
            ("agrees", Ok(())),
            ("refuses", Err(NotLetIn::Refused("not on Sundays".to_owned()))),
            ("fails", Err(NotLetIn::Unavailable)),
            ("panics", Err(NotLetIn::Unavailable)),
            ("sleeps", Err(NotLetIn::Unavailable)),
        ] {
            let last = Arc::new(Told("agrees", AtomicUsize::new(0)));
            let hooks = Hooks::new(vec![Arc::new(Told(name, AtomicUsize::new(0))), last.clone()]);

            let let_in = hooks.before(&attempt()).await;
            hooks.after(&Authenticated { attempt: attempt(), result: Err("BAD_CREDENTIALS") }).await;

            assert_eq!(let_in, decided, "{name}");
            assert_eq!(last.1.load(Ordering::SeqCst), 1, "{name}");
        }
    }
}
