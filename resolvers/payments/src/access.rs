//! The secret by which a guest sees an order.

use aws_lc_rs::digest;

/// What is kept of it: SHA-256 in hexadecimal.
pub(crate) fn hash(secret: &str) -> String {
    let hash = digest::digest(&digest::SHA256, secret.as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
