//! What mutations answer.

use std::sync::Arc;

use async_graphql::SimpleObject;
use entities::carts::{cart, discount};
use kit::{CartRef, Outcome, UserError};

use super::{Cart, Discount};

/// Cart after a change; always the whole new state.
#[derive(SimpleObject)]
pub(crate) struct CartPayload {
    /// Cart, null when the change failed, and for a retry when the cart was
    /// ordered since.
    cart: Option<Cart>,
    /// Expected failures; nothing changed when there are any.
    user_errors: Vec<UserError>,
}

impl CartPayload {
    /// The cart as it is now, or why it did not change. Who presented a secret is
    /// shown it again.
    pub(crate) fn of(outcome: Outcome<Option<cart::Model>>, presented: Option<CartRef>) -> Self {
        let token = match presented {
            Some(CartRef::Token(token)) => Some(token),
            _ => None,
        };
        Self::with_token(outcome.map(|cart| cart.map(|cart| (cart, token))))
    }

    /// A cart with the secret that it is shown with.
    pub(crate) fn with_token(outcome: Outcome<Option<(cart::Model, Option<String>)>>) -> Self {
        match outcome {
            Ok(cart) => {
                let cart = cart.map(|(row, token)| Cart::new(Arc::new(row), token));
                Self { cart, user_errors: Vec::new() }
            }
            Err(user_errors) => Self { cart: None, user_errors },
        }
    }
}

/// Discount after a change.
#[derive(SimpleObject)]
pub(crate) struct DiscountPayload {
    /// Discount, null when the change failed.
    discount: Option<Discount>,
    /// Expected failures; nothing changed when there are any.
    user_errors: Vec<UserError>,
}

impl From<Outcome<discount::Model>> for DiscountPayload {
    fn from(outcome: Outcome<discount::Model>) -> Self {
        match outcome {
            Ok(row) => Self { discount: Some(row.into()), user_errors: Vec::new() },
            Err(user_errors) => Self { discount: None, user_errors },
        }
    }
}
