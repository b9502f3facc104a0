//! A name and a span for every request. The name comes from the client or is
//! made here, and goes out with the answer.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;
use ulid::Ulid;

use super::{files, invoices, unsubscribe};

/// Carries the request's id, in and out.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longer ids are replaced.
const MAX_LENGTH: usize = 64;

/// The request's id.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) Arc<str>);

/// Names the request, runs it in a span, tells how it ended.
pub(super) async fn follow(mut request: Request, next: Next) -> Response {
    let id = given(request.headers()).unwrap_or_else(|| Ulid::generate().to_string().into());
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let path = shown(request.uri().path()).to_owned();
    let span = tracing::info_span!("request", request.id = %id, http.method = %method, http.path = path);
    async move {
        let start = Instant::now();
        let mut response = next.run(request).await;
        let status = response.status();
        let duration_ms = start.elapsed().as_millis();
        match status.is_server_error() {
            true => tracing::warn!(http.status = status.as_u16(), duration_ms, "answered {status}"),
            false => tracing::debug!(http.status = status.as_u16(), duration_ms, "answered {status}"),
        }
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert(REQUEST_ID, id);
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
    .instrument(span)
    .await
}

/// The path as it may stand in the log: never the query, which holds documents
/// and variables, and never the secret of a file's address.
fn shown(path: &str) -> &str {
    match path {
        path if path.starts_with(files::FOLDER) => files::ROUTE,
        path if path.starts_with(invoices::FOLDER) => invoices::ROUTE,
        path if path.starts_with(unsubscribe::FOLDER) => unsubscribe::ROUTE,
        path => path,
    }
}

/// The client's own id, if it can stand in a log line and a header.
fn given(headers: &HeaderMap) -> Option<Arc<str>> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_sane = (1..=MAX_LENGTH).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    is_sane.then(|| id.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_of_an_address_is_not_logged() {
        assert_eq!(shown("/files/AbCd"), "/files/{token}");
        assert_eq!(shown("/graphql"), "/graphql");
    }

    #[test]
    fn only_a_sane_id_is_taken_over() {
        let taken = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_str(id).expect("a value"));
            given(&headers).is_some()
        };

        assert!(taken("01J8-abc_def.ghi:1"));
        assert!(!taken(""));
        assert!(!taken("a b"));
        assert!(!taken("a\"b"));
        assert!(!taken(&"a".repeat(65)));
    }
}
