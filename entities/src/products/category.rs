//! `categories`: the tree that products stand in.

use std::sync::Arc;

use sea_orm::{QueryResult, entity::prelude::*};

use crate::ids::CategoryId;
use crate::sql::Sql;

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "categories")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CategoryId,
    /// Unique.
    pub slug: String,
    /// As shown.
    pub name: String,
    /// The node above; roots have none.
    pub parent_id: Option<CategoryId>,
    /// The slugs from the root to here, `/office/desks/`: what starts with it
    /// stands here or below. Slugs hold no sign that LIKE knows.
    pub path: String,
    /// Its place among its siblings.
    pub position: i32,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    const COLUMNS: &str = "c.id, c.slug, c.name, c.parent_id, c.path, c.position";

    fn read(row: &QueryResult) -> Result<Arc<Self>, DbErr> {
        Ok(Arc::new(Self {
            id: row.try_get_by_index(0)?,
            slug: row.try_get_by_index(1)?,
            name: row.try_get_by_index(2)?,
            parent_id: row.try_get_by_index(3)?,
            path: row.try_get_by_index(4)?,
            position: row.try_get_by_index(5)?,
        }))
    }

    /// The paths of all nodes from the root to this one.
    #[must_use]
    pub fn ancestry(&self) -> Vec<String> {
        let ends = self.path.match_indices('/').skip(1);
        ends.map(|(end, _)| self.path[..=end].to_owned()).collect()
    }
}

/// The categories with these ids.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[CategoryId]) -> Result<Vec<Arc<Model>>, DbErr> {
    let mut sql = select(db);
    sql.among("c.id", ids);
    all(db, sql).await
}

/// The categories with these paths.
pub async fn by_paths(db: &impl ConnectionTrait, paths: &[String]) -> Result<Vec<Arc<Model>>, DbErr> {
    let mut sql = select(db);
    sql.among("c.path", paths);
    all(db, sql).await
}

/// The children of these categories, in order.
pub async fn children_of(
    db: &impl ConnectionTrait,
    parents: &[CategoryId],
) -> Result<Vec<Arc<Model>>, DbErr> {
    let mut sql = select(db);
    sql.among("c.parent_id", parents).push(" ORDER BY c.position, c.id");
    all(db, sql).await
}

/// The category with this slug.
pub async fn by_slug(db: &impl ConnectionTrait, slug: &str) -> Result<Vec<Arc<Model>>, DbErr> {
    let mut sql = select(db);
    sql.push("c.slug = ").bind(slug);
    all(db, sql).await
}

/// The top of the tree, in order.
pub async fn roots(db: &impl ConnectionTrait) -> Result<Vec<Arc<Model>>, DbErr> {
    let mut sql = select(db);
    sql.push("c.parent_id IS NULL ORDER BY c.position, c.id");
    all(db, sql).await
}

/// The whole tree, locked until the transaction ends.
pub async fn lock_all(transaction: &impl ConnectionTrait) -> Result<Vec<Arc<Model>>, DbErr> {
    let mut sql = select(transaction);
    sql.push("TRUE ORDER BY c.id").lock("c");
    all(transaction, sql).await
}

/// Adds a node.
pub async fn insert(transaction: &impl ConnectionTrait, node: Model) -> Result<(), DbErr> {
    Entity::insert(ActiveModel::from(node)).exec_without_returning(transaction).await.map(drop)
}

/// Changes a node, and with its path those of all nodes below.
pub async fn replace(
    transaction: &impl ConnectionTrait,
    before: &Model,
    after: Model,
) -> Result<(), DbErr> {
    let path = after.path.clone();
    let row = ActiveModel::from(after).reset_all();
    Entity::update_many().set(row).filter(Column::Id.eq(before.id)).exec(transaction).await?;
    if path == before.path {
        return Ok(());
    }
    let length = i32::try_from(before.path.len()).unwrap_or(i32::MAX);
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE categories SET path = ").bind(path.as_str());
    sql.push(" || substr(path, ").bind(length + 1).push(") WHERE substr(path, 1, ").bind(length);
    sql.push(") = ").bind(before.path.as_str());
    transaction.execute_raw(sql.statement()).await.map(drop)
}

fn select(db: &impl ConnectionTrait) -> Sql {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT ").push(Model::COLUMNS).push(" FROM categories c WHERE ");
    sql
}

async fn all(db: &impl ConnectionTrait, sql: Sql) -> Result<Vec<Arc<Model>>, DbErr> {
    db.query_all_raw(sql.statement()).await?.iter().map(Model::read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id as _;

    #[test]
    fn the_ancestry_goes_from_the_root_to_the_node_itself() {
        let node = Model {
            id: CategoryId::generate(),
            slug: "desks".to_owned(),
            name: "Desks".to_owned(),
            parent_id: None,
            path: "/office/furniture/desks/".to_owned(),
            position: 0,
        };

        assert_eq!(node.ancestry(), ["/office/", "/office/furniture/", "/office/furniture/desks/"]);
    }
}
