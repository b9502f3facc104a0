//! A discount code, as staff sees it.

use async_graphql::SimpleObject;
use entities::carts::discount::{self, Kind};
use kit::{CurrencyCode, DateTime, Money, ids::DiscountId};

use super::{Product, Seller};

/// A discount code. Visible to staff with discounts:read.
#[derive(SimpleObject)]
#[graphql(tag = "id/dsc")]
pub(crate) struct Discount {
    /// Global opaque id.
    pub(crate) id: DiscountId,
    /// What shoppers enter, in upper case; compared without regard to case.
    code: String,
    /// What it does.
    kind: Kind,
    /// The share of a percentage, in hundredths of a percent.
    basis_points: Option<i32>,
    /// What a fixed amount takes off.
    amount: Option<Money>,
    /// The only currency it applies in, null for all.
    currency: Option<CurrencyCode>,
    /// Only on these products; on the whole order when neither products nor sellers
    /// are named.
    products: Vec<Product>,
    /// Only on what these sell.
    sellers: Vec<Seller>,
    /// What the lines must come to before discounts.
    minimum_subtotal: Option<Money>,
    /// From when on it applies.
    valid_from: Option<DateTime>,
    /// From when on it no longer applies.
    valid_until: Option<DateTime>,
    /// How many orders can use it.
    usage_limit: Option<i32>,
    /// Whether an account can use it in one order only, and guests can't use it.
    once_per_account: bool,
    /// Whether it applies together with other codes that do.
    combinable: bool,
    /// How many orders use it.
    uses: i32,
    /// When it was taken back, null while it is not.
    archived_at: Option<DateTime>,
    /// Concurrency version.
    version: i32,
    /// Created.
    created_at: DateTime,
    /// Changed.
    updated_at: DateTime,
}

impl From<discount::Model> for Discount {
    fn from(row: discount::Model) -> Self {
        let currency: Option<CurrencyCode> = row.currency.and_then(|code| code.parse().ok());
        let money = |amount: Option<i64>| {
            amount.zip(currency).map(|(amount, currency)| Money::new(amount, currency))
        };
        Self {
            id: row.id,
            code: row.code,
            kind: row.kind,
            basis_points: row.basis_points,
            amount: money(row.minor_units),
            minimum_subtotal: money(row.minimum_subtotal),
            currency,
            products: row.product_ids.0.into_iter().map(|id| Product { id }).collect(),
            sellers: row.seller_ids.0.into_iter().map(|id| Seller { id }).collect(),
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            usage_limit: row.usage_limit,
            once_per_account: row.once_per_account,
            combinable: row.is_combinable,
            uses: row.uses,
            archived_at: row.archived_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
