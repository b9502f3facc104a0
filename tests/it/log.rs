//! The event log: no reader skips a late commit, handlers are given everything
//! at least once and in order, the log is trimmed and says so.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt as _;
use kit::DateTime;
use sea_orm::{ConnectionTrait as _, TransactionTrait as _};
use serde::{Deserialize, Serialize};
use subscriptions::{
    Event, EventLog, Fact, Following, Handler, HandlerError, HandlerOptions, Handlers, Kinds, LogError,
    LogOptions, NewEvent,
};
use tests::{Process, TestApp, on_each_database};
use tokio_util::sync::CancellationToken;

const NOW: DateTime = DateTime(1_767_225_600_000);

#[derive(Debug, Serialize, Deserialize)]
struct Noted {
    subject: String,
    number: i64,
}

impl Fact for Noted {
    const KIND: &'static str = "thing.noted";

    fn subject(&self) -> String {
        self.subject.clone()
    }
}

fn noted(subject: &str, number: i64) -> NewEvent {
    NewEvent::new(&Noted { subject: subject.to_owned(), number }, NOW)
}

async fn note(app: &TestApp, subject: &'static str, number: i64) {
    let written = app.app().db().transaction(move |transaction| {
        Box::pin(async move { Ok(EventLog::append(transaction, noted(subject, number)).await?) })
    });
    written.await.expect("an event");
}

fn number(event: &Event) -> i64 {
    event.read::<Noted>().expect("ours").number
}

/// Waits until something is true.
async fn until(what: &str, mut is_true: impl AsyncFnMut() -> bool) {
    for _ in 0..400 {
        if is_true().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it never came to this: {what}");
}

/// Remembers what it was given; refuses some.
struct Remembers {
    name: &'static str,
    seen: Mutex<Vec<(String, i64)>>,
    refuses: Mutex<Vec<i64>>,
    panics: AtomicBool,
}

impl Remembers {
    fn new(name: &'static str, refuses: &[i64]) -> Arc<Self> {
        let (seen, refuses) = (Mutex::default(), Mutex::new(refuses.to_vec()));
        Arc::new(Self { name, seen, refuses, panics: AtomicBool::new(false) })
    }

    fn seen(&self) -> Vec<(String, i64)> {
        self.seen.lock().expect("no poison").clone()
    }

    fn numbers(&self) -> Vec<i64> {
        self.seen().into_iter().map(|(_, number)| number).collect()
    }

    fn relents(&self) {
        self.refuses.lock().expect("no poison").clear();
    }
}

#[async_trait::async_trait]
impl Handler for Remembers {
    fn name(&self) -> &'static str {
        self.name
    }

    fn kinds(&self) -> Kinds {
        Kinds::of(["thing.*"])
    }

    async fn handle(&self, event: &Event) -> Result<(), HandlerError> {
        let number = number(event);
        if self.refuses.lock().expect("no poison").contains(&number) {
            assert!(!self.panics.load(Ordering::SeqCst), "asked to panic");
            return Err(format!("number {number} is refused").into());
        }
        self.seen.lock().expect("no poison").push((event.subject.clone(), number));
        Ok(())
    }
}

fn quick(attempts: u32) -> HandlerOptions {
    HandlerOptions {
        attempts,
        pause: Duration::from_millis(20),
        lease: Duration::from_millis(600),
        ..HandlerOptions::default()
    }
}

/// Runs a handler on the app's log until the answered token is cancelled.
fn run(app: &TestApp, handler: Arc<Remembers>, options: HandlerOptions) -> CancellationToken {
    let (log, stop) = (app.app().platform().events.clone(), CancellationToken::new());
    let until = stop.clone();
    tokio::spawn(async move { log.handle(handler, options, until).await });
    stop
}

#[tokio::test]
async fn a_commit_that_comes_late_is_skipped_by_no_reader() {
    on_each_database(async |app: TestApp| {
        if app.app().db().backend() == kit::Backend::Sqlite {
            // Its one writer commits in the order of the numbers.
            app.stop().await;
            return;
        }
        let log = &app.app().platform().events;
        let mut live = log.follow(Following::new(Kinds::of(["thing.*"]))).await.expect("a stream");
        let start = log.head();
        let db = app.app().db().write();
        #[expect(clippy::disallowed_methods, reason = "two transactions, interleaved by hand")]
        let (slow, quick) = (db.begin().await, db.begin().await);
        let (slow, quick) = (slow.expect("a transaction"), quick.expect("a transaction"));
        EventLog::append(&slow, noted("slow", 1)).await.expect("an event");
        EventLog::append(&quick, noted("quick", 2)).await.expect("an event");

        quick.commit().await.expect("commits first, with the higher number");
        let early = tokio::time::timeout(Duration::from_millis(700), live.next()).await;
        assert!(early.is_err(), "handed on before what comes before it: {early:?}");
        note(&app, "third", 3).await;
        slow.commit().await.expect("commits late");

        let mut numbers = Vec::new();
        for _ in 0..3 {
            let next = tokio::time::timeout(Duration::from_secs(10), live.next()).await;
            numbers.push(number(&next.expect("in time").expect("goes on").expect("an event")));
        }
        assert_eq!(numbers, [1, 2, 3]);
        let resumed = Following::new(Kinds::all()).after(Some(start.to_string()));
        let replayed: Vec<i64> = log
            .follow(resumed)
            .await
            .expect("a stream")
            .take(3)
            .map(|event| number(&event.expect("an event")))
            .collect()
            .await;
        assert_eq!(replayed, [1, 2, 3], "a replay tells the same");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn interleaved_writers_are_read_once_each_in_one_order_by_all_readers() {
    on_each_database(async |app: TestApp| {
        const WRITERS: i64 = 8;
        const EACH: i64 = 25;
        let log = app.app().platform().events.clone();
        let start = log.head();
        let live = log.follow(Following::new(Kinds::of(["thing.*"]))).await.expect("a stream");
        let all = usize::try_from(WRITERS * EACH).expect("a few");
        let live = tokio::spawn(live.take(all).map(|event| number(&event.expect("one"))).collect());

        let writers = (0..WRITERS).map(|writer| {
            let db = app.app().db().clone();
            tokio::spawn(async move {
                for step in 0..EACH {
                    let number = writer * EACH + step;
                    let written = db.transaction(move |transaction| {
                        Box::pin(async move {
                            EventLog::append(transaction, noted("many", number)).await?;
                            // Long enough for others to commit in between.
                            let pause = u64::try_from(number * 7 % 5).unwrap_or_default();
                            tokio::time::sleep(Duration::from_millis(pause)).await;
                            Ok(())
                        })
                    });
                    written.await.expect("an event");
                }
            })
        });
        futures_util::future::join_all(writers).await;

        let live: Vec<i64> = live.await.expect("a reader");
        let after = Following::new(Kinds::of(["thing.*"])).after(Some(start.to_string()));
        let replayed: Vec<i64> = log
            .follow(after)
            .await
            .expect("a stream")
            .take(all)
            .map(|event| number(&event.expect("an event")))
            .collect()
            .await;
        assert_eq!(live, replayed);
        let mut sorted = live;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..WRITERS * EACH).collect::<Vec<i64>>(), "each event once");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_handler_goes_on_where_the_one_before_it_ended() {
    on_each_database(async |app: TestApp| {
        let first = Remembers::new("test.durable", &[]);
        let stop = run(&app, first.clone(), quick(3));
        for number in 1..=3 {
            note(&app, "thing", number).await;
        }
        until("the first has seen three", async || first.seen().len() == 3).await;
        stop.cancel();
        for number in 4..=5 {
            note(&app, "thing", number).await;
        }

        let second = Remembers::new("test.durable", &[]);
        let stop = run(&app, second.clone(), quick(3));
        until("the second has seen two", async || second.seen().len() >= 2).await;

        assert_eq!(first.numbers(), [1, 2, 3]);
        assert_eq!(second.numbers(), [4, 5]);
        stop.cancel();
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn one_process_runs_a_handler_and_another_takes_over_when_it_is_gone() {
    on_each_database(async |app: TestApp| {
        let first = Remembers::new("test.single", &[]);
        let second = Remembers::new("test.single", &[]);
        let (log, lost) = (app.app().platform().events.clone(), first.clone());
        let process = tokio::spawn(async move {
            log.handle(lost, quick(3), CancellationToken::new()).await;
        });
        note(&app, "thing", 1).await;
        until("the first has seen one", async || first.seen().len() == 1).await;
        let stop = run(&app, second.clone(), quick(3));
        note(&app, "thing", 2).await;
        until("the first has seen two", async || first.seen().len() == 2).await;

        // Gone without giving its lease back.
        process.abort();
        note(&app, "thing", 3).await;
        until("the second has taken over", async || second.numbers().contains(&3)).await;

        assert_eq!(first.numbers(), [1, 2]);
        // At least once: what the first did not note as done may come again.
        assert!(second.numbers().iter().all(|number| *number >= 2), "{:?}", second.numbers());
        stop.cancel();
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_failure_holds_up_its_own_subject_only_and_each_subject_keeps_its_order() {
    on_each_database(async |app: TestApp| {
        let handler = Remembers::new("test.order", &[2]);
        let stop = run(&app, handler.clone(), quick(1_000));
        for (subject, number) in [("a", 1), ("a", 2), ("b", 3), ("a", 4), ("b", 5)] {
            note(&app, subject, number).await;
        }

        until("b goes on", async || handler.numbers().contains(&5)).await;
        assert_eq!(handler.numbers(), [1, 3, 5]);
        handler.relents();
        until("a has caught up", async || handler.seen().len() == 5).await;

        assert_eq!(handler.numbers(), [1, 3, 5, 2, 4]);
        stop.cancel();
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn however_many_events_are_set_aside_each_subject_keeps_its_order() {
    const MANY: i64 = 230;
    let app = TestApp::sqlite().await;
    let refused: Vec<i64> = (0..MANY).collect();
    let handler = Remembers::new("test.many", &refused);
    let stop = run(&app, handler.clone(), quick(1_000));
    let written = app.app().db().transaction(move |transaction| {
        Box::pin(async move {
            for number in 0..MANY {
                EventLog::append(transaction, noted(&format!("thing {number}"), number)).await?;
            }
            // Behind the last of them.
            let last = format!("thing {}", MANY - 1);
            Ok(EventLog::append(transaction, noted(&last, MANY)).await?)
        })
    });
    written.await.expect("events");
    let letters = Handlers::new(app.app().db().write().clone());
    until("all are set aside", async || {
        let lag = letters.lag().await.expect("a list");
        lag.iter()
            .any(|lag| lag.name == "test.many" && lag.waiting == u64::try_from(MANY).unwrap_or(0) + 1)
    })
    .await;

    handler.relents();
    until("all were taken", async || handler.seen().len() > refused.len()).await;

    let mut numbers = handler.numbers();
    let place = |wanted: i64| numbers.iter().position(|number| *number == wanted);
    assert!(place(MANY - 1) < place(MANY), "the later one of a subject came first");
    numbers.sort_unstable();
    assert_eq!(numbers, (0..=MANY).collect::<Vec<i64>>(), "each once");
    stop.cancel();
    app.stop().await;
}

#[tokio::test]
async fn what_fails_too_often_is_a_dead_letter_that_can_be_requeued() {
    on_each_database(async |app: TestApp| {
        let handler = Remembers::new("test.dead", &[1]);
        handler.panics.store(true, Ordering::SeqCst);
        let stop = run(&app, handler.clone(), quick(3));
        note(&app, "a", 1).await;
        note(&app, "a", 2).await;
        let letters = Handlers::new(app.app().db().write().clone());
        let dead = async || letters.dead(Some("test.dead"), 10).await.expect("a list");

        until("there is a dead letter", async || dead().await.len() == 1).await;
        until("the next goes on", async || handler.numbers() == [2]).await;
        let letter = dead().await.remove(0);
        assert_eq!((letter.attempts, letter.error.as_str()), (3, "the handler panicked"));
        assert_eq!(number(&letter.event), 1);
        let lag = letters.lag().await.expect("a list");
        let lag = lag.iter().find(|lag| lag.name == "test.dead").expect("registered");
        assert_eq!((lag.waiting, lag.dead), (0, 1));

        handler.relents();
        assert_eq!(letters.requeue("test.dead", Some(-1)).await.expect("an answer"), 0);
        let sequence = letter.event.position.sequence;
        assert_eq!(letters.requeue("test.dead", Some(sequence)).await.expect("an answer"), 1);
        until("it was taken", async || handler.numbers() == [2, 1]).await;
        assert_eq!(dead().await, []);
        stop.cancel();
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_command_line_shows_requeues_and_drops_dead_letters() {
    let app = TestApp::sqlite().await;
    let handler = Remembers::new("test.cli", &[1, 2]);
    let stop = run(&app, handler.clone(), quick(1));
    note(&app, "a", 1).await;
    note(&app, "b", 2).await;
    let letters = Handlers::new(app.app().db().write().clone());
    until("there are dead letters", async || letters.dead(None, 10).await.expect("a list").len() == 2)
        .await;
    stop.cancel();
    let weft = |arguments: &[&str]| {
        let settings = [("WEFT_DATABASE__URL", app.database_url())];
        let done = Process::command(env!("CARGO_BIN_EXE_weft-under-test"), &settings, arguments);
        let (out, told) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        (done.status.code(), out.into_owned(), told.into_owned())
    };

    let (code, table, _) = weft(&["events", "dead", "test.cli", "--payload"]);
    assert_eq!(code, Some(0));
    assert!(table.contains("thing.noted") && table.contains("number 1 is refused"), "{table}");
    assert!(table.contains(r#"{"number":2,"subject":"b"}"#), "{table}");
    let (_, table, _) = weft(&["events", "handlers"]);
    assert!(table.lines().any(|line| line.starts_with("test.cli")), "{table}");
    let sequence = letters.dead(None, 10).await.expect("a list")[0].event.position.sequence.to_string();
    assert_eq!(weft(&["events", "requeue", "test.cli", &sequence]).0, Some(0));
    assert_eq!(weft(&["events", "requeue", "test.cli", &sequence]).0, Some(1), "is no longer dead");
    assert_eq!(weft(&["events", "discard", "test.cli"]).0, Some(2), "which ones?");
    assert_eq!(weft(&["events", "discard", "test.cli", "--all"]).2, "1 dropped\n");
    assert_eq!(weft(&["events", "forget", "test.cli"]).0, Some(0));
    assert_eq!(weft(&["events", "forget", "test.cli"]).0, Some(1));
    app.stop().await;
}

#[tokio::test]
async fn old_events_are_deleted_but_none_that_a_handler_needs_and_a_cursor_from_before_is_a_gap() {
    on_each_database(async |app: TestApp| {
        let db = app.app().db();
        let options = LogOptions { retention: Some(Duration::from_secs(60)), ..LogOptions::default() };
        let log = EventLog::new(db.read().clone(), db.write().clone(), options, None);
        let mut live = log_of(&app).follow(Following::new(Kinds::of(["thing.*"]))).await.expect("one");
        for number in 1..=4 {
            note(&app, "thing", number).await;
        }
        let mut cursors = Vec::new();
        for _ in 0..4 {
            cursors.push(live.next().await.expect("goes on").expect("an event").position);
        }
        let place = cursors[1];
        let hold = format!(
            "INSERT INTO event_handlers (name, \"transaction\", sequence, leased_until, moved_at) \
             VALUES ('test.slow', {}, {}, 0, 0)",
            place.transaction, place.sequence
        );
        // The modules' own handlers are done with them, one other is not.
        let done = format!(
            "UPDATE event_handlers SET \"transaction\" = {}, sequence = {}",
            cursors[3].transaction, cursors[3].sequence
        );
        db.write().execute_unprepared(&done).await.expect("moved");
        db.write().execute_unprepared(&hold).await.expect("registered");
        let after = |position: subscriptions::Position| {
            Following::new(Kinds::all()).after(Some(position.to_string()))
        };

        assert_eq!(log.trim(NOW.plus(59_000)).await.expect("trims"), 0, "nothing is old enough");
        log.trim(NOW.plus(61_000)).await.expect("trims");
        assert!(matches!(log.follow(after(cursors[0])).await.err(), Some(LogError::Gap(_))));
        let rest = log.follow(after(cursors[1])).await.expect("the last that was deleted is no gap");
        let rest: Vec<i64> = rest.take(2).map(|event| number(&event.expect("one"))).collect().await;
        assert_eq!(rest, [3, 4]);

        db.write().execute_unprepared("DELETE FROM event_handlers").await.expect("forgotten");
        assert_eq!(log.trim(NOW.plus(61_000)).await.expect("trims"), 2);
        assert!(matches!(log.follow(after(cursors[1])).await.err(), Some(LogError::Gap(_))));
        assert!(log.follow(after(cursors[3])).await.is_ok(), "who has seen all has missed nothing");
        app.stop().await;
    })
    .await;
}

fn log_of(app: &TestApp) -> &EventLog {
    &app.app().platform().events
}

#[tokio::test]
async fn a_signal_that_passes_reaches_who_listens_and_is_never_replayed() {
    let app = TestApp::sqlite().await;
    let log = log_of(&app);
    let mut live = log.follow(Following::new(Kinds::of(["thing.*"]))).await.expect("a stream");
    note(&app, "thing", 2).await;
    let stored = live.next().await.expect("goes on").expect("an event");
    log.pass(noted("thing", 3));
    let passing = live.next().await.expect("goes on").expect("a signal");
    note(&app, "thing", 4).await;

    assert!(passing.is_passing);
    assert_eq!((number(&passing), passing.position), (3, stored.position));
    let resumed = Following::new(Kinds::of(["thing.*"])).after(Some(passing.position.to_string()));
    let mut resumed = log.follow(resumed).await.expect("its cursor is one to resume from");
    assert_eq!(number(&resumed.next().await.expect("goes on").expect("an event")), 4);
    app.stop().await;
}
