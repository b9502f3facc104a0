//! What passkeys are good for: signing in with nothing else, answering a second
//! step, and showing that an account's owner asks.

use std::sync::Arc;

use entities::users::{
    account,
    factor::{self, FactorKind},
    passkey_challenge,
};
use kit::{DateTime, Error, RequestScope, Result, ids::AccountId};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::Value;
use subscriptions::EventLog;

use crate::{
    events::{self, SignInFailure},
    failure::{Failure, Refusal},
    passkeys::{Asked, Assertion, Passkeys},
    second_factor::{Enrolled, new_factor},
    service::Service,
    sessions::SignIn,
};

/// What a passkey is asked.
pub(crate) struct PasskeyAsked {
    /// For `navigator.credentials.get()`.
    pub(crate) options: Value,
    pub(crate) expires_at: DateTime,
}

/// What an assertion answers.
pub(crate) enum Question {
    /// What came with the challenge of a sign-in, if anything did.
    SecondStep(Option<String>),
    /// What the owner asked for, to show that it is them; each is good once.
    Own,
}

impl Service {
    /// Asks for an assertion: of a passkey of this account, or, to sign in, of
    /// whoever's.
    pub(crate) async fn ask_passkey(&self, account: Option<AccountId>) -> Result<PasskeyAsked, Failure> {
        let known = match account {
            Some(account) => known(self.db.read(), account).await?,
            None => Vec::new(),
        };
        if account.is_some() && known.is_empty() {
            return Err(Refusal::NoPasskey.into());
        }
        let Asked { challenge, options, state } = self.passkeys.ask(&known)?;
        let expires_at = self.clock.now().plus(self.passkeys.patience);
        let row = passkey_challenge::Model { challenge, account_id: account, state, expires_at };
        // A question of anybody's changes nothing that the audit log should tell of.
        passkey_challenge::insert(self.db.write(), row).await.map_err(Error::from)?;
        Ok(PasskeyAsked { options, expires_at })
    }

    /// Begins a session for whoever's passkey this assertion is of. It has verified
    /// its user, so that no second step follows.
    pub(crate) async fn sign_in_with_passkey(
        &self,
        assertion: &Value,
        scope: &RequestScope,
    ) -> Result<SignIn, Failure> {
        let now = self.clock.now();
        let Some(assertion) = Assertion::read(&assertion.to_string()) else {
            self.append(events::sign_in_failed(None, SignInFailure::BadPasskey, now)).await?;
            return Err(Refusal::BadPasskey.into());
        };
        // By the passkey, known or not: by its account, who is told to wait would learn
        // whose it is.
        let subject = format!("passkey {}", assertion.credential_id);
        let guess = self.guessing.take(&subject, scope.origin).await?;
        let passkeys = self.passkeys.clone();
        let signed_in = self.db.transaction(move |transaction| {
            Box::pin(sign_in(transaction, passkeys.clone(), assertion.clone(), now))
        });
        let account = signed_in.await?.ok_or(Refusal::BadPasskey)?;
        guess.take_back().await;
        Ok(SignIn::Done(self.begin_session(account, scope.user_agent.as_deref()).await?))
    }

    /// Enrols a passkey, which is good for nothing before its attestation has
    /// come. Where a factor is in use already, `code` proves that its owner asks.
    pub(crate) async fn enroll_passkey(
        &self,
        account: AccountId,
        code: Option<String>,
    ) -> Result<Enrolled, Failure> {
        let people = account::people(self.db.read(), &[account]).await.map_err(Error::from)?;
        let own = people.into_iter().next().ok_or(Error::Unauthenticated)?;
        let known = known(self.db.read(), account).await?;
        let name = own.email.unwrap_or_else(|| own.id.to_string());
        let asked = self.passkeys.enroll(account, &name, &own.display_name, &known)?;
        let factor = new_factor(account, FactorKind::Webauthn, asked.state, self.clock.now());
        self.add_factor(factor, asked.options.to_string(), code).await
    }
}

async fn sign_in(
    transaction: &DatabaseTransaction,
    passkeys: Arc<Passkeys>,
    assertion: Assertion,
    now: DateTime,
) -> Result<Option<account::Details>> {
    let state = passkey_challenge::take(transaction, &assertion.challenge, None, now).await?;
    let found = factor::by_credential(transaction, &assertion.credential_id).await?;
    let owner = found.as_ref().map(|factor| factor.account_id);
    if let (Some(factor), Some(state), true) = (found, state, assertion.names_its_user())
        && accepts(transaction, &passkeys, &factor, &state, &assertion).await?
    {
        let account = factor.account_id;
        let own = account::by_ids(transaction, &[account], account::Scope::Own(account)).await?;
        return Ok(own.into_iter().next());
    }
    let event = events::sign_in_failed(owner, SignInFailure::BadPasskey, now);
    EventLog::append(transaction, event).await?;
    Ok(None)
}

/// Whether an assertion is one of a passkey of this account that answers this
/// question.
pub(crate) async fn proves(
    transaction: &DatabaseTransaction,
    passkeys: &Passkeys,
    account: AccountId,
    assertion: &Assertion,
    question: Question,
    now: DateTime,
) -> Result<bool> {
    let state = match question {
        Question::SecondStep(state) => state,
        Question::Own => {
            passkey_challenge::take(transaction, &assertion.challenge, Some(account), now).await?
        }
    };
    let found = factor::by_credential(transaction, &assertion.credential_id).await?;
    match (state, found.filter(|factor| factor.account_id == account)) {
        (Some(state), Some(factor)) => accepts(transaction, passkeys, &factor, &state, assertion).await,
        _ => Ok(false),
    }
}

/// Puts a passkey in use that answers what it was enrolled with.
pub(crate) async fn confirms(
    transaction: &DatabaseTransaction,
    passkeys: &Passkeys,
    factor: &factor::Model,
    attestation: &str,
    now: DateTime,
) -> Result<bool> {
    if factor.confirmed_at.is_some() || factor.created_at.plus(passkeys.patience) <= now {
        return Ok(false);
    }
    let Some((id, secret)) = passkeys.enrolled(&factor.secret, attestation)? else { return Ok(false) };
    Ok(factor::confirm_passkey(transaction, factor.id, &id, secret, now).await?)
}

/// Takes the passkeys from an account whose email turns out to be somebody's who
/// never confirmed it: whoever enrolled them may be somebody else.
pub(crate) async fn remove_all(
    transaction: &DatabaseTransaction,
    account: AccountId,
    now: DateTime,
) -> Result<()> {
    for _ in 0..factor::remove_passkeys(transaction, account).await? {
        let event = events::second_factor_changed(account, false, now);
        EventLog::append(transaction, event).await?;
    }
    Ok(())
}

async fn accepts(
    transaction: &DatabaseTransaction,
    passkeys: &Passkeys,
    factor: &factor::Model,
    state: &str,
    assertion: &Assertion,
) -> Result<bool> {
    let asserted = passkeys.asserted(state, factor.account_id, &factor.secret, assertion)?;
    let Some(asserted) = asserted else { return Ok(false) };
    let is_new =
        factor::accept_assertion(transaction, factor.id, asserted.counter, asserted.secret).await?;
    Ok(is_new)
}

/// The ids of the account's passkeys.
async fn known(db: &impl ConnectionTrait, account: AccountId) -> Result<Vec<String>> {
    let factors = factor::in_use(db, &[account]).await?;
    Ok(factors.into_iter().filter_map(|factor| factor.credential_id).collect())
}
