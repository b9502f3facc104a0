//! One operation as a stream of frames, the same under every transport: what
//! ends it, how long a slow client is waited for, who may still follow it.

mod body;
mod connections;
mod session;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::http::StatusCode;
use futures_util::{FutureExt as _, StreamExt as _, stream::BoxStream};
use kit::RequestScope;
use schema::{Answer, GraphQLRequest, Kind};
use serde_json::Value;
use tokio::{sync::mpsc, time::timeout};

pub(super) use body::{Http, respond};
pub(super) use connections::Permit;
pub(crate) use connections::Streams;
pub(super) use session::{Lapse, Session};

use super::{
    Front,
    errors::{self, Refusal},
    persisted::Asked,
    toll,
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

impl Operation {
    /// Runs to the end; `frame` writes what happens as the transport has it.
    ///
    /// **Invariant:** the last frame waits for its place in the buffer, so that
    /// it follows everything that went before it.
    pub(super) async fn run<F>(
        self,
        outgoing: mpsc::Sender<F>,
        frame: impl Fn(Happening<'_>) -> Option<F>,
    ) {
        let id = self.id.clone();
        let last = match self.follow(&outgoing, &frame).await {
            End::Refused(mut answer) => {
                errors::name_request(&mut answer, &id.0);
                frame(Happening::Refused(&answer))
            }
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

    async fn follow<F>(
        self,
        outgoing: &mpsc::Sender<F>,
        frame: &impl Fn(Happening<'_>) -> Option<F>,
    ) -> End {
        let Self { front, mut asked, mut scope, id, session } = self;
        let (is_stream, toll) = match toll::admit(&front, &mut asked, &mut scope).await {
            Ok((prepared, toll)) => (prepared.kind == Kind::Subscription, toll),
            Err(refused) => return End::Refused(refused),
        };
        let answers = answers(&front, asked.request, scope, is_stream);
        // Events are not paid for: nobody can keep them from happening.
        let answers = answers.then(async |mut answer| {
            if !is_stream {
                toll.settle(&front, &mut answer).await;
            }
            answer
        });
        let answers = answers.map(|mut answer| {
            errors::name_request(&mut answer, &id.0);
            answer
        });
        let patience = if is_stream { front.realtime.patience } else { Duration::MAX };
        tokio::select! {
            end = forward(answers.boxed(), outgoing, frame, patience) => end,
            lapse = session::lapsed(&front, session) => {
                End::Broken(broken("UNAUTHENTICATED", lapse.reason()))
            }
            // What is answered once may finish.
            () = front.stopping(), if is_stream => End::Stopped,
        }
    }
}

/// The engine's answers. A single answer is bounded in time, a panic is one.
fn answers(
    front: &Front,
    request: GraphQLRequest,
    scope: RequestScope,
    is_stream: bool,
) -> BoxStream<'static, Answer> {
    let mut answers = front.engine.subscribe(request, scope);
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
    answers.map(|answer| answer.unwrap_or_else(|_| Answer::refused(Refusal::internal().errors))).boxed()
}

/// Hands answers on as long as the client takes them.
async fn forward<F>(
    mut answers: BoxStream<'_, Answer>,
    outgoing: &mpsc::Sender<F>,
    frame: &impl Fn(Happening<'_>) -> Option<F>,
    patience: Duration,
) -> End {
    while let Some(answer) = answers.next().await {
        if answer.is_refused() {
            return End::Refused(answer);
        }
        match timeout(patience, outgoing.reserve()).await {
            Ok(Ok(place)) => {
                if let Some(frame) = frame(Happening::Next(&answer)) {
                    place.send(frame);
                }
            }
            Ok(Err(_)) => return End::Gone,
            Err(_) => {
                // This answer is the last one that the client gets.
                if let Some(frame) = frame(Happening::Next(&answer))
                    && outgoing.send(frame).await.is_err()
                {
                    return End::Gone;
                }
                return End::Broken(too_slow(&answer));
            }
        }
    }
    End::Complete
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
        let end = forward(answers, &outgoing, &frame, Duration::MAX).await;

        assert!(matches!(end, End::Refused(_)));
        drop(outgoing);
        assert_eq!(frames.recv().await, None);
    }
}
