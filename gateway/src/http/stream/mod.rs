//! One operation as a stream of frames, the same under every transport: what
//! ends it, how long a slow client is waited for, who may still follow it.

mod body;
mod connections;
mod session;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_graphql::Variables;
use axum::http::StatusCode;
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::BoxStream};
use kit::RequestScope;
use schema::{Answer, Kind, Prepared};
use serde_json::Value;
use tokio::{
    sync::mpsc::{self, error::TrySendError},
    time::timeout,
};

pub(super) use body::{Http, respond};
pub(crate) use connections::Streams;
pub(super) use connections::{Permit, full};
pub(super) use session::{Lapse, Session};

use super::{
    Front,
    errors::{self, Refusal},
    graphql,
    persisted::Asked,
    trace::RequestId,
};

/// An operation that a client has asked for.
pub(super) struct Operation {
    pub(super) front: Arc<Front>,
    pub(super) asked: Asked,
    pub(super) scope: RequestScope,
    pub(super) id: RequestId,
    /// Whose token is looked at while the operation runs; `None` where the
    /// connection does so for all its operations.
    pub(super) session: Option<Session>,
}

/// What a client is told of an operation. All but `Next` come last.
pub(super) enum Happening<'a> {
    /// An answer.
    Next(&'a Answer),
    /// The engine refuses the operation.
    Refused(&'a Answer),
    /// The gateway breaks the operation off; the answer holds the reason.
    Broken(&'a Answer),
    /// The gateway stops: the client should subscribe again, elsewhere.
    Stopped(&'a Answer),
    /// There is no more to come.
    Complete,
}

/// How an operation ended.
enum End {
    Refused(Answer),
    Broken(Answer),
    Stopped,
    Complete,
    /// Nobody listens any more.
    Gone,
}

impl Happening<'_> {
    /// Room for the answer as JSON.
    pub(super) fn size_hint(&self) -> usize {
        match self {
            Self::Next(answer) => answer.size_hint(),
            _ => 0,
        }
    }
}

/// An operation that runs. Small: there is one of it for every subscriber.
struct Running {
    answers: BoxStream<'static, Answer>,
    /// How long the buffer may be full; `None` for what is answered once.
    patience: Option<Duration>,
    /// Why the operation may not go on.
    broken: BoxFuture<'static, End>,
}

impl Operation {
    /// Runs to the end; `frame` writes what happens as the transport has it.
    ///
    /// **Invariant:** the last frame waits for its place in the buffer, so that
    /// it follows everything that went before it.
    pub(super) async fn run<F>(
        self: Box<Self>,
        outgoing: mpsc::Sender<F>,
        frame: impl Fn(Happening<'_>) -> Option<F>,
    ) {
        // Boxed: what the start needs is not kept.
        let end = match Box::pin(self.start()).await {
            Ok(running) => running.follow(&outgoing, &frame).await,
            Err(end) => end,
        };
        let last = match *end {
            End::Refused(answer) => frame(Happening::Refused(&answer)),
            End::Broken(answer) => frame(Happening::Broken(&answer)),
            End::Stopped => {
                frame(Happening::Stopped(&broken("UNAVAILABLE", "the gateway stops: subscribe again")))
            }
            End::Complete => frame(Happening::Complete),
            End::Gone => None,
        };
        if let Some(last) = last {
            // A client that has left misses nothing.
            let _ = outgoing.send(last).await;
        }
    }

    async fn start(self: Box<Self>) -> Result<Running, Box<End>> {
        let Self { front, mut asked, scope, id, session } = *self;
        let prepared = match graphql::prepare(&front, &mut asked).await {
            Ok(prepared) => prepared,
            Err(mut refused) => {
                errors::name_request(&mut refused, &id.0);
                return Err(Box::new(End::Refused(refused)));
            }
        };
        let is_stream = prepared.kind == Kind::Subscription;
        let patience = is_stream.then_some(front.realtime.patience);
        let answers = answers(&front, prepared, asked.request.variables, scope, id);
        let stopping = {
            let front = front.clone();
            async move {
                // What is answered once may finish.
                if !is_stream {
                    std::future::pending::<()>().await;
                }
                front.stopping().await;
                End::Stopped
            }
        };
        let broken = match session {
            None => stopping.boxed(),
            Some(session) => async move {
                tokio::select! {
                    lapse = session::lapsed(&front, session) => {
                        End::Broken(broken("UNAUTHENTICATED", lapse.reason()))
                    }
                    end = stopping => end,
                }
            }
            .boxed(),
        };
        Ok(Running { answers, patience, broken })
    }
}

/// The engine's answers. A single answer is bounded in time, a panic is one.
fn answers(
    front: &Front,
    prepared: Arc<Prepared>,
    variables: Variables,
    scope: RequestScope,
    id: RequestId,
) -> BoxStream<'static, Answer> {
    let is_stream = prepared.kind == Kind::Subscription;
    let mut answers = front.engine.follow(prepared, variables, scope);
    if !is_stream {
        let limit = front.server.request_timeout;
        let answer = async move {
            timeout(limit, answers.next()).await.unwrap_or_else(|_| {
                let message = "the request took too long to answer";
                Some(Answer::refused(Refusal::timeout(StatusCode::GATEWAY_TIMEOUT, message).errors))
            })
        };
        answers = answer.into_stream().filter_map(std::future::ready).boxed();
    }
    let answers = AssertUnwindSafe(answers).catch_unwind();
    let answers = answers.map(move |answer| {
        let mut answer = answer.unwrap_or_else(|_| Answer::refused(Refusal::internal().errors));
        errors::name_request(&mut answer, &id.0);
        answer
    });
    answers.boxed()
}

impl Running {
    /// Hands answers on as long as the client takes them.
    async fn follow<F>(
        mut self,
        outgoing: &mpsc::Sender<F>,
        frame: &impl Fn(Happening<'_>) -> Option<F>,
    ) -> Box<End> {
        loop {
            let answer = tokio::select! {
                answer = self.answers.next() => answer,
                end = &mut self.broken => return Box::new(end),
            };
            let Some(answer) = answer else { return Box::new(End::Complete) };
            if answer.is_refused() {
                return Box::new(End::Refused(answer));
            }
            match outgoing.try_reserve() {
                Ok(place) => {
                    if let Some(frame) = frame(Happening::Next(&answer)) {
                        place.send(frame);
                    }
                }
                Err(TrySendError::Closed(())) => return Box::new(End::Gone),
                Err(TrySendError::Full(())) => {
                    let (answer, patience) = (Box::new(answer), self.patience);
                    let waited = Box::pin(wait(answer, outgoing, frame, patience));
                    let end = tokio::select! {
                        end = waited => end,
                        end = &mut self.broken => Some(Box::new(end)),
                    };
                    if let Some(end) = end {
                        return end;
                    }
                }
            }
        }
    }
}

/// Waits for a client whose buffer is full, as long as it may be; the end when
/// that is too long.
async fn wait<F>(
    answer: Box<Answer>,
    outgoing: &mpsc::Sender<F>,
    frame: &impl Fn(Happening<'_>) -> Option<F>,
    patience: Option<Duration>,
) -> Option<Box<End>> {
    let place = timeout(patience.unwrap_or(Duration::MAX), outgoing.reserve()).await;
    match place {
        Ok(Ok(place)) => {
            if let Some(frame) = frame(Happening::Next(&answer)) {
                place.send(frame);
            }
            None
        }
        Ok(Err(_)) => Some(Box::new(End::Gone)),
        Err(_) => {
            // This answer is the last one that the client gets.
            if let Some(frame) = frame(Happening::Next(&answer))
                && outgoing.send(frame).await.is_err()
            {
                return Some(Box::new(End::Gone));
            }
            Some(Box::new(End::Broken(too_slow(&answer))))
        }
    }
}

/// Tells a slow client where to go on.
fn too_slow(last: &Answer) -> Answer {
    let message = "messages are taken too slowly: subscribe again behind `extensions.cursor`";
    let mut answer = broken("SLOW_CONSUMER", message);
    if let Some(cursor) = cursor(&last.to_json()) {
        let extensions = answer.errors.iter_mut().find_map(|error| error.extensions.as_mut());
        extensions.into_iter().for_each(|extensions| extensions.set("cursor", cursor.as_str()));
    }
    answer
}

/// The field `cursor` of the event in an answer, if the client asked for it
/// under that name.
fn cursor(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let event = answer.get("data")?.as_object()?.values().next()?;
    Some(event.get("cursor")?.as_str()?.to_owned())
}

fn broken(code: &str, message: &str) -> Answer {
    Answer::refused(vec![errors::coded(code, message)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame a time, as text.
    fn written(happening: &Happening<'_>) -> String {
        let json = |answer: &Answer| String::from_utf8(answer.to_json()).expect("JSON is text");
        match happening {
            Happening::Next(answer) => format!("next {}", json(answer)),
            Happening::Refused(answer) => format!("refused {}", json(answer)),
            Happening::Broken(answer) => format!("broken {}", json(answer)),
            Happening::Stopped(_) => "stopped".to_owned(),
            Happening::Complete => "complete".to_owned(),
        }
    }

    #[test]
    fn the_cursor_of_an_event_is_found_where_there_is_one() {
        let table = [
            (r#"{"data":{"productEvents":{"cursor":"42","at":"now"}}}"#, Some("42")),
            (r#"{"data":{"productEvents":{"here":"42"}}}"#, None),
            (r#"{"data":{"tick":7}}"#, None),
            (r#"{"errors":[]}"#, None),
        ];

        for (answer, found) in table {
            assert_eq!(cursor(answer.as_bytes()).as_deref(), found, "{answer}");
        }
    }

    #[tokio::test]
    async fn a_refusal_ends_the_stream_of_answers() {
        let refused = || Answer::refused(vec![errors::coded("BAD_USER_INPUT", "no")]);
        let answers = futures_util::stream::iter([refused(), refused()]).boxed();
        let (outgoing, mut frames) = mpsc::channel(4);

        let frame = |happening: Happening<'_>| Some(written(&happening));
        let running = Running { answers, patience: None, broken: std::future::pending().boxed() };
        let end = running.follow(&outgoing, &frame).await;

        assert!(matches!(*end, End::Refused(_)));
        drop(outgoing);
        assert_eq!(frames.recv().await, None);
    }
}
