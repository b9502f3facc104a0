//! The root query fields, and the entities that other subgraphs refer to.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use entities::{
    ids::{
        AccountId, FulfilmentId, OrderId, OrderLineId, OrderPartId, ReturnId, SellerId, UserId,
        VariantId,
    },
    orders::Scope,
};
use kit::{Connection, Require, Viewer, load};

use crate::{
    lists::{self, ListArgs},
    loaders::{Rows, scope, seen},
    service::Service,
    types::{
        Account, Fulfilment, Order, OrderFilter, OrderLine, OrderPart, OrderReturn, Seller, User,
        Variant,
    },
};

/// The root query fields of orders.
pub(crate) struct Query;

#[Object]
impl Query {
    /// One order: of one's own, of one's shop, or any for staff; guests use the
    /// secret from checkout. Null when there is none that the viewer may see.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: OrderId,
        #[graphql(desc = "The secret that a guest got from checkout.")] guest_secret: Option<String>,
    ) -> Result<Option<Order>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let scope = service.scope(Viewer::of(ctx), guest_secret.as_deref()).await?;
        Ok(seen(ctx, scope, id).await?.map(Order::from))
    }

    /// All orders, newest first, for staff.
    #[graphql(guard = "Require(\"orders:read\")", requires_scopes = "orders:read")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Items from the start, at most 100; 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor; excludes `last`.")] after: Option<String>,
        #[graphql(desc = "Items from the end, at most 100; excludes `first` and `after`.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only items before this cursor; needs `last`.")] before: Option<String>,
        #[graphql(desc = "Conditions.")] filter: Option<OrderFilter>,
    ) -> Result<Option<Connection<Order>>> {
        let args = ListArgs { first, after, last, before, filter };
        Ok(Some(lists::all(ctx, args).await?))
    }

    #[graphql(entity)]
    async fn order_by_id(&self, ctx: &Context<'_>, id: OrderId) -> Option<Order> {
        let found = async { seen(ctx, scope(ctx).await?, id).await };
        kit::entity(ctx, found.await).map(Order::from)
    }

    // Who comes from a place where the order's secret was shown sees it there, too.
    #[graphql(entity)]
    async fn order_by_access(&self, ctx: &Context<'_>, id: OrderId, access: String) -> Option<Order> {
        let found = async {
            let scope = match scope(ctx).await? {
                Scope::All => Scope::All,
                _ if !access.is_empty() => Scope::Guest(access),
                scope => scope,
            };
            seen(ctx, scope, id).await
        };
        kit::entity(ctx, found.await).map(Order::from)
    }

    #[graphql(entity)]
    async fn line_by_id(&self, ctx: &Context<'_>, id: OrderLineId) -> Option<OrderLine> {
        let found = async {
            let Some(row) = load::<Rows, _>(ctx, id).await? else { return Ok(None) };
            let order = seen(ctx, scope(ctx).await?, row.order_id).await?;
            let order = order.filter(|order| order.lens.shows(row.seller_id));
            order.map(|order| OrderLine::new(&order, row)).transpose()
        };
        kit::entity(ctx, found.await)
    }

    #[graphql(entity)]
    async fn part_by_id(&self, ctx: &Context<'_>, id: OrderPartId) -> Option<OrderPart> {
        let found = async {
            let Some(row) = load::<Rows, _>(ctx, id).await? else { return Ok(None) };
            let order = seen(ctx, scope(ctx).await?, row.order_id).await?;
            let order = order.filter(|order| order.lens.shows(row.seller_id));
            Ok(order.map(|order| OrderPart::new(order, row)))
        };
        kit::entity(ctx, found.await)
    }

    #[graphql(entity)]
    async fn fulfilment_by_id(&self, ctx: &Context<'_>, id: FulfilmentId) -> Option<Fulfilment> {
        let found = async {
            let Some(row) = load::<Rows, _>(ctx, id).await? else { return Ok(None) };
            let Some(order) = seen(ctx, scope(ctx).await?, row.order_id).await? else {
                return Ok(None);
            };
            Fulfilment::if_shown(ctx, order, row).await
        };
        kit::entity(ctx, found.await)
    }

    #[graphql(entity)]
    async fn return_by_id(&self, ctx: &Context<'_>, id: ReturnId) -> Option<OrderReturn> {
        let found = async {
            let Some(row) = load::<Rows, _>(ctx, id).await? else { return Ok(None) };
            let Some(order) = seen(ctx, scope(ctx).await?, row.order_id).await? else {
                return Ok(None);
            };
            OrderReturn::if_shown(ctx, order, row).await
        };
        kit::entity(ctx, found.await)
    }

    #[graphql(entity)]
    async fn account_by_id(&self, id: AccountId) -> Account {
        Account { id }
    }

    #[graphql(entity)]
    async fn seller_by_id(&self, id: SellerId) -> Seller {
        Seller { id }
    }

    #[graphql(entity)]
    async fn variant_by_id(&self, id: VariantId) -> Variant {
        Variant { id }
    }

    #[graphql(entity)]
    async fn user_by_id(&self, id: UserId) -> User {
        User { id }
    }
}
