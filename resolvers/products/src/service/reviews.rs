//! Reviews and their answers. The rating of a product is counted in the
//! transaction that writes the review, under the product's lock, so it is exact.

use std::sync::Arc;

use entities::{
    ids::{Id as _, ProductId, ReviewId, UserId},
    products::{
        Scope, product, purchase,
        review::{self, Model},
    },
};
use kit::{DateTime, Outcome, Result, UserError, Viewer, refuse, text};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
};

use super::{Service, facts, scope};

const MAX_BODY: usize = 5_000;

/// A review to write.
struct Save {
    scope: Scope,
    product: ProductId,
    author: UserId,
    stars: i32,
    body: String,
    now: DateTime,
}

impl Service {
    /// Writes or changes the viewer's review of a product.
    pub(crate) async fn save_review(
        &self,
        viewer: &Viewer,
        product: ProductId,
        stars: i32,
        body: &str,
    ) -> Result<Outcome<ReviewId>> {
        let author = viewer.require_user()?;
        let body = text::plain(body);
        let mut wrong = Vec::new();
        if !(1..=5).contains(&stars) {
            wrong.push(UserError::invalid("stars", "must be from 1 to 5"));
        }
        wrong.extend(text::length("body", &body, 1, MAX_BODY));
        if !wrong.is_empty() {
            return Ok(Err(wrong));
        }
        let shop = self.shop_of(viewer).await?;
        let (scope, now) = (scope(viewer, shop), self.clock.now());
        let save = Arc::new(Save { scope, product, author, stars, body, now });
        self.db
            .change(move |transaction| {
                let save = save.clone();
                Box::pin(async move {
                    let product = product::lock_visible(transaction, save.scope, save.product).await?;
                    let Some(product) = product else {
                        return Err(refuse(UserError::not_found("productId", "product")));
                    };
                    if shop == Some(product.seller_id) {
                        let message = "sellers can't review their own products";
                        return Err(refuse(UserError::invalid("productId", message)));
                    }
                    save.run(transaction, &product).await
                })
            })
            .await
    }

    /// Writes or changes the seller's answer to a review.
    pub(crate) async fn reply_to_review(
        &self,
        viewer: &Viewer,
        id: ReviewId,
        body: &str,
    ) -> Result<Outcome<ReviewId>> {
        viewer.require_account()?;
        let reply = text::plain(body);
        if let Some(wrong) = text::length("body", &reply, 1, MAX_BODY) {
            return Ok(Err(vec![wrong]));
        }
        // Only the seller speaks for the shop: no moderator does.
        let scope = self.shop_of(viewer).await?.map_or(Scope::Public, Scope::Seller);
        let now = self.clock.now();
        self.db
            .change(move |transaction| {
                let reply = reply.clone();
                Box::pin(async move {
                    if review::lock_changeable(transaction, scope, id).await?.is_none() {
                        return Err(refuse(UserError::not_found("reviewId", "review")));
                    }
                    // The row that was read while waiting for the lock may be an earlier version.
                    let Some(found) = review::by_ids(transaction, scope, &[id]).await?.pop() else {
                        return Err(refuse(UserError::not_found("reviewId", "review")));
                    };
                    let Some(product) =
                        product::lock_visible(transaction, scope, found.product_id).await?
                    else {
                        return Err(refuse(UserError::not_found("reviewId", "review")));
                    };
                    let review = Model { reply: Some(reply), ..Model::clone(&found) };
                    let change = review::ActiveModel {
                        reply: Set(review.reply.clone()),
                        updated_at: Set(now),
                        ..review::ActiveModel::default()
                    };
                    update(transaction, id, change).await?;
                    facts::review_saved(transaction, &product, &review, now).await?;
                    Ok(id)
                })
            })
            .await
    }
}

impl Save {
    async fn run(&self, transaction: &DatabaseTransaction, product: &product::Row) -> Result<ReviewId> {
        let before = review::of_author(transaction, product.id, self.author).await?;
        let review = Model {
            id: before.as_ref().map_or_else(ReviewId::generate, |before| before.id),
            product_id: product.id,
            author_id: self.author,
            stars: self.stars,
            body: self.body.clone(),
            reply: before.as_ref().and_then(|before| before.reply.clone()),
            is_verified_purchase: purchase::is_noted(transaction, self.author, product.id).await?
                || before.as_ref().is_some_and(|before| before.is_verified_purchase),
            helpful_count: before.as_ref().map_or(0, |before| before.helpful_count),
            created_at: before.as_ref().map_or(self.now, |before| before.created_at),
            updated_at: self.now,
        };
        if before.is_some() {
            let change = review::ActiveModel {
                stars: Set(review.stars),
                body: Set(review.body.clone()),
                is_verified_purchase: Set(review.is_verified_purchase),
                updated_at: Set(self.now),
                ..review::ActiveModel::default()
            };
            update(transaction, review.id, change).await?;
        } else {
            review::Entity::insert(review::ActiveModel::from(review.clone()))
                .exec_without_returning(transaction)
                .await?;
        }
        let stars_before = before.map(|before| before.stars);
        product::move_rating(transaction, product.id, stars_before, review.stars).await?;
        facts::review_saved(transaction, product, &review, self.now).await?;
        Ok(review.id)
    }
}

async fn update(
    transaction: &DatabaseTransaction,
    id: ReviewId,
    change: review::ActiveModel,
) -> Result<()> {
    let updated = review::Entity::update_many().set(change).filter(review::Column::Id.eq(id));
    updated.exec(transaction).await?;
    Ok(())
}
