//! From the arguments of a list field to a page of products.

use std::sync::Arc;

use async_graphql::Context;
use entities::products::list::{self, List, Listed, Order, Parent, Position, SortField};
use kit::{Connection, Database, Error, PageArgs, Result, Viewer, load};

use crate::{
    loaders::{CountOf, PageOf, Rows, scope},
    types::{Product, ProductFilter, ProductSort, Quote, SortDirection},
};

/// What a client asks of a list.
#[derive(Default)]
pub(crate) struct ListArgs {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
    pub(crate) filter: Option<ProductFilter>,
    pub(crate) sort: Option<ProductSort>,
}

/// A page of the whole catalogue.
pub(crate) async fn catalogue(ctx: &Context<'_>, args: ListArgs) -> Result<Connection<Product>> {
    let order = args.sort.as_ref().map_or(SortField::CreatedAt, |sort| sort.field);
    let (page, list) = read(ctx, args, Order::By(order)).await?;
    let db = ctx.data_unchecked::<Database>().read();
    let rows = list::page(db, &list).await?;
    let count = match is_count_wanted(ctx) {
        true => Some(list::count(db, &list).await?),
        false => None,
    };
    Ok(connection(&page, rows).with_total_count(count))
}

/// A page of the list below a parent, together with all other such lists.
pub(crate) async fn below(
    ctx: &Context<'_>,
    parent: Parent,
    key: String,
    args: ListArgs,
) -> Result<Connection<Product>> {
    let order = match parent {
        Parent::Account => Order::Favourited,
        _ => Order::By(args.sort.as_ref().map_or(SortField::CreatedAt, |sort| sort.field)),
    };
    let (page, list) = read(ctx, args, order).await?;
    // One count for all pages of a list, whichever way they are walked.
    let whole = List { descending: false, from: None, limit: 0, ..list.clone() };
    let rows = PageOf { parent, key: key.clone(), list: Arc::new(list) };
    let whole = CountOf(PageOf { parent, key, list: Arc::new(whole) });
    let rows = load::<Rows, PageOf>(ctx, rows);
    if !is_count_wanted(ctx) {
        return Ok(connection(&page, rows.await?.unwrap_or_default()));
    }
    let (rows, count) = futures_util::try_join!(rows, load::<Rows, CountOf>(ctx, whole))?;
    Ok(connection(&page, rows.unwrap_or_default()).with_total_count(Some(count.unwrap_or(0))))
}

/// Whether the client selected `totalCount`; it costs a statement.
pub(crate) fn is_count_wanted(ctx: &Context<'_>) -> bool {
    ctx.look_ahead().field("totalCount").exists()
}

async fn read(ctx: &Context<'_>, args: ListArgs, order: Order) -> Result<(PageArgs<Position>, List)> {
    let page =
        PageArgs::<Position>::new(args.first, args.after.as_deref(), args.last, args.before.as_deref())?;
    if page.from.as_ref().is_some_and(|position| !order.made(position)) {
        return Err(Error::BadInput("a cursor of a list in another order".into()));
    }
    // Newest first, unless the client says otherwise.
    let descending = args.sort.as_ref().is_none_or(|sort| sort.direction == Some(SortDirection::Desc));
    let filter = args.filter.map(ProductFilter::read).transpose()?.unwrap_or_default();
    let list = List {
        scope: scope(ctx).await?,
        filter,
        order,
        descending: descending != page.backward,
        currency: Quote::new(Viewer::of(ctx), None).currency.to_string(),
        from: page.from.clone(),
        limit: page.limit + 1,
    };
    Ok((page, list))
}

fn connection(page: &PageArgs<Position>, rows: Vec<Listed>) -> Connection<Product> {
    let position = |listed: &Listed| listed.position.clone();
    Connection::from_rows(page, rows, position, |listed| Product::from(listed.row))
}
