//! What variants are and cost.

use std::collections::HashMap;

use entities::{
    ids::{ProductId, SellerId, VariantId},
    products::variant::Choice,
};

use crate::{CurrencyCode, Result};

/// What a variant is and costs at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// What it is a variant of.
    pub product_id: ProductId,
    /// Who sells it.
    pub seller_id: SellerId,
    /// The product's title.
    pub title: String,
    /// Its SKU.
    pub sku: String,
    /// The chosen value of each option.
    pub options: Vec<Choice>,
    /// Minor units in the currency asked for; `None` when not sold in it.
    pub unit_price: Option<i64>,
    /// Units that are promised to nobody; `None` when it can be ordered without
    /// end.
    pub available: Option<i32>,
    /// Whether it is on sale: an active product of an active shop.
    pub is_on_sale: bool,
}

/// Quotes variants for carts; implemented by the products module.
#[async_trait::async_trait]
pub trait Quotes: Send + Sync {
    /// What these variants are and cost, whoever asks; those that are no more, or
    /// were never public, are absent.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn quotes(
        &self,
        currency: CurrencyCode,
        variants: &[VariantId],
    ) -> Result<HashMap<VariantId, Quote>>;
}
