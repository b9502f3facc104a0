//! What of an order somebody sees, and where they may move it.
//!
//! Its buyer, a guest who shows its secret, and staff see the whole order. A shop
//! with a part of it sees the order from the moment it is paid: its own lines and
//! part, shipments and returns of these, their amounts, and where to ship them;
//! neither who bought it, nor what others sold in it, nor the invoice.

use std::sync::Arc;

use entities::orders::{OrderState, Scope, line, order::Model};
use kit::{
    Result, Viewer,
    ids::{OrderId, SellerId, UserId},
};

use super::{FULFIL, Service, WRITE, is_staff};
use crate::secrets;

/// How much of an order somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lens {
    /// All of it.
    Whole,
    /// What concerns this shop.
    Part(SellerId),
}

impl Lens {
    /// Whether what this shop sells is seen.
    pub(crate) fn shows(self, seller: SellerId) -> bool {
        match self {
            Self::Whole => true,
            Self::Part(shop) => shop == seller,
        }
    }
}

/// An order as somebody sees it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) row: Arc<Model>,
    pub(crate) lens: Lens,
    /// The hash of the secret that was shown; empty when none was.
    pub(crate) access: String,
}

impl Seen {
    /// A row that this scope has found.
    pub(crate) fn new(row: Arc<Model>, scope: &Scope) -> Self {
        let (lens, access) = match scope {
            Scope::All | Scope::Nobody => (Lens::Whole, String::new()),
            Scope::Guest(access) => (Lens::Whole, access.clone()),
            Scope::Account(account, shop) => match shop {
                Some(shop) if row.account_id != Some(*account) => (Lens::Part(*shop), String::new()),
                _ => (Lens::Whole, String::new()),
            },
        };
        Self { row, lens, access }
    }

    /// Whether it is the viewer's own: bought by the account, or shown its secret.
    fn is_own(&self, viewer: &Viewer) -> bool {
        !self.access.is_empty() || (viewer.account.is_some() && self.row.account_id == viewer.account)
    }

    /// Whether the viewer may cancel it and ask to return what was bought.
    pub(super) fn is_decided_by(&self, viewer: &Viewer) -> bool {
        self.is_own(viewer) || viewer.may(WRITE)
    }

    /// Where this viewer may move it now: by cancelling, or by shipping what is
    /// theirs to ship.
    pub(crate) fn allowed(
        &self,
        viewer: &Viewer,
        shop: Option<SellerId>,
        lines: &[line::Model],
    ) -> Vec<OrderState> {
        let state = self.row.state;
        let mut allowed = Vec::new();
        let is_shippable = matches!(state, OrderState::Paid | OrderState::Fulfilling);
        let open = |line: &&line::Model| line.open() > 0;
        if is_shippable && lines.iter().filter(open).any(|line| may_ship(viewer, shop, line)) {
            if state == OrderState::Paid {
                allowed.push(OrderState::Fulfilling);
            }
            if lines.iter().filter(open).all(|line| may_ship(viewer, shop, line)) {
                allowed.push(OrderState::Fulfilled);
            }
        }
        let is_cancellable = matches!(state, OrderState::PendingPayment | OrderState::Paid);
        if is_cancellable && self.is_decided_by(viewer) {
            allowed.push(OrderState::Cancelled);
        }
        allowed
    }
}

/// Whether the viewer ships this line: staff any, a seller their own.
pub(super) fn may_ship(viewer: &Viewer, shop: Option<SellerId>, line: &line::Model) -> bool {
    viewer.may(FULFIL) && (is_staff(viewer) || shop == Some(line.seller_id))
}

impl Service {
    /// Which orders the viewer sees; by an order's secret, when they show one.
    pub(crate) async fn scope(&self, viewer: &Viewer, guest_secret: Option<&str>) -> Result<Scope> {
        let shop = match viewer.user {
            Some(user) if !is_staff(viewer) && guest_secret.is_none() => self.shop_of(user).await?,
            _ => None,
        };
        Ok(scope(viewer, shop, guest_secret))
    }

    /// The shop of this user, if they sell.
    pub(crate) async fn shop_of(&self, user: UserId) -> Result<Option<SellerId>> {
        self.sellers.seller_of(user).await
    }

    /// The shop of the viewer, if they sell.
    pub(super) async fn own_shop(&self, viewer: &Viewer) -> Result<Option<SellerId>> {
        match viewer.user {
            Some(user) => self.shop_of(user).await,
            None => Ok(None),
        }
    }

    /// The shops of these users.
    pub(crate) async fn shops_of(
        &self,
        users: &[UserId],
    ) -> Result<std::collections::HashMap<UserId, SellerId>> {
        self.sellers.sellers_of(users).await
    }

    /// The order, if the scope sees it.
    pub(crate) async fn seen(&self, scope: &Scope, id: OrderId) -> Result<Option<Seen>> {
        let row = entities::orders::order::by_ids(self.db.read(), scope, &[id]).await?.pop();
        Ok(row.map(|row| Seen::new(row, scope)))
    }
}

/// Which orders a viewer with this shop sees.
pub(crate) fn scope(viewer: &Viewer, shop: Option<SellerId>, guest_secret: Option<&str>) -> Scope {
    match (viewer.account, guest_secret) {
        _ if is_staff(viewer) => Scope::All,
        (_, Some(secret)) => Scope::Guest(secrets::access(secret)),
        (Some(account), None) => Scope::Account(account, shop),
        (None, None) => Scope::Nobody,
    }
}
