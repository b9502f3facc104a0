//! A push gateway over HTTP.

use std::sync::{Arc, Mutex};

use kit::{Error, Outside, OutsideOptions, Result};
use reqwest::{Client, StatusCode, redirect};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Push, PushSender};
use crate::{PushOptions, mail::Outcome};

/// Posts pushes to a gateway.
pub(super) struct Gateway {
    client: Client,
    url: String,
    token: Option<SecretString>,
    service: Outside,
    /// Why pushes wait since the last try.
    problem: Arc<Mutex<Option<String>>>,
}

impl Gateway {
    /// # Errors
    /// When no client can be made.
    pub(super) fn new(url: &str, options: &PushOptions) -> Result<Self> {
        let client = Client::builder()
            .timeout(options.timeout)
            // A redirect would carry the devices' tokens elsewhere.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(Error::internal)?;
        let bounds = OutsideOptions { timeout: options.timeout, ..OutsideOptions::default() };
        Ok(Self {
            client,
            url: url.to_owned(),
            token: options.token.clone(),
            service: Outside::new("push gateway", bounds),
            problem: Arc::default(),
        })
    }

    async fn post(&self, push: &Push) -> Result<StatusCode, String> {
        let mut request = self.client.post(&self.url).json(push);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose_secret());
        }
        // The address may hold a secret.
        let response = request.send().await.map_err(|error| error.without_url().to_string())?;
        match response.status() {
            // Not about this push: the gateway is in trouble, or we are not known there.
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) => {
                Err(format!("answered {status}"))
            }
            status if status.is_server_error() => Err(format!("answered {status}")),
            status => Ok(status),
        }
    }
}

#[async_trait::async_trait]
impl PushSender for Gateway {
    async fn send(&self, push: &Push) -> Outcome {
        let answer = self.service.once(self.post(push)).await;
        let problem = answer.as_ref().err().map(ToString::to_string);
        *self.problem.lock().expect("no code panics while it holds this lock") = problem;
        match answer {
            Ok(status) if status.is_success() => Outcome::Sent,
            Ok(StatusCode::GONE) => Outcome::Gone,
            Ok(status @ (StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)) => {
                Outcome::Later(format!("put off with {}", status.as_u16()))
            }
            Ok(status) => Outcome::Refused(format!("refused with {}", status.as_u16())),
            Err(error) => Outcome::Later(error.to_string()),
        }
    }

    fn problem(&self) -> Option<String> {
        self.problem.lock().expect("no code panics while it holds this lock").clone()
    }
}
