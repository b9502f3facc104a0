//! Content negotiation: which of the two JSON media types answers, whether the
//! client takes a stream, and whether a body is the JSON we read. GraphQL over
//! HTTP, draft, "Media Types".

use axum::http::{HeaderMap, HeaderValue, header};

/// The media type of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`: statuses tell what happened.
    Response,
    /// `application/json`: 200 for every well-formed request.
    Json,
}

impl Media {
    /// As a header's value.
    pub(super) const fn header(self) -> HeaderValue {
        match self {
            Self::Response => {
                HeaderValue::from_static("application/graphql-response+json; charset=utf-8")
            }
            Self::Json => HeaderValue::from_static("application/json; charset=utf-8"),
        }
    }
}

/// How a client takes more than one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamMedia {
    /// GraphQL over SSE.
    Events,
    /// Apollo's multipart protocol for subscriptions.
    Multipart,
}

/// How exactly a range of `Accept` names a type; the most exact one decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Exactness {
    Anything,
    Application,
    Named,
}

/// The media type to answer with: the one the client likes best. A client that
/// does not name `application/graphql-response+json` gets `application/json`.
/// `None` when it takes neither.
pub(super) fn negotiate(headers: &HeaderMap) -> Option<Media> {
    let mut ranges = Vec::new();
    for value in headers.get_all(header::ACCEPT) {
        ranges.extend(value.to_str().unwrap_or_default().split(',').filter_map(range));
    }
    if ranges.is_empty() {
        return Some(Media::Json);
    }
    let response = quality(&ranges, "graphql-response+json");
    let json = quality(&ranges, "json");
    match (response, json) {
        ((0, _), (0, _)) => None,
        ((response, exactness), (json, _))
            if response > json || (response == json && exactness == Exactness::Named) =>
        {
            Some(Media::Response)
        }
        _ => Some(Media::Json),
    }
}

/// The kind of stream that the client names, the one it likes best.
pub(super) fn stream(headers: &HeaderMap) -> Option<StreamMedia> {
    let mut best: Option<(StreamMedia, u16)> = None;
    for value in headers.get_all(header::ACCEPT) {
        for text in value.to_str().unwrap_or_default().split(',') {
            let Some((range, quality)) = range(text) else { continue };
            let media = match range.as_str() {
                "text/event-stream" => StreamMedia::Events,
                "multipart/mixed" if is_subscription_spec(text) => StreamMedia::Multipart,
                _ => continue,
            };
            if quality > best.map_or(0, |(_, quality)| quality) {
                best = Some((media, quality));
            }
        }
    }
    best.map(|(media, _)| media)
}

/// Whether a range names the version of Apollo's protocol that we speak.
fn is_subscription_spec(range: &str) -> bool {
    range.split(';').filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
        name.trim().eq_ignore_ascii_case("subscriptionSpec") && value.trim().trim_matches('"') == "1.0"
    })
}

/// Quality in thousandths, and how exactly the deciding range names the type.
fn quality(ranges: &[(String, u16)], subtype: &str) -> (u16, Exactness) {
    let matching = ranges.iter().filter_map(|(range, quality)| {
        let exactness = match range.as_str() {
            "*/*" => Exactness::Anything,
            "application/*" => Exactness::Application,
            range if range.strip_prefix("application/") == Some(subtype) => Exactness::Named,
            _ => return None,
        };
        Some((exactness, *quality))
    });
    let (exactness, quality) = matching.max().unwrap_or((Exactness::Anything, 0));
    (quality, exactness)
}

/// One range of `Accept` and its quality in thousandths.
fn range(text: &str) -> Option<(String, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|range| range.contains('/'))?.to_ascii_lowercase();
    let mut quality = 1_000;
    for parameter in parts {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => quality = thousandths(value.trim())?,
            "charset" if !is_utf8(value) => return None,
            _ => {}
        }
    }
    Some((range, quality))
}

/// A quality between 0 and 1.
fn thousandths(text: &str) -> Option<u16> {
    let value = text.parse::<f32>().ok().filter(|value| (0.0..=1.0).contains(value))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
    Some((value * 1_000.0).round() as u16)
}

fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim().trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

/// Whether a body is JSON in UTF-8. Nothing else is read: a browser sends any
/// other site's `text/plain`, form or multipart without asking us first.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some((range, _)) = value.and_then(range) else { return false };
    range == "application/json"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(values: &[&'static str]) -> Option<Media> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::ACCEPT, HeaderValue::from_static(value));
        }
        negotiate(&headers)
    }

    #[test]
    fn the_client_chooses_the_media_type() {
        use Media::{Json, Response};
        let table = [
            (&[][..], Some(Json)),
            (&["*/*"], Some(Json)),
            (&["application/*"], Some(Json)),
            (&["application/json"], Some(Json)),
            (&["application/graphql-response+json"], Some(Response)),
            (&["APPLICATION/GraphQL-Response+JSON; charset=UTF-8"], Some(Response)),
            (&["application/graphql-response+json, application/json;q=0.9"], Some(Response)),
            (&["application/graphql-response+json;q=0.5, application/json"], Some(Json)),
            (&["application/json, application/graphql-response+json"], Some(Response)),
            (&["application/graphql-response+json;q=0.5, */*"], Some(Json)),
            (&["application/json;q=0, */*"], Some(Response)),
            (&["application/json;q=0.2", "application/graphql-response+json;q=0.3"], Some(Response)),
            (&["text/html,application/xhtml+xml,*/*;q=0.8"], Some(Json)),
            (&["multipart/mixed;subscriptionSpec=1.0, application/json"], Some(Json)),
            (&["text/html"], None),
            (&["application/json;q=0"], None),
            (&["*/*;q=0"], None),
            (&["application/json;charset=latin1"], Some(Json)),
        ];

        for (values, media) in table {
            assert_eq!(accepting(values), media, "{values:?}");
        }
    }

    #[test]
    fn a_stream_is_for_clients_that_name_it() {
        use StreamMedia::{Events, Multipart};
        let table = [
            ("text/event-stream", Some(Events)),
            ("multipart/mixed;subscriptionSpec=\"1.0\", application/json", Some(Multipart)),
            ("multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json", Some(Multipart)),
            ("multipart/mixed; deferSpec=20220824, application/json", None),
            ("multipart/mixed;subscriptionSpec=2.0", None),
            ("application/json, text/event-stream, multipart/mixed", Some(Events)),
            ("text/event-stream;q=0.5, multipart/mixed;subscriptionSpec=1.0", Some(Multipart)),
            ("text/event-stream;q=0", None),
            ("*/*", None),
        ];

        for (value, media) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(value));
            assert_eq!(stream(&headers), media, "{value}");
        }
    }

    #[test]
    fn only_json_in_utf8_is_read() {
        let table = [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("Application/JSON;charset=\"UTF-8\"", true),
            ("application/json; charset=latin1", false),
            ("application/graphql", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("multipart/form-data; boundary=x", false),
            ("", false),
        ];

        for (value, is_read) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
            assert_eq!(is_json(&headers), is_read, "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
