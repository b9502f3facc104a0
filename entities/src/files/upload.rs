//! `uploads`: a slot at first, then the file that filled it. Every change of
//! state is one conditional statement.

use sea_orm::{
    Condition, DbBackend, QueryOrder as _, QuerySelect as _, Statement, entity::prelude::*,
    sea_query::Expr,
};

use crate::{
    ids::{AccountId, UploadId},
    time::DateTime,
};

/// A slot, or the file that filled it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "uploads")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UploadId,
    /// Who asked for it.
    pub account_id: AccountId,
    /// As the uploader named it, made safe.
    pub name: String,
    /// What the bytes must be, and once stored are.
    pub media_type: String,
    /// How many bytes.
    pub size: i64,
    /// When the slot was asked for.
    pub created_at: DateTime,
    /// Until when it can be filled.
    pub expires_at: DateTime,
    /// Where the bytes are in the store: random, once they are there.
    pub object_key: Option<String>,
    /// SHA-256 of the bytes, in base64url.
    pub hash: Option<String>,
    /// When they arrived.
    pub stored_at: Option<DateTime>,
    /// What it belongs to.
    pub attached_to: Option<String>,
    /// Its place among what is attached there.
    pub place: i32,
    /// When it was let go.
    pub released_at: Option<DateTime>,
}

/// Uploads refer to accounts by id alone: they live in another module.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a slot, unless the account has `limit` uploads that belong to nothing
/// yet; false when it has. Call it in a transaction.
///
/// # Errors
/// When the database fails.
pub async fn open(transaction: &impl ConnectionTrait, slot: Model, limit: u64) -> Result<bool, DbErr> {
    let account = slot.account_id;
    if transaction.get_database_backend() == DbBackend::Postgres {
        // Slots of one account are counted one after the other; SQLite has one
        // writer anyway.
        let sql = "SELECT pg_advisory_xact_lock(hashtext('uploads'), hashtext($1))";
        let lock = Statement::from_sql_and_values(DbBackend::Postgres, sql, [account.into()]);
        transaction.query_one_raw(lock).await?;
    }
    let is_open =
        Condition::any().add(Column::StoredAt.is_not_null()).add(Column::ExpiresAt.gt(slot.created_at));
    let open = Entity::find()
        .filter(Column::AccountId.eq(account))
        .filter(Column::AttachedTo.is_null())
        .filter(Column::ReleasedAt.is_null())
        .filter(is_open)
        .count(transaction)
        .await?;
    if open >= limit {
        return Ok(false);
    }
    Entity::insert(ActiveModel::from(slot).reset_all()).exec_without_returning(transaction).await?;
    Ok(true)
}

/// The upload with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(db: &impl ConnectionTrait, id: UploadId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// Notes where a slot's bytes are; false when it is filled already, or gone.
///
/// # Errors
/// When the database fails.
pub async fn fill(
    db: &impl ConnectionTrait,
    id: UploadId,
    object_key: &str,
    hash: &str,
    now: DateTime,
) -> Result<bool, DbErr> {
    let filled = Entity::update_many()
        .col_expr(Column::ObjectKey, object_key.into())
        .col_expr(Column::Hash, hash.into())
        .col_expr(Column::StoredAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::StoredAt.is_null())
        .exec(db)
        .await?;
    Ok(filled.rows_affected == 1)
}

/// Attaches a stored file of this account to a thing, at a place there; `None`
/// when it can't be. Attaching it again to the same thing changes only its place.
///
/// # Errors
/// When the database fails.
pub async fn attach(
    db: &impl ConnectionTrait,
    account: AccountId,
    id: UploadId,
    to: &str,
    place: i32,
) -> Result<Option<Model>, DbErr> {
    let is_free = Condition::any().add(Column::AttachedTo.is_null()).add(Column::AttachedTo.eq(to));
    let attached = Entity::update_many()
        .col_expr(Column::AttachedTo, to.into())
        .col_expr(Column::Place, place.into())
        .filter(Column::Id.eq(id))
        .filter(Column::AccountId.eq(account))
        .filter(Column::StoredAt.is_not_null())
        .filter(Column::ReleasedAt.is_null())
        .filter(is_free)
        .exec_with_returning(db)
        .await?;
    Ok(attached.into_iter().next())
}

/// Whether this account has stored a file under this id, attached or not.
///
/// # Errors
/// When the database fails.
pub async fn is_stored(
    db: &impl ConnectionTrait,
    account: AccountId,
    id: UploadId,
) -> Result<bool, DbErr> {
    Entity::find_by_id(id)
        .filter(Column::AccountId.eq(account))
        .filter(Column::StoredAt.is_not_null())
        .filter(Column::ReleasedAt.is_null())
        .exists(db)
        .await
}

/// Lets everything go that is attached to a thing.
///
/// # Errors
/// When the database fails.
pub async fn release(db: &impl ConnectionTrait, from: &str, now: DateTime) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::AttachedTo, Expr::value(Option::<String>::None))
        .col_expr(Column::ReleasedAt, Expr::value(now))
        .filter(Column::AttachedTo.eq(from))
        .exec(db)
        .await
        .map(drop)
}

/// What is attached to these things, each in its order.
///
/// # Errors
/// When the database fails.
pub async fn attached(db: &impl ConnectionTrait, to: &[String]) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::AttachedTo.is_in(to))
        .order_by_asc(Column::Place)
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// Deletes what nobody can use any more, at most `limit` rows: slots that expired
/// before `expired`, files that arrived before `unattached` and belong to
/// nothing, and files that were let go. Answers the deleted rows.
///
/// # Errors
/// When the database fails.
pub async fn delete_orphans(
    db: &impl ConnectionTrait,
    expired: DateTime,
    unattached: DateTime,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    // The condition stands twice: a row may be attached between the look and the
    // deletion, and the deletion looks again.
    let ids = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(is_orphan(expired, unattached))
        .limit(limit)
        .into_tuple::<UploadId>()
        .all(db)
        .await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Entity::delete_many()
        .filter(Column::Id.is_in(ids))
        .filter(is_orphan(expired, unattached))
        .exec_with_returning(db)
        .await
}

fn is_orphan(expired: DateTime, unattached: DateTime) -> Condition {
    let was_never_filled =
        Condition::all().add(Column::StoredAt.is_null()).add(Column::ExpiresAt.lt(expired));
    let belongs_to_nothing =
        Condition::all().add(Column::AttachedTo.is_null()).add(Column::StoredAt.lt(unattached));
    Condition::any().add(was_never_filled).add(belongs_to_nothing).add(Column::ReleasedAt.is_not_null())
}

/// Deletes uploads of an account, at most `limit`, whatever they are attached to.
/// Answers the deleted rows.
///
/// # Errors
/// When the database fails.
pub async fn delete_of(
    db: &impl ConnectionTrait,
    account: AccountId,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let ids = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::AccountId.eq(account))
        .limit(limit)
        .into_tuple::<UploadId>()
        .all(db)
        .await?;
    Entity::delete_many().filter(Column::Id.is_in(ids)).exec_with_returning(db).await
}

/// Which of these objects a row knows.
///
/// # Errors
/// When the database fails.
pub async fn known_objects(db: &impl ConnectionTrait, keys: &[String]) -> Result<Vec<String>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::ObjectKey)
        .filter(Column::ObjectKey.is_in(keys))
        .into_tuple()
        .all(db)
        .await
}
