//! `notifications`: what accounts are told. One that stands for several things
//! (messages of a conversation) is one row, which each further thing renews.

use sea_orm::{
    Condition, QueryOrder as _, QuerySelect as _, Statement,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _},
};

use crate::{
    ids::{AccountId, NotificationId, UserId},
    time::DateTime,
};

/// A notification.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notifications")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NotificationId,
    /// Whose.
    pub account_id: AccountId,
    /// What it is about, such as `message.received`.
    pub kind: String,
    /// Unique with account and kind: the thing, or the event, it is about.
    pub key: String,
    /// Who did it; the name is looked up when it is shown.
    pub actor_id: Option<UserId>,
    /// The global id of what it is about.
    pub target_id: Option<String>,
    /// What else its text says; no text that people wrote.
    #[sea_orm(column_type = "JsonBinary")]
    pub details: Json,
    /// How many things it stands for, since it was last read.
    pub count: i32,
    /// How far those things were counted: nothing is counted twice.
    pub position: i64,
    /// The language it is told in, BCP 47.
    pub locale: String,
    /// Whether it stands in the feed; another one only went by mail or push.
    pub is_shown: bool,
    /// When the latest of those things happened.
    pub at: DateTime,
    /// When it was read.
    pub read_at: Option<DateTime>,
    /// Up to when a digest has told of it.
    pub mailed_at: Option<DateTime>,
}

/// Notifications refer to others by id alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Where a notification stands in a feed: when, then id.
pub type Position = (DateTime, NotificationId);

/// What of a feed is in the feed.
fn feed(account: AccountId) -> Condition {
    Condition::all().add(Column::AccountId.eq(account)).add(Column::IsShown.eq(true))
}

/// Adds a notification, or renews the one with its key when it counts further;
/// the row as it is now, or `None` when nothing is new.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &impl ConnectionTrait, row: Model) -> Result<Option<Model>, DbErr> {
    // One that is read starts anew; the sort key moves on, so that a renewed
    // one leads the feed.
    const ADD: &str = "INSERT INTO notifications AS n (id, account_id, kind, key, actor_id, target_id, \
        details, count, position, locale, is_shown, at, read_at, mailed_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL, NULL) \
        ON CONFLICT (account_id, kind, key) DO UPDATE SET \
        count = CASE WHEN n.read_at IS NULL THEN n.count + excluded.count ELSE excluded.count END, \
        actor_id = excluded.actor_id, details = excluded.details, position = excluded.position, \
        locale = excluded.locale, is_shown = excluded.is_shown, \
        at = CASE WHEN excluded.at > n.at THEN excluded.at ELSE n.at END, read_at = NULL \
        WHERE n.position < excluded.position RETURNING *";
    let values = [
        row.id.into(),
        row.account_id.into(),
        row.kind.into(),
        row.key.into(),
        row.actor_id.into(),
        row.target_id.into(),
        row.details.into(),
        row.count.into(),
        row.position.into(),
        row.locale.into(),
        row.is_shown.into(),
        row.at.into(),
    ];
    let add = Statement::from_sql_and_values(db.get_database_backend(), ADD, values);
    Entity::find().from_raw_sql(add).one(db).await
}

/// A page of an account's feed in walking order, newest first when it goes
/// forward.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &impl ConnectionTrait,
    account: AccountId,
    unread_only: bool,
    from: Option<Position>,
    backward: bool,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let order = if backward { sea_orm::Order::Asc } else { sea_orm::Order::Desc };
    let place = || Expr::tuple([Expr::col(Column::At), Expr::col(Column::Id)]);
    let beyond = from.map(|(at, id)| {
        let from = Expr::tuple([Expr::value(at), Expr::value(id)]);
        if backward { place().gt(from) } else { place().lt(from) }
    });
    Entity::find()
        .filter(feed(account))
        .filter(
            Condition::all()
                .add_option(unread_only.then(|| Column::ReadAt.is_null()))
                .add_option(beyond),
        )
        .order_by(Column::At, order.clone())
        .order_by(Column::Id, order)
        .limit(limit)
        .all(db)
        .await
}

/// How many notifications an account's feed has, or how many unread ones.
///
/// # Errors
/// When the database fails.
pub async fn count(
    db: &impl ConnectionTrait,
    account: AccountId,
    unread_only: bool,
) -> Result<u64, DbErr> {
    let is_counted = Condition::all().add_option(unread_only.then(|| Column::ReadAt.is_null()));
    Entity::find().filter(feed(account)).filter(is_counted).count(db).await
}

/// Those of these notifications that stand in this account's feed.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    account: AccountId,
    ids: &[NotificationId],
) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(feed(account)).filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// The notification behind a delivery, in the feed or not.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &impl ConnectionTrait, id: NotificationId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// Which notifications of an account are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// These.
    These(Vec<NotificationId>),
    /// All that happened until then.
    UpTo(DateTime),
    /// The one of this kind with this key, unless it counts further than that.
    One {
        /// Its kind.
        kind: &'static str,
        /// Its key.
        key: String,
        /// How far was read.
        position: i64,
    },
}

/// Marks unread notifications of an account as read; those of its feed that it
/// marked, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn mark_read(
    db: &impl ConnectionTrait,
    account: AccountId,
    which: Which,
    now: DateTime,
) -> Result<Vec<NotificationId>, DbErr> {
    // What was only mailed or pushed can be read elsewhere, too.
    let among = match &which {
        Which::One { .. } => Condition::all().add(Column::AccountId.eq(account)),
        Which::These(_) | Which::UpTo(_) => feed(account),
    };
    let chosen = match which {
        Which::These(ids) => Condition::all().add(Column::Id.is_in(ids)),
        Which::UpTo(at) => Condition::all().add(Column::At.lte(at)),
        Which::One { kind, key, position } => Condition::all()
            .add(Column::Kind.eq(kind))
            .add(Column::Key.eq(key))
            .add(Column::Position.lte(position)),
    };
    let marked = Entity::update_many()
        .col_expr(Column::ReadAt, Expr::value(now))
        .filter(among)
        .filter(Column::ReadAt.is_null())
        .filter(chosen)
        .exec_with_returning(db)
        .await?;
    let shown = marked.into_iter().filter(|row| row.is_shown);
    let mut marked: Vec<Position> = shown.map(|row| (row.at, row.id)).collect();
    marked.sort_unstable();
    Ok(marked.into_iter().map(|(_, id)| id).collect())
}

/// What a digest tells: the unread notifications of these kinds of which none
/// has told yet, newest first.
///
/// # Errors
/// When the database fails.
pub async fn for_digest(
    db: &impl ConnectionTrait,
    account: AccountId,
    kinds: &[&str],
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let is_news = Condition::any()
        .add(Column::MailedAt.is_null())
        .add(Expr::col(Column::MailedAt).lt(Expr::col(Column::At)));
    Entity::find()
        .filter(Column::AccountId.eq(account))
        .filter(Column::Kind.is_in(kinds.iter().copied()))
        .filter(Column::ReadAt.is_null())
        .filter(is_news)
        .order_by_desc(Column::At)
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// Notes that a digest told of what these stood for.
///
/// # Errors
/// When the database fails.
pub async fn mailed(db: &impl ConnectionTrait, told: &[Position]) -> Result<(), DbErr> {
    // One that was renewed meanwhile has more to tell.
    let as_told = told.iter().fold(Condition::any(), |any, (at, id)| {
        any.add(Condition::all().add(Column::Id.eq(*id)).add(Column::At.eq(*at)))
    });
    if told.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::MailedAt, Expr::col(Column::At))
        .filter(as_told)
        .exec(db)
        .await
        .map(drop)
}

/// Deletes what was read before this, and what was only mailed or pushed; how
/// many.
///
/// # Errors
/// When the database fails.
pub async fn delete_old(db: &impl ConnectionTrait, before: DateTime) -> Result<u64, DbErr> {
    let is_hidden = Condition::all().add(Column::IsShown.eq(false)).add(Column::At.lt(before));
    let is_done = Condition::any().add(Column::ReadAt.lt(before)).add(is_hidden);
    Ok(Entity::delete_many().filter(is_done).exec(db).await?.rows_affected)
}
