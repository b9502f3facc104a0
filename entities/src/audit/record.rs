//! `audit_records`: one fact each, in the order of the log, each with the hash
//! of the one before. The records of one act are one entry, which its first
//! record opens.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    Condition, QueryOrder as _, QuerySelect as _,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _, Query},
};

use super::subject;
use crate::{Page, ids::AccountId, time::DateTime};

/// A fact, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_records")]
pub struct Model {
    /// 1, 2, 3, …, without a gap.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    /// The first record of the same act; its own sequence when it is that.
    pub entry: i64,
    /// The fact's number in the event log.
    pub event: i64,
    /// When it became true.
    pub at: DateTime,
    /// The act that made it true; absent for what workers do.
    pub act: Option<String>,
    /// Who acted; absent for a guest or a worker.
    pub actor: Option<AccountId>,
    /// The root field of the mutation; the kind when there is no act.
    pub action: String,
    /// What happened.
    pub kind: String,
    /// Version of the data's shape.
    pub version: i32,
    /// The id of what it happened to.
    pub subject: String,
    /// The fact, as JSON text with its keys in order.
    pub data: String,
    /// Hash of the record before; empty for the first.
    pub previous_hash: String,
    /// Hash of all this.
    pub hash: String,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Which entries somebody looks for; given conditions are ANDed.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Done by this account.
    pub actor: Option<AccountId>,
    /// Of this root field.
    pub action: Option<String>,
    /// With a fact of this kind.
    pub kind: Option<String>,
    /// About this.
    pub subject: Option<String>,
    /// Not before.
    pub from: Option<DateTime>,
    /// Before.
    pub to: Option<DateTime>,
}

impl Wanted {
    fn condition(&self) -> Condition {
        let opens = Expr::col(Column::Sequence).eq(Expr::col(Column::Entry));
        let of_kind = |kind: &str| {
            let mut entries = Query::select();
            entries.column(Column::Entry).from(Entity).and_where(Expr::col(Column::Kind).eq(kind));
            Column::Sequence.in_subquery(entries)
        };
        let about = |id: &str| {
            let mut entries = Query::select();
            entries
                .column(subject::Column::Entry)
                .from(subject::Entity)
                .and_where(Expr::col(subject::Column::Subject).eq(id));
            Column::Sequence.in_subquery(entries)
        };
        Condition::all()
            .add(opens)
            .add_option(self.actor.map(|actor| Column::Actor.eq(actor)))
            .add_option(self.action.as_deref().map(|action| Column::Action.eq(action)))
            .add_option(self.kind.as_deref().map(of_kind))
            .add_option(self.subject.as_deref().map(about))
            .add_option(self.from.map(|from| Column::At.gte(from)))
            .add_option(self.to.map(|to| Column::At.lt(to)))
    }
}

/// Adds records.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), DbErr> {
    let rows = rows.into_iter().map(|row| ActiveModel::from(row).reset_all());
    Entity::insert_many(rows).exec_without_returning(db).await.map(drop)
}

/// A page of entries, newest first: the records that open them.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &impl ConnectionTrait,
    wanted: &Wanted,
    page: Page<'_, i64>,
) -> Result<Vec<Model>, DbErr> {
    let mut rows = Entity::find().filter(wanted.condition());
    if let Some(from) = page.from {
        rows = rows.filter(match page.is_backward {
            true => Column::Sequence.gt(*from),
            false => Column::Sequence.lt(*from),
        });
    }
    let rows = match page.is_backward {
        true => rows.order_by_asc(Column::Sequence),
        false => rows.order_by_desc(Column::Sequence),
    };
    rows.limit(page.limit).all(db).await
}

/// How many entries there are.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &impl ConnectionTrait, wanted: &Wanted) -> Result<u64, DbErr> {
    use sea_orm::PaginatorTrait as _;

    Entity::find().filter(wanted.condition()).count(db).await
}

/// The records that open these entries.
///
/// # Errors
/// When the database fails.
pub async fn opening(db: &impl ConnectionTrait, entries: &[i64]) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::Sequence.is_in(entries.iter().copied()))
        .filter(Expr::col(Column::Sequence).eq(Expr::col(Column::Entry)))
        .all(db)
        .await
}

/// All records of these entries, in order.
///
/// # Errors
/// When the database fails.
pub async fn of_entries(db: &impl ConnectionTrait, entries: &[i64]) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::Entry.is_in(entries.iter().copied()))
        .order_by_asc(Column::Sequence)
        .all(db)
        .await
}

/// The records behind `sequence`, in order.
///
/// # Errors
/// When the database fails.
pub async fn after(db: &impl ConnectionTrait, sequence: i64, limit: u64) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::Sequence.gt(sequence))
        .order_by_asc(Column::Sequence)
        .limit(limit)
        .all(db)
        .await
}

/// The entries that these acts have already.
///
/// # Errors
/// When the database fails.
pub async fn entries_of(
    db: &impl ConnectionTrait,
    acts: &HashSet<String>,
) -> Result<HashMap<String, i64>, DbErr> {
    let found: Vec<(String, i64)> = Entity::find()
        .select_only()
        .columns([Column::Act, Column::Entry])
        .filter(Column::Act.is_in(acts))
        .distinct()
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().collect())
}

/// Which of these events have a record.
///
/// # Errors
/// When the database fails.
pub async fn known(db: &impl ConnectionTrait, events: &[i64]) -> Result<HashSet<i64>, DbErr> {
    let found: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::Event)
        .filter(Column::Event.is_in(events.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().collect())
}
