//! Files of messages, kept by the module that stores uploads.

use std::sync::Arc;

use ::subscriptions::{Event, Fact as _, Handler, HandlerError, Kinds};
use entities::ids::{AccountId, MessageId, UploadId};
use kit::{
    Outcome, Result, Url, UserError, UserErrorCode,
    facts::{MessageChange, MessageChanged},
    ports::{Files, NotAttached, StoredFile},
};

use super::Service;

impl Service {
    fn files(&self) -> Option<Arc<dyn Files>> {
        self.ports.get::<dyn Files>().ok()
    }

    /// Attaches uploads to a message, all or none.
    pub(super) async fn attach(
        &self,
        account: AccountId,
        uploads: &[UploadId],
        message: MessageId,
    ) -> Result<Outcome<Vec<StoredFile>>> {
        if uploads.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let Some(files) = self.files() else {
            let refused = UserError::invalid("input.uploadIds", "files can't be attached here");
            return Ok(Err(vec![refused]));
        };
        let attached = files.attach(account, uploads, &message.to_string()).await?;
        let field = |upload| {
            let index = uploads.iter().position(|asked| *asked == upload).unwrap_or_default();
            format!("input.uploadIds.{index}")
        };
        Ok(attached.map_err(|refused| match refused {
            NotAttached::Unknown(upload) => vec![UserError::not_found(&field(upload), "upload")],
            NotAttached::Taken(upload) => {
                let message = "the upload is attached to something else";
                vec![UserError::new(UserErrorCode::Taken, &field(upload), message)]
            }
        }))
    }

    /// Lets the files of a message go.
    pub(super) async fn release(&self, message: MessageId) -> Result<()> {
        match self.files() {
            Some(files) => files.release(&message.to_string()).await,
            None => Ok(()),
        }
    }

    /// Where a file can be read for a while; `None` while nobody can tell.
    pub(crate) async fn url(&self, file: &StoredFile) -> Option<Url> {
        let url = self.files()?.url(file).await;
        url.inspect_err(|error| tracing::warn!(%error, "a file has no address")).ok()
    }
}

/// Lets the files of deleted and hidden messages go. It is safe to repeat.
pub(crate) struct ReleaseFiles(pub(crate) Arc<Service>);

#[async_trait::async_trait]
impl Handler for ReleaseFiles {
    fn name(&self) -> &'static str {
        "messages.release-files"
    }

    fn kinds(&self) -> Kinds {
        Kinds::of([MessageChanged::KIND])
    }

    async fn handle(&self, event: &Event) -> Result<(), HandlerError> {
        match event.read::<MessageChanged>() {
            Some(MessageChanged {
                message_id,
                change: MessageChange::Deleted | MessageChange::Hidden,
                ..
            }) => Ok(self.0.release(message_id).await?),
            _ => Ok(()),
        }
    }
}
