//! Access tokens (EdDSA JWTs, good for minutes) and refresh tokens (random,
//! stored only as hashes).

use std::sync::Arc;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use kit::{
    DateTime, Error, Result, Role,
    ids::{AccountId, SessionId, UserId},
    ports::KeySet,
};
use serde::{Deserialize, Serialize};

use crate::{UsersOptions, keys::Keys};

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// Issuer.
    pub(crate) iss: String,
    /// Audience.
    pub(crate) aud: String,
    /// The account.
    pub(crate) sub: AccountId,
    /// Its user.
    pub(crate) usr: UserId,
    /// The session.
    pub(crate) sid: SessionId,
    /// Roles as of now.
    pub(crate) roles: Vec<Role>,
    /// Preferred currency.
    pub(crate) cur: String,
    /// Issued, in seconds since 1970.
    pub(crate) iat: i64,
    /// Expires, in seconds since 1970.
    pub(crate) exp: i64,
    /// Not good before, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nbf: Option<i64>,
}

/// Signs and verifies access tokens.
pub(crate) struct AccessTokens {
    keys: Arc<Keys>,
    validation: Validation,
}

impl AccessTokens {
    pub(crate) fn new(options: &UsersOptions, keys: Arc<Keys>) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&options.issuer]);
        validation.set_audience(&[&options.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Times are compared with the platform's clock, in `read`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { keys, validation }
    }

    /// The signed token.
    pub(crate) async fn sign(&self, claims: &Claims) -> Result<String> {
        let signed = self.keys.signing(|id, key| {
            let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::EdDSA) };
            jsonwebtoken::encode(&header, claims, key)
        });
        signed.await?.map_err(Error::internal)
    }

    /// What a token says, if it is good at `now`; else why it is not, for the log.
    pub(crate) async fn read(&self, token: &str, now: DateTime) -> Result<Result<Claims, &'static str>> {
        let Ok(header) = jsonwebtoken::decode_header(token) else { return Ok(Err("not a token")) };
        let id = header.kid.as_deref();
        let mut ring = self.keys.known();
        if ring.verifying(id, now).is_none() {
            // Another instance may sign with a key that this one has not read yet.
            ring = self.keys.read_anew().await?;
        }
        Ok(match ring.verifying(id, now) {
            None => Err("signed with an unknown key"),
            Some(key) => self.claims(token, key, now),
        })
    }

    fn claims(&self, token: &str, key: &DecodingKey, now: DateTime) -> Result<Claims, &'static str> {
        let token = jsonwebtoken::decode::<Claims>(token, key, &self.validation)
            .map_err(|_| "forged, or meant for somebody else")?;
        let (claims, now) = (token.claims, now.0.div_euclid(1_000));
        if claims.exp <= now {
            return Err("expired");
        }
        if claims.nbf.is_some_and(|from| from > now) {
            return Err("not good yet");
        }
        Ok(claims)
    }
}

#[async_trait::async_trait]
impl KeySet for AccessTokens {
    async fn jwks(&self) -> Result<serde_json::Value> {
        self.keys.jwks().await
    }
}

/// A new secret to hand out: 256 random bits.
pub(crate) fn new_secret() -> Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(Error::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Under which a secret is stored. It is as random as a key, so a plain hash is
/// enough.
pub(crate) fn hash_of(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use kit::Id as _;

    use super::*;
    use crate::keys;

    const NOW: i64 = 1_767_225_600;

    async fn read(tokens: &AccessTokens, token: &str, now: i64) -> Result<Claims, &'static str> {
        tokens.read(token, DateTime(now * 1_000)).await.expect("nothing is asked of a database")
    }

    fn tokens(options: &UsersOptions) -> AccessTokens {
        AccessTokens::new(options, Arc::new(Keys::of(&keys::generate().expect("generates"))))
    }

    fn claims() -> Claims {
        Claims {
            iss: "weft".to_owned(),
            aud: "weft".to_owned(),
            sub: AccountId::generate(),
            usr: UserId::generate(),
            sid: SessionId::generate(),
            roles: vec![Role::Customer],
            cur: "EUR".to_owned(),
            iat: NOW,
            exp: NOW + 900,
            nbf: None,
        }
    }

    #[tokio::test]
    async fn a_token_reads_back_until_it_expires() {
        let tokens = tokens(&UsersOptions::default());
        let claims = claims();

        let token = tokens.sign(&claims).await.expect("signs");

        assert_eq!(read(&tokens, &token, NOW).await, Ok(claims));
        assert!(read(&tokens, &token, NOW + 899).await.is_ok());
        assert_eq!(read(&tokens, &token, NOW + 900).await, Err("expired"));
    }

    #[tokio::test]
    async fn a_token_of_the_future_is_refused() {
        let tokens = tokens(&UsersOptions::default());

        let token = tokens.sign(&Claims { nbf: Some(NOW + 1), ..claims() }).await.expect("signs");

        assert_eq!(read(&tokens, &token, NOW).await, Err("not good yet"));
        assert!(read(&tokens, &token, NOW + 1).await.is_ok());
    }

    #[tokio::test]
    async fn tokens_of_other_keys_issuers_and_audiences_are_refused() {
        let ours = tokens(&UsersOptions::default());
        let theirs = tokens(&UsersOptions::default());

        let foreign_key = theirs.sign(&claims()).await.expect("signs");
        let foreign_issuer =
            ours.sign(&Claims { iss: "other".to_owned(), ..claims() }).await.expect("signs");
        let foreign_audience =
            ours.sign(&Claims { aud: "other".to_owned(), ..claims() }).await.expect("signs");

        assert_eq!(read(&ours, "rubbish", NOW).await, Err("not a token"));
        assert_eq!(read(&ours, &foreign_key, NOW).await, Err("signed with an unknown key"));
        assert_eq!(read(&ours, &foreign_issuer, NOW).await, Err("forged, or meant for somebody else"));
        assert_eq!(read(&ours, &foreign_audience, NOW).await, Err("forged, or meant for somebody else"));
    }

    #[tokio::test]
    async fn a_changed_or_unsigned_token_is_refused() {
        let tokens = tokens(&UsersOptions::default());
        let token = tokens.sign(&claims()).await.expect("signs");
        let admin = Claims { roles: vec![Role::Admin], ..claims() };
        let admin = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&admin).expect("plain data"));
        let parts: Vec<&str> = token.split('.').collect();
        let id = jsonwebtoken::decode_header(&token).expect("a token").kid.expect("set");
        let plain = format!("{{\"alg\":\"none\",\"kid\":{id:?}}}");
        let plain = URL_SAFE_NO_PAD.encode(plain);

        let changed = format!("{}.{admin}.{}", parts[0], parts[2]);
        let unsigned = format!("{plain}.{admin}.");

        assert_eq!(read(&tokens, &changed, NOW).await, Err("forged, or meant for somebody else"));
        assert_eq!(read(&tokens, &unsigned, NOW).await, Err("not a token"));
    }

    #[tokio::test]
    async fn the_published_key_set_holds_the_public_key_only() {
        let tokens = tokens(&UsersOptions::default());

        let jwks = tokens.jwks().await.expect("plain data");
        let token = tokens.sign(&claims()).await.expect("signs");
        let header = jsonwebtoken::decode_header(token).expect("a token");

        let key = &jwks["keys"][0];
        assert_eq!(key["kty"], "OKP");
        assert_eq!(key["crv"], "Ed25519");
        assert_eq!(key["alg"], "EdDSA");
        assert_eq!(key["use"], "sig");
        assert_eq!(key["kid"].as_str(), header.kid.as_deref());
        assert!(key.get("d").is_none(), "the private key leaked");
    }

    #[test]
    fn refresh_tokens_differ_and_hash_alike() {
        let token = new_secret().expect("random");

        assert_eq!(token.len(), 43);
        assert_ne!(token, new_secret().expect("random"));
        assert_eq!(hash_of(&token), hash_of(&token));
        assert_ne!(hash_of(&token), token);
    }
}
