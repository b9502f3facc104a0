//! The way out: workers that claim what is due, hand it over, and note how that
//! came out.
//!
//! A claim is one statement, so two processes never work on one delivery; it
//! runs out, so what a process that died had claimed is tried again, as the
//! same mail.

use std::{sync::Arc, time::Duration};

use entities::notifications::{
    delivery::{self, Channel, Model, State},
    device,
    notification::{self, Position},
};
use futures_util::{FutureExt as _, future::join_all};
use kit::{Error, Health, HealthCheck, Platform, Result, ids::UserId, ports::Contact};
use secrecy::ExposeSecret as _;
use tokio::time::sleep;

use crate::{
    channels::Channel as Preferred,
    kinds::{self, KINDS, Kind, Mail},
    mail::{self, Envelope, Outcome},
    push::Push,
    service::Service,
    texts::Text,
};

/// How many are worked on together.
const BATCH: u32 = 16;
/// How long a claim lasts beyond the time that handing over may take.
const MARGIN: Duration = Duration::from_secs(60);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);
/// Notifications told in one digest.
const IN_A_DIGEST: u64 = 20;

/// How a delivery came out, and what a digest told.
struct Done {
    outcome: Outcome,
    told: Vec<Position>,
}

/// Nobody wants it any more.
enum Prepared<T> {
    Unwanted,
    Wanted(T),
}

/// Delivers what is due on a channel until the platform stops.
pub(crate) async fn run(service: Arc<Service>, channel: Channel, platform: Platform) {
    let mut commits = platform.db.commits();
    let work = async {
        let mut wait = service.options.poll;
        loop {
            tokio::select! {
                () = platform.stop.cancelled() => return,
                () = sleep(wait) => {}
                // The sender lives as long as the platform.
                _ = commits.changed() => {}
            }
            commits.mark_unchanged();
            wait = loop {
                match service.deliver(channel).await {
                    // What is being handed over is noted before the stop.
                    Ok(None) if platform.stop.is_cancelled() => return,
                    Ok(None) => {}
                    Ok(Some(wait)) => break wait,
                    Err(error) => {
                        tracing::error!(%error, "deliveries can't go on yet");
                        break service.options.poll;
                    }
                }
            };
        }
    };
    work.await;
}

impl Service {
    /// Claims and delivers what is due on a channel; when there is nothing, how
    /// long that stays so, as far as is known.
    pub(crate) async fn deliver(&self, channel: Channel) -> Result<Option<Duration>> {
        let (now, poll) = (self.clock.now(), self.options.poll);
        let Some(due) = delivery::next_due(self.db.read(), channel).await? else {
            return Ok(Some(poll));
        };
        if due > now {
            let left = u64::try_from(due.0 - now.0).unwrap_or_default();
            return Ok(Some(Duration::from_millis(left).min(poll)));
        }
        let timeout = match channel {
            Channel::Email => self.options.mail.timeout,
            Channel::Push => self.options.push.timeout,
        };
        let until = now.plus(milliseconds(timeout + MARGIN));
        let claimed = self
            .db
            .transaction(move |transaction| {
                async move {
                    Ok::<_, Error>(delivery::claim(transaction, channel, now, until, BATCH).await?)
                }
                .boxed()
            })
            .await?;
        if claimed.is_empty() {
            // Another process was faster.
            return Ok(Some(poll));
        }
        join_all(claimed.iter().map(|claimed| self.deliver_one(claimed))).await;
        Ok(None)
    }

    async fn deliver_one(&self, claimed: &Model) {
        let id = claimed.id;
        let done = match claimed.channel {
            Channel::Email => self.mail(claimed).await,
            Channel::Push => self.push(claimed).await,
        };
        let noted = match done {
            Ok(Prepared::Unwanted) => self.note(claimed, State::Dropped, None, Vec::new()).await,
            Ok(Prepared::Wanted(done)) => self.settle(claimed, done).await,
            // Ours to mend; the delivery stays claimed for now and comes back.
            Err(error) => Err(error),
        };
        if let Err(error) = noted {
            tracing::error!(delivery.id = %id, %error, "delivery {id} comes again");
        }
    }

    async fn settle(&self, claimed: &Model, Done { outcome, told }: Done) -> Result<()> {
        let attempts = u32::try_from(claimed.attempts).unwrap_or(u32::MAX);
        let id = claimed.id;
        match outcome {
            Outcome::Sent => self.note(claimed, State::Sent, None, told).await,
            Outcome::Later(reason) if attempts < self.options.attempts => {
                tracing::debug!(delivery.id = %id, reason, attempts, "delivery {id} is tried again");
                self.note(claimed, State::Claimed, Some(reason), Vec::new()).await
            }
            Outcome::Later(reason) | Outcome::Refused(reason) => {
                tracing::warn!(delivery.id = %id, reason, "delivery {id} was given up");
                self.note(claimed, State::Dead, Some(reason), Vec::new()).await
            }
            Outcome::Gone => {
                if let Some(device) = claimed.device_id {
                    // Takes its deliveries along.
                    device::remove(self.db.write(), device).await?;
                }
                Ok(())
            }
        }
    }

    /// Notes how a delivery stands, and what a digest has told.
    async fn note(
        &self,
        claimed: &Model,
        state: State,
        problem: Option<String>,
        told: Vec<Position>,
    ) -> Result<()> {
        let now = self.clock.now();
        let due_at = match state {
            State::Claimed => now.plus(milliseconds(self.pause(claimed.attempts))),
            _ => now,
        };
        let claimed = claimed.clone();
        let noted = self.db.transaction(move |transaction| {
            let (claimed, problem, told) = (claimed.clone(), problem.clone(), told.clone());
            async move {
                delivery::note(transaction, &claimed, state, due_at, problem).await?;
                Ok::<_, Error>(notification::mailed(transaction, &told).await?)
            }
            .boxed()
        });
        noted.await
    }

    /// The pause after so many tries.
    fn pause(&self, attempts: i32) -> Duration {
        let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(20);
        self.options.retry_pause.saturating_mul(1 << doublings).min(LONGEST_PAUSE)
    }

    async fn mail(&self, claimed: &Model) -> Result<Prepared<Done>> {
        let account = claimed.account_id;
        let contact = self.people.contacts_of(&[account]).await?.remove(&account);
        let Some(contact) = contact else { return Ok(Prepared::Unwanted) };
        let Some(email) = contact.email.as_deref() else { return Ok(Prepared::Unwanted) };
        if self.mailer.is_real() && mail::is_nowhere(email) {
            return Ok(Prepared::Unwanted);
        }
        let rows = self.to_mail(claimed).await?;
        let Some(kind) = rows.first().and_then(|row| kinds::find(&row.kind)) else {
            return Ok(Prepared::Unwanted);
        };
        if !self.is_wanted(kind, &contact).await? {
            return Ok(Prepared::Unwanted);
        }
        let mut texts = self.texts_of(&rows).await?;
        if let Some(purpose) = kind.token {
            // Made when the mail is: no secret waits in a queue.
            let Some(token) = self.tokens.issue(account, purpose).await? else {
                return Ok(Prepared::Unwanted);
            };
            for text in &mut texts {
                text.body = format!("{}\n\n{}", text.body, token.expose_secret());
            }
        }
        let link = (kind.mail != Mail::Security).then(|| self.links.link(account, kind));
        let link = link.as_deref();
        let parts = self.texts.mail(&contact.locale, &contact.display_name, &texts, link)?;
        let id = claimed.id.to_string();
        let envelope = Envelope {
            from: &self.options.mail.from,
            name: &contact.display_name,
            email,
            id: &id,
            unsubscribe: link,
        };
        let Some(mail) = mail::compose(&envelope, parts)? else { return Ok(Prepared::Unwanted) };
        let outcome = self.mailer.send(&mail, &id).await;
        let told = match claimed.notification_id {
            Some(_) => Vec::new(),
            None => rows.iter().map(|row| (row.at, row.id)).collect(),
        };
        Ok(Prepared::Wanted(Done { outcome, told }))
    }

    /// The notifications that a mail tells; none when they were read meanwhile.
    async fn to_mail(&self, claimed: &Model) -> Result<Vec<notification::Model>> {
        let db = self.db.read();
        let Some(id) = claimed.notification_id else {
            let digested: Vec<&str> =
                KINDS.iter().filter(|kind| kind.mail == Mail::Digest).map(|kind| kind.name).collect();
            let account = claimed.account_id;
            return Ok(notification::for_digest(db, account, &digested, IN_A_DIGEST).await?);
        };
        let row = notification::find(db, id).await?;
        Ok(row.into_iter().filter(is_unread).collect())
    }

    /// Whether a kind is still to be mailed, and to this address.
    async fn is_wanted(&self, kind: &Kind, contact: &Contact) -> Result<bool> {
        let channels = self.preferences(contact.account).await?.of(kind);
        let is_mailable = contact.is_email_verified || kind.mail == Mail::Security;
        Ok(is_mailable && channels.has(Preferred::Email))
    }

    async fn push(&self, claimed: &Model) -> Result<Prepared<Done>> {
        let (Some(id), Some(device)) = (claimed.notification_id, claimed.device_id) else {
            return Ok(Prepared::Unwanted);
        };
        // A device that has moved to another account must not show this one's.
        let device = device::of_account(self.db.read(), claimed.account_id, device).await?;
        let row = notification::find(self.db.read(), id).await?.filter(is_unread);
        let (Some(device), Some(row)) = (device, row) else { return Ok(Prepared::Unwanted) };
        let Some(text) = self.texts_of(std::slice::from_ref(&row)).await?.pop() else {
            return Ok(Prepared::Unwanted);
        };
        let push = Push {
            id: claimed.id,
            token: device.token,
            platform: device.platform,
            title: text.title,
            body: text.body,
            notification_id: row.id,
            kind: row.kind,
            target_id: row.target_id,
            unread_count: self.count(claimed.account_id, true).await?,
            at: row.at,
        };
        let outcome = self.pusher.send(&push).await;
        Ok(Prepared::Wanted(Done { outcome, told: Vec::new() }))
    }

    /// What notifications say, with everybody's name as of now.
    async fn texts_of(&self, rows: &[notification::Model]) -> Result<Vec<Text>> {
        let actors: Vec<UserId> = rows.iter().filter_map(|row| row.actor_id).collect();
        let names = self.people.contacts(&actors).await?;
        let said = rows.iter().filter_map(|row| Some((row, kinds::find(&row.kind)?)));
        said.map(|(row, kind)| {
            let actor = row.actor_id.and_then(|actor| names.get(&actor));
            self.texts.of(kind, row, actor.map(|actor| actor.display_name.as_str()))
        })
        .collect()
    }
}

fn is_unread(row: &notification::Model) -> bool {
    row.read_at.is_none()
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// How the outside services are: without them mails and pushes wait.
pub(crate) struct Outsides(pub(crate) Arc<Service>);

#[async_trait::async_trait]
impl HealthCheck for Outsides {
    async fn check(&self) -> Health {
        let problem = |what: &str, problem: Option<String>| {
            problem.map(|problem| format!("{what} wait: {problem}"))
        };
        let mails = problem("mails", self.0.mailer.problem());
        let pushes = problem("pushes", self.0.pusher.problem());
        match mails.into_iter().chain(pushes).collect::<Vec<_>>() {
            problems if problems.is_empty() => Health::Up,
            problems => Health::Degraded(problems.join("; ")),
        }
    }
}
