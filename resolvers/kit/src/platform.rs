//! What a module is given when it starts: database, event log, clock, ports.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use subscriptions::{EventLog, HandlerOptions, LogOptions, RedisBus};
use tokio_util::sync::CancellationToken;

use crate::{Database, DateTime, Hooks, ports::Ports};

/// Tells the time; tests bring their own.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> DateTime;
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        DateTime(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that moves only when told to.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Starts at this instant.
    #[must_use]
    pub const fn new(now: DateTime) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// Moves on by this many milliseconds.
    pub fn advance(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime {
        DateTime(self.0.load(Ordering::SeqCst))
    }
}

/// What all modules of one process share.
#[derive(Clone)]
pub struct Platform {
    /// The database.
    pub db: Database,
    /// The event log.
    pub events: EventLog,
    /// How handlers of events are run.
    pub handlers: HandlerOptions,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Asked before, and told after, somebody is let in.
    pub hooks: Hooks,
    /// Traits that modules implement for one another.
    pub ports: Ports,
    /// Cancelled when the module must stop.
    pub stop: CancellationToken,
}

impl Platform {
    /// A platform on this database, with the machine's clock and no ports yet.
    /// `bus` joins its event log with those of other instances.
    #[must_use]
    pub fn new(db: Database, log: LogOptions, bus: Option<RedisBus>) -> Self {
        Self {
            events: EventLog::new(db.read().clone(), db.write().clone(), log, bus),
            handlers: HandlerOptions::default(),
            clock: Arc::new(SystemClock),
            hooks: Hooks::default(),
            ports: Ports::default(),
            stop: CancellationToken::new(),
            db,
        }
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// With these ports.
    #[must_use]
    pub fn with_ports(mut self, ports: Ports) -> Self {
        self.ports = ports;
        self
    }
}
