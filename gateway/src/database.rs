//! The database before the modules see it: opened, migrated, and, when it is
//! empty and embedded, filled with demo data.

use std::{collections::HashMap, path::Path, sync::Arc};

use entities::{
    products::{Scope, product},
    users::{seller, user},
};
use futures_util::FutureExt as _;
use kit::{
    Backend, Database, Error,
    ids::{ProductId, SellerId, UserId},
    seed::{Progress, Scale, id},
};
use migrations::Migrator;
use sea_orm::{ConnectionTrait as _, DbErr, EntityTrait as _, PaginatorTrait as _};
use sea_orm_migration::MigratorTrait as _;

use crate::{Config, DatabaseConfig, StartError};

/// Names the migrations' lock among Postgres' advisory locks.
const MIGRATION_LOCK: i64 = 0x7765_6674;

/// Says nothing about how far a seed is.
pub fn silent(_: &'static str, _: u64, _: u64) {}

/// A database that is ready for the modules.
pub struct Ready {
    /// The pools.
    pub db: Database,
    /// Whether demo data were added just now.
    pub was_seeded: bool,
}

/// Opens the configured database and makes it ready: the embedded one is
/// always migrated, and seeded when it is empty; Postgres is migrated only when
/// the configuration says so.
///
/// # Errors
/// When it can't be reached, or has pending migrations that nobody allowed.
pub async fn ready(config: &Config, progress: Progress<'_>) -> Result<Ready, StartError> {
    let db = open(&config.database).await?;
    let pending = pending(&db).await.map_err(failed("can't read the migrations"))?;
    if !pending.is_empty() {
        if !config.database.is_embedded() && !config.database.migrate {
            return Err(StartError::PendingMigrations(pending));
        }
        migrate(&db).await.map_err(failed("can't migrate the database"))?;
        let count = pending.len();
        tracing::debug!(migrations.count = count, "applied {count} migrations");
    }
    let wants_demo = config.database.seed_demo && config.database.is_embedded();
    let was_seeded = wants_demo && needs_demo(&db).await.map_err(failed("can't read the database"))?;
    if was_seeded {
        seed(&db, Scale(1), progress).await.map_err(failed("can't add the demo data"))?;
    }
    Ok(Ready { db, was_seeded })
}

/// As [`ready`], for a command that needs no demo data.
///
/// # Errors
/// As [`ready`].
pub async fn without_demo(config: &Config) -> Result<Database, StartError> {
    let mut unseeded = config.clone();
    unseeded.database.seed_demo = false;
    Ok(ready(&unseeded, &silent).await?.db)
}

/// Opens the configured database; makes the folder of an embedded one.
///
/// # Errors
/// When nobody answers at its address.
pub async fn open(config: &DatabaseConfig) -> Result<Database, StartError> {
    let unreachable = |reason: String| StartError::Unreachable { place: config.shown(), reason };
    if let Some(folder) = config.file().and_then(|file| Path::new(file).parent()) {
        std::fs::create_dir_all(folder).map_err(|reason| unreachable(reason.to_string()))?;
    }
    Database::connect(&config.options()).await.map_err(|error| unreachable(error.to_string()))
}

/// The names of the migrations that were not applied yet, oldest first. Writes
/// nothing.
///
/// # Errors
/// When the database fails.
pub async fn pending(db: &Database) -> Result<Vec<String>, DbErr> {
    let manager = sea_orm_migration::SchemaManager::new(db.read());
    // A database without the table of migrations has had none.
    let pending = match manager.has_table("seaql_migrations").await? {
        true => Migrator::get_pending_migrations_read_only(db.read()).await?,
        false => Migrator::get_migration_files(),
    };
    Ok(pending.iter().map(|migration| migration.name().to_owned()).collect())
}

/// Applies the pending migrations, all or none; instances that start together
/// take turns.
///
/// # Errors
/// When the database fails.
pub async fn migrate(db: &Database) -> kit::Result<()> {
    let backend = db.backend();
    db.transaction(move |transaction| {
        async move {
            if backend == Backend::Postgres {
                let lock = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
                transaction.execute_unprepared(&lock).await?;
            }
            Migrator::up(transaction, None).await.map_err(Error::from)
        }
        .boxed()
    })
    .await
}

/// Adds the demo marketplace; what is there already stays.
///
/// # Errors
/// When the database fails.
pub async fn seed(db: &Database, scale: Scale, progress: Progress<'_>) -> kit::Result<()> {
    users::seed::seed(db, scale, progress).await?;
    products::seed::seed(db, scale, progress).await?;
    messages::seed::seed(db, scale, &asked_about(db, scale).await?, progress).await?;
    notifications::seed::seed(db, scale, progress).await?;
    // The database plans by what it knows of its tables: it should know them all.
    db.write().execute_unprepared("ANALYZE").await?;
    Ok(())
}

/// Products that buyers ask about, each with who answers.
async fn asked_about(db: &Database, scale: Scale) -> kit::Result<Vec<(ProductId, UserId)>> {
    let ids: Vec<ProductId> = (0..scale.products()).step_by(10).map(id).collect();
    let mut products = product::by_ids(db.read(), Scope::Public, &ids).await?;
    products.sort_by_key(|product| product.id);
    let shops: Vec<SellerId> = products.iter().map(|product| product.seller_id).collect();
    let owners: HashMap<SellerId, UserId> = seller::by_ids(db.read(), &shops)
        .await?
        .into_iter()
        .map(|shop| (shop.id, shop.user_id))
        .collect();
    let answered = |product: &Arc<product::Row>| Some((product.id, *owners.get(&product.seller_id)?));
    Ok(products.iter().filter_map(answered).collect())
}

/// Whether the demo marketplace is there.
///
/// # Errors
/// When the database fails.
pub async fn has_demo(db: &Database) -> Result<bool, DbErr> {
    user::exists(db.read(), id::<UserId>(0)).await
}

/// An empty database, or one whose seed was interrupted.
async fn needs_demo(db: &Database) -> Result<bool, DbErr> {
    if product::Entity::find().count(db.read()).await? > 0 {
        return Ok(false);
    }
    Ok(user::Entity::find().count(db.read()).await? == 0 || has_demo(db).await?)
}

/// Puts what was being done before the cause.
fn failed<E: std::fmt::Display + Causes>(what: &'static str) -> impl Fn(E) -> StartError {
    move |error| StartError::Database(format!("{what}: {}", error.cause()))
}

/// An error's own words: [`kit::Error`] hides them from clients, an operator
/// needs them.
trait Causes {
    fn cause(&self) -> String;
}

impl Causes for DbErr {
    fn cause(&self) -> String {
        self.to_string()
    }
}

impl Causes for Error {
    fn cause(&self) -> String {
        match self {
            Self::Internal(cause) => cause.to_string(),
            other => other.to_string(),
        }
    }
}
