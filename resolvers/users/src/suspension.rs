//! Accounts that staff keep from signing in, for a while or for good.

use entities::users::{account, challenge, session, suspension};
use kit::{DateTime, Result, Viewer, ids::AccountId};
use sea_orm::DatabaseTransaction;
use subscriptions::EventLog;

use crate::{
    events::{self, EndReason},
    failure::{Failure, Refusal},
    service::Service,
    sessions,
    validation::Checks,
};

impl Service {
    /// Suspends an account and ends its sessions, or takes that back. One that is
    /// suspended already stays as it is.
    pub(crate) async fn set_suspension(
        &self,
        viewer: &Viewer,
        id: AccountId,
        is_suspended: bool,
        reason: Option<String>,
    ) -> Result<account::Details, Failure> {
        let reason = reason.map(|reason| reason.trim().to_owned()).filter(|_| is_suspended);
        if is_suspended {
            let mut checks = Checks::default();
            checks.reason(reason.as_deref().unwrap_or_default());
            checks.finish().map_err(Failure::Refused)?;
            if viewer.account == Some(id) {
                return Err(Refusal::OwnSuspension.into());
            }
        }
        let now = self.clock.now();
        let at = is_suspended.then_some(now);
        let set = self
            .db
            .transaction(move |transaction| Box::pin(set(transaction, id, at, reason.clone(), now)));
        let (account, ended) = set.await?.ok_or(Refusal::NoSuchAccount)?;
        for session in ended {
            self.live.forget(session).await;
        }
        Ok(account)
    }
}

async fn set(
    transaction: &DatabaseTransaction,
    id: AccountId,
    at: Option<DateTime>,
    reason: Option<String>,
    now: DateTime,
) -> Result<Option<(account::Details, Vec<kit::ids::SessionId>)>> {
    let Some(account) = suspension::set(transaction, id, at, reason).await? else {
        let same = account::by_ids(transaction, &[id], account::Scope::All).await?;
        return Ok(same.into_iter().next().map(|account| (account, Vec::new())));
    };
    let mut ended = Vec::new();
    if at.is_some() {
        // Nobody goes on from a first step that is done.
        challenge::expire(transaction, id, now).await?;
        let all = session::Which::AllOf(id);
        ended = sessions::end(transaction, all, EndReason::Suspended, now).await?;
    }
    EventLog::append(transaction, events::suspension_set(id, at.is_some(), now)).await?;
    Ok(Some((account, ended)))
}
