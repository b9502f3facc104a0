//! The public keys of a provider, and with which algorithm each verifies: that
//! depends on the key alone, never on what a token says.

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde_json::Value;

/// A key that we take.
pub(super) struct Key {
    /// Its `kid`.
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) verifying: DecodingKey,
}

impl Key {
    /// `None` for what is no key for signatures of a kind that we take.
    pub(super) fn read(jwk: &Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(jwk.clone()).ok()?;
        let (algorithm, named) = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
                (Algorithm::ES256, KeyAlgorithm::ES256)
            }
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
                (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
            }
            _ => return None,
        };
        let common = &jwk.common;
        let is_named = common.key_algorithm.is_none_or(|algorithm| algorithm == named);
        let is_for_signatures =
            common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
        let may_verify = common
            .key_operations
            .as_ref()
            .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        if !(is_named && is_for_signatures && may_verify) {
            return None;
        }
        let verifying = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self { id: jwk.common.key_id, algorithm, verifying })
    }
}

/// The key that a token names, among those of its algorithm; without a name only
/// one that stands alone.
pub(super) fn find<'k>(keys: &'k [Key], id: Option<&str>, algorithm: Algorithm) -> Option<&'k Key> {
    let mut fitting = keys
        .iter()
        .filter(|key| key.algorithm == algorithm && id.is_none_or(|id| key.id.as_deref() == Some(id)));
    let key = fitting.next()?;
    (id.is_some() || fitting.next().is_none()).then_some(key)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const N: &str = "u1W-0bTZb2dM8c5mPQxq0wFvF0Zl5T7V0lqf0G2X5m0Z1h0r6l3yM1m1kqU0oEJb";

    fn kind(jwk: Value) -> Option<Algorithm> {
        Key::read(&jwk).map(|key| key.algorithm)
    }

    #[test]
    fn the_algorithm_comes_from_the_key() {
        let rsa = json!({ "kty": "RSA", "n": N, "e": "AQAB" });
        let okp = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        let point = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
        let p256 = json!({ "kty": "EC", "crv": "P-256", "x": point, "y": point });

        assert_eq!(kind(rsa), Some(Algorithm::RS256));
        assert_eq!(kind(okp), Some(Algorithm::EdDSA));
        assert_eq!(kind(p256), Some(Algorithm::ES256));
    }

    #[test]
    fn keys_for_something_else_are_left_out() {
        let with = |more: Value| {
            let mut jwk = json!({ "kty": "RSA", "n": N, "e": "AQAB" });
            let fields = jwk.as_object_mut().expect("an object");
            fields.extend(more.as_object().expect("an object").clone());
            kind(jwk)
        };

        assert_eq!(with(json!({ "use": "enc" })), None);
        assert_eq!(with(json!({ "alg": "RS512" })), None);
        assert_eq!(with(json!({ "alg": "RSA-OAEP" })), None);
        assert_eq!(with(json!({ "key_ops": ["encrypt"] })), None);
        assert_eq!(with(json!({ "use": "sig", "alg": "RS256" })), Some(Algorithm::RS256));
        assert_eq!(kind(json!({ "kty": "oct", "k": "c2VjcmV0" })), None);
        assert_eq!(kind(json!({ "kty": "EC", "crv": "P-384", "x": "AA", "y": "AA" })), None);
        assert_eq!(kind(json!("no key")), None);
    }
}
