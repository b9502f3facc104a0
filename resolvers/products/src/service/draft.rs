//! What a seller wants a product to be, cleaned and checked before anything is
//! read from the tables.

use std::collections::HashSet;

use entities::{
    ids::{CategoryId, ProductId},
    products::{ProductStatus, product::ProductOption},
};
use kit::{
    Outcome, UserError,
    text::{self, length},
};
use serde::Serialize;

/// The most variants of one product.
pub(super) const MAX_VARIANTS: usize = 100;
const MAX_TITLE: usize = 200;
const MAX_DESCRIPTION: usize = 20_000;
const MAX_OPTIONS: usize = 5;
const MAX_OPTION_NAME: usize = 50;
const MAX_OPTION_VALUES: usize = 100;
const MAX_OPTION_VALUE: usize = 100;
const MAX_SKU: usize = 64;
const MAX_PRICES: usize = 30;
/// Far above any price, far below what sums could overflow: 10^13 minor units.
const MAX_PRICE: i64 = 10_000_000_000_000;
/// A hundred tonnes.
const MAX_WEIGHT: i32 = 100_000_000;

/// A new or changed product; what is absent stays.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Draft {
    pub(crate) id: Option<ProductId>,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) category_id: Option<CategoryId>,
    pub(crate) status: Option<ProductStatus>,
    pub(crate) options: Option<Vec<ProductOption>>,
    /// To add or change, by SKU.
    pub(crate) variants: Vec<VariantDraft>,
    pub(crate) expected_version: Option<i32>,
}

/// A new or changed variant.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct VariantDraft {
    pub(crate) sku: String,
    /// In the order of the options.
    pub(crate) option_values: Vec<String>,
    /// Currency and minor units.
    pub(crate) prices: Vec<(String, i64)>,
    pub(crate) weight_grams: Option<i32>,
}

impl Draft {
    /// The draft with clean texts, or all that is wrong with it.
    pub(super) fn cleaned(mut self) -> Outcome<Self> {
        let mut wrong = Vec::new();
        self.title = self.title.map(|title| text::plain_line(&title));
        self.description = self.description.map(|description| text::plain(&description));
        if self.id.is_none() && self.title.is_none() {
            wrong.push(UserError::invalid("title", "a new product needs a title"));
        }
        if let Some(title) = &self.title {
            wrong.extend(length("title", title, 1, MAX_TITLE));
        }
        if let Some(description) = &self.description {
            wrong.extend(length("description", description, 0, MAX_DESCRIPTION));
        }
        if let Some(options) = &mut self.options {
            clean_options(options, &mut wrong);
        }
        clean_variants(&mut self.variants, &mut wrong);
        if wrong.is_empty() { Ok(self) } else { Err(wrong) }
    }
}

fn clean_options(options: &mut [ProductOption], wrong: &mut Vec<UserError>) {
    if options.len() > MAX_OPTIONS {
        wrong.push(UserError::invalid("options", format!("at most {MAX_OPTIONS} options")));
    }
    let mut names = HashSet::new();
    for (index, option) in options.iter_mut().enumerate() {
        let field = format!("options.{index}.name");
        option.name = text::plain_line(&option.name);
        wrong.extend(length(&field, &option.name, 1, MAX_OPTION_NAME));
        if !names.insert(option.name.clone()) {
            wrong.push(UserError::invalid(&field, "two options have this name"));
        }
        let field = format!("options.{index}.values");
        if !(1..=MAX_OPTION_VALUES).contains(&option.values.len()) {
            wrong.push(UserError::invalid(&field, format!("must be 1 to {MAX_OPTION_VALUES} values")));
        }
        let mut values = HashSet::new();
        for value in &mut option.values {
            *value = text::plain_line(value);
            wrong.extend(length(&field, value, 1, MAX_OPTION_VALUE));
            if !values.insert(value.clone()) {
                wrong.push(UserError::invalid(&field, "a value is there twice"));
            }
        }
    }
}

fn clean_variants(variants: &mut [VariantDraft], wrong: &mut Vec<UserError>) {
    if variants.len() > MAX_VARIANTS {
        wrong.push(UserError::invalid("variants", format!("at most {MAX_VARIANTS} variants")));
        return;
    }
    let mut skus = HashSet::new();
    for (index, variant) in variants.iter_mut().enumerate() {
        let field = format!("variants.{index}.sku");
        variant.sku = text::plain_line(&variant.sku);
        wrong.extend(length(&field, &variant.sku, 1, MAX_SKU));
        if !skus.insert(variant.sku.clone()) {
            wrong.push(UserError::invalid(&field, "two variants have this SKU"));
        }
        for value in &mut variant.option_values {
            *value = text::plain_line(value);
        }
        if variant.weight_grams.is_some_and(|grams| !(0..=MAX_WEIGHT).contains(&grams)) {
            let field = format!("variants.{index}.weightGrams");
            wrong.push(UserError::invalid(&field, format!("must be from 0 to {MAX_WEIGHT}")));
        }
        check_prices(index, &variant.prices, wrong);
    }
}

fn check_prices(index: usize, prices: &[(String, i64)], wrong: &mut Vec<UserError>) {
    if prices.len() > MAX_PRICES {
        let field = format!("variants.{index}.prices");
        wrong.push(UserError::invalid(&field, format!("at most {MAX_PRICES} prices")));
        return;
    }
    let mut currencies = HashSet::new();
    for (place, (currency, minor_units)) in prices.iter().enumerate() {
        let field = format!("variants.{index}.prices.{place}");
        if !currencies.insert(currency) {
            wrong.push(UserError::invalid(&field, format!("two prices in {currency}")));
        }
        if !(0..=MAX_PRICE).contains(minor_units) {
            wrong.push(UserError::invalid(&field, format!("must be from 0 to {MAX_PRICE} minor units")));
        }
    }
}

#[cfg(test)]
mod tests {
    use entities::ids::Id as _;

    use super::*;

    fn draft() -> Draft {
        Draft {
            id: None,
            title: Some("Desk".to_owned()),
            description: None,
            category_id: None,
            status: None,
            options: None,
            variants: Vec::new(),
            expected_version: None,
        }
    }

    fn variant(sku: &str, prices: &[(&str, i64)]) -> VariantDraft {
        VariantDraft {
            sku: sku.to_owned(),
            option_values: Vec::new(),
            prices: prices.iter().map(|(currency, units)| ((*currency).to_owned(), *units)).collect(),
            weight_grams: None,
        }
    }

    fn fields(draft: Draft) -> Vec<String> {
        let wrong = draft.cleaned().expect_err("refused");
        let field = |error: UserError| match error {
            UserError::Generic(error) => error.field.expect("a field").join("."),
            other => panic!("{other:?} is not about a field"),
        };
        wrong.into_iter().map(field).collect()
    }

    #[test]
    fn texts_are_cleaned_once_on_the_way_in() {
        let draft = Draft {
            title: Some(" <b>Oak</b>\nDesk ".to_owned()),
            description: Some("<p>Solid.</p>".to_owned()),
            ..draft()
        };

        let draft = draft.cleaned().expect("fine");

        assert_eq!(draft.title.as_deref(), Some("Oak Desk"));
        assert_eq!(draft.description.as_deref(), Some("Solid."));
    }

    #[test]
    fn every_mistake_is_named_by_its_field() {
        let prices = &[("EUR", 1), ("EUR", -1)];
        let draft = Draft {
            title: Some("<i></i>".to_owned()),
            description: Some("x".repeat(MAX_DESCRIPTION + 1)),
            options: Some(vec![ProductOption { name: "Size".to_owned(), values: vec![] }]),
            variants: vec![variant("A", prices), variant("A", &[])],
            ..draft()
        };

        assert_eq!(
            fields(draft),
            [
                "title",
                "description",
                "options.0.values",
                "variants.0.prices.1",
                "variants.0.prices.1",
                "variants.1.sku",
            ]
        );
    }

    #[test]
    fn a_new_product_needs_a_title_and_a_known_one_does_not() {
        assert_eq!(fields(Draft { title: None, ..draft() }), ["title"]);
        let id = Some(ProductId::generate());
        assert!(Draft { title: None, id, ..draft() }.cleaned().is_ok());
    }
}
