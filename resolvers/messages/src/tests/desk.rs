//! A messages module over its own database, asked as the engine would ask it.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use ::subscriptions::{Event, Handler, LogOptions};
use async_graphql::{Request, Variables};
use entities::events::event;
use kit::{
    Batches, Database, DatabaseOptions, Module as _, Platform, RequestScope, Result, Subgraph, Url,
    Viewer, drive,
    ids::{AccountId, Id as _, SellerId, UploadId, UserId},
    ports::{Contact, Files, NotAttached, People, Ports, StoredFile},
};
use migrations::Migrator;
use sea_orm::EntityTrait as _;
use sea_orm_migration::MigratorTrait as _;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Everybody there could be.
struct Everybody;

#[async_trait::async_trait]
impl People for Everybody {
    async fn contacts(&self, users: &[UserId]) -> Result<HashMap<UserId, Contact>> {
        let contact = |user: &UserId| Contact {
            user: *user,
            account: AccountId::generate(),
            display_name: "Somebody".to_owned(),
            email: Some("somebody@example.com".to_owned()),
            is_email_verified: true,
            locale: "en".to_owned(),
        };
        Ok(users.iter().map(|user| (*user, contact(user))).collect())
    }

    async fn contacts_of(&self, _: &[AccountId]) -> Result<HashMap<AccountId, Contact>> {
        Ok(HashMap::new())
    }

    async fn owner_of(&self, _: SellerId) -> Result<Option<UserId>> {
        Ok(None)
    }
}

/// Uploads in memory: what was uploaded, and to what it is attached.
#[derive(Default)]
pub(super) struct Shelf {
    uploaded: Mutex<HashSet<UploadId>>,
    attached: Mutex<HashMap<UploadId, String>>,
}

impl Shelf {
    pub(super) fn upload(&self) -> UploadId {
        let id = UploadId::generate();
        self.uploaded.lock().expect("no poison").insert(id);
        id
    }

    /// To what an upload is attached.
    pub(super) fn holder(&self, upload: UploadId) -> Option<String> {
        self.attached.lock().expect("no poison").get(&upload).cloned()
    }
}

fn stored(id: UploadId) -> StoredFile {
    StoredFile { id, name: "plan.pdf".to_owned(), media_type: "application/pdf".to_owned(), size: 7 }
}

#[async_trait::async_trait]
impl Files for Shelf {
    async fn attach(
        &self,
        _: AccountId,
        uploads: &[UploadId],
        to: &str,
    ) -> Result<std::result::Result<Vec<StoredFile>, NotAttached>> {
        let uploaded = self.uploaded.lock().expect("no poison");
        let mut attached = self.attached.lock().expect("no poison");
        for upload in uploads {
            if !uploaded.contains(upload) {
                return Ok(Err(NotAttached::Unknown(*upload)));
            }
            if attached.get(upload).is_some_and(|holder| holder != to) {
                return Ok(Err(NotAttached::Taken(*upload)));
            }
        }
        attached.extend(uploads.iter().map(|upload| (*upload, to.to_owned())));
        Ok(Ok(uploads.iter().copied().map(stored).collect()))
    }

    async fn release(&self, from: &str) -> Result<()> {
        self.attached.lock().expect("no poison").retain(|_, holder| holder != from);
        Ok(())
    }

    async fn attached(&self, _: &[String]) -> Result<HashMap<String, Vec<StoredFile>>> {
        Ok(HashMap::new())
    }

    async fn url(&self, file: &StoredFile) -> Result<Url> {
        Ok(Url(format!("https://files.example/{}", file.id)))
    }
}

/// The module, its database and its files.
pub(super) struct Desk {
    pub(super) files: Arc<Shelf>,
    db: Database,
    subgraph: Arc<dyn Subgraph>,
    handlers: Vec<Arc<dyn Handler>>,
    _folder: TempDir,
}

impl Desk {
    /// A module with nobody's messages, perhaps without files.
    pub(super) async fn open(has_files: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = DatabaseOptions {
            url: format!("sqlite://{}/weft.db", folder.path().display()),
            max_connections: 4,
            acquire_timeout: Duration::from_secs(10),
        };
        let db = Database::connect(&options).await.expect("a database");
        Migrator::up(db.write(), None).await.expect("migrations");
        let (ports, files) = (Ports::default(), Arc::new(Shelf::default()));
        ports.provide::<dyn People>(Arc::new(Everybody));
        if has_files {
            ports.provide::<dyn Files>(files.clone());
        }
        let platform = Platform::new(db.clone(), LogOptions::default(), None).with_ports(ports);
        let parts = crate::Messages.start(&platform).await.expect("the module starts");
        Self { files, db, subgraph: parts.subgraph, handlers: parts.handlers, _folder: folder }
    }

    /// The payload of a mutation, or the first field of a query.
    pub(super) async fn ask(&self, viewer: &Viewer, query: &str, variables: Value) -> Value {
        let batches = Batches::forgetting();
        let viewer = Arc::new(viewer.clone());
        let scope = RequestScope { viewer, batches, ..RequestScope::default() };
        let request = Request::new(query).variables(Variables::from_json(variables)).data(scope.clone());
        let response = drive(scope.batches, self.subgraph.execute(request)).await;
        let answer = serde_json::to_value(response).expect("JSON");
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"].as_object().expect("data").values().next().expect("a field").clone()
    }

    /// The id of a conversation between the viewer and somebody new.
    pub(super) async fn talk(&self, viewer: &Viewer) -> Value {
        let open = "mutation($members: [ID!]!) { conversationOpen(memberIds: $members) { conversation { \
            id } } }";
        let members = json!({ "members": [UserId::generate()] });
        self.ask(viewer, open, members).await["conversation"]["id"].take()
    }

    /// Hands all events to the module's handlers, twice as a replay would.
    pub(super) async fn hand_on(&self) {
        let events = event::Entity::find().all(self.db.read()).await.expect("the log");
        for event in events.into_iter().map(Event::from) {
            for handler in self.handlers.iter().filter(|handler| handler.kinds().contains(&event.kind)) {
                for _ in 0..2 {
                    handler.handle(&event).await.expect("handled");
                }
            }
        }
    }
}

/// Somebody new.
pub(super) fn somebody() -> Viewer {
    Viewer { account: Some(AccountId::generate()), user: Some(UserId::generate()), ..Viewer::default() }
}
