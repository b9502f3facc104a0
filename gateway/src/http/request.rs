//! From a body or a URL to a GraphQL request. Nothing of the parser's own words
//! reaches the client.

use async_graphql::Variables;
use axum::{extract::Query, http::Uri};
use schema::{GraphQLRequest, json_nests_deeper};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    errors::Refusal,
    persisted::{Asked, Persisted},
};

/// The parameters of a well-formed request; others are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<Variables>,
    extensions: Option<Map<String, Value>>,
}

/// The request in a JSON body.
pub(super) fn from_body(body: &[u8], nesting: usize) -> Result<Asked, Refusal> {
    refuse_deep(body, nesting)?;
    match serde_json::from_slice::<Parameters>(body) {
        Ok(parameters) => parameters.asked(),
        Err(_) => Err(what_is_wrong(body)),
    }
}

/// The client's name for the operation in a JSON body, as GraphQL over SSE has
/// it. The body must have been read by [`from_body`] before.
pub(super) fn operation_id(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        extensions: Option<Extensions>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Extensions {
        operation_id: Option<String>,
    }
    let named: Named = serde_json::from_slice(body).ok()?;
    named.extensions?.operation_id.filter(|id| !id.is_empty())
}

/// The request in the query of a URL.
pub(super) fn from_uri(uri: &Uri, nesting: usize) -> Result<Asked, Refusal> {
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else {
        return Err(Refusal::bad_request("the query of the URL can't be read"));
    };
    let mut parameters =
        Parameters { query: None, operation_name: None, variables: None, extensions: None };
    let mut seen = Vec::new();
    for (name, value) in pairs {
        if seen.contains(&name) {
            return Err(Refusal::bad_request(format!("the URL has `{name}` twice")));
        }
        match name.as_str() {
            "query" => parameters.query = Some(value),
            "operationName" if !value.is_empty() => parameters.operation_name = Some(value),
            "variables" if !value.is_empty() => parameters.variables = json(&name, &value, nesting)?,
            "extensions" if !value.is_empty() => parameters.extensions = json(&name, &value, nesting)?,
            _ => continue,
        }
        seen.push(name);
    }
    parameters.asked()
}

impl Parameters {
    fn asked(self) -> Result<Asked, Refusal> {
        let extensions = self.extensions.unwrap_or_default();
        // Some clients send an empty document beside the hash.
        let text = self.query.as_deref().filter(|query| !query.is_empty());
        let persisted = Persisted::read(&extensions, text)?;
        let query = match (self.query, persisted) {
            (Some(query), _) => query,
            (None, Some(_)) => String::new(),
            (None, None) => return Err(Refusal::bad_request("the request has no `query`")),
        };
        let request = GraphQLRequest {
            query,
            operation_name: self.operation_name.filter(|name| !name.is_empty()),
            variables: self.variables.unwrap_or_default(),
        };
        Ok(Asked { request, persisted })
    }
}

/// A map in a parameter of the URL.
fn json<T: serde::de::DeserializeOwned>(
    name: &str,
    text: &str,
    nesting: usize,
) -> Result<Option<T>, Refusal> {
    refuse_deep(text.as_bytes(), nesting)?;
    serde_json::from_str(text)
        .map_err(|_| Refusal::bad_parameter(format!("`{name}` in the URL must be a JSON object")))
}

/// A few kilobytes of brackets exhaust the stack of a recursive parser.
fn refuse_deep(json: &[u8], nesting: usize) -> Result<(), Refusal> {
    match json_nests_deeper(json, nesting) {
        true => Err(Refusal::bad_request(format!("the request nests deeper than {nesting} levels"))),
        false => Ok(()),
    }
}

/// In words for the caller; only runs when a body can't be read.
fn what_is_wrong(body: &[u8]) -> Refusal {
    if body.is_empty() {
        return Refusal::bad_request("the body is empty");
    }
    let parameters = match serde_json::from_slice(body) {
        Ok(Value::Object(parameters)) => parameters,
        Ok(Value::Array(_)) => {
            return Refusal::bad_request("batches are not supported: send one request at a time");
        }
        Ok(_) => return Refusal::bad_request("the body must be a JSON object"),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            return Refusal::bad_request(format!(
                "the body is not valid JSON (line {line}, column {column})"
            ));
        }
    };
    for name in ["query", "operationName"] {
        if parameters.get(name).is_some_and(|value| !value.is_string() && !value.is_null()) {
            return Refusal::bad_parameter(format!("`{name}` must be a string"));
        }
    }
    for name in ["variables", "extensions"] {
        if parameters.get(name).is_some_and(|value| !value.is_object() && !value.is_null()) {
            return Refusal::bad_parameter(format!("`{name}` must be an object"));
        }
    }
    Refusal::bad_request("the body names a parameter twice")
}

#[cfg(test)]
mod tests {
    use async_graphql::Value as Input;

    use super::*;

    fn told(refusal: Refusal) -> (u16, String, String) {
        let error = &refusal.errors[0];
        let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
        let Some(Input::String(code)) = code else { panic!("every error has a code") };
        (refusal.status.as_u16(), code.clone(), error.message.clone())
    }

    fn refused(body: &str) -> (u16, String, String) {
        told(from_body(body.as_bytes(), 20).expect_err(body))
    }

    #[test]
    fn a_whole_request_is_read() {
        let body =
            r#"{"query":"query A { a }","operationName":"A","variables":{"n":1},"extensions":{"x":2}}"#;

        let request = from_body(body.as_bytes(), 20).expect("well-formed").request;

        assert_eq!(request.query, "query A { a }");
        assert_eq!(request.operation_name.as_deref(), Some("A"));
        assert_eq!(request.variables.get("n"), Some(&Input::from(1)));
    }

    #[test]
    fn null_and_absent_parameters_are_the_same() {
        let body = r#"{"query":"{a}","operationName":null,"variables":null,"extensions":null,"id":7}"#;

        let request = from_body(body.as_bytes(), 20).expect("well-formed").request;

        assert_eq!(request.operation_name, None);
        assert!(request.variables.is_empty());
    }

    #[test]
    fn a_hash_may_stand_for_the_document() {
        let hash = "ab".repeat(32);
        let named = format!(r#"{{"version":1,"sha256Hash":"{hash}"}}"#);
        let bodies = [
            format!(r#"{{"extensions":{{"persistedQuery":{named}}}}}"#),
            format!(r#"{{"query":null,"extensions":{{"persistedQuery":{named}}}}}"#),
            format!(r#"{{"query":"","extensions":{{"persistedQuery":{named}}}}}"#),
        ];

        for body in bodies {
            let asked = from_body(body.as_bytes(), 20).expect("well-formed");
            assert_eq!(asked.request.query, "", "{body}");
            assert_eq!(asked.persisted, Some(Persisted::Alone([0xab; 32])), "{body}");
        }
    }

    #[test]
    fn a_body_that_can_not_be_read_is_told_why() {
        let bad_request = |message: &str| (400, "BAD_REQUEST".to_owned(), message.to_owned());
        let bad_input = |message: &str| (400, "BAD_USER_INPUT".to_owned(), message.to_owned());
        let deep =
            format!(r#"{{"query":"{{a}}","variables":{{"a":{}{}}}}}"#, "[".repeat(40), "]".repeat(40));
        let table = [
            ("", bad_request("the body is empty")),
            ("{", bad_request("the body is not valid JSON (line 1, column 1)")),
            ("{\"query\":\u{0}}", bad_request("the body is not valid JSON (line 1, column 10)")),
            ("\"{a}\"", bad_request("the body must be a JSON object")),
            ("[]", bad_request("batches are not supported: send one request at a time")),
            (
                r#"[{"query":"{a}"}]"#,
                bad_request("batches are not supported: send one request at a time"),
            ),
            ("{}", bad_request("the request has no `query`")),
            (r#"{"query":1}"#, bad_input("`query` must be a string")),
            (r#"{"query":"{a}","operationName":[]}"#, bad_input("`operationName` must be a string")),
            (r#"{"query":"{a}","variables":[]}"#, bad_input("`variables` must be an object")),
            (r#"{"query":"{a}","extensions":"x"}"#, bad_input("`extensions` must be an object")),
            (r#"{"query":"{a}","query":"{b}"}"#, bad_request("the body names a parameter twice")),
            (&deep, bad_request("the request nests deeper than 20 levels")),
            (
                r#"{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}"#,
                bad_input("`extensions.persistedQuery.sha256Hash` must be 64 hexadecimal digits"),
            ),
            (r#"{"extensions":{"persistedQuery":null}}"#, bad_request("the request has no `query`")),
        ];

        for (body, outcome) in table {
            assert_eq!(refused(body), outcome, "{body}");
        }
    }

    #[test]
    fn a_url_carries_the_same_parameters() {
        let uri =
            "/graphql?query=query+A%7Ba%7D&operationName=A&variables=%7B%22n%22%3A1%7D&extensions=";

        let request = from_uri(&uri.parse().expect("a URI"), 20).expect("well-formed").request;

        assert_eq!(request.query, "query A{a}");
        assert_eq!(request.operation_name.as_deref(), Some("A"));
        assert_eq!(request.variables.get("n"), Some(&Input::from(1)));
    }

    #[test]
    fn a_url_that_can_not_be_read_is_told_why() {
        let table = [
            ("/graphql", 400, "BAD_REQUEST", "the request has no `query`"),
            ("/graphql?query=a&query=b", 400, "BAD_REQUEST", "the URL has `query` twice"),
            (
                "/graphql?query=a&variables=1",
                400,
                "BAD_USER_INPUT",
                "`variables` in the URL must be a JSON object",
            ),
            (
                "/graphql?query=a&extensions={",
                400,
                "BAD_USER_INPUT",
                "`extensions` in the URL must be a JSON object",
            ),
        ];

        for (uri, status, code, message) in table {
            let uri = uri.replace('{', "%7B");
            let refusal = from_uri(&uri.parse().expect("a URI"), 20).expect_err(&uri);
            assert_eq!(told(refusal), (status, code.to_owned(), message.to_owned()), "{uri}");
        }
    }
}
