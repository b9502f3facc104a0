//! One subscriber of a shared stream: what it missed from a replay of its own,
//! then what is handed on to all.

use std::sync::{Arc, atomic::Ordering};

use async_graphql::Variables;
use futures_util::{StreamExt as _, stream::BoxStream};
use kit::{Position, RequestScope, StreamControl};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::stream::{Item, Joined, Shared};
use crate::{Answer, Engine, subscription::Evaluation};

/// A subscriber.
pub(super) struct Subscriber {
    engine: Engine,
    stream: Arc<Shared>,
    received: Receiver<Arc<Item>>,
    /// Nothing up to here is given to it again.
    seen: Position,
    /// The client's own variables, until its replay has begun.
    resume: Option<Box<Variables>>,
    replay: Option<Box<Replay>>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Waits for the shared stream to begin.
    New,
    /// Has been handed nothing by it.
    Waiting,
    Following,
    Over,
}

/// A stream of its own.
struct Replay {
    answers: Evaluation,
    control: StreamControl,
}

impl Subscriber {
    pub(super) fn new(engine: Engine, joined: Joined, resume: Option<Box<Variables>>) -> Self {
        let Joined { stream, received, from } = joined;
        Self { engine, stream, received, seen: from, resume, replay: None, state: State::New }
    }

    pub(super) fn answers(self) -> BoxStream<'static, Answer> {
        let next = |mut subscriber: Self| async move {
            let answer = subscriber.next().await?;
            Some((answer, subscriber))
        };
        futures_util::stream::unfold(self, next).boxed()
    }

    async fn next(&mut self) -> Option<Answer> {
        if self.state == State::New {
            self.begin().await;
        }
        while self.state != State::Over {
            if let Some(replay) = &mut self.replay {
                match replay.answers.next().await {
                    Some((_, answer)) => return Some(answer),
                    None => self.end_replay(),
                }
                continue;
            }
            match self.received.recv().await {
                Ok(item) => {
                    if let Some(answer) = self.take(&item) {
                        return Some(answer);
                    }
                }
                Err(RecvError::Lagged(_)) => self.catch_up(),
                Err(RecvError::Closed) => self.state = State::Over,
            }
        }
        None
    }

    async fn begin(&mut self) {
        self.seen = self.seen.max(self.stream.begun().await);
        self.state = State::Waiting;
        self.engine.0.fanout.followers.fetch_add(1, Ordering::Relaxed);
        if let Some(own) = self.resume.take() {
            // The shared stream is listened to already: its events and those of
            // the replay overlap, and nothing lies between them.
            self.replay(StreamControl::replay(None), Arc::new(*own));
        }
    }

    /// What is new to this subscriber in an item.
    fn take(&mut self, item: &Item) -> Option<Answer> {
        match item {
            Item::Answer(position, answer) => {
                self.state = State::Following;
                if let Some(position) = *position {
                    if position <= self.seen {
                        return None;
                    }
                    self.seen = position;
                }
                Some(answer.clone())
            }
            Item::Passing(position, answer) => {
                self.state = State::Following;
                (*position >= self.seen).then(|| answer.clone())
            }
            Item::End if self.state == State::Waiting => {
                // It was over before it could say why.
                let variables = self.stream.variables.clone();
                self.state = State::Following;
                self.replay(StreamControl::live(), variables);
                None
            }
            Item::End => {
                self.state = State::Over;
                None
            }
        }
    }

    /// Reads in the log what the shared stream has no more.
    fn catch_up(&mut self) {
        let variables = self.stream.variables.clone();
        self.replay(StreamControl::replay(Some(self.seen)), variables);
    }

    fn replay(&mut self, control: StreamControl, variables: Arc<Variables>) {
        let key = &self.stream.key;
        let scope = RequestScope { stream: Some(control.clone()), ..key.scope() };
        let answers = self.engine.evaluate(key.operation.0.clone(), variables, scope);
        self.replay = Some(Box::new(Replay { answers, control }));
    }

    /// Goes on with the shared stream, unless the replay ended before it: the log
    /// could not be read, or the field has no more to tell.
    fn end_replay(&mut self) {
        let control = self.replay.take().map(|replay| replay.control);
        match control.filter(StreamControl::is_through).and_then(|control| control.has_begun()) {
            Some(head) => self.seen = head,
            None => self.state = State::Over,
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        if self.state != State::New {
            self.engine.0.fanout.followers.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
