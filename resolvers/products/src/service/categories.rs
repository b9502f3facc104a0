//! The category tree: nodes are added and moved, and never in a circle.

use entities::{
    ids::{CategoryId, Id as _},
    products::category,
};
use kit::{
    Outcome, Result, UserError, UserErrorCode, Viewer, is_taken, refuse,
    text::{self, length},
};
use sea_orm::DatabaseTransaction;

use super::{
    Service,
    slug::{check_slug, slug_of},
};

const MAX_NAME: usize = 100;
/// Levels of the tree.
const MAX_DEPTH: usize = 8;
const MAX_POSITION: i32 = 1_000_000;

/// A new or changed category; what is absent stays.
#[derive(Debug, Clone)]
pub(crate) struct CategoryDraft {
    pub(crate) id: Option<CategoryId>,
    pub(crate) name: Option<String>,
    pub(crate) slug: Option<String>,
    /// `Some(None)` makes it a root.
    pub(crate) parent_id: Option<Option<CategoryId>>,
    pub(crate) position: Option<i32>,
}

impl Service {
    /// Creates or changes a category.
    pub(crate) async fn save_category(
        &self,
        viewer: &Viewer,
        draft: CategoryDraft,
    ) -> Result<Outcome<CategoryId>> {
        viewer.require_account()?;
        let draft = match draft.cleaned() {
            Ok(draft) => draft,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let new_id = CategoryId::generate();
        self.db
            .change(move |transaction| {
                let draft = draft.clone();
                Box::pin(async move { draft.run(transaction, new_id).await })
            })
            .await
    }
}

impl CategoryDraft {
    fn cleaned(mut self) -> Outcome<Self> {
        let mut wrong = Vec::new();
        self.name = self.name.map(|name| text::plain_line(&name));
        if self.id.is_none() && self.name.is_none() {
            wrong.push(UserError::invalid("name", "a new category needs a name"));
        }
        if let Some(name) = &self.name {
            wrong.extend(length("name", name, 1, MAX_NAME));
        }
        wrong.extend(self.slug.as_deref().and_then(|slug| check_slug("slug", slug)));
        if self.position.is_some_and(|position| !(0..=MAX_POSITION).contains(&position)) {
            let message = format!("must be from 0 to {MAX_POSITION}");
            wrong.push(UserError::invalid("position", message));
        }
        if wrong.is_empty() { Ok(self) } else { Err(wrong) }
    }

    async fn run(self, transaction: &DatabaseTransaction, new_id: CategoryId) -> Result<CategoryId> {
        // One move at a time: two that are fine alone could make a circle.
        let tree = category::lock_all(transaction).await?;
        let find = |id: CategoryId| tree.iter().find(|node| node.id == id);
        let before = match self.id {
            None => None,
            Some(id) => match find(id) {
                Some(node) => Some(node),
                None => return Err(refuse(UserError::not_found("id", "category"))),
            },
        };
        let parent_id = self.parent_id.unwrap_or_else(|| before.and_then(|node| node.parent_id));
        let parent = match parent_id {
            None => None,
            Some(id) => match find(id) {
                Some(node) => Some(node),
                None => return Err(refuse(UserError::not_found("parentId", "category"))),
            },
        };
        if let (Some(before), Some(parent)) = (before, parent)
            && parent.path.starts_with(&before.path)
        {
            let message = "a category can't stand below itself";
            return Err(refuse(UserError::invalid("parentId", message)));
        }
        let name = self.name.or_else(|| before.map(|node| node.name.clone())).unwrap_or_default();
        let slug = self.slug.or_else(|| before.map(|node| node.slug.clone()));
        let slug = slug.unwrap_or_else(|| slug_of(&name));
        let path = format!("{}{slug}/", parent.map_or("/", |parent| parent.path.as_str()));
        let siblings = tree.iter().filter(|node| node.parent_id == parent_id);
        let last = siblings.map(|node| node.position + 1).max().unwrap_or(0);
        let is_moved = before.is_none_or(|node| node.parent_id != parent_id);
        let kept = before.filter(|_| !is_moved).map(|node| node.position);
        let after = category::Model {
            id: before.map_or(new_id, |node| node.id),
            slug,
            name,
            parent_id,
            path,
            position: self.position.or(kept).unwrap_or(last),
        };
        let below = before.map_or(0, |before| {
            let below = tree.iter().filter(|node| node.path.starts_with(&before.path));
            below.map(|node| node.ancestry().len()).max().unwrap_or(0) - before.ancestry().len()
        });
        if after.ancestry().len() + below > MAX_DEPTH {
            let message = format!("the tree has at most {MAX_DEPTH} levels");
            return Err(refuse(UserError::new(UserErrorCode::LimitExceeded, "parentId", message)));
        }
        let id = after.id;
        let written = match before {
            None => category::insert(transaction, after).await,
            Some(before) if **before == after => Ok(()),
            Some(before) => category::replace(transaction, before, after).await,
        };
        match written {
            Err(error) if is_taken(&error) => Err(refuse(UserError::new(
                UserErrorCode::Taken,
                "slug",
                "another category has this slug",
            ))),
            written => Ok(written.map(|()| id)?),
        }
    }
}
