//! Where the bytes are: a folder or a bucket. Objects have random names, are
//! written once and never changed.

use std::{future::Future, io, path::PathBuf, sync::Arc, time::Duration};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use kit::{DateTime, Error, Outside, OutsideOptions, Platform, Result, ports::FileBytes};
use object_store::{
    ClientOptions, MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig,
    aws::AmazonS3Builder, local::LocalFileSystem, path::Path, prefix::PrefixStore,
};
use secrecy::ExposeSecret as _;

use crate::{FilesOptions, S3Options, StoreOptions, keys};

/// Bytes of one file that are held in memory at most, and that one call sends.
/// S3 wants at least 5 MiB in every part but the last.
const PART: usize = 8 << 20;
/// Objects stand below this, in a folder for each database.
const ROOT: &str = "uploads";
/// Names that folder.
const PURPOSE: &str = "objects";
/// Written now and then to see whether the store takes anything.
const PROBE: &str = "health";
/// Further attempts of one request to S3.
const RETRIES: usize = 2;

/// The store, behind a deadline and a breaker. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    objects: Arc<dyn ObjectStore>,
    outside: Outside,
    /// Below which the objects of this database stand: a graph on another one
    /// may use the same place, and must not sweep them.
    root: Arc<str>,
    /// Where a process that was killed may have left half a file.
    folder: Option<PathBuf>,
}

/// An object of the store.
pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) written_at: DateTime,
}

impl Store {
    /// The configured store; makes a folder that is not there.
    pub(crate) async fn open(platform: &Platform, options: &FilesOptions) -> Result<Self> {
        let secret = keys::shared(platform, PURPOSE).await?;
        let name = digest(&SHA256, secret.expose_secret().as_bytes());
        let root = format!("{ROOT}/{}", hex(&name.as_ref()[..8]));
        let (objects, folder): (Arc<dyn ObjectStore>, _) = match &options.store {
            StoreOptions::Folder(folder) => {
                tokio::fs::create_dir_all(folder).await.map_err(Error::internal)?;
                let local = LocalFileSystem::new_with_prefix(folder).map_err(Error::internal)?;
                (Arc::new(local), Some(folder.join(&root)))
            }
            StoreOptions::S3(s3) => (bucket(s3, options.store_timeout)?, None),
        };
        // S3 requests are tried again below this: a part has its number then.
        let outside =
            OutsideOptions { timeout: options.store_timeout, retries: 0, ..OutsideOptions::default() };
        let outside = Outside::new("the file store", outside);
        Ok(Self { objects, outside, root: root.into(), folder })
    }

    /// Begins an object under a name that nobody can guess.
    pub(crate) fn write(&self) -> Result<Writer> {
        let mut random = [0; 20];
        rand::fill(&mut random).map_err(Error::internal)?;
        let name = hex(&random);
        let key = format!("{}/{}/{}", self.root, &name[..2], &name[2..]);
        Ok(Writer { store: self.clone(), key, waiting: BytesMut::new(), upload: None })
    }

    /// The bytes of an object; `None` when it is gone.
    pub(crate) async fn read(&self, key: &str) -> Result<Option<FileBytes>> {
        let path = Path::from(key);
        let Some(found) = self.call(self.objects.get(&path)).await? else { return Ok(None) };
        Ok(Some(found.into_stream().map_err(io::Error::other).boxed()))
    }

    /// Deletes an object that may be gone already.
    pub(crate) async fn delete(&self, key: &str) -> Result<()> {
        let path = Path::from(key);
        self.call(self.objects.delete(&path)).await.map(drop)
    }

    /// All objects of this database.
    pub(crate) fn list(&self) -> BoxStream<'static, Result<Object>> {
        let objects = self.objects.list(Some(&Path::from(&*self.root)));
        let object = |meta: object_store::ObjectMeta| Object {
            key: meta.location.to_string(),
            written_at: DateTime(meta.last_modified.timestamp_millis()),
        };
        objects.map_ok(object).map_err(Error::internal).boxed()
    }

    /// Deletes what killed processes left of files they were writing before
    /// `before`, where the store keeps such things among its objects.
    pub(crate) async fn delete_halves(&self, before: DateTime) -> io::Result<()> {
        let Some(root) = &self.folder else { return Ok(()) };
        let Ok(mut folders) = tokio::fs::read_dir(root).await else { return Ok(()) };
        while let Some(folder) = folders.next_entry().await? {
            let mut files = tokio::fs::read_dir(folder.path()).await?;
            while let Some(file) = files.next_entry().await? {
                // What is being written is called `name#1` until it is whole.
                let is_half = file.file_name().to_string_lossy().contains('#');
                if is_half && modified(&file.metadata().await?)? < before {
                    tokio::fs::remove_file(file.path()).await?;
                }
            }
        }
        Ok(())
    }

    /// Whether the store takes objects now.
    pub(crate) async fn check(&self) -> Result<()> {
        let path = Path::from(PROBE);
        let payload = PutPayload::from_static(b"ok");
        self.outside.once(self.objects.put(&path, payload)).await.map(drop)
    }

    /// One call; `None` when there is no such object, which is no failure of the
    /// store's.
    async fn call<T>(&self, call: impl Future<Output = object_store::Result<T>>) -> Result<Option<T>> {
        let call = async {
            match call.await {
                Ok(answer) => Ok(Some(answer)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        };
        self.outside.once(call).await
    }
}

/// An object on its way into the store; it is there when [`finish`](Self::finish)
/// says so, and not before.
pub(crate) struct Writer {
    store: Store,
    key: String,
    waiting: BytesMut,
    upload: Option<Box<dyn MultipartUpload>>,
}

impl Writer {
    /// Adds bytes.
    pub(crate) async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.waiting.extend_from_slice(&bytes);
        while self.waiting.len() >= PART {
            let part = self.waiting.split_to(PART).freeze();
            self.send(part).await?;
        }
        Ok(())
    }

    /// Makes the object appear, whole; its key.
    pub(crate) async fn finish(mut self) -> Result<String> {
        let rest = std::mem::take(&mut self.waiting).freeze();
        if self.upload.is_none() {
            let path = Path::from(self.key.as_str());
            self.store.outside.once(self.store.objects.put(&path, rest.into())).await?;
            return Ok(self.key);
        }
        if !rest.is_empty() {
            self.send(rest).await?;
        }
        if let Some(upload) = &mut self.upload {
            self.store.outside.once(upload.complete()).await?;
        }
        Ok(self.key)
    }

    /// Gives the object up.
    pub(crate) async fn abort(mut self) {
        if let Some(upload) = &mut self.upload {
            // The store forgets it in time; what failed is in the log.
            let _ = self.store.outside.once(upload.abort()).await;
        }
    }

    async fn send(&mut self, part: Bytes) -> Result<()> {
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => {
                let path = Path::from(self.key.as_str());
                let begun = self.store.objects.put_multipart(&path);
                none.insert(self.store.outside.once(begun).await?)
            }
        };
        self.store.outside.once(upload.put_part(part.into())).await
    }
}

fn bucket(options: &S3Options, timeout: Duration) -> Result<Arc<dyn ObjectStore>> {
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: timeout, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&options.bucket)
        .with_region(&options.region)
        .with_access_key_id(&options.access_key_id)
        .with_secret_access_key(options.secret_access_key.expose_secret())
        .with_virtual_hosted_style_request(false)
        // Not every server that speaks S3 deletes in bulk.
        .with_disable_bulk_delete(true)
        .with_retry(retry)
        .with_client_options(ClientOptions::new().with_timeout(timeout));
    if !options.endpoint.is_empty() {
        let is_plain = options.endpoint.starts_with("http://");
        builder = builder.with_endpoint(&options.endpoint).with_allow_http(is_plain);
    }
    let bucket = builder.build().map_err(Error::internal)?;
    Ok(match options.prefix.is_empty() {
        true => Arc::new(bucket),
        false => Arc::new(PrefixStore::new(bucket, options.prefix.as_str())),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn modified(metadata: &std::fs::Metadata) -> io::Result<DateTime> {
    let since = metadata.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(DateTime(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}
