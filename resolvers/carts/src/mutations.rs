//! The root mutation fields: guard, call the service, map.

use std::sync::Arc;

use async_graphql::{Context, ID, MergedObject, Object, Result};
use kit::{AddressInput, CartRef, CurrencyCode, Require, SignedIn, Viewer, ids::DiscountId};

use crate::{
    service::{LineDraft, Service},
    types::{CartLineAdd, CartLinesInput, CartPayload, DiscountInput, DiscountPayload},
};

// The root mutation fields of carts; `///` would describe everybody's.
#[derive(MergedObject, Default)]
pub(crate) struct Mutation(CartMutations, DiscountMutations);

#[derive(Default)]
struct CartMutations;

#[Object]
impl CartMutations {
    /// New guest cart. Who is signed in gets the own open cart of this currency.
    async fn cart_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Currency of all its amounts; the viewer's when absent, or EUR.")]
        currency: Option<CurrencyCode>,
        #[graphql(desc = "Lines to begin with, at most 100.")] lines: Option<Vec<CartLineAdd>>,
    ) -> Result<Option<CartPayload>> {
        let lines = lines.into_iter().flatten().map(LineDraft::from).collect();
        let created = service(ctx).create(Viewer::of(ctx), currency, lines).await?;
        Ok(Some(CartPayload::with_token(created.map(Some))))
    }

    /// Add, set and remove lines in one step; all or nothing.
    async fn cart_lines_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lines of which cart.")] mut input: CartLinesInput,
    ) -> Result<Option<CartPayload>> {
        let (cart, key) = (input.cart.take(), input.idempotency_key.take());
        let service = service(ctx);
        let outcome = service.update_lines(Viewer::of(ctx), cart.as_ref(), input.into(), key).await?;
        Ok(Some(CartPayload::of(outcome, cart)))
    }

    /// Replace the discount codes. A code that can't be used any more is refused;
    /// one that only does not apply to the cart as it is stays on it.
    async fn cart_discount_codes_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Cart; the account's own in the viewer's currency when absent.")] cart: Option<
            CartRef,
        >,
        #[graphql(desc = "At most 10 codes, upper and lower case alike, in the order to apply.")]
        codes: Vec<String>,
    ) -> Result<Option<CartPayload>> {
        let outcome = service(ctx).set_codes(Viewer::of(ctx), cart.as_ref(), codes).await?;
        Ok(Some(CartPayload::of(outcome, cart)))
    }

    /// Set address; reprices shipping and tax.
    async fn cart_shipping_address_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Cart; the account's own in the viewer's currency when absent.")] cart: Option<
            CartRef,
        >,
        #[graphql(desc = "Where to.")] address: AddressInput,
    ) -> Result<Option<CartPayload>> {
        let outcome = service(ctx).set_address(Viewer::of(ctx), cart.as_ref(), address).await?;
        Ok(Some(CartPayload::of(outcome, cart)))
    }

    /// Choose a rate.
    async fn cart_shipping_select(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Cart; the account's own in the viewer's currency when absent.")] cart: Option<
            CartRef,
        >,
        #[graphql(desc = "Handle of one of the cart's `shippingOptions`.")] handle: ID,
    ) -> Result<Option<CartPayload>> {
        let outcome =
            service(ctx).select_shipping(Viewer::of(ctx), cart.as_ref(), handle.to_string()).await?;
        Ok(Some(CartPayload::of(outcome, cart)))
    }

    /// Accept changed prices, clearing PRICE_CHANGED, and what a merge left out.
    async fn cart_prices_acknowledge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Cart; the account's own in the viewer's currency when absent.")] cart: Option<
            CartRef,
        >,
        #[graphql(desc = "Fail with VERSION_CONFLICT if the cart is in another version.")]
        expected_version: i32,
    ) -> Result<Option<CartPayload>> {
        let outcome =
            service(ctx).acknowledge_prices(Viewer::of(ctx), cart.as_ref(), expected_version).await?;
        Ok(Some(CartPayload::of(outcome, cart)))
    }

    /// Merge a guest cart into the account's of the same currency; quantities add
    /// up to stock, with a warning where they don't; the guest cart is gone then.
    /// Repeating is a no-op.
    #[graphql(guard = "SignedIn", directive = kit::authenticated::apply())]
    async fn cart_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The guest cart's secret.")] guest_token: String,
    ) -> Result<Option<CartPayload>> {
        let account = Viewer::of(ctx).require_account()?;
        let outcome = service(ctx).merge_into(account, &guest_token).await?;
        Ok(Some(CartPayload::of(outcome, None)))
    }
}

#[derive(Default)]
struct DiscountMutations;

#[Object]
impl DiscountMutations {
    /// Create or change a discount code.
    #[graphql(guard = "Require(\"discounts:write\")", requires_scopes = "discounts:write")]
    async fn discount_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: DiscountInput,
    ) -> Result<Option<DiscountPayload>> {
        Ok(Some(service(ctx).save_discount(input.into()).await?.into()))
    }

    /// Take a discount code back: it applies nowhere any more. Orders keep what it
    /// took off. Repeating is a no-op.
    #[graphql(guard = "Require(\"discounts:write\")", requires_scopes = "discounts:write")]
    async fn discount_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The discount.")] id: DiscountId,
    ) -> Result<Option<DiscountPayload>> {
        Ok(Some(service(ctx).archive_discount(id).await?.into()))
    }
}

fn service<'a>(ctx: &Context<'a>) -> &'a Arc<Service> {
    ctx.data_unchecked()
}
