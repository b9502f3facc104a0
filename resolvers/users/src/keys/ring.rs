//! Keys, parsed: one may sign, each verifies what it signed.

use std::time::Instant;

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entities::users::token_key;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    errors::{Error as KeyError, ErrorKind},
    jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use kit::{DateTime, Error, Result};
use secrecy::{ExposeSecret as _, SecretString};

/// What ends a public key in PEM.
const END: &str = "-----END PUBLIC KEY-----";

/// The keys as of one moment.
pub(crate) struct Ring {
    pub(super) signing: SigningKey,
    verifying: Vec<VerifyingKey>,
    /// When they were read.
    pub(super) read_at: Instant,
}

/// Signs.
pub(super) struct SigningKey {
    pub(super) id: String,
    pub(super) key: EncodingKey,
}

/// Verifies.
pub(super) struct VerifyingKey {
    pub(super) id: String,
    key: DecodingKey,
    jwk: Jwk,
    /// When its last token has expired; `None` while it signs.
    until: Option<DateTime>,
}

impl Ring {
    /// Of a configured key and others that verify.
    pub(super) fn configured(private: &SecretString, others: &str) -> Result<Self, KeyError> {
        let (signing, own) = pair(private)?;
        let mut verifying = vec![own];
        for key in public_keys(others)? {
            if verifying.iter().all(|known| known.id != key.id) {
                verifying.push(key);
            }
        }
        Ok(Self { signing, verifying, read_at: Instant::now() })
    }

    /// Of the stored keys, of which one signs.
    pub(super) fn stored(rows: &[token_key::Model], read_at: Instant) -> Result<Self> {
        let mut signing = None;
        let mut verifying = Vec::new();
        for row in rows {
            let key = DecodingKey::from_ed_components(&row.public_key).map_err(Error::internal)?;
            verifying.push(verifies(key, row.verifies_until).map_err(Error::internal)?);
            if let (Some(pem), None) = (&row.private_key_pem, row.retired_at) {
                let key = EncodingKey::from_ed_pem(pem.as_bytes()).map_err(Error::internal)?;
                signing = Some(SigningKey { id: row.id.clone(), key });
            }
        }
        let signing = signing.ok_or_else(|| Error::internal("no key signs access tokens"))?;
        Ok(Self { signing, verifying, read_at })
    }

    /// The key of this id, if it verifies at `now`.
    pub(crate) fn verifying(&self, id: Option<&str>, now: DateTime) -> Option<&DecodingKey> {
        let mut good = self.good(now);
        good.find(|key| Some(key.id.as_str()) == id).map(|key| &key.key)
    }

    /// The public halves of the keys that verify at `now` (RFC 7517).
    pub(super) fn jwks(&self, now: DateTime) -> JwkSet {
        JwkSet { keys: self.good(now).map(|key| key.jwk.clone()).collect() }
    }

    /// Whether a key verifies no more at `now`.
    pub(super) fn has_expired(&self, now: DateTime) -> bool {
        self.good(now).count() < self.verifying.len()
    }

    fn good(&self, now: DateTime) -> impl Iterator<Item = &VerifyingKey> {
        self.verifying.iter().filter(move |key| key.until.is_none_or(|until| until > now))
    }
}

/// A new private key, PKCS #8 in PEM.
///
/// # Errors
/// When the machine has no randomness.
pub fn generate() -> Result<SecretString> {
    let key = Ed25519KeyPair::generate().and_then(|key| key.to_pkcs8v1()).map_err(Error::internal)?;
    let body = STANDARD.encode(key.as_ref());
    Ok(format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n").into())
}

/// The row of a key that signs from `now` on.
pub(super) fn row(purpose: &str, pem: &SecretString, now: DateTime) -> Result<token_key::Model> {
    let (_, public) = pair(pem).map_err(Error::internal)?;
    let AlgorithmParameters::OctetKeyPair(parameters) = public.jwk.algorithm else {
        return Err(Error::internal("an Ed25519 key is a pair"));
    };
    Ok(token_key::Model {
        id: public.id,
        purpose: purpose.to_owned(),
        public_key: parameters.x,
        private_key_pem: Some(pem.expose_secret().to_owned()),
        created_at: now,
        retired_at: None,
        verifies_until: None,
    })
}

fn pair(private: &SecretString) -> Result<(SigningKey, VerifyingKey), KeyError> {
    let key = EncodingKey::from_ed_pem(private.expose_secret().as_bytes())?;
    let public = Jwk::from_encoding_key(&key, Algorithm::EdDSA)?;
    let public = verifies(DecodingKey::from_jwk(&public)?, None)?;
    Ok((SigningKey { id: public.id.clone(), key }, public))
}

/// All keys of a text of public keys in PEM.
pub(super) fn public_keys(text: &str) -> Result<Vec<VerifyingKey>, KeyError> {
    let mut keys = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find(END).ok_or(ErrorKind::InvalidKeyFormat)? + END.len();
        keys.push(verifies(DecodingKey::from_ed_pem(&rest.as_bytes()[..end])?, None)?);
        rest = rest[end..].trim();
    }
    Ok(keys)
}

fn verifies(key: DecodingKey, until: Option<DateTime>) -> Result<VerifyingKey, KeyError> {
    let mut jwk = Jwk::from_decoding_key(&key, Some(Algorithm::EdDSA))?;
    let id = jwk.thumbprint(ThumbprintHash::SHA256)?;
    jwk.common.key_id = Some(id.clone());
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    Ok(VerifyingKey { id, key, jwk, until })
}
