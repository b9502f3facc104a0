//! Whether a token of a provider is good: its signature, for whom it is, when.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde_json::{Map, Value};

use super::{Distrust, Provider, claims::Claims, keys, logged};
use crate::ProviderOptions;

/// The longest `sub` (OpenID Connect Core 1.0, section 2), in characters.
const LONGEST_SUBJECT: usize = 255;

/// What a token has to be good for.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'n> {
    /// It comes with a request.
    Bearer,
    /// It tells who has signed in, with the nonce that was asked with.
    SignIn(Option<&'n str>),
}

/// The issuer that a token names; nothing of it is verified.
pub(super) fn issuer(token: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Map<String, Value> = serde_json::from_slice(&payload).ok()?;
    claims.get("iss")?.as_str().map(str::to_owned)
}

impl Provider {
    /// What a token says, if it is this provider's, for us, and good now.
    pub(super) async fn verified(
        self: &Arc<Self>,
        token: &str,
        purpose: Purpose<'_>,
    ) -> Result<Claims, Distrust> {
        let header = jsonwebtoken::decode_header(token).map_err(logged("not a token"))?;
        check_header(&header, purpose).map_err(Distrust::NotGood)?;
        let kid = header.kid.as_deref();
        let published =
            self.published(|known| keys::find(&known.keys, kid, header.alg).is_some()).await?;
        let key = keys::find(&published.keys, kid, header.alg)
            .ok_or(Distrust::NotGood("signed with an unknown key"))?;
        let decoded = jsonwebtoken::decode::<Map<String, Value>>(
            token,
            &key.verifying,
            &signed_with(key.algorithm),
        );
        let claims = Claims(decoded.map_err(logged("forged"))?.claims);
        let now = self.clock.now().0.div_euclid(1_000);
        check(&self.options, &claims, purpose, now, self.skew).map_err(Distrust::NotGood)?;
        Ok(claims)
    }
}

/// The signature alone: the claims are compared with the platform's clock.
fn signed_with(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn check_header(header: &Header, purpose: Purpose<'_>) -> Result<(), &'static str> {
    // Logout tokens, for one, are signed with the same keys.
    let kind = header.typ.as_deref().map(|kind| kind.to_ascii_lowercase());
    let is_right = matches!(
        (kind.as_deref(), purpose),
        (None | Some("jwt"), _) | (Some("at+jwt" | "application/at+jwt"), Purpose::Bearer)
    );
    if !is_right {
        return Err("a token for something else");
    }
    match &header.crit {
        // We understand no extension.
        Some(_) => Err("with an extension that is critical"),
        None => Ok(()),
    }
}

fn check(
    options: &ProviderOptions,
    claims: &Claims,
    purpose: Purpose<'_>,
    now: i64,
    skew: i64,
) -> Result<(), &'static str> {
    if claims.0.get("iss").and_then(Value::as_str) != Some(&options.issuer) {
        return Err("of another issuer");
    }
    let subject = claims.text("sub").ok_or("of nobody")?;
    if subject.chars().count() > LONGEST_SUBJECT || subject.contains(char::is_control) {
        return Err("of nobody");
    }
    check_audience(options, claims, purpose)?;
    let expires = claims.seconds("exp")?.ok_or("never expires")?;
    if expires.saturating_add(skew) <= now {
        return Err("expired");
    }
    let issued = claims.seconds("iat")?;
    let latest = now.saturating_add(skew);
    if issued.is_some_and(|issued| issued > latest) {
        return Err("issued in the future");
    }
    if claims.seconds("nbf")?.is_some_and(|from| from > latest) {
        return Err("not good yet");
    }
    let Purpose::SignIn(nonce) = purpose else { return Ok(()) };
    if issued.is_none() {
        return Err("without the time of its issue");
    }
    match claims.text("nonce") == nonce {
        true => Ok(()),
        false => Err("for another sign-in: the nonce differs"),
    }
}

/// OpenID Connect Core 1.0, section 3.1.3.7, for ID tokens; for bearer tokens
/// what the configuration names.
fn check_audience(
    options: &ProviderOptions,
    claims: &Claims,
    purpose: Purpose<'_>,
) -> Result<(), &'static str> {
    let audiences = claims.audiences()?;
    let party = claims.text("azp");
    let client = options.client_id.as_deref();
    let is_party = |party: &str| {
        client == Some(party) || options.authorized_parties.iter().any(|allowed| allowed == party)
    };
    match purpose {
        Purpose::SignIn(_) => {
            let is_ours = client.is_some_and(|client| audiences.contains(&client));
            if !is_ours {
                return Err("for somebody else");
            }
            if party.is_some() && party != client {
                return Err("given to another party");
            }
        }
        Purpose::Bearer if options.audiences.is_empty() => {
            // Without parties, no bearer tokens of this provider are taken at all.
            if options.authorized_parties.is_empty() || !party.is_some_and(is_party) {
                return Err("given to another party");
            }
            return Ok(());
        }
        // Whatever the audience: the issuer serves nobody else.
        Purpose::Bearer if options.audiences.iter().any(|allowed| allowed == "*") => {
            let is_given = options.authorized_parties.is_empty() || party.is_some_and(is_party);
            return if is_given { Ok(()) } else { Err("given to another party") };
        }
        Purpose::Bearer => {
            let is_named = |audience: &str| options.audiences.iter().any(|allowed| allowed == audience);
            if !audiences.iter().copied().any(is_named) {
                return Err("for somebody else");
            }
            if !options.authorized_parties.is_empty() && !party.is_some_and(is_party) {
                return Err("given to another party");
            }
        }
    }
    match party {
        None if audiences.len() > 1 => Err("for several, and given to nobody"),
        Some(party) if audiences.len() > 1 && !is_party(party) => Err("given to another party"),
        _ => Ok(()),
    }
}
