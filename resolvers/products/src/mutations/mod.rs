//! The root mutation fields: guard, call the service, map.

mod category_save;
mod favourite_set;
mod inventory_adjust;
mod product_archive;
mod product_bulk_save;
mod product_save;
mod review_reply;
mod review_save;

use async_graphql::MergedObject;

// The root mutation fields of products; `///` would describe everybody's.
#[derive(MergedObject, Default)]
pub(crate) struct Mutation(
    product_save::ProductSave,
    product_bulk_save::ProductBulkSave,
    product_archive::ProductArchive,
    review_save::ReviewSave,
    review_reply::ReviewReply,
    favourite_set::FavouriteSet,
    inventory_adjust::InventoryAdjust,
    category_save::CategorySave,
);
