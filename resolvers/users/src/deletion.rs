//! The end of an account: its owner schedules it, a worker carries it out, and
//! every module erases what it keeps when it hears of it.

use std::{sync::Arc, time::Duration};

use entities::users::{account, deletion, session};
use kit::{DateTime, Error, Result, ids::AccountId};
use sea_orm::DatabaseTransaction;
use secrecy::SecretString;
use subscriptions::EventLog;
use tokio_util::sync::CancellationToken;

use crate::{
    erased::ErasedLogins,
    events::{self, EndReason},
    failure::{Failure, Refusal},
    second_factor,
    service::Service,
    sessions,
};

/// Looks for accounts at least this often.
const LOOK: Duration = Duration::from_secs(60);
/// Accounts whose sessions are ended in one go.
const BATCH: u64 = 100;

/// Accounts that may be passed over in one go.
const MOST_LEFT: usize = 100;

/// What shows that the owner asks.
pub(crate) struct Proof {
    pub(crate) password: Option<SecretString>,
    /// Of a second factor, for accounts that have one.
    pub(crate) code: Option<String>,
}

impl Service {
    /// Schedules the erasure of an account. One that is scheduled already keeps
    /// its day.
    pub(crate) async fn schedule_deletion(
        &self,
        account: AccountId,
        proof: Proof,
    ) -> Result<account::Details, Failure> {
        let hash = deletion::password_hash(self.db.read(), account).await.map_err(Error::from)?;
        let is_right = match (proof.password, hash) {
            // Who only signs in with an identity provider has none to give.
            (None, None) => true,
            (None, Some(_)) => {
                let rule = "give the account's password";
                return Err(Refusal::Invalid { field: "password", rule }.into());
            }
            (Some(password), hash) => self.passwords.verify(password, hash).await?,
        };
        let now = self.clock.now();
        let day = now.plus(sessions::milliseconds(self.options.deletion_grace));
        let code = proof.code.map(|code| self.answered_with(code));
        let scheduled = self.db.transaction(move |transaction| {
            let code = code.clone();
            Box::pin(async move {
                let proven =
                    second_factor::prove_owner(transaction, account, is_right, code, now).await?;
                match proven {
                    Ok(()) => set(transaction, account, Some(day), now).await.map(Ok),
                    Err(refusal) => Ok(Err(refusal)),
                }
            })
        });
        Ok(scheduled.await??)
    }

    /// Takes the erasure of an account back.
    pub(crate) async fn keep_account(&self, account: AccountId) -> Result<account::Details, Failure> {
        let now = self.clock.now();
        let kept =
            self.db.transaction(move |transaction| Box::pin(set(transaction, account, None, now)));
        Ok(kept.await?)
    }

    /// Ends the sessions of accounts whose day has come, then erases those whose
    /// day came a while ago: what their last requests began has ended by then.
    async fn erase_due(&self, stop: &CancellationToken) -> Result<()> {
        let now = self.clock.now();
        for account in deletion::due_and_signed_in(self.db.read(), now, BATCH).await? {
            let all = session::Which::AllOf(account);
            let ended = self.db.transaction(move |transaction| {
                Box::pin(sessions::end(transaction, all, EndReason::Erased, now))
            });
            for session in ended.await? {
                self.live.forget(session).await;
            }
        }
        let before = now.plus(-sessions::milliseconds(self.options.deletion_pause));
        let mut left = Vec::new();
        while let Some(account) = deletion::next_due(self.db.read(), before, &left).await? {
            if stop.is_cancelled() || left.len() > MOST_LEFT {
                break;
            }
            let logins = self.erased.clone();
            let erased = self.db.transaction(move |transaction| {
                Box::pin(erase(transaction, logins.clone(), account, before, now))
            });
            match erased.await {
                Ok(true) => tracing::info!(account.id = %account, "erased {account}"),
                // Another process has it.
                Ok(false) => left.push(account),
                // Those after it need not wait for what is wrong with this one.
                Err(error) => {
                    tracing::error!(account.id = %account, ?error, "{account} can't be erased yet");
                    left.push(account);
                }
            }
        }
        Ok(())
    }
}

/// Erases accounts whose day has come, until `stop`. Any number of processes do:
/// each takes another account, and what one did not finish never happened.
pub(crate) async fn run(service: Arc<Service>, stop: CancellationToken) {
    let pause = service.options.deletion_pause.clamp(Duration::from_millis(20), LOOK);
    loop {
        // Never broken off: a transaction ends before this does.
        if let Err(error) = service.erase_due(&stop).await {
            tracing::error!(?error, "accounts can't be erased yet");
        }
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
    }
}

async fn set(
    transaction: &DatabaseTransaction,
    id: AccountId,
    day: Option<DateTime>,
    now: DateTime,
) -> Result<account::Details> {
    if let Some(account) = deletion::schedule(transaction, id, day).await? {
        EventLog::append(transaction, events::deletion_set(id, day, now)).await?;
        return Ok(account);
    }
    let own = account::by_ids(transaction, &[id], account::Scope::Own(id)).await?;
    own.into_iter().next().ok_or(Error::Unauthenticated)
}

async fn erase(
    transaction: &DatabaseTransaction,
    logins: ErasedLogins,
    account: AccountId,
    before: DateTime,
    now: DateTime,
) -> Result<bool> {
    let Some(user) = deletion::take(transaction, account, before).await? else { return Ok(false) };
    logins.note(transaction, account, now).await?;
    sessions::end(transaction, session::Which::AllOf(account), EndReason::Erased, now).await?;
    let seller = deletion::erase(transaction, account, user).await?;
    EventLog::append(transaction, events::account_erased(account, user, seller, now)).await?;
    Ok(true)
}
