//! The port through which checkout takes carts.

use entities::carts::{
    cart::{self, State},
    discount, discount_use, line,
};
use kit::{
    CartRef, DateTime, Error, Money, Result, UserError, UserErrorCode, Viewer,
    ids::{CartId, OrderId},
    is_taken,
    ports::{Carts, Claimed, PricedCart, PricedLine, ShippingRate},
    refuse,
};
use sea_orm::DatabaseTransaction;

use super::{Service, prices::known_codes, stored_currency, tell};
use crate::{
    pricing::{Pricing, Warning},
    types::message_of,
};

/// How long an ordered cart is kept at least, so that its order can give it back.
const KEPT: i64 = 24 * 60 * 60 * 1_000;

#[async_trait::async_trait]
impl Carts for Service {
    async fn priced(&self, viewer: &Viewer, cart: Option<&CartRef>) -> Result<Option<PricedCart>> {
        let Some(cart) = self.find(viewer, cart).await? else {
            return Ok(None);
        };
        let pricing = self.pricing(&cart).await?;
        Ok(Some(priced(cart, &pricing)?))
    }

    async fn claim(&self, order: OrderId, cart: CartId, version: i32) -> Result<Claimed> {
        let now = self.now();
        let claimed = self
            .db
            .change(move |transaction| Box::pin(claim(transaction, order, cart, version, now)))
            .await?;
        Ok(match claimed {
            Ok(claimed) => claimed,
            Err(refused) => Claimed::CodeUsedUp(used_up(refused)),
        })
    }

    async fn reopen(&self, order: OrderId) -> Result<()> {
        match self.give_back(order).await {
            // The account has opened another cart at this very moment.
            Err(Error::Internal(cause)) if cause.downcast_ref().is_some_and(is_taken) => {
                self.give_back(order).await
            }
            outcome => outcome,
        }
    }

    async fn free_codes(&self, order: OrderId) -> Result<()> {
        self.db.transaction(move |transaction| Box::pin(free_codes(transaction, order))).await
    }
}

impl Service {
    async fn give_back(&self, order: OrderId) -> Result<()> {
        let now = self.now();
        self.db
            .transaction(move |transaction| {
                Box::pin(async move {
                    free_codes(transaction, order).await?;
                    reopen(transaction, order, now).await
                })
            })
            .await
    }
}

fn priced(cart: cart::Model, pricing: &Pricing) -> Result<PricedCart> {
    let currency = stored_currency(&cart)?;
    let totals = &pricing.totals;
    let mut blocking: Vec<UserError> = pricing
        .warnings
        .iter()
        .filter(|warning| warning.is_blocking())
        .map(|warning| blocking_error(warning, |amount| Money::new(amount, currency)))
        .collect();
    if pricing.lines.is_empty() {
        blocking.push(UserError::invalid("cart", "the cart is empty"));
    }
    if cart.shipping_address.is_none() {
        blocking.push(UserError::invalid("cart", "the cart has no shipping address"));
    } else if pricing.selected.is_none() && cart.shipping_handle.is_none() {
        blocking.push(UserError::invalid("cart", "no shipping rate is selected"));
    }
    // A line that nobody sells any more is blocking: no order has it.
    let lines = pricing.lines.iter().filter_map(|line| {
        let quote = line.quote.clone()?;
        Some(PricedLine {
            id: line.row.id,
            variant_id: line.row.variant_id,
            product_id: line.row.product_id,
            seller_id: quote.seller_id,
            title: quote.title,
            sku: quote.sku,
            options: quote.options,
            quantity: line.row.quantity,
            unit_price: line.unit_price,
            discount: line.discount,
            order_discount: line.order_discount,
            tax: line.tax,
            note: (!line.row.note.is_empty()).then(|| line.row.note.clone()),
        })
    });
    let applies = pricing.codes.iter().filter(|code| code.reason.is_none());
    Ok(PricedCart {
        id: cart.id,
        version: cart.version,
        account_id: cart.account_id,
        currency,
        lines: lines.collect(),
        shipping: pricing.selected.as_ref().map(|rate| ShippingRate {
            handle: rate.handle.clone(),
            title: rate.title.clone(),
            price: rate.price,
        }),
        discount_codes: applies.map(|code| code.text.clone()).collect(),
        shipping_address: cart.shipping_address,
        shipping_tax: totals.shipping_tax,
        total: totals.total,
        blocking,
    })
}

fn blocking_error(warning: &Warning, money: impl Fn(i64) -> Money) -> UserError {
    let code = match warning {
        Warning::PriceChanged { from, to, .. } => {
            return UserError::price_changed("cart", money(*from), money(*to));
        }
        Warning::NotEnoughStock { variant, available, .. } => {
            return UserError::out_of_stock("cart", *variant, *available);
        }
        Warning::Unavailable { .. } => UserErrorCode::NotFound,
        Warning::DiscountNotApplicable { .. } => UserErrorCode::DiscountNotApplicable,
        Warning::TooMuch => UserErrorCode::LimitExceeded,
        Warning::ShippingStale | Warning::Capped { .. } => UserErrorCode::Invalid,
    };
    UserError::new(code, "cart", message_of(warning))
}

/// Every code of the cart is used: one that does not apply keeps a cart from its
/// checkout, so that nobody's order has a discount that is not counted.
async fn claim(
    transaction: &DatabaseTransaction,
    order: OrderId,
    id: CartId,
    version: i32,
    now: DateTime,
) -> Result<Claimed> {
    let Some(row) = cart::claim(transaction, id, version, order, now, now.plus(KEPT)).await? else {
        return not_claimed(transaction, order, id, now).await;
    };
    let known = known_codes(transaction, &row.codes.0, &[]).await?;
    // In one order, so that no two claims wait for each other.
    let mut codes: Vec<_> = known.of(&row).into_iter().map(|code| (code.discount, code.text)).collect();
    codes.sort_by_key(|(discount, _)| discount.as_ref().map(|discount| discount.id));
    for (discount, text) in codes {
        let Some(discount) = discount.filter(|discount| discount.archived_at.is_none()) else {
            return Err(refuse(used_up_code(&text)));
        };
        let once = row.account_id.filter(|_| discount.once_per_account);
        let uses = discount_use::Model {
            order_id: order,
            discount_id: discount.id,
            account_id: row.account_id,
            once,
            at: now,
        };
        if !discount::take(transaction, discount.id).await?
            || !discount_use::insert(transaction, uses).await?
        {
            return Err(refuse(used_up_code(&text)));
        }
    }
    tell(transaction, id, now).await?;
    Ok(Claimed::Ours)
}

async fn not_claimed(
    transaction: &DatabaseTransaction,
    order: OrderId,
    id: CartId,
    now: DateTime,
) -> Result<Claimed> {
    Ok(match cart::by_id(transaction, id).await? {
        Some(row) if row.state == State::Ordered && row.order_id == Some(order) => Claimed::Ours,
        Some(row) if row.state == State::Open && row.expires_at > now => Claimed::Changed(row.version),
        _ => Claimed::Gone,
    })
}

/// Carries the code through the transaction that it ends.
fn used_up_code(code: &str) -> UserError {
    UserError::new(UserErrorCode::LimitExceeded, "codes", code)
}

fn used_up(refused: Vec<UserError>) -> String {
    let code = refused.into_iter().find_map(|error| match error {
        UserError::Generic(error) => Some(error.message),
        _ => None,
    });
    code.unwrap_or_default()
}

async fn free_codes(transaction: &DatabaseTransaction, order: OrderId) -> Result<()> {
    let freed = discount_use::remove(transaction, order).await?;
    Ok(discount::give_back(transaction, &freed).await?)
}

/// Opens an order's cart again. When its account has opened another meanwhile,
/// that one gets the lines.
async fn reopen(transaction: &DatabaseTransaction, order: OrderId, now: DateTime) -> Result<()> {
    let Some(row) = cart::of_order(transaction, order).await? else {
        return Ok(());
    };
    let expires_at = row.expires_at.max(now.plus(KEPT));
    let newer = match row.account_id {
        None => None,
        Some(account) => {
            cart::clear_way(transaction, account, &row.currency, now).await?;
            let which = cart::Which::OpenOf(account, row.currency.clone());
            cart::touch(transaction, &which, None, now, expires_at).await?
        }
    };
    let Some(mut newer) = newer else {
        cart::release(transaction, row.id, State::Open, expires_at).await?;
        return tell(transaction, row.id, now).await;
    };
    let lines = line::of_carts(transaction, &[row.id]).await?;
    super::merge::put(transaction, &newer, lines, &std::collections::HashMap::new()).await?;
    super::merge::adopt(&mut newer, row.clone());
    cart::write(transaction, &newer).await?;
    cart::release(transaction, row.id, State::Merged, expires_at).await?;
    tell(transaction, row.id, now).await?;
    tell(transaction, newer.id, now).await
}
