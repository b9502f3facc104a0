//! From a bearer token to a viewer. A bad token is refused, never a guest.

use std::{net::IpAddr, sync::Arc};

use axum::http::{StatusCode, header, request::Parts};
use kit::{
    Attempt, Authenticated, AuthenticationMethod, Batches, NotLetIn, RequestScope, Viewer,
    ports::Identity,
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Front, errors::Refusal, origin, trace::RequestId};

/// The scope of a request: who asks, with fresh loaders.
pub(super) async fn scope(
    front: &Front,
    parts: &Parts,
    request_id: &RequestId,
) -> Result<RequestScope, Refusal> {
    let headers = &parts.headers;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let token = match headers.get(header::AUTHORIZATION) {
        None => None,
        Some(value) => Some(bearer(value.to_str().unwrap_or_default())?),
    };
    let origin = origin::origin(front, parts);
    let user_agent: Option<Arc<str>> = text(header::USER_AGENT).map(Arc::from);
    let caller = Caller { address: origin.address, user_agent: user_agent.clone() };
    Ok(RequestScope {
        viewer: viewer(front, token.as_ref(), &caller).await?,
        batches: Batches::default(),
        user_agent,
        request_id: Some(request_id.0.clone()),
        token,
        stream: None,
        origin,
        budget: None,
        refusals: front.refusals(),
    })
}

/// The token of `Bearer <token>`.
pub(super) fn bearer(authorization: &str) -> Result<SecretString, Refusal> {
    let (scheme, token) = authorization.trim().split_once(' ').unwrap_or_default();
    match scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() {
        true => Ok(SecretString::from(token.trim())),
        false => Err(Refusal::unauthenticated("send the token as `Authorization: Bearer <token>`")),
    }
}

/// Who shows a token, as far as hooks are told.
#[derive(Debug, Clone, Default)]
pub(super) struct Caller {
    pub(super) address: Option<IpAddr>,
    pub(super) user_agent: Option<Arc<str>>,
}

/// Who stands behind a token; a guest when there is none.
pub(super) async fn viewer(
    front: &Front,
    token: Option<&SecretString>,
    caller: &Caller,
) -> Result<Arc<Viewer>, Refusal> {
    let (Some(ports), Some(token)) = (&front.ports, token) else { return Ok(Arc::default()) };
    let Ok(identity) = ports.get::<dyn Identity>() else {
        let message = "no module of this process can read tokens";
        return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message));
    };
    let viewer = identity.viewer(token.expose_secret()).await;
    let attempt = Attempt {
        method: AuthenticationMethod::BearerToken,
        account: viewer.as_ref().ok().and_then(|viewer| viewer.account),
        address: caller.address,
        user_agent: caller.user_agent.clone(),
    };
    let viewer = match viewer {
        Err(error) => Err((error.code(), Refusal::of(&error))),
        Ok(viewer) => match front.hooks.before(&attempt).await {
            Ok(()) => Ok(viewer),
            Err(NotLetIn::Refused(message)) => {
                Err(("UNAUTHENTICATED", Refusal::unauthenticated(&message)))
            }
            Err(reason @ NotLetIn::Unavailable) => {
                Err(("UNAVAILABLE", Refusal::of(&kit::Error::from(reason))))
            }
        },
    };
    let result = match &viewer {
        Ok(viewer) => viewer.account.ok_or("UNAUTHENTICATED"),
        Err((code, _)) => Err(*code),
    };
    front.hooks.after(&Authenticated { attempt, result }).await;
    viewer.map(Arc::new).map_err(|(_, refusal)| refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_token_is_read() {
        let token = |text| bearer(text).map(|token| token.expose_secret().to_owned()).ok();

        assert_eq!(token("Bearer abc"), Some("abc".to_owned()));
        assert_eq!(token("bearer  abc "), Some("abc".to_owned()));
        for text in ["", "abc", "Bearer", "Bearer  ", "Basic YTpi"] {
            assert_eq!(token(text), None, "{text}");
        }
    }
}
