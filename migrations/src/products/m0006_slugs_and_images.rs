//! Creates the slugs that products have or had, and images that sellers upload.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "products_0006_slugs_and_images"
    }
}

const TABLES: &[&str] = &[
    // A slug is claimed before its product is written: both are there in the end.
    "CREATE TABLE product_slugs (slug id_text NOT NULL PRIMARY KEY, \
     product_id id_text NOT NULL REFERENCES products (id) ON DELETE CASCADE \
       DEFERRABLE INITIALLY DEFERRED)",
    "CREATE INDEX product_slugs_product ON product_slugs (product_id)",
    "INSERT INTO product_slugs (slug, product_id) SELECT slug, id FROM products",
    "ALTER TABLE product_images ADD COLUMN upload_id id_text",
    "ALTER TABLE product_images ADD COLUMN file_name text",
    "ALTER TABLE product_images ADD COLUMN media_type text",
    "ALTER TABLE product_images ADD COLUMN size bigint",
    "CREATE UNIQUE INDEX product_images_upload ON product_images (upload_id)",
    // Uploads that are on their way to an image, or no longer one.
    "CREATE TABLE loose_images (upload_id id_text NOT NULL PRIMARY KEY, at bigint NOT NULL, \
     is_leaving boolean NOT NULL)",
    "CREATE INDEX loose_images_at ON loose_images (at)",
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
                "DROP TABLE loose_images",
                "DROP INDEX product_images_upload",
                "ALTER TABLE product_images DROP COLUMN size",
                "ALTER TABLE product_images DROP COLUMN media_type",
                "ALTER TABLE product_images DROP COLUMN file_name",
                "ALTER TABLE product_images DROP COLUMN upload_id",
                "DROP TABLE product_slugs",
            ],
        )
        .await
    }
}
