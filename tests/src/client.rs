//! A client that speaks GraphQL over HTTP to a gateway of this process.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// A client, perhaps signed in.
#[derive(Clone)]
pub struct Client {
    router: Router,
    token: Option<String>,
    user_agent: Option<&'static str>,
}

/// What an HTTP request was answered.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body as it came.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("not JSON: {}", String::from_utf8_lossy(&self.body)))
    }
}

impl Client {
    /// A client of this router that is not signed in.
    #[must_use]
    pub const fn new(router: Router) -> Self {
        Self { router, token: None, user_agent: None }
    }

    /// The same client with this bearer token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same client with this `User-Agent`.
    #[must_use]
    pub fn named(&self, user_agent: &'static str) -> Self {
        Self { user_agent: Some(user_agent), ..self.clone() }
    }

    /// The bearer token of a signed-in client.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The same client, signed in.
    ///
    /// # Panics
    /// When the credentials are not good.
    pub async fn sign_in(&self, email: &str, password: &str) -> Self {
        let mutation = "mutation($input: SignInInput!) { sessionSignIn(input: $input) { accessToken } }";
        let input = json!({ "method": { "password": { "email": email, "password": password } } });
        let answer = self.ask(mutation, json!({ "input": input })).await;
        let token = answer["data"]["sessionSignIn"]["accessToken"].as_str();
        self.with_token(token.unwrap_or_else(|| panic!("{email} can't sign in: {answer}")))
    }

    /// Asks an operation and answers the whole JSON.
    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        self.post(json!({ "query": query, "variables": variables })).await.json()
    }

    /// Posts a body to `/graphql`.
    pub async fn post(&self, body: Value) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json")
            .body(Body::from(body.to_string()))
            .expect("a request");
        self.send(request).await
    }

    /// Gets a path, or an address of this gateway.
    pub async fn get(&self, address: &str) -> Answer {
        let request = Request::get(path(address)).body(Body::empty()).expect("a request");
        self.send(request).await
    }

    /// Puts bytes at an address of this gateway, whose scheme and host don't
    /// matter here.
    pub async fn put(&self, address: &str, bytes: impl Into<Body>) -> Answer {
        let request = Request::put(path(address)).body(bytes.into()).expect("a request");
        self.send(request).await
    }

    /// Sends a request as it is, with the token when signed in.
    ///
    /// # Panics
    /// When the body of the answer breaks off.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        if let Some(name) = self.user_agent {
            request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static(name));
        }
        if let Some(token) = &self.token {
            let value = format!("Bearer {token}").parse().expect("a token is a header value");
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        let response = self.router.clone().oneshot(request).await.expect("a router never fails");
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("the whole body").to_vec();
        Answer { status, headers, body }
    }
}

/// The path of an address of ours.
fn path(address: &str) -> &str {
    let rest = address.split_once("://").map(|(_, rest)| rest);
    rest.and_then(|rest| rest.find('/').map(|slash| &rest[slash..])).unwrap_or(address)
}
