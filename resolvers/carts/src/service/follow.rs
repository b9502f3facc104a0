//! Tells carts when what is in them has another price, or there is too little of
//! it.

use std::{collections::HashMap, sync::Arc};

use entities::carts::told::{self, Standing};
use kit::{
    Result,
    facts::{CartChanged, ProductArchived, ProductChange, ProductChanged},
    ids::{ProductId, VariantId},
    ports::Quote,
};
use subscriptions::{Event, EventLog, Fact as _, Handler, HandlerError, Kinds, NewEvent};

use super::Service;

/// Lines told in one transaction.
const BATCH: i64 = 500;

/// Reacts to changes of products.
pub(crate) struct FollowProducts(pub(crate) Arc<Service>);

#[async_trait::async_trait]
impl Handler for FollowProducts {
    fn name(&self) -> &'static str {
        "carts.products"
    }

    fn kinds(&self) -> Kinds {
        Kinds::of([ProductChanged::KIND, ProductArchived::KIND])
    }

    async fn handle(&self, event: &Event) -> Result<(), HandlerError> {
        let product = match (event.read::<ProductChanged>(), event.read::<ProductArchived>()) {
            (Some(fact), _) if fact.changed.iter().all(|change| *change == ProductChange::Content) => {
                return Ok(());
            }
            (Some(fact), _) => fact.product_id,
            (None, Some(fact)) => fact.product_id,
            (None, None) => return Ok(()),
        };
        Ok(self.0.tell_carts(product).await?)
    }
}

impl Service {
    /// Tells the open carts for which it makes a difference how a product stands
    /// now. It is safe to repeat: who was told is not told again.
    pub(crate) async fn tell_carts(&self, product: ProductId) -> Result<()> {
        let mut held: HashMap<String, Vec<VariantId>> = HashMap::new();
        for (currency, variant) in told::held(self.db.read(), product).await? {
            held.entry(currency).or_default().push(variant);
        }
        for (currency, variants) in held {
            let Ok(code) = currency.parse() else { continue };
            let quotes = self.quotes(code, variants.iter().copied()).await?;
            for variant in variants {
                let standing = standing(&currency, variant, quotes.get(&variant));
                self.tell_standing(product, standing).await?;
            }
        }
        Ok(())
    }

    async fn tell_standing(&self, product: ProductId, standing: Standing) -> Result<()> {
        let standing = Arc::new(standing);
        let now = self.now();
        loop {
            let standing = standing.clone();
            let told = self.db.transaction(move |transaction| {
                let standing = standing.clone();
                Box::pin(async move {
                    let carts = told::tell(transaction, product, &standing, BATCH).await?;
                    let events = carts
                        .iter()
                        .map(|cart| NewEvent::new(&CartChanged { cart_id: *cart }, now))
                        .collect();
                    EventLog::append_all(transaction, events).await?;
                    Ok(carts.len())
                })
            });
            if told.await? == 0 {
                return Ok(());
            }
        }
    }
}

fn standing(currency: &str, variant: VariantId, quote: Option<&Quote>) -> Standing {
    let quote = quote.filter(|quote| quote.is_on_sale && quote.unit_price.is_some());
    Standing {
        variant,
        currency: currency.to_owned(),
        price: quote.and_then(|quote| quote.unit_price),
        available: quote.and_then(|quote| quote.available).map(|available| available.max(0)),
    }
}
