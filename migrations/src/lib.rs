//! The database's shape: SeaORM migrations, ordered, one folder a module.
//! Expand first, contract in a later release.

mod audit;
mod carts;
mod events;
mod files;
mod idempotency;
mod messages;
mod notifications;
mod orders;
mod payments;
mod products;
mod statements;
mod users;
mod webhooks;

use sea_orm_migration::prelude::*;

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut migrations = Vec::new();
        migrations.extend(events::migrations());
        migrations.extend(users::migrations());
        migrations.extend(products::migrations());
        migrations.extend(idempotency::migrations());
        migrations.extend(messages::migrations());
        migrations.extend(files::migrations());
        migrations.extend(webhooks::migrations());
        migrations.extend(notifications::migrations());
        migrations.extend(audit::migrations());
        migrations.extend(carts::migrations());
        migrations.extend(payments::migrations());
        migrations.extend(orders::migrations());
        migrations
    }
}
