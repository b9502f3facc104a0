//! A stream of frames as the body of an HTTP answer.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, Response, header},
    response::IntoResponse as _,
};
use bytes::Bytes;
use futures_util::stream;
use tokio::{
    sync::mpsc,
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};

/// How a transport writes over HTTP.
pub(in crate::http) struct Http {
    pub(in crate::http) media: &'static str,
    /// Comes before everything, so that the client sees the stream open.
    pub(in crate::http) opening: &'static [u8],
    /// Shows that the stream lives.
    pub(in crate::http) heartbeat: &'static [u8],
}

struct Frames<G> {
    opening: Option<&'static [u8]>,
    received: mpsc::Receiver<Bytes>,
    beats: Interval,
    heartbeat: &'static [u8],
    /// What belongs to the stream and ends with it.
    _held: G,
}

/// Answers with the frames; `held` is dropped when the client leaves.
pub(in crate::http) fn respond<G: Send + 'static>(
    http: &Http,
    received: mpsc::Receiver<Bytes>,
    every: Duration,
    held: G,
) -> Response<Body> {
    let mut beats = interval_at(Instant::now() + every, every);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let heartbeat = http.heartbeat;
    let frames = Frames { opening: Some(http.opening), received, beats, heartbeat, _held: held };
    let frames = stream::unfold(frames, |mut frames| async move {
        let frame = frames.next().await?;
        Some((Ok::<_, std::convert::Infallible>(frame), frames))
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(http.media)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform")),
        (header::VARY, HeaderValue::from_static("accept, authorization")),
        // nginx would collect events otherwise.
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Body::from_stream(frames)).into_response()
}

impl<G> Frames<G> {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(opening) = self.opening.take() {
            return Some(Bytes::from_static(opening));
        }
        tokio::select! {
            biased;
            // A busy stream shows that it lives, too: a proxy may count beats.
            _ = self.beats.tick() => Some(Bytes::from_static(self.heartbeat)),
            frame = self.received.recv() => frame,
        }
    }
}
