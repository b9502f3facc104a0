//! Invoices, by the secret addresses that the orders module makes.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use kit::ports::{Invoices, NoInvoice};

use super::Front;

/// The page runs nothing and loads nothing, and tells no other site its address.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "private, no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::CONTENT_SECURITY_POLICY,
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Where the addresses of invoices begin.
pub(super) const FOLDER: &str = "/invoices/";
/// Such an address without its secret.
pub(super) const ROUTE: &str = "/invoices/{token}";

/// Hands an invoice out.
pub(super) async fn send(State(front): State<Arc<Front>>, Path(token): Path<String>) -> Response {
    let port = front.ports.as_ref().and_then(|ports| ports.get::<dyn Invoices>().ok());
    let Some(port) = port else { return refused(StatusCode::NOT_FOUND) };
    match port.invoice(&token).await {
        Ok(Ok(html)) => (HEADERS, html).into_response(),
        Ok(Err(NoInvoice::Unknown)) => refused(StatusCode::NOT_FOUND),
        Ok(Err(NoInvoice::Expired)) => refused(StatusCode::GONE),
        Err(error) => {
            tracing::error!(%error, "an invoice could not be rendered");
            refused(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

fn refused(status: StatusCode) -> Response {
    let text = match status {
        StatusCode::GONE => "this address is too old: ask the order for a new one\n",
        StatusCode::SERVICE_UNAVAILABLE => "that did not work, try again later\n",
        _ => "no such invoice\n",
    };
    (status, text).into_response()
}
