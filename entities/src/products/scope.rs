//! Who may see and change which products. Every row query takes a [`Scope`], so
//! that a resolver can't forget it.

use async_graphql::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::Serialize;

use crate::ids::SellerId;
use crate::sql::Sql;

/// Product visibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Enum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum ProductStatus {
    /// Being prepared; only its seller and moderators see it.
    #[sea_orm(string_value = "DRAFT")]
    Draft,
    /// On offer.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// Shown, but not for sale at present.
    #[sea_orm(string_value = "SOLD_OUT")]
    SoldOut,
    /// Taken off sale; only its seller and moderators see it.
    #[sea_orm(string_value = "ARCHIVED")]
    Archived,
}

impl ProductStatus {
    /// Whether everybody sees a product of this status.
    #[must_use]
    pub const fn is_shown(self) -> bool {
        matches!(self, Self::Active | Self::SoldOut)
    }

    /// The text in the column, which is the name in the graph too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Active => "ACTIVE",
            Self::SoldOut => "SOLD_OUT",
            Self::Archived => "ARCHIVED",
        }
    }
}

/// Which products somebody may see and change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Sees what is shown to everybody, changes nothing.
    Public,
    /// Also sees everything of one seller, and changes it.
    Seller(SellerId),
    /// Sees and changes everything.
    All,
}

impl Scope {
    /// Adds the condition that the product `p` may be seen.
    pub(super) fn may_see(self, sql: &mut Sql) {
        const SHOWN: &str = "p.status IN ('ACTIVE', 'SOLD_OUT')";
        match self {
            Self::Public => sql.push(SHOWN),
            Self::Seller(seller) => {
                sql.push("(").push(SHOWN).push(" OR p.seller_id = ").bind(seller).push(")")
            }
            Self::All => sql.push("TRUE"),
        };
    }

    /// Adds the condition that the product `p` may be changed.
    pub(super) fn may_change(self, sql: &mut Sql) {
        match self {
            Self::Public => sql.push("FALSE"),
            Self::Seller(seller) => sql.push("p.seller_id = ").bind(seller),
            Self::All => sql.push("TRUE"),
        };
    }
}
