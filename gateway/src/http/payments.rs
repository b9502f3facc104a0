//! What payment providers tell us: taken as it came, looked into later.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use kit::ports::{PaymentEvents, Told};
use serde_json::json;

use super::{Front, body};
use crate::ByteSize;

/// Where providers post events.
pub(super) const ROUTE: &str = "/webhooks/{provider}";

/// Stripe's header; the sandbox signs alike.
const SIGNATURE: &str = "stripe-signature";
/// Events are small.
const LIMIT: ByteSize = ByteSize::mebibytes(1);

/// Takes an event; answers before anybody looks into it.
pub(super) async fn receive(
    State(front): State<Arc<Front>>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let port = front.ports.as_ref().and_then(|ports| ports.get::<dyn PaymentEvents>().ok());
    let Some(port) = port else { return refused(StatusCode::NOT_FOUND, "NOT_FOUND") };
    let body = match body::read(&headers, body, LIMIT).await {
        Ok(body) => body,
        Err(refusal) => return refused(refusal.status, "BAD_REQUEST"),
    };
    let signature = headers.get(SIGNATURE).and_then(|header| header.to_str().ok()).unwrap_or_default();
    match port.receive(&provider, &body, signature).await {
        Ok(Told::Kept) => Json(json!({ "received": true })).into_response(),
        Ok(Told::Unknown) => refused(StatusCode::NOT_FOUND, "NOT_FOUND"),
        Ok(Told::Forged) => refused(StatusCode::BAD_REQUEST, "BAD_SIGNATURE"),
        Ok(Told::Unreadable) => refused(StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        Err(error) => {
            tracing::error!(?error, "an event of a payment provider could not be kept");
            refused(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE")
        }
    }
}

fn refused(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "code": code }))).into_response()
}
