//! How many statements pages take: it depends on their depth, never on their rows.

use kit::{
    Viewer,
    ids::SellerId,
    seed::{Scale, id},
};
use serde_json::json;

use super::shop::{Shop, customer};

#[tokio::test]
async fn a_catalogue_page_takes_three_statements_whatever_its_length() {
    let shop = Shop::with_demo_data().await;
    let page = |first: u32| {
        format!(
            "{{ products(first: {first}) {{ nodes {{ id slug title seller {{ id }} category {{ name }} \
             images(first: 1) {{ url(width: 400) alt }} rating {{ average count }} }} }} }}"
        )
    };

    let (_, of_one) = shop.count(&Viewer::default(), &page(1)).await;
    let (data, of_many) = shop.count(&Viewer::default(), &page(100)).await;

    assert_eq!((of_one, of_many), (3, 3));
    assert_eq!(data["products"]["nodes"].as_array().map(Vec::len), Some(100));
}

#[tokio::test]
async fn a_product_page_takes_one_statement_for_each_kind_of_row() {
    let shop = Shop::with_demo_data().await;
    let (data, _) = shop.count(&Viewer::default(), "{ products(first: 1) { nodes { slug } } }").await;
    let slug = data["products"]["nodes"][0]["slug"].as_str().expect("a slug").to_owned();
    let page = format!(
        "{{ product(by: {{ slug: \"{slug}\" }}) {{ title description options {{ name values }} \
         attributes {{ key value }} images {{ url }} category {{ name path {{ name }} }} \
         variants {{ nodes {{ sku availability price {{ amount }} compareAtPrice {{ amount }} }} }} \
         priceRange {{ min {{ amount }} }} inStock rating {{ average }} isFavourite \
         reviews {{ totalCount nodes {{ stars body }} }} }} }}"
    );

    let (_, as_guest) = shop.count(&Viewer::default(), &page).await;
    let (_, as_customer) = shop.count(&customer(), &page).await;

    // Product, details, images, category, its path, variants, prices, price
    // range, stock, reviews; for a customer also the favourites.
    assert_eq!((as_guest, as_customer), (10, 11));
}

#[tokio::test]
async fn lists_under_a_list_take_one_statement_each() {
    let shop = Shop::with_demo_data().await;
    let page = |first: u32| {
        format!(
            "{{ products(first: {first}) {{ totalCount nodes {{ inStock description \
             priceRange {{ max {{ minorUnits }} }} \
             variants(first: 1) {{ totalCount nodes {{ price {{ minorUnits }} }} }} \
             reviews(first: 2, sort: HIGHEST) {{ totalCount nodes {{ product {{ title }} }} }} \
             seller {{ rating {{ count }} products(first: 2, sort: {{ field: PRICE }}) \
             {{ totalCount nodes {{ id }} }} }} category {{ parent {{ name children {{ name }} }} \
             products(first: 3, filter: {{ inStock: true }}) {{ nodes {{ id }} }} }} }} }} }}"
        )
    };

    let (_, of_two) = shop.count(&Viewer::default(), &page(2)).await;
    let (_, of_many) = shop.count(&Viewer::default(), &page(60)).await;

    // One for each field with rows of its own, two where a count is asked for.
    assert_eq!((of_two, of_many), (17, 17));
}

#[tokio::test]
async fn lists_from_the_end_take_one_statement_each_for_all_parents() {
    const ENDS: &str = "variants(last: 1) { totalCount nodes { sku } } \
         reviews(last: 2, sort: LOWEST) { totalCount nodes { stars } } \
         seller { products(last: 2, sort: { field: PRICE }) { totalCount nodes { id } } } \
         category { products(last: 3, filter: { inStock: true }) { nodes { id } } }";
    let shop = Shop::with_demo_data().await;
    let page = |last: u32| format!("{{ products(last: {last}) {{ totalCount nodes {{ {ENDS} }} }} }}");

    let (_, of_two) = shop.count(&Viewer::default(), &page(2)).await;
    let (data, of_many) = shop.count(&Viewer::default(), &page(60)).await;

    // Products, variants, reviews, products of sellers, categories and their
    // products; and three counts, that of the reviews being known.
    assert_eq!((of_two, of_many), (9, 9));
    assert_eq!(data["products"]["nodes"].as_array().map(Vec::len), Some(60));
}

#[tokio::test]
async fn both_ends_of_a_list_are_counted_once_and_read_apart() {
    const ENDS: &str = "query($of: [_Any!]!) { _entities(representations: $of) { ... on Seller { \
         first: products(first: 1) { totalCount nodes { id } } \
         last: products(last: 1) { totalCount nodes { id } } \
         both: products(first: 100) { nodes { id } } } } }";
    let shop = Shop::with_demo_data().await;
    let of = json!({ "of": [{ "__typename": "Seller", "id": id::<SellerId>(0) }] });

    let before = shop.db.statements();
    let data = shop.data(&Viewer::default(), ENDS, of).await;
    let statements = shop.db.statements() - before;

    let ends = &data["_entities"][0];
    let all = ends["both"]["nodes"].as_array().expect("nodes");
    assert_eq!(statements, 4);
    assert_eq!(ends["first"], json!({ "totalCount": all.len(), "nodes": [all.first()] }));
    assert_eq!(ends["last"], json!({ "totalCount": all.len(), "nodes": [all.last()] }));
}

#[tokio::test]
async fn seeding_again_does_nothing() {
    let shop = Shop::with_demo_data().await;
    let before = shop.db.statements();

    crate::seed::seed(&shop.db, Scale(1), &|_, _, _| {}).await.expect("seeded");

    assert_eq!(shop.db.statements() - before, 1);
}
