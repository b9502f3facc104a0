//! The page as most Rust servers would write it: one async-graphql schema,
//! SeaORM models, the stock DataLoader.

use std::collections::HashMap;

use async_graphql::{
    ComplexObject, Context, EmptyMutation, EmptySubscription, ID, Object, Result, Schema, SimpleObject,
    dataloader::{DataLoader, Loader},
};
use async_graphql_axum::{GraphQLRequest, GraphQLResponse};
use axum::{Router, extract::State, routing::post};
use entities::{
    ids::{CategoryId, ProductId, SellerId},
    products::{ProductStatus, category, image, product},
    users::seller,
};
use sea_orm::{
    ColumnTrait as _, ConnectOptions, Database, DatabaseConnection, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

type Plain = Schema<Query, EmptyMutation, EmptySubscription>;

/// Rows of one loader.
type Found<K, V> = std::result::Result<HashMap<K, V>, String>;

/// Who shares a DataLoader.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// Each request has its own, as loads that depend on the viewer need.
    Request,
    /// All requests share one: under load their batches merge, which only loads
    /// that are the same for every viewer allow.
    Process,
}

pub(crate) async fn router(database: &str, sharing: Sharing) -> Router {
    let mut options = ConnectOptions::new(database);
    options.max_connections(16).sqlx_logging(false);
    let db = Database::connect(options).await.expect("Postgres answers");
    let mut schema = Schema::build(Query, EmptyMutation, EmptySubscription).data(db.clone());
    if sharing == Sharing::Process {
        schema = schema.data(DataLoader::new(Rows(db.clone()), tokio::spawn));
    }
    Router::new().route("/graphql", post(answer)).with_state((schema.finish(), db, sharing))
}

type Shared = (Plain, DatabaseConnection, Sharing);

async fn answer(
    State((schema, db, sharing)): State<Shared>,
    request: GraphQLRequest,
) -> GraphQLResponse {
    let mut request = request.into_inner();
    if sharing == Sharing::Request {
        request = request.data(DataLoader::new(Rows(db), tokio::spawn));
    }
    schema.execute(request).await.into()
}

struct Rows(DatabaseConnection);

fn text(error: DbErr) -> String {
    error.to_string()
}

impl Loader<SellerId> for Rows {
    type Value = seller::Model;
    type Error = String;

    async fn load(&self, keys: &[SellerId]) -> Found<SellerId, seller::Model> {
        let found = seller::Entity::find().filter(seller::Column::Id.is_in(keys.iter().copied()));
        let rows = found.all(&self.0).await.map_err(text)?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<CategoryId> for Rows {
    type Value = category::Model;
    type Error = String;

    async fn load(&self, keys: &[CategoryId]) -> Found<CategoryId, category::Model> {
        let found = category::Entity::find().filter(category::Column::Id.is_in(keys.iter().copied()));
        let rows = found.all(&self.0).await.map_err(text)?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<ProductId> for Rows {
    type Value = Vec<image::Model>;
    type Error = String;

    async fn load(&self, keys: &[ProductId]) -> Found<ProductId, Vec<image::Model>> {
        let found = image::Entity::find()
            .filter(image::Column::ProductId.is_in(keys.iter().copied()))
            .order_by_asc(image::Column::Position);
        let mut images: HashMap<ProductId, Vec<image::Model>> = HashMap::new();
        for row in found.all(&self.0).await.map_err(text)? {
            images.entry(row.product_id).or_default().push(row);
        }
        Ok(images)
    }
}

struct Query;

#[Object]
impl Query {
    async fn products(&self, ctx: &Context<'_>, first: u64) -> Result<Products> {
        let shown = [ProductStatus::Active, ProductStatus::SoldOut];
        let rows = product::Entity::find()
            .filter(product::Column::Status.is_in(shown))
            .order_by_desc(product::Column::CreatedAt)
            .order_by_desc(product::Column::Id)
            .limit(first)
            .all(ctx.data_unchecked::<DatabaseConnection>())
            .await?;
        Ok(Products { nodes: rows.into_iter().map(Product::from).collect() })
    }
}

#[derive(SimpleObject)]
struct Products {
    nodes: Vec<Product>,
}

#[derive(SimpleObject)]
#[graphql(complex)]
struct Product {
    id: ID,
    slug: String,
    title: String,
    #[graphql(skip)]
    row: product::Model,
}

impl From<product::Model> for Product {
    fn from(row: product::Model) -> Self {
        Self { id: row.id.into(), slug: row.slug.clone(), title: row.title.clone(), row }
    }
}

#[derive(SimpleObject)]
struct Seller {
    id: ID,
    name: String,
    slug: String,
}

#[derive(SimpleObject)]
struct Category {
    id: ID,
    name: String,
}

#[derive(SimpleObject)]
struct Rating {
    average: Option<f64>,
    count: i32,
}

struct Image(image::Model);

#[Object]
impl Image {
    async fn url(&self, width: i32) -> String {
        format!("{}?w={width}", self.0.url)
    }

    async fn alt(&self) -> &str {
        &self.0.alt
    }
}

#[ComplexObject]
impl Product {
    async fn seller(&self, ctx: &Context<'_>) -> Result<Option<Seller>> {
        let row = ctx.data_unchecked::<DataLoader<Rows>>().load_one(self.row.seller_id).await?;
        Ok(row.map(|row| Seller { id: row.id.into(), name: row.name, slug: row.slug }))
    }

    async fn category(&self, ctx: &Context<'_>) -> Result<Option<Category>> {
        let Some(id) = self.row.category_id else { return Ok(None) };
        let row = ctx.data_unchecked::<DataLoader<Rows>>().load_one(id).await?;
        Ok(row.map(|row| Category { id: row.id.into(), name: row.name }))
    }

    async fn images(&self, ctx: &Context<'_>, first: usize) -> Result<Vec<Image>> {
        let rows = ctx.data_unchecked::<DataLoader<Rows>>().load_one(self.row.id).await?;
        Ok(rows.unwrap_or_default().into_iter().take(first).map(Image).collect())
    }

    async fn rating(&self) -> Rating {
        let row = &self.row;
        let stars = [row.rating_1, row.rating_2, row.rating_3, row.rating_4, row.rating_5];
        let count: i32 = stars.iter().sum();
        let sum: i32 = stars.iter().zip(1..).map(|(count, stars)| count * stars).sum();
        Rating { average: (count > 0).then(|| f64::from(sum) / f64::from(count)), count }
    }
}
