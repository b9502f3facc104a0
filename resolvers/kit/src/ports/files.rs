//! Files that people uploaded, for modules whose things have attachments.

use std::{collections::HashMap, io};

use bytes::Bytes;
use entities::ids::{AccountId, UploadId};
use futures_util::stream::BoxStream;

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
    /// none. From then on they stay until the thing lets them go. This commits by
    /// itself: attach before the thing is written, under an id that another try
    /// uses again.
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

/// The bytes of a file, on their way in or out.
pub type FileBytes = BoxStream<'static, io::Result<Bytes>>;

/// Why the bytes of an upload were not taken; nothing was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReceived {
    /// The address is none of ours, or its upload is gone.
    Unknown,
    /// The address is too old.
    Expired,
    /// Other bytes came before.
    Taken,
    /// More bytes than were announced.
    TooLarge,
    /// Fewer bytes than were announced.
    TooSmall,
    /// The bytes are not of the announced media type.
    WrongType,
    /// The client broke off.
    Interrupted,
    /// The client took too long.
    TooSlow,
}

/// Why there are no bytes to hand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotOpened {
    /// The address is none of ours, or its file is gone.
    Unknown,
    /// The address is too old.
    Expired,
}

/// A file that is being handed out.
pub struct OpenFile {
    /// What it is.
    pub file: StoredFile,
    /// Changes with the bytes.
    pub hash: String,
    /// Whether a browser may show it by itself: an image that can run nothing.
    pub is_inline: bool,
    /// The file.
    pub bytes: FileBytes,
}

/// Takes files in and hands them out by secret, short-lived addresses;
/// implemented by the files module, called by whoever speaks HTTP. The token is
/// the last part of an address that the module made.
#[async_trait::async_trait]
pub trait FileTransfer: Send + Sync {
    /// Takes the bytes of an upload; the same bytes again are answered alike.
    ///
    /// # Errors
    /// When the database or the store can't answer.
    async fn receive(&self, token: &str, bytes: FileBytes) -> Result<Result<StoredFile, NotReceived>>;

    /// Hands a file out.
    ///
    /// # Errors
    /// When the database or the store can't answer.
    async fn open(&self, token: &str) -> Result<Result<OpenFile, NotOpened>>;
}
