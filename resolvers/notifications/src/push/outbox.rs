//! The outbox: pushes as `.json` files.

use std::path::PathBuf;

use super::{Push, PushSender};
use crate::{files, mail::Outcome};

/// Writes pushes into a folder.
pub(super) struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }
}

#[async_trait::async_trait]
impl PushSender for Outbox {
    async fn send(&self, push: &Push) -> Outcome {
        let content = serde_json::to_vec_pretty(push).expect("a push is plain data");
        // The same push is the same file.
        files::write(&self.folder, &format!("{}.json", push.id), content).await
    }

    async fn forget(&self, id: &str) {
        files::remove(&self.folder, &format!("{id}.json")).await;
    }

    fn problem(&self) -> Option<String> {
        None
    }
}
