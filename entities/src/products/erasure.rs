//! What is erased of the products module's tables with an account.

use sea_orm::{
    QuerySelect as _,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _, Query},
};

use super::{ProductStatus, favourite, image, product, purchase, review, stock_change};
use crate::{
    idempotency,
    ids::{AccountId, ProductId, SellerId, UserId},
    sql::Sql,
    time::DateTime,
};

/// Forgets an account's favourites, the keys of its requests, and that it was the
/// one who counted stock.
///
/// # Errors
/// When the database fails.
pub async fn forget(transaction: &impl ConnectionTrait, account: AccountId) -> Result<(), DbErr> {
    let mut theirs = Query::select();
    theirs
        .column(favourite::Column::ProductId)
        .from(favourite::Entity)
        .and_where(Expr::col(favourite::Column::AccountId).eq(account));
    product::Entity::update_many()
        .col_expr(product::Column::FavouriteCount, Expr::col(product::Column::FavouriteCount).sub(1))
        .filter(product::Column::Id.in_subquery(theirs))
        .exec(transaction)
        .await?;
    favourite::Entity::delete_many()
        .filter(favourite::Column::AccountId.eq(account))
        .exec(transaction)
        .await?;
    // What was counted is true whoever counted it.
    stock_change::Entity::update_many()
        .col_expr(stock_change::Column::AccountId, Expr::value(Option::<String>::None))
        .col_expr(stock_change::Column::Reason, Expr::value(""))
        .filter(stock_change::Column::AccountId.eq(account))
        .exec(transaction)
        .await?;
    idempotency::forget_scope(transaction, &account.to_string()).await
}

/// Forgets what a user bought, and leaves nothing of their reviews but the stars: no text, and an author that
/// nobody is and no two reviews share. The products that they are about.
///
/// # Errors
/// When the database fails.
pub async fn empty_reviews(
    transaction: &impl ConnectionTrait,
    user: UserId,
) -> Result<Vec<ProductId>, DbErr> {
    purchase::Entity::delete_many().filter(purchase::Column::UserId.eq(user)).exec(transaction).await?;
    let mut sql = Sql::new(transaction.get_database_backend());
    // An id is its prefix and a ULID: the review's own, as the author's.
    sql.push("UPDATE reviews SET body = '', author_id = 'user_' || substr(id, 5) WHERE author_id = ");
    sql.bind(user).push(" RETURNING product_id");
    let rows = transaction.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Takes a closed shop's products off sale and removes its answers to reviews.
/// Its products and whether each was on sale before.
///
/// # Errors
/// When the database fails.
pub async fn close_shop(
    transaction: &impl ConnectionTrait,
    shop: SellerId,
    now: DateTime,
) -> Result<Vec<ProductId>, DbErr> {
    let products: Vec<ProductId> = product::Entity::find()
        .select_only()
        .column(product::Column::Id)
        .filter(product::Column::SellerId.eq(shop))
        .into_tuple()
        .all(transaction)
        .await?;
    let mut theirs = Query::select();
    theirs
        .column(product::Column::Id)
        .from(product::Entity)
        .and_where(Expr::col(product::Column::SellerId).eq(shop));
    review::Entity::update_many()
        .col_expr(review::Column::Reply, Expr::value(Option::<String>::None))
        .filter(review::Column::ProductId.in_subquery(theirs.clone()))
        .exec(transaction)
        .await?;
    // The files themselves are deleted with the account's.
    image::Entity::delete_many()
        .filter(image::Column::UploadId.is_not_null())
        .filter(image::Column::ProductId.in_subquery(theirs))
        .exec(transaction)
        .await?;
    let archived = product::Entity::update_many()
        .col_expr(product::Column::Status, Expr::value(ProductStatus::Archived))
        .col_expr(product::Column::Version, Expr::col(product::Column::Version).add(1))
        .col_expr(product::Column::UpdatedAt, Expr::value(now))
        .filter(product::Column::Id.is_in(products))
        .filter(product::Column::Status.ne(ProductStatus::Archived))
        .exec_with_returning(transaction)
        .await?;
    Ok(archived.into_iter().map(|product| product.id).collect())
}
