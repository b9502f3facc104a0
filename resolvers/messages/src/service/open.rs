//! Opening a conversation, or finding the one that is meant.

use std::collections::BTreeSet;

use entities::{
    ids::{ConversationId, Id as _, ProductId, UserId},
    messages::{block, conversation, member},
};
use kit::{
    DateTime, Outcome, Result, UserError, Viewer,
    facts::ConversationOpened,
    ports::Offers,
    refuse,
    text::{self, fingerprint},
};
use sea_orm::{DatabaseTransaction, EntityTrait as _};

use super::{Service, blocked, tell};

const MAX_MEMBERS: usize = 50;
const MAX_TITLE: usize = 100;

/// A conversation that somebody wants to open.
pub(crate) struct Opening {
    pub(crate) members: Vec<UserId>,
    /// The id of what it is to be about.
    pub(crate) subject: Option<String>,
    pub(crate) title: Option<String>,
}

/// A conversation to write, with all who are in it.
#[derive(Clone)]
struct Open {
    row: conversation::Model,
    asker: UserId,
    members: BTreeSet<UserId>,
}

impl Service {
    /// Opens a conversation between the viewer and others, or finds it.
    pub(crate) async fn open_conversation(
        &self,
        viewer: &Viewer,
        opening: Opening,
    ) -> Result<Outcome<ConversationId>> {
        let asker = viewer.require_user()?;
        let title = opening.title.as_deref().map(text::plain_line);
        let wrong = wrong(&opening, title.as_deref());
        if !wrong.is_empty() {
            return Ok(Err(wrong));
        }
        let mut members: BTreeSet<UserId> = opening.members.iter().copied().collect();
        if let Some(subject) = &opening.subject {
            let Some(owner) = self.owner_of(viewer, subject).await? else {
                return Ok(Err(vec![UserError::not_found("subjectId", "subject")]));
            };
            members.insert(owner);
        }
        members.insert(asker);
        if members.len() < 2 {
            let wrong = UserError::invalid("memberIds", "name somebody else");
            return Ok(Err(vec![wrong]));
        }
        if members.len() > MAX_MEMBERS {
            return Ok(Err(vec![too_many()]));
        }
        let unknown = self.unknown(&opening.members, asker).await?;
        if !unknown.is_empty() {
            return Ok(Err(unknown));
        }
        let open = Open::new(asker, members, opening.subject, title, self.clock.now());
        self.db
            .change(move |transaction| {
                let open = open.clone();
                Box::pin(async move { open.run(transaction).await })
            })
            .await
    }

    /// Who answers questions about a subject, if the viewer may see it.
    async fn owner_of(&self, viewer: &Viewer, subject: &str) -> Result<Option<UserId>> {
        let Ok(product) = subject.parse::<ProductId>() else {
            return Ok(None);
        };
        let offers = self.ports.get::<dyn Offers>();
        let Ok(offers) = offers else {
            // Without products nothing can be asked about one.
            return Ok(None);
        };
        match offers.seller_of(viewer, product).await? {
            Some(seller) => self.people.owner_of(seller).await,
            None => Ok(None),
        }
    }

    /// A failure for each of these who has no account.
    async fn unknown(&self, named: &[UserId], asker: UserId) -> Result<Vec<UserError>> {
        let known = self.people.contacts(named).await?;
        let unknown =
            named.iter().enumerate().filter(|(_, id)| **id != asker && !known.contains_key(*id));
        Ok(unknown
            .map(|(index, _)| UserError::not_found(&format!("memberIds.{index}"), "user"))
            .collect())
    }
}

fn too_many() -> UserError {
    UserError::invalid("memberIds", format!("at most {MAX_MEMBERS} members"))
}

fn wrong(opening: &Opening, title: Option<&str>) -> Vec<UserError> {
    let mut wrong = Vec::new();
    if opening.members.len() > MAX_MEMBERS {
        wrong.push(too_many());
    }
    if let Some(title) = title {
        wrong.extend(text::length("title", title, 1, MAX_TITLE));
        if opening.subject.is_some() {
            let message = "a conversation about something has no title";
            wrong.push(UserError::invalid("title", message));
        }
    }
    wrong
}

/// What makes two openings mean the same conversation; `None` when each is a new
/// one.
pub(crate) fn unique_key(
    subject: Option<&str>,
    title: Option<&str>,
    asker: UserId,
    members: &BTreeSet<UserId>,
) -> Option<String> {
    match (subject, title) {
        (Some(subject), _) => Some(fingerprint(&(subject, asker, members))),
        (None, None) if members.len() == 2 => Some(fingerprint(members)),
        _ => None,
    }
}

impl Open {
    fn new(
        asker: UserId,
        members: BTreeSet<UserId>,
        subject_id: Option<String>,
        title: Option<String>,
        now: DateTime,
    ) -> Self {
        let row = conversation::Model {
            id: ConversationId::generate(),
            is_direct: members.len() == 2,
            unique_key: unique_key(subject_id.as_deref(), title.as_deref(), asker, &members),
            title,
            subject_id,
            last_sequence: 0,
            created_at: now,
            updated_at: now,
        };
        Self { row, asker, members }
    }

    async fn run(self, transaction: &DatabaseTransaction) -> Result<ConversationId> {
        let Self { row, asker, members } = self;
        if let Some(key) = &row.unique_key
            && let Some(open) = conversation::with_key(transaction, key).await?
        {
            return Ok(open);
        }
        let others: Vec<UserId> = members.iter().copied().filter(|member| *member != asker).collect();
        if block::exists(transaction, asker, &others).await? {
            return Err(refuse(blocked("memberIds")));
        }
        let (id, now, key) = (row.id, row.created_at, row.unique_key.clone());
        if !conversation::insert_unless_open(transaction, row).await? {
            // Somebody was faster. Only a conversation with a key can be there.
            let key = key.unwrap_or_default();
            let open = conversation::with_key(transaction, &key).await?;
            return open.ok_or_else(|| kit::Error::internal("the conversation is gone"));
        }
        let rows = members.iter().map(|member| {
            member::ActiveModel::from(member::Model {
                conversation_id: id,
                user_id: *member,
                read_sequence: 0,
                delivered_sequence: 0,
                is_muted: false,
                joined_at: now,
                left_at: None,
            })
        });
        member::Entity::insert_many(rows).exec_without_returning(transaction).await?;
        let members = members.into_iter().collect();
        tell(transaction, &ConversationOpened { conversation_id: id, members }, now).await?;
        Ok(id)
    }
}
