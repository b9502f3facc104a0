//! Loaders of the category tree.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use entities::{ids::CategoryId, products::category};
use kit::{Error, Result};

use super::Rows;

/// The children of a category.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Children(pub(crate) CategoryId);

/// The category at a path.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Path(pub(crate) String);

impl Loader<CategoryId> for Rows {
    type Value = Arc<category::Model>;
    type Error = Error;

    async fn load(&self, ids: &[CategoryId]) -> Result<HashMap<CategoryId, Self::Value>> {
        let rows = category::by_ids(self.0.read(), ids).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<Children> for Rows {
    type Value = Vec<Arc<category::Model>>;
    type Error = Error;

    async fn load(&self, keys: &[Children]) -> Result<HashMap<Children, Self::Value>> {
        let parents: Vec<CategoryId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<Children, Self::Value> = HashMap::with_capacity(keys.len());
        for row in category::children_of(self.0.read(), &parents).await? {
            if let Some(parent) = row.parent_id {
                found.entry(Children(parent)).or_default().push(row);
            }
        }
        Ok(found)
    }
}

impl Loader<Path> for Rows {
    type Value = Arc<category::Model>;
    type Error = Error;

    async fn load(&self, keys: &[Path]) -> Result<HashMap<Path, Self::Value>> {
        let paths: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let rows = category::by_paths(self.0.read(), &paths).await?;
        Ok(rows.into_iter().map(|row| (Path(row.path.clone()), row)).collect())
    }
}
