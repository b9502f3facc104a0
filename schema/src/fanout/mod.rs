//! Fan-out: an event of the log is evaluated once for all who follow the same
//! operation with the same variables and see the same.
//!
//! The first subscriber starts a shared stream, the last one's leaving ends it.
//! What each of them missed, by its cursor or because it is slow, it reads in a
//! bounded replay of its own, and goes on with the shared stream behind it: no
//! event is lost at the seam and none comes twice.

mod audience;
mod sharing;
mod stream;
mod subscriber;

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize},
    },
};

use async_graphql::Variables;
use futures_util::stream::BoxStream;
use kit::RequestScope;

use crate::{Answer, Engine, Prepared};

use audience::Audience;
pub(crate) use sharing::{Personal, Sharing};
use stream::{Joined, Shared};
use subscriber::Subscriber;

/// The shared streams of a graph.
pub(crate) struct Fanout {
    streams: Mutex<HashMap<Arc<Key>, Weak<Shared>>>,
    /// Events that were evaluated for subscribers.
    pub(crate) evaluations: AtomicU64,
    /// Subscribers who miss nothing any more.
    pub(crate) followers: AtomicUsize,
    /// Answers that a stream keeps for those who are behind.
    buffer: usize,
}

/// What subscribers have to have in common to share a stream.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    operation: Operation,
    /// The variables as JSON, the cursor left out.
    variables: String,
    audience: Audience,
}

/// A prepared operation, the same only as itself.
#[derive(Clone)]
struct Operation(Arc<Prepared>);

impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Operation {}

impl Hash for Operation {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::hash(Arc::as_ptr(&self.0), state);
    }
}

/// Follows an operation together with others; `None` when it can't be shared.
pub(crate) fn join(
    engine: &Engine,
    prepared: &Arc<Prepared>,
    variables: &Variables,
    scope: &RequestScope,
) -> Option<BoxStream<'static, Answer>> {
    let sharing = prepared.sharing.as_ref()?;
    let audience = Audience::of(sharing, scope)?;
    let resumes = sharing.resumes(variables);
    let common = sharing.common(variables);
    let key = Key {
        operation: Operation(prepared.clone()),
        variables: serde_json::to_string(&common).ok()?,
        audience,
    };
    let joined = engine.0.fanout.join(engine, key, common);
    // Only a replay reads them.
    let own = resumes.then(|| Box::new(variables.clone()));
    Some(Subscriber::new(engine.clone(), joined, own).answers())
}

impl Fanout {
    pub(crate) fn new(buffer: usize) -> Self {
        Self {
            streams: Mutex::default(),
            evaluations: AtomicU64::default(),
            followers: AtomicUsize::default(),
            buffer: buffer.max(1),
        }
    }

    /// How many streams are shared at present.
    pub(crate) fn streams(&self) -> usize {
        self.lock().values().filter(|stream| stream.strong_count() > 0).count()
    }

    /// Joins the stream of this key, or starts it.
    fn join(&self, engine: &Engine, key: Key, variables: Variables) -> Joined {
        let mut streams = self.lock();
        // A stream that is over takes itself out before it says so.
        if let Some(known) = streams.get(&key).and_then(Weak::upgrade) {
            return known.join();
        }
        let key = Arc::new(key);
        let started = Shared::start(engine, key.clone(), variables);
        streams.insert(key, Arc::downgrade(&started));
        started.join()
    }

    /// Takes a stream out, unless another one has its place by now.
    fn forget(&self, key: &Key, is_it: impl FnOnce(&Weak<Shared>) -> bool) {
        let mut streams = self.lock();
        if streams.get(key).is_some_and(is_it) {
            streams.remove(key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<Key>, Weak<Shared>>> {
        // A panic elsewhere leaves no half-made entry behind.
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
