//! `[audit]`: the audit log.

use audit::AuditOptions;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{Key, key, text::masked};

/// The audit log.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditConfig {
    /// Keys the hashes; empty for plain ones.
    #[serde(serialize_with = "masked")]
    pub key: SecretString,
}

pub(super) const KEYS: &[Key] = &[key(
    "audit.key",
    "Keys the hashes of the audit log, so that who can write the database can't forge them. Keep it \
     elsewhere than the database, and keep it: with another one, records are taken for forged. Empty: \
     hashes without a key.",
)];

impl AuditConfig {
    /// As the audit module wants it.
    pub(crate) fn options(&self) -> AuditOptions {
        let has_key = !self.key.expose_secret().is_empty();
        AuditOptions { key: has_key.then(|| self.key.clone()) }
    }
}
