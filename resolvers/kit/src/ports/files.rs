//! Files that people uploaded, for modules whose things have attachments.

use std::collections::HashMap;

use entities::ids::{AccountId, UploadId};

use crate::{Result, Url};

/// A file that was uploaded and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its id.
    pub id: UploadId,
    /// As the uploader named it; safe to show, never a path.
    pub name: String,
    /// What the bytes are, as found when they arrived.
    pub media_type: String,
    /// In bytes.
    pub size: i64,
}

/// Why uploads can't be attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAttached {
    /// No such upload of this account, or its bytes have not arrived.
    Unknown(UploadId),
    /// It is attached to something else.
    Taken(UploadId),
}

/// Keeps uploads; implemented by the files module. All calls may be repeated.
#[async_trait::async_trait]
pub trait Files: Send + Sync {
    /// Attaches uploads of this account to a thing (a message's id, …): all or
    /// none. From then on they stay until the thing lets them go.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn attach(
        &self,
        account: AccountId,
        uploads: &[UploadId],
        to: &str,
    ) -> Result<Result<Vec<StoredFile>, NotAttached>>;

    /// Lets everything go that is attached to a thing; it is deleted soon.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn release(&self, from: &str) -> Result<()>;

    /// What is attached to these things, in order.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn attached(&self, to: &[String]) -> Result<HashMap<String, Vec<StoredFile>>>;

    /// A short-lived address to download a file from; whoever has it may.
    ///
    /// # Errors
    /// When the store can't sign one.
    async fn url(&self, file: &StoredFile) -> Result<Url>;
}
