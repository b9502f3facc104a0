//! A product, its images, options and attributes.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};
use entities::products::{
    ProductStatus, image, product,
    review::{self, ReviewSort},
    variant,
};
use kit::{
    Connection, CurrencyCode, DateTime, Error, Money, PageArgs, Url, Viewer, ids::ProductId, load,
};

use super::{Category, Quote, Review, Seller, Variant, rating::RatingSummary};
use crate::{
    lists::is_count_wanted,
    loaders::{
        DetailsOf, ImagesOf, InStock, IsFavourite, PriceSpanOf, ReviewsOf, Rows, VariantCountOf,
        VariantsOf,
    },
    service::Service,
};

/// The widest image that is served.
const MAX_WIDTH: i32 = 4_000;

/// Something for sale; the variant carries price and stock.
pub(crate) struct Product {
    row: Arc<product::Row>,
}

impl From<Arc<product::Row>> for Product {
    fn from(row: Arc<product::Row>) -> Self {
        Self { row }
    }
}

impl Product {
    async fn details(&self, ctx: &Context<'_>) -> kit::Result<Arc<product::Details>> {
        let details = load::<Rows, _>(ctx, DetailsOf(self.row.id)).await?;
        details.ok_or_else(|| Error::internal("the product is gone"))
    }
}

/// Something for sale; the variant carries price and stock.
#[Object(tag = "id/prod")]
impl Product {
    /// Global opaque id.
    pub(crate) async fn id(&self) -> ProductId {
        self.row.id
    }

    /// Unique slug, made from the first title; it stays when the title changes. After
    /// the seller has chosen another one, `product(by:)` still finds the product by the
    /// old one.
    async fn slug(&self) -> &str {
        &self.row.slug
    }

    /// Title.
    async fn title(&self) -> &str {
        &self.row.title
    }

    /// Plain description.
    async fn description(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.details(ctx).await?.description.clone())
    }

    /// Visibility.
    async fn status(&self) -> ProductStatus {
        self.row.status
    }

    /// Category, null for a product without one.
    async fn category(&self, ctx: &Context<'_>) -> Result<Option<Category>> {
        let Some(id) = self.row.category_id else {
            return Ok(None);
        };
        Ok(load::<Rows, _>(ctx, id).await?.map(Category::from))
    }

    /// Seller.
    async fn seller(&self) -> Option<Seller> {
        Some(Seller { id: self.row.seller_id })
    }

    /// Images in order.
    async fn images(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this many images from the start; all when absent.")] first: Option<i32>,
    ) -> Result<Vec<ProductImage>> {
        if first.is_some_and(|first| first < 0) {
            return Err(Error::BadInput("first must not be negative".into()).into());
        }
        let images = load::<Rows, _>(ctx, ImagesOf { product: self.row.id, first }).await?;
        Ok(images.unwrap_or_default().into_iter().map(ProductImage).collect())
    }

    /// Options such as size, with their values.
    async fn options(&self, ctx: &Context<'_>) -> Result<Vec<ProductOption>> {
        let details = self.details(ctx).await?;
        let options = details.options.iter().cloned();
        Ok(options.map(|option| ProductOption { name: option.name, values: option.values }).collect())
    }

    /// Free attributes.
    async fn attributes(&self, ctx: &Context<'_>) -> Result<Vec<ProductAttribute>> {
        let details = self.details(ctx).await?;
        let attributes = details.attributes.iter().cloned();
        Ok(attributes
            .map(|attribute| ProductAttribute { key: attribute.key, value: attribute.value })
            .collect())
    }

    /// Purchasable variants, in the seller's order.
    async fn variants(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Items from the start, at most 100; 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor; excludes `last`.")] after: Option<String>,
        #[graphql(desc = "Items from the end, at most 100; excludes `first` and `after`.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only items before this cursor; needs `last`.")] before: Option<String>,
    ) -> Result<Connection<Variant>> {
        let page = PageArgs::<variant::Position>::new(first, after.as_deref(), last, before.as_deref())?;
        let key = VariantsOf { product: self.row.id, page: page.clone() };
        let rows = load::<Rows, _>(ctx, key);
        let (rows, count) = if is_count_wanted(ctx) {
            let count = load::<Rows, _>(ctx, VariantCountOf(self.row.id));
            let (rows, count) = futures_util::try_join!(rows, count)?;
            (rows, Some(count.unwrap_or(0)))
        } else {
            (rows.await?, None)
        };
        let position =
            |row: &Arc<variant::Model>| variant::Position { position: row.position, id: row.id };
        let rows = rows.unwrap_or_default();
        Ok(Connection::from_rows(&page, rows, position, Variant::from).with_total_count(count))
    }

    /// Lowest and highest price in one currency; null when it is not sold in the
    /// currency asked for, or neither in the viewer's nor in EUR.
    async fn price_range(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Currency; the viewer's when absent, or EUR for a guest and for what is not sold in the viewer's."
        )]
        currency: Option<CurrencyCode>,
    ) -> Result<Option<PriceRange>> {
        let quote = Quote::new(Viewer::of(ctx), currency);
        let span = load::<Rows, _>(ctx, PriceSpanOf { product: self.row.id, quote }).await?;
        Ok(span.map(|(span, currency)| PriceRange {
            min: Money::new(span.min_minor_units, currency),
            max: Money::new(span.max_minor_units, currency),
        }))
    }

    /// Any variant can be bought now.
    async fn in_stock(&self, ctx: &Context<'_>) -> Result<bool> {
        if self.row.status != ProductStatus::Active {
            return Ok(false);
        }
        Ok(load::<Rows, _>(ctx, InStock(self.row.id)).await?.unwrap_or(false))
    }

    /// Rating summary.
    async fn rating(&self) -> RatingSummary {
        RatingSummary::from(self.row.ratings.map(i64::from))
    }

    /// Reviews.
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Items from the start, at most 100; 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor; excludes `last`.")] after: Option<String>,
        #[graphql(desc = "Items from the end, at most 100; excludes `first` and `after`.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only items before this cursor; needs `last`.")] before: Option<String>,
        #[graphql(desc = "Order.", default_with = "Some(ReviewSort::Newest)")] sort: Option<ReviewSort>,
    ) -> Result<Option<Connection<Review>>> {
        let sort = sort.unwrap_or(ReviewSort::Newest);
        let page = PageArgs::<review::Position>::new(first, after.as_deref(), last, before.as_deref())?;
        if page.from.as_ref().is_some_and(|position| position.sort != sort) {
            return Err(Error::BadInput("a cursor of a list in another order".into()).into());
        }
        let key = ReviewsOf { product: self.row.id, sort, page: page.clone() };
        let rows = load::<Rows, _>(ctx, key).await?.unwrap_or_default();
        // The rating counts every review.
        let count = is_count_wanted(ctx).then(|| self.row.ratings.map(i64::from).iter().sum());
        let position = |row: &Arc<review::Model>| sort.position(row);
        let reviews = Connection::from_rows(&page, rows, position, Review::from);
        Ok(Some(reviews.with_total_count(count)))
    }

    /// The viewer keeps this as a favourite; false for guests.
    #[graphql(tag = "viewer")]
    async fn is_favourite(&self, ctx: &Context<'_>) -> Result<bool> {
        let Some(account) = Viewer::of(ctx).account else {
            return Ok(false);
        };
        let key = IsFavourite { account, product: self.row.id };
        Ok(load::<Rows, _>(ctx, key).await?.unwrap_or(false))
    }

    /// Concurrency version.
    async fn version(&self) -> i32 {
        self.row.version
    }

    /// Created.
    async fn created_at(&self) -> DateTime {
        self.row.created_at
    }

    /// Changed.
    async fn updated_at(&self) -> DateTime {
        self.row.updated_at
    }
}

/// One image.
pub(crate) struct ProductImage(Arc<image::Model>);

/// One image.
#[Object]
impl ProductImage {
    /// Alt text.
    async fn alt(&self) -> &str {
        &self.0.alt
    }

    /// URL at a width. An image that a seller has uploaded is served as it is, at an
    /// address that is good for a while.
    async fn url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Width in pixels, from 1 to 4,000.", default_with = "Some(800)")] width: Option<
            i32,
        >,
    ) -> Result<Url> {
        let width = width.unwrap_or(800);
        if !(1..=MAX_WIDTH).contains(&width) {
            return Err(Error::BadInput(format!("width must be from 1 to {MAX_WIDTH}").into()).into());
        }
        if self.0.upload_id.is_none() {
            return Ok(Url(format!("{}?w={width}", self.0.url)));
        }
        let url = ctx.data_unchecked::<Arc<Service>>().image_url(&self.0).await?;
        Ok(url.ok_or_else(|| Error::internal("files are switched off"))?)
    }
}

/// An option and its values.
#[derive(SimpleObject)]
pub(crate) struct ProductOption {
    /// Name, e.g. "Size".
    name: String,
    /// Values in order, e.g. "S", "M", "L".
    values: Vec<String>,
}

/// A free attribute.
#[derive(SimpleObject)]
pub(crate) struct ProductAttribute {
    /// Key, e.g. "Material".
    key: String,
    /// Value, e.g. "Oak".
    value: String,
}

/// Price span.
#[derive(SimpleObject)]
pub(crate) struct PriceRange {
    /// Lowest price of any variant.
    min: Money,
    /// Highest price of any variant.
    max: Money,
}
