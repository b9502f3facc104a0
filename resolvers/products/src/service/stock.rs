//! Units in stock, promised to orders and sold. What becomes of an order's units
//! is decided by the one statement that ends its reservation.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use entities::{
    ids::{AccountId, Id as _, OrderId, StockChangeId, VariantId},
    products::{
        Scope,
        reservation::{self, State},
        reservation_line, restock,
        stock::{self, Stocked},
        stock_change,
    },
};
use kit::{
    DateTime, Error, Result,
    facts::ProductChanged,
    ports::{Reserved, Shortage, Stock, Units},
};
use sea_orm::DatabaseTransaction;
use subscriptions::{EventLog, NewEvent};
use tokio_util::sync::CancellationToken;

use super::{Change, Service};

/// The most units of a variant, in stock or promised: far below what a column holds.
pub(super) const MAX_UNITS: i32 = 1_000_000_000;
/// How often reservations that are over are looked for.
const LOOKING: Duration = Duration::from_secs(2);
/// How many of them are freed before it is looked again.
const BATCH: u64 = 100;
/// How often what was released long ago is forgotten, in looks.
const LOOKS_UNTIL_FORGETTING: u32 = 1_800;
/// How long it is remembered that an order's units were released: longer than
/// anybody tries to place one order.
const REMEMBERED: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Why stock moves, for the ledger.
pub(super) enum Cause {
    /// An order was paid or came back.
    Order(OrderId, &'static str),
    /// Somebody said so.
    Account(AccountId),
}

/// Units that come or go.
pub(super) struct Move {
    /// The stock before.
    pub(super) before: Stocked,
    /// Units that come, or go.
    pub(super) on_hand: i32,
    /// Units that are promised, or no longer.
    pub(super) reserved: i32,
    /// Why, for who reads the ledger; the cause's word when empty.
    pub(super) reason: String,
}

#[async_trait::async_trait]
impl Stock for Service {
    async fn reserve(&self, order: OrderId, units: &[Units], until: DateTime) -> Result<Reserved> {
        let wanted = Arc::new(together(units)?);
        let now = self.clock.now();
        self.db
            .transaction(move |transaction| {
                let wanted = wanted.clone();
                Box::pin(async move { reserve(transaction, order, &wanted, until, now).await })
            })
            .await
    }

    async fn take(&self, order: OrderId) -> Result<bool> {
        let now = self.clock.now();
        self.db
            .transaction(move |transaction| {
                Box::pin(async move {
                    if !reservation::end(transaction, order, State::Taken, now, None).await? {
                        let state = reservation::lock(transaction, order).await?;
                        return Ok(state == Some(State::Taken));
                    }
                    sell(transaction, order, now).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn release(&self, order: OrderId) -> Result<bool> {
        let now = self.clock.now();
        self.db
            .transaction(move |transaction| {
                Box::pin(async move {
                    // A promise that comes too late finds this, and none is made.
                    let tombstone = row(order, State::Released, now, now);
                    if reservation::open(transaction, tombstone).await? {
                        return Ok(true);
                    }
                    if !reservation::end(transaction, order, State::Released, now, None).await? {
                        let state = reservation::lock(transaction, order).await?;
                        return Ok(state != Some(State::Taken));
                    }
                    free(transaction, order, now).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn restock(&self, order: OrderId, key: &str, units: &[Units]) -> Result<()> {
        let returned = Arc::new((key.to_owned(), together(units)?));
        let now = self.clock.now();
        self.db
            .transaction(move |transaction| {
                let returned = returned.clone();
                Box::pin(async move {
                    let (key, units) = returned.as_ref();
                    put_back(transaction, order, key, units, now).await
                })
            })
            .await
    }
}

impl Service {
    /// Frees the units of reservations that are over by now; how many
    /// reservations. Any number of processes may do it.
    pub(crate) async fn free_expired(&self) -> Result<u64> {
        let now = self.clock.now();
        let mut freed = 0;
        for order in reservation::due(self.db.read(), now, BATCH).await? {
            let is_freed = self.db.transaction(move |transaction| {
                Box::pin(async move {
                    // It may have been taken or prolonged since it was looked for.
                    let due = Some(now);
                    if !reservation::end(transaction, order, State::Released, now, due).await? {
                        return Ok(false);
                    }
                    free(transaction, order, now).await?;
                    Ok(true)
                })
            });
            match is_freed.await {
                Ok(is_freed) => freed += u64::from(is_freed),
                // It must not hold up those behind it.
                Err(error) => tracing::error!(order.id = %order, ?error, "a reservation can't be freed"),
            }
        }
        Ok(freed)
    }
}

/// Frees the units of reservations that are over, until `stop`.
pub(crate) async fn expire(service: Arc<Service>, stop: CancellationToken) {
    let mut looks = 0_u32;
    while stop.run_until_cancelled(tokio::time::sleep(LOOKING)).await.is_some() {
        if let Err(error) = service.free_expired().await {
            tracing::error!(?error, "reservations that are over can't be freed, trying again");
        }
        looks = looks.wrapping_add(1);
        if looks.is_multiple_of(LOOKS_UNTIL_FORGETTING) {
            let before = service.clock.now().plus(-REMEMBERED);
            if let Err(error) = reservation::forget_released(service.db.write(), before).await {
                tracing::error!(%error, "released reservations can't be forgotten, trying again");
            }
        }
    }
}

async fn reserve(
    transaction: &DatabaseTransaction,
    order: OrderId,
    wanted: &BTreeMap<VariantId, i32>,
    until: DateTime,
    now: DateTime,
) -> Result<Reserved> {
    if !reservation::open(transaction, row(order, State::Held, until, now)).await? {
        let is_held = reservation::prolong(transaction, order, until).await?;
        return Ok(if is_held { Reserved::Held } else { Reserved::Ended });
    }
    let ids: Vec<VariantId> = wanted.keys().copied().collect();
    let found = stock::lock(transaction, Scope::All, &ids).await?;
    let short: Vec<Shortage> = wanted
        .iter()
        .filter_map(|(variant, wanted)| {
            let stocked = found.iter().find(|stocked| stocked.variant_id == *variant);
            let left = stocked.map_or(0, left);
            (left < *wanted).then(|| Shortage { variant_id: *variant, available: left.max(0) })
        })
        .collect();
    if !short.is_empty() {
        reservation::withdraw(transaction, order).await?;
        return Ok(Reserved::Short(short));
    }
    let line = |(variant, quantity): (&VariantId, &i32)| reservation_line::Model {
        order_id: order,
        variant_id: *variant,
        quantity: *quantity,
        taken: 0,
        restocked: 0,
    };
    reservation_line::insert(transaction, wanted.iter().map(line).collect()).await?;
    let moves = found.into_iter().map(|before| {
        let reserved = wanted.get(&before.variant_id).copied().unwrap_or(0);
        Move { before, on_hand: 0, reserved, reason: String::new() }
    });
    shift(transaction, moves.collect(), Cause::Order(order, ""), now).await?;
    Ok(Reserved::Held)
}

/// How many more units of a variant can be promised.
fn left(stocked: &Stocked) -> i32 {
    if stocked.is_backorderable { MAX_UNITS - stocked.reserved } else { stocked.available() }
}

/// Frees what an order held.
async fn free(transaction: &DatabaseTransaction, order: OrderId, now: DateTime) -> Result<()> {
    let lines = lines(transaction, order).await?;
    let moves = lines.into_iter().map(|(line, before)| Move {
        before,
        on_hand: 0,
        reserved: -line.quantity,
        reason: String::new(),
    });
    shift(transaction, moves.collect(), Cause::Order(order, ""), now).await
}

/// Takes what an order held out of the stock.
async fn sell(transaction: &DatabaseTransaction, order: OrderId, now: DateTime) -> Result<()> {
    let mut moves = Vec::new();
    for (line, before) in lines(transaction, order).await? {
        // Of what can be ordered without end there may be less than was sold.
        let taken = line.quantity.min(before.on_hand);
        reservation_line::take(transaction, order, line.variant_id, taken).await?;
        moves.push(Move { before, on_hand: -taken, reserved: -line.quantity, reason: String::new() });
    }
    shift(transaction, moves, Cause::Order(order, "sold"), now).await
}

/// Puts units of an order back, but not more than it took.
async fn put_back(
    transaction: &DatabaseTransaction,
    order: OrderId,
    key: &str,
    returned: &BTreeMap<VariantId, i32>,
    now: DateTime,
) -> Result<()> {
    if reservation::lock(transaction, order).await? != Some(State::Taken) {
        return Ok(());
    }
    let claim = restock::Model { order_id: order, key: key.to_owned(), at: now };
    if !restock::claim(transaction, claim).await? {
        return Ok(());
    }
    let mut moves = Vec::new();
    for (line, before) in lines(transaction, order).await? {
        let wanted = returned.get(&line.variant_id).copied().unwrap_or(0);
        let units = wanted.min(line.taken - line.restocked);
        if units > 0 {
            reservation_line::restock(transaction, order, line.variant_id, units).await?;
            moves.push(Move { before, on_hand: units, reserved: 0, reason: String::new() });
        }
    }
    shift(transaction, moves, Cause::Order(order, "returned"), now).await
}

/// The lines of an order with the stock of their variants, which is locked.
async fn lines(
    transaction: &DatabaseTransaction,
    order: OrderId,
) -> Result<Vec<(reservation_line::Model, Stocked)>> {
    let lines = reservation_line::of_order(transaction, order).await?;
    let ids: Vec<VariantId> = lines.iter().map(|line| line.variant_id).collect();
    let mut stocked: BTreeMap<VariantId, Stocked> = stock::lock(transaction, Scope::All, &ids)
        .await?
        .into_iter()
        .map(|stocked| (stocked.variant_id, stocked))
        .collect();
    let with_stock = |line: reservation_line::Model| {
        let stocked = stocked.remove(&line.variant_id)?;
        Some((line, stocked))
    };
    Ok(lines.into_iter().filter_map(with_stock).collect())
}

/// Moves units of variants that are locked, enters what came and went into the
/// ledger, and tells who watches a product of which shoppers now see another
/// availability.
pub(super) async fn shift(
    transaction: &DatabaseTransaction,
    moves: Vec<Move>,
    cause: Cause,
    now: DateTime,
) -> Result<()> {
    let mut changed = BTreeSet::new();
    let mut entries = Vec::new();
    for Move { before, on_hand, reserved, reason } in moves {
        stock::shift(transaction, before.variant_id, on_hand, reserved).await?;
        let after = Stocked {
            on_hand: before.on_hand + on_hand,
            reserved: before.reserved + reserved,
            ..before.clone()
        };
        if after.availability() != before.availability() {
            changed.insert((before.product_id, before.seller_id));
        }
        if on_hand == 0 {
            continue;
        }
        let (account_id, order_id, word) = match cause {
            Cause::Order(order, word) => (None, Some(order), word),
            Cause::Account(account) => (Some(account), None, ""),
        };
        entries.push(stock_change::Model {
            id: StockChangeId::generate(),
            variant_id: before.variant_id,
            account_id,
            order_id,
            delta: on_hand,
            on_hand: after.on_hand,
            reason: if reason.is_empty() { word.to_owned() } else { reason },
            at: now,
        });
    }
    stock_change::insert(transaction, entries).await?;
    let fact = |(product_id, seller_id)| {
        let changed = vec![Change::Availability];
        NewEvent::new(&ProductChanged { product_id, seller_id, changed }, now)
    };
    Ok(EventLog::append_all(transaction, changed.into_iter().map(fact).collect()).await?)
}

/// Lines of one variant count together.
fn together(units: &[Units]) -> Result<BTreeMap<VariantId, i32>> {
    let mut sums = BTreeMap::new();
    for Units { variant_id, quantity } in units {
        if *quantity < 1 {
            return Err(Error::internal("stock is moved in whole units above 0"));
        }
        let sum: &mut i32 = sums.entry(*variant_id).or_default();
        *sum = sum.saturating_add(*quantity);
    }
    Ok(sums)
}

const fn row(order_id: OrderId, state: State, until: DateTime, now: DateTime) -> reservation::Model {
    reservation::Model { order_id, state, until, changed_at: now }
}
