//! Authorization codes (OAuth 2.0 with PKCE): what somebody brings back from a
//! provider is exchanged for who they are.

use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

use super::{Distrust, Person, Provider, claims::Claims, published::Published, token::Purpose};
use crate::{
    failure::{Failure, Refusal},
    service::Service,
};

/// The longest code that is passed on.
const LONGEST_CODE: usize = 4_096;
/// What somebody is described by; where the ID token has none of it, the
/// provider is asked.
const DESCRIPTIONS: [&str; 3] = ["name", "email", "preferred_username"];

/// What somebody brings back from a provider.
pub(crate) struct Login {
    pub(crate) provider: String,
    pub(crate) code: String,
    pub(crate) code_verifier: String,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) nonce: Option<String>,
    /// Where these stand in the input.
    pub(crate) fields: &'static LoginFields,
}

/// Where the parts of a [`Login`] stand in an input.
pub(crate) struct LoginFields {
    pub(crate) provider: &'static str,
    pub(crate) code: &'static str,
    pub(crate) code_verifier: &'static str,
    pub(crate) redirect_uri: &'static str,
}

/// What the token endpoint answered.
enum Exchanged {
    Tokens(Map<String, Value>),
    /// The code or the verifier is not good.
    Refused,
    /// We are not known there: somebody has to look at the configuration.
    NotAllowed(String),
}

impl Service {
    /// Who has signed in with a provider. Every code is asked about once: it is
    /// worth nothing afterwards.
    pub(crate) async fn signed_in_there(&self, login: &Login) -> Result<Person, Failure> {
        let unknown = || Failure::from(Refusal::UnknownProvider(login.fields.provider));
        let provider = self.providers.named(&login.provider).ok_or_else(unknown)?;
        let client = provider.options.client_id.clone().ok_or_else(unknown)?;
        let redirect_uri = check(login, provider)?;
        let bad_code = || Failure::from(Refusal::BadLogin(login.fields.code));
        match provider.exchange(login, &client, redirect_uri).await {
            Ok(Some(claims)) => Ok(Person::new(&provider.options, &claims)),
            Ok(None) => Err(bad_code()),
            Err(Distrust::NotGood(reason)) => {
                let name = &login.provider;
                tracing::warn!(provider = %name, reason, "an ID token of {name} is not good: {reason}");
                Err(bad_code())
            }
            Err(Distrust::Unknown(error)) => Err(error.into()),
        }
    }
}

/// Checks what is sent on; answers where the code was sent to.
fn check<'p>(login: &Login, provider: &'p Provider) -> Result<Option<&'p str>, Failure> {
    let invalid = |field, rule| Failure::from(Refusal::Invalid { field, rule });
    let is_code = (1..=LONGEST_CODE).contains(&login.code.len())
        && login.code.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !is_code {
        return Err(invalid(login.fields.code, "a code is the text that the provider sent back"));
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let verifier = &login.code_verifier;
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(is_letter) {
        let rule = "a code verifier has 43 to 128 characters out of A-Z, a-z, 0-9 and -._~";
        return Err(invalid(login.fields.code_verifier, rule));
    }
    let allowed = &provider.options.redirect_uris;
    match &login.redirect_uri {
        None => Ok(allowed.first().map(String::as_str)),
        Some(wanted) => match allowed.iter().find(|uri| *uri == wanted) {
            Some(uri) => Ok(Some(uri)),
            None => {
                Err(invalid(login.fields.redirect_uri, "it is none of the provider's `redirectUris`"))
            }
        },
    }
}

impl Provider {
    /// What the ID token behind a code says; `None` when the code is not good.
    async fn exchange(
        self: &Arc<Self>,
        login: &Login,
        client: &str,
        redirect_uri: Option<&str>,
    ) -> Result<Option<Claims>, Distrust> {
        let published = self.published(|_| true).await?;
        let endpoint = published.token_endpoint.as_deref().ok_or_else(|| self.away())?;
        let request = self.request(&published, endpoint, login, client, redirect_uri);
        // Never twice: the second time the code is used up.
        let exchanged = self.outside.once(exchanged(request)).await.map_err(|_| self.away())?;
        let tokens = match exchanged {
            Exchanged::Tokens(tokens) => tokens,
            Exchanged::Refused => return Ok(None),
            Exchanged::NotAllowed(error) => {
                let name = &self.options.name;
                tracing::error!(provider = %name, %error, "{name} does not let us exchange codes");
                return Err(self.away().into());
            }
        };
        let text = |name: &str| tokens.get(name).and_then(Value::as_str);
        let id_token = text("id_token").ok_or(Distrust::NotGood("no ID token came"))?;
        let purpose = Purpose::SignIn(login.nonce.as_deref());
        let mut claims = self.verified(id_token, purpose).await?;
        if !DESCRIPTIONS.iter().any(|name| claims.text(name).is_some())
            && let (Some(address), Some(token)) = (&published.userinfo_endpoint, text("access_token"))
        {
            self.describe(&mut claims, address, token).await;
        }
        Ok(Some(claims))
    }

    fn request(
        &self,
        published: &Published,
        endpoint: &str,
        login: &Login,
        client: &str,
        redirect_uri: Option<&str>,
    ) -> RequestBuilder {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", &login.code),
            ("code_verifier", &login.code_verifier),
        ];
        form.extend(redirect_uri.map(|uri| ("redirect_uri", uri)));
        let secret = self.options.client_secret.as_ref().map(|secret| secret.expose_secret());
        let mut request = self.client.post(endpoint);
        match secret {
            // Each part encoded as in a form: RFC 6749, section 2.3.1.
            Some(secret) if published.takes_basic => {
                request = request.basic_auth(encoded(client), Some(encoded(secret)));
            }
            secret => {
                form.push(("client_id", client));
                form.extend(secret.map(|secret| ("client_secret", secret)));
            }
        }
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let kind = "application/x-www-form-urlencoded";
        request
            .header(reqwest::header::CONTENT_TYPE, kind)
            .header(reqwest::header::ACCEPT, "application/json")
            .body(body.join("&"))
    }

    /// Adds what the provider tells of somebody elsewhere. Without it an account
    /// is described worse, no more.
    async fn describe(&self, claims: &mut Claims, address: &str, access_token: &str) {
        let ask = || async {
            match Self::json(self.client.get(address).bearer_auth(access_token)).await? {
                (StatusCode::OK, Value::Object(told)) => Ok(told),
                (status, _) => Err(format!("user info answered {status}")),
            }
        };
        // Somebody else's description would be an attack (Core 1.0, section 5.3.2).
        if let Ok(told) = self.outside.repeatable(ask).await
            && told.get("sub") == claims.0.get("sub")
        {
            claims.complete(told);
        }
    }
}

async fn exchanged(request: RequestBuilder) -> Result<Exchanged, String> {
    let (status, answer) = Provider::json(request).await?;
    let is_busy = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    match (answer, status.is_success()) {
        (Value::Object(answer), true) => Ok(Exchanged::Tokens(answer)),
        // Whatever it makes of a code, it is there.
        (answer, _) if status.is_client_error() && !is_busy => {
            match answer.get("error").and_then(Value::as_str) {
                Some("invalid_grant" | "invalid_request") => Ok(Exchanged::Refused),
                error => Ok(Exchanged::NotAllowed(error.unwrap_or("no reason").to_owned())),
            }
        }
        _ => Err(format!("answered {status}")),
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
