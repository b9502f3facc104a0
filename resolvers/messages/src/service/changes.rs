//! Editing, deleting and hiding. A text that is gone is gone from the row
//! itself, with everything that was made of it.

use entities::{
    ids::MessageId,
    messages::{
        attachment, member,
        message::{self, State},
        reaction,
    },
};
use kit::{
    Outcome, Result, UserError, UserErrorCode, Viewer,
    facts::{MessageChange, MessageChanged},
    refuse, text,
};
use sea_orm::ActiveValue::Set;

use super::{
    MODERATE, Service, lock_open,
    send::{MAX_BODY, withhold},
    tell,
};

impl Service {
    /// Changes the text of the viewer's own message.
    pub(crate) async fn edit_message(
        &self,
        viewer: &Viewer,
        id: MessageId,
        body: &str,
    ) -> Result<Outcome<MessageId>> {
        let editor = viewer.require_user()?;
        let body = text::plain(body);
        if let Some(wrong) = text::length("body", &body, 1, MAX_BODY) {
            return Ok(Err(vec![wrong]));
        }
        let now = self.clock.now();
        self.db
            .change(move |transaction| {
                let body = body.clone();
                Box::pin(async move {
                    let before = lock_open(transaction, editor, id).await?;
                    if before.sender_id != editor {
                        return Err(refuse(UserError::not_found("id", "message")));
                    }
                    if before.state != State::Visible {
                        return Err(refuse(gone()));
                    }
                    if before.body == body {
                        return Ok(id);
                    }
                    let change = message::ActiveModel {
                        body: Set(body),
                        edited_at: Set(Some(now)),
                        ..message::ActiveModel::default()
                    };
                    message::update(transaction, id, change).await?;
                    // A new text is a new word: not for who has a block with its sender now.
                    let hearers = member::hearers(transaction, before.conversation_id, editor);
                    let deaf: Vec<_> =
                        hearers.await?.into_iter().filter(|hearer| hearer.is_blocked).collect();
                    withhold(transaction, before.conversation_id, before.sequence, &deaf).await?;
                    tell(transaction, &changed(&before, MessageChange::Edited), now).await?;
                    Ok(id)
                })
            })
            .await
    }

    /// Deletes the viewer's own message, or hides somebody else's as a
    /// moderator. One that is gone stays as it is.
    pub(crate) async fn delete_message(
        &self,
        viewer: &Viewer,
        id: MessageId,
    ) -> Result<Outcome<MessageId>> {
        let (user, may_hide) = (viewer.require_user()?, viewer.may(MODERATE));
        let now = self.clock.now();
        self.db
            .change(move |transaction| {
                Box::pin(async move {
                    let before = message::lock(transaction, id).await?;
                    let before = before.filter(|before| before.sender_id == user || may_hide);
                    let Some(before) = before else {
                        return Err(refuse(UserError::not_found("id", "message")));
                    };
                    if before.state != State::Visible {
                        return Ok(id);
                    }
                    let (state, change) = match before.sender_id == user {
                        true => (State::Deleted, MessageChange::Deleted),
                        false => (State::HiddenByModeration, MessageChange::Hidden),
                    };
                    let emptied = message::ActiveModel {
                        body: Set(String::new()),
                        fingerprint: Set(None),
                        state: Set(state),
                        ..message::ActiveModel::default()
                    };
                    message::update(transaction, id, emptied).await?;
                    attachment::delete(transaction, id).await?;
                    reaction::delete_all(transaction, id).await?;
                    tell(transaction, &changed(&before, change), now).await?;
                    Ok(id)
                })
            })
            .await
    }
}

/// The message can be read no more.
pub(super) fn gone() -> UserError {
    UserError::new(UserErrorCode::ForbiddenTransition, "id", "the message is gone")
}

pub(super) fn changed(message: &message::Model, change: MessageChange) -> MessageChanged {
    MessageChanged { message_id: message.id, conversation_id: message.conversation_id, change }
}
