//! From money to state: an order is paid when its money is there and its units
//! could be taken, and expires when its units could be released. Which of the two
//! it is, the reservation decides.

use std::sync::Arc;

use entities::{
    ids::OrderId,
    orders::{
        OrderState, counter, line,
        order::{self, Model, Stamps},
        part, restock, work,
    },
};
use kit::{
    Error, Result,
    facts::{OrderPaid, PaymentChanged},
    ids::ProductId,
    ports::{PaymentWatcher, Units},
};
use sea_orm::DatabaseTransaction;
use subscriptions::{Event, EventLog, Fact as _, Handler, HandlerError, Kinds, NewEvent};

use super::{
    Service,
    moves::{self, By},
};

#[async_trait::async_trait]
impl PaymentWatcher for Service {
    async fn is_payable(&self, order: OrderId) -> Result<bool> {
        let order = order::find(self.db.write(), order).await?;
        let is_open = |order: Model| {
            order.state == OrderState::PendingPayment && order.pay_until > self.clock.now()
        };
        Ok(order.is_some_and(is_open))
    }

    async fn settle(&self, order: OrderId) -> Result<()> {
        self.settle_order(order).await
    }
}

/// Looks at an order whenever its money has moved, should whoever moved it have
/// been gone before it could tell.
pub(crate) struct SettleOrders(pub(crate) Arc<Service>);

#[async_trait::async_trait]
impl Handler for SettleOrders {
    fn name(&self) -> &'static str {
        "orders.settle"
    }

    fn kinds(&self) -> Kinds {
        Kinds::of([PaymentChanged::KIND])
    }

    async fn handle(&self, event: &Event) -> Result<(), HandlerError> {
        match event.read::<PaymentChanged>() {
            Some(fact) => Ok(self.0.settle_order(fact.order_id).await?),
            None => Ok(()),
        }
    }
}

impl Service {
    /// Looks at what was paid for an order and moves it on. It may be repeated at
    /// any time.
    pub(crate) async fn settle_order(&self, id: OrderId) -> Result<()> {
        let Some(order) = order::find(self.db.write(), id).await? else { return Ok(()) };
        match order.state {
            OrderState::PendingPayment => {}
            state if state.is_off() => return self.return_money(id).await,
            _ => return Ok(()),
        }
        let balance = self.payments.balance(id).await?;
        if balance.authorized.max(balance.captured) < order.total {
            return Ok(());
        }
        match self.stock.take(id).await? {
            true => self.become_paid(id).await,
            // Too late: its units were released. Whoever released them may be gone.
            false => self.become_expired(id).await,
        }
    }

    /// Money that came for an order that is over goes back.
    async fn return_money(&self, id: OrderId) -> Result<()> {
        let balance = self.payments.balance(id).await?;
        if balance.authorized.max(balance.captured) > balance.refunded {
            self.payments.call_off(id, "the order is over").await?;
        }
        Ok(())
    }

    /// Ends an order that was not paid in time, unless it was: the news may be
    /// late, and nobody tells of an order that costs nothing.
    pub(crate) async fn expire(&self, id: OrderId) -> Result<()> {
        self.settle_order(id).await?;
        let order = order::find(self.db.write(), id).await?;
        if order.is_none_or(|order| order.state != OrderState::PendingPayment) {
            return Ok(());
        }
        match self.stock.release(id).await? {
            true => self.become_expired(id).await,
            false => self.settle_order(id).await,
        }
    }

    /// Its units are sold. The number of its invoice is taken in the transaction
    /// that makes it paid: numbers have no gap.
    async fn become_paid(&self, id: OrderId) -> Result<()> {
        let by = By::system(self.clock.now());
        self.db
            .transaction(move |transaction| {
                let by = by.clone();
                Box::pin(async move {
                    let stamps = Stamps { paid_at: Some(by.at), ..Stamps::default() };
                    let states = (OrderState::PendingPayment, OrderState::Paid);
                    let Some(order) = moves::advance(transaction, id, states, stamps, &by).await? else {
                        return Ok(());
                    };
                    let number = counter::next(transaction, counter::Counter::Invoice).await?;
                    order::number_invoice(transaction, id, number).await?;
                    let fact = paid(transaction, order).await?;
                    Ok(EventLog::append(transaction, NewEvent::new(&fact, by.at)).await?)
                })
            })
            .await
    }

    /// Its units are free again.
    async fn become_expired(&self, id: OrderId) -> Result<()> {
        let by = By::system_because("not paid in time", self.clock.now());
        self.db
            .transaction(move |transaction| {
                let by = by.clone();
                Box::pin(async move {
                    let stamps = Stamps { has_loose_ends: true, ..Stamps::default() };
                    let states = (OrderState::PendingPayment, OrderState::Expired);
                    if moves::advance(transaction, id, states, stamps, &by).await?.is_some() {
                        line::cancel_all(transaction, id, false).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        self.tie_up(id).await
    }

    /// Does what is left to do in other modules after an order has changed. It may
    /// be repeated at any time.
    pub(crate) async fn tie_up(&self, id: OrderId) -> Result<()> {
        let db = self.db.write();
        let Some(order) = order::find(db, id).await?.filter(|order| order.has_loose_ends) else {
            return Ok(());
        };
        if order.state.is_off() {
            if order.paid_at.is_none() {
                self.carts.free_codes(id).await?;
            }
            self.payments.call_off(id, "the order is over").await?;
        }
        for row in restock::of_order(db, id).await? {
            let units = row.units.0.iter();
            let units: Vec<Units> = units
                .map(|(variant_id, quantity)| Units { variant_id: *variant_id, quantity: *quantity })
                .collect();
            self.stock.restock(id, &row.key, &units).await?;
            restock::remove(db, id, &row.key).await?;
        }
        Ok(work::tied_up(db, id, order.version).await?)
    }

    /// As [`tie_up`](Self::tie_up) after a change that holds in any case: what
    /// fails now a worker does later.
    pub(super) async fn tie_up_soon(&self, id: OrderId) {
        if let Err(error) = self.tie_up(id).await {
            let cause: &dyn std::error::Error = match &error {
                Error::Internal(cause) => &**cause,
                error => error,
            };
            tracing::warn!(order.id = %id, %cause, "an order's loose ends wait for a worker");
        }
    }
}

async fn paid(transaction: &DatabaseTransaction, order: Model) -> Result<OrderPaid> {
    let lines = line::of_orders(transaction, &[order.id]).await?;
    let mut product_ids: Vec<ProductId> = lines.iter().map(|line| line.product_id).collect();
    product_ids.sort_unstable();
    product_ids.dedup();
    Ok(OrderPaid {
        order_id: order.id,
        account_id: order.account_id,
        user_id: order.user_id,
        seller_ids: part::sellers(transaction, order.id).await?,
        product_ids,
    })
}
