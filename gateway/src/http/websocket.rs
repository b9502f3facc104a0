//! GraphQL over WebSocket (`graphql-transport-ws`) on `/graphql`: queries,
//! mutations and subscriptions of one connection, as one viewer.

use std::{any::TypeId, panic::AssertUnwindSafe, sync::Arc};

use async_graphql::{Data, Executor, Request, Response as GraphQLResponse};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::{
    extract::{FromRequestParts as _, WebSocketUpgrade, ws::WebSocket},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use futures_util::{FutureExt as _, StreamExt as _, stream::BoxStream};
use kit::{Batches, RequestScope, Viewer};
use schema::{Answer, GraphQLRequest};
use secrecy::SecretString;
use serde_json::Value;
use tracing::Instrument as _;

use super::{
    Front,
    accept::Media,
    csrf,
    errors::{self, Refusal},
    graphql, identity,
    trace::RequestId,
};

const PROTOCOL: &str = "graphql-transport-ws";
/// The default of 128 KiB would be what an idle connection costs.
const BUFFER: usize = 4_096;

/// Whether the client wants a WebSocket.
pub(super) fn is_upgrade(parts: &Parts) -> bool {
    let upgrade = parts.headers.get(header::UPGRADE).and_then(|value| value.to_str().ok());
    parts.method == Method::GET
        && upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
}

/// Opens the WebSocket.
pub(super) async fn serve(front: Arc<Front>, mut parts: Parts, id: RequestId) -> Response {
    if !csrf::allows_origin(&parts.headers, &front.server.cors) {
        let message = "this origin may not open a WebSocket here (server.cors.origins)";
        let refusal = Refusal::new(StatusCode::FORBIDDEN, "FORBIDDEN", message);
        return refusal.into_response(Media::Json, &id.0);
    }
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let user_agent = user_agent.map(Arc::from);
    let (upgrade, protocol) = match negotiate(&mut parts).await {
        Ok(opened) => opened,
        Err(refused) => return refused,
    };
    let body_limit = front.server.body_limit.get();
    let operations = Operations { front, user_agent, id };
    let span = tracing::Span::current();
    upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_message_size(body_limit)
        .max_frame_size(body_limit)
        .on_upgrade(move |socket| follow(socket, protocol, operations).instrument(span))
}

async fn negotiate(parts: &mut Parts) -> Result<(WebSocketUpgrade, GraphQLProtocol), Response> {
    let offers = parts.headers.get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let is_offered = offers
        .iter()
        .filter_map(|offer| offer.to_str().ok())
        .any(|offer| offer.split(',').any(|name| name.trim() == PROTOCOL));
    if !is_offered {
        let message = format!("this endpoint speaks the WebSocket protocol {PROTOCOL}\n");
        return Err((StatusCode::BAD_REQUEST, message).into_response());
    }
    // Both extractors choose from the offers, each in its own order.
    parts.headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    let protocol = GraphQLProtocol::from_request_parts(parts, &()).await;
    let protocol = protocol.map_err(|status| status.into_response())?;
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &()).await;
    Ok((upgrade.map_err(|refused| refused.into_response())?, protocol))
}

async fn follow(socket: WebSocket, protocol: GraphQLProtocol, operations: Operations) {
    let front = operations.front.clone();
    let stop = front.stop.clone();
    let connection = GraphQLWebSocket::new(socket, operations, protocol)
        .on_connection_init(move |payload| async move { session(&front, &payload).await })
        .serve();
    // Nothing to do when the process stops first: the socket closes.
    let _ = stop.run_until_cancelled(AssertUnwindSafe(connection).catch_unwind()).await;
}

/// Who is at the other end of a connection.
#[derive(Clone)]
struct Session {
    viewer: Arc<Viewer>,
    token: Option<SecretString>,
}

/// Reads the token from the parameters of `connection_init`.
async fn session(front: &Front, payload: &Value) -> async_graphql::Result<Data> {
    let said = |refusal: Refusal| async_graphql::Error::new(refusal.errors[0].message.clone());
    let authorization = payload.as_object().and_then(|parameters| {
        parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
    });
    let token = match authorization {
        None | Some((_, Value::Null)) => None,
        Some((_, value)) => Some(identity::bearer(value.as_str().unwrap_or_default()).map_err(said)?),
    };
    let viewer = identity::viewer(front, token.as_ref()).await.map_err(said)?;
    let mut data = Data::default();
    data.insert(Session { viewer, token });
    Ok(data)
}

/// Runs the operations of one connection, each with loaders of its own.
#[derive(Clone)]
struct Operations {
    front: Arc<Front>,
    user_agent: Option<Arc<str>>,
    id: RequestId,
}

impl Operations {
    fn scope(&self, session: Option<&Data>) -> RequestScope {
        let session = session
            .and_then(|data| data.get(&TypeId::of::<Session>()))
            .and_then(|session| session.downcast_ref::<Session>());
        RequestScope {
            viewer: session.map(|session| session.viewer.clone()).unwrap_or_default(),
            batches: Batches::default(),
            user_agent: self.user_agent.clone(),
            request_id: Some(self.id.0.clone()),
            token: session.and_then(|session| session.token.clone()),
        }
    }

    async fn start(self, request: GraphQLRequest, scope: RequestScope) -> BoxStream<'static, Answer> {
        match graphql::prepare(&self.front, &request).await {
            Ok(_) => self.front.engine.subscribe(request, scope),
            Err(refused) => futures_util::stream::once(std::future::ready(refused)).boxed(),
        }
    }
}

impl Executor for Operations {
    async fn execute(&self, request: Request) -> GraphQLResponse {
        let answer = self.execute_stream(request, None).next().await;
        answer.unwrap_or_else(|| GraphQLResponse::from_errors(Refusal::internal().errors))
    }

    fn execute_stream(
        &self,
        request: Request,
        session: Option<Arc<Data>>,
    ) -> BoxStream<'static, GraphQLResponse> {
        let scope = self.scope(session.as_deref());
        let Request { query, operation_name, variables, .. } = request;
        let request = GraphQLRequest { query, operation_name, variables };
        let answers = self.clone().start(request, scope).into_stream().flatten();
        // A panic ends the operation, not the connection.
        let answers = AssertUnwindSafe(answers).catch_unwind();
        let id = self.id.clone();
        answers
            .map(move |answer| {
                let mut answer = answer.unwrap_or_else(|_| Answer::refused(Refusal::internal().errors));
                errors::name_request(&mut answer, &id.0);
                GraphQLResponse::from(answer)
            })
            .boxed()
    }
}
