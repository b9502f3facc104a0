//! Loaders of lists of products below sellers, categories and accounts.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use entities::products::list::{self, List, Listed, Parent};
use kit::{Error, Result, groups};

use super::Rows;

/// A page of a parent's list.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PageOf {
    pub(crate) parent: Parent,
    /// The parent's id, or a category's path.
    pub(crate) key: String,
    pub(crate) list: Arc<List>,
}

/// The length of a parent's whole list.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct CountOf(pub(crate) PageOf);

impl Loader<PageOf> for Rows {
    type Value = Vec<Listed>;
    type Error = Error;

    async fn load(&self, keys: &[PageOf]) -> Result<HashMap<PageOf, Self::Value>> {
        let mut found: HashMap<PageOf, Self::Value> = HashMap::with_capacity(keys.len());
        for ((parent, list), parents) in same_lists(keys.iter()) {
            for (key, listed) in list::pages(self.0.read(), parent, &parents, &list).await? {
                let key = PageOf { parent, key, list: list.clone() };
                found.entry(key).or_default().push(listed);
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
        for ((parent, list), parents) in same_lists(keys.iter().map(|key| &key.0)) {
            for (key, count) in list::counts(self.0.read(), parent, &parents, &list).await? {
                found.insert(CountOf(PageOf { parent, key, list: list.clone() }), count);
            }
        }
        Ok(found)
    }
}

fn same_lists<'a>(keys: impl Iterator<Item = &'a PageOf>) -> HashMap<(Parent, Arc<List>), Vec<String>> {
    groups(keys.map(|page| ((page.parent, page.list.clone()), page.key.clone())))
}
