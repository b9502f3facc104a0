//! Secrets and signatures by Standard Webhooks (<https://www.standardwebhooks.com>):
//! HMAC-SHA-256 over id, time and body.

use aws_lc_rs::{hmac, rand};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use kit::{Error, Result};

/// What secrets begin with.
const PREFIX: &str = "whsec_";

/// A new secret: 256 random bits.
pub(crate) fn new_secret() -> Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(Error::internal)?;
    Ok(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

/// The header `webhook-signature`: one signature for each secret.
pub(crate) fn sign(secrets: &[String], id: &str, seconds: i64, body: &str) -> Result<String> {
    let signed = format!("{id}.{seconds}.{body}");
    let mut signatures = Vec::with_capacity(secrets.len());
    for secret in secrets {
        let key = STANDARD.decode(secret.strip_prefix(PREFIX).unwrap_or(secret));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key.map_err(Error::internal)?);
        let signature = hmac::sign(&key, signed.as_bytes());
        signatures.push(format!("v1,{}", STANDARD.encode(signature.as_ref())));
    }
    Ok(signatures.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the specification's reference implementations.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned();
        let body = r#"{"test": 2432232314}"#;

        let signature = sign(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);

        assert_eq!(signature.expect("signs"), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_secret_signs_and_no_two_secrets_are_alike() {
        let secrets = [new_secret().expect("random"), new_secret().expect("random")];

        let both = sign(&secrets, "evt_1", 1, "{}").expect("signs");

        let alone = secrets
            .each_ref()
            .map(|secret| sign(std::slice::from_ref(secret), "evt_1", 1, "{}").expect("signs"));
        assert_ne!(alone[0], alone[1]);
        assert_eq!(both, alone.join(" "));
    }
}
