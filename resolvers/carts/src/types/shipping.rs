//! A way to ship.

use async_graphql::{ID, SimpleObject};
use kit::{CurrencyCode, Money};

use crate::pricing::Rate;

/// A shipping rate.
#[derive(SimpleObject)]
#[graphql(shareable)]
pub(crate) struct ShippingOption {
    /// Handle to select.
    handle: ID,
    /// Title.
    title: String,
    /// Price.
    price: Money,
    /// Days until the earliest delivery.
    eta_days_min: Option<i32>,
    /// Days until the latest.
    eta_days_max: Option<i32>,
}

impl ShippingOption {
    pub(crate) fn new(rate: Rate, currency: CurrencyCode) -> Self {
        Self {
            handle: ID(rate.handle),
            title: rate.title,
            price: Money::new(rate.price, currency),
            eta_days_min: rate.eta_days_min,
            eta_days_max: rate.eta_days_max,
        }
    }
}
