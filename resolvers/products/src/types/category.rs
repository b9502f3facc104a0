//! A node of the category tree.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use entities::products::{category, list::Parent};
use kit::{Connection, ids::CategoryId, load, load_many};

use super::{Product, ProductFilter, ProductSort};
use crate::{
    lists::{self, ListArgs},
    loaders::{Children, Path, Rows},
};

/// Category tree node.
pub(crate) struct Category {
    row: Arc<category::Model>,
}

impl From<Arc<category::Model>> for Category {
    fn from(row: Arc<category::Model>) -> Self {
        Self { row }
    }
}

/// Category tree node.
#[Object(tag = "id/cat")]
impl Category {
    /// Global opaque id.
    pub(crate) async fn id(&self) -> CategoryId {
        self.row.id
    }

    /// Unique slug.
    async fn slug(&self) -> &str {
        &self.row.slug
    }

    /// Name.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// The category above, null for a root.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Category>> {
        let Some(id) = self.row.parent_id else {
            return Ok(None);
        };
        Ok(load::<Rows, _>(ctx, id).await?.map(Category::from))
    }

    /// The categories directly below, in order.
    async fn children(&self, ctx: &Context<'_>) -> Result<Vec<Category>> {
        let children = load::<Rows, _>(ctx, Children(self.row.id)).await?;
        Ok(children.unwrap_or_default().into_iter().map(Category::from).collect())
    }

    /// From the root to here.
    async fn path(&self, ctx: &Context<'_>) -> Result<Vec<Category>> {
        let paths: Vec<Path> = self.row.ancestry().into_iter().map(Path).collect();
        let rows = load_many::<Rows, _>(ctx, &paths).await?;
        Ok(rows.into_iter().flatten().map(Category::from).collect())
    }

    /// Products here and below, newest first unless sorted.
    #[expect(clippy::too_many_arguments, reason = "one for each argument of the field")]
    async fn products(
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
        #[graphql(desc = "Conditions.")] filter: Option<ProductFilter>,
        #[graphql(desc = "Order; newest first when absent.")] sort: Option<ProductSort>,
    ) -> Result<Option<Connection<Product>>> {
        let args = ListArgs { first, after, last, before, filter, sort };
        let path = self.row.path.clone();
        Ok(Some(lists::below(ctx, Parent::Category, path, args).await?))
    }
}
