//! Preparing a document is bounded: it ends at a deadline, and happens once
//! however many ask for it at the same time.

use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use kit::RequestScope;
use schema::{
    Engine, GraphQLRequest, Limits,
    planner::{HivePlanner, Plan, PlanError, Planner},
};

use crate::support::{json, marketplace};

const DOCUMENT: &str = "{ products { title rating seller { name } } }";

#[tokio::test]
async fn planning_that_takes_too_long_is_given_up() {
    let limits = Limits { planning: Duration::ZERO, ..Limits::default() };
    let engine = Engine::from_supergraph(marketplace::supergraph(), marketplace::transports(), limits);
    let engine = engine.expect("the marketplace is a valid supergraph");

    let request = GraphQLRequest { query: DOCUMENT.to_owned(), ..GraphQLRequest::default() };
    let answer = engine.execute(request, RequestScope::default()).await;

    let answer = String::from_utf8(answer.to_json()).expect("JSON is text");
    assert_eq!(
        json::parse(&answer),
        json::parse(
            r#"{ "errors": [{ "message": "planning the document took too long", "extensions": { "code": "TIMEOUT" } }] }"#
        )
    );
}

#[tokio::test]
async fn a_document_that_fifty_ask_for_at_once_is_planned_once() {
    let planner = Arc::new(Counting::new());
    let engine = engine(planner.clone());

    let asking = join_all((0..50).map(|_| engine.prepare(DOCUMENT, None)));
    let (prepared, ()) = futures_util::join!(asking, async { planner.open() });
    let again = engine.prepare(DOCUMENT, None).await.expect("the document is valid");

    assert!(prepared.iter().all(|one| one.as_ref().is_ok_and(|one| Arc::ptr_eq(one, &again))));
    assert_eq!(planner.count(), 1);
}

#[tokio::test]
async fn operations_of_one_document_are_planned_each_for_itself() {
    let planner = Arc::new(Counting::new());
    let engine = engine(planner.clone());
    let document = "query One { products { title } } query Two { viewer { name } }";
    planner.open();

    let one = engine.prepare(document, Some("One")).await.expect("the document is valid");
    let two = engine.prepare(document, Some("Two")).await.expect("the document is valid");
    let one_again = engine.prepare(document, Some("One")).await.expect("the document is valid");

    assert!(Arc::ptr_eq(&one, &one_again));
    assert!(!Arc::ptr_eq(&one, &two));
    assert_eq!(planner.count(), 2);
}

#[tokio::test]
async fn a_document_that_is_refused_is_not_planned() {
    let planner = Arc::new(Counting::new());
    let engine = engine(planner.clone());
    planner.open();

    let refused = engine.prepare("{ products { missing } }", None).await;

    assert!(refused.is_err());
    assert_eq!(planner.count(), 0);
}

fn engine(planner: Arc<dyn Planner>) -> Engine {
    Engine::with_planner(
        planner,
        marketplace::supergraph(),
        marketplace::transports(),
        Limits::default(),
    )
    .expect("the marketplace is a valid supergraph")
}

/// Counts its plans, and makes none before it is opened.
struct Counting {
    hive: HivePlanner,
    plans: AtomicUsize,
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Counting {
    fn new() -> Self {
        let hive = HivePlanner::new(&marketplace::supergraph()).expect("the supergraph is valid");
        Self { hive, plans: AtomicUsize::new(0), is_open: Mutex::new(false), opened: Condvar::new() }
    }

    fn open(&self) {
        *self.is_open.lock().expect("no code panics while it holds this lock") = true;
        self.opened.notify_all();
    }

    fn count(&self) -> usize {
        self.plans.load(Ordering::SeqCst)
    }
}

impl Planner for Counting {
    fn plan(&self, operation: &str, deadline: Duration) -> Result<Plan, PlanError> {
        let is_open = self.is_open.lock().expect("no code panics while it holds this lock");
        drop(self.opened.wait_while(is_open, |is_open| !*is_open));
        self.plans.fetch_add(1, Ordering::SeqCst);
        self.hive.plan(operation, deadline)
    }

    fn subgraphs(&self) -> Vec<(String, String)> {
        self.hive.subgraphs()
    }

    fn satisfies(&self, object: &str, condition: &str) -> bool {
        self.hive.satisfies(object, condition)
    }
}
