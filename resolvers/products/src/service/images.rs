//! Images that sellers upload: attached before a product is written, let go when
//! they show none any more. An image is attached under its own name, so that a
//! save that is repeated, whoever's product it makes, finds it attached.

use std::{collections::HashSet, sync::Arc, time::Duration};

use entities::{
    ids::{AccountId, ProductId, UploadId},
    products::{image, loose_image},
};
use kit::{
    DateTime, Outcome, Result, UserError, UserErrorCode, is_taken,
    ports::{Files, NotAttached, StoredFile},
    refuse,
};
use sea_orm::{DatabaseTransaction, EntityTrait as _};
use tokio_util::sync::CancellationToken;

use super::Service;

const FIELD: &str = "imageUploadIds";
/// The most images of one product.
pub(super) const MAX_IMAGES: usize = 20;
/// How often images that show no product are looked for.
const LOOKING: Duration = Duration::from_secs(10 * 60);
/// How long they wait for one.
const PATIENCE: i64 = 24 * 60 * 60 * 1_000;
const BATCH: u64 = 100;

/// The images that a product is to have, in order.
pub(super) struct Images {
    wanted: Vec<UploadId>,
    /// Those it does not have yet.
    new: Vec<StoredFile>,
}

impl Service {
    fn files(&self) -> Option<Arc<dyn Files>> {
        self.ports.get::<dyn Files>().ok()
    }

    /// Attaches the uploads that a product does not show yet, all or none.
    pub(super) async fn attach_images(
        &self,
        account: AccountId,
        product: ProductId,
        wanted: Vec<UploadId>,
    ) -> Result<Outcome<Images>> {
        let known = image::uploads_of(self.db.write(), product).await?;
        let new: Vec<UploadId> = wanted.iter().copied().filter(|id| !known.contains(id)).collect();
        if new.is_empty() {
            return Ok(Ok(Images { wanted, new: Vec::new() }));
        }
        let Some(files) = self.files() else {
            return Ok(Err(vec![UserError::invalid(FIELD, "files can't be attached here")]));
        };
        // Noted first: what a crash leaves attached is found again.
        loose_image::note(self.db.write(), &new, self.clock.now()).await?;
        let mut attached = Vec::with_capacity(new.len());
        for upload in new {
            let field = field(&wanted, upload);
            match files.attach(account, &[upload], &name(upload)).await? {
                Ok(stored) => attached.extend(stored),
                Err(NotAttached::Unknown(_)) => {
                    return Ok(Err(vec![UserError::not_found(&field, "upload")]));
                }
                Err(NotAttached::Taken(_)) => return Ok(Err(vec![taken(&field)])),
            }
        }
        let is_image = |file: &&StoredFile| file.media_type.starts_with("image/");
        if let Some(other) = attached.iter().find(|file| !is_image(file)) {
            let message = format!("{} is no image", other.media_type);
            return Ok(Err(vec![UserError::invalid(&field(&wanted, other.id), message)]));
        }
        Ok(Ok(Images { wanted, new: attached }))
    }

    /// The address of an image that was uploaded.
    pub(crate) async fn image_url(&self, image: &image::Model) -> Result<Option<kit::Url>> {
        let (Some(file), Some(files)) = (image.file(), self.files()) else {
            return Ok(None);
        };
        let (id, name, media_type, size) = file;
        files.url(&StoredFile { id, name, media_type, size }).await.map(Some)
    }

    /// Lets images go that have shown no product for a day. Any number of
    /// processes may do it.
    pub(crate) async fn let_images_go(&self) -> Result<()> {
        let Some(files) = self.files() else {
            return Ok(());
        };
        let before = self.clock.now().plus(-PATIENCE);
        for upload in loose_image::leaving(self.db.write(), before, BATCH).await? {
            files.release(&name(upload)).await?;
            loose_image::forget(self.db.write(), upload).await?;
        }
        Ok(())
    }
}

/// Lets images go that show no product, until `stop`.
pub(crate) async fn tidy(service: Arc<Service>, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(LOOKING)).await.is_some() {
        if let Err(error) = service.let_images_go().await {
            tracing::error!(?error, "images can't be let go, trying again");
        }
    }
}

impl Images {
    /// Whether these are other images than those of a product.
    pub(super) fn differ(&self, before: &[image::Model]) -> bool {
        let before = before.iter().map(|image| image.upload_id);
        !before.eq(self.wanted.iter().copied().map(Some))
    }

    /// Makes these the images of a product that is locked.
    pub(super) async fn write(
        &self,
        transaction: &DatabaseTransaction,
        product: ProductId,
        before: Vec<image::Model>,
        title: &str,
        now: DateTime,
    ) -> Result<()> {
        let mut rows = Vec::with_capacity(self.wanted.len());
        for (position, upload) in (0..).zip(&self.wanted) {
            let field = || field(&self.wanted, *upload);
            if let Some(kept) = before.iter().find(|image| image.upload_id == Some(*upload)) {
                rows.push(image::Model { position, ..kept.clone() });
                continue;
            }
            let Some(file) = self.new.iter().find(|file| file.id == *upload) else {
                // Another save has removed it meanwhile.
                return Err(refuse(UserError::not_found(&field(), "upload")));
            };
            if !loose_image::take(transaction, *upload).await? {
                return Err(refuse(taken(&field())));
            }
            rows.push(image::Model {
                product_id: product,
                position,
                url: String::new(),
                alt: title.to_owned(),
                upload_id: Some(file.id),
                file_name: Some(file.name.clone()),
                media_type: Some(file.media_type.clone()),
                size: Some(file.size),
            });
        }
        let wanted: HashSet<UploadId> = self.wanted.iter().copied().collect();
        let removed: Vec<UploadId> = before
            .iter()
            .filter_map(|image| image.upload_id)
            .filter(|upload| !wanted.contains(upload))
            .collect();
        image::delete_of(transaction, product).await?;
        loose_image::note(transaction, &removed, now).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let rows = rows.into_iter().map(image::ActiveModel::from);
        match image::Entity::insert_many(rows).exec_without_returning(transaction).await {
            Err(error) if is_taken(&error) => Err(refuse(taken(FIELD))),
            written => Ok(written.map(drop)?),
        }
    }
}

/// What an image is attached to: itself.
fn name(upload: UploadId) -> String {
    format!("product-image/{upload}")
}

fn field(wanted: &[UploadId], upload: UploadId) -> String {
    let index = wanted.iter().position(|id| *id == upload).unwrap_or_default();
    format!("{FIELD}.{index}")
}

fn taken(field: &str) -> UserError {
    UserError::new(UserErrorCode::Taken, field, "the upload is attached to something else")
}
