//! Sending: numbered without a gap, and once however often it is tried.

use std::{collections::HashSet, sync::Arc};

use entities::{
    ids::{ConversationId, Id as _, MessageId, UploadId, UserId},
    messages::{
        attachment, conversation,
        member::{self, Hearer},
        message::{self, State},
        withheld,
    },
};
use kit::{
    DateTime, Outcome, Result, UserError, UserErrorCode, Viewer,
    facts::MessageSent,
    ports::StoredFile,
    refuse,
    text::{self, fingerprint},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde::Serialize;
use ulid::Ulid;

use super::{Service, blocked, tell};

/// Characters of a message's text.
pub(super) const MAX_BODY: usize = 10_000;
const MAX_CLIENT_ID: usize = 100;
const MAX_FILES: usize = 10;

/// A message that somebody wants to send.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Draft {
    pub(crate) conversation: ConversationId,
    pub(crate) body: String,
    pub(crate) client_id: String,
    pub(crate) uploads: Vec<UploadId>,
    pub(crate) reply_to: Option<MessageId>,
}

/// A message to write, with its files.
struct Send {
    row: message::Model,
    files: Vec<StoredFile>,
}

impl Service {
    /// Sends a message; one that was sent already is answered as it is now.
    pub(crate) async fn send_message(
        &self,
        viewer: &Viewer,
        draft: Draft,
    ) -> Result<Outcome<MessageId>> {
        let (sender, account) = (viewer.require_user()?, viewer.require_account()?);
        let wrong = draft.wrong();
        if !wrong.is_empty() {
            return Ok(Err(wrong));
        }
        let row = draft.row(sender, self.clock.now());
        if let Some(sent) = message::sent_as(self.db.read(), sender, &draft.client_id).await? {
            return Ok(resent(&row, &sent).map_err(|mismatch| vec![mismatch]));
        }
        let id = row.id;
        let files = match self.attach(account, &draft.uploads, id).await? {
            Ok(files) => files,
            Err(refused) => return Ok(Err(refused)),
        };
        let has_files = !files.is_empty();
        let send = Arc::new(Send { row, files });
        let outcome = self
            .db
            .change(move |transaction| {
                let send = send.clone();
                Box::pin(async move { send.run(transaction).await })
            })
            .await?;
        if outcome.is_err() && has_files {
            // A resend of the same message may have succeeded meanwhile.
            if message::place(self.db.write(), id).await?.is_none() {
                self.release(id).await?;
            }
        }
        Ok(outcome)
    }
}

impl Draft {
    fn wrong(&self) -> Vec<UserError> {
        let mut wrong = Vec::new();
        let least = usize::from(self.uploads.is_empty());
        wrong.extend(text::length("input.body", &text::plain(&self.body), least, MAX_BODY));
        wrong.extend(text::length("input.clientId", &self.client_id, 1, MAX_CLIENT_ID));
        if self.client_id.contains(char::is_control) {
            wrong.push(UserError::invalid("input.clientId", "must have no control characters"));
        }
        let distinct: HashSet<&UploadId> = self.uploads.iter().collect();
        if self.uploads.len() > MAX_FILES || distinct.len() < self.uploads.len() {
            let message = format!("at most {MAX_FILES} files, each once");
            wrong.push(UserError::invalid("input.uploadIds", message));
        }
        wrong
    }

    fn row(&self, sender: UserId, now: DateTime) -> message::Model {
        message::Model {
            id: id_of(sender, &self.client_id),
            conversation_id: self.conversation,
            sequence: 0,
            sender_id: sender,
            client_id: self.client_id.clone(),
            fingerprint: Some(fingerprint(self)),
            body: text::plain(&self.body),
            state: State::Visible,
            reply_to_id: self.reply_to,
            sent_at: now,
            edited_at: None,
        }
    }
}

/// The id of what a sender's device calls so: a resend, even after a crash, is
/// the same message, and its files are attached to the same thing.
fn id_of(sender: UserId, client_id: &str) -> MessageId {
    let hash = fingerprint(&(sender, client_id));
    let bits = u128::from_str_radix(&hash[..32], 16).expect("hexadecimal digits");
    MessageId::from_ulid(Ulid::from(bits))
}

/// The message that was sent before under the same name, if it is this one.
fn resent(row: &message::Model, sent: &message::Model) -> Result<MessageId, UserError> {
    // A deleted message has no fingerprint to hold against.
    let is_same = sent.conversation_id == row.conversation_id
        && (sent.fingerprint.is_none() || sent.fingerprint == row.fingerprint);
    if is_same { Ok(sent.id) } else { Err(mismatch()) }
}

fn mismatch() -> UserError {
    let message = "this clientId came with another message before";
    UserError::new(UserErrorCode::IdempotencyMismatch, "input.clientId", message)
}

impl Send {
    async fn run(&self, transaction: &DatabaseTransaction) -> Result<MessageId> {
        let (sender, now) = (self.row.sender_id, self.row.sent_at);
        let place = conversation::lock(transaction, sender, self.row.conversation_id).await?;
        let Some(place) = place else {
            return Err(refuse(UserError::not_found("input.conversationId", "conversation")));
        };
        // Who was faster has written under the same lock.
        if let Some(sent) = message::sent_as(transaction, sender, &self.row.client_id).await? {
            return resent(&self.row, &sent).map_err(refuse);
        }
        let hearers = member::hearers(transaction, place.id, sender).await?;
        let (deaf, hearers): (Vec<Hearer>, Vec<Hearer>) =
            hearers.into_iter().partition(|hearer| hearer.is_blocked);
        if place.is_direct && !deaf.is_empty() {
            return Err(refuse(blocked("input.conversationId")));
        }
        if let Some(answered) = self.row.reply_to_id {
            let answered = message::by_ids(transaction, sender, &[answered]).await?.pop();
            if answered.is_none_or(|answered| answered.conversation_id != place.id) {
                return Err(refuse(UserError::not_found("input.replyToId", "message")));
            }
        }
        let sequence = conversation::next_sequence(transaction, place.id, now).await?;
        let row = message::Model { sequence, ..self.row.clone() };
        if !message::insert_unless_sent(transaction, row).await? {
            // Only in another conversation could it have been sent meanwhile.
            return Err(refuse(mismatch()));
        }
        attachment::insert(transaction, self.attachments()).await?;
        withhold(transaction, place.id, sequence, &deaf).await?;
        let is_told = |hearer: &&Hearer| !hearer.is_muted;
        let fact = MessageSent {
            message_id: self.row.id,
            conversation_id: place.id,
            sequence,
            sender_id: sender,
            recipients: hearers.iter().filter(is_told).map(|hearer| hearer.user_id).collect(),
        };
        tell(transaction, &fact, now).await?;
        Ok(self.row.id)
    }

    fn attachments(&self) -> Vec<attachment::Model> {
        let file = |(position, file): (i32, &StoredFile)| attachment::Model {
            message_id: self.row.id,
            position,
            upload_id: file.id,
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            size: file.size,
        };
        (0..).zip(&self.files).map(file).collect()
    }
}

/// Keeps a message from these members for good.
pub(super) async fn withhold(
    transaction: &impl ConnectionTrait,
    conversation_id: ConversationId,
    sequence: i64,
    deaf: &[Hearer],
) -> Result<()> {
    let row = |hearer: &Hearer| withheld::Model { conversation_id, user_id: hearer.user_id, sequence };
    Ok(withheld::insert(transaction, deaf.iter().map(row).collect()).await?)
}
