//! One request to one endpoint: signed, to a checked address, without redirects,
//! within a deadline.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use entities::webhooks::{delivery, endpoint};
use kit::{DateTime, Error, Outside, OutsideOptions, Result, ids::WebhookEndpointId};
use reqwest::{Client, header, redirect};

use crate::{
    WebhooksOptions,
    places::{BadPlace, Places},
    signature,
};

/// How long an endpoint whose calls keep failing is left alone.
pub(crate) const PAUSE: Duration = Duration::from_secs(30);

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The endpoint took it.
    Taken(u16),
    /// The endpoint answered something else than success.
    Refused(u16),
    /// Nobody answered, or nobody was asked; why, for people.
    Unreachable(String),
    /// The endpoint is left alone for a while; it was not asked.
    Resting,
}

/// Sends requests. Every endpoint has a breaker of its own.
pub(crate) struct Sender {
    client: Client,
    places: Places,
    timeout: Duration,
    endpoints: Mutex<HashMap<WebhookEndpointId, Outside>>,
}

impl Sender {
    pub(crate) fn new(options: &WebhooksOptions) -> Result<Self> {
        let places = Places::new(options);
        let client = Client::builder()
            .dns_resolver(Arc::new(places.clone()))
            .redirect(redirect::Policy::none())
            .no_proxy()
            // A kept connection would go to the address of an earlier check.
            .pool_max_idle_per_host(0)
            .https_only(!options.allow_http)
            .user_agent("weft-webhooks/1")
            .build()
            .map_err(Error::internal)?;
        Ok(Self { client, places, timeout: options.timeout, endpoints: Mutex::default() })
    }

    /// Whether an address may be saved.
    pub(crate) async fn check(&self, url: &str) -> Result<(), BadPlace> {
        let url = self.places.read(url)?;
        let host = url.host_str().ok_or(BadPlace::NoUrl)?;
        let found = tokio::time::timeout(self.timeout, self.places.resolve(host)).await;
        found.unwrap_or(Err(BadPlace::NotFound)).map(drop)
    }

    /// Sends a delivery once.
    pub(crate) async fn send(
        &self,
        endpoint: &endpoint::Model,
        delivery: &delivery::Model,
        secrets: &[String],
        now: DateTime,
    ) -> Result<Sent> {
        // The address was checked when it was saved; the rules may have changed.
        let url = match self.places.read(&endpoint.url) {
            Ok(url) => url,
            Err(reason) => return Ok(Sent::Unreachable(reason.to_string())),
        };
        let id = delivery.event_id.to_string();
        let seconds = now.0.div_euclid(1_000);
        let signature = signature::sign(secrets, &id, seconds, &delivery.body)?;
        let request = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signature)
            .body(delivery.body.clone());
        let mut sent = Sent::Resting;
        let call = async {
            sent = Sent::Unreachable("took too long to answer".to_owned());
            // The answer's body is nothing to us and is not read.
            let answer = request.send().await;
            sent = match answer.map(|answer| answer.status()) {
                Ok(status) if status.is_success() => Sent::Taken(status.as_u16()),
                Ok(status) => Sent::Refused(status.as_u16()),
                Err(error) => Sent::Unreachable(reason(&error)),
            };
            match &sent {
                Sent::Taken(_) => Ok(()),
                Sent::Refused(status) => Err(format!("answered {status}")),
                Sent::Unreachable(reason) => Err(reason.clone()),
                Sent::Resting => Err(String::new()),
            }
        };
        // How it went is in `sent`; the breaker needs to know, too.
        let _ = self.outside(endpoint.id).once(call).await;
        Ok(sent)
    }

    fn outside(&self, endpoint: WebhookEndpointId) -> Outside {
        let mut endpoints = self.endpoints.lock().expect("no code panics while it holds this lock");
        let outside = endpoints.entry(endpoint).or_insert_with(|| {
            let options = OutsideOptions {
                timeout: self.timeout,
                retries: 0,
                pause: PAUSE,
                ..OutsideOptions::default()
            };
            Outside::new(&format!("webhook endpoint {endpoint}"), options)
        });
        outside.clone()
    }
}

/// Why nobody answered, without the address.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(place) = inner.downcast_ref::<BadPlace>() {
            return place.to_string();
        }
        // An I/O error does not name what it wraps as its source.
        let wrapped = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(place) = wrapped.and_then(|wrapped| wrapped.downcast_ref::<BadPlace>()) {
            return place.to_string();
        }
        cause = inner.source();
    }
    let reason = if error.is_timeout() { "took too long to answer" } else { "can't be connected to" };
    reason.to_owned()
}
