//! Small documents beside the graph: its schema, the public keys, the demo
//! accounts.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use kit::ports::{DemoAccounts, KeySet};
use serde_json::json;

use super::Front;

/// The public schema, as text that a browser shows.
pub(super) async fn schema(State(front): State<Arc<Front>>) -> Response {
    let text = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (text, front.engine.sdl().to_owned()).into_response()
}

/// The keys with which others verify our tokens.
pub(super) async fn keys(State(front): State<Arc<Front>>) -> Response {
    let keys = front.ports.as_ref().and_then(|ports| ports.get::<dyn KeySet>().ok());
    let Some(keys) = keys else { return StatusCode::NOT_FOUND.into_response() };
    match keys.jwks().await {
        // A new key signs at once: who keeps the keys for longer asks again when a
        // token of a key comes that they don't know.
        Ok(keys) => ([(header::CACHE_CONTROL, "public, max-age=60")], Json(keys)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the signing keys can't be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// The accounts that the playground offers to sign in as; 404 when the data is
/// not demo data.
pub(super) async fn demo_users(State(front): State<Arc<Front>>) -> Response {
    let demo = front.ports.as_ref().and_then(|ports| ports.get::<dyn DemoAccounts>().ok());
    let Some(demo) = demo else { return StatusCode::NOT_FOUND.into_response() };
    match demo.demo_accounts().await {
        Ok(users) if users.is_empty() => StatusCode::NOT_FOUND.into_response(),
        Ok(users) => {
            let document = json!({ "password": demo.demo_password(), "users": users });
            ([(header::CACHE_CONTROL, "no-cache")], Json(document)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the demo accounts can't be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
