//! The rules of uploads: slots, bytes in, bytes out, and what they belong to.

use std::{collections::HashMap, pin::pin, sync::Arc, time::Duration};

use aws_lc_rs::digest::{Context as Digest, SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use entities::files::upload;
use futures_util::StreamExt as _;
use kit::{
    Clock, Database, DateTime, Error, Health, HealthCheck, Id as _, Platform, Result, Url, UserError,
    UserErrorCode,
    ids::{AccountId, UploadId},
    ports::{FileBytes, FileTransfer, Files, NotAttached, NotOpened, NotReceived, OpenFile, StoredFile},
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use crate::{
    FilesOptions,
    addresses::{Addresses, BadToken, May},
    media::{self, Sniffer},
    names,
    store::{Store, Writer},
};

/// Longer names are not even looked at.
const LONGEST_GIVEN_NAME: usize = 1_000;

/// Uploads that arrive at once; each holds a part of a file in memory.
const ARRIVALS: usize = 64;

/// What the rules need.
pub(crate) struct Service {
    pub(crate) db: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) options: FilesOptions,
    addresses: Addresses,
    arrivals: Semaphore,
}

/// A slot that may be filled.
pub(crate) struct Slot {
    pub(crate) id: UploadId,
    pub(crate) url: Url,
    pub(crate) media_type: String,
    pub(crate) expires_at: DateTime,
}

/// What somebody wants to upload.
pub(crate) struct Announced<'a> {
    pub(crate) filename: &'a str,
    pub(crate) media_type: &'a str,
    pub(crate) size: i64,
}

impl Service {
    pub(crate) async fn open(platform: &Platform, options: FilesOptions) -> Result<Self> {
        let addresses = Addresses::open(&options, platform).await?;
        let store = Store::open(platform, &options).await?;
        let (db, clock) = (platform.db.clone(), platform.clock.clone());
        let arrivals = Semaphore::new(ARRIVALS);
        Ok(Self { db, clock, store, options, addresses, arrivals })
    }

    /// Makes a slot, or says everything that is wrong with what was announced.
    pub(crate) async fn create(
        &self,
        account_id: AccountId,
        announced: &Announced<'_>,
    ) -> Result<Result<Slot, Vec<UserError>>> {
        let (name, media_type) = match self.checked(announced) {
            Ok(checked) => checked,
            Err(errors) => return Ok(Err(errors)),
        };
        let now = self.clock.now();
        let row = upload::Model {
            id: UploadId::generate(),
            account_id,
            name,
            media_type,
            size: announced.size,
            created_at: now,
            expires_at: now.plus(milliseconds(self.options.slot_lifetime)),
            object_key: None,
            hash: None,
            stored_at: None,
            attached_to: None,
            place: 0,
            released_at: None,
        };
        let limit = self.options.open_uploads;
        let slot = row.clone();
        let is_open = self
            .db
            .transaction(move |transaction| {
                let slot = slot.clone();
                Box::pin(async move { Ok(upload::open(transaction, slot, limit).await?) })
            })
            .await?;
        if !is_open {
            let message = format!("{limit} uploads belong to nothing yet: use some, or wait");
            return Ok(Err(vec![UserError::new(UserErrorCode::LimitExceeded, "", message)]));
        }
        let url = self.addresses.url(May::Put, row.id, row.expires_at);
        Ok(Ok(Slot { id: row.id, url, media_type: row.media_type, expires_at: row.expires_at }))
    }

    /// The safe name and the media type's essence.
    fn checked(&self, announced: &Announced<'_>) -> Result<(String, String), Vec<UserError>> {
        let mut errors = Vec::new();
        let essence = media::essence(announced.media_type);
        let essence = essence.filter(|essence| media::is_allowed(&self.options.media_types, essence));
        if essence.is_none() {
            let message = format!("only these are taken: {}", self.options.media_types.join(", "));
            errors.push(UserError::invalid("mediaType", message));
        }
        let name = (announced.filename.len() <= LONGEST_GIVEN_NAME)
            .then(|| names::safe(announced.filename, essence.as_deref().unwrap_or_default()))
            .flatten();
        if name.is_none() {
            errors.push(UserError::invalid("filename", "name the file, such as photo.jpg"));
        }
        match u64::try_from(announced.size) {
            Err(_) | Ok(0) => errors.push(UserError::invalid("size", "a file has at least one byte")),
            Ok(size) if size > self.options.max_size => {
                let message = format!("a file has at most {} bytes", self.options.max_size);
                errors.push(UserError::new(UserErrorCode::LimitExceeded, "size", message));
            }
            Ok(_) => {}
        }
        name.zip(essence).filter(|_| errors.is_empty()).ok_or(errors)
    }

    /// Takes the bytes of a slot into the store, or compares them with those that
    /// are there.
    async fn take(
        &self,
        row: upload::Model,
        bytes: FileBytes,
    ) -> Result<Result<StoredFile, NotReceived>> {
        // Each arrival holds a part of a file in memory.
        let _turn = self.arrivals.try_acquire().map_err(|_| Error::Unavailable("uploading".into()))?;
        let mut arrival = Arrival {
            digest: Digest::new(&SHA256),
            size: 0,
            sniffer: Sniffer::new(&row.media_type),
            writer: if row.stored_at.is_some() { None } else { Some(self.store.write()?) },
        };
        let deadline = Instant::now() + self.options.upload_timeout;
        let refusal = match arrival.read(&row, bytes, deadline).await {
            Ok(Ok(())) => None,
            Ok(Err(refused)) => Some(Ok(Err(refused))),
            Err(error) => Some(Err(error)),
        };
        let Arrival { digest, writer, .. } = arrival;
        if let Some(refusal) = refusal {
            if let Some(writer) = writer {
                writer.abort().await;
            }
            return refusal;
        }
        let hash = URL_SAFE_NO_PAD.encode(digest.finish());
        let Some(writer) = writer else { return Ok(same(row, &hash)) };

        // The object first, then its row: an object that no row knows is swept.
        let key = writer.finish().await?;
        if upload::fill(self.db.write(), row.id, &key, &hash, self.clock.now()).await? {
            return Ok(Ok(stored(row)));
        }
        self.store.delete(&key).await?;
        Ok(match upload::by_id(self.db.write(), row.id).await? {
            Some(row) => same(row, &hash),
            None => Err(NotReceived::Unknown),
        })
    }
}

/// Bytes that are arriving.
struct Arrival {
    digest: Digest,
    size: i64,
    sniffer: Sniffer,
    /// `None` when the bytes are only compared.
    writer: Option<Writer>,
}

impl Arrival {
    /// Reads everything, and gives up at the first byte that is wrong.
    async fn read(
        &mut self,
        row: &upload::Model,
        bytes: FileBytes,
        deadline: Instant,
    ) -> Result<Result<(), NotReceived>> {
        let mut bytes = pin!(bytes);
        loop {
            let chunk = match timeout_at(deadline, bytes.next()).await {
                Ok(Some(Ok(chunk))) => chunk,
                Ok(Some(Err(_))) => return Ok(Err(NotReceived::Interrupted)),
                Ok(None) => break,
                Err(_) => return Ok(Err(NotReceived::TooSlow)),
            };
            if let Some(refused) = self.add(row, chunk).await? {
                return Ok(Err(refused));
            }
        }
        let is_compared = self.writer.is_none();
        Ok(match self.size {
            size if size < row.size && is_compared => Err(NotReceived::Taken),
            size if size < row.size => Err(NotReceived::TooSmall),
            _ if !is_compared && !self.sniffer.agrees() => Err(NotReceived::WrongType),
            _ => Ok(()),
        })
    }

    async fn add(&mut self, row: &upload::Model, chunk: Bytes) -> Result<Option<NotReceived>> {
        self.size = self.size.saturating_add(i64::try_from(chunk.len()).unwrap_or(i64::MAX));
        let is_too_large = self.size > row.size;
        self.digest.update(&chunk);
        let Some(writer) = &mut self.writer else {
            return Ok(is_too_large.then_some(NotReceived::Taken));
        };
        if is_too_large {
            return Ok(Some(NotReceived::TooLarge));
        }
        self.sniffer.look(&chunk);
        if self.sniffer.doubts() {
            return Ok(Some(NotReceived::WrongType));
        }
        writer.write(chunk).await?;
        Ok(None)
    }
}

#[async_trait::async_trait]
impl FileTransfer for Service {
    async fn receive(&self, token: &str, bytes: FileBytes) -> Result<Result<StoredFile, NotReceived>> {
        let id = match self.addresses.read(May::Put, token, self.clock.now()) {
            Ok(id) => id,
            Err(BadToken::Forged) => return Ok(Err(NotReceived::Unknown)),
            Err(BadToken::Expired) => return Ok(Err(NotReceived::Expired)),
        };
        match upload::by_id(self.db.read(), id).await? {
            Some(row) if row.released_at.is_none() => self.take(row, bytes).await,
            _ => Ok(Err(NotReceived::Unknown)),
        }
    }

    async fn open(&self, token: &str) -> Result<Result<OpenFile, NotOpened>> {
        let id = match self.addresses.read(May::Get, token, self.clock.now()) {
            Ok(id) => id,
            Err(BadToken::Forged) => return Ok(Err(NotOpened::Unknown)),
            Err(BadToken::Expired) => return Ok(Err(NotOpened::Expired)),
        };
        let row = upload::by_id(self.db.read(), id).await?.filter(|row| row.released_at.is_none());
        let Some((row, key, hash)) = row.and_then(|mut row| {
            let (key, hash) = (row.object_key.take()?, row.hash.take()?);
            Some((row, key, hash))
        }) else {
            return Ok(Err(NotOpened::Unknown));
        };
        let Some(bytes) = self.store.read(&key).await? else { return Ok(Err(NotOpened::Unknown)) };
        let is_inline = media::is_inline(&row.media_type);
        Ok(Ok(OpenFile { file: stored(row), hash, is_inline, bytes }))
    }
}

#[async_trait::async_trait]
impl Files for Service {
    async fn attach(
        &self,
        account: AccountId,
        uploads: &[UploadId],
        to: &str,
    ) -> Result<Result<Vec<StoredFile>, NotAttached>> {
        let mut places: Vec<UploadId> = Vec::with_capacity(uploads.len());
        for id in uploads {
            if !places.contains(id) {
                places.push(*id);
            }
        }
        let to = to.to_owned();
        let attached = self.db.transaction(move |transaction| {
            let (places, to) = (places.clone(), to.clone());
            Box::pin(async move {
                let mut files = Vec::with_capacity(places.len());
                for (place, id) in (0..).zip(places) {
                    match upload::attach(transaction, account, id, &to, place).await? {
                        Some(row) => files.push(stored(row)),
                        None if upload::is_stored(transaction, account, id).await? => {
                            return Err(Refused::because(NotAttached::Taken(id)));
                        }
                        None => return Err(Refused::because(NotAttached::Unknown(id))),
                    }
                }
                Ok(files)
            })
        });
        match attached.await {
            Ok(files) => Ok(Ok(files)),
            Err(Error::Internal(cause)) => match cause.downcast_ref::<Refused>() {
                Some(Refused(reason)) => Ok(Err(reason.clone())),
                None => Err(Error::Internal(cause)),
            },
            Err(error) => Err(error),
        }
    }

    async fn release(&self, from: &str) -> Result<()> {
        Ok(upload::release(self.db.write(), from, self.clock.now()).await?)
    }

    async fn attached(&self, to: &[String]) -> Result<HashMap<String, Vec<StoredFile>>> {
        let mut files: HashMap<String, Vec<StoredFile>> = HashMap::with_capacity(to.len());
        for mut row in upload::attached(self.db.read(), to).await? {
            if let Some(thing) = row.attached_to.take() {
                files.entry(thing).or_default().push(stored(row));
            }
        }
        Ok(files)
    }

    async fn url(&self, file: &StoredFile) -> Result<Url> {
        let until = self.clock.now().plus(milliseconds(self.options.link_lifetime));
        Ok(self.addresses.url(May::Get, file.id, until))
    }
}

#[async_trait::async_trait]
impl HealthCheck for Service {
    async fn check(&self) -> Health {
        match self.store.check().await {
            Ok(()) => Health::Up,
            Err(_) => Health::Degraded("the file store does not take files".to_owned()),
        }
    }
}

/// Travels through a transaction as an error, so that it is rolled back.
#[derive(Debug)]
struct Refused(NotAttached);

impl Refused {
    fn because(reason: NotAttached) -> Error {
        Error::internal(Self(reason))
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the uploads can't be attached")
    }
}

impl std::error::Error for Refused {}

/// The stored file, when these are its bytes.
fn same(row: upload::Model, hash: &str) -> Result<StoredFile, NotReceived> {
    if row.hash.as_deref() == Some(hash) { Ok(stored(row)) } else { Err(NotReceived::Taken) }
}

fn stored(row: upload::Model) -> StoredFile {
    StoredFile { id: row.id, name: row.name, media_type: row.media_type, size: row.size }
}

pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
