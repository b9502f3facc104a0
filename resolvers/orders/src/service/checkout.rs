//! `checkout`: from a cart to a placed order, once for each key.

use std::{sync::Arc, time::Duration};

use entities::{
    ids::OrderId,
    orders::{line, order, part},
    users::address::PostalAddress,
};
use kit::{
    CartRef, CurrencyCode, Error, Id as _, Money, Outcome, Result, RetryKey, UserError, Viewer,
    ports::PricedCart, text,
};
use sea_orm::EntityTrait as _;
use serde::Serialize;
use tokio::time::Instant;

use super::{
    Service,
    place::End,
    snapshot::{self, Buyer, Snapshot, Times},
};
use crate::{options::milliseconds, secrets};

/// The name under which retry-safe keys of this mutation are kept.
pub(super) const MUTATION: &str = "checkout";
/// How long to wait before another look at a checkout with the same key.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// The most characters of an email.
const MAX_EMAIL: usize = 254;

/// A checkout as somebody wants it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Draft {
    #[serde(skip)]
    pub(crate) cart: Option<CartRef>,
    pub(crate) cart_version: i32,
    pub(crate) email: Option<String>,
    pub(crate) billing: Option<PostalAddress>,
    /// Minor units.
    pub(crate) expected: i64,
    /// What they are minor units of.
    pub(crate) currency: String,
}

/// What a checkout has placed.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) id: OrderId,
    /// By which a guest sees the order.
    pub(crate) guest_secret: Option<String>,
    pub(crate) is_replayed: bool,
    /// Whether the payment provider is away, and the payment opened later.
    pub(crate) is_payment_late: bool,
}

/// How the beginning of a checkout ended.
enum Begun {
    /// The order is written and ours to place.
    Ours(OrderId),
    /// Another request with the same key was first.
    Theirs,
}

impl Service {
    /// Places an order, or answers the one that this key has placed.
    pub(crate) async fn checkout(
        &self,
        viewer: &Viewer,
        draft: Draft,
        key: &str,
    ) -> Result<Outcome<Placed>> {
        let (draft, key) = match self.checked(viewer, draft, key) {
            Ok(checked) => checked,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let deadline = Instant::now() + self.options.wait;
        loop {
            let end = match key.retry.earlier(self.db.write()).await? {
                Err(mismatch) => return Ok(Err(vec![mismatch])),
                Ok(Some(id)) => {
                    let id = id.parse().map_err(|_| Error::internal("a key answers no order"))?;
                    self.earlier(id).await?.map(|end| (end, true))
                }
                Ok(None) => match self.begin(viewer, &draft, &key).await? {
                    Err(refused) => return Ok(Err(refused)),
                    Ok(Begun::Ours(id)) => Some((self.place(id).await?, false)),
                    Ok(Begun::Theirs) => None,
                },
            };
            match end {
                Some((End::Placed(order), is_replayed)) => {
                    return Ok(Ok(self.placed(&order, is_replayed)));
                }
                Some((End::Refused(reasons), _)) => return Ok(Err(reasons)),
                // Given up by another process: the key is free, or soon will be.
                Some((End::Gone, _)) | None => {}
            }
            if Instant::now() >= deadline {
                return Err(Error::Timeout("checkout".into()));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn placed(&self, order: &order::Model, is_replayed: bool) -> Placed {
        let secret = order.guest_access.as_ref().map(|access| (access, self.secrets.of_guest(order.id)));
        Placed {
            id: order.id,
            // After a change of the key nobody can tell the secret any more.
            guest_secret: secret
                .filter(|(access, secret)| **access == secrets::access(secret))
                .map(|(_, secret)| secret),
            is_replayed,
            is_payment_late: order.is_payment_late,
        }
    }

    /// What became of the order that this key was used for; goes on with it when
    /// whoever placed it is gone. `None` while somebody is at it.
    async fn earlier(&self, id: OrderId) -> Result<Option<End>> {
        let Some(order) = order::find(self.db.write(), id).await? else {
            return Ok(None);
        };
        if order.state.is_placed() {
            if order.total == 0 {
                self.settle_order(id).await?;
            }
            return Ok(Some(End::Placed(Box::new(order))));
        }
        match self.take_over(id).await? {
            true => self.place(id).await.map(Some),
            false => Ok(None),
        }
    }

    fn checked(
        &self,
        viewer: &Viewer,
        mut draft: Draft,
        key: &str,
    ) -> Result<(Draft, Key), Vec<UserError>> {
        let mut wrong = Vec::new();
        draft.email = match (viewer.account, draft.email.take()) {
            // An account has an address of its own.
            (Some(_), _) => None,
            (None, email) => {
                let email = email.unwrap_or_default().trim().to_lowercase();
                if !is_email(&email) {
                    wrong.push(UserError::invalid("email", "a guest needs an email address"));
                }
                Some(email)
            }
        };
        let scope = match (viewer.account, &draft.cart) {
            (Some(account), _) => account.to_string(),
            (None, Some(CartRef::Token(token))) => format!("guest:{}", text::fingerprint(token)),
            // Guests have their carts by secret alone.
            (None, _) => return Err(vec![UserError::not_found("cart", "cart")]),
        };
        let cart = match &draft.cart {
            None => String::new(),
            Some(CartRef::Token(token)) => format!("token:{token}"),
            Some(CartRef::Id(id)) => format!("id:{}", id.as_str()),
        };
        match RetryKey::new(scope.as_str(), MUTATION, key, &(&draft, cart)) {
            Ok(retry) if wrong.is_empty() => Ok((draft, Key { retry, scope, text: key.to_owned() })),
            Ok(_) => Err(wrong),
            Err(bad_key) => {
                wrong.push(bad_key);
                Err(wrong)
            }
        }
    }

    /// Writes the order in its hidden state, together with the key.
    async fn begin(&self, viewer: &Viewer, draft: &Draft, key: &Key) -> Result<Outcome<Begun>> {
        let Some(cart) = self.carts.priced(viewer, draft.cart.as_ref()).await? else {
            return Ok(Err(vec![UserError::not_found("cart", "cart")]));
        };
        let refused = refusals(&cart, draft);
        if !refused.is_empty() {
            return Ok(Err(refused));
        }
        let id = OrderId::generate();
        let snapshot = Arc::new(self.snapshot(id, viewer, &cart, draft, key)?);
        let (retry, now) = (key.retry.clone(), snapshot.order.created_at);
        self.db
            .change(move |transaction| {
                let (snapshot, retry) = (snapshot.clone(), retry.clone());
                Box::pin(async move {
                    if retry.claim(transaction, &id.to_string(), now).await?.is_some() {
                        return Ok(Begun::Theirs);
                    }
                    write(transaction, &snapshot).await?;
                    Ok(Begun::Ours(id))
                })
            })
            .await
    }

    fn snapshot(
        &self,
        id: OrderId,
        viewer: &Viewer,
        cart: &PricedCart,
        draft: &Draft,
        key: &Key,
    ) -> Result<Snapshot> {
        let now = self.clock.now();
        let is_guest = viewer.account.is_none();
        let buyer = Buyer {
            account: viewer.account,
            user: viewer.user,
            email: draft.email.clone(),
            access: is_guest.then(|| secrets::access(&self.secrets.of_guest(id))),
            billing: draft.billing.clone(),
        };
        let times = Times {
            now,
            pay_until: now.plus(milliseconds(self.options.pay_within)),
            leased_until: now.plus(milliseconds(self.options.lease)),
        };
        let mut snapshot = snapshot::take(id, cart, buyer, self.options.commission, times)?;
        snapshot.order.retry_scope = Some(key.scope.clone());
        snapshot.order.retry_key = Some(key.text.clone());
        Ok(snapshot)
    }
}

/// A key, and what is written down of it so that any process can free it.
struct Key {
    retry: RetryKey,
    scope: String,
    text: String,
}

/// Why this cart can't be bought as the shopper saw it.
fn refusals(cart: &PricedCart, draft: &Draft) -> Vec<UserError> {
    if cart.version != draft.cart_version {
        return vec![UserError::version_conflict("cartVersion", cart.version)];
    }
    if !cart.blocking.is_empty() {
        return cart.blocking.clone();
    }
    if cart.lines.is_empty() {
        return vec![UserError::invalid("cart", "the cart is empty")];
    }
    if cart.shipping_address.is_none() {
        return vec![UserError::invalid("cart", "the cart needs a shipping address")];
    }
    if cart.shipping.is_none() {
        return vec![UserError::invalid("cart", "the cart needs a shipping rate")];
    }
    let actual = Money::new(cart.total, cart.currency);
    if draft.currency != cart.currency.to_string() {
        let rule = format!("the cart is in {}", cart.currency);
        return vec![UserError::invalid("expectedTotal.currency", rule)];
    }
    if draft.expected != cart.total {
        let expected = Money::new(draft.expected, cart.currency);
        return vec![UserError::price_changed("expectedTotal", expected, actual)];
    }
    Vec::new()
}

/// Writes an order that is being placed.
async fn write(transaction: &sea_orm::DatabaseTransaction, snapshot: &Snapshot) -> Result<()> {
    let Snapshot { order, parts, lines } = snapshot.clone();
    order::Entity::insert(order::ActiveModel::from(order)).exec_without_returning(transaction).await?;
    let parts = parts.into_iter().map(part::ActiveModel::from);
    part::Entity::insert_many(parts).exec_without_returning(transaction).await?;
    let lines = lines.into_iter().map(line::ActiveModel::from);
    line::Entity::insert_many(lines).exec_without_returning(transaction).await?;
    Ok(())
}

fn is_email(email: &str) -> bool {
    let Some((name, domain)) = email.split_once('@') else { return false };
    let is_long = email.chars().count() > MAX_EMAIL;
    let is_plain = |text: &str| {
        !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
    };
    !is_long && is_plain(name) && is_plain(domain) && domain.trim_matches('.').contains('.')
}

/// The currency of an order, which was one when it was placed.
pub(crate) fn currency(order: &order::Model) -> Result<CurrencyCode> {
    order.currency.parse().map_err(|()| Error::internal(format!("{} is no currency", order.currency)))
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn an_email_has_one_name_and_a_domain() {
        for email in ["ada@example.com", "a.b+c@d-e.example"] {
            assert!(is_email(email), "{email}");
        }
        let long = format!("{}@example.com", "a".repeat(250));
        for email in
            ["", "ada", "@example.com", "ada@", "ada@example", "a b@c.de", "a@b@c.de", "a@.", &long]
        {
            assert!(!is_email(email), "{email}");
        }
    }
}
