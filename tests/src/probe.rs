//! A module with the fields that only tests need: one that always fails, one
//! that panics, one that counts, one that follows the event log. Added by the
//! harness, never by the product.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI32, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_graphql::{ComplexObject, Context, Object, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt as _, stream};
use kit::{
    DateTime, Module, Parts, Platform, Progress, Result, Viewer, facts::JobState, follow_job, ids::JobId,
};
use serde::{Deserialize, Serialize};
use subscriptions::{Event, EventLog, Fact, Following, Kinds, NewEvent};

/// The module `probe`.
pub struct Probe;

#[async_trait::async_trait]
impl Module for Probe {
    fn name(&self) -> &'static str {
        "probe"
    }

    async fn start(&self, platform: &Platform) -> Result<Parts> {
        let schema = kit::schema(Query, Mutation, Streams)
            .data(AtomicU64::new(0))
            .data(platform.clone())
            .data(platform.events.clone());
        Ok(Parts::new(kit::finish(schema)))
    }
}

/// Something happened, says a test.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Happening {
    /// Who follows it.
    pub topic: String,
    /// Tells it from others.
    pub number: i32,
}

impl Fact for Happening {
    const KIND: &'static str = "probe.happened";

    fn subject(&self) -> String {
        self.topic.clone()
    }
}

impl Happening {
    /// Writes it to the log.
    ///
    /// # Panics
    /// When the database fails.
    pub async fn append(&self, platform: &Platform) {
        let event = NewEvent::new(self, DateTime(0));
        let written = platform.db.transaction(move |transaction| {
            let event = event.clone();
            Box::pin(async move { Ok(EventLog::append(transaction, event).await?) })
        });
        let written: Result<()> = written.await;
        written.expect("the log takes facts");
    }

    /// Tells it to whoever follows now.
    pub fn pass(&self, platform: &Platform) {
        platform.events.pass(NewEvent::new(self, DateTime(0)));
    }
}

/// Something that happened.
#[derive(SimpleObject)]
#[graphql(complex)]
struct Happened {
    /// Resumes behind it.
    cursor: String,
    /// Tells it from others.
    number: i32,
}

#[ComplexObject]
impl Happened {
    /// The account that asks.
    #[graphql(tag = "viewer")]
    async fn asker(&self, ctx: &Context<'_>) -> Option<String> {
        Viewer::of(ctx).account.map(|account| account.to_string())
    }

    /// The session that asks.
    #[graphql(tag = "session")]
    async fn session(&self, ctx: &Context<'_>) -> Option<String> {
        Viewer::of(ctx).session.map(|session| session.to_string())
    }

    /// The currency of whoever asks.
    async fn currency(&self, ctx: &Context<'_>) -> Option<String> {
        Viewer::of(ctx).currency.map(|currency| currency.to_string())
    }
}

struct Query;

/// Everything that can be read.
#[Object]
impl Query {
    /// Greets.
    async fn hello(
        &self,
        #[graphql(desc = "Whom.", default_with = "\"world\".to_owned()")] name: String,
    ) -> String {
        format!("Hello, {name}!")
    }

    /// Fails whenever it is asked.
    async fn crash(&self) -> async_graphql::Result<Option<String>> {
        Err(kit::Error::internal("crash was asked").into())
    }

    /// Panics whenever it is asked.
    async fn panics(
        &self,
        #[graphql(desc = "How.", default_with = "\"loudly\".to_owned()")] how: String,
    ) -> Option<String> {
        // The branch that is never taken gives the field a value to have.
        if how.is_empty() { None } else { panic!("panics was asked") }
    }
}

/// Something that was made.
#[derive(SimpleObject)]
struct Made {
    /// Counts up.
    id: async_graphql::ID,
    /// As given.
    name: String,
}

struct Mutation;

/// Everything that can be changed.
#[Object]
impl Mutation {
    /// Makes something; each call counts.
    async fn make(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name.")] name: String,
    ) -> Option<Made> {
        let count = ctx.data_unchecked::<AtomicU64>().fetch_add(1, Ordering::SeqCst);
        Some(Made { id: count.into(), name })
    }

    /// Starts a long piece of work; answers its id.
    async fn work(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many steps it has.")] steps: u64,
    ) -> async_graphql::Result<JobId> {
        let account = Viewer::of(ctx).require_account()?;
        let platform = ctx.data_unchecked::<Platform>();
        let mut progress = Progress::start(platform, "probe.work", Some(account), Some(steps)).await?;
        let job = progress.job();
        tokio::spawn(async move {
            for step in 0..steps {
                progress.step(1, u64::from(step == 1)).await?;
            }
            progress.end(JobState::Succeeded).await
        });
        Ok(job)
    }
}

/// How far a job is.
#[derive(SimpleObject)]
#[graphql(tag = "viewer")]
struct WorkEvent {
    /// Position; pass as `after` to resume.
    cursor: String,
    /// When.
    at: DateTime,
    /// How it is.
    state: JobState,
    /// Steps done.
    done: u64,
    /// Steps that failed.
    failed: u64,
    /// Steps in all.
    total: Option<u64>,
}

struct Streams;

/// Everything that can be followed.
#[Subscription(name = "Subscription")]
impl Streams {
    /// Follows a long piece of work to its end.
    async fn work_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: JobId,
        #[graphql(desc = "Resume behind this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<impl Stream<Item = async_graphql::Result<WorkEvent>> + use<>> {
        let told = follow_job(ctx, id, after).await?;
        Ok(told.map(|item| {
            item.map(|(event, fact)| WorkEvent {
                cursor: event.position.to_string(),
                at: event.at,
                state: fact.state,
                done: fact.done,
                failed: fact.failed,
                total: fact.total,
            })
        }))
    }

    /// What happened under a topic. What happened under "shaky" is shown at the
    /// try that comes after as many in vain as its number says.
    async fn happenings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which topic.")] topic: String,
        #[graphql(desc = "Resume behind this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<impl Stream<Item = async_graphql::Result<Happened>> + use<>> {
        let following = Following::new(Kinds::of([Happening::KIND])).after(after).subjects([topic]);
        let tries = Arc::new(AtomicI32::new(0));
        let shown = move |event: Arc<Event>| {
            let tries = tries.clone();
            async move {
                let Some(fact) = event.read::<Happening>() else { return Ok(None) };
                if fact.topic == "shaky" && tries.fetch_add(1, Ordering::SeqCst) < fact.number {
                    return Err(kit::Error::Unavailable("what happened".into()));
                }
                tries.store(0, Ordering::SeqCst);
                Ok(Some(Happened { cursor: event.position.to_string(), number: fact.number }))
            }
        };
        Ok(kit::follow(ctx, following, shown).await?)
    }

    /// Counts from 1, to a bound or without end.
    async fn tick(
        &self,
        #[graphql(desc = "The last number.")] to: Option<i32>,
    ) -> impl Stream<Item = i32> {
        let end = to.unwrap_or(i32::MAX);
        stream::iter(1..=end).then(|number| async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            number
        })
    }
}
