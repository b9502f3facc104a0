//! Who sent an event: Stripe's scheme `t=…,v1=…`, an HMAC-SHA256 of the time and
//! the body under a secret that we share with the provider.

use aws_lc_rs::hmac;
use kit::DateTime;
use secrecy::{ExposeSecret as _, SecretString};

use super::NotGenuine;

/// How far the signature's time may be from ours.
const TOLERANCE_SECONDS: i64 = 300;

/// Looks at a signature of a body. Several secrets are good while one replaces
/// another.
pub(crate) fn verify(
    body: &[u8],
    signature: &str,
    secrets: &[SecretString],
    now: DateTime,
) -> Result<(), NotGenuine> {
    let parts = || signature.split(',').filter_map(|part| part.trim().split_once('='));
    let time = parts().find(|(name, _)| *name == "t").ok_or(NotGenuine::Unsigned)?.1;
    let seconds: i64 = time.parse().map_err(|_| NotGenuine::Unsigned)?;
    let claims: Vec<Vec<u8>> =
        parts().filter(|(name, _)| *name == "v1").filter_map(|(_, hex)| bytes_of(hex)).collect();
    if claims.is_empty() {
        return Err(NotGenuine::Unsigned);
    }
    let signed = [time.as_bytes(), b".", body].concat();
    let is_genuine = secrets.iter().any(|secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        claims.iter().any(|claim| hmac::verify(&key, &signed, claim).is_ok())
    });
    if !is_genuine {
        return Err(NotGenuine::Forged);
    }
    match seconds.abs_diff(now.0.div_euclid(1_000)) <= TOLERANCE_SECONDS.unsigned_abs() {
        true => Ok(()),
        false => Err(NotGenuine::Stale),
    }
}

/// Signs a body as a provider does.
pub(crate) fn sign(body: &[u8], secret: &SecretString, now: DateTime) -> String {
    let seconds = now.0.div_euclid(1_000);
    let signed = [seconds.to_string().as_bytes(), b".", body].concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let tag = hmac::sign(&key, &signed);
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect()
}
