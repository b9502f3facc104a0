//! Ending mails by the address that they carry: one POST does (RFC 8058), a
//! GET only asks, since mail programs and scanners open every address.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use kit::ports::Unsubscribe;

use super::Front;

/// The page runs nothing, is in no frame, and tells no other site its address.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// What all addresses that end mails begin with.
pub(super) const FOLDER: &str = "/unsubscribe/";
/// Such an address without its secret.
pub(super) const ROUTE: &str = "/unsubscribe/{token}";

/// Asks whether mails should end; ends none.
pub(super) async fn ask(State(front): State<Arc<Front>>, Path(token): Path<String>) -> Response {
    match port(&front).and_then(|port| port.about(&token)) {
        Some(about) => page(
            StatusCode::OK,
            &format!("No more mails about {about}?"),
            // Without an address the form is sent to where it came from.
            "<form method=\"post\"><button type=\"submit\">Unsubscribe</button></form>",
        ),
        None => unknown(),
    }
}

/// Ends mails; doing it again is fine.
pub(super) async fn end(State(front): State<Arc<Front>>, Path(token): Path<String>) -> Response {
    let Some(port) = port(&front) else { return unknown() };
    match port.unsubscribe(&token).await {
        Ok(Some(about)) => {
            let title = format!("You get no more mails about {about}.");
            page(StatusCode::OK, &title, "<p>Your account's preferences bring them back.</p>")
        }
        Ok(None) => unknown(),
        Err(error) => {
            tracing::error!(%error, "mails could not be ended");
            let title = "That did not work. Try again later.";
            page(StatusCode::SERVICE_UNAVAILABLE, title, "")
        }
    }
}

fn port(front: &Front) -> Option<Arc<dyn Unsubscribe>> {
    front.ports.as_ref().and_then(|ports| ports.get::<dyn Unsubscribe>().ok())
}

fn unknown() -> Response {
    page(StatusCode::NOT_FOUND, "This address ends no mails.", "")
}

/// Everything on it is ours, so nothing needs escaping.
fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let mut html = String::from("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">");
    let _ = write!(
        html,
        "<meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <body style=\"font:16px/1.5 sans-serif;max-width:32em;margin:4em auto;padding:0 1em\">\
         <h1 style=\"font-size:1.4em\">{title}</h1>{body}</body></html>"
    );
    (status, HEADERS, html).into_response()
}
