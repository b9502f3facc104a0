//! One connection: what the client says, what its operations answer, and the
//! times of both. All of it is one task, so that nothing is shared or locked;
//! each operation is a task of its own.

use std::{
    collections::HashMap,
    ops::ControlFlow::{self, Break, Continue},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures_util::SinkExt;
use kit::{Batches, Origin, RequestScope};
use schema::Answer;
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use super::{
    close::{self, Close},
    message::{self, ClientMessage},
};
use crate::http::{
    Front,
    errors::{Refusal, coded},
    identity,
    persisted::Asked,
    stream::{Happening, Lapse, Operation, Session},
    trace::RequestId,
};

/// A client that is silent for so many heartbeats is gone.
const SILENT_BEATS: u32 = 3;
/// Frames that are written before they are sent off together.
const BATCH: usize = 64;

/// What the upgrade's request tells of the client.
pub(super) struct Caller {
    pub(super) user_agent: Option<Arc<str>>,
    /// Good for `connection_init` messages that bring none.
    pub(super) token: Option<SecretString>,
    pub(super) origin: Origin,
    pub(super) id: RequestId,
}

/// A connection of `graphql-transport-ws`.
pub(super) struct Connection {
    socket: WebSocket,
    front: Arc<Front>,
    caller: Caller,
    opened: Instant,
    /// Since when the client has said nothing.
    heard: Instant,
    /// `None` until the connection is acknowledged.
    session: Option<Session>,
    /// What runs, by the client's id. A frame whose id is not the very one of
    /// this map is of an operation that the client has ended.
    operations: HashMap<Arc<str>, AbortOnDropHandle<()>>,
    outgoing: mpsc::Sender<Box<Frame>>,
    /// Boxed, since the channel keeps room for 32 of them.
    frames: mpsc::Receiver<Box<Frame>>,
    is_stopping: bool,
}

/// What an operation has to say.
struct Frame {
    id: Arc<str>,
    text: Option<Utf8Bytes>,
    is_last: bool,
}

/// How a connection ends.
enum End {
    /// The client closed it.
    Closed,
    /// The client is not there any more.
    Gone,
    /// We close it.
    Close(Close),
}

type Flow = ControlFlow<End>;

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

impl Connection {
    pub(super) fn new(socket: WebSocket, front: Arc<Front>, caller: Caller) -> Box<Self> {
        let (outgoing, frames) = mpsc::channel(front.realtime.buffer);
        let now = Instant::now();
        Box::new(Self {
            socket,
            front,
            caller,
            opened: now,
            heard: now,
            session: None,
            operations: HashMap::new(),
            outgoing,
            frames,
            is_stopping: false,
        })
    }

    /// Serves the client to the end of the connection. `held` ends with it.
    pub(super) async fn follow<G: Send>(mut self: Box<Self>, held: G) {
        let end = self.converse().await;
        self.operations.clear();
        Box::pin(self.end(end)).await;
        drop(held);
    }

    async fn end(mut self: Box<Self>, end: End) {
        match end {
            End::Close(close) => close.send(&mut self.socket).await,
            // Answers the client's close.
            End::Closed => {
                let _ = timeout(Duration::from_secs(2), SinkExt::close(&mut self.socket)).await;
            }
            End::Gone => {}
        }
    }

    async fn converse(&mut self) -> End {
        let every = self.front.realtime.heartbeat;
        let mut beats = interval_at(Instant::now() + every, every);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let front = self.front.clone();
        let mut stopping = pin!(front.stopping());
        let mut due = pin!(sleep_until(self.init_deadline()));
        loop {
            let deadline = self.session.as_ref().map_or_else(|| self.init_deadline(), Session::due);
            // A timer that is set anew for each event is a good part of its cost.
            if due.deadline() != deadline {
                due.as_mut().reset(deadline);
            }
            let flow = tokio::select! {
                // What a client says is rare; an idle one shall not pay for it.
                message = self.socket.recv() => Box::pin(self.hear(message)).await,
                Some(frame) = self.frames.recv() => self.tell(frame).await,
                _ = beats.tick() => self.beat().await,
                () = &mut due => Box::pin(self.look_again()).await,
                () = &mut stopping, if !self.is_stopping => {
                    self.is_stopping = true;
                    Continue(())
                }
            };
            if let Break(end) = flow {
                return end;
            }
            if self.is_stopping && self.operations.is_empty() {
                return close::STOPPING.into();
            }
        }
    }

    fn init_deadline(&self) -> Instant {
        self.opened + self.front.realtime.init_timeout
    }

    async fn hear(&mut self, message: Option<Result<Message, axum::Error>>) -> Flow {
        self.heard = Instant::now();
        match message {
            Some(Ok(Message::Text(text))) => match message::read(&text, self.front.limits.nesting) {
                Some(message) => self.obey(message).await,
                None => Break(close::INVALID.into()),
            },
            Some(Ok(Message::Binary(_))) => Break(close::INVALID.into()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Continue(()),
            Some(Ok(Message::Close(_))) => Break(End::Closed),
            Some(Err(error)) if is_too_large(&error) => Break(close::TOO_LARGE.into()),
            Some(Err(_)) | None => Break(End::Gone),
        }
    }

    async fn obey(&mut self, message: ClientMessage) -> Flow {
        match message {
            ClientMessage::Init(payload) => self.acknowledge(&payload).await,
            ClientMessage::Ping(None) => self.send(message::PONG).await,
            ClientMessage::Ping(Some(payload)) => self.answer_ping(&payload).await,
            ClientMessage::Pong => Continue(()),
            ClientMessage::Subscribe(id, asked) => self.subscribe(&id, asked).await,
            ClientMessage::Complete(id) => {
                self.operations.remove(id.as_str());
                Continue(())
            }
        }
    }

    async fn acknowledge(&mut self, payload: &Map<String, Value>) -> Flow {
        if self.session.is_some() {
            return Break(close::TWICE.into());
        }
        let refused = |refusal: Refusal| close::forbidden(refusal.errors[0].message.clone());
        let token = match token_in(payload) {
            Some(Ok(token)) => Some(token),
            Some(Err(refusal)) => return Break(refused(refusal).into()),
            None => self.caller.token.clone(),
        };
        let caller = identity::Caller {
            address: self.caller.origin.address,
            user_agent: self.caller.user_agent.clone(),
        };
        match timeout_at(self.init_deadline(), Session::open(&self.front, token, caller)).await {
            Err(_) => return Break(close::LATE.into()),
            Ok(Err(refusal)) => return Break(refused(refusal).into()),
            Ok(Ok(session)) => self.session = Some(session),
        }
        self.send(message::ACK).await
    }

    /// A ping may bring a fresh token, which is not sent back.
    async fn answer_ping(&mut self, payload: &Map<String, Value>) -> Flow {
        let Some(token) = token_in(payload) else {
            return self.send(message::pong(payload)).await;
        };
        if let Some(session) = &mut self.session {
            let renewed = match token {
                Ok(token) => session.renew(&self.front, token).await,
                Err(_) => Err(Lapse::Revoked),
            };
            if let Err(lapse) = renewed {
                return Break(close::forbidden(lapse.reason()).into());
            }
        }
        self.send(message::PONG).await
    }

    async fn subscribe(&mut self, id: &str, asked: Asked) -> Flow {
        let Some(session) = &self.session else {
            return Break(close::UNAUTHORIZED.into());
        };
        if self.operations.contains_key(id) {
            return Break(close::duplicate(id).into());
        }
        let limit = self.front.realtime.operations;
        if self.operations.len() >= limit || self.is_stopping {
            let error = match self.is_stopping {
                true => coded("UNAVAILABLE", "the gateway stops: reconnect"),
                false => coded("RATE_LIMITED", format!("{limit} operations run on this socket already")),
            };
            return self.send(message::error(id, &Answer::refused(vec![error]))).await;
        }
        let scope = RequestScope {
            viewer: session.viewer.clone(),
            batches: Batches::default(),
            user_agent: self.caller.user_agent.clone(),
            request_id: Some(self.caller.id.0.clone()),
            token: session.token.clone(),
            stream: None,
            origin: self.caller.origin,
            budget: None,
            refusals: self.front.refusals(),
        };
        let (front, request_id) = (self.front.clone(), self.caller.id.clone());
        let operation = Box::new(Operation { front, asked, scope, id: request_id, session: None });
        let id: Arc<str> = id.into();
        let running = operation.run(self.outgoing.clone(), framed(id.clone()));
        let running = tokio::spawn(running.in_current_span());
        self.operations.insert(id, AbortOnDropHandle::new(running));
        Continue(())
    }

    /// Sends what operations say, as much as there is.
    async fn tell(&mut self, first: Box<Frame>) -> Flow {
        let (limit, mut next) = (self.silence(), Some(first));
        let written = async {
            let mut count = 0;
            while let Some(frame) = next.take() {
                self.tell_one(frame).await?;
                count += 1;
                next = if count < BATCH { self.frames.try_recv().ok() } else { None };
            }
            self.socket.flush().await
        };
        sent(timeout(limit, written).await)
    }

    async fn tell_one(&mut self, frame: Box<Frame>) -> Result<(), axum::Error> {
        let active = self.operations.get_key_value(&frame.id);
        if !active.is_some_and(|(id, _)| Arc::ptr_eq(id, &frame.id)) {
            return Ok(());
        }
        if frame.is_last {
            self.operations.remove(&frame.id);
        }
        match frame.text {
            Some(text) => self.socket.feed(Message::Text(text)).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, text: Utf8Bytes) -> Flow {
        sent(timeout(self.silence(), self.socket.send(Message::Text(text))).await)
    }

    async fn beat(&mut self) -> Flow {
        if self.heard.elapsed() >= self.silence() {
            return Break(End::Gone);
        }
        let ping = self.socket.send(Message::Ping(Bytes::new()));
        sent(timeout(self.front.realtime.heartbeat * SILENT_BEATS, ping).await)
    }

    /// How long a client may neither say nor take anything.
    fn silence(&self) -> Duration {
        self.front.realtime.heartbeat * SILENT_BEATS
    }

    /// The client is late with its introduction, or its token is to be looked
    /// at again.
    async fn look_again(&mut self) -> Flow {
        let Some(session) = &mut self.session else { return Break(close::LATE.into()) };
        match session.check(&self.front).await {
            Ok(()) => Continue(()),
            Err(lapse) => Break(close::forbidden(lapse.reason()).into()),
        }
    }
}

/// How an operation of this id writes.
fn framed(id: Arc<str>) -> impl Fn(Happening<'_>) -> Option<Box<Frame>> {
    move |happening| {
        let (text, is_last) = match happening {
            Happening::Next(answer) => (Some(message::next(&id, answer)), false),
            Happening::Refused(answer) | Happening::Broken(answer) => {
                (Some(message::error(&id, answer)), true)
            }
            // The close frame of the whole connection tells.
            Happening::Stopped(_) => (None, true),
            Happening::Complete => (Some(message::complete(&id)), true),
        };
        Some(Box::new(Frame { id: id.clone(), text, is_last }))
    }
}

/// The token in a payload, if there is one.
fn token_in(payload: &Map<String, Value>) -> Option<Result<SecretString, Refusal>> {
    let (_, value) = payload.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    match value {
        Value::Null => None,
        value => Some(identity::bearer(value.as_str().unwrap_or_default())),
    }
}

/// A client that takes nothing for so long is gone.
fn sent<E>(outcome: Result<Result<(), axum::Error>, E>) -> Flow {
    match outcome {
        Ok(Ok(())) => Continue(()),
        Ok(Err(_)) | Err(_) => Break(End::Gone),
    }
}

/// The library tells apart by its message only.
fn is_too_large(error: &axum::Error) -> bool {
    error.to_string().contains("Space limit exceeded")
}
