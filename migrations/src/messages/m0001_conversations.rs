//! Creates conversations, their members and their messages.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "messages_0001_conversations"
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE conversations (id id_text NOT NULL PRIMARY KEY, is_direct boolean NOT NULL, \
     title text, subject_id id_text, unique_key id_text UNIQUE, \
     last_sequence bigint NOT NULL CHECK (last_sequence >= 0), created_at bigint NOT NULL, \
     updated_at bigint NOT NULL)",
    "CREATE INDEX conversations_subject ON conversations (subject_id, updated_at, id)",
    "CREATE TABLE conversation_members ( \
     conversation_id id_text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE, \
     user_id id_text NOT NULL, read_sequence bigint NOT NULL, delivered_sequence bigint NOT NULL, \
     is_muted boolean NOT NULL, joined_at bigint NOT NULL, left_at bigint, \
     CHECK (read_sequence >= 0 AND read_sequence <= delivered_sequence), \
     PRIMARY KEY (conversation_id, user_id))",
    "CREATE INDEX conversation_members_user ON conversation_members (user_id, conversation_id)",
    "CREATE TABLE messages (id id_text NOT NULL PRIMARY KEY, \
     conversation_id id_text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE, \
     sequence bigint NOT NULL, sender_id id_text NOT NULL, client_id id_text NOT NULL, \
     fingerprint id_text, body text NOT NULL, state id_text NOT NULL, reply_to_id id_text, \
     sent_at bigint NOT NULL, edited_at bigint, \
     UNIQUE (conversation_id, sequence), UNIQUE (sender_id, client_id))",
    "CREATE INDEX messages_sender ON messages (conversation_id, sender_id, sequence)",
    "CREATE TABLE message_attachments ( \
     message_id id_text NOT NULL REFERENCES messages (id) ON DELETE CASCADE, \
     position integer NOT NULL, upload_id id_text NOT NULL, name text NOT NULL, \
     media_type text NOT NULL, size bigint NOT NULL, PRIMARY KEY (message_id, position))",
    "CREATE TABLE message_reactions ( \
     message_id id_text NOT NULL REFERENCES messages (id) ON DELETE CASCADE, \
     emoji id_text NOT NULL, user_id id_text NOT NULL, at bigint NOT NULL, \
     PRIMARY KEY (message_id, emoji, user_id))",
];

const DROPS: &[&str] = &[
    "DROP TABLE message_reactions",
    "DROP TABLE message_attachments",
    "DROP TABLE messages",
    "DROP TABLE conversation_members",
    "DROP TABLE conversations",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROPS).await
    }
}
