//! Reactions: one a user and emoji.

use entities::{
    ids::MessageId,
    messages::{message::State, reaction},
};
use kit::{Outcome, Result, UserError, UserErrorCode, Viewer, facts::MessageChange, refuse};

use super::{
    Service,
    changes::{changed, gone},
    emoji::is_emoji,
    lock_open, tell,
};

/// Different emojis of one message.
const MAX_KINDS: u64 = 20;

impl Service {
    /// Adds a reaction of the viewer, or takes it back; doing it again changes
    /// nothing.
    pub(crate) async fn react(
        &self,
        viewer: &Viewer,
        id: MessageId,
        emoji: &str,
        is_on: bool,
    ) -> Result<Outcome<MessageId>> {
        let user_id = viewer.require_user()?;
        if !is_emoji(emoji) {
            return Ok(Err(vec![UserError::invalid("emoji", "must be one emoji")]));
        }
        let now = self.clock.now();
        let row = reaction::Model { message_id: id, emoji: emoji.to_owned(), user_id, at: now };
        self.db
            .change(move |transaction| {
                let row = row.clone();
                Box::pin(async move {
                    let message = lock_open(transaction, user_id, id).await?;
                    if message.state != State::Visible {
                        return Err(refuse(gone()));
                    }
                    let has_changed = if is_on {
                        let others = reaction::count_others(transaction, id, &row.emoji).await?;
                        if others >= MAX_KINDS {
                            let message = format!("at most {MAX_KINDS} different emojis");
                            let code = UserErrorCode::LimitExceeded;
                            return Err(refuse(UserError::new(code, "emoji", message)));
                        }
                        reaction::insert(transaction, row).await?
                    } else {
                        reaction::delete(transaction, row).await?
                    };
                    if has_changed {
                        let fact = changed(&message, MessageChange::Reacted);
                        tell(transaction, &fact, now).await?;
                    }
                    Ok(id)
                })
            })
            .await
    }
}
