//! Long work tells how far it is: as events, so that whoever follows it sees
//! every step on any instance and after any disconnect.

use std::time::{Duration, Instant};

use entities::ids::{AccountId, Id as _, JobId};
use subscriptions::{EventLog, NewEvent};

use crate::{
    Platform, Result,
    facts::{JobProgressed, JobState},
};

/// Steps in between are told no more often than this.
const EVERY: Duration = Duration::from_millis(250);

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
