//! `events`: facts in the order in which they became visible.

use std::collections::HashSet;

use sea_orm::{
    Condition, DatabaseConnection, DbBackend, QueryOrder as _, QuerySelect as _, SelectExt as _,
    entity::prelude::*, sea_query::Expr,
};

use crate::{ids::AccountId, time::DateTime};

/// A fact.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    /// Its number; not the order of commits on Postgres.
    #[sea_orm(primary_key)]
    pub sequence: i64,
    /// The writing transaction on Postgres, 0 on SQLite; set by the database.
    pub transaction: i64,
    /// What happened.
    pub kind: String,
    /// Version of the payload's shape.
    pub version: i32,
    /// The id of what it happened to.
    pub subject: String,
    /// The shape that kind and version name.
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// When.
    pub at: DateTime,
    /// The root field of a mutation that made it true, as one run of it; absent
    /// for what handlers and workers do.
    pub act: Option<String>,
    /// Who asked for that; absent for a guest.
    pub actor: Option<AccountId>,
    /// The name of that field.
    pub action: Option<String>,
}

/// Events stand alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Events of transactions that are older than every running one: no later
/// commit can appear before them. SQLite has one writer, so all are settled.
fn settled(backend: DbBackend) -> Condition {
    match backend {
        DbBackend::Postgres => Condition::all()
            .add(Expr::cust("\"transaction\" < pg_snapshot_xmin(pg_current_snapshot())::text::bigint")),
        _ => Condition::all(),
    }
}

/// Events behind a position.
#[must_use]
pub fn after(transaction: i64, sequence: i64) -> Condition {
    Condition::any().add(Column::Transaction.gt(transaction)).add(
        Condition::all().add(Column::Transaction.eq(transaction)).add(Column::Sequence.gt(sequence)),
    )
}

/// Events out of a restored dump carry numbers of transactions that this server
/// has not given yet. They come before all of its own, and their cursors are a
/// gap; handlers go back to the oldest event they may not have taken, which they
/// may be given a second time.
///
/// # Errors
/// When the database fails.
pub async fn adopt_restored(transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    if transaction.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    // Each statement looks for numbers of the future itself; the events' own,
    // by which the others tell, are mended last.
    const FUTURE: &str = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
    let is_restored = format!(
        "EXISTS (SELECT 1 FROM events WHERE \"transaction\" >= {FUTURE} \
         UNION ALL SELECT 1 FROM event_handlers WHERE \"transaction\" >= {FUTURE} \
         UNION ALL SELECT 1 FROM event_floor WHERE \"transaction\" >= {FUTURE})"
    );
    let found = transaction.execute_unprepared(&format!("SELECT 1 WHERE {is_restored}")).await?;
    if found.rows_affected() == 0 {
        return Ok(());
    }
    transaction
        .execute_unprepared(
            "UPDATE event_handlers h SET \"transaction\" = 0, sequence = COALESCE( \
             (SELECT min(e.sequence) - 1 FROM events e \
              WHERE (e.\"transaction\", e.sequence) > (h.\"transaction\", h.sequence)), \
             (SELECT max(sequence) FROM events), h.sequence)",
        )
        .await?;
    transaction
        .execute_unprepared(
            "UPDATE event_floor SET \"transaction\" = 0, \
             sequence = COALESCE((SELECT min(sequence) - 1 FROM events), sequence)",
        )
        .await?;
    transaction.execute_unprepared("UPDATE events SET \"transaction\" = 0").await.map(drop)
}

/// Transaction and number of the newest settled event.
pub async fn newest_settled(db: &DatabaseConnection) -> Result<Option<(i64, i64)>, DbErr> {
    Entity::find()
        .select_only()
        .columns([Column::Transaction, Column::Sequence])
        .filter(settled(db.get_database_backend()))
        .order_by_desc(Column::Transaction)
        .order_by_desc(Column::Sequence)
        .into_tuple()
        .one(db)
        .await
}

/// The next settled events after a position, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn settled_after(
    db: &impl ConnectionTrait,
    transaction: i64,
    sequence: i64,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(after(transaction, sequence))
        .filter(settled(db.get_database_backend()))
        .order_by_asc(Column::Transaction)
        .order_by_asc(Column::Sequence)
        .limit(limit)
        .all(db)
        .await
}

/// As [`settled_after`], of these subjects only.
///
/// # Errors
/// When the database fails.
pub async fn settled_after_of(
    db: &DatabaseConnection,
    subjects: &HashSet<String>,
    transaction: i64,
    sequence: i64,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::Subject.is_in(subjects))
        .filter(after(transaction, sequence))
        .filter(settled(db.get_database_backend()))
        .order_by_asc(Column::Transaction)
        .order_by_asc(Column::Sequence)
        .limit(limit)
        .all(db)
        .await
}

/// Whether the log holds an event at this position.
///
/// # Errors
/// When the database fails.
pub async fn exists(db: &DatabaseConnection, transaction: i64, sequence: i64) -> Result<bool, DbErr> {
    Entity::find()
        .filter(Column::Transaction.eq(transaction))
        .filter(Column::Sequence.eq(sequence))
        .exists(db)
        .await
}

/// The newest settled event that is older than `at`, as are all events before
/// it, and that does not stand behind `limit`.
///
/// # Errors
/// When the database fails.
pub async fn last_older(
    db: &DatabaseConnection,
    at: DateTime,
    limit: Option<(i64, i64)>,
) -> Result<Option<(i64, i64)>, DbErr> {
    let position = || Entity::find().select_only().columns([Column::Transaction, Column::Sequence]);
    let first_kept: Option<(i64, i64)> = position()
        .filter(Column::At.gte(at))
        .order_by_asc(Column::Transaction)
        .order_by_asc(Column::Sequence)
        .into_tuple()
        .one(db)
        .await?;
    let mut older = position().filter(settled(db.get_database_backend()));
    if let Some((transaction, sequence)) = first_kept {
        older = older.filter(before(transaction, sequence));
    }
    if let Some((transaction, sequence)) = limit {
        older = older.filter(Condition::not(after(transaction, sequence)));
    }
    older.order_by_desc(Column::Transaction).order_by_desc(Column::Sequence).into_tuple().one(db).await
}

/// Deletes everything up to a position; how much that was.
///
/// # Errors
/// When the database fails.
pub async fn delete_through(
    transaction: &impl ConnectionTrait,
    (number, sequence): (i64, i64),
) -> Result<u64, DbErr> {
    let deleted =
        Entity::delete_many().filter(Condition::not(after(number, sequence))).exec(transaction);
    Ok(deleted.await?.rows_affected)
}

fn before(transaction: i64, sequence: i64) -> Condition {
    Condition::any().add(Column::Transaction.lt(transaction)).add(
        Condition::all().add(Column::Transaction.eq(transaction)).add(Column::Sequence.lt(sequence)),
    )
}
