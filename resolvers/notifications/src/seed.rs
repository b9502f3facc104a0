//! Demo data: what demo accounts were told, as if it had happened.

use std::collections::HashMap;

use entities::{
    notifications::notification,
    products::{product, review},
};
use futures_util::FutureExt as _;
use kit::{
    Database, DateTime, Error, Result,
    ids::{AccountId, NotificationId, ProductId, ReviewId, SellerId},
    seed::{Progress, Scale, TODAY, id},
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QuerySelect as _,
};
use serde_json::json;

/// Demo reviews that are told of.
const REVIEWS: u32 = 120;
/// Rows in one statement.
const BATCH: usize = 500;
const MINUTE: i64 = 60_000;

/// Adds notifications to the feeds of demo accounts; what is there stays.
///
/// # Errors
/// When the database fails.
pub async fn seed(db: &Database, scale: Scale, progress: Progress<'_>) -> Result<()> {
    let total = u64::from(scale.users());
    progress("notifications", 0, total);
    let mut rows: Vec<notification::Model> = (0..scale.users()).map(welcome).collect();
    rows.extend(reviews(db, scale).await?);
    db.transaction(move |transaction| {
        let rows = rows.clone();
        async move {
            for batch in rows.chunks(BATCH) {
                let rows = batch.iter().map(|row| row.clone().into_active_model().reset_all());
                notification::Entity::insert_many(rows)
                    .on_conflict_do_nothing()
                    .exec_without_returning(transaction)
                    .await?;
            }
            Ok::<_, Error>(())
        }
        .boxed()
    })
    .await?;
    progress("notifications", total, total);
    Ok(())
}

/// Everybody was welcomed, and has read it.
fn welcome(index: u32) -> notification::Model {
    let account: AccountId = id(index);
    let at = TODAY.plus(-i64::from(index) * MINUTE - 30 * 24 * 60 * MINUTE);
    notification::Model {
        read_at: Some(at.plus(MINUTE)),
        target_id: Some(account.to_string()),
        key: account.to_string(),
        ..told(id(index), account, "account.welcome", at)
    }
}

/// Some sellers were told of reviews: demo sellers and accounts have the same
/// numbers.
async fn reviews(db: &Database, scale: Scale) -> Result<Vec<notification::Model>> {
    let accounts: HashMap<SellerId, AccountId> =
        (0..scale.sellers()).map(|index| (id(index), id(index))).collect();
    let reviews = review::Entity::find()
        .filter(review::Column::Id.is_in((0..REVIEWS).map(id::<ReviewId>)))
        .all(db.read())
        .await?;
    let products: Vec<(ProductId, SellerId)> = product::Entity::find()
        .select_only()
        .columns([product::Column::Id, product::Column::SellerId])
        .filter(product::Column::Id.is_in(reviews.iter().map(|review| review.product_id)))
        .into_tuple()
        .all(db.read())
        .await?;
    let sellers: HashMap<ProductId, SellerId> = products.into_iter().collect();
    let rows = reviews.into_iter().zip(scale.users()..).filter_map(|(review, index)| {
        let account = *accounts.get(sellers.get(&review.product_id)?)?;
        let at = TODAY.plus(-i64::from(index) * MINUTE);
        Some(notification::Model {
            key: review.id.to_string(),
            target_id: Some(review.id.to_string()),
            actor_id: Some(review.author_id),
            details: json!({ "stars": review.stars }),
            ..told(id(index), account, "review.received", at)
        })
    });
    Ok(rows.collect())
}

fn told(id: NotificationId, account: AccountId, kind: &str, at: DateTime) -> notification::Model {
    notification::Model {
        id,
        account_id: account,
        kind: kind.to_owned(),
        key: String::new(),
        actor_id: None,
        target_id: None,
        details: json!({}),
        count: 1,
        position: 0,
        locale: "en".to_owned(),
        is_shown: true,
        at,
        read_at: None,
        mailed_at: None,
    }
}
