//! What a seller wants a product to be, cleaned and checked before anything is
//! read from the tables.

use std::collections::HashSet;

use entities::{
    ids::{CategoryId, ProductId, UploadId},
    products::{
        ProductStatus,
        product::{Attribute, ProductOption},
    },
};
use kit::{
    Outcome, UserError,
    text::{self, length},
};
use serde::Serialize;

use super::{images::MAX_IMAGES, slug::check_slug, stock::MAX_UNITS};

/// The most variants of one product.
pub(super) const MAX_VARIANTS: usize = 100;
const MAX_TITLE: usize = 200;
const MAX_DESCRIPTION: usize = 20_000;
const MAX_OPTIONS: usize = 5;
const MAX_OPTION_NAME: usize = 50;
const MAX_OPTION_VALUES: usize = 100;
const MAX_OPTION_VALUE: usize = 100;
const MAX_ATTRIBUTES: usize = 50;
const MAX_ATTRIBUTE_KEY: usize = 50;
const MAX_ATTRIBUTE_VALUE: usize = 500;
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
    pub(crate) slug: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) category_id: Option<CategoryId>,
    pub(crate) status: Option<ProductStatus>,
    pub(crate) options: Option<Vec<ProductOption>>,
    pub(crate) attributes: Option<Vec<Attribute>>,
    /// In order.
    pub(crate) images: Option<Vec<UploadId>>,
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
    /// Crossed-out prices, currency and minor units.
    pub(crate) compare_at: Option<Vec<(String, i64)>>,
    pub(crate) weight_grams: Option<i32>,
    /// Units of a new variant.
    pub(crate) on_hand: Option<i32>,
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
        wrong.extend(self.slug.as_deref().and_then(|slug| check_slug("slug", slug)));
        if let Some(options) = &mut self.options {
            clean_options(options, &mut wrong);
        }
        if let Some(attributes) = &mut self.attributes {
            clean_attributes(attributes, &mut wrong);
        }
        if let Some(images) = &self.images {
            let distinct: HashSet<&UploadId> = images.iter().collect();
            if images.len() > MAX_IMAGES || distinct.len() < images.len() {
                let message = format!("at most {MAX_IMAGES} images, each once");
                wrong.push(UserError::invalid("imageUploadIds", message));
            }
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

fn clean_attributes(attributes: &mut [Attribute], wrong: &mut Vec<UserError>) {
    if attributes.len() > MAX_ATTRIBUTES {
        let message = format!("at most {MAX_ATTRIBUTES} attributes");
        wrong.push(UserError::invalid("attributes", message));
        return;
    }
    let mut keys = HashSet::new();
    for (index, attribute) in attributes.iter_mut().enumerate() {
        let field = format!("attributes.{index}.key");
        attribute.key = text::plain_line(&attribute.key);
        wrong.extend(length(&field, &attribute.key, 1, MAX_ATTRIBUTE_KEY));
        if !keys.insert(attribute.key.clone()) {
            wrong.push(UserError::invalid(&field, "two attributes have this key"));
        }
        attribute.value = text::plain_line(&attribute.value);
        let field = format!("attributes.{index}.value");
        wrong.extend(length(&field, &attribute.value, 1, MAX_ATTRIBUTE_VALUE));
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
        if variant.on_hand.is_some_and(|units| !(0..=MAX_UNITS).contains(&units)) {
            let field = format!("variants.{index}.onHand");
            wrong.push(UserError::invalid(&field, format!("must be from 0 to {MAX_UNITS}")));
        }
        check_prices(&format!("variants.{index}.prices"), &variant.prices, wrong);
        if let Some(crossed_out) = &variant.compare_at {
            let field = format!("variants.{index}.compareAtPrices");
            check_prices(&field, crossed_out, wrong);
            check_crossed_out(&field, crossed_out, &variant.prices, wrong);
        }
    }
}

fn check_crossed_out(
    field: &str,
    crossed_out: &[(String, i64)],
    prices: &[(String, i64)],
    wrong: &mut Vec<UserError>,
) {
    for (place, (currency, minor_units)) in crossed_out.iter().enumerate() {
        let price = prices.iter().find(|(of, _)| of == currency);
        if price.is_none_or(|(_, price)| price >= minor_units) {
            let message = format!("must be above the price in {currency}");
            wrong.push(UserError::invalid(&format!("{field}.{place}"), message));
        }
    }
}

fn check_prices(field: &str, prices: &[(String, i64)], wrong: &mut Vec<UserError>) {
    if prices.len() > MAX_PRICES {
        wrong.push(UserError::invalid(field, format!("at most {MAX_PRICES} prices")));
        return;
    }
    let mut currencies = HashSet::new();
    for (place, (currency, minor_units)) in prices.iter().enumerate() {
        let field = format!("{field}.{place}");
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
            slug: None,
            description: None,
            category_id: None,
            status: None,
            options: None,
            attributes: None,
            images: None,
            variants: Vec::new(),
            expected_version: None,
        }
    }

    fn variant(sku: &str, prices: &[(&str, i64)]) -> VariantDraft {
        VariantDraft {
            sku: sku.to_owned(),
            option_values: Vec::new(),
            prices: prices.iter().map(|(currency, units)| ((*currency).to_owned(), *units)).collect(),
            compare_at: None,
            weight_grams: None,
            on_hand: None,
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
    fn attributes_slugs_images_and_crossed_out_prices_are_bounded() {
        let attribute =
            |key: &str, value: &str| Attribute { key: key.to_owned(), value: value.to_owned() };
        let euros = |units: i64| vec![("EUR".to_owned(), units)];
        let upload = UploadId::generate();
        let mut reduced = variant("A", &[("EUR", 100)]);
        reduced.compare_at = Some([euros(100), vec![("USD".to_owned(), 200)]].concat());
        reduced.on_hand = Some(-1);
        let draft = Draft {
            slug: Some("Oak Desk".to_owned()),
            attributes: Some(vec![attribute("Wood", ""), attribute("<b>Wood</b>", "Oak")]),
            images: Some(vec![upload, upload]),
            variants: vec![reduced],
            ..draft()
        };

        assert_eq!(
            fields(draft),
            [
                "slug",
                "attributes.0.value",
                "attributes.1.key",
                "imageUploadIds",
                "variants.0.onHand",
                "variants.0.compareAtPrices.0",
                "variants.0.compareAtPrices.1",
            ]
        );
        let many = vec![attribute("Wood", "Oak"); MAX_ATTRIBUTES + 1];
        assert_eq!(fields(Draft { attributes: Some(many), ..self::tests::draft() }), ["attributes"]);
    }

    #[test]
    fn a_new_product_needs_a_title_and_a_known_one_does_not() {
        assert_eq!(fields(Draft { title: None, ..draft() }), ["title"]);
        let id = Some(ProductId::generate());
        assert!(Draft { title: None, id, ..draft() }.cleaned().is_ok());
    }
}
