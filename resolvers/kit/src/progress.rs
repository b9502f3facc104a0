//! Long work tells how far it is: as events, so that whoever follows it sees
//! every step on any instance and after any disconnect.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_graphql::Context;
use entities::ids::{AccountId, Id as _, JobId};
use futures_util::{Stream, StreamExt as _, future::ready, stream};
use subscriptions::{Event, EventLog, Fact as _, Following, Kinds, NewEvent};

use crate::{
    Platform, Result, Viewer,
    facts::{JobProgressed, JobState},
    follow,
};

/// Steps in between are told no more often than this.
const EVERY: Duration = Duration::from_millis(250);

/// Sees every job, whoever started it.
const READ_JOBS: &str = "jobs:read";

/// Tells how far one job is.
pub struct Progress {
    platform: Platform,
    fact: JobProgressed,
    told: Option<Instant>,
}

impl Progress {
    /// A new job, queued; tells so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start(
        platform: &Platform,
        work: &str,
        account_id: Option<AccountId>,
        total: Option<u64>,
    ) -> Result<Self> {
        let fact = JobProgressed {
            job_id: JobId::generate(),
            work: work.to_owned(),
            account_id,
            state: JobState::Queued,
            done: 0,
            total,
            failed: 0,
        };
        let mut progress = Self { platform: platform.clone(), fact, told: None };
        progress.tell().await?;
        Ok(progress)
    }

    /// The job.
    #[must_use]
    pub const fn job(&self) -> JobId {
        self.fact.job_id
    }

    /// So many more steps are done, and so many of them failed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn step(&mut self, done: u64, failed: u64) -> Result<()> {
        self.fact.done += done;
        self.fact.failed += failed;
        let was_waiting = self.fact.state == JobState::Queued;
        self.fact.state = JobState::Running;
        if was_waiting || self.told.is_none_or(|told| told.elapsed() >= EVERY) {
            self.tell().await?;
        }
        Ok(())
    }

    /// The job has ended; always told.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end(mut self, state: JobState) -> Result<()> {
        self.fact.state = state;
        self.tell().await
    }

    async fn tell(&mut self) -> Result<()> {
        let now = self.platform.clock.now();
        let event = NewEvent::new(&self.fact, now);
        self.platform
            .db
            .transaction(move |transaction| {
                let event = event.clone();
                Box::pin(async move { Ok(EventLog::append(transaction, event).await?) })
            })
            .await?;
        self.told = Some(Instant::now());
        Ok(())
    }
}

/// Follows a job for a subscription field, behind `after` when it resumes: what
/// it told, up to its end. Somebody else's job tells nothing, so the type of the
/// field's events needs the tag `viewer`.
///
/// # Errors
/// As [`follow`].
pub async fn follow_job(
    ctx: &Context<'_>,
    job: JobId,
    after: Option<String>,
) -> Result<impl Stream<Item = async_graphql::Result<(Arc<Event>, JobProgressed)>> + use<>> {
    let viewer = Viewer::of(ctx).clone();
    let following =
        Following::new(Kinds::of([JobProgressed::KIND])).after(after).subjects([job.to_string()]);
    let told = follow(ctx, following, move |event| {
        let fact = event.read::<JobProgressed>().filter(|fact| {
            let is_own = fact.account_id.is_some() && fact.account_id == viewer.account;
            is_own || viewer.may(READ_JOBS)
        });
        ready(Ok(fact.map(|fact| (event, fact))))
    });
    // The last word of a job ends the stream, and is part of it.
    Ok(stream::unfold(Some(Box::pin(told.await?)), |told| async {
        let mut told = told?;
        let item = told.next().await?;
        let has_ended = item.as_ref().is_ok_and(|(_, fact)| fact.state.is_final());
        Some((item, (!has_ended).then_some(told)))
    }))
}
