//! Changing accounts and sessions: thin, the rules are the service's.

use std::sync::Arc;

use async_graphql::{Context, MaybeUndefined, Object};
use kit::{
    RequestScope, Result, SignedIn as IsSignedIn, UserError, UserErrorCode, Viewer,
    ids::{AccountId, SessionId},
};

use crate::{
    failure::{Failure, Refusal},
    inputs::{AccountUpdateInput, SignInInput, SignInMethod, SignUpInput},
    loaders::AccountById,
    service::{AccountChange, Service, SignUp},
    sessions::SignedIn,
    types::{Account, AccountPayload, AuthPayload},
};

pub(crate) struct Mutation;

/// Everything that can be changed.
#[Object]
impl Mutation {
    /// Create an account; the answer does not tell whether an email is known, so
    /// it carries no tokens: sign in next.
    async fn account_sign_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs up.")] input: SignUpInput,
    ) -> Result<Option<AuthPayload>> {
        let new = SignUp {
            email: input.email,
            password: input.password.into(),
            handle: input.handle,
            display_name: input.display_name,
        };
        let signed_up = ctx.data_unchecked::<Arc<Service>>().sign_up(new).await;
        auth_payload(signed_up.map(|()| AuthPayload::default()))
    }

    /// Sign in, or refresh.
    async fn session_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How to sign in.")] input: SignInInput,
    ) -> Result<Option<AuthPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let signed_in = match input.method {
            SignInMethod::Password(login) => {
                let user_agent = RequestScope::of(ctx).user_agent.as_deref();
                service.sign_in(&login.email, login.password.into(), user_agent).await
            }
            SignInMethod::RefreshToken(token) => service.refresh(&token).await,
        };
        auth_payload(signed_in.map(AuthPayload::from))
    }

    /// End one session, or all others when id is absent.
    #[graphql(guard = "IsSignedIn", directive = kit::authenticated::apply())]
    async fn session_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session; absent = all but this request's.")] id: Option<SessionId>,
    ) -> Result<Option<AccountPayload>> {
        let viewer = Viewer::of(ctx);
        let ended = ctx.data_unchecked::<Arc<Service>>().end_sessions(viewer, id).await;
        if let Err(failure) = ended {
            return account_payload(Err(failure));
        }
        let account = kit::load::<AccountById, AccountId>(ctx, viewer.require_account()?).await?;
        account_payload(Ok(account))
    }

    /// Change profile.
    #[graphql(guard = "IsSignedIn", directive = kit::authenticated::apply())]
    async fn account_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: AccountUpdateInput,
    ) -> Result<Option<AccountPayload>> {
        let account = Viewer::of(ctx).require_account()?;
        let change = AccountChange {
            display_name: input.display_name,
            bio: match input.bio {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(bio) => Some(Some(bio)),
            },
            locale: input.locale,
            currency: input.currency,
            expected_version: input.expected_version,
        };
        let changed = ctx.data_unchecked::<Arc<Service>>().update_account(account, change).await;
        account_payload(changed.map(|account| Some(Arc::new(account))))
    }
}

impl From<SignedIn> for AuthPayload {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            access_token: Some(signed_in.access_token),
            refresh_token: Some(signed_in.refresh_token),
            expires_at: Some(signed_in.expires_at),
            account: Some(Account(Arc::new(signed_in.account))),
            user_errors: Vec::new(),
        }
    }
}

fn auth_payload(outcome: Result<AuthPayload, Failure>) -> Result<Option<AuthPayload>> {
    match outcome {
        Ok(payload) => Ok(Some(payload)),
        Err(Failure::Refused(refusals)) => {
            Ok(Some(AuthPayload { user_errors: user_errors(refusals), ..AuthPayload::default() }))
        }
        Err(Failure::Broken(error)) => Err(error),
    }
}

fn account_payload(
    outcome: Result<Option<Arc<entities::users::account::Details>>, Failure>,
) -> Result<Option<AccountPayload>> {
    match outcome {
        Ok(account) => {
            Ok(Some(AccountPayload { account: account.map(Account), user_errors: Vec::new() }))
        }
        Err(Failure::Refused(refusals)) => {
            Ok(Some(AccountPayload { account: None, user_errors: user_errors(refusals) }))
        }
        Err(Failure::Broken(error)) => Err(error),
    }
}

fn user_errors(refusals: Vec<Refusal>) -> Vec<UserError> {
    refusals.into_iter().map(user_error).collect()
}

fn user_error(refusal: Refusal) -> UserError {
    match refusal {
        Refusal::Invalid { field, rule } => UserError::invalid(field, rule),
        Refusal::HandleTaken => {
            UserError::new(UserErrorCode::Taken, "handle", "somebody else has this handle")
        }
        Refusal::BadCredentials => {
            UserError::new(UserErrorCode::BadCredentials, "", "wrong email or password")
        }
        Refusal::BadRefreshToken => {
            let message = "this refresh token is not good: sign in again";
            UserError::new(UserErrorCode::BadCredentials, "method.refreshToken", message)
        }
        Refusal::ExpiredRefreshToken => {
            let message = "this refresh token has expired: sign in again";
            UserError::new(UserErrorCode::Expired, "method.refreshToken", message)
        }
        Refusal::NoSuchSession => UserError::not_found("id", "session"),
        Refusal::VersionConflict(version) => UserError::version_conflict("expectedVersion", version),
    }
}
