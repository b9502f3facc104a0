//! Loads entries and their facts in batches; whoever asks has checked the
//! permission.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, dataloader::Loader};
use entities::audit::record;
use kit::{Database, Error, FromContext};

/// Loads records.
pub(crate) struct Records(Database);

/// The record that opens an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Opening(pub(crate) i64);

/// All records of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FactsOf(pub(crate) i64);

impl FromContext for Records {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(ctx.data_unchecked::<Database>().clone())
    }
}

impl Loader<Opening> for Records {
    type Value = Arc<record::Model>;
    type Error = Error;

    async fn load(&self, keys: &[Opening]) -> Result<HashMap<Opening, Self::Value>, Error> {
        let entries: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = record::opening(self.0.read(), &entries).await?;
        Ok(rows.into_iter().map(|row| (Opening(row.sequence), Arc::new(row))).collect())
    }
}

impl Loader<FactsOf> for Records {
    type Value = Vec<Arc<record::Model>>;
    type Error = Error;

    async fn load(&self, keys: &[FactsOf]) -> Result<HashMap<FactsOf, Self::Value>, Error> {
        let entries: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<FactsOf, Self::Value> = HashMap::with_capacity(keys.len());
        for row in record::of_entries(self.0.read(), &entries).await? {
            found.entry(FactsOf(row.entry)).or_default().push(Arc::new(row));
        }
        Ok(found)
    }
}
