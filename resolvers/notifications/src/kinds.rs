//! The registry of kinds: everything that accounts are told of stands here.
//!
//! A kind is one entry of [`KINDS`]: its name, where it goes unless an account
//! prefers otherwise, its text in each language, the fact it comes from, and
//! the rule that says from such a fact who is told what. Nothing else decides
//! who gets what.
//!
//! A rule's `key` is what makes a notification one: the same fact, however
//! often it comes, is told once. A kind that stands for several things gives
//! them one key and rising positions (messages of a conversation); the others
//! leave the position at 0.

use async_graphql::{ScalarType as _, Value};
use kit::{
    DateTime,
    facts::{
        AccountCreated, AccountErased, ConfirmationRequested, ConversationRead, DeletionSet, EndReason,
        IdentityLinked, MessageSent, OrderChanged, OrderPaid, OrderState, PaymentChanged, PaymentState,
        ResetRequested, ReviewSaved, SecondFactorChanged, SessionRevoked, SessionStarted,
    },
    ids::{AccountId, SellerId, UserId},
    ports::MailedTokenPurpose,
};
use serde_json::json;
use subscriptions::{Event, Fact as _, Kinds};

use crate::channels::{
    Channel::{self, Email, InApp, Push},
    Channels,
};

/// One kind of notification.
pub(crate) struct Kind {
    /// `thing.happened`; part of the public interface.
    pub(crate) name: &'static str,
    /// What an account that does not want it by mail any more is told it was.
    pub(crate) label: &'static str,
    /// Where it goes unless the account prefers otherwise.
    pub(crate) channels: &'static [Channel],
    /// How its mails are treated.
    pub(crate) mail: Mail,
    /// Title (the first line) and body by language; English must be there.
    pub(crate) texts: &'static [(&'static str, &'static str)],
    /// The secret that its mail brings, if it does.
    pub(crate) token: Option<MailedTokenPurpose>,
    /// The fact it comes from.
    pub(crate) fact: &'static str,
    /// Who is told what of such a fact.
    pub(crate) rule: fn(&Event) -> Option<Told>,
}

/// How the mails of a kind are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mail {
    /// One mail each, at once.
    Single,
    /// One mail for all that is unread, now and then.
    Digest,
    /// One mail each, at once; can't be switched off and goes to addresses that
    /// nobody has confirmed yet.
    Security,
}

/// What a fact gives rise to.
pub(crate) struct Told {
    /// Who is told.
    pub(crate) to: Recipients,
    /// What makes it one.
    pub(crate) key: String,
    /// Who did it.
    pub(crate) actor: Option<UserId>,
    /// The global id of what it is about.
    pub(crate) target: Option<String>,
    /// What else the text says.
    pub(crate) details: serde_json::Value,
    /// How far things under this key are counted.
    pub(crate) position: i64,
}

/// Who is told.
pub(crate) enum Recipients {
    /// These users.
    Users(Vec<UserId>),
    /// Who runs this shop.
    Owner(SellerId),
    /// This account.
    Account(AccountId),
}

/// All kinds, in the order in which preferences list them.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "message.received",
        label: "messages",
        channels: &[InApp, Email, Push],
        mail: Mail::Digest,
        texts: &[("en", include_str!("templates/en/message.received.txt"))],
        token: None,
        fact: MessageSent::KIND,
        rule: message_received,
    },
    Kind {
        name: "review.received",
        label: "reviews of your products",
        channels: &[InApp, Email],
        mail: Mail::Single,
        texts: &[("en", include_str!("templates/en/review.received.txt"))],
        token: None,
        fact: ReviewSaved::KIND,
        rule: review_received,
    },
    Kind {
        name: "review.answered",
        label: "answers to your reviews",
        channels: &[InApp, Email],
        mail: Mail::Single,
        texts: &[("en", include_str!("templates/en/review.answered.txt"))],
        token: None,
        fact: ReviewSaved::KIND,
        rule: review_answered,
    },
    Kind {
        name: "order.placed",
        label: "orders that you placed",
        channels: &[InApp],
        mail: Mail::Single,
        texts: &[("en", include_str!("templates/en/order.placed.txt"))],
        token: None,
        fact: OrderChanged::KIND,
        rule: order_placed,
    },
    Kind {
        name: "order.paid",
        label: "orders that you paid",
        channels: &[InApp, Email],
        mail: Mail::Single,
        texts: &[("en", include_str!("templates/en/order.paid.txt"))],
        token: None,
        fact: OrderPaid::KIND,
        rule: order_paid,
    },
    Kind {
        name: "order.shipped",
        label: "orders that were shipped",
        channels: &[InApp, Email, Push],
        mail: Mail::Single,
        texts: &[("en", include_str!("templates/en/order.shipped.txt"))],
        token: None,
        fact: OrderChanged::KIND,
        rule: order_shipped,
    },
    Kind {
        name: "order.ended",
        label: "orders that were cancelled or expired",
        channels: &[InApp, Email],
        mail: Mail::Single,
        texts: &[("en", include_str!("templates/en/order.ended.txt"))],
        token: None,
        fact: OrderChanged::KIND,
        rule: order_ended,
    },
    Kind {
        name: "order.refunded",
        label: "money that you get back",
        channels: &[InApp, Email],
        mail: Mail::Single,
        texts: &[("en", include_str!("templates/en/order.refunded.txt"))],
        token: None,
        fact: PaymentChanged::KIND,
        rule: order_refunded,
    },
    Kind {
        name: "account.welcome",
        label: "words of welcome",
        channels: &[InApp],
        mail: Mail::Single,
        texts: &[("en", include_str!("templates/en/account.welcome.txt"))],
        token: None,
        fact: AccountCreated::KIND,
        rule: account_welcome,
    },
    Kind {
        name: "session.started",
        label: "new sign-ins",
        channels: &[Email],
        mail: Mail::Security,
        texts: &[("en", include_str!("templates/en/session.started.txt"))],
        token: None,
        fact: SessionStarted::KIND,
        rule: session_started,
    },
    Kind {
        name: "session.reused",
        label: "sessions that were ended for safety",
        channels: &[InApp, Email],
        mail: Mail::Security,
        texts: &[("en", include_str!("templates/en/session.reused.txt"))],
        token: None,
        fact: SessionRevoked::KIND,
        rule: session_reused,
    },
    Kind {
        name: "account.reset",
        label: "new passwords",
        channels: &[Email],
        mail: Mail::Security,
        texts: &[("en", include_str!("templates/en/account.reset.txt"))],
        token: Some(MailedTokenPurpose::ResetPassword),
        fact: ResetRequested::KIND,
        rule: account_reset,
    },
    Kind {
        name: "account.confirm",
        label: "confirmations of your address",
        channels: &[Email],
        mail: Mail::Security,
        texts: &[("en", include_str!("templates/en/account.confirm.txt"))],
        token: Some(MailedTokenPurpose::ConfirmEmail),
        fact: ConfirmationRequested::KIND,
        rule: account_confirm,
    },
    Kind {
        name: "account.deletion",
        label: "the deletion of your account",
        channels: &[InApp, Email],
        mail: Mail::Security,
        texts: &[("en", include_str!("templates/en/account.deletion.txt"))],
        token: None,
        fact: DeletionSet::KIND,
        rule: account_deletion,
    },
    Kind {
        name: "factor.changed",
        label: "your second factors",
        channels: &[Email],
        mail: Mail::Security,
        texts: &[("en", include_str!("templates/en/factor.changed.txt"))],
        token: None,
        fact: SecondFactorChanged::KIND,
        rule: factor_changed,
    },
    Kind {
        name: "identity.linked",
        label: "new ways to sign in",
        channels: &[InApp, Email],
        mail: Mail::Security,
        texts: &[("en", include_str!("templates/en/identity.linked.txt"))],
        token: None,
        fact: IdentityLinked::KIND,
        rule: identity_linked,
    },
];

/// The message's text is not in the fact, and so in no notification.
fn message_received(event: &Event) -> Option<Told> {
    let fact: MessageSent = event.read()?;
    let conversation = fact.conversation_id.to_string();
    Some(Told {
        to: Recipients::Users(fact.recipients),
        key: conversation.clone(),
        actor: Some(fact.sender_id),
        target: Some(conversation),
        details: json!({}),
        position: fact.sequence,
    })
}

/// Once a review: its author may change it without telling again.
fn review_received(event: &Event) -> Option<Told> {
    let fact: ReviewSaved = event.read()?;
    let review = fact.review_id.to_string();
    (!fact.has_reply).then(|| Told {
        to: Recipients::Owner(fact.seller_id),
        key: review.clone(),
        actor: Some(fact.author_id),
        target: Some(review),
        details: json!({ "stars": fact.stars }),
        position: 0,
    })
}

/// Once a review: the fact does not say whether the answer or the review changed.
fn review_answered(event: &Event) -> Option<Told> {
    let fact: ReviewSaved = event.read()?;
    let review = fact.review_id.to_string();
    fact.has_reply.then(|| Told {
        to: Recipients::Users(vec![fact.author_id]),
        key: review.clone(),
        actor: None,
        target: Some(review),
        details: json!({}),
        position: 0,
    })
}

fn order_placed(event: &Event) -> Option<Told> {
    order_at(event, OrderState::PendingPayment)
}

/// Once an order, as the fact is.
fn order_paid(event: &Event) -> Option<Told> {
    let fact: OrderPaid = event.read()?;
    let order = fact.order_id.to_string();
    Some(about_account(fact.account_id?, order.clone(), order))
}

/// Once, when all of it is on its way.
fn order_shipped(event: &Event) -> Option<Told> {
    order_at(event, OrderState::Fulfilled)
}

fn order_ended(event: &Event) -> Option<Told> {
    let told = |state, word: &str| {
        let told = order_at(event, state)?;
        Some(Told { details: json!({ "how": word }), ..told })
    };
    told(OrderState::Cancelled, "cancelled").or_else(|| told(OrderState::Expired, "not paid in time"))
}

/// Once for the first part that goes back, and once when all of it did.
fn order_refunded(event: &Event) -> Option<Told> {
    let fact: PaymentChanged = event.read()?;
    let how = match fact.state {
        PaymentState::PartiallyRefunded => "part",
        PaymentState::Refunded => "all",
        _ => return None,
    };
    let key = format!("{}.{how}", fact.payment_id);
    let told = about_account(fact.account_id?, key, fact.order_id.to_string());
    Some(Told { details: json!({ "how": how }), ..told })
}

/// An account's order that has just moved there; guests have no feed.
fn order_at(event: &Event, state: OrderState) -> Option<Told> {
    let fact: OrderChanged = event.read()?;
    let order = fact.order_id.to_string();
    let has_moved = fact.transition.is_some() && fact.state == state;
    has_moved.then_some(())?;
    Some(about_account(fact.account_id?, order.clone(), order))
}

fn account_welcome(event: &Event) -> Option<Told> {
    let fact: AccountCreated = event.read()?;
    let account = fact.account.to_string();
    Some(about_account(fact.account, account.clone(), account))
}

fn session_started(event: &Event) -> Option<Told> {
    let fact: SessionStarted = event.read()?;
    let session = fact.session.to_string();
    Some(about_account(fact.account, session.clone(), session))
}

fn session_reused(event: &Event) -> Option<Told> {
    let fact: SessionRevoked = event.read()?;
    let session = fact.session.to_string();
    let told = || about_account(fact.account, session.clone(), session);
    (fact.reason == EndReason::TokenReused).then(told)
}

/// Each request is a mail of its own; nobody's account is told nothing.
fn account_reset(event: &Event) -> Option<Told> {
    let account = event.read::<ResetRequested>()?.account?;
    Some(about_account(account, event.id().to_string(), account.to_string()))
}

/// One mail an hour, however often it is asked for: the address may be
/// somebody else's.
fn account_confirm(event: &Event) -> Option<Told> {
    let account = event.read::<ConfirmationRequested>()?.account;
    let key = format!("{account}.{}", event.at.0.div_euclid(60 * 60 * 1_000));
    Some(about_account(account, key, account.to_string()))
}

/// Each time, with the day, or without one when it was taken back.
fn account_deletion(event: &Event) -> Option<Told> {
    let fact: DeletionSet = event.read()?;
    let told = about_account(fact.account, event.id().to_string(), fact.account.to_string());
    // RFC 3339 begins with the day.
    let day = |at: DateTime| match at.to_value() {
        Value::String(text) => text.chars().take(10).collect(),
        _ => String::new(),
    };
    Some(Told { details: json!({ "day": fact.scheduled_at.map(day) }), ..told })
}

/// A passkey or an app that was added is a way in.
fn factor_changed(event: &Event) -> Option<Told> {
    let fact: SecondFactorChanged = event.read()?;
    let told = about_account(fact.account, event.id().to_string(), fact.account.to_string());
    let how = if fact.is_added { "added" } else { "removed" };
    Some(Told { details: json!({ "how": how }), ..told })
}

/// Once a login; who has just come with it has no need to hear of it.
fn identity_linked(event: &Event) -> Option<Told> {
    let fact: IdentityLinked = event.read()?;
    let told = about_account(fact.account, fact.identity.to_string(), fact.account.to_string());
    let details = json!({ "provider": fact.provider });
    (!fact.made_account).then_some(Told { details, ..told })
}

fn about_account(account: AccountId, key: String, target: String) -> Told {
    Told {
        to: Recipients::Account(account),
        key,
        actor: None,
        target: Some(target),
        details: json!({}),
        position: 0,
    }
}

/// A notification that its account has read elsewhere.
pub(crate) struct ReadElsewhere {
    pub(crate) user: UserId,
    pub(crate) kind: &'static str,
    pub(crate) key: String,
    /// How far.
    pub(crate) position: i64,
}

/// Who reads a conversation has read its notification.
pub(crate) fn read_elsewhere(event: &Event) -> Option<ReadElsewhere> {
    let fact: ConversationRead = event.read()?;
    Some(ReadElsewhere {
        user: fact.user_id,
        kind: "message.received",
        key: fact.conversation_id.to_string(),
        position: fact.sequence,
    })
}

/// The facts that anything comes from, or ends with.
pub(crate) fn facts() -> Kinds {
    Kinds::of(KINDS.iter().map(|kind| kind.fact).chain([ConversationRead::KIND, AccountErased::KIND]))
}

/// The kind with this name; `None` for one that is no more, or not yet known.
pub(crate) fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// The kinds that a pattern names: a kind, a group such as `message.*`, or `*`.
pub(crate) fn named(pattern: &str) -> Vec<&'static Kind> {
    match Kinds::is_pattern(pattern) {
        true => KINDS.iter().filter(|kind| Kinds::of([pattern]).contains(kind.name)).collect(),
        false => Vec::new(),
    }
}

impl Kind {
    /// Where it goes by default.
    pub(crate) fn defaults(&self) -> Channels {
        Channels::of(self.channels.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_an_english_text_and_a_channel() {
        for kind in KINDS {
            assert!(Kinds::is_pattern(kind.name), "{}", kind.name);
            assert_eq!(KINDS.iter().filter(|other| other.name == kind.name).count(), 1);
            assert!(kind.texts.iter().any(|(language, _)| *language == "en"), "{}", kind.name);
            assert!(!kind.channels.is_empty(), "{}", kind.name);
            assert!(kind.mail != Mail::Security || kind.defaults().has(Email), "{}", kind.name);
        }
    }

    #[test]
    fn a_pattern_names_a_kind_a_group_or_all() {
        let names = |pattern| named(pattern).iter().map(|kind| kind.name).collect::<Vec<_>>();

        assert_eq!(names("message.received"), ["message.received"]);
        assert_eq!(names("review.*"), ["review.received", "review.answered"]);
        assert_eq!(names("*").len(), KINDS.len());
        for unknown in ["", "message", "kitchen.*", "kitchen.sink", "message.rec*", "MESSAGE.*"] {
            assert!(names(unknown).is_empty(), "{unknown}");
        }
    }
}
