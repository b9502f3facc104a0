//! Batch loaders. A key type names what is loaded; one statement answers all keys
//! that differ in nothing but the id.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, dataloader::Loader};
use entities::{
    ids::{FulfilmentId, OrderId, OrderLineId, OrderPartId, ReturnId, SellerId, UserId, VariantId},
    orders::{
        Scope, fulfilment, line,
        list::{self, Filter, Parent, Position},
        order::{self, Model},
        order_return, part, transition,
    },
};
use kit::{Clock, Database, DateTime, Error, FromContext, PageArgs, Result, Viewer, groups, load};

use crate::service::{self, READ, Seen, Service};

/// How far back units count as sold lately.
const LATELY: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Loads rows of this module's tables.
pub(crate) struct Rows {
    db: Database,
    clock: Arc<dyn Clock>,
}

impl FromContext for Rows {
    fn from_context(ctx: &Context<'_>) -> Self {
        let clock = ctx.data_unchecked::<Arc<Service>>().clock.clone();
        Self { db: ctx.data_unchecked::<Database>().clone(), clock }
    }
}

/// Loads the shops of users from the module that knows them.
pub(crate) struct Shops(Arc<Service>);

impl FromContext for Shops {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(ctx.data_unchecked::<Arc<Service>>().clone())
    }
}

impl Loader<UserId> for Shops {
    type Value = Option<SellerId>;
    type Error = Error;

    async fn load(&self, users: &[UserId]) -> Result<HashMap<UserId, Self::Value>> {
        let sellers = self.0.shops_of(users).await?;
        Ok(users.iter().map(|user| (*user, sellers.get(user).copied())).collect())
    }
}

/// The viewer's own shop, looked up once a request.
pub(crate) async fn shop(ctx: &Context<'_>) -> Result<Option<SellerId>> {
    match Viewer::of(ctx).user {
        Some(user) => Ok(load::<Shops, UserId>(ctx, user).await?.flatten()),
        None => Ok(None),
    }
}

/// Which orders the viewer sees.
pub(crate) async fn scope(ctx: &Context<'_>) -> Result<Scope> {
    let viewer = Viewer::of(ctx);
    // Staff sees everything, whatever they sell.
    let shop = if viewer.may(READ) { None } else { shop(ctx).await? };
    Ok(service::scope(viewer, shop, None))
}

/// The order as the viewer sees it.
pub(crate) async fn seen(ctx: &Context<'_>, scope: Scope, id: OrderId) -> Result<Option<Seen>> {
    let row = load::<Rows, _>(ctx, (scope.clone(), id)).await?;
    Ok(row.map(|row| Seen::new(row, &scope)))
}

/// The lines of an order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LinesOf(pub(crate) OrderId);

/// The parts of an order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PartsOf(pub(crate) OrderId);

/// The shipments of an order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FulfilmentsOf(pub(crate) OrderId);

/// The returns of an order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ReturnsOf(pub(crate) OrderId);

/// The moves of an order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct HistoryOf(pub(crate) OrderId);

/// The units of a shipment or a return.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum UnitsOf {
    Fulfilment(FulfilmentId),
    Return(ReturnId),
}

/// Units of a variant that were sold lately.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SoldOf(pub(crate) VariantId);

/// A page of a parent's orders.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct OrdersOf {
    pub(crate) parent: Parent,
    /// The parent's id.
    pub(crate) key: String,
    pub(crate) filter: Arc<Filter>,
    pub(crate) page: PageArgs<Position>,
}

/// How many orders a parent has.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct CountOf {
    pub(crate) parent: Parent,
    pub(crate) key: String,
    pub(crate) filter: Arc<Filter>,
}

impl Loader<(Scope, OrderId)> for Rows {
    type Value = Arc<Model>;
    type Error = Error;

    async fn load(&self, keys: &[(Scope, OrderId)]) -> Result<HashMap<(Scope, OrderId), Self::Value>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (scope, ids) in groups(keys.iter().cloned()) {
            let rows = order::by_ids(self.db.read(), &scope, &ids).await?;
            found.extend(rows.into_iter().map(|row| ((scope.clone(), row.id), row)));
        }
        Ok(found)
    }
}

impl Loader<LinesOf> for Rows {
    type Value = Arc<Vec<line::Model>>;
    type Error = Error;

    async fn load(&self, keys: &[LinesOf]) -> Result<HashMap<LinesOf, Self::Value>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let rows = line::of_orders(self.db.read(), &ids).await?;
        let groups = groups(rows.into_iter().map(|row| (LinesOf(row.order_id), row)));
        Ok(groups.into_iter().map(|(key, rows)| (key, Arc::new(rows))).collect())
    }
}

impl Loader<PartsOf> for Rows {
    type Value = Vec<part::Model>;
    type Error = Error;

    async fn load(&self, keys: &[PartsOf]) -> Result<HashMap<PartsOf, Self::Value>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let rows = part::of_orders(self.db.read(), &ids).await?;
        Ok(groups(rows.into_iter().map(|row| (PartsOf(row.order_id), row))))
    }
}

impl Loader<FulfilmentsOf> for Rows {
    type Value = Vec<fulfilment::Model>;
    type Error = Error;

    async fn load(&self, keys: &[FulfilmentsOf]) -> Result<HashMap<FulfilmentsOf, Self::Value>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let rows = fulfilment::of_orders(self.db.read(), &ids).await?;
        Ok(groups(rows.into_iter().map(|row| (FulfilmentsOf(row.order_id), row))))
    }
}

impl Loader<ReturnsOf> for Rows {
    type Value = Vec<order_return::Model>;
    type Error = Error;

    async fn load(&self, keys: &[ReturnsOf]) -> Result<HashMap<ReturnsOf, Self::Value>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let rows = order_return::of_orders(self.db.read(), &ids).await?;
        Ok(groups(rows.into_iter().map(|row| (ReturnsOf(row.order_id), row))))
    }
}

impl Loader<HistoryOf> for Rows {
    type Value = Vec<transition::Model>;
    type Error = Error;

    async fn load(&self, keys: &[HistoryOf]) -> Result<HashMap<HistoryOf, Self::Value>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let rows = transition::of_orders(self.db.read(), &ids).await?;
        Ok(groups(rows.into_iter().map(|row| (HistoryOf(row.order_id), row))))
    }
}

impl Loader<UnitsOf> for Rows {
    type Value = Vec<(OrderLineId, i32)>;
    type Error = Error;

    async fn load(&self, keys: &[UnitsOf]) -> Result<HashMap<UnitsOf, Self::Value>> {
        let (mut fulfilments, mut returns) = (Vec::new(), Vec::new());
        for key in keys {
            match key {
                UnitsOf::Fulfilment(id) => fulfilments.push(*id),
                UnitsOf::Return(id) => returns.push(*id),
            }
        }
        let mut units = Vec::new();
        if !fulfilments.is_empty() {
            let rows = fulfilment::lines_of(self.db.read(), &fulfilments).await?;
            units.extend(
                rows.into_iter()
                    .map(|row| (UnitsOf::Fulfilment(row.fulfilment_id), (row.line_id, row.quantity))),
            );
        }
        if !returns.is_empty() {
            let rows = order_return::lines_of(self.db.read(), &returns).await?;
            units.extend(
                rows.into_iter()
                    .map(|row| (UnitsOf::Return(row.return_id), (row.line_id, row.quantity))),
            );
        }
        Ok(groups(units))
    }
}

impl Loader<SoldOf> for Rows {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[SoldOf]) -> Result<HashMap<SoldOf, i64>> {
        let ids: Vec<VariantId> = keys.iter().map(|key| key.0).collect();
        let since: DateTime = self.clock.now().plus(-LATELY);
        let sold = line::sold_since(self.db.read(), &ids, since).await?;
        Ok(sold.into_iter().map(|(id, units)| (SoldOf(id), units)).collect())
    }
}

impl Loader<OrderLineId> for Rows {
    type Value = line::Model;
    type Error = Error;

    async fn load(&self, ids: &[OrderLineId]) -> Result<HashMap<OrderLineId, line::Model>> {
        let rows = line::by_ids(self.db.read(), ids).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<OrderPartId> for Rows {
    type Value = part::Model;
    type Error = Error;

    async fn load(&self, ids: &[OrderPartId]) -> Result<HashMap<OrderPartId, part::Model>> {
        let rows = part::by_ids(self.db.read(), ids).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<FulfilmentId> for Rows {
    type Value = fulfilment::Model;
    type Error = Error;

    async fn load(&self, ids: &[FulfilmentId]) -> Result<HashMap<FulfilmentId, fulfilment::Model>> {
        let rows = fulfilment::by_ids(self.db.read(), ids).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<ReturnId> for Rows {
    type Value = order_return::Model;
    type Error = Error;

    async fn load(&self, ids: &[ReturnId]) -> Result<HashMap<ReturnId, order_return::Model>> {
        let rows = order_return::by_ids(self.db.read(), ids).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<OrdersOf> for Rows {
    type Value = Vec<Arc<Model>>;
    type Error = Error;

    async fn load(&self, keys: &[OrdersOf]) -> Result<HashMap<OrdersOf, Self::Value>> {
        let mut found: HashMap<OrdersOf, Self::Value> = HashMap::with_capacity(keys.len());
        let lists = groups(
            keys.iter().map(|key| ((key.parent, key.filter.clone(), key.page.clone()), key.key.clone())),
        );
        for ((parent, filter, page), parents) in lists {
            let db = self.db.read();
            for (key, row) in list::pages(db, parent, &parents, &filter, page.rows()).await? {
                let key = OrdersOf { parent, key, filter: filter.clone(), page: page.clone() };
                found.entry(key).or_default().push(row);
            }
        }
        Ok(found)
    }
}

impl Loader<CountOf> for Rows {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[CountOf]) -> Result<HashMap<CountOf, i64>> {
        let mut found = HashMap::with_capacity(keys.len());
        let lists = groups(keys.iter().map(|key| ((key.parent, key.filter.clone()), key.key.clone())));
        for ((parent, filter), parents) in lists {
            for (key, count) in list::counts(self.db.read(), parent, &parents, &filter).await? {
                found.insert(CountOf { parent, key, filter: filter.clone() }, count);
            }
        }
        Ok(found)
    }
}
