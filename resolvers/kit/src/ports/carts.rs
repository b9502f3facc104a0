//! Carts on their way to an order.

use entities::{
    ids::{AccountId, CartId, CartLineId, OrderId, ProductId, SellerId, VariantId},
    products::variant::Choice,
    users::address::PostalAddress,
};

use crate::{CartRef, CurrencyCode, Result, UserError, Viewer};

/// A cart with everything it costs at present, in minor units of its currency.
#[derive(Debug, Clone)]
pub struct PricedCart {
    /// Which cart.
    pub id: CartId,
    /// Its version.
    pub version: i32,
    /// Whose; `None` for a guest's.
    pub account_id: Option<AccountId>,
    /// Of all amounts.
    pub currency: CurrencyCode,
    /// In the order added; never empty when nothing is `blocking`.
    pub lines: Vec<PricedLine>,
    /// The rate chosen, and its price.
    pub shipping: Option<ShippingRate>,
    /// Where to.
    pub shipping_address: Option<PostalAddress>,
    /// The codes that apply.
    pub discount_codes: Vec<String>,
    /// Tax on shipping.
    pub shipping_tax: i64,
    /// Sum of the lines, their discounts and taxes, shipping and its tax.
    pub total: i64,
    /// What checkout must refuse it for.
    pub blocking: Vec<UserError>,
}

/// A line of a priced cart: its total is `quantity * unit_price - discount -
/// order_discount + tax`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedLine {
    /// Which line.
    pub id: CartLineId,
    /// Of what.
    pub variant_id: VariantId,
    /// The variant's product.
    pub product_id: ProductId,
    /// Who sells it.
    pub seller_id: SellerId,
    /// The product's title.
    pub title: String,
    /// The variant's SKU.
    pub sku: String,
    /// The chosen value of each option.
    pub options: Vec<Choice>,
    /// Units.
    pub quantity: i32,
    /// Price of one.
    pub unit_price: i64,
    /// Discount on this line.
    pub discount: i64,
    /// Share of the discounts on the whole order.
    pub order_discount: i64,
    /// Tax.
    pub tax: i64,
    /// The shopper's note.
    pub note: Option<String>,
}

/// A way to ship, with its price in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingRate {
    /// Its handle.
    pub handle: String,
    /// Its title.
    pub title: String,
    /// Its price.
    pub price: i64,
}

/// How an attempt to claim a cart ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It is this order's, and so is one use of each of its codes.
    Ours,
    /// It changed since; the version now stored.
    Changed(i32),
    /// It is not open: another order has it, or it is gone.
    Gone,
    /// A limited code was used up meanwhile.
    CodeUsedUp(String),
}

/// Hands carts to checkout; implemented by the carts module. Every call may be
/// repeated.
#[async_trait::async_trait]
pub trait Carts: Send + Sync {
    /// The open cart that a client means, priced, if the viewer may use it.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn priced(&self, viewer: &Viewer, cart: Option<&CartRef>) -> Result<Option<PricedCart>>;

    /// Takes an open cart of this version for an order: nobody changes it any
    /// more, and no other order gets it.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn claim(&self, order: OrderId, cart: CartId, version: i32) -> Result<Claimed>;

    /// The order came to nothing before it was placed: its cart is open again,
    /// and its codes are unused.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn reopen(&self, order: OrderId) -> Result<()>;

    /// The order ended unpaid: its codes are unused. The cart stays closed.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn free_codes(&self, order: OrderId) -> Result<()>;
}
