//! A payment provider for trying out: it moves no money, keeps books in the same
//! database, and plays whatever a real one may do. See `tokens` for its methods.

mod tokens;

use std::sync::Arc;

use entities::payments::sandbox::{self as books, Booked, Told};
use kit::{Clock, Database, DateTime, ids::PaymentId};
use sea_orm::DatabaseTransaction;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use ulid::Ulid;

use self::tokens::{Play, Telling, play};
use super::{
    Answer, Event, EventPage, GivenBack, Intent, NewIntent, NewRefund, NotGenuine, Provider, Refused,
    Status, calls::away, signature,
};

/// What it is called.
pub(crate) const NAME: &str = "sandbox";

/// How long what takes a while takes, in milliseconds.
const A_WHILE: i64 = 1_000;

/// The sandbox.
pub(crate) struct Sandbox {
    db: Database,
    clock: Arc<dyn Clock>,
    secrets: Vec<SecretString>,
}

/// What a transaction on the books comes to.
type Booking = kit::Result<Result<books::Intent, Refused>>;

#[derive(Deserialize)]
struct Body {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    intent: String,
    payment: PaymentId,
}

impl Sandbox {
    /// With these secrets; the first one signs.
    pub(crate) const fn new(db: Database, clock: Arc<dyn Clock>, secrets: Vec<SecretString>) -> Self {
        Self { db, clock, secrets }
    }

    /// Events to send now, each with its signature; and ends what takes a while.
    pub(crate) async fn deliveries(&self) -> kit::Result<Vec<(Vec<u8>, String)>> {
        let now = self.clock.now();
        for intent in books::settling(self.db.read(), now).await? {
            self.settle(intent.id).await?;
        }
        let told = books::take_unsent(self.db.write(), now).await?;
        let Some(secret) = self.secrets.first() else { return Ok(Vec::new()) };
        let signed = told.into_iter().map(|told| {
            let body = json!({
                "id": told.id, "type": told.kind, "intent": told.intent, "payment": told.payment,
            });
            let body = body.to_string().into_bytes();
            let signature = signature::sign(&body, secret, now);
            (body, signature)
        });
        Ok(signed.collect())
    }

    /// Whether nobody answers; somebody may have put a switch.
    async fn is_away(&self) -> bool {
        let switches = books::switches(self.db.read()).await;
        switches.is_ok_and(|switches| switches.iter().any(|name| name == "away"))
    }

    /// An intent that took a while ends.
    async fn settle(&self, id: String) -> kit::Result<()> {
        let now = self.clock.now();
        let settled = self.db.transaction(move |transaction| {
            let id = id.clone();
            Box::pin(async move {
                let Some(mut intent) = books::lock(transaction, &id).await? else { return Ok(()) };
                if intent.status != "processing" || intent.settles_at.is_none_or(|at| at > now) {
                    return Ok(());
                }
                let reason = intent.settles_as.take().filter(|reason| !reason.is_empty());
                intent.settles_at = None;
                match reason {
                    None => succeed(transaction, &mut intent, now).await?,
                    Some(reason) => decline(&mut intent, reason),
                }
                books::save(transaction, &intent).await?;
                tell(transaction, &intent, Telling::Once, now).await
            })
        });
        settled.await
    }

    /// Changes a locked intent once under a key, which came with `input`.
    async fn once<F>(&self, id: &str, key: &str, input: String, change: F) -> Answer<Intent>
    where
        F: Fn(&mut books::Intent) -> Result<Change, Refused> + Clone + Send + Sync + 'static,
    {
        if self.is_away().await {
            return away("switched off");
        }
        let (now, id, key) = (self.clock.now(), id.to_owned(), key.to_owned());
        let booked: Booking = self
            .db
            .transaction(move |transaction| {
                let (id, key, input, change) = (id.clone(), key.clone(), input.clone(), change.clone());
                Box::pin(async move {
                    let Some(mut intent) = books::lock(transaction, &id).await? else {
                        return Ok(Err(Refused("no such intent".to_owned())));
                    };
                    if let Some(earlier) = books::use_key(transaction, &key, &input, now).await? {
                        return Ok(match earlier == input {
                            true => Ok(intent),
                            false => Err(Refused("this key came with another request".to_owned())),
                        });
                    }
                    let change = match change(&mut intent) {
                        Ok(change) => change,
                        Err(refused) => return Ok(Err(refused)),
                    };
                    if let Some((kind, amount, reference)) = change.book {
                        book(transaction, &intent, kind, amount, reference, now).await?;
                    }
                    books::save(transaction, &intent).await?;
                    tell(transaction, &intent, change.telling, now).await?;
                    Ok(Ok(intent))
                })
            })
            .await;
        match booked {
            Ok(Ok(intent)) => self.seen(intent).await,
            Ok(Err(refused)) => Ok(Err(refused)),
            Err(error) => away(error),
        }
    }

    /// An intent with what was given back.
    async fn seen(&self, intent: books::Intent) -> Answer<Intent> {
        let lines = match books::booked(self.db.read(), &intent.id).await {
            Ok(lines) => lines,
            Err(error) => return away(error),
        };
        let refunds = lines.into_iter().filter(|line| line.kind == "refund").map(given_back);
        let mut answer = as_intent(intent);
        answer.refunds = Some(refunds.collect());
        Ok(Ok(answer))
    }
}

/// What is booked and told of a change.
struct Change {
    book: Option<(&'static str, i64, Option<String>)>,
    telling: Telling,
}

#[async_trait::async_trait]
impl Provider for Sandbox {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn open(&self, wish: &NewIntent) -> Answer<Intent> {
        if self.is_away().await {
            return away("switched off");
        }
        let id = Ulid::generate();
        let intent = books::Intent {
            id: format!("sbx_{id}"),
            payment: wish.payment,
            currency: wish.currency.clone(),
            amount: wish.amount,
            is_manual: wish.is_manual,
            status: "needs_method".to_owned(),
            failure: None,
            captured: 0,
            refunded: 0,
            secret: format!("sbx_{id}_secret_{}", Ulid::generate()),
            settles_at: None,
            settles_as: None,
            created_at: self.clock.now(),
        };
        if let Err(error) = books::open(self.db.write(), &intent).await {
            return away(error);
        }
        match books::of_payment(self.db.write(), wish.payment).await {
            Ok(Some(known)) if known.amount == wish.amount && known.currency == wish.currency => {
                Ok(Ok(as_intent(known)))
            }
            Ok(_) => Ok(Err(Refused("this payment was opened for another amount".to_owned()))),
            Err(error) => away(error),
        }
    }

    async fn confirm(&self, intent: &str, method: &str, key: &str) -> Answer<Intent> {
        let Some((play, telling)) = play(method) else {
            return Ok(Err(Refused(format!("no such method: {method}"))));
        };
        if play == Play::Away {
            return away("played by the method's token");
        }
        let is_silent = play == Play::SilentSuccess;
        let now = self.clock.now();
        let change = move |intent: &mut books::Intent| match intent.status.as_str() {
            "needs_method" | "needs_action" => Ok(played(intent, &play, telling, now)),
            status => Err(Refused(format!("it is {status}"))),
        };
        let answer = self.once(intent, key, format!("confirm {intent} {method}"), change).await;
        match is_silent {
            true => away("the answer was lost, as played by the method's token"),
            false => answer,
        }
    }

    async fn capture(&self, intent: &str, amount: i64, key: &str) -> Answer<Intent> {
        let change = move |intent: &mut books::Intent| {
            if intent.status != "authorized" || !(1..=intent.amount).contains(&amount) {
                return Err(Refused(format!("it is {}", intent.status)));
            }
            intent.status = "captured".to_owned();
            intent.captured = amount;
            Ok(Change { book: Some(("capture", amount, None)), telling: Telling::Once })
        };
        self.once(intent, key, format!("capture {intent} {amount}"), change).await
    }

    async fn cancel(&self, intent: &str, key: &str) -> Answer<Intent> {
        let change = |intent: &mut books::Intent| match intent.status.as_str() {
            "needs_method" | "needs_action" | "processing" | "authorized" => {
                let book = (intent.status == "authorized").then_some(("void", intent.amount, None));
                intent.status = "cancelled".to_owned();
                (intent.settles_at, intent.settles_as) = (None, None);
                Ok(Change { book, telling: Telling::Once })
            }
            status => Err(Refused(format!("it is {status}"))),
        };
        self.once(intent, key, format!("cancel {intent}"), change).await
    }

    async fn refund(&self, wish: &NewRefund) -> Answer<GivenBack> {
        let (amount, id) = (wish.amount, wish.id.to_string());
        let change = {
            let id = id.clone();
            move |intent: &mut books::Intent| {
                if intent.status != "captured" || intent.captured - intent.refunded < amount {
                    return Err(Refused("more than was captured".to_owned()));
                }
                intent.refunded += amount;
                Ok(Change { book: Some(("refund", amount, Some(id.clone()))), telling: Telling::Once })
            }
        };
        let input = format!("refund {} {amount}", wish.intent);
        let answer = self.once(&wish.intent, &id, input, change).await?;
        Ok(answer.and_then(|intent| {
            let refunds = intent.refunds.unwrap_or_default();
            let own = refunds.into_iter().find(|refund| refund.id == Some(wish.id));
            own.ok_or_else(|| Refused("the books have no such refund".to_owned()))
        }))
    }

    async fn look_up(&self, intent: &str) -> Answer<Intent> {
        if self.is_away().await {
            return away("switched off");
        }
        match books::lock(self.db.write(), intent).await {
            Ok(Some(intent)) => self.seen(intent).await,
            Ok(None) => Ok(Err(Refused("no such intent".to_owned()))),
            Err(error) => away(error),
        }
    }

    async fn events(&self, since: DateTime, _: Option<&str>) -> Answer<EventPage> {
        if self.is_away().await {
            return away("switched off");
        }
        match books::told_since(self.db.read(), since).await {
            Ok(told) => {
                let events = told.into_iter().map(|told| Event {
                    id: told.id,
                    kind: told.kind,
                    subject: told.intent,
                    payment: Some(told.payment),
                });
                Ok(Ok(EventPage { events: events.collect(), has_more: false }))
            }
            Err(error) => away(error),
        }
    }

    fn read(&self, body: &[u8], signature: &str, now: DateTime) -> Result<Event, NotGenuine> {
        signature::verify(body, signature, &self.secrets, now)?;
        let body: Body = serde_json::from_slice(body).map_err(|_| NotGenuine::Unreadable)?;
        Ok(Event { id: body.id, kind: body.kind, subject: body.intent, payment: Some(body.payment) })
    }
}

/// Plays a confirmation.
fn played(intent: &mut books::Intent, play: &Play, telling: Telling, now: DateTime) -> Change {
    let mut book = None;
    intent.failure = None;
    match play {
        Play::Succeed | Play::SilentSuccess => book = Some(take(intent)),
        Play::Decline(reason) => decline(intent, reason.clone()),
        Play::Challenge => "needs_action".clone_into(&mut intent.status),
        Play::Slowly(outcome) => {
            "processing".clone_into(&mut intent.status);
            intent.settles_at = Some(now.plus(A_WHILE));
            intent.settles_as = Some(outcome.clone().unwrap_or_default());
        }
        Play::Away => {}
    }
    Change { book, telling }
}

/// Sets the money aside, or takes it; what to book.
fn take(intent: &mut books::Intent) -> (&'static str, i64, Option<String>) {
    intent.failure = None;
    if intent.is_manual {
        "authorized".clone_into(&mut intent.status);
    } else {
        "captured".clone_into(&mut intent.status);
        intent.captured = intent.amount;
    }
    ("charge", intent.amount, None)
}

fn decline(intent: &mut books::Intent, reason: String) {
    "needs_method".clone_into(&mut intent.status);
    intent.failure = Some(reason);
}

async fn succeed(
    transaction: &DatabaseTransaction,
    intent: &mut books::Intent,
    now: DateTime,
) -> kit::Result<()> {
    let (kind, amount, reference) = take(intent);
    book(transaction, intent, kind, amount, reference, now).await
}

async fn book(
    transaction: &DatabaseTransaction,
    intent: &books::Intent,
    kind: &str,
    amount: i64,
    reference: Option<String>,
    at: DateTime,
) -> kit::Result<()> {
    let id = format!("sbl_{}", Ulid::generate());
    let (intent, kind) = (intent.id.clone(), kind.to_owned());
    Ok(books::book(transaction, &Booked { id, intent, kind, amount, reference, at }).await?)
}

/// What happened to an intent is told, in the order that is played.
async fn tell(
    transaction: &DatabaseTransaction,
    intent: &books::Intent,
    telling: Telling,
    now: DateTime,
) -> kit::Result<()> {
    let last = match (intent.status.as_str(), &intent.failure) {
        ("needs_method", Some(_)) => "payment.failed".to_owned(),
        ("captured", _) if intent.refunded > 0 => "payment.refunded".to_owned(),
        (status, _) => format!("payment.{status}"),
    };
    let kinds: &[&str] = match telling {
        Telling::Shuffled => &[&last, "payment.processing", "payment.failed"],
        _ => &["payment.processing", &last],
    };
    let kinds = if intent.refunded > 0 { &kinds[1..] } else { kinds };
    for (index, kind) in kinds.iter().enumerate() {
        let step = i64::try_from(index).unwrap_or_default();
        let sends_at = match telling {
            Telling::Never => None,
            Telling::Late => Some(now.plus(A_WHILE + step)),
            _ => Some(now),
        };
        let told = Told {
            id: format!("sbe_{}", Ulid::generate()),
            kind: (*kind).to_owned(),
            intent: intent.id.clone(),
            payment: intent.payment,
            created_at: now,
            sends_at,
        };
        books::tell(transaction, &told).await?;
        if telling == Telling::Twice {
            // Another id: what is told twice is not always the same event.
            let id = format!("sbe_{}", Ulid::generate());
            books::tell(transaction, &Told { id, ..told }).await?;
        }
    }
    Ok(())
}

fn as_intent(intent: books::Intent) -> Intent {
    let status = match intent.status.as_str() {
        "needs_method" => Status::NeedsMethod,
        "needs_action" => Status::NeedsAction("authenticate".to_owned()),
        "authorized" => Status::Authorized,
        "captured" => Status::Captured,
        "cancelled" => Status::Cancelled,
        _ => Status::Processing,
    };
    Intent {
        reference: intent.id,
        client_secret: Some(intent.secret),
        status,
        failure: intent.failure,
        captured: intent.captured,
        refunds: None,
    }
}

fn given_back(line: Booked) -> GivenBack {
    let id = line.reference.and_then(|id| id.parse().ok());
    GivenBack { reference: line.id, id, amount: line.amount, outcome: Some(Ok(())) }
}
