//! What variants are and cost at present, for carts.

use std::collections::HashMap;

use entities::{
    ids::{SellerId, VariantId},
    products::{ProductStatus, quote},
};
use kit::{
    CurrencyCode, Result,
    ports::{Quote, Quotes},
};

use super::Service;

#[async_trait::async_trait]
impl Quotes for Service {
    async fn quotes(
        &self,
        currency: CurrencyCode,
        variants: &[VariantId],
    ) -> Result<HashMap<VariantId, Quote>> {
        if variants.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = quote::of_variants(self.db.read(), variants, &currency.to_string()).await?;
        let sellers: Vec<SellerId> = rows.iter().map(|row| row.seller_id).collect();
        let active = self.sellers.active_among(&sellers).await?;
        let quoted = |row: quote::Row| {
            let available = row.on_hand.saturating_sub(row.reserved).max(0);
            let quote = Quote {
                product_id: row.product_id,
                seller_id: row.seller_id,
                title: row.title,
                sku: row.sku,
                options: row.options.0,
                unit_price: row.minor_units,
                available: (!row.is_backorderable).then_some(available),
                is_on_sale: row.status == ProductStatus::Active && active.contains(&row.seller_id),
            };
            (row.variant_id, quote)
        };
        Ok(rows.into_iter().map(quoted).collect())
    }
}
