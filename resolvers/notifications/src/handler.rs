//! From a fact to the notifications it gives rise to. What makes them one each
//! is their key, so a fact that comes again changes nothing.

use std::sync::Arc;

use entities::notifications::{
    delivery, device,
    notification::{self, Which},
};
use futures_util::FutureExt as _;
use kit::{
    DateTime, Error, Id as _, Result,
    facts::{AccountErased, NotificationAdded},
    ids::{NotificationDeliveryId, NotificationId},
    ports::Contact,
};
use sea_orm::DatabaseTransaction;
use subscriptions::{Event, EventLog, Handler, HandlerError, Kinds, NewEvent};

use crate::{
    channels::{Channel, Channels},
    kinds::{self, KINDS, Kind, Mail, Recipients, Told},
    preferences::Preferences,
    service::Service,
};

/// What happened longer ago is shown in the feed and neither mailed nor pushed:
/// a handler that was away, or is new, does not wake people up with old news.
const STALE: i64 = 24 * 60 * 60 * 1_000;

/// Tells accounts what concerns them.
pub(crate) struct Teller(pub(crate) Arc<Service>);

#[async_trait::async_trait]
impl Handler for Teller {
    fn name(&self) -> &'static str {
        "notifications.teller"
    }

    fn kinds(&self) -> Kinds {
        kinds::facts()
    }

    async fn handle(&self, event: &Event) -> Result<(), HandlerError> {
        // In its turn: whatever was told of this account before is written.
        if let Some(erased) = event.read::<AccountErased>() {
            return Ok(self.0.erase(erased).await?);
        }
        if let Some(read) = kinds::read_elsewhere(event) {
            let contact = self.0.people.contacts(&[read.user]).await?.remove(&read.user);
            if let Some(contact) = contact {
                let which = Which::One { kind: read.kind, key: read.key, position: read.position };
                self.0.mark_read(contact.account, which).await?;
            }
        }
        for kind in KINDS.iter().filter(|kind| kind.fact == event.kind) {
            let Some(told) = (kind.rule)(event) else { continue };
            for contact in self.0.recipients(&told.to).await? {
                self.0.tell(kind, &told, &contact, event.at).await?;
            }
        }
        Ok(())
    }
}

/// A notification before it is known whether it is new.
#[derive(Clone)]
struct Draft {
    kind: &'static Kind,
    row: notification::Model,
    /// Whether the address may be mailed.
    is_mailable: bool,
    now: DateTime,
}

impl Service {
    async fn recipients(&self, to: &Recipients) -> Result<Vec<Contact>> {
        let contacts: Vec<Contact> = match to {
            Recipients::Users(users) => self.people.contacts(users).await?.into_values().collect(),
            Recipients::Account(account) => {
                self.people.contacts_of(&[*account]).await?.into_values().collect()
            }
            Recipients::Owner(shop) => match self.people.owner_of(*shop).await? {
                Some(owner) => self.people.contacts(&[owner]).await?.into_values().collect(),
                None => Vec::new(),
            },
        };
        Ok(contacts)
    }

    /// Tells one account, once: the notification, its fact and its deliveries
    /// are written together or not at all.
    async fn tell(
        &self,
        kind: &'static Kind,
        told: &Told,
        contact: &Contact,
        at: DateTime,
    ) -> Result<()> {
        let row = notification::Model {
            id: NotificationId::generate(),
            account_id: contact.account,
            kind: kind.name.to_owned(),
            key: told.key.clone(),
            actor_id: told.actor,
            target_id: told.target.clone(),
            details: told.details.clone(),
            count: 1,
            position: told.position,
            locale: contact.locale.clone(),
            is_shown: true,
            at,
            read_at: None,
            mailed_at: None,
        };
        // Somebody else may have typed an address that nobody has confirmed.
        let is_mailable =
            contact.email.is_some() && (contact.is_email_verified || kind.mail == Mail::Security);
        let draft = Draft { kind, row, is_mailable, now: self.clock.now() };
        let digest = i64::try_from(self.options.digest.as_millis()).unwrap_or(i64::MAX);
        self.db.transaction(move |transaction| write(transaction, draft.clone(), digest).boxed()).await
    }
}

async fn write(transaction: &DatabaseTransaction, draft: Draft, digest: i64) -> Result<()> {
    let Draft { kind, mut row, is_mailable, now } = draft;
    let channels = Preferences::read(transaction, row.account_id).await?.of(kind);
    if channels.is_empty() {
        return Ok(());
    }
    row.is_shown = channels.has(Channel::InApp);
    let Some(added) = notification::add(transaction, row).await? else { return Ok(()) };
    if added.is_shown {
        let fact = NotificationAdded {
            notification_id: added.id,
            account_id: added.account_id,
            kind: added.kind.clone(),
        };
        EventLog::append(transaction, NewEvent::new(&fact, now)).await?;
    }
    if added.at < now.plus(-STALE) {
        return Ok(());
    }
    let channels = if is_mailable { channels } else { channels.without(Channel::Email) };
    let deliveries = deliveries(transaction, kind, &added, &channels, now, digest).await?;
    Ok(delivery::queue(transaction, deliveries).await?)
}

async fn deliveries(
    transaction: &DatabaseTransaction,
    kind: &Kind,
    added: &notification::Model,
    channels: &Channels,
    now: DateTime,
    digest: i64,
) -> Result<Vec<delivery::Model>, Error> {
    let queued = |channel, due_at: DateTime| delivery::Model {
        id: NotificationDeliveryId::generate(),
        account_id: added.account_id,
        channel,
        notification_id: Some(added.id),
        device_id: None,
        state: delivery::State::Queued,
        attempts: 0,
        due_at,
        created_at: now,
        problem: None,
    };
    let mut deliveries = Vec::new();
    if channels.has(Channel::Email) {
        deliveries.push(match kind.mail {
            Mail::Digest => delivery::Model {
                notification_id: None,
                ..queued(delivery::Channel::Email, now.plus(digest))
            },
            Mail::Single | Mail::Security => queued(delivery::Channel::Email, now),
        });
    }
    if channels.has(Channel::Push) {
        let devices = device::ids_of(transaction, added.account_id).await?;
        deliveries.extend(devices.into_iter().map(|device| delivery::Model {
            device_id: Some(device),
            ..queued(delivery::Channel::Push, now)
        }));
    }
    Ok(deliveries)
}
