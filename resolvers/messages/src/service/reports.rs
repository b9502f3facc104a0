//! Reports: members ask moderators to look at a message.

use entities::{
    ids::MessageId,
    messages::{message, report},
};
use kit::{Error, PageArgs, Result, Viewer, facts::MessageReported, text};

use sea_orm::{EntityTrait as _, PaginatorTrait as _};

use super::{Service, tell};

const MAX_REASON: usize = 1_000;

impl Service {
    /// Reports a message, once a reporter; false when the viewer sees none.
    pub(crate) async fn report(
        &self,
        viewer: &Viewer,
        message_id: MessageId,
        reason: &str,
    ) -> Result<bool> {
        let reporter_id = viewer.require_user()?;
        let reason = text::plain(reason);
        if text::length("reason", &reason, 1, MAX_REASON).is_some() {
            let message = format!("reason must have 1 to {MAX_REASON} characters");
            return Err(Error::BadInput(message.into()));
        }
        let now = self.clock.now();
        let row = report::Model { message_id, reporter_id, reason, at: now };
        self.db
            .transaction(move |transaction| {
                let row = row.clone();
                Box::pin(async move {
                    let seen = message::by_ids(transaction, reporter_id, &[message_id]).await?.pop();
                    let Some(message) = seen else {
                        return Ok(false);
                    };
                    if report::insert(transaction, row).await? {
                        let conversation_id = message.conversation_id;
                        let fact = MessageReported { message_id, conversation_id, reporter_id };
                        tell(transaction, &fact, now).await?;
                    }
                    Ok(true)
                })
            })
            .await
    }

    /// A page of all reports, newest first; for moderators only.
    pub(crate) async fn reports(&self, page: &PageArgs<report::Position>) -> Result<Vec<report::Row>> {
        Ok(report::page(self.db.read(), page.rows()).await?)
    }

    /// How many reports there are.
    pub(crate) async fn count_reports(&self) -> Result<i64> {
        let count = report::Entity::find().count(self.db.read()).await?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }
}
