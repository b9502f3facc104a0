//! `loose_images`: uploads that are attached and show no product: a save is about
//! to use them, or one has removed them. After a while they leave.

use sea_orm::{
    QuerySelect as _,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _, OnConflict, Query},
};

use super::image;
use crate::{ids::UploadId, time::DateTime};

/// An upload.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "loose_images")]
pub struct Model {
    /// Which.
    #[sea_orm(primary_key, auto_increment = false)]
    pub upload_id: UploadId,
    /// Since when.
    pub at: DateTime,
    /// Whether it is about to be let go: no product gets it any more.
    pub is_leaving: bool,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Notes that uploads show no product, from now on.
pub async fn note(db: &impl ConnectionTrait, uploads: &[UploadId], at: DateTime) -> Result<(), DbErr> {
    if uploads.is_empty() {
        return Ok(());
    }
    let row = |upload: &UploadId| ActiveModel::from(Model { upload_id: *upload, at, is_leaving: false });
    // What is leaving stays so.
    let known = OnConflict::column(Column::UploadId).update_column(Column::At).to_owned();
    Entity::insert_many(uploads.iter().map(row))
        .on_conflict(known)
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// Takes an upload for a product; false when it is leaving, or somebody else was
/// faster.
pub async fn take(transaction: &impl ConnectionTrait, upload: UploadId) -> Result<bool, DbErr> {
    let taken = Entity::delete_by_id(upload).filter(Column::IsLeaving.eq(false)).exec(transaction);
    Ok(taken.await?.rows_affected > 0)
}

/// Marks what has been loose since before an instant as leaving, and answers some
/// of what is.
pub async fn leaving(
    db: &impl ConnectionTrait,
    before: DateTime,
    limit: u64,
) -> Result<Vec<UploadId>, DbErr> {
    let mut shown = Query::select();
    shown
        .column(image::Column::UploadId)
        .from(image::Entity)
        .and_where(Expr::col(image::Column::UploadId).is_not_null());
    // A save that was repeated notes what the first one has used.
    Entity::delete_many()
        .filter(Column::At.lt(before))
        .filter(Column::UploadId.in_subquery(shown.clone()))
        .exec(db)
        .await?;
    Entity::update_many()
        .col_expr(Column::IsLeaving, true.into())
        .filter(Column::At.lt(before))
        .filter(Column::UploadId.not_in_subquery(shown))
        .exec(db)
        .await?;
    Entity::find()
        .select_only()
        .column(Column::UploadId)
        .filter(Column::IsLeaving.eq(true))
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Forgets an upload that was let go.
pub async fn forget(db: &impl ConnectionTrait, upload: UploadId) -> Result<(), DbErr> {
    Entity::delete_by_id(upload).exec(db).await.map(drop)
}
