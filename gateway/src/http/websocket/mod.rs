//! GraphQL over WebSocket (`graphql-transport-ws`) on `/graphql`: queries,
//! mutations and subscriptions of one connection, as one viewer.
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>

mod close;
mod connection;
mod message;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts as _, WebSocketUpgrade},
    http::{Method, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use futures_util::{FutureExt as _, future::BoxFuture};
use tracing::Instrument as _;

use super::{Front, accept::Media, csrf, errors::Refusal, identity, stream, trace::RequestId};
use connection::{Caller, Connection};

/// The name of the protocol.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";
/// Is kept for each connection, however idle. Larger messages grow it for as
/// long as they are read.
const BUFFER: usize = 1_024;

/// Whether the client wants a WebSocket.
pub(super) fn is_upgrade(parts: &Parts) -> bool {
    let upgrade = parts.headers.get(header::UPGRADE).and_then(|value| value.to_str().ok());
    parts.method == Method::GET
        && upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
}

/// Opens the WebSocket.
pub(super) async fn serve(front: Arc<Front>, mut parts: Parts, id: RequestId) -> Response {
    let opened = open(&front, &mut parts, &id).await;
    let (upgrade, caller) = match opened {
        Ok(opened) => opened,
        Err(refused) => return refused,
    };
    let Some(place) = front.streams.place() else {
        return stream::full().into_response(Media::Json, &id.0);
    };
    let limit = front.realtime.message_limit.get();
    let is_spoken = upgrade.selected_protocol().is_some();
    // Upgraded connections are not the HTTP server's any more.
    let tracked = front.streams.sockets().token();
    let span = tracing::Span::current();
    upgrade
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_message_size(limit)
        .max_frame_size(limit)
        .on_upgrade(move |mut socket| {
            let held = (place, tracked);
            // Boxed, so that the task has no room for what is over by now.
            let work: BoxFuture<'static, ()> = match is_spoken {
                true => Connection::new(socket, front, caller).follow(held).boxed(),
                false => async move {
                    let _held = held;
                    close::PROTOCOL.send(&mut socket).await;
                }
                .boxed(),
            };
            work.instrument(span)
        })
}

async fn open(
    front: &Front,
    parts: &mut Parts,
    id: &RequestId,
) -> Result<(WebSocketUpgrade, Caller), Response> {
    let refuse = |refusal: Refusal| refusal.into_response(Media::Json, &id.0);
    if !csrf::allows_origin(&parts.headers, &front.server.cors) {
        let message = "this origin may not open a WebSocket here (server.cors.origins)";
        return Err(refuse(Refusal::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)));
    }
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    // Browsers can't send this header with a socket; programs can.
    let token = text(header::AUTHORIZATION).map(identity::bearer).transpose().map_err(refuse)?;
    let user_agent = text(header::USER_AGENT).map(Arc::from);
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &()).await;
    let upgrade = upgrade.map_err(|refused| refused.into_response())?.protocols([PROTOCOL]);
    Ok((upgrade, Caller { user_agent, token, id: id.clone() }))
}
