//! Creates categories, products, variants, prices and images.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "products_0001_catalogue"
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE categories (id id_text NOT NULL PRIMARY KEY, slug id_text NOT NULL UNIQUE, \
     name text NOT NULL, parent_id id_text REFERENCES categories (id), \
     path id_text NOT NULL UNIQUE, position integer NOT NULL)",
    "CREATE INDEX categories_parent ON categories (parent_id, position, id)",
    // The database derives what lists are sorted by, so that it can't go stale.
    "CREATE TABLE products (id id_text NOT NULL PRIMARY KEY, slug id_text NOT NULL UNIQUE, \
     title text NOT NULL, title_key id_text NOT NULL, description text NOT NULL, \
     status id_text NOT NULL, \
     category_id id_text REFERENCES categories (id), seller_id id_text NOT NULL, \
     options json_text NOT NULL, attributes json_text NOT NULL, \
     rating_1 integer NOT NULL, rating_2 integer NOT NULL, \
     rating_3 integer NOT NULL, rating_4 integer NOT NULL, rating_5 integer NOT NULL, \
     favourite_count integer NOT NULL, version integer NOT NULL, created_at bigint NOT NULL, \
     updated_at bigint NOT NULL, \
     rating_score bigint NOT NULL GENERATED ALWAYS AS (CASE \
       WHEN rating_1 + rating_2 + rating_3 + rating_4 + rating_5 = 0 THEN 0 \
       ELSE CAST(1000 AS bigint) * (rating_1 + 2 * rating_2 + 3 * rating_3 + 4 * rating_4 + 5 * rating_5) \
         / (rating_1 + rating_2 + rating_3 + rating_4 + rating_5) END) STORED, \
     popularity bigint NOT NULL GENERATED ALWAYS AS \
       (favourite_count + rating_1 + rating_2 + rating_3 + rating_4 + rating_5) STORED)",
    "CREATE INDEX products_created ON products (created_at, id)",
    "CREATE INDEX products_title ON products (title_key, id)",
    "CREATE INDEX products_popularity ON products (popularity, id)",
    "CREATE INDEX products_rating ON products (rating_score, id)",
    "CREATE INDEX products_seller ON products (seller_id, created_at, id)",
    "CREATE INDEX products_category ON products (category_id, created_at, id)",
    "CREATE TABLE variants (id id_text NOT NULL PRIMARY KEY, \
     product_id id_text NOT NULL REFERENCES products (id) ON DELETE CASCADE, \
     sku id_text NOT NULL UNIQUE, title text NOT NULL, options json_text NOT NULL, weight_grams integer, \
     on_hand integer NOT NULL CHECK (on_hand >= 0), \
     reserved integer NOT NULL CHECK (reserved >= 0 AND (reserved <= on_hand OR is_backorderable)), \
     is_backorderable boolean NOT NULL, position integer NOT NULL)",
    "CREATE INDEX variants_product ON variants (product_id, position, id)",
    "CREATE TABLE variant_prices (\
     variant_id id_text NOT NULL REFERENCES variants (id) ON DELETE CASCADE, currency id_text NOT NULL, \
     product_id id_text NOT NULL REFERENCES products (id) ON DELETE CASCADE, \
     minor_units bigint NOT NULL CHECK (minor_units >= 0), compare_at bigint, \
     PRIMARY KEY (variant_id, currency))",
    "CREATE INDEX variant_prices_product ON variant_prices (product_id, currency, minor_units)",
    "CREATE TABLE product_prices (\
     product_id id_text NOT NULL REFERENCES products (id) ON DELETE CASCADE, currency id_text NOT NULL, \
     min_minor_units bigint NOT NULL, max_minor_units bigint NOT NULL, \
     PRIMARY KEY (product_id, currency))",
    "CREATE INDEX product_prices_lowest ON product_prices (currency, min_minor_units, product_id)",
    "CREATE TABLE product_images (\
     product_id id_text NOT NULL REFERENCES products (id) ON DELETE CASCADE, position integer NOT NULL, \
     url text NOT NULL, alt text NOT NULL, PRIMARY KEY (product_id, position))",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP TABLE product_images",
                "DROP TABLE product_prices",
                "DROP TABLE variant_prices",
                "DROP TABLE variants",
                "DROP TABLE products",
                "DROP TABLE categories",
            ],
        )
        .await
    }
}
