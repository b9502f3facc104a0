//! Batch loading in the request's own task: keys queue up while the execution
//! runs, and when it can go no further every queued batch is loaded at once.
//!
//! A stock `DataLoader` spawns a task and sleeps for every batch. Here the
//! driver ([`drive`]) polls the execution; when that is pending and loads are
//! queued it runs them and polls again. Batches are exact (everything that
//! could be asked at that moment), there is no timer and no spawned task, and
//! dropping the request drops its batches.

use std::{
    any::{Any, TypeId},
    collections::{HashMap, HashSet},
    future::{Future, poll_fn},
    hash::Hash,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context as TaskContext, Poll, Wake, Waker},
};

use async_graphql::{Context, dataloader::Loader};
use futures_util::{
    Stream, StreamExt,
    future::BoxFuture,
    stream::{BoxStream, FuturesUnordered},
    task::AtomicWaker,
};

use crate::{Error, RequestScope, Result};

/// Makes a loader out of what the module and the request know: the database,
/// the viewer. Called once per batch.
pub trait FromContext: Sized {
    /// The loader for this request.
    fn from_context(ctx: &Context<'_>) -> Self;
}

/// Loads the value of one key, together with all other keys asked of the same
/// loader before the execution had to wait. `None` when there is no such row.
///
/// # Errors
/// What the loader answers; the whole batch shares its error.
pub async fn load<L, K>(ctx: &Context<'_>, key: K) -> Result<Option<L::Value>>
where
    L: Loader<K, Error = Error> + FromContext,
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    let batches = &RequestScope::of(ctx).batches;
    let batch = match batches.join::<L, K>(key.clone(), || L::from_context(ctx)) {
        Joined::Known(value) => return Ok(value),
        Joined::Waiting(batch) => batch,
    };
    poll_fn(|task| batch.poll_key(&key, task)).await
}

/// [`load`] for several keys at once, in their order.
///
/// # Errors
/// What the loader answers.
pub async fn load_many<L, K>(ctx: &Context<'_>, keys: &[K]) -> Result<Vec<Option<L::Value>>>
where
    L: Loader<K, Error = Error> + FromContext,
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    futures_util::future::try_join_all(keys.iter().map(|key| load::<L, K>(ctx, key.clone()))).await
}

/// Sorts keys into groups that one statement can answer.
#[must_use]
pub fn groups<G: Eq + Hash, K>(keys: impl IntoIterator<Item = (G, K)>) -> HashMap<G, Vec<K>> {
    let mut groups: HashMap<G, Vec<K>> = HashMap::new();
    for (group, key) in keys {
        groups.entry(group).or_default().push(key);
    }
    groups
}

/// What an `#[graphql(entity)]` function answers with: `Some` when the row was
/// found. An error is recorded and answered as `None`, since one `Err` from an
/// entity function would lose the whole batch of entities.
pub fn entity<T>(ctx: &Context<'_>, loaded: Result<Option<T>>) -> Option<T> {
    loaded.unwrap_or_else(|error| {
        let error = async_graphql::Error::from(error).into_server_error(ctx.item.pos);
        ctx.add_error(ctx.set_error_path(error));
        None
    })
}

/// The queued and the answered loads of one request. Clones share them.
#[derive(Clone, Default)]
pub struct Batches(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Mutations forget: a read after a write must not see the row before it.
    forgets: bool,
}

#[derive(Default)]
struct State {
    /// One `Queue<L, K>` for every pair of loader and key type.
    queues: HashMap<TypeId, Box<dyn Any + Send>>,
    /// Batches with keys, waiting for the execution to pause.
    ready: Vec<BoxFuture<'static, ()>>,
}

struct Queue<K, V> {
    /// The batch that further keys join; `None` until a key comes.
    open: Option<Arc<Batch<K, V>>>,
    /// Batches that run or have run.
    closed: Vec<Arc<Batch<K, V>>>,
}

struct Batch<K, V> {
    waiting: Mutex<Waiting<K>>,
    /// What it was run for; set when it closes.
    asked: OnceLock<HashSet<K>>,
    outcome: OnceLock<Result<HashMap<K, V>>>,
}

struct Waiting<K> {
    keys: Vec<K>,
    wakers: Vec<Waker>,
}

enum Joined<K, V> {
    Known(Option<V>),
    Waiting(Arc<Batch<K, V>>),
}

impl Batches {
    /// Loaders that do not remember what they loaded, for mutations.
    #[must_use]
    pub fn forgetting() -> Self {
        Self(Arc::new(Shared { forgets: true, ..Shared::default() }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("no code panics while it holds this lock")
    }

    fn join<L, K>(&self, key: K, loader: impl FnOnce() -> L) -> Joined<K, L::Value>
    where
        L: Loader<K, Error = Error>,
        K: Clone + Eq + Hash + Send + Sync + 'static,
    {
        let mut state = self.lock();
        let state = &mut *state;
        let queue = state
            .queues
            .entry(TypeId::of::<(L, K)>())
            .or_insert_with(|| Box::new(Queue::<K, L::Value> { open: None, closed: Vec::new() }))
            .downcast_mut::<Queue<K, L::Value>>()
            .expect("queues are stored under the type of their loader and key");
        if let Some(joined) = queue.known(&key) {
            return joined;
        }
        let batch = queue.open.get_or_insert_with(|| {
            let batch = Arc::new(Batch::new());
            state.ready.push(Box::pin(self.clone().run(loader(), batch.clone())));
            batch
        });
        batch.lock().keys.push(key);
        Joined::Waiting(batch.clone())
    }

    async fn run<L, K>(self, loader: L, batch: Arc<Batch<K, L::Value>>)
    where
        L: Loader<K, Error = Error>,
        K: Clone + Eq + Hash + Send + Sync + 'static,
    {
        let mut keys = std::mem::take(&mut batch.lock().keys);
        let mut asked = HashSet::with_capacity(keys.len());
        keys.retain(|key| asked.insert(key.clone()));
        // A batch closes once, so the cell is empty.
        let _ = batch.asked.set(asked);
        self.close::<L, K>(&batch);
        let outcome = loader.load(&keys).await;
        batch.finish(outcome);
    }

    /// Later keys open a new batch; this one is remembered for its answers.
    fn close<L, K>(&self, batch: &Arc<Batch<K, L::Value>>)
    where
        L: Loader<K, Error = Error>,
        K: Clone + Eq + Hash + Send + Sync + 'static,
    {
        let mut state = self.lock();
        let queue = state
            .queues
            .get_mut(&TypeId::of::<(L, K)>())
            .and_then(|queue| queue.downcast_mut::<Queue<K, L::Value>>())
            .expect("the batch was opened in this queue");
        queue.open = None;
        if !self.0.forgets {
            queue.closed.push(batch.clone());
        }
    }

    fn take_ready(&self) -> Vec<BoxFuture<'static, ()>> {
        std::mem::take(&mut self.lock().ready)
    }
}

impl<K: Eq + Hash, V: Clone> Queue<K, V> {
    /// What an earlier batch knows of the key, or will know.
    fn known(&self, key: &K) -> Option<Joined<K, V>> {
        let batch = self
            .closed
            .iter()
            .find(|batch| batch.asked.get().is_some_and(|asked| asked.contains(key)))?;
        match batch.outcome.get() {
            Some(Ok(values)) => Some(Joined::Known(values.get(key).cloned())),
            // A failed batch may be tried again.
            Some(Err(_)) => None,
            None => Some(Joined::Waiting(batch.clone())),
        }
    }
}

impl<K: Eq + Hash, V: Clone> Batch<K, V> {
    fn new() -> Self {
        Self {
            waiting: Mutex::new(Waiting { keys: Vec::new(), wakers: Vec::new() }),
            asked: OnceLock::new(),
            outcome: OnceLock::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<K>> {
        self.waiting.lock().expect("no code panics while it holds this lock")
    }

    fn finish(&self, outcome: Result<HashMap<K, V>>) {
        let mut waiting = self.lock();
        // A batch runs once, so the cell is empty.
        let _ = self.outcome.set(outcome);
        for waker in waiting.wakers.drain(..) {
            waker.wake();
        }
    }

    fn poll_key(&self, key: &K, task: &TaskContext<'_>) -> Poll<Result<Option<V>>> {
        if let Some(outcome) = self.outcome.get() {
            return Poll::Ready(answer(outcome, key));
        }
        let mut waiting = self.lock();
        // The batch may have finished between the look and the lock.
        if let Some(outcome) = self.outcome.get() {
            return Poll::Ready(answer(outcome, key));
        }
        waiting.wakers.push(task.waker().clone());
        Poll::Pending
    }
}

fn answer<K: Eq + Hash, V: Clone>(outcome: &Result<HashMap<K, V>>, key: &K) -> Result<Option<V>> {
    match outcome {
        Ok(values) => Ok(values.get(key).cloned()),
        Err(error) => Err(error.clone()),
    }
}

/// Runs an execution to its end and loads its batches whenever it pauses.
pub async fn drive<F: Future>(batches: Batches, execution: F) -> F::Output {
    let mut execution = std::pin::pin!(execution);
    let mut driver = Driver::new(batches);
    poll_fn(|task| driver.poll(task, |inner| execution.as_mut().poll(inner))).await
}

/// Runs a stream of answers whose items load in batches.
#[must_use]
pub fn drive_stream<T: Send + 'static>(
    batches: Batches,
    mut stream: BoxStream<'static, T>,
) -> BoxStream<'static, T> {
    let mut driver = Driver::new(batches);
    futures_util::stream::poll_fn(move |task| {
        driver.poll(task, |inner| Pin::new(&mut stream).poll_next(inner))
    })
    .boxed()
}

/// Polls an execution and, when it rests, the batches it waits for.
struct Driver {
    batches: Batches,
    running: FuturesUnordered<BoxFuture<'static, ()>>,
    woken: Arc<Woken>,
    waker: Waker,
}

impl Driver {
    fn new(batches: Batches) -> Self {
        let woken = Arc::new(Woken::default());
        let waker = woken.clone().into();
        Self { batches, running: FuturesUnordered::new(), woken, waker }
    }

    fn poll<T>(
        &mut self,
        task: &TaskContext<'_>,
        mut execution: impl FnMut(&mut TaskContext<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.woken.task.register(task.waker());
        let mut inner = TaskContext::from_waker(&self.waker);
        loop {
            self.woken.flag.store(false, Ordering::Release);
            if let Poll::Ready(output) = execution(&mut inner) {
                return Poll::Ready(output);
            }
            // Joined futures yield before they have polled all their children,
            // and wake themselves to go on: that is not a rest yet.
            if self.woken.flag.load(Ordering::Acquire) {
                continue;
            }
            self.running.extend(self.batches.take_ready());
            let mut has_ended = false;
            while let Poll::Ready(Some(())) = self.running.poll_next_unpin(&mut inner) {
                has_ended = true;
            }
            if !has_ended && !self.woken.flag.load(Ordering::Acquire) {
                return Poll::Pending;
            }
        }
    }
}

/// Remembers that something woke the execution, and wakes the task around it.
#[derive(Default)]
struct Woken {
    flag: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.flag.store(true, Ordering::Release);
        self.task.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use async_graphql::{EmptyMutation, EmptySubscription, Object, Request, Schema};

    use super::*;

    static BATCHES: AtomicUsize = AtomicUsize::new(0);

    struct Doubles;

    impl Loader<i32> for Doubles {
        type Value = i32;
        type Error = Error;

        async fn load(&self, keys: &[i32]) -> Result<HashMap<i32, i32>> {
            BATCHES.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok(keys.iter().filter(|key| **key != 13).map(|key| (*key, key * 2)).collect())
        }
    }

    impl FromContext for Doubles {
        fn from_context(_: &Context<'_>) -> Self {
            Self
        }
    }

    struct Leaf(i32);

    #[Object]
    impl Leaf {
        async fn double(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<i32>> {
            Ok(load::<Doubles, i32>(ctx, self.0).await?)
        }
    }

    struct Query;

    #[Object]
    impl Query {
        async fn leaves(&self, count: i32) -> Vec<Leaf> {
            (0..count).map(Leaf).collect()
        }
    }

    #[tokio::test]
    async fn one_level_is_one_batch_and_a_known_key_is_none() {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let scope = RequestScope::default();
        let request =
            Request::new("{ leaves(count: 50) { double } again: leaves(count: 50) { double } }")
                .data(scope.clone());
        BATCHES.store(0, Ordering::SeqCst);

        let response = drive(scope.batches, schema.execute(request)).await;

        assert_eq!(response.errors, Vec::new());
        assert_eq!(BATCHES.load(Ordering::SeqCst), 1);
        let data = response.data.into_json().expect("a value tree is JSON");
        assert_eq!(data["leaves"][12]["double"], 24);
        assert_eq!(data["leaves"][13]["double"], serde_json::Value::Null);
    }
}
