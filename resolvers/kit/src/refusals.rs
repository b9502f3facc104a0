//! What one request was refused for lack of a permission: each field is told
//! once, so that a long list of it is one fact.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex},
};

use subscriptions::{Act, EventLog, NewEvent};

use crate::{Clock, Database, facts::PermissionRefused, ids::AccountId};

/// More fields than these are not told of one request.
const MOST: usize = 20;

/// The refusals of one request. Cheap to clone; the default tells nobody.
#[derive(Clone, Default)]
pub struct Refusals(Option<Arc<Told>>);

struct Told {
    db: Database,
    clock: Arc<dyn Clock>,
    seen: Mutex<BTreeSet<String>>,
}

impl Refusals {
    /// Refusals that are told in this database's event log.
    #[must_use]
    pub fn new(db: Database, clock: Arc<dyn Clock>) -> Self {
        Self(Some(Arc::new(Told { db, clock, seen: Mutex::default() })))
    }

    /// `account` was refused this field for lack of `permission`. A log that can't be written changes nothing of the refusal.
    pub async fn tell(&self, account: AccountId, field: &str, permission: &str) {
        let Some(told) = &self.0 else { return };
        if !told.is_new(field) {
            return;
        }
        let refused =
            PermissionRefused { account, field: field.to_owned(), permission: permission.to_owned() };
        let event = NewEvent::new(&refused, told.clock.now());
        let append = told.db.transaction(move |transaction| {
            let event = event.clone();
            Box::pin(async move { Ok(EventLog::append(transaction, event).await?) })
        });
        let appended = match Act::current() {
            Some(_) => append.await,
            // What is read is no act, but somebody asked for it.
            None => Act::new(Some(account), field).run(append).await,
        };
        if let Err(error) = appended {
            tracing::error!(?error, "a refusal is not in the event log");
        }
    }
}

impl Told {
    fn is_new(&self, field: &str) -> bool {
        let mut seen = self.seen.lock().expect("no code panics while it holds this lock");
        seen.len() < MOST && seen.insert(field.to_owned())
    }
}

impl fmt::Debug for Refusals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Refusals")
    }
}
