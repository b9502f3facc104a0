//! Demo data: a catalogue that reads like a shop, and what buyers say about it.
//! The same on every machine and in every run.

mod catalogue;
mod reviews;
mod tables;
mod words;

use std::sync::Arc;

use entities::{
    ids::{CategoryId, ProductId},
    products::{Scope, category, product},
};
use kit::{
    Database, Result,
    seed::{Progress, Scale, id},
};

use self::{
    catalogue::{Slugs, made},
    tables::Rows,
    words::DEPARTMENTS,
};

/// Products that are written in one transaction, with all that belongs to them.
const CHUNK: u32 = 1_000;

/// Fills the tables of products; does nothing when the first demo product is
/// there. That one is written last, so an interrupted seed is taken up again.
///
/// # Errors
/// When the database fails.
pub async fn seed(db: &Database, scale: Scale, progress: Progress<'_>) -> Result<()> {
    let first: ProductId = id(0);
    if !product::by_ids(db.read(), Scope::All, &[first]).await?.is_empty() {
        return Ok(());
    }
    write_categories(db).await?;
    let total = scale.products();
    let reviews = reviews::spread(scale);
    let mut slugs = Slugs::default();
    let slugs: Vec<String> = (0..total).map(|index| slugs.of(&made(index).title)).collect();
    let mut done = 0;
    for start in (0..total).step_by(CHUNK as usize).collect::<Vec<_>>().into_iter().rev() {
        progress("products", done, total.into());
        let end = total.min(start + CHUNK);
        let mut rows = Rows::default();
        for index in start..end {
            let of_product = &reviews[index as usize];
            rows.add(index, slugs[index as usize].clone(), scale, of_product);
        }
        let rows = Arc::new(rows);
        db.transaction(move |transaction| {
            let rows = rows.clone();
            Box::pin(async move { rows.write(transaction).await })
        })
        .await?;
        done += u64::from(end - start);
    }
    progress("products", done, total.into());
    Ok(())
}

async fn write_categories(db: &Database) -> Result<()> {
    let mut rows = Vec::new();
    for (place, department) in (0..).zip(DEPARTMENTS) {
        let root = category_id(place, None);
        let path = format!("/{}/", department.slug);
        rows.push(category::Model {
            id: root,
            slug: department.slug.to_owned(),
            name: department.name.to_owned(),
            parent_id: None,
            path: path.clone(),
            position: place.cast_signed(),
        });
        for (shelf_place, shelf) in (0..).zip(&department.shelves) {
            rows.push(category::Model {
                id: category_id(place, Some(shelf_place)),
                slug: shelf.slug.to_owned(),
                name: shelf.name.to_owned(),
                parent_id: Some(root),
                path: format!("{path}{}/", shelf.slug),
                position: shelf_place.cast_signed(),
            });
        }
    }
    let rows = Arc::new(rows);
    db.transaction(move |transaction| {
        let rows = rows.clone();
        Box::pin(async move { tables::write_categories(transaction, &rows).await })
    })
    .await
}

/// The id of a department, or of one of its shelves.
fn category_id(department: u32, shelf: Option<u32>) -> CategoryId {
    id(department * 5 + shelf.map_or(0, |shelf| shelf + 1))
}
