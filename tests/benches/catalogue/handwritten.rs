//! The page without GraphQL: an axum handler with four batched statements, the
//! limit to compare with.

use std::collections::HashMap;

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Serialize;
use sqlx::{
    FromRow, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

#[derive(FromRow)]
struct ProductRow {
    id: String,
    slug: String,
    title: String,
    category_id: Option<String>,
    seller_id: String,
    rating_1: i32,
    rating_2: i32,
    rating_3: i32,
    rating_4: i32,
    rating_5: i32,
}

#[derive(Serialize, FromRow, Clone)]
struct Seller {
    id: String,
    name: String,
    slug: String,
}

#[derive(Serialize, FromRow, Clone)]
struct Category {
    id: String,
    name: String,
}

#[derive(FromRow)]
struct ImageRow {
    product_id: String,
    url: String,
    alt: String,
}

#[derive(Serialize)]
struct Image {
    url: String,
    alt: String,
}

#[derive(Serialize)]
struct Rating {
    average: Option<f64>,
    count: i32,
}

#[derive(Serialize)]
struct Product<'p> {
    id: &'p str,
    slug: &'p str,
    title: &'p str,
    seller: Option<&'p Seller>,
    category: Option<&'p Category>,
    images: Vec<Image>,
    rating: Rating,
}

#[derive(Serialize)]
struct Answer<'p> {
    data: Data<'p>,
}

#[derive(Serialize)]
struct Data<'p> {
    products: Nodes<'p>,
}

#[derive(Serialize)]
struct Nodes<'p> {
    nodes: Vec<Product<'p>>,
}

pub(crate) async fn router(database: &str) -> Router {
    let options: PgConnectOptions = database.parse().expect("an address");
    let pool = PgPoolOptions::new().max_connections(16).test_before_acquire(false).connect_with(options);
    Router::new().route("/graphql", post(page)).with_state(pool.await.expect("Postgres answers"))
}

async fn page(State(pool): State<PgPool>) -> Response {
    let rows: Vec<ProductRow> = sqlx::query_as(
        "SELECT id, slug, title, category_id, seller_id, rating_1, rating_2, rating_3, rating_4, rating_5 \
         FROM products WHERE status IN ('ACTIVE', 'SOLD_OUT') ORDER BY created_at DESC, id DESC LIMIT 20",
    )
    .fetch_all(&pool)
    .await
    .expect("products");
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let categories: Vec<&str> = rows.iter().filter_map(|row| row.category_id.as_deref()).collect();
    let sellers: Vec<&str> = rows.iter().map(|row| row.seller_id.as_str()).collect();
    let (categories, sellers, images) = tokio::join!(
        sqlx::query_as::<_, Category>("SELECT id, name FROM categories WHERE id = ANY($1)")
            .bind(categories)
            .fetch_all(&pool),
        sqlx::query_as::<_, Seller>("SELECT id, name, slug FROM sellers WHERE id = ANY($1)")
            .bind(sellers)
            .fetch_all(&pool),
        sqlx::query_as::<_, ImageRow>(
            "SELECT DISTINCT ON (product_id) product_id, url, alt FROM product_images \
             WHERE product_id = ANY($1) ORDER BY product_id, position"
        )
        .bind(ids)
        .fetch_all(&pool),
    );
    let categories: HashMap<String, Category> =
        categories.expect("categories").into_iter().map(|row| (row.id.clone(), row)).collect();
    let sellers: HashMap<String, Seller> =
        sellers.expect("sellers").into_iter().map(|row| (row.id.clone(), row)).collect();
    let mut images: HashMap<String, ImageRow> =
        images.expect("images").into_iter().map(|row| (row.product_id.clone(), row)).collect();
    let nodes: Vec<Product<'_>> = rows
        .iter()
        .map(|row| Product {
            id: &row.id,
            slug: &row.slug,
            title: &row.title,
            seller: sellers.get(&row.seller_id),
            category: row.category_id.as_ref().and_then(|id| categories.get(id)),
            images: images
                .remove(&row.id)
                .map(|image| Image { url: format!("{}?w=400", image.url), alt: image.alt })
                .into_iter()
                .collect(),
            rating: rating(row),
        })
        .collect();
    Json(Answer { data: Data { products: Nodes { nodes } } }).into_response()
}

fn rating(row: &ProductRow) -> Rating {
    let stars = [row.rating_1, row.rating_2, row.rating_3, row.rating_4, row.rating_5];
    let count: i32 = stars.iter().sum();
    let sum: i32 = stars.iter().zip(1..).map(|(count, stars)| count * stars).sum();
    Rating { average: (count > 0).then(|| f64::from(sum) / f64::from(count)), count }
}
