//! The demo data as rows, written many at a time.

use entities::{
    ids::{CategoryId, ProductId, ReviewId, SellerId, UserId, VariantId},
    products::{
        ProductStatus, category, image, price, price_span,
        product::{self, Attribute, Attributes, Options, ProductOption},
        review, slug,
        variant::{self, Choice, Choices as Chosen},
    },
};
use kit::{
    Result,
    seed::{Choices, Scale, TODAY, id, insert},
};
use sea_orm::DatabaseTransaction;

use super::{
    catalogue::{self, Made, made},
    category_id,
    reviews::{self, Written},
};

/// Currencies and their value in percent of a euro.
const CURRENCIES: [(&str, i64); 3] = [("EUR", 100), ("USD", 109), ("GBP", 86)];
/// What the images of a product show.
const VIEWS: [&str; 3] = ["from the front", "in detail", "in use"];
const VARIANTS: u32 = 2;

/// Rows of several products and all that belongs to them.
#[derive(Default)]
pub(super) struct Rows {
    products: Vec<product::Model>,
    slugs: Vec<slug::Model>,
    variants: Vec<variant::Model>,
    prices: Vec<price::Model>,
    spans: Vec<price_span::Model>,
    images: Vec<image::Model>,
    reviews: Vec<review::Model>,
}

impl Rows {
    /// Adds the `index`-th product.
    pub(super) fn add(&mut self, index: u32, slug: String, scale: Scale, written: &[Written]) {
        let made = made(index);
        let mut choices = Choices::new("product-rows", index);
        let product_id = id(index);
        let first_value = choices.below(made.shelf.option.1.len() as u64 - 1);
        let values: Vec<String> = made
            .shelf
            .option
            .1
            .iter()
            .skip(usize::try_from(first_value).unwrap_or(0))
            .take(VARIANTS as usize)
            .map(|value| (*value).to_owned())
            .collect();
        let created_at = TODAY.plus(-catalogue::age(&mut choices));
        let stars = |wanted: i32| {
            let count = written.iter().filter(|review| review.stars == wanted).count();
            i32::try_from(count).unwrap_or(i32::MAX)
        };
        let description = made.description(&mut choices);
        let status = catalogue::status(index, &mut choices);
        let product = product::Model {
            id: product_id,
            slug: slug.clone(),
            title_key: made.title.to_lowercase(),
            title: made.title.clone(),
            description,
            status,
            category_id: Some(category_of(&made)),
            seller_id: seller_of(scale, &mut choices),
            options: Options(vec![ProductOption {
                name: made.shelf.option.0.to_owned(),
                values: values.clone(),
            }]),
            attributes: attributes(&made, &mut choices),
            rating_1: stars(1),
            rating_2: stars(2),
            rating_3: stars(3),
            rating_4: stars(4),
            rating_5: stars(5),
            favourite_count: 0,
            was_shown: status != ProductStatus::Draft,
            version: 1,
            created_at,
            updated_at: created_at,
        };
        self.slugs.push(slug::Model { slug: slug.clone(), product_id });
        self.products.push(product);
        self.add_variants(index, &made, &values, &mut choices);
        self.images.extend((0..).zip(VIEWS).map(|(position, view): (i32, _)| image::Model {
            product_id,
            position,
            url: format!("https://images.demo.example/{slug}/{}.jpg", position + 1),
            alt: format!("{}, {view}", made.title),
            upload_id: None,
            file_name: None,
            media_type: None,
            size: None,
        }));
        let age = TODAY.0 - created_at.0;
        self.reviews.extend(written.iter().map(|review| {
            let mut choices = Choices::new("review-rows", review.index);
            let at = created_at.plus(choices.below(age.unsigned_abs()).cast_signed());
            review::Model {
                id: id::<ReviewId>(review.index),
                product_id,
                author_id: id::<UserId>(review.author),
                stars: review.stars,
                body: reviews::body(review.stars, &made.item_in_text(), &mut choices),
                reply: reviews::reply(review.stars, &mut choices),
                is_verified_purchase: choices.chance(70),
                helpful_count: i32::try_from(choices.below(5) * choices.below(8)).unwrap_or(0),
                created_at: at,
                updated_at: at,
            }
        }));
    }

    fn add_variants(&mut self, index: u32, made: &Made, values: &[String], choices: &mut Choices) {
        let product_id: ProductId = id(index);
        let base = catalogue::price(choices, made.item.cents);
        let surcharge = [0, 0, 500, 1_000][usize::try_from(choices.below(4)).unwrap_or(0)];
        let is_reduced = choices.chance(15);
        let weight = u64::from(made.item.grams.1 - made.item.grams.0);
        let weight = i64::from(made.item.grams.0) + choices.below(weight).cast_signed();
        let mut cents = Vec::new();
        for (position, value) in (0..).zip(values) {
            let variant_id: VariantId = id(index * VARIANTS + position);
            let choice = Choice { name: made.shelf.option.0.to_owned(), value: value.clone() };
            self.variants.push(variant::Model {
                id: variant_id,
                product_id,
                sku: format!("{}-{index:05}-{}", sku_letters(made), position + 1),
                title: value.clone(),
                options: Chosen(vec![choice]),
                weight_grams: i32::try_from(weight).ok(),
                on_hand: on_hand(choices),
                reserved: 0,
                is_backorderable: choices.chance(2),
                position: position.cast_signed(),
            });
            let price = base + surcharge * i64::from(position);
            cents.push(price);
            self.prices.extend(CURRENCIES.map(|(currency, percent)| price::Model {
                variant_id,
                currency: currency.to_owned(),
                product_id,
                minor_units: in_currency(price, percent),
                compare_at: is_reduced.then(|| in_currency(catalogue::before_sale(price), percent)),
            }));
        }
        let (Some(lowest), Some(highest)) = (cents.iter().min(), cents.iter().max()) else {
            return;
        };
        self.spans.extend(CURRENCIES.map(|(currency, percent)| price_span::Model {
            product_id,
            currency: currency.to_owned(),
            min_minor_units: in_currency(*lowest, percent),
            max_minor_units: in_currency(*highest, percent),
        }));
    }

    /// Writes all rows; those that are already there stay as they are.
    pub(super) async fn write(&self, transaction: &DatabaseTransaction) -> Result<()> {
        insert::<product::ActiveModel, _>(transaction, &self.products).await?;
        insert::<slug::ActiveModel, _>(transaction, &self.slugs).await?;
        insert::<variant::ActiveModel, _>(transaction, &self.variants).await?;
        insert::<price::ActiveModel, _>(transaction, &self.prices).await?;
        insert::<price_span::ActiveModel, _>(transaction, &self.spans).await?;
        insert::<image::ActiveModel, _>(transaction, &self.images).await?;
        insert::<review::ActiveModel, _>(transaction, &self.reviews).await
    }
}

/// Writes categories; those that are already there stay as they are.
pub(super) async fn write_categories(
    transaction: &DatabaseTransaction,
    rows: &[category::Model],
) -> Result<()> {
    insert::<category::ActiveModel, _>(transaction, rows).await
}

fn category_of(made: &Made) -> CategoryId {
    category_id(made.department, Some(made.shelf_place))
}

fn seller_of(scale: Scale, choices: &mut Choices) -> SellerId {
    id(u32::try_from(choices.below(scale.sellers().into())).unwrap_or(0))
}

fn attributes(made: &Made, choices: &mut Choices) -> Attributes {
    let attribute = |(key, values): &(&str, &[&str])| Attribute {
        key: (*key).to_owned(),
        value: (*choices.of(values)).to_owned(),
    };
    Attributes(made.shelf.attributes.iter().map(attribute).collect())
}

/// The first letters of the shelf: `LAP` for laptops.
fn sku_letters(made: &Made) -> String {
    made.shelf.slug.chars().take(3).collect::<String>().to_uppercase()
}

fn on_hand(choices: &mut Choices) -> i32 {
    let units = match choices.below(100) {
        0..8 => 0,
        8..18 => 1 + choices.below(4),
        _ => 5 + choices.below(115),
    };
    i32::try_from(units).unwrap_or(0)
}

fn in_currency(cents: i64, percent: i64) -> i64 {
    if percent == 100 { cents } else { catalogue::converted(cents, percent) }
}
