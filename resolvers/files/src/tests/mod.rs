//! The rules of uploads on a database and a store of their own: what the front
//! door can't reach, because time must pass or a store must break.

mod bucket;
mod sweep;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use kit::{
    Clock as _, Database, DatabaseOptions, DateTime, ManualClock, Platform, SystemClock, Url,
    ids::{AccountId, Id as _, UploadId},
    ports::{FileBytes, FileTransfer as _, Files as _, NotOpened, NotReceived, StoredFile},
};
use migrations::Migrator;
use sea_orm_migration::MigratorTrait as _;
use tempfile::TempDir;

use crate::{
    FilesOptions, StoreOptions,
    service::{Announced, Service, Slot},
};

/// An hour in milliseconds.
const HOUR: i64 = 60 * 60 * 1_000;

/// The module's rules, a database and a clock.
struct Desk {
    service: Arc<Service>,
    platform: Platform,
    clock: Arc<ManualClock>,
    folder: TempDir,
}

impl Desk {
    /// Files in a folder.
    async fn open() -> Self {
        Self::with(|folder| StoreOptions::Folder(folder.join("files"))).await
    }

    async fn with(store: impl FnOnce(&std::path::Path) -> StoreOptions) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = DatabaseOptions {
            url: format!("sqlite://{}/weft.db", folder.path().display()),
            max_connections: 4,
            acquire_timeout: Duration::from_secs(10),
        };
        let db = Database::connect(&database).await.expect("a database");
        Migrator::up(db.write(), None).await.expect("migrations");
        // Stores tell the machine's time.
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let platform = Platform::new(db, Default::default(), None).with_clock(clock.clone());
        let options = FilesOptions { store: store(folder.path()), ..FilesOptions::default() };
        let service = Arc::new(Service::open(&platform, options).await.expect("it opens"));
        Self { service, platform, clock, folder }
    }

    async fn slot(&self, account: AccountId, size: usize) -> Slot {
        let size = i64::try_from(size).expect("small");
        let announced = Announced { filename: "notes.txt", media_type: "text/plain", size };
        self.service.create(account, &announced).await.expect("it answers").expect("a slot")
    }

    /// A stored text of a new account.
    async fn upload(&self, text: &str) -> (AccountId, UploadId) {
        let account = AccountId::generate();
        let slot = self.slot(account, text.len()).await;
        self.put(&slot, text.as_bytes().to_vec()).await.expect("stored");
        (account, slot.id)
    }

    async fn put(&self, slot: &Slot, bytes: impl Into<Bytes>) -> Result<StoredFile, NotReceived> {
        self.service.receive(token(&slot.url), in_pieces(bytes.into())).await.expect("it answers")
    }

    async fn attach(&self, account: AccountId, upload: UploadId, to: &str) -> StoredFile {
        let attached = self.service.attach(account, &[upload], to).await.expect("it answers");
        attached.expect("attached").pop().expect("one file")
    }

    async fn read(&self, file: &StoredFile) -> Result<Vec<u8>, NotOpened> {
        let url = self.service.url(file).await.expect("an address");
        let open = self.service.open(token(&url)).await.expect("it answers")?;
        let pieces: Vec<Bytes> = open.bytes.try_collect().await.expect("it reads");
        Ok(pieces.concat())
    }

    /// The keys of all objects.
    async fn objects(&self) -> Vec<String> {
        let objects: Vec<_> = self.service.store.list().try_collect().await.expect("it lists");
        objects.into_iter().map(|object| object.key).collect()
    }

    fn now(&self) -> DateTime {
        self.clock.now()
    }
}

fn token(url: &Url) -> &str {
    url.0.rsplit('/').next().expect("an address has parts")
}

fn in_pieces(bytes: Bytes) -> FileBytes {
    let pieces: Vec<_> = bytes.chunks(100_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces).boxed()
}

#[tokio::test]
async fn instances_on_one_database_agree_on_addresses() {
    let desk = Desk::open().await;
    let options = desk.service.options.clone();
    let other = Service::open(&desk.platform, options).await.expect("it opens");

    let slot = desk.slot(AccountId::generate(), 5).await;
    let stored = other.receive(token(&slot.url), in_pieces("hello".into())).await;

    assert_eq!(stored.expect("it answers").expect("stored").size, 5);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing_and_can_be_sent_again() {
    let desk = Desk::open().await;
    let slot = desk.slot(AccountId::generate(), 12 << 20).await;
    let whole = Bytes::from(vec![b'a'; 12 << 20]);
    // More than one part, so that the store has seen some of it.
    let first: FileBytes = in_pieces(whole.slice(..10 << 20));
    let broken = first.chain(stream::once(async { Err(std::io::Error::other("gone")) })).boxed();

    let refused = desk.service.receive(token(&slot.url), broken).await.expect("it answers");
    let objects = desk.objects().await;
    let stored = desk.put(&slot, whole.clone()).await.expect("stored");

    assert_eq!(refused, Err(NotReceived::Interrupted));
    assert_eq!(objects, Vec::<String>::new());
    assert_eq!(desk.read(&stored).await.expect("there"), whole);
}

#[tokio::test]
async fn of_two_uploads_at_once_into_one_slot_one_is_kept() {
    let desk = Desk::open().await;
    let slot = desk.slot(AccountId::generate(), 4).await;

    let (a, b, c) =
        tokio::join!(desk.put(&slot, "aaaa"), desk.put(&slot, "bbbb"), desk.put(&slot, "aaaa"));

    let kept = [&a, &b, &c].into_iter().filter(|outcome| outcome.is_ok()).count();
    assert!(kept == 1 || kept == 2, "{a:?} {b:?} {c:?}");
    assert!(a.is_ok() != b.is_ok(), "different bytes can't both be kept");
    assert_eq!(a, c, "the same bytes are answered alike");
    assert_eq!(desk.objects().await.len(), 1, "the others left nothing");
}

#[tokio::test]
async fn attaching_is_all_or_nothing_and_may_be_repeated() {
    let desk = Desk::open().await;
    let (ada, first) = desk.upload("first").await;
    let (eve, foreign) = desk.upload("foreign").await;
    let empty = desk.slot(ada, 3).await;
    let nil = UploadId::from_ulid(ulid::Ulid::nil());
    let attach = async |account, uploads: &[UploadId], to: &str| {
        desk.service.attach(account, uploads, to).await.expect("it answers")
    };
    use kit::ports::NotAttached::{Taken, Unknown};

    assert_eq!(attach(ada, &[first, foreign], "msg_1").await, Err(Unknown(foreign)));
    assert_eq!(attach(ada, &[first, empty.id], "msg_1").await, Err(Unknown(empty.id)));
    assert_eq!(attach(ada, &[first, nil], "msg_1").await, Err(Unknown(nil)));
    let none = desk.service.attached(&["msg_1".to_owned()]).await.expect("it answers");
    assert_eq!(none, Default::default(), "a refusal attaches nothing");

    let attached = attach(ada, &[first, first], "msg_1").await.expect("attached");
    assert_eq!(attach(ada, &[first], "msg_1").await.as_ref(), Ok(&attached), "again");
    assert_eq!(attach(ada, &[first], "msg_2").await, Err(Taken(first)));
    assert_eq!(attach(eve, &[first], "msg_1").await, Err(Unknown(first)));

    desk.service.release("msg_1").await.expect("released");
    desk.service.release("msg_1").await.expect("released again");
    assert_eq!(attach(ada, &[first], "msg_1").await, Err(Unknown(first)));
    assert_eq!(desk.read(&attached[0]).await, Err(NotOpened::Unknown));
}
