//! Creating and changing a product.

use std::{collections::HashSet, sync::Arc};

use entities::{
    ids::{AccountId, CategoryId, Id as _, ProductId, SellerId, StockChangeId},
    products::{
        ProductStatus, Scope, category, image, price, price_span,
        product::{self, Attribute, Attributes, Options, ProductOption},
        slug, stock_change, variant,
    },
};
use kit::{
    DateTime, Error, Outcome, Result, RetryKey, UserError, UserErrorCode, Viewer, facts::ProductChanged,
    is_taken, refuse, refuse_all,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    sea_query::OnConflict,
};

use super::{
    Change, Draft, Service, WRITE, facts,
    images::Images,
    slug::{free_slug, slug_of},
    variants::{self, Plan},
};

/// The name under which retry-safe keys of this mutation are kept.
const MUTATION: &str = "productSave";

/// The most slugs that lead to one product.
const MAX_SLUGS: u64 = 50;

/// One run of `productSave`: everything that its transaction needs.
pub(super) struct Save {
    account: AccountId,
    key: Option<RetryKey>,
    draft: Draft,
    images: Option<Images>,
    target: Target,
    now: DateTime,
}

/// Which product is saved.
#[derive(Clone, Copy)]
enum Target {
    New { id: ProductId, seller: SellerId },
    Known { id: ProductId, scope: Scope },
}

/// The product as it is before the change.
struct Before {
    seller: SellerId,
    slug: String,
    title: String,
    description: String,
    status: ProductStatus,
    category_id: Option<CategoryId>,
    options: Vec<ProductOption>,
    attributes: Vec<Attribute>,
    images: Vec<image::Model>,
    version: i32,
}

impl Service {
    /// Creates or changes a product; `key` makes a retry harmless.
    pub(crate) async fn save_product(
        &self,
        viewer: &Viewer,
        draft: Draft,
        key: Option<String>,
    ) -> Result<Outcome<ProductId>> {
        match self.prepare(viewer, draft, key).await? {
            Ok(save) => self.run(save).await,
            Err(wrong) => Ok(Err(wrong)),
        }
    }

    /// Looks at a draft and attaches its images.
    pub(super) async fn prepare(
        &self,
        viewer: &Viewer,
        draft: Draft,
        key: Option<String>,
    ) -> Result<Outcome<Save>> {
        let account = viewer.require_account()?;
        let target = self.target(viewer, draft.id).await?;
        let now = self.clock.now();
        let key = match key {
            None => None,
            Some(key) => match RetryKey::new(account.to_string(), MUTATION, &key, &draft) {
                Ok(key) => Some(key),
                Err(wrong) => return Ok(Err(vec![wrong])),
            },
        };
        let mut draft = match draft.cleaned() {
            Ok(draft) => draft,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let images = match draft.images.take() {
            None => None,
            Some(images) => match self.attach_images(account, target.id(), images).await? {
                Ok(images) => Some(images),
                Err(wrong) => return Ok(Err(wrong)),
            },
        };
        Ok(Ok(Save { account, key, draft, images, target, now }))
    }

    /// Writes what was prepared.
    pub(super) async fn run(&self, save: Save) -> Result<Outcome<ProductId>> {
        let save = Arc::new(save);
        self.db
            .change(move |transaction| {
                let save = save.clone();
                Box::pin(async move { save.run(transaction).await })
            })
            .await
    }

    async fn target(&self, viewer: &Viewer, id: Option<ProductId>) -> Result<Target> {
        if let Some(id) = id {
            return Ok(Target::Known { id, scope: self.scope_of(viewer).await? });
        }
        let seller = self.shop_of(viewer).await?.ok_or(Error::Forbidden(WRITE))?;
        Ok(Target::New { id: ProductId::generate(), seller })
    }
}

impl Target {
    const fn id(self) -> ProductId {
        match self {
            Self::New { id, .. } | Self::Known { id, .. } => id,
        }
    }
}

impl Save {
    /// Which product is saved.
    pub(super) const fn id(&self) -> ProductId {
        self.target.id()
    }

    pub(super) async fn run(&self, transaction: &DatabaseTransaction) -> Result<ProductId> {
        if let Some(id) = self.answered(transaction).await? {
            return Ok(id);
        }
        let id = self.target.id();
        let before = self.before(transaction).await?;
        self.check_category(transaction).await?;
        let plan = self.plan(transaction, before.as_ref()).await?;
        let changed = self.changes(before.as_ref(), &plan);
        let seller_id = match &before {
            None => self.create(transaction).await?,
            Some(_) if changed.is_empty() => return Ok(id),
            Some(before) => self.update(transaction, before).await?,
        };
        self.write_images(transaction, before.as_ref()).await?;
        self.write_variants(transaction, plan).await?;
        let fact = ProductChanged { product_id: id, seller_id, changed };
        let was_archived =
            before.as_ref().is_some_and(|before| before.status == ProductStatus::Archived);
        let is_archived = self.draft.status == Some(ProductStatus::Archived) && !was_archived;
        facts::product_changed(transaction, fact, is_archived, self.now).await?;
        Ok(id)
    }

    /// The product that the same request already saved.
    async fn answered(&self, transaction: &DatabaseTransaction) -> Result<Option<ProductId>> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        let earlier = key.claim(transaction, &self.target.id().to_string(), self.now).await?;
        Ok(earlier.and_then(|id| id.parse().ok()))
    }

    /// The product as it is, locked; `None` for a new one.
    async fn before(&self, transaction: &DatabaseTransaction) -> Result<Option<Before>> {
        let Target::Known { id, scope } = self.target else {
            return Ok(None);
        };
        let Some((row, details)) = product::lock_changeable(transaction, scope, id).await? else {
            return Err(refuse(UserError::not_found("id", "product")));
        };
        if self.draft.expected_version.is_some_and(|version| version != row.version) {
            return Err(refuse(UserError::version_conflict("expectedVersion", row.version)));
        }
        Ok(Some(Before {
            seller: row.seller_id,
            slug: row.slug.clone(),
            title: row.title.clone(),
            description: details.description,
            status: row.status,
            category_id: row.category_id,
            options: details.options,
            attributes: details.attributes,
            images: match self.images {
                Some(_) => image::of_products(transaction, &[id], None).await?,
                None => Vec::new(),
            },
            version: row.version,
        }))
    }

    async fn check_category(&self, transaction: &DatabaseTransaction) -> Result<()> {
        let Some(id) = self.draft.category_id else {
            return Ok(());
        };
        if category::by_ids(transaction, &[id]).await?.is_empty() {
            return Err(refuse(UserError::not_found("categoryId", "category")));
        }
        Ok(())
    }

    async fn plan(&self, transaction: &DatabaseTransaction, before: Option<&Before>) -> Result<Plan> {
        let draft = &self.draft;
        if draft.variants.is_empty() && (draft.options.is_none() || before.is_none()) {
            return Ok(Plan::default());
        }
        let id = self.target.id();
        let skus: Vec<String> = draft.variants.iter().map(|variant| variant.sku.clone()).collect();
        let known = variant::of_product_or_skus(transaction, id, &skus).await?;
        let prices = match before {
            Some(_) => price::of_product(transaction, id).await?,
            None => Vec::new(),
        };
        let kept = before.map_or(&[][..], |before| &before.options);
        let options = draft.options.as_deref().unwrap_or(kept);
        variants::plan(id, options, &known, &prices, &draft.variants).map_err(refuse_all)
    }

    fn changes(&self, before: Option<&Before>, plan: &Plan) -> Vec<Change> {
        let draft = &self.draft;
        let mut changed = Vec::new();
        if !plan.repriced.is_empty() {
            changed.push(Change::Price);
        }
        let has_new_content = before.is_none_or(|before| {
            differs(draft.title.as_ref(), &before.title)
                || differs(draft.description.as_ref(), &before.description)
                || differs(draft.options.as_ref(), &before.options)
                || differs(draft.slug.as_ref(), &before.slug)
                || differs(draft.attributes.as_ref(), &before.attributes)
                || self.images.as_ref().is_some_and(|images| images.differ(&before.images))
                || draft.category_id.is_some() && draft.category_id != before.category_id
        });
        if has_new_content || !plan.variants.is_empty() {
            changed.push(Change::Content);
        }
        if before.is_none_or(|before| differs(draft.status.as_ref(), &before.status)) {
            changed.push(Change::Status);
        }
        changed
    }

    async fn create(&self, transaction: &DatabaseTransaction) -> Result<SellerId> {
        let Target::New { id, seller } = self.target else {
            return Err(Error::internal("a known product is not created"));
        };
        let draft = self.draft.clone();
        let title = draft.title.unwrap_or_default();
        let slug = match draft.slug {
            Some(slug) => {
                claim_slug(transaction, &slug, id).await?;
                slug
            }
            None => new_slug(transaction, &title, id).await?,
        };
        let row = product::Model {
            id,
            slug,
            title_key: title.to_lowercase(),
            title,
            description: draft.description.unwrap_or_default(),
            status: draft.status.unwrap_or(ProductStatus::Draft),
            category_id: draft.category_id,
            seller_id: seller,
            options: Options(draft.options.unwrap_or_default()),
            attributes: Attributes(draft.attributes.unwrap_or_default()),
            rating_1: 0,
            rating_2: 0,
            rating_3: 0,
            rating_4: 0,
            rating_5: 0,
            favourite_count: 0,
            was_shown: draft.status.is_some_and(ProductStatus::is_shown),
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        };
        let row = product::ActiveModel::from(row);
        product::Entity::insert(row).exec_without_returning(transaction).await?;
        Ok(seller)
    }

    async fn update(&self, transaction: &DatabaseTransaction, before: &Before) -> Result<SellerId> {
        let draft = self.draft.clone();
        let mut row = product::ActiveModel {
            version: Set(before.version + 1),
            updated_at: Set(self.now),
            ..product::ActiveModel::default()
        };
        if let Some(slug) = draft.slug.filter(|slug| *slug != before.slug) {
            // The old one stays the product's, and leads to it.
            claim_slug(transaction, &slug, self.target.id()).await?;
            row.slug = Set(slug);
        }
        if let Some(attributes) = draft.attributes {
            row.attributes = Set(Attributes(attributes));
        }
        if let Some(title) = draft.title {
            row.title_key = Set(title.to_lowercase());
            row.title = Set(title);
        }
        if let Some(description) = draft.description {
            row.description = Set(description);
        }
        if let Some(options) = draft.options {
            row.options = Set(Options(options));
        }
        if let Some(status) = draft.status {
            row.status = Set(status);
            if status.is_shown() {
                row.was_shown = Set(true);
            }
        }
        if draft.category_id.is_some() {
            row.category_id = Set(draft.category_id);
        }
        product::Entity::update_many()
            .set(row)
            .filter(product::Column::Id.eq(self.target.id()))
            .exec(transaction)
            .await?;
        Ok(before.seller)
    }

    async fn write_images(
        &self,
        transaction: &DatabaseTransaction,
        before: Option<&Before>,
    ) -> Result<()> {
        let Some(images) = &self.images else {
            return Ok(());
        };
        let known = before.map_or_else(Vec::new, |before| before.images.clone());
        if !images.differ(&known) {
            return Ok(());
        }
        let kept = before.map_or("", |before| &before.title);
        let title = self.draft.title.as_deref().unwrap_or(kept);
        images.write(transaction, self.target.id(), known, title, self.now).await
    }

    async fn write_variants(&self, transaction: &DatabaseTransaction, plan: Plan) -> Result<()> {
        if !plan.variants.is_empty() {
            // Rows are locked in one order by everybody, so that nobody waits in a circle.
            let mut rows = plan.variants;
            rows.sort_unstable_by_key(|row| row.id);
            let rows = rows.into_iter().map(variant::ActiveModel::from);
            // The stock of known ones is not the draft's business: it is left as it is.
            let known = OnConflict::column(variant::Column::Id)
                .update_columns([
                    variant::Column::Title,
                    variant::Column::Options,
                    variant::Column::WeightGrams,
                ])
                .to_owned();
            let written = variant::Entity::insert_many(rows)
                .on_conflict(known)
                .exec_without_returning(transaction)
                .await;
            written.map_err(|error| match is_taken(&error) {
                true => refuse(taken("variants", "another product has one of these SKUs")),
                false => error.into(),
            })?;
        }
        let entry = |(variant_id, units): (_, i32)| stock_change::Model {
            id: StockChangeId::generate(),
            variant_id,
            account_id: Some(self.account),
            order_id: None,
            delta: units,
            on_hand: units,
            reason: "first stock".to_owned(),
            at: self.now,
        };
        stock_change::insert(transaction, plan.stocked.into_iter().map(entry).collect()).await?;
        if plan.repriced.is_empty() {
            return Ok(());
        }
        price::Entity::delete_many()
            .filter(price::Column::VariantId.is_in(plan.repriced))
            .exec(transaction)
            .await?;
        if !plan.prices.is_empty() {
            let rows = plan.prices.into_iter().map(price::ActiveModel::from);
            price::Entity::insert_many(rows).exec_without_returning(transaction).await?;
        }
        Ok(price_span::derive(transaction, self.target.id()).await?)
    }
}

fn differs<T: PartialEq>(draft: Option<&T>, before: &T) -> bool {
    draft.is_some_and(|draft| draft != before)
}

fn taken(field: &str, message: &str) -> UserError {
    UserError::new(UserErrorCode::Taken, field, message)
}

/// Gives a product the slug that its seller chose.
async fn claim_slug(transaction: &DatabaseTransaction, slug: &str, product: ProductId) -> Result<()> {
    if !slug::claim(transaction, slug, product).await? {
        return Err(refuse(taken("slug", "another product has or had this slug")));
    }
    if slug::count(transaction, product).await? > MAX_SLUGS {
        let message = format!("a product has at most {MAX_SLUGS} slugs, old ones included");
        return Err(refuse(UserError::new(UserErrorCode::LimitExceeded, "slug", message)));
    }
    Ok(())
}

/// Gives a new product a slug made of its title.
async fn new_slug(transaction: &DatabaseTransaction, title: &str, product: ProductId) -> Result<String> {
    let wanted = slug_of(title);
    let mut taken: HashSet<String> = slug::taken(transaction, &wanted).await?.into_iter().collect();
    loop {
        let slug = free_slug(&wanted, &taken);
        if slug::claim(transaction, &slug, product).await? {
            return Ok(slug);
        }
        // Somebody took it since we looked.
        taken.insert(slug);
    }
}
