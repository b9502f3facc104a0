//! From the arguments of a list field to a page of orders.

use std::sync::Arc;

use async_graphql::Context;
use entities::orders::{
    Scope,
    list::{self, Filter, Parent, Position},
    order::Model,
};
use kit::{Connection, Database, PageArgs, Result, load};

use crate::{
    loaders::{CountOf, OrdersOf, Rows},
    service::Seen,
    types::{Order, OrderFilter},
};

/// What a client asks of a list.
pub(crate) struct ListArgs {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
    pub(crate) filter: Option<OrderFilter>,
}

impl ListArgs {
    fn read(self) -> Result<(PageArgs<Position>, Filter)> {
        let page = PageArgs::new(self.first, self.after.as_deref(), self.last, self.before.as_deref())?;
        Ok((page, self.filter.map(OrderFilter::read).transpose()?.unwrap_or_default()))
    }
}

/// A page of all orders.
pub(crate) async fn all(ctx: &Context<'_>, args: ListArgs) -> Result<Connection<Order>> {
    let (page, filter) = args.read()?;
    let db = ctx.data_unchecked::<Database>().read();
    let rows = list::page(db, &filter, page.rows()).await?;
    let count = match is_count_wanted(ctx) {
        true => Some(list::count(db, &filter).await?),
        false => None,
    };
    Ok(connection(&page, rows, &Scope::All).with_total_count(count))
}

/// A page of the orders of a parent, as this scope sees them, together with all
/// other such lists.
pub(crate) async fn below(
    ctx: &Context<'_>,
    parent: Parent,
    key: String,
    scope: &Scope,
    args: ListArgs,
) -> Result<Connection<Order>> {
    let (page, filter) = args.read()?;
    let filter = Arc::new(filter);
    let rows = OrdersOf { parent, key: key.clone(), filter: filter.clone(), page: page.clone() };
    let rows = load::<Rows, _>(ctx, rows);
    if !is_count_wanted(ctx) {
        return Ok(connection(&page, rows.await?.unwrap_or_default(), scope));
    }
    let count = load::<Rows, _>(ctx, CountOf { parent, key, filter });
    let (rows, count) = futures_util::try_join!(rows, count)?;
    let page = connection(&page, rows.unwrap_or_default(), scope);
    Ok(page.with_total_count(Some(count.unwrap_or(0))))
}

fn connection(page: &PageArgs<Position>, rows: Vec<Arc<Model>>, scope: &Scope) -> Connection<Order> {
    let order = |row: Arc<Model>| Order::from(Seen::new(row, scope));
    Connection::from_rows(page, rows, |row| row.position(), order)
}

/// Whether the client selected `totalCount`; it costs a statement.
fn is_count_wanted(ctx: &Context<'_>) -> bool {
    ctx.look_ahead().field("totalCount").exists()
}
