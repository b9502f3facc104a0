//! The same rules on a bucket, with a server that speaks S3; and without it.

use std::path::Path;

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use kit::{Error, Health, HealthCheck as _};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use tokio::{net::TcpListener, task::JoinHandle};

use super::*;
use crate::{S3Options, sweep};

/// A server that speaks S3, over a folder; it stops with the test.
struct Bucket {
    endpoint: String,
    server: JoinHandle<()>,
    _folder: TempDir,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Bucket {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("weft")).expect("a bucket");
        let mut service =
            S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).expect("a folder"));
        service.set_auth(SimpleAuth::from_single("weft", "weft-secret"));
        let service = service.build();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let http = Builder::new(TokioExecutor::new());
                    // A client that goes away is no failure of the server's.
                    let _ = http.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Self { endpoint, server, _folder: folder }
    }

    fn options(&self, secret: &str) -> impl FnOnce(&Path) -> StoreOptions + use<> {
        let options = S3Options {
            bucket: "weft".to_owned(),
            prefix: "shop/files".to_owned(),
            endpoint: self.endpoint.clone(),
            region: "us-east-1".to_owned(),
            access_key_id: "weft".to_owned(),
            secret_access_key: secret.to_owned().into(),
        };
        move |_| StoreOptions::S3(options)
    }
}

#[tokio::test]
async fn a_bucket_keeps_small_and_large_files_and_is_swept() {
    let bucket = Bucket::start().await;
    let desk = Desk::with(bucket.options("weft-secret")).await;
    let (ada, small) = desk.upload("hello").await;
    // Three parts, the last one short.
    let large = "0123456789".repeat(1_800_000);
    let (eve, upload) = desk.upload(&large).await;

    let small = desk.attach(ada, small, "msg_1").await;
    let large_file = desk.attach(eve, upload, "msg_2").await;

    assert_eq!(desk.service.check().await, Health::Up);
    assert_eq!(desk.read(&small).await, Ok(b"hello".to_vec()));
    assert!(desk.read(&large_file).await == Ok(large.into_bytes()), "the large file differs");
    let objects = desk.objects().await;
    assert_eq!(objects.len(), 2);
    assert!(objects.iter().all(|key| key.starts_with("uploads/")), "{objects:?}");

    desk.service.release("msg_2").await.expect("released");
    sweep::rows(&desk.service).await.expect("swept");
    desk.clock.advance(HOUR);
    sweep::objects(&desk.service).await.expect("swept");

    assert_eq!(desk.objects().await.len(), 1);
    assert_eq!(desk.read(&small).await, Ok(b"hello".to_vec()));
    assert_eq!(desk.read(&large_file).await, Err(NotOpened::Unknown));
}

#[tokio::test]
async fn without_its_bucket_the_module_is_degraded_and_keeps_nothing_half() {
    let bucket = Bucket::start().await;
    let desk = Desk::with(bucket.options("another secret")).await;
    let slot = desk.slot(AccountId::generate(), 5).await;

    let health = desk.service.check().await;
    let refused = desk.service.receive(token(&slot.url), in_pieces("hello".into())).await;

    assert_eq!(health, Health::Degraded("the file store does not take files".to_owned()));
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    let attached = desk.service.attach(AccountId::generate(), &[slot.id], "msg_1").await;
    assert!(attached.expect("the database answers").is_err());
}
