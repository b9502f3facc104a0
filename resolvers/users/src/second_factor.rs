//! The second step of signing in: authenticator apps, passkeys and recovery codes.
//!
//! A code is accepted once (RFC 6238, section 5.2), a recovery code is used up, a
//! passkey is asked something new each time, and answers are counted for the account as well as for each challenge, so
//! that nobody guesses through many of either.

use std::sync::Arc;

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use entities::users::{
    account, challenge,
    factor::{self, FactorKind},
    recovery_code,
};
use kit::{
    DateTime, Error, Id as _, Origin, Result,
    ids::{AccountId, ChallengeId, FactorId},
};
use sea_orm::{ActiveModelTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _};
use serde_json::Value;
use subscriptions::EventLog;
use totp_rs::{Builder, Totp};

use crate::{
    events::{self, SignInFailure},
    failure::{Failure, Refusal},
    identities::{self, Without},
    passkey_proofs::{self, Question},
    passkeys::{Assertion, Passkeys},
    service::Service,
    sessions::{SignIn, SignedIn},
    tokens,
};

/// How long a sign-in waits for its second step, in milliseconds.
const PATIENCE: i64 = 5 * 60 * 1_000;
/// Answers to one challenge.
const ANSWERS: i32 = 5;
/// Wrong answers of one account within [`WINDOW`].
const WRONG_ANSWERS: i64 = 20;
/// In milliseconds.
const WINDOW: i64 = 15 * 60 * 1_000;
/// Authenticator apps and passkeys of one account.
const MOST_FACTORS: usize = 5;
/// Recovery codes of one account.
const RECOVERY_CODES: usize = 10;
/// Bytes of an app's secret, as RFC 4226 recommends.
const SECRET: usize = 20;

/// A sign-in that waits for its second step.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) id: ChallengeId,
    pub(crate) factors: Vec<factor::Model>,
    /// What a passkey is asked, for `navigator.credentials.get()`; none where the
    /// account has no passkey.
    pub(crate) passkey_options: Option<Value>,
    pub(crate) expires_at: DateTime,
}

/// A factor that waits for its first code.
pub(crate) struct Enrolled {
    pub(crate) factor: factor::Model,
    /// For the app, as `otpauth://…`; for `navigator.credentials.create()`, as JSON.
    pub(crate) secret: String,
    /// Told once; none when the account has some already.
    pub(crate) recovery_codes: Option<Vec<String>>,
}

/// What came in a field for codes: a code of an app, a recovery code, or the
/// assertion or attestation of a passkey.
#[derive(Clone)]
pub(crate) struct Answer {
    text: String,
    passkeys: Arc<Passkeys>,
}

/// How an answer came out.
enum Answered {
    Right(Box<(challenge::Model, account::Details)>),
    Wrong,
    /// No such challenge, or not any more.
    Gone,
    TooMany,
}

impl Service {
    /// Goes on after a right first step: a session, or a challenge for accounts
    /// with a second factor.
    pub(crate) async fn after_first_step(
        &self,
        account: account::Details,
        user_agent: Option<&str>,
    ) -> Result<SignIn, Failure> {
        let factors = factor::in_use(self.db.read(), &[account.id]).await.map_err(Error::from)?;
        if factors.is_empty() {
            return Ok(SignIn::Done(self.begin_session(account, user_agent).await?));
        }
        let now = self.clock.now();
        let passkeys: Vec<String> =
            factors.iter().filter_map(|factor| factor.credential_id.clone()).collect();
        let asked = match passkeys.is_empty() {
            true => None,
            false => Some(self.passkeys.ask(&passkeys)?),
        };
        let (passkey_options, passkey) = asked.map(|asked| (asked.options, asked.state)).unzip();
        let row = challenge::Model {
            id: ChallengeId::generate(),
            account_id: account.id,
            passkey,
            user_agent: user_agent.map(str::to_owned),
            created_at: now,
            expires_at: now.plus(PATIENCE),
            attempts: 0,
            is_done: false,
        };
        let waiting = Waiting { id: row.id, factors, passkey_options, expires_at: row.expires_at };
        self.db
            .transaction(move |transaction| {
                let insert = challenge::Entity::insert(row.clone().into_active_model().reset_all());
                Box::pin(async move {
                    insert.exec_without_returning(transaction).await?;
                    Ok(())
                })
            })
            .await?;
        Ok(SignIn::Waits(waiting))
    }

    /// What came in a field for codes.
    pub(crate) fn answered_with(&self, text: String) -> Answer {
        Answer { text, passkeys: self.passkeys.clone() }
    }

    /// Answers a challenge with a code of an app, an assertion of a passkey or a
    /// recovery code.
    pub(crate) async fn answer(
        &self,
        id: ChallengeId,
        code: &str,
        from: Origin,
    ) -> Result<SignedIn, Failure> {
        let (now, code) = (self.clock.now(), self.answered_with(code.to_owned()));
        // A challenge that is not there is nobody's to guess at.
        let asked = challenge::asked_of(self.db.read(), id).await.map_err(Error::from)?;
        let guess = match asked {
            Some((account, email)) => {
                let subject = email.unwrap_or_else(|| account.to_string());
                Some(self.guessing.take(&subject, from).await?)
            }
            None => None,
        };
        let answered =
            self.db.transaction(move |transaction| Box::pin(answer(transaction, id, code.clone(), now)));
        let answered = answered.await?;
        if let (Some(guess), Answered::Right(_) | Answered::Gone) = (guess, &answered) {
            guess.take_back().await;
        }
        match answered {
            Answered::Right(right) => {
                let (challenge, account) = *right;
                Ok(self.begin_session(account, challenge.user_agent.as_deref()).await?)
            }
            Answered::Wrong => Err(Refusal::BadCode("method.mfa.response").into()),
            Answered::Gone => Err(Refusal::NoSuchChallenge.into()),
            Answered::TooMany => Err(Refusal::TooManyCodes("method.mfa.response").into()),
        }
    }

    /// Enrols an authenticator app, which is good for nothing before its first
    /// code has come. Where one is in use already, `code` proves that its owner
    /// asks.
    pub(crate) async fn enroll(
        &self,
        account: AccountId,
        code: Option<String>,
    ) -> Result<Enrolled, Failure> {
        let own = account::by_ids(self.db.read(), &[account], account::Scope::Own(account)).await;
        let own = own.map_err(Error::from)?.pop().ok_or(Error::Unauthenticated)?;
        let mut secret = [0; SECRET];
        rand::fill(&mut secret).map_err(Error::internal)?;
        let stored = URL_SAFE_NO_PAD.encode(secret);
        let factor = new_factor(account, FactorKind::Totp, stored, self.clock.now());
        // What the app shows beside the code; it means nothing to us.
        let name = own.email.unwrap_or_else(|| own.id.to_string());
        let named = builder(&secret).with_account_name(name).with_issuer(Some(&*self.options.issuer));
        let secret = named.build().and_then(|totp| totp.to_url()).map_err(Error::internal)?;
        self.add_factor(factor, secret, code).await
    }

    /// Adds a factor that waits. The account's first one brings the codes that
    /// stand in for it.
    pub(crate) async fn add_factor(
        &self,
        factor: factor::Model,
        secret: String,
        code: Option<String>,
    ) -> Result<Enrolled, Failure> {
        let now = factor.created_at;
        let (codes, row) = (new_codes()?, factor.clone());
        let code = self.answered_with(code.unwrap_or_default());
        let hashes = hashes(&codes);
        let enrolled = self.db.transaction(move |transaction| {
            let (row, code, hashes) = (row.clone(), code.clone(), hashes.clone());
            Box::pin(enroll(transaction, row, code, hashes, now))
        });
        let is_first = enrolled.await?.map_err(Failure::from)?;
        Ok(Enrolled { factor, secret, recovery_codes: is_first.then_some(codes) })
    }

    /// New recovery codes instead of the old ones; `code` is one of a factor, or
    /// an old recovery code.
    pub(crate) async fn renew_codes(
        &self,
        account: AccountId,
        code: &str,
    ) -> Result<Vec<String>, Failure> {
        let (now, codes) = (self.clock.now(), new_codes()?);
        let code = self.answered_with(code.to_owned());
        let hashes = hashes(&codes);
        let renewed = self.db.transaction(move |transaction| {
            let (code, hashes) = (code.clone(), hashes.clone());
            Box::pin(async move {
                let proven = prove(transaction, account, &code, now).await?;
                if proven.is_ok() {
                    recovery_code::replace(transaction, account, hashes).await?;
                }
                Ok(proven)
            })
        });
        renewed.await?.map(|()| codes).map_err(Failure::from)
    }

    /// Puts a factor in use with its first code, or removes it with any code of
    /// the account.
    pub(crate) async fn set_factor(
        &self,
        account: AccountId,
        id: FactorId,
        code: &str,
        remove: bool,
    ) -> Result<(), Failure> {
        let (now, code) = (self.clock.now(), self.answered_with(code.to_owned()));
        let providers = self.provider_names();
        let set = self.db.transaction(move |transaction| {
            let (code, providers) = (code.clone(), providers.clone());
            Box::pin(async move {
                account::lock(transaction, account).await?;
                let Some(found) = factor::of_account(transaction, account, id).await? else {
                    return Ok(Err(Refusal::NoSuchFactor));
                };
                let is_passkey = found.kind == FactorKind::Webauthn && found.confirmed_at.is_some();
                if remove && is_passkey {
                    let without = Without::Passkey(id);
                    if !identities::is_reachable(transaction, account, without, &providers).await? {
                        return Ok(Err(Refusal::LastPasskey));
                    }
                }
                let proven = match (remove, found.confirmed_at) {
                    (false, _) => confirm(transaction, &found, &code, now).await?,
                    // What was never in use protects nothing.
                    (true, None) => Ok(()),
                    (true, Some(_)) => prove(transaction, account, &code, now).await?,
                };
                if proven.is_err() {
                    return Ok(proven);
                }
                if remove {
                    factor::remove(transaction, id).await?;
                    if factor::in_use(transaction, &[account]).await?.is_empty() {
                        recovery_code::replace(transaction, account, Vec::new()).await?;
                    }
                }
                let event = events::second_factor_changed(account, !remove, now);
                EventLog::append(transaction, event).await?;
                Ok(Ok(()))
            })
        });
        set.await?.map_err(Failure::from)
    }
}

/// A factor that nobody has shown to hold yet.
pub(crate) fn new_factor(
    account: AccountId,
    kind: FactorKind,
    secret: String,
    now: DateTime,
) -> factor::Model {
    factor::Model {
        id: FactorId::generate(),
        account_id: account,
        kind,
        secret,
        credential_id: None,
        created_at: now,
        confirmed_at: None,
        last_step: 0,
    }
}

async fn answer(
    transaction: &DatabaseTransaction,
    id: ChallengeId,
    code: Answer,
    now: DateTime,
) -> Result<Answered> {
    let Some(challenge) = challenge::attempt(transaction, id, ANSWERS, now).await? else {
        return Ok(Answered::Gone);
    };
    let account = challenge.account_id;
    let failures = challenge::failures_since(transaction, account, now.plus(-WINDOW)).await?;
    if failures > WRONG_ANSWERS {
        return Ok(Answered::TooMany);
    }
    if !proves(transaction, account, &code, Question::SecondStep(challenge.passkey.clone()), now).await?
    {
        let event = events::sign_in_failed(Some(account), SignInFailure::BadCode, now);
        EventLog::append(transaction, event).await?;
        return Ok(Answered::Wrong);
    }
    if !challenge::finish(transaction, id).await? {
        return Ok(Answered::Gone);
    }
    let found = account::by_ids(transaction, &[account], account::Scope::Own(account)).await?;
    Ok(found
        .into_iter()
        .next()
        .map_or(Answered::Gone, |account| Answered::Right(Box::new((challenge, account)))))
}

/// Adds a factor that waits; whether it is the account's first.
async fn enroll(
    transaction: &DatabaseTransaction,
    row: factor::Model,
    code: Answer,
    hashes: Vec<String>,
    now: DateTime,
) -> Result<Result<bool, Refusal>> {
    let account = row.account_id;
    account::lock(transaction, account).await?;
    let in_use = factor::in_use(transaction, &[account]).await?;
    if in_use.len() >= MOST_FACTORS {
        return Ok(Err(Refusal::TooManyFactors(MOST_FACTORS)));
    }
    if in_use.is_empty() {
        recovery_code::replace(transaction, account, hashes).await?;
    } else if let Err(refusal) = prove(transaction, account, &code, now).await? {
        return Ok(Err(refusal));
    }
    factor::enroll(transaction, row).await?;
    Ok(Ok(in_use.is_empty()))
}

/// Whether the owner of an account asks, by its password and, where it has a
/// second factor, by a code; counted.
pub(crate) async fn prove_owner(
    transaction: &DatabaseTransaction,
    account: AccountId,
    is_password_right: bool,
    code: Option<Answer>,
    now: DateTime,
) -> Result<Result<(), Refusal>> {
    account::lock(transaction, account).await?;
    if is_exhausted(transaction, account, now).await? {
        return Ok(Err(Refusal::TooManyCodes("password")));
    }
    if !is_password_right {
        let counted = counted(transaction, account, false, now).await?;
        return Ok(counted.map_err(|_| Refusal::BadPassword));
    }
    prove_factor(transaction, account, code, now).await
}

/// Whether the owner of an account asks, by a code where it has a second factor;
/// counted.
pub(crate) async fn prove_factor(
    transaction: &DatabaseTransaction,
    account: AccountId,
    code: Option<Answer>,
    now: DateTime,
) -> Result<Result<(), Refusal>> {
    if factor::in_use(transaction, &[account]).await?.is_empty() {
        return Ok(Ok(()));
    }
    match code {
        Some(code) => prove(transaction, account, &code, now).await,
        None => Ok(Err(Refusal::Invalid { field: "code", rule: "give a code of a second factor" })),
    }
}

/// As [`proves`], counted: nobody guesses through this, either.
async fn prove(
    transaction: &DatabaseTransaction,
    account: AccountId,
    code: &Answer,
    now: DateTime,
) -> Result<Result<(), Refusal>> {
    // One guess after another, so that none is counted too late.
    account::lock(transaction, account).await?;
    if is_exhausted(transaction, account, now).await? {
        return Ok(Err(Refusal::TooManyCodes("code")));
    }
    counted(transaction, account, proves(transaction, account, code, Question::Own, now).await?, now)
        .await
}

/// Whether a code is the one of this factor, or the attestation that it waits for,
/// counted.
async fn confirm(
    transaction: &DatabaseTransaction,
    factor: &factor::Model,
    code: &Answer,
    now: DateTime,
) -> Result<Result<(), Refusal>> {
    let account = factor.account_id;
    account::lock(transaction, account).await?;
    if is_exhausted(transaction, account, now).await? {
        return Ok(Err(Refusal::TooManyCodes("code")));
    }
    let (passkeys, code) = (&code.passkeys, &code.text);
    let is_right = match factor.kind {
        FactorKind::Totp => accepts(transaction, factor, code, now).await?,
        FactorKind::Webauthn => {
            passkey_proofs::confirms(transaction, passkeys, factor, code, now).await?
        }
    };
    counted(transaction, account, is_right, now).await
}

async fn is_exhausted(
    transaction: &DatabaseTransaction,
    account: AccountId,
    now: DateTime,
) -> Result<bool> {
    let failures = challenge::failures_since(transaction, account, now.plus(-WINDOW)).await?;
    Ok(failures >= WRONG_ANSWERS)
}

/// Counts a wrong code beside the wrong answers to challenges: as one that
/// nobody can answer any more.
async fn counted(
    transaction: &DatabaseTransaction,
    account: AccountId,
    is_right: bool,
    now: DateTime,
) -> Result<Result<(), Refusal>> {
    if is_right {
        return Ok(Ok(()));
    }
    let row = challenge::Model {
        id: ChallengeId::generate(),
        account_id: account,
        passkey: None,
        user_agent: None,
        created_at: now,
        expires_at: now,
        attempts: 1,
        is_done: false,
    };
    let insert = challenge::Entity::insert(row.into_active_model().reset_all());
    insert.exec_without_returning(transaction).await?;
    Ok(Err(Refusal::BadCode("code")))
}

/// Whether a code is good for an account: one of an app in use that was not
/// accepted before, an assertion of a passkey that answers the question, or a recovery code, which is used up by this.
async fn proves(
    transaction: &DatabaseTransaction,
    account: AccountId,
    code: &Answer,
    question: Question,
    now: DateTime,
) -> Result<bool> {
    let (passkeys, code) = (&code.passkeys, &code.text);
    if let Some(assertion) = Assertion::read(code) {
        return passkey_proofs::proves(transaction, passkeys, account, &assertion, question, now).await;
    }
    for factor in factor::in_use(transaction, &[account]).await? {
        if factor.kind == FactorKind::Totp && accepts(transaction, &factor, code, now).await? {
            return Ok(true);
        }
    }
    Ok(recovery_code::take(transaction, account, &hash_of(code)).await?)
}

async fn accepts(
    transaction: &DatabaseTransaction,
    factor: &factor::Model,
    code: &str,
    now: DateTime,
) -> Result<bool> {
    let secret = URL_SAFE_NO_PAD.decode(&factor.secret).map_err(Error::internal)?;
    let totp: Totp = builder(&secret).build_noncompliant();
    let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    let seconds = u64::try_from(now.0 / 1_000).unwrap_or_default();
    let Some(step) = totp.check(&digits, seconds) else { return Ok(false) };
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    Ok(factor::accept(transaction, factor.id, step, now).await?)
}

/// What every app understands: six digits of SHA-1 every 30 seconds, the
/// neighbouring ones accepted too.
fn builder(secret: &[u8]) -> Builder {
    Builder::new().with_secret(secret)
}

/// Codes such as `k3f9-qx7m-2hvd`: 60 bits, without letters that look alike.
fn new_codes() -> Result<Vec<String>> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let mut bytes = [0; RECOVERY_CODES * 12];
    rand::fill(&mut bytes).map_err(Error::internal)?;
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    let group = |bytes: &[u8]| bytes.iter().map(letter).collect::<String>();
    Ok(bytes.chunks(12).map(|code| code.chunks(4).map(group).collect::<Vec<_>>().join("-")).collect())
}

fn hashes(codes: &[String]) -> Vec<String> {
    codes.iter().map(|code| hash_of(code)).collect()
}

/// Under which a recovery code is stored, however it is typed.
fn hash_of(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    tokens::hash_of(&plain.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_differ_and_are_read_however_they_are_typed() {
        let codes = new_codes().expect("random");

        assert_eq!(codes.len(), 10);
        assert!(codes.iter().all(|code| code.len() == 14), "{codes:?}");
        assert_ne!(codes[0], codes[1]);
        let typed = codes[0].to_ascii_uppercase().replace('-', " ");
        assert_eq!(hash_of(&typed), hash_of(&codes[0]));
    }
}
