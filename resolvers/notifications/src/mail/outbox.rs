//! The outbox: mails as `.eml` files, which any mail program opens.

use std::path::PathBuf;

use super::{Mailer, Outcome};
use crate::files;

/// Writes mails into a folder.
pub(super) struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }
}

#[async_trait::async_trait]
impl Mailer for Outbox {
    async fn send(&self, mail: &lettre::Message, id: &str) -> Outcome {
        // The same mail is the same file.
        files::write(&self.folder, &format!("{id}.eml"), mail.formatted()).await
    }

    async fn forget(&self, id: &str) {
        files::remove(&self.folder, &format!("{id}.eml")).await;
    }

    fn is_real(&self) -> bool {
        false
    }

    fn problem(&self) -> Option<String> {
        None
    }
}
