//! An act: what one root field of a mutation does, and who asked for it. The
//! facts that it makes true are written with its name.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use entities::ids::AccountId;
use ulid::Ulid;

tokio::task_local! {
    static CURRENT: Arc<Act>;
}

/// One root field of a mutation while it runs.
#[derive(Debug)]
pub struct Act {
    pub(crate) id: Ulid,
    pub(crate) actor: Option<AccountId>,
    pub(crate) action: String,
    facts: AtomicU64,
    is_told: AtomicBool,
}

impl Act {
    /// A new act: who does it, `None` for a guest, and the name of the field.
    #[must_use]
    pub fn new(actor: Option<AccountId>, action: &str) -> Self {
        Self {
            id: Ulid::generate(),
            actor,
            action: action.to_owned(),
            facts: AtomicU64::new(0),
            is_told: AtomicBool::new(false),
        }
    }

    /// The act in which this code runs; handlers and workers run in none.
    #[must_use]
    pub fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// Does the work of this act. A task that the work spawns is no part of it.
    pub async fn run<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(Arc::new(self), work).await
    }

    /// Who acts; `None` for a guest.
    #[must_use]
    pub const fn actor(&self) -> Option<AccountId> {
        self.actor
    }

    /// How many facts were written in its name, those of transactions that were
    /// rolled back among them.
    #[must_use]
    pub fn facts(&self) -> u64 {
        self.facts.load(Ordering::Relaxed)
    }

    /// Whether a transaction of it was committed with a fact.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.is_told.load(Ordering::Relaxed)
    }

    /// A transaction was committed with a fact.
    pub fn told(&self) {
        self.is_told.store(true, Ordering::Relaxed);
    }

    pub(crate) fn count(&self) {
        self.facts.fetch_add(1, Ordering::Relaxed);
    }
}
