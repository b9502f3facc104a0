//! The root mutation fields: guard, call the service, map.

mod favourite_set;
mod product_archive;
mod product_save;
mod review_reply;
mod review_save;

use async_graphql::MergedObject;

// The root mutation fields of products; `///` would describe everybody's.
#[derive(MergedObject, Default)]
pub(crate) struct Mutation(
    product_save::ProductSave,
    product_archive::ProductArchive,
    review_save::ReviewSave,
    review_reply::ReviewReply,
    favourite_set::FavouriteSet,
);
