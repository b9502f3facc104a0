//! What every provider must hold to, whoever it is.

use std::{sync::Arc, time::Duration};

use kit::{
    Database, DatabaseOptions, Id as _, ManualClock,
    ids::{PaymentId, RefundId},
    seed::TODAY,
};
use migrations::Migrator;
use sea_orm_migration::MigratorTrait as _;
use secrecy::SecretString;
use tempfile::TempDir;

use crate::provider::{
    GivenBack, Intent, NewIntent, NewRefund, Provider, Refused, Status, sandbox::Sandbox,
};

/// A provider, and the methods that it knows.
struct Subject {
    provider: Box<dyn Provider>,
    good: &'static str,
    declined: (&'static str, &'static str),
    asks: &'static str,
    _folder: TempDir,
}

async fn sandbox() -> Subject {
    let folder = tempfile::tempdir().expect("a folder");
    let options = DatabaseOptions {
        url: format!("sqlite://{}/weft.db", folder.path().display()),
        max_connections: 4,
        acquire_timeout: Duration::from_secs(10),
    };
    let db = Database::connect(&options).await.expect("a database");
    Migrator::up(db.write(), None).await.expect("migrations");
    let secrets = vec![SecretString::from("a secret")];
    Subject {
        provider: Box::new(Sandbox::new(db, Arc::new(ManualClock::new(TODAY)), secrets)),
        good: "tok_success",
        declined: ("tok_declined_expired_card", "expired_card"),
        asks: "tok_3ds",
        _folder: folder,
    }
}

impl Subject {
    async fn open(&self, is_manual: bool) -> Intent {
        let wish = NewIntent {
            payment: PaymentId::generate(),
            amount: 2_000,
            currency: "EUR".to_owned(),
            is_manual,
        };
        let first = self.provider.open(&wish).await.expect("there").expect("opened");
        let again = self.provider.open(&wish).await.expect("there").expect("opened");
        assert_eq!(first, again, "a payment is opened once");
        first
    }

    async fn confirm(&self, intent: &Intent, method: &str, key: &str) -> Result<Intent, Refused> {
        self.provider.confirm(&intent.reference, method, key).await.expect("there")
    }

    async fn refund(&self, intent: &Intent, id: RefundId, amount: i64) -> Result<GivenBack, Refused> {
        let wish = NewRefund { id, intent: intent.reference.clone(), amount };
        self.provider.refund(&wish).await.expect("there")
    }
}

#[tokio::test]
async fn a_provider_takes_money_once_under_each_key_and_once_in_all() {
    let subject = sandbox().await;
    let open = subject.open(false).await;
    assert_eq!((&open.status, open.captured), (&Status::NeedsMethod, 0));

    let paid = subject.confirm(&open, subject.good, "a").await.expect("paid");
    let replayed = subject.confirm(&open, subject.good, "a").await.expect("paid");

    assert_eq!((&paid.status, paid.captured), (&Status::Captured, 2_000));
    assert_eq!(paid, replayed);
    assert!(subject.confirm(&open, subject.good, "b").await.is_err(), "it is paid");
    assert!(subject.confirm(&open, subject.declined.0, "a").await.is_err(), "another request");
    let seen = subject.provider.look_up(&open.reference).await.expect("there").expect("known");
    assert_eq!((seen.status, seen.captured, seen.refunds), (Status::Captured, 2_000, Some(vec![])));
}

#[tokio::test]
async fn a_provider_says_why_it_declines_and_takes_another_method() {
    let subject = sandbox().await;
    let open = subject.open(false).await;

    let declined = subject.confirm(&open, subject.declined.0, "a").await.expect("an answer");
    let asked = subject.confirm(&open, subject.asks, "b").await.expect("an answer");

    assert_eq!(declined.status, Status::NeedsMethod);
    assert_eq!(declined.failure.as_deref(), Some(subject.declined.1));
    assert!(matches!(asked.status, Status::NeedsAction(_)), "{asked:?}");
    assert!(asked.client_secret.is_some());
}

#[tokio::test]
async fn a_provider_captures_what_is_set_aside_in_part_and_once() {
    let subject = sandbox().await;
    let open = subject.open(true).await;
    let aside = subject.confirm(&open, subject.good, "a").await.expect("set aside");
    let capture = |amount, key| subject.provider.capture(&open.reference, amount, key);

    assert_eq!((aside.status, aside.captured), (Status::Authorized, 0));
    assert!(capture(2_001, "more").await.expect("there").is_err());
    let captured = capture(1_500, "part").await.expect("there").expect("captured");
    assert_eq!((captured.status, captured.captured), (Status::Captured, 1_500));
    assert!(capture(500, "rest").await.expect("there").is_err(), "the rest is freed");
    assert!(subject.provider.cancel(&open.reference, "void").await.expect("there").is_err());
}

#[tokio::test]
async fn a_provider_ends_what_is_not_taken() {
    let subject = sandbox().await;
    for is_manual in [false, true] {
        let open = subject.open(is_manual).await;
        if is_manual {
            subject.confirm(&open, subject.good, &open.reference).await.expect("set aside");
        }
        let key = format!("{}:void", open.reference);

        let off = subject.provider.cancel(&open.reference, &key).await.expect("there").expect("ended");

        assert_eq!((off.status, off.captured), (Status::Cancelled, 0));
        assert!(subject.confirm(&open, subject.good, "later").await.is_err());
    }
}

#[tokio::test]
async fn a_provider_gives_back_no_more_than_it_took_and_once_under_each_id() {
    let subject = sandbox().await;
    let open = subject.open(false).await;
    let first = RefundId::generate();
    assert!(subject.refund(&open, first, 1).await.is_err(), "nothing is taken");
    subject.confirm(&open, subject.good, "a").await.expect("paid");

    let part = RefundId::generate();
    let given = subject.refund(&open, part, 1_500).await.expect("given back");
    let again = subject.refund(&open, part, 1_500).await.expect("given back");

    assert_eq!((given.id, given.amount, given.outcome.clone()), (Some(part), 1_500, Some(Ok(()))));
    assert_eq!(given, again);
    assert!(subject.refund(&open, RefundId::generate(), 501).await.is_err());
    let seen = subject.provider.look_up(&open.reference).await.expect("there").expect("known");
    assert_eq!(seen.refunds, Some(vec![given]));
}

#[tokio::test]
async fn a_provider_tells_what_happened_and_knows_nothing_of_strangers() {
    let subject = sandbox().await;
    let open = subject.open(false).await;
    subject.confirm(&open, subject.good, "a").await.expect("paid");

    let events =
        subject.provider.events(TODAY.plus(-1), None).await.expect("there").expect("told").events;

    assert!(events.iter().any(|event| event.subject == open.reference), "{events:?}");
    let later = subject.provider.events(TODAY.plus(1), None).await.expect("there").expect("told").events;
    assert_eq!(later, vec![]);
    assert!(subject.provider.look_up("nobody's").await.expect("there").is_err());
}
