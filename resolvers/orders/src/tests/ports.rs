//! The modules around orders, in memory: stock, carts and payments that count what
//! they do, keep to their contracts, and fail at the call that a test names.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
};

use entities::ids::{AccountId, CartId, OrderId, PaymentId, RefundId, SellerId, UserId, VariantId};
use kit::{
    CartRef, DateTime, Error, Id as _, Result, Viewer,
    ports::{
        Balance, Carts, Claimed, NewPayment, Opened, PaymentWatcher, Payments, PricedCart, Refunded,
        Reserved, Sellers, Shortage, Stock, Units,
    },
};

/// When a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Before it had any effect.
    Before,
    /// After its effect: only the answer is lost.
    After,
}

/// What an order holds, or held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hold {
    Held(Vec<Units>),
    Taken(Vec<Units>),
    Released,
}

/// The money of an order.
#[derive(Debug, Clone, Default)]
pub(super) struct Till {
    pub(super) opened: u32,
    pub(super) balance: Balance,
    pub(super) is_off: bool,
    refunds: HashSet<String>,
}

/// A cart, and whose it has become.
#[derive(Debug, Clone)]
pub(super) struct Basket {
    pub(super) cart: PricedCart,
    pub(super) claimed_by: Option<OrderId>,
    pub(super) has_free_codes: bool,
}

#[derive(Default)]
pub(super) struct World {
    pub(super) on_hand: HashMap<VariantId, i32>,
    pub(super) holds: HashMap<OrderId, Hold>,
    restocks: HashSet<(OrderId, String)>,
    pub(super) restocked: HashMap<(OrderId, VariantId), i32>,
    pub(super) baskets: HashMap<CartId, Basket>,
    pub(super) tills: HashMap<OrderId, Till>,
    pub(super) sellers: HashMap<UserId, SellerId>,
    pub(super) is_provider_away: bool,
    pub(super) is_provider_choosy: bool,
    /// How many calls succeed before one fails; afterwards the process is dead:
    /// all fail.
    fuse: Option<(usize, Moment)>,
    /// Calls so far.
    pub(super) calls: usize,
}

/// The modules around orders.
#[derive(Clone, Default)]
pub(super) struct Around(Arc<Mutex<World>>);

impl Around {
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("no poison")
    }

    /// Lets this many calls succeed.
    pub(super) fn die_after(&self, calls: usize, moment: Moment) {
        self.world().fuse = Some((calls, moment));
    }

    /// Everything works again.
    pub(super) fn revive(&self) {
        self.world().fuse = None;
    }

    /// Runs a call, unless it fails.
    fn call<T>(&self, work: impl FnOnce(&mut World) -> T) -> Result<T> {
        let mut world = self.world();
        world.calls += 1;
        match world.fuse {
            None => Ok(work(&mut world)),
            Some((0, moment)) => {
                if moment == Moment::After {
                    work(&mut world);
                }
                world.fuse = Some((0, Moment::Before));
                Err(Error::internal("the process is dead"))
            }
            Some((left, moment)) => {
                world.fuse = Some((left - 1, moment));
                Ok(work(&mut world))
            }
        }
    }

    /// The shopper pays.
    pub(super) fn pay(&self, order: OrderId, amount: i64) {
        let mut world = self.world();
        let till = world.tills.entry(order).or_default();
        assert!(!till.is_off, "no money is taken for an order that is off");
        till.balance.authorized += amount;
        till.balance.captured += amount;
    }
}

impl World {
    /// Units that are promised to orders.
    pub(super) fn reserved(&self, variant: VariantId) -> i32 {
        let held = self.holds.values().filter_map(|hold| match hold {
            Hold::Held(units) => Some(units),
            _ => None,
        });
        held.flatten().filter(|units| units.variant_id == variant).map(|units| units.quantity).sum()
    }

    fn available(&self, variant: VariantId) -> i32 {
        self.on_hand.get(&variant).copied().unwrap_or(0) - self.reserved(variant)
    }
}

#[async_trait::async_trait]
impl Stock for Around {
    async fn reserve(&self, order: OrderId, units: &[Units], _: DateTime) -> Result<Reserved> {
        self.call(|world| {
            match world.holds.get(&order) {
                Some(Hold::Held(_)) => return Reserved::Held,
                Some(_) => return Reserved::Ended,
                None => {}
            }
            let mut wanted: HashMap<VariantId, i32> = HashMap::new();
            for units in units {
                *wanted.entry(units.variant_id).or_default() += units.quantity;
            }
            let shortages: Vec<Shortage> = wanted
                .iter()
                .filter(|(variant, quantity)| world.available(**variant) < **quantity)
                .map(|(variant, _)| Shortage {
                    variant_id: *variant,
                    available: world.available(*variant),
                })
                .collect();
            if !shortages.is_empty() {
                return Reserved::Short(shortages);
            }
            world.holds.insert(order, Hold::Held(units.to_vec()));
            Reserved::Held
        })
    }

    async fn take(&self, order: OrderId) -> Result<bool> {
        self.call(|world| match world.holds.get(&order).cloned() {
            Some(Hold::Held(units)) => {
                for units in &units {
                    *world.on_hand.entry(units.variant_id).or_default() -= units.quantity;
                }
                world.holds.insert(order, Hold::Taken(units));
                true
            }
            Some(Hold::Taken(_)) => true,
            Some(Hold::Released) | None => false,
        })
    }

    async fn release(&self, order: OrderId) -> Result<bool> {
        self.call(|world| match world.holds.get(&order) {
            Some(Hold::Taken(_)) => false,
            _ => {
                world.holds.insert(order, Hold::Released);
                true
            }
        })
    }

    async fn restock(&self, order: OrderId, key: &str, units: &[Units]) -> Result<()> {
        self.call(|world| {
            if !world.restocks.insert((order, key.to_owned())) {
                return;
            }
            for units in units {
                *world.on_hand.entry(units.variant_id).or_default() += units.quantity;
                *world.restocked.entry((order, units.variant_id)).or_default() += units.quantity;
            }
        })
    }
}

#[async_trait::async_trait]
impl Carts for Around {
    async fn priced(&self, _: &Viewer, cart: Option<&CartRef>) -> Result<Option<PricedCart>> {
        self.call(|world| {
            let wanted = match cart {
                Some(CartRef::Token(token)) => token.clone(),
                Some(CartRef::Id(id)) => id.to_string(),
                None => return None,
            };
            let open = world.baskets.values().filter(|basket| basket.claimed_by.is_none());
            let mut found = open.filter(|basket| basket.cart.id.to_string() == wanted);
            found.next().map(|basket| basket.cart.clone())
        })
    }

    async fn claim(&self, order: OrderId, cart: CartId, version: i32) -> Result<Claimed> {
        self.call(|world| match world.baskets.get_mut(&cart) {
            None => Claimed::Gone,
            Some(basket) => match basket.claimed_by {
                Some(by) if by == order => Claimed::Ours,
                Some(_) => Claimed::Gone,
                None if basket.cart.version != version => Claimed::Changed(basket.cart.version),
                None => {
                    basket.claimed_by = Some(order);
                    Claimed::Ours
                }
            },
        })
    }

    async fn reopen(&self, order: OrderId) -> Result<()> {
        self.call(|world| {
            for basket in world.baskets.values_mut() {
                if basket.claimed_by == Some(order) {
                    basket.claimed_by = None;
                }
            }
        })
    }

    async fn free_codes(&self, order: OrderId) -> Result<()> {
        self.call(|world| {
            for basket in world.baskets.values_mut() {
                basket.has_free_codes |= basket.claimed_by == Some(order);
            }
        })
    }
}

#[async_trait::async_trait]
impl Payments for Around {
    async fn open(&self, payment: NewPayment) -> Result<Opened> {
        self.call(|world| {
            if world.is_provider_choosy {
                return Opened::Refused(PaymentId::generate());
            }
            let is_away = world.is_provider_away;
            world.tills.entry(payment.order_id).or_default().opened += 1;
            match is_away {
                true => Opened::Later(PaymentId::generate()),
                false => Opened::Ready(PaymentId::generate()),
            }
        })
    }

    async fn balance(&self, order: OrderId) -> Result<Balance> {
        self.call(|world| world.tills.get(&order).map(|till| till.balance).unwrap_or_default())
    }

    async fn call_off(&self, order: OrderId, _: &str) -> Result<()> {
        self.call(|world| {
            if let Some(till) = world.tills.get_mut(&order) {
                till.is_off = true;
                till.balance.refunded = till.balance.captured;
            }
        })
    }

    async fn refund(&self, order: OrderId, key: &str, amount: i64, _: &str) -> Result<Refunded> {
        self.call(|world| {
            let till = world.tills.entry(order).or_default();
            if till.refunds.contains(key) {
                return Refunded::Accepted(RefundId::generate());
            }
            let left = till.balance.captured - till.balance.refunded;
            if amount > left {
                return Refunded::Exceeds(left);
            }
            till.balance.refunded += amount;
            till.refunds.insert(key.to_owned());
            Refunded::Accepted(RefundId::generate())
        })
    }

    fn watch(&self, _: Arc<dyn PaymentWatcher>) {}
}

#[async_trait::async_trait]
impl Sellers for Around {
    async fn seller_of(&self, user: UserId) -> Result<Option<SellerId>> {
        Ok(self.world().sellers.get(&user).copied())
    }
}

/// Somebody new who buys.
pub(super) fn customer() -> Viewer {
    Viewer {
        account: Some(AccountId::generate()),
        user: Some(UserId::generate()),
        roles: vec![kit::Role::Customer],
        ..Viewer::default()
    }
}
