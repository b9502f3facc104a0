//! What clients send to the carts module.

use async_graphql::InputObject;
use entities::carts::discount::Kind;
use kit::{
    CartRef, DateTime, MoneyInput,
    ids::{CartLineId, DiscountId, ProductId, SellerId, VariantId},
};

use crate::service::{DiscountDraft, LineDraft, LineSet, LinesDraft};

/// Lines to change; positive adds, quantity 0 removes.
#[derive(InputObject)]
pub(crate) struct CartLinesInput {
    /// Cart; the account's own in the viewer's currency when absent, which is made
    /// at its first use.
    pub(crate) cart: Option<CartRef>,
    /// Add units (commutes: safe in parallel), at most 100 at once. Units of the
    /// same variant and note are one line.
    add: Option<Vec<CartLineAdd>>,
    /// Set units, of at most 100 lines at once; before `add`.
    set: Option<Vec<CartLineSet>>,
    /// Fail with VERSION_CONFLICT if the cart is in another version.
    expected_version: Option<i32>,
    /// Retry-safe key: the same request with the same key is run once.
    pub(crate) idempotency_key: Option<String>,
}

/// Add a variant.
#[derive(InputObject)]
pub(crate) struct CartLineAdd {
    /// Variant; on sale, and sold in the cart's currency.
    variant_id: VariantId,
    /// Units, 1 to 10,000.
    #[graphql(default_with = "Some(1)")]
    quantity: Option<i32>,
    /// Plain text of at most 250 characters.
    note: Option<String>,
}

/// Set a line.
#[derive(InputObject)]
pub(crate) struct CartLineSet {
    /// Line.
    line_id: CartLineId,
    /// Units, at most 10,000; 0 removes.
    quantity: i32,
}

impl From<CartLineAdd> for LineDraft {
    fn from(add: CartLineAdd) -> Self {
        Self { variant: add.variant_id, quantity: add.quantity.unwrap_or(1), note: add.note }
    }
}

impl From<CartLinesInput> for LinesDraft {
    fn from(input: CartLinesInput) -> Self {
        let set = |set: CartLineSet| LineSet { line: set.line_id, quantity: set.quantity };
        Self {
            add: input.add.into_iter().flatten().map(LineDraft::from).collect(),
            set: input.set.into_iter().flatten().map(set).collect(),
            expected_version: input.expected_version,
        }
    }
}

/// What a discount code is to be: all of it, what is absent is taken away.
#[derive(InputObject)]
pub(crate) struct DiscountInput {
    /// Existing one to change; a new one when absent.
    id: Option<DiscountId>,
    /// What shoppers enter, upper and lower case alike: 1 to 40 letters, digits,
    /// `-` or `_`.
    code: String,
    /// What it does.
    kind: Kind,
    /// The share of a percentage, in hundredths of a percent: 1 to 10,000.
    basis_points: Option<i32>,
    /// What a fixed amount takes off; the code then applies in this currency only.
    amount: Option<MoneyInput>,
    /// Only on these products, at most 200; on the whole order when neither
    /// products nor sellers are named.
    product_ids: Option<Vec<ProductId>>,
    /// Only on what these sellers sell, at most 200.
    seller_ids: Option<Vec<SellerId>>,
    /// What the lines must come to before discounts; the code then applies in this
    /// currency only.
    minimum_subtotal: Option<MoneyInput>,
    /// From when on it applies.
    valid_from: Option<DateTime>,
    /// From when on it no longer applies.
    valid_until: Option<DateTime>,
    /// How many orders can use it.
    usage_limit: Option<i32>,
    /// Whether an account can use it in one order only, and guests can't use it.
    #[graphql(default_with = "Some(false)")]
    once_per_account: Option<bool>,
    /// Whether it applies together with other codes that do.
    #[graphql(default_with = "Some(false)")]
    combinable: Option<bool>,
    /// Fail with VERSION_CONFLICT if the discount is in another version.
    expected_version: Option<i32>,
}

impl From<DiscountInput> for DiscountDraft {
    fn from(input: DiscountInput) -> Self {
        Self {
            id: input.id,
            code: input.code,
            kind: input.kind,
            basis_points: input.basis_points,
            amount: input.amount,
            product_ids: input.product_ids.unwrap_or_default(),
            seller_ids: input.seller_ids.unwrap_or_default(),
            minimum_subtotal: input.minimum_subtotal,
            valid_from: input.valid_from,
            valid_until: input.valid_until,
            usage_limit: input.usage_limit,
            once_per_account: input.once_per_account.unwrap_or_default(),
            is_combinable: input.combinable.unwrap_or_default(),
            expected_version: input.expected_version,
        }
    }
}
