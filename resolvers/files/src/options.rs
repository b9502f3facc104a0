//! How the files module is set up.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;

/// Where the bytes are kept.
#[derive(Debug, Clone)]
pub enum StoreOptions {
    /// In a folder of this machine.
    Folder(PathBuf),
    /// In a bucket of S3 or of a server that speaks its protocol.
    S3(S3Options),
}

/// A bucket.
#[derive(Debug, Clone, Default)]
pub struct S3Options {
    /// Its name.
    pub bucket: String,
    /// Put before every object's name; empty for none.
    pub prefix: String,
    /// Where the server is; empty for Amazon's of the region.
    pub endpoint: String,
    /// The region.
    pub region: String,
    /// Who we are.
    pub access_key_id: String,
    /// Shows that we are.
    pub secret_access_key: SecretString,
}

/// Options of the files module.
#[derive(Debug, Clone)]
pub struct FilesOptions {
    /// Where the bytes are kept.
    pub store: StoreOptions,
    /// Where clients reach the gateway, without a slash at the end.
    pub public_url: String,
    /// Signs addresses. When absent, a key is generated once and kept in the
    /// database, so that all instances on it share the key.
    pub signing_key: Option<SecretString>,
    /// The largest file, in bytes.
    pub max_size: u64,
    /// Which media types are taken: names, or families such as `image/*`.
    pub media_types: Vec<String>,
    /// How many uploads of one account may belong to nothing yet.
    pub open_uploads: u64,
    /// How long a slot can be filled.
    pub slot_lifetime: Duration,
    /// How long an address to download from is good.
    pub link_lifetime: Duration,
    /// How long the bytes of one upload may take to arrive.
    pub upload_timeout: Duration,
    /// How long one call to the store may take.
    pub store_timeout: Duration,
    /// How long a file may belong to nothing before it is deleted.
    pub unattached_for: Duration,
    /// How often to look for files that nobody needs.
    pub sweep_every: Duration,
}

impl Default for FilesOptions {
    fn default() -> Self {
        let media_types = [
            "image/png",
            "image/jpeg",
            "image/gif",
            "image/webp",
            "image/avif",
            "application/pdf",
            "application/zip",
            "text/plain",
            "text/csv",
            "audio/mpeg",
            "video/mp4",
        ];
        Self {
            store: StoreOptions::Folder(PathBuf::from("data/files")),
            public_url: "http://127.0.0.1:8080".to_owned(),
            signing_key: None,
            max_size: 25 << 20,
            media_types: media_types.map(str::to_owned).into(),
            open_uploads: 50,
            slot_lifetime: Duration::from_secs(60 * 60),
            link_lifetime: Duration::from_secs(15 * 60),
            upload_timeout: Duration::from_secs(10 * 60),
            store_timeout: Duration::from_secs(30),
            unattached_for: Duration::from_secs(24 * 60 * 60),
            sweep_every: Duration::from_secs(10 * 60),
        }
    }
}
