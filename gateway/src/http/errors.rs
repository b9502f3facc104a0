//! What a client is told when a request is refused at the front door, and which
//! status an answer has.

use std::any::Any;

use async_graphql::{ErrorExtensionValues, ServerError, Value};
use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse as _,
};
use schema::Answer;

use super::accept::Media;

/// A panic's answer, for the layer around all routes.
const INTERNAL: &str =
    r#"{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}"#;

/// A request that is not executed.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) errors: Vec<ServerError>,
    /// Header that goes with the status.
    header: Option<(header::HeaderName, HeaderValue)>,
}

impl Refusal {
    /// With this status, code and message.
    pub(super) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, errors: vec![coded(code, message)], header: None }
    }

    /// The request itself can't be read.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    /// A parameter of the request is of the wrong kind.
    pub(super) fn bad_parameter(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", message)
    }

    /// Another method must be used.
    pub(super) fn method(allow: &'static str, message: &str) -> Self {
        let mut refusal = Self::new(StatusCode::METHOD_NOT_ALLOWED, "BAD_REQUEST", message);
        refusal.header = Some((header::ALLOW, HeaderValue::from_static(allow)));
        refusal
    }

    /// The token is not good.
    pub(super) fn unauthenticated(message: &str) -> Self {
        let mut refusal = Self::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message);
        refusal.header = Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        refusal
    }

    /// Something took too long.
    pub(super) fn timeout(status: StatusCode, message: &str) -> Self {
        Self::new(status, "TIMEOUT", message)
    }

    /// Our mistake; the cause is logged already.
    pub(super) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", "internal error")
    }

    /// An error of a port.
    pub(super) fn of(error: &kit::Error) -> Self {
        if let kit::Error::Unauthenticated = error {
            return Self::unauthenticated("the token is not valid, sign in again");
        }
        if let kit::Error::Internal(cause) = error {
            tracing::error!(%cause, "request failed");
        }
        Self::new(status_of_code(error.code()), error.code(), error.to_string())
    }

    /// As an HTTP answer.
    pub(super) fn into_response(self, media: Media, request_id: &str) -> Response<Body> {
        let answer = Answer::refused(self.errors);
        let mut response = respond(answer, self.status, media, request_id);
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// An answer as HTTP.
pub(super) fn respond(
    mut answer: Answer,
    status: StatusCode,
    media: Media,
    request_id: &str,
) -> Response<Body> {
    name_request(&mut answer, request_id);
    let retry_after = answer.errors.iter().find_map(retry_after);
    let json = [(header::CONTENT_TYPE, media.header())];
    let mut response = (status, json, answer.to_json()).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// Takes out what would help to guess a schema that is not shown.
pub(super) fn keep_quiet(error: &mut ServerError) {
    if let Some(at) = error.message.find(" Did you mean") {
        error.message.truncate(at);
    }
}

/// Whether the caller has asked for too much in too short a time.
pub(super) fn is_rate_limited(answer: &Answer) -> bool {
    answer.errors.iter().any(|error| code(error) == Some("RATE_LIMITED"))
}

/// The seconds that an error says to wait.
fn retry_after(error: &ServerError) -> Option<u64> {
    match error.extensions.as_ref()?.get("retryAfterMs")? {
        Value::Number(milliseconds) => Some(milliseconds.as_u64()?.div_ceil(1_000)),
        _ => None,
    }
}

/// Internal errors name the request, so that its log lines can be found.
pub(super) fn name_request(answer: &mut Answer, request_id: &str) {
    for error in &mut answer.errors {
        if code(error) == Some("INTERNAL_SERVER_ERROR") {
            error.extensions.get_or_insert_default().set("requestId", request_id);
        }
    }
}

/// The status of an answer of the engine. `application/json` says 200 to every
/// well-formed request, whatever its document; see the draft's "Status Codes".
pub(super) fn status(answer: &Answer, media: Media) -> StatusCode {
    if !answer.is_refused() {
        return StatusCode::OK;
    }
    let status = answer.errors.first().and_then(code).map_or(StatusCode::BAD_REQUEST, status_of_code);
    match media {
        Media::Json if status == StatusCode::BAD_REQUEST => StatusCode::OK,
        _ => status,
    }
}

/// Answers for a panic that no handler has caught.
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    let json = [(header::CONTENT_TYPE, Media::Json.header())];
    (StatusCode::INTERNAL_SERVER_ERROR, json, INTERNAL).into_response()
}

/// An error with a stable code.
pub(super) fn coded(code: &str, message: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(message, None);
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code);
    error.extensions = Some(extensions);
    error
}

fn code(error: &ServerError) -> Option<&str> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code),
        _ => None,
    }
}

fn status_of_code(code: &str) -> StatusCode {
    match code {
        "UNAUTHENTICATED" => StatusCode::UNAUTHORIZED,
        "FORBIDDEN" => StatusCode::FORBIDDEN,
        "RATE_LIMITED" => StatusCode::TOO_MANY_REQUESTS,
        "INTERNAL_SERVER_ERROR" => StatusCode::INTERNAL_SERVER_ERROR,
        "UNAVAILABLE" => StatusCode::SERVICE_UNAVAILABLE,
        "TIMEOUT" => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::BAD_REQUEST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_type_decides_whether_a_bad_document_is_a_bad_request() {
        let refused = |code| Answer::refused(vec![coded(code, "no")]);
        let table = [
            ("GRAPHQL_PARSE_FAILED", 400, 200),
            ("GRAPHQL_VALIDATION_FAILED", 400, 200),
            ("BAD_USER_INPUT", 400, 200),
            ("COST_EXCEEDED", 400, 200),
            ("UNAUTHENTICATED", 401, 401),
            ("FORBIDDEN", 403, 403),
            ("RATE_LIMITED", 429, 429),
            ("INTERNAL_SERVER_ERROR", 500, 500),
            ("UNAVAILABLE", 503, 503),
            ("TIMEOUT", 504, 504),
        ];

        for (code, response, json) in table {
            assert_eq!(status(&refused(code), Media::Response).as_u16(), response, "{code}");
            assert_eq!(status(&refused(code), Media::Json).as_u16(), json, "{code}");
        }
    }
}
