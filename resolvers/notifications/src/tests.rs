//! The module on a database of its own, for what the front door can't show:
//! old news, old rows, and what nobody wants any more by the time it is due.

use std::{collections::HashMap, sync::Arc, time::Duration};

use entities::notifications::{
    delivery::{self, Channel, State},
    notification::{self, Which},
};
use kit::{
    Clock as _, Database, DatabaseOptions, DateTime, Id as _, ManualClock, Platform, Result,
    facts::{AccountCreated, MessageSent, ReviewSaved},
    ids::{AccountId, ConversationId, MessageId, ProductId, ReviewId, SellerId, UserId},
    ports::{Contact, MailedTokenPurpose, MailedTokens, People},
    seed,
};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use sea_orm_migration::MigratorTrait as _;
use subscriptions::{Event, Fact, Handler as _, LogOptions, NewEvent, Position};

use crate::{NotificationsOptions, handler::Teller, kinds, service::Service};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Everybody has an account; shops are run by nobody.
struct Everybody;

fn contact(user: UserId) -> Contact {
    Contact {
        user,
        account: AccountId::from_ulid(user.ulid()),
        display_name: "Ada".to_owned(),
        email: Some("ada@demo.example".to_owned()),
        is_email_verified: true,
        locale: "en".to_owned(),
    }
}

#[async_trait::async_trait]
impl MailedTokens for Everybody {
    async fn issue(
        &self,
        _: AccountId,
        _: MailedTokenPurpose,
    ) -> kit::Result<Option<secrecy::SecretString>> {
        Ok(Some("a-mailed-token".into()))
    }
}

#[async_trait::async_trait]
impl People for Everybody {
    async fn contacts(&self, users: &[UserId]) -> Result<HashMap<UserId, Contact>> {
        Ok(users.iter().map(|user| (*user, contact(*user))).collect())
    }

    async fn contacts_of(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, Contact>> {
        let contacts = accounts.iter().map(|account| contact(UserId::from_ulid(account.ulid())));
        Ok(contacts.map(|contact| (contact.account, contact)).collect())
    }

    async fn owner_of(&self, _: SellerId) -> Result<Option<UserId>> {
        Ok(None)
    }
}

struct TestModule {
    service: Arc<Service>,
    clock: Arc<ManualClock>,
    folder: tempfile::TempDir,
}

impl TestModule {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = DatabaseOptions {
            url: format!("sqlite://{}", folder.path().join("test.db").display()),
            max_connections: 4,
            acquire_timeout: Duration::from_secs(5),
        };
        let db = Database::connect(&options).await.expect("opens");
        migrations::Migrator::up(db.write(), None).await.expect("migrates");
        let clock = Arc::new(ManualClock::new(seed::TODAY));
        let platform = Platform::new(db, LogOptions::default(), None).with_clock(clock.clone());
        platform.ports.provide::<dyn People>(Arc::new(Everybody));
        platform.ports.provide::<dyn MailedTokens>(Arc::new(Everybody));
        let options = NotificationsOptions {
            outbox: folder.path().join("outbox"),
            ..NotificationsOptions::default()
        };
        let service = Service::open(&platform, options).await.expect("opens");
        Self { service: Arc::new(service), clock, folder }
    }

    /// Hands the handler a fact, twice, as of some time.
    async fn tell<F: Fact>(&self, fact: &F, at: DateTime) {
        let NewEvent { kind, version, subject, payload, at } = NewEvent::new(fact, at);
        let (kind, position) = (kind.to_owned(), Position::default());
        let event = Event { position, kind, version, subject, payload, at, is_passing: false };
        for _ in 0..2 {
            Teller(self.service.clone()).handle(&event).await.expect("told");
        }
    }

    /// Has everything delivered that is due.
    async fn deliver(&self) {
        while self.service.deliver(Channel::Email).await.expect("delivers").is_none() {}
    }

    async fn states(&self) -> Vec<State> {
        let rows = delivery::Entity::find().all(self.service.db.read()).await.expect("rows");
        rows.into_iter().map(|row| row.state).collect()
    }

    async fn count(&self) -> u64 {
        notification::Entity::find().count(self.service.db.read()).await.expect("a count")
    }

    fn mails(&self) -> Vec<String> {
        let Ok(files) = std::fs::read_dir(self.folder.path().join("outbox")) else { return Vec::new() };
        files.flatten().map(|file| std::fs::read_to_string(file.path()).expect("a mail")).collect()
    }
}

fn answered(author_id: UserId) -> ReviewSaved {
    ReviewSaved {
        review_id: ReviewId::generate(),
        product_id: ProductId::generate(),
        seller_id: SellerId::generate(),
        author_id,
        stars: 3,
        has_reply: true,
    }
}

#[tokio::test]
async fn old_news_is_shown_and_neither_mailed_nor_pushed() {
    let module = TestModule::start().await;
    let author = UserId::generate();

    module.tell(&answered(author), module.clock.now().plus(-2 * DAY)).await;
    module.tell(&answered(author), module.clock.now().plus(-DAY / 2)).await;

    assert_eq!(module.count().await, 2);
    assert_eq!(module.states().await, [State::Queued]);
}

#[tokio::test]
async fn what_was_read_or_switched_off_meanwhile_is_not_mailed() {
    let module = TestModule::start().await;
    let (reader, quiet, eager) = (UserId::generate(), UserId::generate(), UserId::generate());
    for author in [reader, quiet, eager] {
        module.tell(&answered(author), module.clock.now()).await;
    }
    let account = |user| contact(user).account;
    let all = Which::UpTo(module.clock.now());
    assert_eq!(module.service.mark_read(account(reader), all).await.expect("marks"), 1);
    let kind = kinds::find("review.answered").expect("a kind");
    module.service.stop_mails(account(quiet), kind).await.expect("stops");

    module.deliver().await;

    let mut states = module.states().await;
    states.sort_by_key(|state| *state == State::Sent);
    assert_eq!(states, [State::Dropped, State::Dropped, State::Sent]);
    assert_eq!(module.mails().len(), 1);
}

#[tokio::test]
async fn a_digest_that_waits_for_its_time_is_one_however_many_messages_come() {
    let module = TestModule::start().await;
    let (sender_id, reader) = (UserId::generate(), UserId::generate());
    let conversation_id = ConversationId::generate();
    for sequence in 1..=5 {
        let message_id = MessageId::generate();
        let recipients = vec![reader];
        let fact = MessageSent { message_id, conversation_id, sequence, sender_id, recipients };
        module.tell(&fact, module.clock.now()).await;
    }

    module.deliver().await;
    assert_eq!(module.states().await, [State::Queued], "its time has not come");
    module.clock.advance(15 * 60 * 1_000);
    module.deliver().await;

    assert_eq!(module.states().await, [State::Sent]);
    assert!(module.mails()[0].contains("Subject: 5 messages, the latest from Ada"));
}

#[tokio::test]
async fn what_was_read_long_ago_is_forgotten_and_what_is_unread_stays() {
    let module = TestModule::start().await;
    let (reader, other) = (UserId::generate(), UserId::generate());
    for user in [reader, other] {
        let account = contact(user).account;
        module.tell(&AccountCreated { account, user, version: 1 }, module.clock.now()).await;
        module.tell(&answered(user), module.clock.now()).await;
    }
    module.deliver().await;
    let all = Which::UpTo(module.clock.now());
    module.service.mark_read(contact(reader).account, all).await.expect("marks");

    module.clock.advance(80 * DAY);
    assert_eq!(module.service.forget_old().await.expect("cleans"), 0);
    module.clock.advance(20 * DAY);
    module.service.forget_old().await.expect("cleans");

    assert_eq!(module.count().await, 2);
    let unread = module.service.count(contact(other).account, true).await.expect("a count");
    assert_eq!(unread, 2);
    assert_eq!(module.states().await, []);
}

#[tokio::test]
async fn two_claims_never_hold_one_delivery_until_the_first_has_run_out() {
    let module = TestModule::start().await;
    for _ in 0..20 {
        module.tell(&answered(UserId::generate()), module.clock.now()).await;
    }
    let (db, now) = (&module.service.db, module.clock.now());
    let claim = async |now: DateTime| {
        let claimed = delivery::claim(db.write(), Channel::Email, now, now.plus(1_000), 16).await;
        claimed.expect("claims").into_iter().map(|row| row.id).collect::<Vec<_>>()
    };

    let (first, second, third) = (claim(now).await, claim(now).await, claim(now).await);
    let again = claim(now.plus(1_000)).await;

    assert_eq!((first.len(), second.len(), third.len()), (16, 4, 0));
    assert!(first.iter().all(|id| !second.contains(id)));
    assert_eq!(again.len(), 16);
}
