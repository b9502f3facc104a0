//! `users`: people as everyone may see them.

use sea_orm::{
    Condition, DatabaseConnection, JoinType, Order, QueryOrder as _, QuerySelect as _,
    RelationTrait as _, SelectExt as _, entity::prelude::*, sea_query::OnConflict,
};

use crate::{ids::UserId, time::DateTime};

/// A public profile.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// Unique; lower-case.
    pub handle: String,
    /// As the person writes it.
    pub display_name: String,
    /// An https address.
    pub avatar_url: Option<String>,
    /// A few words about the person.
    pub bio: Option<String>,
    /// When.
    pub joined_at: DateTime,
}

/// What belongs to a user.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The private side.
    #[sea_orm(has_one = "super::account::Entity")]
    Account,
}

impl ActiveModelBehavior for ActiveModel {}

/// The users with these ids.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[UserId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// The users with these handles.
///
/// # Errors
/// When the database fails.
pub async fn by_handles(db: &impl ConnectionTrait, handles: &[String]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Handle.is_in(handles)).all(db).await
}

/// Users behind `from`, newest first; when it goes backward those before it, the
/// other way round. `matching` may name columns of `accounts` too.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &DatabaseConnection,
    matching: Option<Condition>,
    from: Option<(DateTime, UserId)>,
    is_backward: bool,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let order = if is_backward { Order::Asc } else { Order::Desc };
    matched(matching)
        .filter(from.map_or_else(Condition::all, |from| beyond(from, is_backward)))
        .order_by(Column::JoinedAt, order.clone())
        .order_by(Column::Id, order)
        .limit(limit)
        .all(db)
        .await
}

/// How many users match; see [`page`].
///
/// # Errors
/// When the database fails.
pub async fn count(db: &DatabaseConnection, matching: Option<Condition>) -> Result<u64, DbErr> {
    matched(matching).count(db).await
}

/// Whether there is such a user.
///
/// # Errors
/// When the database fails.
pub async fn exists(db: &impl ConnectionTrait, id: UserId) -> Result<bool, DbErr> {
    Entity::find_by_id(id).exists(db).await
}

/// Adds a user; false when somebody else has the handle.
///
/// # Errors
/// When the database fails.
pub async fn insert_unless_taken(db: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let unless_taken = OnConflict::column(Column::Handle).do_nothing().to_owned();
    let insert = Entity::insert(ActiveModel::from(row).reset_all()).on_conflict(unless_taken);
    insert.exec_without_returning(db).await.map(|rows| rows == 1)
}

/// Changes what is given of a profile.
///
/// # Errors
/// When the database fails.
pub async fn change(
    db: &impl ConnectionTrait,
    id: UserId,
    display_name: Option<String>,
    bio: Option<Option<String>>,
) -> Result<(), DbErr> {
    let mut update = Entity::update_many().filter(Column::Id.eq(id));
    if let Some(display_name) = display_name {
        update = update.col_expr(Column::DisplayName, display_name.into());
    }
    if let Some(bio) = bio {
        update = update.col_expr(Column::Bio, bio.into());
    }
    // Without a change this sends nothing.
    update.exec(db).await.map(drop)
}

fn matched(matching: Option<Condition>) -> Select<Entity> {
    match matching {
        None => Entity::find(),
        Some(matching) => {
            Entity::find().join(JoinType::InnerJoin, Relation::Account.def()).filter(matching)
        }
    }
}

fn beyond((joined_at, id): (DateTime, UserId), is_backward: bool) -> Condition {
    let (joined, tied) = match is_backward {
        true => (Column::JoinedAt.gt(joined_at), Column::Id.gt(id)),
        false => (Column::JoinedAt.lt(joined_at), Column::Id.lt(id)),
    };
    Condition::any().add(joined).add(Condition::all().add(Column::JoinedAt.eq(joined_at)).add(tied))
}
