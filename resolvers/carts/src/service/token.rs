//! The secrets by which guests find their carts.

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kit::{Error, Result, text};

/// A new secret to hand out: 256 random bits.
pub(crate) fn new_secret() -> Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(Error::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Under which a secret is stored. It is as random as a key, so a plain hash is
/// enough.
pub(crate) fn hash_of(secret: &str) -> String {
    text::fingerprint(&secret)
}
