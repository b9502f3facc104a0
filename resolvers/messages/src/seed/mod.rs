//! Demo data: buyers ask sellers about their products, and some buyers talk
//! among themselves. The same on every machine and in every run.

mod words;

use std::{collections::BTreeSet, sync::Arc};

use entities::{
    ids::{ConversationId, MessageId, ProductId, UserId},
    messages::{
        conversation, member,
        message::{self, State},
        reaction,
    },
};
use kit::{
    Database, DateTime, Result,
    seed::{Choices, Progress, Scale, TODAY, id, insert},
};
use sea_orm::{DatabaseTransaction, EntityTrait as _};

use self::words::{ANSWERS, EMOJIS, FOLLOW_UPS, GROUPS, QUESTIONS};
use crate::service::unique_key;

const MINUTE: i64 = 60 * 1_000;
const DAY: u64 = 24 * 60;
/// Buyers come after the sellers; the last ones of scale 1 are staff.
const BUYERS: u32 = 150;

/// The rows of the demo data.
#[derive(Debug, Clone, PartialEq, Default)]
struct Rows {
    conversations: Vec<conversation::Model>,
    members: Vec<member::Model>,
    messages: Vec<message::Model>,
    reactions: Vec<reaction::Model>,
}

/// One conversation in the making.
struct Talk {
    choices: Choices,
    subject: Option<ProductId>,
    title: Option<&'static str>,
    /// The asker first.
    members: Vec<UserId>,
}

/// Adds conversations: one about each of `products`, with its seller's owner,
/// and a few groups. What is there already stays.
///
/// # Errors
/// When the database fails; then nothing was added.
pub async fn seed(
    db: &Database,
    scale: Scale,
    products: &[(ProductId, UserId)],
    progress: Progress<'_>,
) -> Result<()> {
    let rows = Arc::new(rows(scale, products));
    let total = rows.messages.len() as u64;
    progress("messages", 0, total);
    db.transaction(move |transaction| {
        let rows = rows.clone();
        Box::pin(async move { write(transaction, &rows).await })
    })
    .await?;
    progress("messages", total, total);
    Ok(())
}

async fn write(transaction: &DatabaseTransaction, rows: &Rows) -> Result<()> {
    let first = rows.conversations.first().map(|row| row.id);
    if let Some(first) = first
        && conversation::Entity::find_by_id(first).one(transaction).await?.is_some()
    {
        return Ok(());
    }
    insert::<conversation::ActiveModel, _>(transaction, &rows.conversations).await?;
    insert::<member::ActiveModel, _>(transaction, &rows.members).await?;
    insert::<message::ActiveModel, _>(transaction, &rows.messages).await?;
    insert::<reaction::ActiveModel, _>(transaction, &rows.reactions).await
}

fn rows(scale: Scale, products: &[(ProductId, UserId)]) -> Rows {
    let mut rows = Rows::default();
    for (index, (product, owner)) in (0..).zip(products) {
        let mut choices = Choices::new("conversations", index);
        let asker = buyer(scale, &mut choices);
        let members = vec![asker, *owner];
        rows.add(index, Talk { choices, subject: Some(*product), title: None, members });
    }
    let first = u32::try_from(products.len()).unwrap_or(u32::MAX);
    for (nth, title) in (0..).zip(GROUPS) {
        let mut choices = Choices::new("groups", nth);
        let mut members = Vec::new();
        while members.len() < 4 {
            let member = buyer(scale, &mut choices);
            if !members.contains(&member) {
                members.push(member);
            }
        }
        rows.add(first + nth, Talk { choices, subject: None, title: Some(*title), members });
    }
    rows
}

fn buyer(scale: Scale, choices: &mut Choices) -> UserId {
    let nth = u32::try_from(choices.below(BUYERS.into())).unwrap_or(0);
    id(scale.sellers().min(Scale(1).sellers()) + nth)
}

impl Rows {
    fn add(&mut self, index: u32, mut talk: Talk) {
        let conversation_id: ConversationId = id(index);
        let choices = &mut talk.choices;
        let opened = TODAY.plus(-minutes(choices, 30 * DAY) - 2 * 60 * MINUTE);
        let count = 2 + i64::try_from(choices.below(5)).unwrap_or(0);
        let mut at = opened;
        for sequence in 1..=count {
            at = at.plus(MINUTE + minutes(choices, 20));
            let turn = usize::try_from(sequence - 1).unwrap_or(0);
            let sender_id = talk.members[turn % talk.members.len()];
            let body = match (turn, talk.subject.is_some()) {
                (0, true) => choices.of(QUESTIONS),
                (1, true) => choices.of(ANSWERS),
                _ => choices.of(FOLLOW_UPS),
            };
            self.say(conversation_id, sequence, sender_id, body, at);
            if choices.chance(20) {
                let reader = talk.members[(turn + 1) % talk.members.len()];
                let emoji: &&str = choices.of(EMOJIS);
                self.react(emoji, reader, at);
            }
        }
        for (place, user_id) in talk.members.iter().enumerate() {
            // Whoever wrote last has seen everything before it.
            let is_behind = place != 0 && choices.chance(40);
            let read_sequence = if is_behind { count - 2 } else { count };
            self.members.push(member::Model {
                conversation_id,
                user_id: *user_id,
                read_sequence,
                delivered_sequence: read_sequence,
                is_muted: choices.chance(5),
                joined_at: opened,
                left_at: None,
            });
        }
        let members: BTreeSet<UserId> = talk.members.iter().copied().collect();
        let subject_id = talk.subject.map(|product| product.to_string());
        let title = talk.title.map(str::to_owned);
        self.conversations.push(conversation::Model {
            id: conversation_id,
            is_direct: members.len() == 2,
            unique_key: unique_key(subject_id.as_deref(), title.as_deref(), talk.members[0], &members),
            title,
            subject_id,
            last_sequence: count,
            created_at: opened,
            updated_at: at,
        });
    }

    fn say(
        &mut self,
        conversation_id: ConversationId,
        sequence: i64,
        sender_id: UserId,
        body: &str,
        at: DateTime,
    ) {
        let nth = u32::try_from(self.messages.len()).unwrap_or(u32::MAX);
        self.messages.push(message::Model {
            id: id::<MessageId>(nth),
            conversation_id,
            sequence,
            sender_id,
            client_id: format!("demo-{nth}"),
            fingerprint: None,
            body: body.to_owned(),
            state: State::Visible,
            reply_to_id: None,
            sent_at: at,
            edited_at: None,
        });
    }

    /// A reaction to the last message.
    fn react(&mut self, emoji: &str, user_id: UserId, at: DateTime) {
        if let Some(message) = self.messages.last() {
            let (message_id, emoji) = (message.id, emoji.to_owned());
            self.reactions.push(reaction::Model { message_id, emoji, user_id, at: at.plus(MINUTE) });
        }
    }
}

fn minutes(choices: &mut Choices, below: u64) -> i64 {
    i64::try_from(choices.below(below)).unwrap_or(0) * MINUTE
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn numbers_are_dense_and_nobody_has_read_further() {
        let products: Vec<(ProductId, UserId)> =
            (0..100).map(|index| (id(index), id(index % 40))).collect();
        let rows = rows(Scale(1), &products);

        assert_eq!(rows, super::rows(Scale(1), &products), "the same in every run");
        let mut sequences: HashMap<ConversationId, Vec<i64>> = HashMap::new();
        for message in &rows.messages {
            sequences.entry(message.conversation_id).or_default().push(message.sequence);
        }
        for conversation in &rows.conversations {
            let expected: Vec<i64> = (1..=conversation.last_sequence).collect();
            assert_eq!(sequences[&conversation.id], expected);
        }
        let last: HashMap<ConversationId, i64> =
            rows.conversations.iter().map(|row| (row.id, row.last_sequence)).collect();
        assert!(rows.members.iter().all(|row| row.read_sequence <= last[&row.conversation_id]));
    }
}
