//! `[files]`: what people upload, and where it is kept.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use files::{FilesOptions, S3Options, StoreOptions};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{
    ByteSize, DatabaseConfig, Key, ServerConfig, key,
    text::{list, masked},
};

/// What people upload.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FilesConfig {
    /// A folder, or `s3://bucket/prefix`; empty for a folder beside the embedded
    /// database.
    pub url: String,
    /// The bucket's server.
    pub s3: S3Config,
    /// Signs the addresses of files; empty for a key that is made once and kept
    /// in the database.
    #[serde(serialize_with = "masked")]
    pub signing_key: SecretString,
    /// The largest file.
    pub max_size: ByteSize,
    /// Which media types are taken.
    #[serde(deserialize_with = "list")]
    pub media_types: Vec<String>,
    /// How many uploads of one account may belong to nothing yet.
    pub open_uploads: u64,
    /// How long a slot can be filled.
    #[serde(with = "humantime_serde")]
    pub slot_lifetime: Duration,
    /// How long an address to download from is good.
    #[serde(with = "humantime_serde")]
    pub link_lifetime: Duration,
    /// How long the bytes of one upload may take to arrive.
    #[serde(with = "humantime_serde")]
    pub upload_timeout: Duration,
    /// How long one call to the store may take.
    #[serde(with = "humantime_serde")]
    pub store_timeout: Duration,
    /// How long a file may belong to nothing.
    #[serde(with = "humantime_serde")]
    pub unattached_for: Duration,
    /// How often to look for files that nobody needs.
    #[serde(with = "humantime_serde")]
    pub sweep_every: Duration,
}

/// A server that speaks S3.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct S3Config {
    /// Where it is; empty for Amazon's.
    pub endpoint: String,
    /// The region.
    pub region: String,
    /// Who we are.
    pub access_key_id: String,
    /// Shows that we are.
    #[serde(serialize_with = "masked")]
    pub secret_access_key: SecretString,
}

pub(super) const KEYS: &[Key] = &[
    key(
        "files.url",
        "Where uploaded files are kept: a folder, or `s3://bucket/prefix`. Empty: the folder `files` \
         beside the embedded database, `data/files` with Postgres.",
    ),
    key(
        "files.s3.endpoint",
        "Where the bucket's server is, such as `http://minio:9000`; buckets stand in the path. Empty: \
         Amazon S3.",
    ),
    key("files.s3.region", "The bucket's region."),
    key("files.s3.access_key_id", "The access key of the bucket."),
    key("files.s3.secret_access_key", "The secret of that key."),
    key(
        "files.signing_key",
        "Signs the addresses of files, at least 32 characters. Empty: a key is made once and kept in \
         the database.",
    ),
    key("files.max_size", "Largest file, in bytes or as `64 KiB`, `2 MiB`."),
    key(
        "files.media_types",
        "Media types that are taken, such as `image/png` or `image/*`. The bytes of a file must be of \
         the type it was announced with.",
    ),
    key("files.open_uploads", "Uploads of one account that may belong to nothing yet."),
    key("files.slot_lifetime", "How long an upload slot can be filled."),
    key("files.link_lifetime", "How long an address to download from is good."),
    key("files.upload_timeout", "How long the bytes of one upload may take to arrive."),
    key("files.store_timeout", "How long one call to the store may take."),
    key("files.unattached_for", "How long a file may belong to nothing before it is deleted."),
    key("files.sweep_every", "How often to look for files that nobody needs."),
];

impl Default for FilesConfig {
    fn default() -> Self {
        let files = FilesOptions::default();
        Self {
            url: String::new(),
            s3: S3Config::default(),
            signing_key: SecretString::default(),
            max_size: ByteSize::bytes(files.max_size),
            media_types: files.media_types,
            open_uploads: files.open_uploads,
            slot_lifetime: files.slot_lifetime,
            link_lifetime: files.link_lifetime,
            upload_timeout: files.upload_timeout,
            store_timeout: files.store_timeout,
            unattached_for: files.unattached_for,
            sweep_every: files.sweep_every,
        }
    }
}

impl Default for S3Config {
    fn default() -> Self {
        Self {
            endpoint: String::new(),
            region: "us-east-1".to_owned(),
            access_key_id: String::new(),
            secret_access_key: SecretString::default(),
        }
    }
}

impl FilesConfig {
    /// As the files module wants it.
    pub(crate) fn options(&self, server: &ServerConfig, database: &DatabaseConfig) -> FilesOptions {
        let has_key = !self.signing_key.expose_secret().is_empty();
        FilesOptions {
            store: self.store(database),
            public_url: server.public_url(),
            signing_key: has_key.then(|| self.signing_key.clone()),
            max_size: u64::try_from(self.max_size.get()).unwrap_or(u64::MAX),
            media_types: self.media_types.clone(),
            open_uploads: self.open_uploads,
            slot_lifetime: self.slot_lifetime,
            link_lifetime: self.link_lifetime,
            upload_timeout: self.upload_timeout,
            store_timeout: self.store_timeout,
            unattached_for: self.unattached_for,
            sweep_every: self.sweep_every,
        }
    }

    fn store(&self, database: &DatabaseConfig) -> StoreOptions {
        if self.url.is_empty() {
            let beside = database.file().and_then(|file| Path::new(file).parent());
            return StoreOptions::Folder(beside.unwrap_or(Path::new("data")).join("files"));
        }
        let Some(place) = self.url.strip_prefix("s3://") else {
            return StoreOptions::Folder(PathBuf::from(&self.url));
        };
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        StoreOptions::S3(S3Options {
            bucket: bucket.to_owned(),
            prefix: prefix.trim_end_matches('/').to_owned(),
            endpoint: self.s3.endpoint.clone(),
            region: self.s3.region.clone(),
            access_key_id: self.s3.access_key_id.clone(),
            secret_access_key: self.s3.secret_access_key.clone(),
        })
    }

    /// Why these values can't be used, if they can't.
    pub(super) fn problem(&self) -> Option<String> {
        let is_s3 = self.url.starts_with("s3://");
        if self.url == "s3://" || (self.url.contains("://") && !is_s3) {
            return Some("files.url must be a folder, or `s3://bucket/prefix`".to_owned());
        }
        if is_s3
            && (self.s3.access_key_id.is_empty() || self.s3.secret_access_key.expose_secret().is_empty())
        {
            return Some(
                "files.url names a bucket: set files.s3.access_key_id and files.s3.secret_access_key"
                    .to_owned(),
            );
        }
        if (1..32).contains(&self.signing_key.expose_secret().len()) {
            return Some("files.signing_key must have at least 32 characters".to_owned());
        }
        let durations = [
            ("slot_lifetime", self.slot_lifetime),
            ("link_lifetime", self.link_lifetime),
            ("upload_timeout", self.upload_timeout),
            ("store_timeout", self.store_timeout),
            ("sweep_every", self.sweep_every),
        ];
        let (name, _) = durations.iter().find(|(_, duration)| duration.is_zero())?;
        Some(format!("files.{name} must be longer than nothing, such as `10m`"))
    }
}
