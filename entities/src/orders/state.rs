//! Where orders and returns stand.

use async_graphql::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};

/// Where an order stands. The first two are hidden: such an order is not there
/// yet, or no more, for anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum OrderState {
    /// Being placed.
    #[sea_orm(string_value = "PLACING")]
    Placing,
    /// Refused, and being undone.
    #[sea_orm(string_value = "UNDOING")]
    Undoing,
    /// Placed and not paid.
    #[sea_orm(string_value = "PENDING_PAYMENT")]
    PendingPayment,
    /// Paid, nothing shipped.
    #[sea_orm(string_value = "PAID")]
    Paid,
    /// Some of it is shipped.
    #[sea_orm(string_value = "FULFILLING")]
    Fulfilling,
    /// All of it is shipped.
    #[sea_orm(string_value = "FULFILLED")]
    Fulfilled,
    /// Past the time for returns.
    #[sea_orm(string_value = "COMPLETED")]
    Completed,
    /// Called off.
    #[sea_orm(string_value = "CANCELLED")]
    Cancelled,
    /// Not paid in time.
    #[sea_orm(string_value = "EXPIRED")]
    Expired,
}

impl OrderState {
    /// Whether the order is there for anybody.
    #[must_use]
    pub const fn is_placed(self) -> bool {
        !matches!(self, Self::Placing | Self::Undoing)
    }

    /// Whether the order came to nothing.
    #[must_use]
    pub const fn is_off(self) -> bool {
        matches!(self, Self::Cancelled | Self::Expired)
    }
}

/// Return states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum ReturnState {
    /// Asked for by the buyer.
    #[sea_orm(string_value = "REQUESTED")]
    Requested,
    /// The buyer may send the units back.
    #[sea_orm(string_value = "APPROVED")]
    Approved,
    /// Refused.
    #[sea_orm(string_value = "REJECTED")]
    Rejected,
    /// The units came back.
    #[sea_orm(string_value = "RECEIVED")]
    Received,
    /// The units are paid back.
    #[sea_orm(string_value = "REFUNDED")]
    Refunded,
}
