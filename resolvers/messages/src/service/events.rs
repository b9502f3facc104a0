//! What a member is told of what happens in their conversations: as of now, and
//! nothing that they may not see now.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use ::subscriptions::{Event, Fact as _, Kinds};
use entities::{
    ids::{ConversationId, MessageId, UserId},
    messages::{conversation, list, member, message},
};
use kit::{
    DateTime, Result,
    facts::{ConversationOpened, ConversationRead, ConversationTyping, MessageChanged, MessageSent},
};

use super::{Service, is_between};

/// Something that happened in a conversation of the viewer.
pub(crate) struct Happened {
    pub(crate) conversation: Arc<conversation::Row>,
    pub(crate) what: What,
}

/// What happened.
pub(crate) enum What {
    Sent(Arc<message::Model>),
    Changed(Arc<message::Model>),
    Read { user: UserId, sequence: i64 },
    Typing { user: UserId, until: DateTime },
}

/// Somebody who watches one conversation, or all that they are in.
pub(crate) struct Watcher {
    service: Arc<Service>,
    viewer: UserId,
    /// The conversations that the viewer was in at some time while watching
    /// all: others' events cost no look into the database. Whether the viewer
    /// is in it now is read for every event.
    candidates: Option<Mutex<HashSet<ConversationId>>>,
}

impl Watcher {
    /// Watches one conversation.
    pub(crate) const fn of_one(service: Arc<Service>, viewer: UserId) -> Self {
        Self { service, viewer, candidates: None }
    }

    /// Watches all conversations, also those that are opened later.
    pub(crate) fn of_all(service: Arc<Service>, viewer: UserId) -> Self {
        Self { service, viewer, candidates: Some(Mutex::default()) }
    }

    /// The kinds of events to follow.
    pub(crate) fn kinds(&self) -> Kinds {
        let kinds =
            [MessageSent::KIND, MessageChanged::KIND, ConversationRead::KIND, ConversationTyping::KIND];
        let opened = self.candidates.is_some().then_some(ConversationOpened::KIND);
        Kinds::of(kinds.into_iter().chain(opened))
    }

    /// Reads which conversations the viewer is in. Call it after the log is
    /// listened to: what is opened meanwhile comes as an event.
    pub(crate) async fn learn(&self) -> Result<()> {
        if self.candidates.is_some() {
            let ids = list::ids(self.service.db.read(), self.viewer).await?;
            self.add(ids);
        }
        Ok(())
    }

    fn add(&self, ids: impl IntoIterator<Item = ConversationId>) {
        if let Some(candidates) = &self.candidates {
            candidates.lock().expect("no code panics while it holds this lock").extend(ids);
        }
    }

    fn is_candidate(&self, id: ConversationId) -> bool {
        self.candidates.as_ref().is_none_or(|candidates| {
            candidates.lock().expect("no code panics while it holds this lock").contains(&id)
        })
    }

    /// What the viewer is told of an event; `None` when it is not for them.
    pub(crate) async fn seen(&self, event: &Event) -> Result<Option<Happened>> {
        if let Some(opened) = event.read::<ConversationOpened>() {
            if opened.members.contains(&self.viewer) {
                self.add([opened.conversation_id]);
            }
            return Ok(None);
        }
        let Ok(id) = event.subject.parse::<ConversationId>() else {
            return Ok(None);
        };
        if !self.is_candidate(id) {
            return Ok(None);
        }
        let Some(conversation) = self.service.conversation(self.viewer, id).await? else {
            return Ok(None);
        };
        let what = self.what(event, &conversation).await?;
        Ok(what.map(|what| Happened { conversation, what }))
    }

    async fn what(&self, event: &Event, place: &conversation::Row) -> Result<Option<What>> {
        if let Some(sent) = event.read::<MessageSent>() {
            let message = self.message(sent.message_id).await?;
            if let Some(message) = &message
                && message.sender_id != self.viewer
                && message.sequence > place.delivered_sequence
            {
                self.service.deliveries.note(place.id, self.viewer, message.sequence);
            }
            return Ok(message.map(What::Sent));
        }
        if let Some(changed) = event.read::<MessageChanged>() {
            return Ok(self.message(changed.message_id).await?.map(What::Changed));
        }
        if let Some(ConversationRead { user_id: user, .. }) = event.read::<ConversationRead>() {
            if self.is_blocked(user).await? {
                return Ok(None);
            }
            // As of now: the log may have two steps of one reader the other way round.
            let sequence = member::read_sequence(self.service.db.read(), place.id, user).await?;
            return Ok(sequence.map(|sequence| What::Read { user, sequence }));
        }
        let Some(typing) = event.read::<ConversationTyping>() else {
            return Ok(None);
        };
        let ConversationTyping { user_id: user, until, .. } = typing;
        let is_over = until <= self.service.clock.now();
        if user == self.viewer || is_over || self.is_blocked(user).await? {
            return Ok(None);
        }
        Ok(Some(What::Typing { user, until }))
    }

    async fn message(&self, id: MessageId) -> Result<Option<Arc<message::Model>>> {
        let message = message::by_ids(self.service.db.read(), self.viewer, &[id]).await?.pop();
        match message {
            Some(message) if !self.is_blocked(message.sender_id).await? => Ok(Some(message)),
            _ => Ok(None),
        }
    }

    async fn is_blocked(&self, other: UserId) -> Result<bool> {
        is_between(self.service.db.read(), self.viewer, other).await
    }
}
