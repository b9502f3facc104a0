//! `webhook_secrets`: what signs the requests to an endpoint. After a rotation the
//! old ones stay good for a while.

use sea_orm::{Condition, QueryOrder as _, entity::prelude::*, sea_query::Expr};

use crate::{ids::WebhookEndpointId, time::DateTime};

/// A secret shared with an endpoint.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_secrets")]
pub struct Model {
    /// `whsec_` and random bytes in base64.
    #[sea_orm(primary_key, auto_increment = false)]
    pub secret: String,
    /// Shared with whom.
    pub endpoint_id: WebhookEndpointId,
    /// When it was made.
    pub created_at: DateTime,
    /// Until when it signs; for ever when absent.
    pub valid_until: Option<DateTime>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Model").field("endpoint_id", &self.endpoint_id).finish_non_exhaustive()
    }
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds the secret that signs from now on; the one before signs until `overlap`.
/// Call it in a transaction.
///
/// # Errors
/// When the database fails.
pub async fn rotate(
    transaction: &impl ConnectionTrait,
    row: Model,
    overlap: DateTime,
) -> Result<(), DbErr> {
    Entity::delete_many()
        .filter(Column::EndpointId.eq(row.endpoint_id))
        .filter(Column::ValidUntil.lte(row.created_at))
        .exec(transaction)
        .await?;
    Entity::update_many()
        .col_expr(Column::ValidUntil, Expr::value(overlap))
        .filter(Column::EndpointId.eq(row.endpoint_id))
        .filter(Column::ValidUntil.is_null())
        .exec(transaction)
        .await?;
    let insert = Entity::insert(ActiveModel::from(row).reset_all());
    insert.exec_without_returning(transaction).await.map(drop)
}

/// The secrets that sign now, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn valid(
    db: &impl ConnectionTrait,
    endpoint: WebhookEndpointId,
    now: DateTime,
) -> Result<Vec<String>, DbErr> {
    let is_valid = Condition::any().add(Column::ValidUntil.is_null()).add(Column::ValidUntil.gt(now));
    let rows = Entity::find()
        .filter(Column::EndpointId.eq(endpoint))
        .filter(is_valid)
        .order_by_desc(Column::CreatedAt)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.secret).collect())
}
