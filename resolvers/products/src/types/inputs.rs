//! What clients send to create or change a product.

use async_graphql::{Enum, InputObject, MaybeUndefined};
use entities::products::{ProductStatus, product};
use kit::{
    MoneyInput,
    ids::{CategoryId, ProductId, UploadId, VariantId},
};

use crate::service::{self, CategoryDraft, Draft, StockDraft, VariantDraft};

/// New or changed product; absent fields stay.
#[derive(InputObject)]
pub(crate) struct ProductInput {
    /// Id, when changing.
    pub(crate) id: Option<ProductId>,
    /// Title, 1 to 200 characters; needed for a new product.
    pub(crate) title: Option<String>,
    /// Slug: small letters and digits in groups, joined by dashes; made from the
    /// title of a new product when absent. The old ones keep leading to the product.
    pub(crate) slug: Option<String>,
    /// Description as plain text, up to 20,000 characters.
    pub(crate) description: Option<String>,
    /// Category.
    pub(crate) category_id: Option<CategoryId>,
    /// Status; a new product is a DRAFT when absent.
    pub(crate) status: Option<ProductStatus>,
    /// Options, up to 5; all variants must have a value for each.
    pub(crate) options: Option<Vec<ProductOptionInput>>,
    /// Attributes, up to 50; they replace the product's.
    pub(crate) attributes: Option<Vec<ProductAttributeInput>>,
    /// Upload ids of images in order, up to 20; they replace the product's. Those it
    /// shows already may stay among them.
    pub(crate) image_upload_ids: Option<Vec<UploadId>>,
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

/// A free attribute.
#[derive(InputObject)]
pub(crate) struct ProductAttributeInput {
    /// Key, 1 to 50 characters, e.g. "Material"; each once.
    key: String,
    /// Value, 1 to 500 characters, e.g. "Oak".
    value: String,
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
    /// Crossed-out prices, each above the price in its currency; they replace the
    /// variant's. When absent they stay, as long as they are above the price.
    compare_at_prices: Option<Vec<MoneyInput>>,
    /// Weight in grams.
    weight_grams: Option<i32>,
    /// Units in stock of a new variant, 0 when absent. Later `inventoryAdjust`
    /// changes them.
    on_hand: Option<i32>,
}

/// Stock change: a delta, or a set guarded by the value read.
#[derive(InputObject)]
pub(crate) struct InventoryChange {
    /// Variant.
    variant_id: VariantId,
    /// Add (may be negative).
    delta: Option<i32>,
    /// Set on-hand; needs `expectedOnHand`.
    set_on_hand: Option<i32>,
    /// Fail unless on-hand is this.
    expected_on_hand: Option<i32>,
    /// Reason, 1 to 200 characters; it is kept with who changed the stock and when.
    reason: String,
}

/// What a failing item does to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "service::BulkErrorPolicy")]
pub(crate) enum BulkErrorPolicy {
    /// Only the failing items are left as they were.
    RejectFailed,
    /// Nothing is changed when one item fails.
    RejectAll,
}

/// New or changed category; absent fields stay.
#[derive(InputObject)]
pub(crate) struct CategoryInput {
    /// Id, when changing.
    id: Option<CategoryId>,
    /// Name, 1 to 100 characters; needed for a new category.
    name: Option<String>,
    /// Slug: small letters and digits in groups, joined by dashes; made from the
    /// name of a new category when absent.
    slug: Option<String>,
    /// The category above; null makes it a root, as absent does for a new one.
    parent_id: MaybeUndefined<CategoryId>,
    /// Place among its siblings, from 0; the last when absent for a new or moved one.
    position: Option<i32>,
}

impl From<ProductInput> for Draft {
    fn from(input: ProductInput) -> Self {
        let option = |option: ProductOptionInput| product::ProductOption {
            name: option.name,
            values: option.values,
        };
        let attribute = |attribute: ProductAttributeInput| product::Attribute {
            key: attribute.key,
            value: attribute.value,
        };
        let attributes = |input: Vec<ProductAttributeInput>| input.into_iter().map(attribute).collect();
        Self {
            id: input.id,
            title: input.title,
            slug: input.slug,
            attributes: input.attributes.map(attributes),
            images: input.image_upload_ids,
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
        let prices = |input: Vec<MoneyInput>| input.into_iter().map(price).collect();
        Self {
            sku: input.sku,
            option_values: input.option_values,
            prices: prices(input.prices),
            compare_at: input.compare_at_prices.map(prices),
            weight_grams: input.weight_grams,
            on_hand: input.on_hand,
        }
    }
}

impl From<InventoryChange> for StockDraft {
    fn from(input: InventoryChange) -> Self {
        Self {
            variant_id: input.variant_id,
            delta: input.delta,
            set_on_hand: input.set_on_hand,
            expected_on_hand: input.expected_on_hand,
            reason: input.reason,
        }
    }
}

impl From<CategoryInput> for CategoryDraft {
    fn from(input: CategoryInput) -> Self {
        Self {
            id: input.id,
            name: input.name,
            slug: input.slug,
            parent_id: match input.parent_id {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(id) => Some(Some(id)),
            },
            position: input.position,
        }
    }
}
