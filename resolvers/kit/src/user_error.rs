//! Expected failures of a mutation: part of its payload, typed, never in
//! `errors`.

use std::time::Duration;

use async_graphql::{Enum, Interface, SimpleObject};

use crate::{Money, ids::VariantId};

/// Codes are only ever added; treat unknown ones as INVALID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum UserErrorCode {
    /// The input breaks a rule; the message says which.
    Invalid,
    /// No such thing, or none the viewer may see.
    NotFound,
    /// Somebody else has this name, slug or SKU.
    Taken,
    /// The state machine has no such move.
    ForbiddenTransition,
    /// The aggregate changed since `expectedVersion`.
    VersionConflict,
    /// The same idempotency key came with another input.
    IdempotencyMismatch,
    /// Not enough units.
    OutOfStock,
    /// The price is no longer what the shopper saw.
    PriceChanged,
    /// A limit or quota is used up.
    LimitExceeded,
    /// The token, slot or offer is too old.
    Expired,
    /// The discount code does not apply.
    DiscountNotApplicable,
    /// The payment was declined.
    PaymentDeclined,
    /// The payment needs a step by the payer.
    PaymentActionRequired,
    /// One of the two blocked the other.
    Blocked,
    /// Wrong email or password.
    BadCredentials,
    /// A second factor is needed.
    MfaRequired,
    /// More than was captured can't be refunded.
    RefundExceedsCaptured,
    /// Too many tries: wait for `retryAfterMs`.
    RateLimited,
    /// The payment provider is away: nothing was charged; try again.
    PaymentUnavailable,
    /// Nothing is wrong with this item, but another one of the request failed, so
    /// neither was changed.
    NotApplied,
    /// The account is suspended. Told only to who has shown all that signs in to it.
    Suspended,
}

/// An expected failure the client should show or handle.
#[derive(Debug, Clone, Interface)]
#[graphql(
    field(name = "code", ty = "&UserErrorCode", desc = "Stable machine code."),
    field(
        name = "field",
        ty = "&Option<Vec<String>>",
        desc = "Path into the input, e.g. [\"lines\",\"0\",\"quantity\"]."
    ),
    field(name = "message", ty = "&String", desc = "Human text in the request's language.")
)]
pub enum UserError {
    /// No more data than the code.
    Generic(GenericError),
    /// The aggregate changed.
    VersionConflict(VersionConflictError),
    /// Not enough units.
    OutOfStock(OutOfStockError),
    /// Too many tries.
    RateLimited(RateLimitedError),
    /// The price moved.
    PriceChanged(PriceChangedError),
}

/// A failure that needs no more data than its code.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(shareable)]
pub struct GenericError {
    /// Stable machine code.
    pub code: UserErrorCode,
    /// Path into the input, e.g. ["lines","0","quantity"].
    pub field: Option<Vec<String>>,
    /// Human text in the request's language.
    pub message: String,
}

/// The aggregate changed since expectedVersion; re-read and retry.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(shareable)]
pub struct VersionConflictError {
    /// Stable machine code.
    pub code: UserErrorCode,
    /// Path into the input, e.g. ["lines","0","quantity"].
    pub field: Option<Vec<String>>,
    /// Human text in the request's language.
    pub message: String,
    /// Version now stored.
    pub current_version: i32,
}

/// Not enough units.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(shareable)]
pub struct OutOfStockError {
    /// Stable machine code.
    pub code: UserErrorCode,
    /// Path into the input, e.g. ["lines","0","quantity"].
    pub field: Option<Vec<String>>,
    /// Human text in the request's language.
    pub message: String,
    /// The variant that runs short.
    pub variant_id: VariantId,
    /// Units left.
    pub available: i32,
}

/// The price is no longer what the shopper saw.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(shareable)]
pub struct PriceChangedError {
    /// Stable machine code.
    pub code: UserErrorCode,
    /// Path into the input, e.g. ["lines","0","quantity"].
    pub field: Option<Vec<String>>,
    /// Human text in the request's language.
    pub message: String,
    /// Seen.
    pub expected: Money,
    /// Now.
    pub actual: Money,
}

/// Too many tries came; whether this one was right is not looked at.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(shareable)]
pub struct RateLimitedError {
    /// Stable machine code.
    pub code: UserErrorCode,
    /// Path into the input, e.g. ["lines","0","quantity"].
    pub field: Option<Vec<String>>,
    /// Human text in the request's language.
    pub message: String,
    /// How long to wait before the next try, in milliseconds.
    pub retry_after_ms: i32,
}

impl UserError {
    /// A failure that needs no more data than its code; `field` is a dotted
    /// path into the input (`variants.0.sku`), empty for the input as a whole.
    #[must_use]
    pub fn new(code: UserErrorCode, field: &str, message: impl Into<String>) -> Self {
        Self::Generic(GenericError { code, field: path(field), message: message.into() })
    }

    /// Its stable code.
    #[must_use]
    pub const fn stable_code(&self) -> UserErrorCode {
        match self {
            Self::Generic(error) => error.code,
            Self::VersionConflict(error) => error.code,
            Self::OutOfStock(error) => error.code,
            Self::RateLimited(error) => error.code,
            Self::PriceChanged(error) => error.code,
        }
    }

    /// The input breaks a rule.
    #[must_use]
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::new(UserErrorCode::Invalid, field, message)
    }

    /// No such thing, or none the viewer may see.
    #[must_use]
    pub fn not_found(field: &str, what: &str) -> Self {
        Self::new(UserErrorCode::NotFound, field, format!("{what} not found"))
    }

    /// The aggregate changed since the client read it.
    #[must_use]
    pub fn version_conflict(field: &str, current_version: i32) -> Self {
        Self::VersionConflict(VersionConflictError {
            code: UserErrorCode::VersionConflict,
            field: path(field),
            message: format!("changed meanwhile: the version is now {current_version}"),
            current_version,
        })
    }

    /// Fewer units are left than wanted.
    #[must_use]
    pub fn out_of_stock(field: &str, variant_id: VariantId, available: i32) -> Self {
        Self::OutOfStock(OutOfStockError {
            code: UserErrorCode::OutOfStock,
            field: path(field),
            message: format!("only {available} left"),
            variant_id,
            available,
        })
    }

    /// The price is no longer what the shopper saw.
    #[must_use]
    pub fn price_changed(field: &str, expected: Money, actual: Money) -> Self {
        Self::PriceChanged(PriceChangedError {
            code: UserErrorCode::PriceChanged,
            field: path(field),
            message: "the price is no longer what it was".to_owned(),
            expected,
            actual,
        })
    }

    /// Too many tries came; the next one is looked at after a while.
    #[must_use]
    pub fn rate_limited(field: &str, retry_after: Duration) -> Self {
        let milliseconds = retry_after.as_millis().saturating_add(1);
        Self::RateLimited(RateLimitedError {
            code: UserErrorCode::RateLimited,
            field: path(field),
            message: "too many tries: wait for `retryAfterMs`".to_owned(),
            retry_after_ms: i32::try_from(milliseconds).unwrap_or(i32::MAX),
        })
    }
}

fn path(field: &str) -> Option<Vec<String>> {
    (!field.is_empty()).then(|| field.split('.').map(str::to_owned).collect())
}
