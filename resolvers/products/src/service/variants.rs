//! Which variants and prices a change writes: the drafts laid over what is
//! there, held against the product's options.

use std::{collections::HashSet, sync::Arc};

use entities::{
    ids::{Id as _, ProductId, VariantId},
    products::{
        price,
        product::ProductOption,
        variant::{self, Choice, Choices},
    },
};
use kit::{Outcome, UserError, UserErrorCode};

use super::draft::{MAX_VARIANTS, VariantDraft};

/// The title of the only variant of a product without options.
const ONLY_VARIANT: &str = "Standard";

/// Variants and prices to write.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// New or changed.
    pub(super) variants: Vec<variant::Model>,
    /// Variants whose prices change.
    pub(super) repriced: Vec<VariantId>,
    /// All prices of these variants.
    pub(super) prices: Vec<price::Model>,
    /// New variants with units in stock.
    pub(super) stocked: Vec<(VariantId, i32)>,
}

/// Lays drafts over what the product has. `known` also holds variants of other
/// products that have one of the drafts' SKUs.
pub(super) fn plan(
    product: ProductId,
    options: &[ProductOption],
    known: &[Arc<variant::Model>],
    known_prices: &[price::Model],
    drafts: &[VariantDraft],
) -> Outcome<Plan> {
    let mut wrong = Vec::new();
    let mut plan = Plan::default();
    let own = || known.iter().filter(|variant| variant.product_id == product);
    let mut next = own().map(|variant| variant.position + 1).max().unwrap_or(0);
    for (index, draft) in drafts.iter().enumerate() {
        let before = known.iter().find(|variant| variant.sku == draft.sku);
        if before.is_some_and(|variant| variant.product_id != product) {
            let field = format!("variants.{index}.sku");
            wrong.push(UserError::new(UserErrorCode::Taken, &field, "another product has this SKU"));
            continue;
        }
        let choices = match choices(options, &draft.option_values) {
            Ok(choices) => choices,
            Err(message) => {
                wrong.push(UserError::invalid(&format!("variants.{index}.optionValues"), message));
                continue;
            }
        };
        if let (Some(before), Some(units)) = (before, draft.on_hand)
            && before.on_hand != units
        {
            let field = format!("variants.{index}.onHand");
            let message = "the stock of a known variant is changed by inventoryAdjust";
            wrong.push(UserError::invalid(&field, message));
            continue;
        }
        let after = match before {
            Some(before) => changed(before, draft, choices),
            None => {
                next += 1;
                new(product, next - 1, draft, choices)
            }
        };
        plan_prices(&mut plan, &after, known_prices, draft);
        if before.is_none() && after.on_hand > 0 {
            plan.stocked.push((after.id, after.on_hand));
        }
        if before.is_none_or(|before| **before != after) {
            plan.variants.push(after);
        }
    }
    if wrong.is_empty() {
        wrong.extend(conflict(options, own().map(AsRef::as_ref), &plan.variants));
    }
    if wrong.is_empty() { Ok(plan) } else { Err(wrong) }
}

/// The chosen value of each option, when there is one for each.
fn choices(options: &[ProductOption], values: &[String]) -> Result<Choices, String> {
    if options.len() != values.len() {
        return Err(format!("must have a value for each of the {} options", options.len()));
    }
    let choice = |(option, value): (&ProductOption, &String)| {
        if option.values.contains(value) {
            return Ok(Choice { name: option.name.clone(), value: value.clone() });
        }
        Err(format!("{} has no value {value:?}", option.name))
    };
    options.iter().zip(values).map(choice).collect::<Result<_, _>>().map(Choices)
}

fn title_of(choices: &Choices) -> String {
    if choices.0.is_empty() {
        return ONLY_VARIANT.to_owned();
    }
    choices.0.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>().join(" / ")
}

fn new(product: ProductId, position: i32, draft: &VariantDraft, options: Choices) -> variant::Model {
    variant::Model {
        id: VariantId::generate(),
        product_id: product,
        sku: draft.sku.clone(),
        title: title_of(&options),
        options,
        weight_grams: draft.weight_grams,
        on_hand: draft.on_hand.unwrap_or(0),
        reserved: 0,
        is_backorderable: false,
        position,
    }
}

fn changed(before: &variant::Model, draft: &VariantDraft, options: Choices) -> variant::Model {
    variant::Model {
        title: title_of(&options),
        options,
        weight_grams: draft.weight_grams.or(before.weight_grams),
        ..before.clone()
    }
}

fn plan_prices(plan: &mut Plan, variant: &variant::Model, known: &[price::Model], draft: &VariantDraft) {
    let before: Vec<&price::Model> =
        known.iter().filter(|price| price.variant_id == variant.id).collect();
    let after: Vec<price::Model> = draft
        .prices
        .iter()
        .map(|(currency, minor_units)| {
            let before = before.iter().find(|price| price.currency == *currency);
            let crossed_out = match &draft.compare_at {
                Some(prices) => prices.iter().find(|(of, _)| of == currency).map(|(_, price)| *price),
                None => before.and_then(|price| price.compare_at),
            };
            price::Model {
                variant_id: variant.id,
                currency: currency.clone(),
                product_id: variant.product_id,
                minor_units: *minor_units,
                // A price that rose to the crossed-out one is no longer reduced.
                compare_at: crossed_out.filter(|price| price > minor_units),
            }
        })
        .collect();
    if before.len() == after.len() && after.iter().all(|price| before.contains(&price)) {
        return;
    }
    plan.repriced.push(variant.id);
    plan.prices.extend(after);
}

/// Why the variants as they will be do not fit the options or each other.
fn conflict<'a>(
    options: &[ProductOption],
    own: impl Iterator<Item = &'a variant::Model>,
    written: &'a [variant::Model],
) -> Option<UserError> {
    let is_written = |id| written.iter().any(|variant| variant.id == id);
    let kept = own.filter(|variant| !is_written(variant.id));
    let mut seen = HashSet::new();
    for (count, variant) in kept.chain(written).enumerate() {
        if count >= MAX_VARIANTS {
            let message = format!("a product has at most {MAX_VARIANTS} variants");
            return Some(UserError::new(UserErrorCode::LimitExceeded, "variants", message));
        }
        let names = variant.options.0.iter().map(|choice| &choice.name);
        let values: Vec<String> = variant.options.0.iter().map(|choice| choice.value.clone()).collect();
        if !names.eq(options.iter().map(|option| &option.name)) || choices(options, &values).is_err() {
            let message = format!("the variant {} does not fit the options", variant.sku);
            return Some(UserError::invalid("options", message));
        }
        if !seen.insert(values) {
            let message = format!("the variant {} has the options of another", variant.sku);
            return Some(UserError::invalid("variants", message));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(values: &[&str]) -> Vec<ProductOption> {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        vec![ProductOption { name: "Size".to_owned(), values }]
    }

    fn draft(sku: &str, value: &str, minor_units: i64) -> VariantDraft {
        VariantDraft {
            sku: sku.to_owned(),
            option_values: vec![value.to_owned()],
            prices: vec![("EUR".to_owned(), minor_units)],
            compare_at: None,
            weight_grams: None,
            on_hand: None,
        }
    }

    fn known(plan: Plan) -> (Vec<Arc<variant::Model>>, Vec<price::Model>) {
        (plan.variants.into_iter().map(Arc::new).collect(), plan.prices)
    }

    fn messages(outcome: Outcome<Plan>) -> Vec<String> {
        let message = |error| match error {
            UserError::Generic(error) => error.message,
            other => panic!("{other:?} has no message"),
        };
        outcome.expect_err("refused").into_iter().map(message).collect()
    }

    #[test]
    fn only_what_differs_is_written() {
        let (product, options) = (ProductId::generate(), size(&["S", "M"]));
        let drafts = [draft("A", "S", 100), draft("B", "M", 200)];
        let (variants, prices) = known(plan(product, &options, &[], &[], &drafts).expect("new"));

        let again = plan(product, &options, &variants, &prices, &drafts).expect("same");
        let dearer = [draft("A", "S", 100), draft("B", "M", 201)];
        let dearer = plan(product, &options, &variants, &prices, &dearer).expect("dearer");

        assert!(again.variants.is_empty() && again.repriced.is_empty());
        assert_eq!(variants[1].title, "M");
        assert_eq!((variants[0].position, variants[1].position), (0, 1));
        assert_eq!((dearer.variants.len(), dearer.repriced), (0, vec![variants[1].id]));
    }

    #[test]
    fn variants_fit_the_options_and_differ() {
        let (product, options) = (ProductId::generate(), size(&["S", "M"]));
        let (variants, prices) =
            known(plan(product, &options, &[], &[], &[draft("A", "S", 100)]).expect("new"));
        let refused = |options: &[ProductOption], drafts: &[VariantDraft]| {
            messages(plan(product, options, &variants, &prices, drafts))
        };

        assert_eq!(refused(&options, &[draft("B", "XL", 1)]), ["Size has no value \"XL\""]);
        assert_eq!(
            refused(&options, &[draft("B", "S", 1)]),
            ["the variant B has the options of another"]
        );
        assert_eq!(refused(&size(&["M"]), &[]), ["the variant A does not fit the options"]);
        assert_eq!(refused(&[], &[draft("B", "S", 1)]), ["must have a value for each of the 0 options"]);
    }

    #[test]
    fn another_products_sku_is_taken() {
        let options = size(&["S"]);
        let (variants, prices) = known(
            plan(ProductId::generate(), &options, &[], &[], &[draft("A", "S", 100)]).expect("new"),
        );

        let outcome = plan(ProductId::generate(), &options, &variants, &prices, &[draft("A", "S", 1)]);

        assert_eq!(messages(outcome), ["another product has this SKU"]);
    }
}
