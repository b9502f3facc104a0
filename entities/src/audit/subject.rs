//! `audit_subjects`: what each entry is about, to find entries by it.

use sea_orm::{
    ActiveValue::Set, QueryOrder as _, QuerySelect as _, entity::prelude::*, sea_query::OnConflict,
};

/// Rows in one statement; SQLite binds at most 32,766 values.
const BATCH: usize = 5_000;

/// A record is about something.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_subjects")]
pub struct Model {
    /// The id of what it is about.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    /// The record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub record: i64,
    /// The first record of the same act.
    pub entry: i64,
}

/// Stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds rows; those that are there stay.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), DbErr> {
    let unless_known = OnConflict::columns([Column::Subject, Column::Record]).do_nothing().to_owned();
    for rows in rows.chunks(BATCH) {
        let rows = rows.iter().map(|row| ActiveModel {
            subject: Set(row.subject.clone()),
            record: Set(row.record),
            entry: Set(row.entry),
        });
        Entity::insert_many(rows).on_conflict(unless_known.clone()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// What the records from `first` to `last` are about: record and subject, in
/// order.
///
/// # Errors
/// When the database fails.
pub async fn between(
    db: &impl ConnectionTrait,
    first: i64,
    last: i64,
) -> Result<Vec<(i64, String)>, DbErr> {
    Entity::find()
        .select_only()
        .columns([Column::Record, Column::Subject])
        .filter(Column::Record.between(first, last))
        .order_by_asc(Column::Record)
        .order_by_asc(Column::Subject)
        .into_tuple()
        .all(db)
        .await
}
