//! Several changes in one request: what becomes of each of them.

use std::sync::Arc;

use entities::{ids::ProductId, products::product};
use kit::{Error, Outcome, Result, UserError, UserErrorCode, Viewer, refusal};

use super::{Draft, Service, save::Save};

/// The most items of one request.
pub(super) const MAX_ITEMS: usize = 100;

/// What a failing item does to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BulkErrorPolicy {
    /// Nothing: they are changed.
    RejectFailed,
    /// Nothing is changed.
    RejectAll,
}

/// What became of each item, in order; or why none was looked at.
pub(crate) type Results = Outcome<Vec<Outcome<ProductId>>>;

/// Travels through a transaction as an error, so that it is rolled back: what is
/// wrong with each item.
#[derive(Debug)]
pub(super) struct Rejected(pub(super) Vec<Vec<UserError>>);

impl std::fmt::Display for Rejected {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("some items were refused")
    }
}

impl std::error::Error for Rejected {}

/// The results of a change that is made as a whole or not at all.
pub(super) fn results(outcome: Result<Vec<ProductId>>) -> Result<Results> {
    match outcome {
        Ok(ids) => Ok(Ok(ids.into_iter().map(Ok).collect())),
        Err(Error::Internal(cause)) => match cause.downcast_ref::<Rejected>() {
            Some(Rejected(wrong)) => Ok(Ok(rejected(wrong.clone()))),
            None => refusal(Error::Internal(cause)).map(Err),
        },
        Err(error) => Err(error),
    }
}

/// The results when something is wrong with some of the items.
pub(super) fn rejected(wrong: Vec<Vec<UserError>>) -> Vec<Outcome<ProductId>> {
    let left_out = || {
        let message = "left as it was: another item failed";
        vec![UserError::new(UserErrorCode::NotApplied, "", message)]
    };
    wrong.into_iter().map(|wrong| Err(if wrong.is_empty() { left_out() } else { wrong })).collect()
}

/// What is wrong with a request of so many items.
pub(super) fn count(field: &str, items: usize) -> Option<UserError> {
    let is_fine = (1..=MAX_ITEMS).contains(&items);
    (!is_fine).then(|| UserError::invalid(field, format!("must be 1 to {MAX_ITEMS} items")))
}

impl Service {
    /// Creates or changes several products.
    pub(crate) async fn save_products(
        &self,
        viewer: &Viewer,
        items: Vec<(Draft, Option<String>)>,
        policy: BulkErrorPolicy,
    ) -> Result<Results> {
        if let Some(wrong) = count("inputs", items.len()) {
            return Ok(Err(vec![wrong]));
        }
        // All of them before the first is written: who may not is told so.
        let mut saves = Vec::with_capacity(items.len());
        for (draft, key) in items {
            saves.push(self.prepare(viewer, draft, key).await?);
        }
        if policy == BulkErrorPolicy::RejectAll {
            return self.save_all(saves).await;
        }
        let mut results = Vec::with_capacity(saves.len());
        for save in saves {
            results.push(match save {
                Ok(save) => self.run(save).await?,
                Err(wrong) => Err(wrong),
            });
        }
        Ok(Ok(results))
    }

    async fn save_all(&self, saves: Vec<Outcome<Save>>) -> Result<Results> {
        if saves.iter().any(std::result::Result::is_err) {
            let wrong = saves.into_iter().map(|save| save.err().unwrap_or_default());
            return Ok(Ok(rejected(wrong.collect())));
        }
        let saves: Arc<Vec<Save>> = Arc::new(saves.into_iter().flatten().collect());
        let saved = self.db.transaction(move |transaction| {
            let saves = saves.clone();
            Box::pin(async move {
                let known: Vec<ProductId> = saves.iter().map(Save::id).collect();
                product::lock_all(transaction, &known).await?;
                let mut ids = Vec::with_capacity(saves.len());
                for (index, save) in saves.iter().enumerate() {
                    match save.run(transaction).await {
                        Ok(id) => ids.push(id),
                        // After the first failure the others are not looked at.
                        Err(error) => {
                            let mut wrong = vec![Vec::new(); saves.len()];
                            wrong[index] = refusal(error)?;
                            return Err(Error::internal(Rejected(wrong)));
                        }
                    }
                }
                Ok(ids)
            })
        });
        results(saved.await)
    }
}
