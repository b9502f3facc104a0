//! Shared streams over a subgraph that says what the test tells it to: who
//! shares, and how a stream ends for all.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_graphql::{Value, Variables};
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::BoxStream};
use kit::{RequestScope, Role, Viewer};
use schema::{
    Answer, Engine, GraphQLRequest, Limits, SubAnswer, SubgraphSource, Transport, planner::SubOperation,
};
use serde_json::json;
use tokio::sync::broadcast;

use crate::support::subgraph;

const SDL: &str = r#"
type Query { hello: String }
type Subscription {
  shared(topic: String, after: String): Event
  own(topic: String): Event
}
type Event { text: String secret: String @tag(name: "viewer") guarded: String @authenticated }
"#;

/// What the subgraph does next.
#[derive(Clone)]
enum Next {
    Event(&'static str),
    Panic,
    End,
}

/// The subgraph.
struct Told {
    next: broadcast::Sender<Next>,
    streams: AtomicUsize,
    is_local: bool,
}

impl Transport for Told {
    fn execute<'a>(
        &'a self,
        _: &'a SubOperation,
        _: Variables,
        _: &'a RequestScope,
    ) -> BoxFuture<'a, SubAnswer> {
        std::future::ready(SubAnswer::default()).boxed()
    }

    fn subscribe(
        &self,
        operation: &SubOperation,
        _: Variables,
        scope: &RequestScope,
    ) -> BoxStream<'static, SubAnswer> {
        self.streams.fetch_add(1, Ordering::SeqCst);
        let field = if operation.text.contains("shared") { "shared" } else { "own" };
        let who = scope.viewer.roles.len();
        let next = self.next.subscribe();
        let events = futures_util::stream::unfold(next, move |mut next| async move {
            let text = match next.recv().await.expect("the test goes on") {
                Next::Event(text) => text,
                Next::Panic => panic!("the test wants it"),
                Next::End => return None,
            };
            let data = json!({ field: { "text": text, "secret": format!("of {who} roles") } });
            let data = Value::from_json(data).expect("a value");
            Some((SubAnswer { data, errors: Vec::new() }, next))
        });
        events.boxed()
    }

    fn is_local(&self) -> bool {
        self.is_local
    }

    fn place(&self) -> String {
        "in this test".to_owned()
    }
}

struct Case {
    engine: Engine,
    told: Arc<Told>,
}

type Answers = BoxStream<'static, Answer>;

impl Case {
    fn new(is_local: bool) -> Self {
        let (next, _) = broadcast::channel(8);
        let told = Arc::new(Told { next, streams: AtomicUsize::new(0), is_local });
        let source = SubgraphSource { sdl: subgraph("told", SDL), transport: told.clone() };
        let engine = Engine::compose(vec![source], Limits::default());
        Self { engine: engine.unwrap_or_else(|error| panic!("{error}")), told }
    }

    /// Subscribers of one operation each, all of whom listen.
    async fn follow(&self, operations: &[(&str, RequestScope)], streams: usize) -> Vec<Answers> {
        let before = self.told.streams.load(Ordering::SeqCst);
        let mut following: Vec<Answers> = operations
            .iter()
            .map(|(query, scope)| {
                let query = (*query).to_owned();
                let request = GraphQLRequest { query, ..GraphQLRequest::default() };
                self.engine.subscribe(request, scope.clone())
            })
            .collect();
        while self.told.streams.load(Ordering::SeqCst) < before + streams {
            for answers in &mut following {
                assert!(answers.next().now_or_never().is_none(), "nothing is told yet");
            }
            tokio::task::yield_now().await;
        }
        // A shared stream's task has to be polled once more.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert_eq!(self.told.streams.load(Ordering::SeqCst), before + streams);
        following
    }

    fn tell(&self, next: Next) {
        assert!(self.told.next.send(next).is_ok(), "somebody listens");
    }
}

async fn texts(following: &mut [Answers]) -> Vec<String> {
    let mut texts = Vec::new();
    for answers in following {
        let answer = answers.next().await.expect("an answer");
        texts.push(String::from_utf8(answer.to_json()).expect("JSON is text"));
    }
    texts
}

fn guest() -> RequestScope {
    RequestScope::default()
}

fn customer(account: u32) -> RequestScope {
    let account = Some(kit::seed::id(account));
    let viewer = Viewer { account, roles: vec![Role::Customer], ..Viewer::default() };
    RequestScope { viewer: Arc::new(viewer), token: Some("token".into()), ..RequestScope::default() }
}

const SHARED: &str = "subscription { shared { text } }";
const SECRET: &str = "subscription { shared { secret } }";

#[tokio::test]
async fn an_event_is_evaluated_once_for_guests_and_customers() {
    let case = Case::new(true);
    let mut following =
        case.follow(&[(SHARED, guest()), (SHARED, customer(1)), (SHARED, customer(2))], 1).await;

    case.tell(Next::Event("one"));
    let answers = texts(&mut following).await;

    assert_eq!(answers, vec![r#"{"data":{"shared":{"text":"one"}}}"#; 3]);
    assert_eq!(case.engine.evaluations(), 1);
    drop(following);
    tokio::task::yield_now().await;
    assert_eq!(case.engine.shared_streams(), 0);
}

#[tokio::test]
async fn what_is_marked_is_evaluated_for_each_account() {
    let case = Case::new(true);
    let mut following =
        case.follow(&[(SECRET, guest()), (SECRET, customer(1)), (SECRET, customer(2))], 3).await;

    case.tell(Next::Event("one"));

    let answer = |roles| format!(r#"{{"data":{{"shared":{{"secret":"of {roles} roles"}}}}}}"#);
    assert_eq!(texts(&mut following).await, [answer(0), answer(1), answer(1)]);
}

#[tokio::test]
async fn what_is_left_of_a_guarded_stream_is_shared_by_whom_the_rest_is_refused() {
    let case = Case::new(true);
    let guarded = "subscription { shared { text guarded } }";
    let mut following =
        case.follow(&[(guarded, guest()), (guarded, guest()), (guarded, customer(1))], 2).await;

    case.tell(Next::Event("one"));

    let refused = r#"{"errors":[{"message":"sign in first","locations":[{"line":1,"column":30}],"path":["shared","guarded"],"extensions":{"code":"UNAUTHENTICATED"}}],"data":{"shared":{"text":"one","guarded":null}}}"#;
    let told = r#"{"data":{"shared":{"text":"one","guarded":null}}}"#;
    assert_eq!(texts(&mut following).await, [refused, refused, told]);
    assert_eq!(case.engine.evaluations(), 2);
}

#[tokio::test]
async fn other_fields_arguments_or_processes_are_not_shared() {
    let case = Case::new(true);
    let own = "subscription { own { text } }";
    let topic = "subscription { shared(topic: \"a\") { text } }";
    case.follow(&[(own, guest()), (own, guest()), (SHARED, guest()), (topic, guest())], 4).await;

    // A token must not outlive its owner's stream in another process.
    let remote = Case::new(false);
    remote.follow(&[(SHARED, customer(1)), (SHARED, customer(1))], 2).await;
    remote.follow(&[(SHARED, guest()), (SHARED, guest())], 1).await;
}

#[tokio::test]
async fn a_stream_ends_for_all_and_the_next_one_starts_anew() {
    let case = Case::new(true);
    let mut following = case.follow(&[(SHARED, guest()), (SHARED, guest())], 1).await;

    case.tell(Next::Event("last"));
    case.tell(Next::End);

    for answers in &mut following {
        assert!(answers.next().await.is_some());
        assert!(answers.next().await.is_none());
    }
    let mut again = case.follow(&[(SHARED, guest())], 1).await;
    case.tell(Next::Event("first"));
    assert_eq!(texts(&mut again).await, [r#"{"data":{"shared":{"text":"first"}}}"#]);
}

#[tokio::test]
async fn a_panic_is_an_internal_error_of_all_and_the_end() {
    let case = Case::new(true);
    let mut following = case.follow(&[(SHARED, guest()), (SHARED, guest())], 1).await;

    case.tell(Next::Panic);

    for answers in &mut following {
        let answer = answers.next().await.expect("an answer");
        let json = String::from_utf8(answer.to_json()).expect("JSON is text");
        assert!(json.contains("INTERNAL_SERVER_ERROR"), "{json}");
        assert!(answers.next().await.is_none());
    }
}
