//! How many statements pages take: it depends on their depth, never on their rows.

use kit::{Viewer, seed::Scale};

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
async fn seeding_again_does_nothing() {
    let shop = Shop::with_demo_data().await;
    let before = shop.db.statements();

    crate::seed::seed(&shop.db, Scale(1), &|_, _, _| {}).await.expect("seeded");

    assert_eq!(shop.db.statements() - before, 1);
}
