//! Secrets that all instances on one database share, made once.

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entities::files::key;
use kit::{Error, Platform, Result};
use secrecy::SecretString;

/// The secret for a purpose. Of several instances that start at once, the first to
/// store its secret wins.
pub(crate) async fn shared(platform: &Platform, purpose: &str) -> Result<SecretString> {
    let db = platform.db.write();
    if let Some(secret) = key::find(db, purpose).await? {
        return Ok(secret.into());
    }
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(Error::internal)?;
    let row = key::Model {
        purpose: purpose.to_owned(),
        secret: STANDARD.encode(bytes),
        created_at: platform.clock.now(),
    };
    key::insert_unless_there(db, row).await?;
    let stored = key::find(db, purpose).await?;
    stored.map(SecretString::from).ok_or_else(|| Error::internal("the key was not stored"))
}
