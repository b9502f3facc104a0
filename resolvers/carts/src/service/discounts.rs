//! Discount codes: what staff makes, changes and takes back.

use entities::carts::discount::{self, Kind, Products, Sellers};
use kit::{
    DateTime, Id as _, MoneyInput, Outcome, Result, UserError, UserErrorCode,
    facts::DiscountChanged,
    ids::{DiscountId, ProductId, SellerId},
    is_taken, refuse,
};
use sea_orm::ConnectionTrait;
use subscriptions::{EventLog, NewEvent};

use super::Service;
use crate::pricing::MAX_AMOUNT;

/// The longest code, in characters.
const MAX_CODE: usize = 40;
/// The most products or sellers that a code is for.
const MAX_TARGETS: usize = 200;
/// The whole.
const ALL: i32 = 10_000;

/// What a code is to be.
#[derive(Debug, Clone)]
pub(crate) struct DiscountDraft {
    pub(crate) id: Option<DiscountId>,
    pub(crate) code: String,
    pub(crate) kind: Kind,
    pub(crate) basis_points: Option<i32>,
    pub(crate) amount: Option<MoneyInput>,
    pub(crate) product_ids: Vec<ProductId>,
    pub(crate) seller_ids: Vec<SellerId>,
    pub(crate) minimum_subtotal: Option<MoneyInput>,
    pub(crate) valid_from: Option<DateTime>,
    pub(crate) valid_until: Option<DateTime>,
    pub(crate) usage_limit: Option<i32>,
    pub(crate) once_per_account: bool,
    pub(crate) is_combinable: bool,
    pub(crate) expected_version: Option<i32>,
}

impl Service {
    /// Makes a code, or changes one that was not taken back.
    pub(crate) async fn save_discount(&self, draft: DiscountDraft) -> Result<Outcome<discount::Model>> {
        let errors = draft.problems();
        if !errors.is_empty() {
            return Ok(Err(errors));
        }
        let now = self.now();
        let (is_new, expected) = (draft.id.is_none(), draft.expected_version);
        let row = draft.row(now);
        let saved = self.db.change(move |transaction| {
            let row = row.clone();
            Box::pin(async move {
                let saved = match is_new {
                    true => discount::insert(transaction, row.clone()).await.map(|()| Some(row.clone())),
                    false => discount::change(transaction, row.clone(), expected).await,
                };
                let saved = saved.map_err(|error| match is_taken(&error) {
                    true => {
                        let message = "another discount has this code";
                        refuse(UserError::new(UserErrorCode::Taken, "code", message))
                    }
                    false => error.into(),
                })?;
                let Some(saved) = saved else {
                    return Err(refuse(not_changed(transaction, row.id).await?));
                };
                tell(transaction, saved.id, now).await?;
                Ok(saved)
            })
        });
        saved.await
    }

    /// Takes a code back: it applies nowhere any more. Again it changes nothing.
    pub(crate) async fn archive_discount(&self, id: DiscountId) -> Result<Outcome<discount::Model>> {
        let now = self.now();
        let archived = self.db.change(move |transaction| {
            Box::pin(async move {
                if let Some(archived) = discount::archive(transaction, id, now).await? {
                    tell(transaction, id, now).await?;
                    return Ok(archived);
                }
                let known = discount::by_ids(transaction, &[id]).await?.pop();
                known.ok_or_else(|| refuse(UserError::not_found("id", "discount")))
            })
        });
        archived.await
    }
}

impl DiscountDraft {
    fn problems(&self) -> Vec<UserError> {
        let mut errors = Vec::new();
        let mut check = |is_fine: bool, field: &str, rule: &str| {
            if !is_fine {
                errors.push(UserError::invalid(field, rule));
            }
        };
        check(is_code(&code_of(&self.code)), "code", "must have 1 to 40 letters, digits, `-` or `_`");
        let is_share = self.basis_points.is_some_and(|points| (1..=ALL).contains(&points));
        match self.kind {
            Kind::Percentage => check(is_share, "basisPoints", "must be from 1 to 10,000"),
            _ => check(self.basis_points.is_none(), "basisPoints", "is for percentages only"),
        }
        let is_amount = |money: MoneyInput| (1..=MAX_AMOUNT).contains(&money.minor_units.0);
        match self.kind {
            Kind::FixedAmount => {
                check(self.amount.is_some_and(is_amount), "amount", "must be more than nothing");
            }
            _ => check(self.amount.is_none(), "amount", "is for fixed amounts only"),
        }
        check(
            self.minimum_subtotal.is_none_or(is_amount),
            "minimumSubtotal",
            "must be more than nothing",
        );
        let currencies = self.amount.zip(self.minimum_subtotal);
        check(
            currencies.is_none_or(|(amount, minimum)| amount.currency == minimum.currency),
            "minimumSubtotal",
            "must be in the currency of the amount",
        );
        check(self.product_ids.len() <= MAX_TARGETS, "productIds", "at most 200 products");
        check(self.seller_ids.len() <= MAX_TARGETS, "sellerIds", "at most 200 sellers");
        let period = self.valid_from.zip(self.valid_until);
        check(
            period.is_none_or(|(from, until)| from < until),
            "validUntil",
            "must be after `validFrom`",
        );
        check(self.usage_limit.is_none_or(|limit| limit >= 1), "usageLimit", "must be at least 1");
        errors
    }

    fn row(self, now: DateTime) -> discount::Model {
        let currency = self.amount.or(self.minimum_subtotal).map(|money| money.currency.to_string());
        discount::Model {
            id: self.id.unwrap_or_else(DiscountId::generate),
            code: code_of(&self.code),
            kind: self.kind,
            basis_points: self.basis_points,
            minor_units: self.amount.map(|money| money.minor_units.0),
            currency,
            product_ids: Products(self.product_ids),
            seller_ids: Sellers(self.seller_ids),
            minimum_subtotal: self.minimum_subtotal.map(|money| money.minor_units.0),
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            usage_limit: self.usage_limit,
            once_per_account: self.once_per_account,
            is_combinable: self.is_combinable,
            uses: 0,
            archived_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

/// A code as it is stored: codes that differ in case are the same.
pub(super) fn code_of(text: &str) -> String {
    text.trim().to_uppercase()
}

/// Whether a stored code can be this text.
pub(super) fn is_code(text: &str) -> bool {
    let is_sign = |sign: char| sign.is_alphanumeric() || matches!(sign, '-' | '_');
    (1..=MAX_CODE).contains(&text.chars().count()) && text.chars().all(is_sign)
}

async fn not_changed(transaction: &impl ConnectionTrait, id: DiscountId) -> Result<UserError> {
    let known = discount::by_ids(transaction, &[id]).await?.pop();
    Ok(match known.filter(|discount| discount.archived_at.is_none()) {
        Some(discount) => UserError::version_conflict("expectedVersion", discount.version),
        None => UserError::not_found("id", "discount"),
    })
}

async fn tell(transaction: &impl ConnectionTrait, id: DiscountId, at: DateTime) -> Result<()> {
    let fact = DiscountChanged { discount_id: id };
    Ok(EventLog::append(transaction, NewEvent::new(&fact, at)).await?)
}
