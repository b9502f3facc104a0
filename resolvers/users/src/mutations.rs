//! Changing accounts and sessions: thin, the rules are the service's.

use std::sync::Arc;

use async_graphql::{Context, MaybeUndefined, Object};
use kit::{
    Attempt, AuthenticationMethod, Json, RequestScope, Require, Result, Role, SignedIn as IsSignedIn,
    Viewer,
    ids::{AccountId, AddressId, FactorId, IdentityId, SessionId},
};

use crate::{
    addresses::AddressDraft,
    deletion::Proof,
    failure::Failure,
    inputs::{
        AccountUpdateInput, AddressSaveInput, OAuthLogin, PasskeyPurpose, SignInInput, SignInMethod,
        SignUpInput,
    },
    loaders::AccountById,
    providers::LoginFields,
    refusals::user_errors,
    service::{AccountChange, Service, SignUp},
    sessions::SignIn,
    types::{
        Account, AccountPayload, AuthPayload, MfaChallenge, MfaEnrollPayload, MfaFactor, MfaKind,
        PasskeyChallengePayload,
    },
};

/// Changes other people's accounts.
const WRITE_ACCOUNTS: &str = "accounts:write";

/// Where the parts of a login stand when it starts a session.
const SIGN_IN_FIELDS: LoginFields = LoginFields {
    provider: "method.oauth.provider",
    code: "method.oauth.code",
    code_verifier: "method.oauth.codeVerifier",
    redirect_uri: "method.oauth.redirectUri",
};

/// Where they stand when it is linked.
const LINK_FIELDS: LoginFields = LoginFields {
    provider: "provider",
    code: "code",
    code_verifier: "codeVerifier",
    redirect_uri: "redirectUri",
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
        let scope = RequestScope::of(ctx);
        let method = match &input.method {
            SignInMethod::Password(_) => AuthenticationMethod::Password,
            SignInMethod::Oauth(_) => AuthenticationMethod::External,
            SignInMethod::Passkey(_) => AuthenticationMethod::Passkey,
            SignInMethod::RefreshToken(_) => AuthenticationMethod::RefreshToken,
            SignInMethod::Mfa(_) => AuthenticationMethod::SecondFactor,
        };
        let sign_in = async {
            match input.method {
                SignInMethod::Password(login) => {
                    service.sign_in(&login.email, login.password.into(), scope).await
                }
                SignInMethod::Oauth(login) => {
                    let user_agent = scope.user_agent.as_deref();
                    service.sign_in_with(&login.at(&SIGN_IN_FIELDS), user_agent).await
                }
                SignInMethod::Passkey(assertion) => {
                    service.sign_in_with_passkey(&assertion.0, scope).await
                }
                SignInMethod::RefreshToken(token) => service.refresh(&token).await.map(SignIn::Done),
                SignInMethod::Mfa(answer) => {
                    let answered =
                        service.answer(answer.challenge_id, &answer.response, scope.origin).await;
                    answered.map(SignIn::Done)
                }
            }
        };
        let signed_in = service.with_hooks(Attempt::of(scope, method), sign_in).await;
        if let (Ok(SignIn::Done(done)), Some(token)) = (&signed_in, &input.guest_cart_token) {
            service.guest_carts.merge(done.account.id, token).await;
        }
        auth_payload(signed_in.map(AuthPayload::from))
    }

    /// Ask for what a passkey signs: the first half of signing in with one, or of
    /// showing with one that the account's owner asks. Each answer is good once.
    async fn passkey_challenge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What for.", default_with = "PasskeyPurpose::SignIn")] purpose: PasskeyPurpose,
    ) -> Result<Option<PasskeyChallengePayload>> {
        let account = match purpose {
            PasskeyPurpose::SignIn => None,
            PasskeyPurpose::Confirm => Some(Viewer::of(ctx).require_account()?),
        };
        match ctx.data_unchecked::<Arc<Service>>().ask_passkey(account).await {
            Ok(asked) => Ok(Some(PasskeyChallengePayload {
                options: Some(Json(asked.options)),
                expires_at: Some(asked.expires_at),
                user_errors: Vec::new(),
            })),
            Err(Failure::Refused(refusals)) => Ok(Some(PasskeyChallengePayload {
                user_errors: user_errors(refusals),
                ..PasskeyChallengePayload::default()
            })),
            Err(Failure::Broken(error)) => Err(error),
        }
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
        own_account(ctx, ended).await
    }

    /// Let the account be signed in to with one more login of an identity provider.
    #[graphql(guard = "IsSignedIn", directive = kit::authenticated::apply())]
    async fn identity_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the provider sent back.")] input: OAuthLogin,
        #[graphql(
            desc = "For accounts with a second factor: a code or an assertion of one, or a recovery code."
        )]
        code: Option<String>,
    ) -> Result<Option<AccountPayload>> {
        let account = Viewer::of(ctx).require_account()?;
        let login = input.at(&LINK_FIELDS);
        let linked = ctx.data_unchecked::<Arc<Service>>().link(account, &login, code).await;
        own_account(ctx, linked).await
    }

    /// Remove a login. The last way to sign in to the account stays.
    #[graphql(guard = "IsSignedIn", directive = kit::authenticated::apply())]
    async fn identity_unlink(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which login.")] id: IdentityId,
    ) -> Result<Option<AccountPayload>> {
        let account = Viewer::of(ctx).require_account()?;
        let unlinked = ctx.data_unchecked::<Arc<Service>>().unlink(account, id).await;
        own_account(ctx, unlinked).await
    }

    /// Ask for a reset mail; always succeeds, so that it tells nobody who has an
    /// account.
    async fn password_reset_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Email of the account.")] email: String,
    ) -> Result<Option<bool>> {
        ctx.data_unchecked::<Arc<Service>>().request_reset(&email).await?;
        Ok(Some(true))
    }

    /// Set a password with a mailed token; revokes all sessions and signs in. A
    /// second factor is asked for as at any sign-in.
    async fn password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token that was mailed.")] token: String,
        #[graphql(desc = "New password of 10 to 128 characters.")] password: String,
    ) -> Result<Option<AuthPayload>> {
        let scope = RequestScope::of(ctx);
        let service = ctx.data_unchecked::<Arc<Service>>();
        let reset = service.reset_password(&token, password.into(), scope.user_agent.as_deref());
        let attempt = Attempt::of(scope, AuthenticationMethod::MailedToken);
        let reset = service.with_hooks(attempt, reset).await;
        auth_payload(reset.map(AuthPayload::from))
    }

    /// Ask for another mail to confirm one's email.
    #[graphql(guard = "IsSignedIn", directive = kit::authenticated::apply())]
    async fn email_confirmation_request(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        let account = Viewer::of(ctx).require_account()?;
        ctx.data_unchecked::<Arc<Service>>().request_confirmation(account).await?;
        Ok(Some(true))
    }

    /// Confirm an email with a mailed token. The account is answered to its
    /// owner only.
    async fn email_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token that was mailed.")] token: String,
    ) -> Result<Option<AccountPayload>> {
        let confirmed = ctx.data_unchecked::<Arc<Service>>().confirm_email(&token).await;
        let own = Viewer::of(ctx).account;
        account_payload(confirmed.map(|account| (own == Some(account.id)).then(|| Arc::new(account))))
    }

    /// Set roles. They hold within seconds, also for sessions that are under way.
    #[graphql(guard = "Require(WRITE_ACCOUNTS)", requires_scopes = "accounts:write")]
    async fn account_roles_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose roles.")] account_id: AccountId,
        #[graphql(desc = "All roles; CUSTOMER is always among them.")] roles: Vec<Role>,
    ) -> Result<Option<AccountPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let set = service.set_roles(Viewer::of(ctx), account_id, roles).await;
        account_payload(set.map(|account| Some(Arc::new(account))))
    }

    /// Keep an account from signing in and end its sessions, or take that back. Nobody
    /// does that to their own account.
    #[graphql(guard = "Require(WRITE_ACCOUNTS)", requires_scopes = "accounts:write")]
    async fn account_suspension_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose account.")] account_id: AccountId,
        #[graphql(desc = "True suspends it, false takes it back.")] suspended: bool,
        #[graphql(desc = "Why, in 1 to 500 characters; shown to staff. Not needed to take it back.")]
        reason: Option<String>,
    ) -> Result<Option<AccountPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let set = service.set_suspension(Viewer::of(ctx), account_id, suspended, reason).await;
        account_payload(set.map(|account| Some(Arc::new(account))))
    }

    /// Add or change an address.
    #[graphql(guard = "IsSignedIn", directive = kit::authenticated::apply())]
    async fn address_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address.")] input: AddressSaveInput,
    ) -> Result<Option<AccountPayload>> {
        let account = Viewer::of(ctx).require_account()?;
        let address = match input.address.check("address") {
            Ok(address) => address,
            Err(user_errors) => return Ok(Some(AccountPayload { account: None, user_errors })),
        };
        let draft = AddressDraft {
            id: input.id,
            address,
            is_default_shipping: input.default_shipping,
            is_default_billing: input.default_billing,
        };
        let saved = ctx.data_unchecked::<Arc<Service>>().save_address(account, draft).await;
        account_payload(saved.map(|account| Some(Arc::new(account))))
    }

    /// Remove an address.
    #[graphql(guard = "IsSignedIn", directive = kit::authenticated::apply())]
    async fn address_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which address.")] id: AddressId,
    ) -> Result<Option<AccountPayload>> {
        let account = Viewer::of(ctx).require_account()?;
        let removed = ctx.data_unchecked::<Arc<Service>>().remove_address(account, id).await;
        account_payload(removed.map(|account| Some(Arc::new(account))))
    }

    /// Start enrolling a factor. It protects nothing before `mfaFactorSet` was
    /// given its first code.
    #[graphql(guard = "IsSignedIn", directive = kit::authenticated::apply())]
    async fn mfa_enroll(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which kind of factor.")] kind: MfaKind,
        #[graphql(
            desc = "For a further factor: a code of one in use, an assertion (see `passkeyChallenge`) as \
                    JSON, or a recovery code. Not needed for the first."
        )]
        code: Option<String>,
    ) -> Result<Option<MfaEnrollPayload>> {
        let account = Viewer::of(ctx).require_account()?;
        let service = ctx.data_unchecked::<Arc<Service>>();
        let enrolled = match kind {
            MfaKind::Totp => service.enroll(account, code).await,
            MfaKind::Webauthn => service.enroll_passkey(account, code).await,
        };
        match enrolled {
            Ok(enrolled) => Ok(Some(MfaEnrollPayload {
                factor: Some(enrolled.factor.into()),
                secret: Some(enrolled.secret),
                recovery_codes: enrolled.recovery_codes,
                user_errors: Vec::new(),
            })),
            Err(Failure::Refused(refusals)) => Ok(Some(MfaEnrollPayload {
                user_errors: user_errors(refusals),
                ..MfaEnrollPayload::default()
            })),
            Err(Failure::Broken(error)) => Err(error),
        }
    }

    /// Confirm or remove a factor. The last way to sign in to the account stays.
    #[graphql(guard = "IsSignedIn", directive = kit::authenticated::apply())]
    async fn mfa_factor_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which factor.")] id: FactorId,
        #[graphql(
            desc = "To confirm, the factor's present code, or the attestation of a passkey as JSON; to \
                    remove, a code of any factor, an assertion (see `passkeyChallenge`) as JSON, or a \
                    recovery code."
        )]
        code: String,
        #[graphql(desc = "Remove it.", default)] remove: bool,
    ) -> Result<Option<AccountPayload>> {
        let account = Viewer::of(ctx).require_account()?;
        let set = ctx.data_unchecked::<Arc<Service>>().set_factor(account, id, &code, remove).await;
        own_account(ctx, set).await
    }

    /// New recovery codes; the old ones are worth nothing afterwards.
    #[graphql(guard = "IsSignedIn", directive = kit::authenticated::apply())]
    async fn mfa_recovery_codes_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A code or an assertion of any factor, or an old recovery code.")] code: String,
    ) -> Result<Option<MfaEnrollPayload>> {
        let account = Viewer::of(ctx).require_account()?;
        match ctx.data_unchecked::<Arc<Service>>().renew_codes(account, &code).await {
            Ok(codes) => {
                let recovery_codes = Some(codes);
                Ok(Some(MfaEnrollPayload { recovery_codes, ..MfaEnrollPayload::default() }))
            }
            Err(Failure::Refused(refusals)) => Ok(Some(MfaEnrollPayload {
                user_errors: user_errors(refusals),
                ..MfaEnrollPayload::default()
            })),
            Err(Failure::Broken(error)) => Err(error),
        }
    }

    /// Schedule the erasure of the account after a grace period, or take it back.
    /// What is erased can't be brought back.
    #[graphql(guard = "IsSignedIn", directive = kit::authenticated::apply())]
    async fn account_deletion_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "True schedules it, false takes it back.")] scheduled: bool,
        #[graphql(
            desc = "The account's password, where it has one; not needed to take the deletion back."
        )]
        password: Option<String>,
        #[graphql(
            desc = "For accounts with a second factor: a code or an assertion of one, or a recovery code. \
                    Not needed to take it back."
        )]
        code: Option<String>,
    ) -> Result<Option<AccountPayload>> {
        let account = Viewer::of(ctx).require_account()?;
        let service = ctx.data_unchecked::<Arc<Service>>();
        let set = match scheduled {
            true => {
                let proof = Proof { password: password.map(Into::into), code };
                service.schedule_deletion(account, proof).await
            }
            false => service.keep_account(account).await,
        };
        account_payload(set.map(|account| Some(Arc::new(account))))
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

impl From<SignIn> for AuthPayload {
    fn from(outcome: SignIn) -> Self {
        match outcome {
            SignIn::Done(signed_in) => Self {
                access_token: Some(signed_in.access_token),
                refresh_token: Some(signed_in.refresh_token),
                expires_at: Some(signed_in.expires_at),
                account: Some(Account(Arc::new(signed_in.account))),
                ..Self::default()
            },
            SignIn::Waits(waiting) => Self {
                mfa_challenge: Some(MfaChallenge {
                    id: waiting.id,
                    factors: waiting.factors.into_iter().map(MfaFactor::from).collect(),
                    passkey_options: waiting.passkey_options.map(Json),
                    expires_at: waiting.expires_at,
                }),
                ..Self::default()
            },
        }
    }
}

/// The viewer's account after a change that does not answer it.
async fn own_account(ctx: &Context<'_>, outcome: Result<(), Failure>) -> Result<Option<AccountPayload>> {
    if let Err(failure) = outcome {
        return account_payload(Err(failure));
    }
    let own = Viewer::of(ctx).require_account()?;
    account_payload(Ok(kit::load::<AccountById, AccountId>(ctx, own).await?))
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
