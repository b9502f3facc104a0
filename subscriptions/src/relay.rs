//! The relay: reads what was committed, in the order in which nothing can come
//! between any more, and hands it on to the readers of this process.

use std::{sync::Arc, time::Duration};

use entities::events::event;
use sea_orm::{DbErr, TransactionTrait as _};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{EventLog, reader};

/// The first look again for a commit that another, older transaction hides.
const UNSETTLED: Duration = Duration::from_millis(4);

impl EventLog {
    /// Follows the log until `stop` and hands events on; `commits` wakes it.
    ///
    /// # Errors
    /// When the database does not answer at the start.
    pub async fn relay(
        &self,
        commits: watch::Receiver<u64>,
        stop: CancellationToken,
    ) -> Result<impl Future<Output = ()> + Send + use<>, DbErr> {
        #[expect(clippy::disallowed_methods, reason = "before anybody else writes")]
        let transaction = self.0.writer.begin().await?;
        event::adopt_restored(&transaction).await?;
        transaction.commit().await?;
        self.0.head.send_replace(reader::head(&self.0.db).await?);
        let log = self.clone();
        Ok(async move {
            tokio::join!(
                log.clone().hand_on_until(commits, stop.clone()),
                log.clone().listen(stop.clone()),
                log.trim_until(stop),
            );
        })
    }

    async fn listen(self, stop: CancellationToken) {
        if let Some(bus) = &self.0.bus {
            bus.listen(&self, stop).await;
        }
    }

    async fn hand_on_until(self, mut commits: watch::Receiver<u64>, stop: CancellationToken) {
        let poll = self.0.options.poll;
        let mut pause = poll;
        loop {
            let committed = async {
                // A closed channel means that nobody writes here any more.
                if commits.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            let woken = async {
                tokio::select! {
                    () = committed => true,
                    () = self.0.wake.notified() => false,
                }
            };
            let woken = tokio::time::timeout(pause, woken);
            let Some(woken) = stop.run_until_cancelled(woken).await else { return };
            if let (Ok(true), Some(bus)) = (&woken, &self.0.bus) {
                bus.announce();
            }
            pause = match self.hand_on().await {
                // What was committed may wait for an older transaction: look again soon.
                Ok(0) if woken.is_ok() => UNSETTLED,
                Ok(0) => (pause * 2).min(poll),
                Ok(_) => poll,
                Err(error) => {
                    tracing::error!(%error, "the event log can't be read, trying again");
                    poll
                }
            };
        }
    }

    /// Hands on what has settled since; how many events that was.
    async fn hand_on(&self) -> Result<usize, DbErr> {
        let mut count = 0;
        loop {
            let events = reader::after(&self.0.db, self.head(), reader::PAGE).await?;
            let Some(last) = events.last().map(|event| event.position) else {
                return Ok(count);
            };
            count += events.len();
            let events: Vec<_> = events.into_iter().map(Arc::new).collect();
            events.iter().cloned().for_each(|event| self.remember(event));
            // Before anybody is handed an event: who has seen one reads a head
            // that is not behind it, and finds it in memory.
            self.0.head.send_replace(last);
            events.iter().for_each(|event| self.0.listeners.tell(event));
        }
    }

    fn remember(&self, event: Arc<crate::Event>) {
        let mut recent = self.0.recent.write().expect("no code panics while it holds this lock");
        if recent.len() >= self.0.options.buffer {
            recent.pop_front();
        }
        recent.push_back(event);
    }
}
