//! What clients send to create or change a product.

use async_graphql::InputObject;
use entities::products::{ProductStatus, product};
use kit::{
    MoneyInput,
    ids::{CategoryId, ProductId},
};

use crate::service::{Draft, VariantDraft};

/// New or changed product; absent fields stay.
#[derive(InputObject)]
pub(crate) struct ProductInput {
    /// Id, when changing.
    pub(crate) id: Option<ProductId>,
    /// Title, 1 to 200 characters; needed for a new product.
    pub(crate) title: Option<String>,
    /// Description as plain text, up to 20,000 characters.
    pub(crate) description: Option<String>,
    /// Category.
    pub(crate) category_id: Option<CategoryId>,
    /// Status; a new product is a DRAFT when absent.
    pub(crate) status: Option<ProductStatus>,
    /// Options, up to 5; all variants must have a value for each.
    pub(crate) options: Option<Vec<ProductOptionInput>>,
    /// Variants to add or change, by SKU; a product has up to 100.
    pub(crate) variants: Option<Vec<VariantInput>>,
    /// Fail if changed since.
    pub(crate) expected_version: Option<i32>,
    /// Retry-safe key: sent again with the same input, the first answer counts.
    pub(crate) idempotency_key: Option<String>,
}

/// Option with values.
#[derive(InputObject)]
pub(crate) struct ProductOptionInput {
    /// Name, 1 to 50 characters, e.g. "Size".
    name: String,
    /// Values in order, 1 to 100, e.g. "S", "M", "L".
    values: Vec<String>,
}

/// Variant by SKU.
#[derive(InputObject)]
pub(crate) struct VariantInput {
    /// SKU, 1 to 64 characters, unique among all products.
    sku: String,
    /// Values in option order.
    option_values: Vec<String>,
    /// Prices, one a currency; they replace the variant's prices.
    prices: Vec<MoneyInput>,
    /// Weight in grams.
    weight_grams: Option<i32>,
}

impl From<ProductInput> for Draft {
    fn from(input: ProductInput) -> Self {
        let option = |option: ProductOptionInput| product::ProductOption {
            name: option.name,
            values: option.values,
        };
        Self {
            id: input.id,
            title: input.title,
            description: input.description,
            category_id: input.category_id,
            status: input.status,
            options: input.options.map(|options| options.into_iter().map(option).collect()),
            variants: input.variants.unwrap_or_default().into_iter().map(Into::into).collect(),
            expected_version: input.expected_version,
        }
    }
}

impl From<VariantInput> for VariantDraft {
    fn from(input: VariantInput) -> Self {
        let price = |money: MoneyInput| (money.currency.to_string(), money.minor_units.0);
        Self {
            sku: input.sku,
            option_values: input.option_values,
            prices: input.prices.into_iter().map(price).collect(),
            weight_grams: input.weight_grams,
        }
    }
}
