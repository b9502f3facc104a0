//! Access tokens (EdDSA JWTs, good for minutes) and refresh tokens (random,
//! stored only as hashes).

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
    signature::Ed25519KeyPair,
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use entities::users::signing_key;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use kit::{
    Error, Platform, Result, Role,
    ids::{AccountId, SessionId, UserId},
    ports::KeySet,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::UsersOptions;

/// What the generated key signs.
const PURPOSE: &str = "access-tokens";

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

/// Signs and verifies access tokens with one key.
pub(crate) struct AccessTokens {
    header: Header,
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
    jwks: serde_json::Value,
}

impl AccessTokens {
    /// With the configured key, or else with the one in the database, which is
    /// generated when it is not there yet.
    pub(crate) async fn open(options: &UsersOptions, platform: &Platform) -> Result<Self> {
        let pem = match &options.signing_key_pem {
            Some(pem) => pem.clone(),
            None => shared_key(platform).await?,
        };
        Self::with_key(options, &pem).map_err(Error::internal)
    }

    fn with_key(options: &UsersOptions, pem: &SecretString) -> jsonwebtoken::errors::Result<Self> {
        let signing = EncodingKey::from_ed_pem(pem.expose_secret().as_bytes())?;
        let mut jwk = Jwk::from_encoding_key(&signing, Algorithm::EdDSA)?;
        let key_id = jwk.thumbprint(ThumbprintHash::SHA256)?;
        jwk.common.key_id = Some(key_id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let verifying = DecodingKey::from_jwk(&jwk)?;

        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&options.issuer]);
        validation.set_audience(&[&options.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Times are compared with the platform's clock, in `read`.
        validation.validate_exp = false;
        validation.validate_nbf = false;

        let jwks = serde_json::to_value(JwkSet { keys: vec![jwk] })?;
        let header = Header { kid: Some(key_id), ..Header::new(Algorithm::EdDSA) };
        Ok(Self { header, signing, verifying, validation, jwks })
    }

    /// The signed token.
    pub(crate) fn sign(&self, claims: &Claims) -> Result<String> {
        jsonwebtoken::encode(&self.header, claims, &self.signing).map_err(Error::internal)
    }

    /// What a token says, if it is good at `now` (in seconds since 1970); else
    /// why it is not, for the log.
    pub(crate) fn read(&self, token: &str, now: i64) -> Result<Claims, &'static str> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| "not a token")?;
        if header.kid != self.header.kid {
            return Err("signed with an unknown key");
        }
        let token = jsonwebtoken::decode::<Claims>(token, &self.verifying, &self.validation)
            .map_err(|_| "forged, or meant for somebody else")?;
        let claims = token.claims;
        if claims.exp <= now {
            return Err("expired");
        }
        if claims.nbf.is_some_and(|from| from > now) {
            return Err("not good yet");
        }
        Ok(claims)
    }
}

impl KeySet for AccessTokens {
    fn jwks(&self) -> serde_json::Value {
        self.jwks.clone()
    }
}

/// The key that all instances on this database use. Of several that start at
/// once, the first to store its key wins.
async fn shared_key(platform: &Platform) -> Result<SecretString> {
    let db = platform.db.write();
    if let Some(pem) = signing_key::find(db, PURPOSE).await? {
        return Ok(pem.into());
    }
    let row = signing_key::Model {
        purpose: PURPOSE.to_owned(),
        private_key_pem: generate_key()?,
        created_at: platform.clock.now(),
    };
    signing_key::insert_unless_there(db, row).await?;
    let stored = signing_key::find(db, PURPOSE).await?;
    stored.map(SecretString::from).ok_or_else(|| Error::internal("the signing key was not stored"))
}

fn generate_key() -> Result<String> {
    let key = Ed25519KeyPair::generate().and_then(|key| key.to_pkcs8v1()).map_err(Error::internal)?;
    let body = STANDARD.encode(key.as_ref());
    Ok(format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"))
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

    const NOW: i64 = 1_767_225_600;

    fn tokens(options: &UsersOptions) -> AccessTokens {
        let pem = generate_key().expect("generates");
        AccessTokens::with_key(options, &pem.into()).expect("a key of ours")
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

    #[test]
    fn a_token_reads_back_until_it_expires() {
        let tokens = tokens(&UsersOptions::default());
        let claims = claims();

        let token = tokens.sign(&claims).expect("signs");

        assert_eq!(tokens.read(&token, NOW), Ok(claims));
        assert!(tokens.read(&token, NOW + 899).is_ok());
        assert_eq!(tokens.read(&token, NOW + 900), Err("expired"));
    }

    #[test]
    fn a_token_of_the_future_is_refused() {
        let tokens = tokens(&UsersOptions::default());

        let token = tokens.sign(&Claims { nbf: Some(NOW + 1), ..claims() }).expect("signs");

        assert_eq!(tokens.read(&token, NOW), Err("not good yet"));
        assert!(tokens.read(&token, NOW + 1).is_ok());
    }

    #[test]
    fn tokens_of_other_keys_issuers_and_audiences_are_refused() {
        let ours = tokens(&UsersOptions::default());
        let theirs = tokens(&UsersOptions::default());

        let foreign_key = theirs.sign(&claims()).expect("signs");
        let foreign_issuer = ours.sign(&Claims { iss: "other".to_owned(), ..claims() }).expect("signs");
        let foreign_audience =
            ours.sign(&Claims { aud: "other".to_owned(), ..claims() }).expect("signs");

        assert_eq!(ours.read("rubbish", NOW), Err("not a token"));
        assert_eq!(ours.read(&foreign_key, NOW), Err("signed with an unknown key"));
        assert_eq!(ours.read(&foreign_issuer, NOW), Err("forged, or meant for somebody else"));
        assert_eq!(ours.read(&foreign_audience, NOW), Err("forged, or meant for somebody else"));
    }

    #[test]
    fn a_changed_or_unsigned_token_is_refused() {
        let tokens = tokens(&UsersOptions::default());
        let token = tokens.sign(&claims()).expect("signs");
        let admin = Claims { roles: vec![Role::Admin], ..claims() };
        let admin = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&admin).expect("plain data"));
        let parts: Vec<&str> = token.split('.').collect();
        let plain =
            format!("{{\"alg\":\"none\",\"kid\":{:?}}}", tokens.header.kid.as_ref().expect("set"));
        let plain = URL_SAFE_NO_PAD.encode(plain);

        let changed = format!("{}.{admin}.{}", parts[0], parts[2]);
        let unsigned = format!("{plain}.{admin}.");

        assert_eq!(tokens.read(&changed, NOW), Err("forged, or meant for somebody else"));
        assert_eq!(tokens.read(&unsigned, NOW), Err("not a token"));
    }

    #[test]
    fn the_published_key_set_holds_the_public_key_only() {
        let tokens = tokens(&UsersOptions::default());

        let jwks = tokens.jwks();

        let key = &jwks["keys"][0];
        assert_eq!(key["kty"], "OKP");
        assert_eq!(key["crv"], "Ed25519");
        assert_eq!(key["alg"], "EdDSA");
        assert_eq!(key["use"], "sig");
        assert_eq!(key["kid"].as_str(), tokens.header.kid.as_deref());
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
