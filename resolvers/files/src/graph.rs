//! What files add to the graph: asking for a slot.

use std::{collections::BTreeMap, sync::Arc};

use async_graphql::{Context, Json, Object, Result, SimpleObject};
use kit::{DateTime, Long, Url, UserError, Viewer, ids::UploadId};

use crate::service::{Announced, Service, Slot};

pub(crate) struct Query;

/// Everything that can be read.
#[Object]
impl Query {
    /// What may be uploaded.
    async fn upload_limits(&self, ctx: &Context<'_>) -> Option<UploadLimits> {
        let options = &ctx.data_unchecked::<Arc<Service>>().options;
        let max_size = Long(i64::try_from(options.max_size).unwrap_or(i64::MAX));
        Some(UploadLimits { max_size, media_types: options.media_types.clone() })
    }
}

pub(crate) struct Mutation;

/// Everything that can be changed.
#[Object]
impl Mutation {
    /// Ask for an upload slot: PUT the bytes to its URL, then name its id in an
    /// input.
    #[graphql(guard = "kit::SignedIn", directive = kit::authenticated::apply())]
    async fn upload_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file's name; a path before it is dropped.")] filename: String,
        #[graphql(
            desc = "The file's media type, e.g. image/png. The bytes must be of this type, whatever the \
                    name says."
        )]
        media_type: String,
        #[graphql(desc = "How many bytes will come, exactly.")] size: Long,
    ) -> Result<Option<UploadPayload>> {
        let account = Viewer::of(ctx).require_account()?;
        let announced = Announced { filename: &filename, media_type: &media_type, size: size.0 };
        let outcome = ctx.data_unchecked::<Arc<Service>>().create(account, &announced).await?;
        Ok(Some(match outcome {
            Ok(slot) => UploadPayload { slot: Some(slot.into()), user_errors: Vec::new() },
            Err(user_errors) => UploadPayload { slot: None, user_errors },
        }))
    }
}

/// What may be uploaded.
#[derive(SimpleObject)]
pub(crate) struct UploadLimits {
    /// The largest file, in bytes.
    max_size: Long,
    /// Media types that are taken: names, or families such as `image/*`.
    media_types: Vec<String>,
}

/// Upload slot, or why there is none.
#[derive(SimpleObject)]
pub(crate) struct UploadPayload {
    /// Slot, null when the request failed.
    slot: Option<UploadSlot>,
    /// Expected failures; there is no slot when there are any.
    user_errors: Vec<UserError>,
}

/// A file upload slot: PUT the bytes to url, then name the id in an input.
#[derive(SimpleObject)]
pub(crate) struct UploadSlot {
    /// Upload id.
    id: UploadId,
    /// Where to PUT. Whoever knows it can fill the slot: keep it to yourself.
    url: Url,
    /// Headers to send, as JSON: an object of names and values.
    headers: Json<BTreeMap<&'static str, String>>,
    /// Until when the slot can be filled.
    expires_at: DateTime,
}

impl From<Slot> for UploadSlot {
    fn from(slot: Slot) -> Self {
        let headers = BTreeMap::from([("Content-Type", slot.media_type)]);
        Self { id: slot.id, url: slot.url, headers: Json(headers), expires_at: slot.expires_at }
    }
}
