//! Ways to sign in, with the hooks of whoever runs the gateway before and after.

use kit::{Attempt, Authenticated, Error, NotLetIn};

use crate::{
    failure::{Failure, Refusal},
    refusals::code,
    service::Service,
    sessions::SignIn,
};

impl Service {
    /// Lets the hooks decide whether the sign-in is tried at all, and tells them
    /// how it came out.
    pub(crate) async fn with_hooks(
        &self,
        attempt: Attempt,
        sign_in: impl Future<Output = Result<SignIn, Failure>>,
    ) -> Result<SignIn, Failure> {
        let outcome = match self.hooks.before(&attempt).await {
            Ok(()) => sign_in.await,
            Err(NotLetIn::Refused(message)) => Err(Refusal::NotLetIn(message).into()),
            Err(reason @ NotLetIn::Unavailable) => Err(Error::from(reason).into()),
        };
        let result = match &outcome {
            Ok(SignIn::Done(signed_in)) => Ok(signed_in.account.id),
            Ok(SignIn::Waits(_)) => Err("MFA_REQUIRED"),
            Err(Failure::Refused(refusals)) => Err(refusals.first().cloned().map_or("REFUSED", code)),
            Err(Failure::Broken(error)) => Err(error.code()),
        };
        self.hooks.after(&Authenticated { attempt, result }).await;
        outcome
    }
}
