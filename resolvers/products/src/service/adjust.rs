//! Changing what is in stock, by whoever counted it.

use std::{collections::HashMap, sync::Arc};

use entities::{
    ids::{AccountId, ProductId, VariantId},
    products::{
        Scope,
        stock::{self as stocks, Stocked},
    },
};
use kit::{
    DateTime, Error, Result, RetryKey, UserError, UserErrorCode, Viewer,
    text::{self, length},
};
use sea_orm::DatabaseTransaction;
use serde::Serialize;

use super::{
    Service,
    bulk::{self, Rejected, Results},
    stock::{self, Cause, MAX_UNITS, Move},
};

/// The name under which retry-safe keys of this mutation are kept.
const MUTATION: &str = "inventoryAdjust";
const MAX_REASON: usize = 200;

/// Units that came or went, or were counted.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StockDraft {
    pub(crate) variant_id: VariantId,
    pub(crate) delta: Option<i32>,
    pub(crate) set_on_hand: Option<i32>,
    pub(crate) expected_on_hand: Option<i32>,
    pub(crate) reason: String,
}

/// One run of `inventoryAdjust`: everything that its transaction needs.
struct Adjust {
    key: RetryKey,
    account: AccountId,
    scope: Scope,
    changes: Vec<StockDraft>,
    now: DateTime,
}

impl Service {
    /// Changes the stock of variants, all or none; `key` makes a retry harmless.
    pub(crate) async fn adjust_stock(
        &self,
        viewer: &Viewer,
        mut changes: Vec<StockDraft>,
        key: &str,
    ) -> Result<Results> {
        let account = viewer.require_account()?;
        if let Some(wrong) = bulk::count("changes", changes.len()) {
            return Ok(Err(vec![wrong]));
        }
        let key = match RetryKey::new(account.to_string(), MUTATION, key, &changes) {
            Ok(key) => key,
            Err(wrong) => return Ok(Err(vec![wrong])),
        };
        let wrong: Vec<Vec<UserError>> = changes.iter_mut().map(StockDraft::clean).collect();
        if wrong.iter().any(|wrong| !wrong.is_empty()) {
            return Ok(Ok(bulk::rejected(wrong)));
        }
        let (scope, now) = (self.scope_of(viewer).await?, self.clock.now());
        let adjust = Arc::new(Adjust { key, account, scope, changes, now });
        let adjusted = self.db.transaction(move |transaction| {
            let adjust = adjust.clone();
            Box::pin(async move { adjust.run(transaction).await })
        });
        bulk::results(adjusted.await)
    }
}

impl StockDraft {
    /// Cleans the reason, and says what is wrong.
    fn clean(&mut self) -> Vec<UserError> {
        let mut wrong = Vec::new();
        self.reason = text::plain_line(&self.reason);
        wrong.extend(length("reason", &self.reason, 1, MAX_REASON));
        match (self.delta, self.set_on_hand) {
            (Some(_), Some(_)) | (None, None) => {
                wrong.push(UserError::invalid("delta", "give either `delta` or `setOnHand`"));
            }
            (Some(delta), None) => {
                if delta == 0 || !(-MAX_UNITS..=MAX_UNITS).contains(&delta) {
                    let message = format!("must be from -{MAX_UNITS} to {MAX_UNITS} and not 0");
                    wrong.push(UserError::invalid("delta", message));
                }
            }
            (None, Some(units)) => {
                if !(0..=MAX_UNITS).contains(&units) {
                    let message = format!("must be from 0 to {MAX_UNITS}");
                    wrong.push(UserError::invalid("setOnHand", message));
                }
                if self.expected_on_hand.is_none() {
                    let message = "say what you counted against: another change may come between";
                    wrong.push(UserError::invalid("expectedOnHand", message));
                }
            }
        }
        wrong
    }

    /// What comes or goes, of what is there now.
    fn delta(&self, stocked: &Stocked) -> std::result::Result<i32, UserError> {
        if self.expected_on_hand.is_some_and(|expected| expected != stocked.on_hand) {
            let message = format!("there are {} on hand now", stocked.on_hand);
            return Err(UserError::new(UserErrorCode::VersionConflict, "expectedOnHand", message));
        }
        let (field, delta) = match self.set_on_hand {
            Some(units) => ("setOnHand", units.saturating_sub(stocked.on_hand)),
            None => ("delta", self.delta.unwrap_or_default()),
        };
        let after = stocked.on_hand.saturating_add(delta);
        if after > MAX_UNITS {
            return Err(UserError::invalid(field, format!("at most {MAX_UNITS} units on hand")));
        }
        let least = if stocked.is_backorderable { 0 } else { stocked.reserved };
        if delta < 0 && after < least {
            let free = stocked.on_hand - least;
            return Err(UserError::out_of_stock(field, stocked.variant_id, free));
        }
        Ok(delta)
    }
}

impl Adjust {
    async fn run(&self, transaction: &DatabaseTransaction) -> Result<Vec<ProductId>> {
        let is_replayed = self.key.claim(transaction, "", self.now).await?.is_some();
        let ids: Vec<VariantId> = self.changes.iter().map(|change| change.variant_id).collect();
        let found = stocks::lock(transaction, self.scope, &ids).await?;
        let mut stocked: HashMap<VariantId, Stocked> =
            found.into_iter().map(|stocked| (stocked.variant_id, stocked)).collect();
        let mut products = Vec::with_capacity(self.changes.len());
        let mut moves = Vec::with_capacity(self.changes.len());
        let mut wrong = Vec::with_capacity(self.changes.len());
        for change in &self.changes {
            let Some(stocked) = stocked.get_mut(&change.variant_id) else {
                wrong.push(vec![UserError::not_found("variantId", "variant")]);
                continue;
            };
            products.push(stocked.product_id);
            if is_replayed {
                continue;
            }
            match change.delta(stocked) {
                Ok(delta) => {
                    wrong.push(Vec::new());
                    let (before, reason) = (stocked.clone(), change.reason.clone());
                    moves.push(Move { before, on_hand: delta, reserved: 0, reason });
                    // A later change of the same variant builds on this one.
                    stocked.on_hand += delta;
                }
                Err(refused) => wrong.push(vec![refused]),
            }
        }
        if wrong.iter().any(|wrong| !wrong.is_empty()) {
            return Err(Error::internal(Rejected(wrong)));
        }
        stock::shift(transaction, moves, Cause::Account(self.account), self.now).await?;
        Ok(products)
    }
}
