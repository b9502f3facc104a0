//! A hidden product is absent everywhere, except for its seller and moderators.

use kit::Viewer;
use serde_json::{Value, json};

use super::shop::{Shop, customer, moderator};

const EVERYWHERE: &str = "query($id: ID!, $slug: String!, $sku: String!, $seller: ID!, \
     $entities: [_Any!]!) { \
     byId: product(by: { id: $id }) { id } bySlug: product(by: { slug: $slug }) { id } \
     bySku: product(by: { sku: $sku }) { id } \
     listed: products(filter: { sellerId: $seller }) { totalCount nodes { id } } \
     _entities(representations: $entities) { __typename ... on Product { id } ... on Variant { id } \
         ... on Review { id } ... on Seller { products { totalCount nodes { id } } } } }";

const REVIEW: &str = "mutation($id: ID!) { \
     reviewSave(productId: $id, stars: 5, body: \"Bright\") { review { id } } }";

#[tokio::test]
async fn a_hidden_product_is_absent_everywhere() {
    let shop = Shop::open().await;
    let (seller, buyer) = (shop.seller(), customer());
    let id = shop.offer(&seller, "Secret Lamp").await;
    let written = shop.data(&buyer, REVIEW, json!({ "id": id })).await;
    let review = &written["reviewSave"]["review"]["id"];
    let saved = shop.save(&seller, json!({ "id": id, "status": "DRAFT" })).await;
    let variant = &saved["product"]["variants"]["nodes"][0]["id"];
    let variables = json!({
        "id": id, "slug": "secret-lamp", "sku": "Secret Lamp", "seller": shop.shop_of(&seller),
        "entities": [
            { "__typename": "Product", "id": id },
            { "__typename": "Variant", "id": variant },
            { "__typename": "Review", "id": review },
            { "__typename": "Seller", "id": shop.shop_of(&seller) },
        ],
    });
    let node = json!({ "id": id });
    let list = json!({ "totalCount": 1, "nodes": [node] });
    let none = json!({ "totalCount": 0, "nodes": [] });
    let shown = json!({
        "byId": node, "bySlug": node, "bySku": node, "listed": list,
        "_entities": [
            { "__typename": "Product", "id": id },
            { "__typename": "Variant", "id": variant },
            { "__typename": "Review", "id": review },
            { "__typename": "Seller", "products": list },
        ],
    });
    let hidden = json!({
        "byId": null, "bySlug": null, "bySku": null, "listed": none,
        "_entities": [null, null, null, { "__typename": "Seller", "products": none }],
    });

    for viewer in [Viewer::default(), customer(), buyer, shop.seller()] {
        assert_eq!(shop.data(&viewer, EVERYWHERE, variables.clone()).await, hidden);
    }
    for viewer in [seller, moderator()] {
        assert_eq!(shop.data(&viewer, EVERYWHERE, variables.clone()).await, shown);
    }
}

#[tokio::test]
async fn favourites_are_their_owners_business() {
    const FAVOURITES: &str = "query($entities: [_Any!]!) { _entities(representations: $entities) { \
         ... on Account { favourites { totalCount nodes { title isFavourite } } } } }";
    const SET: &str = "mutation($id: ID!, $on: Boolean!) { favouriteSet(productId: $id, favourite: $on) \
         { product { isFavourite } userErrors { code } } }";
    let shop = Shop::open().await;
    let (seller, buyer) = (shop.seller(), customer());
    let (lamp, desk) = (shop.offer(&seller, "Lamp").await, shop.offer(&seller, "Desk").await);
    for id in [&lamp, &desk, &lamp] {
        let data = shop.data(&buyer, SET, json!({ "id": id, "on": true })).await;
        let product = json!({ "isFavourite": true });
        assert_eq!(data["favouriteSet"], json!({ "product": product, "userErrors": [] }));
        shop.clock.advance(1);
    }
    let account = json!({ "entities": [{ "__typename": "Account", "id": buyer.account }] });

    let own = shop.data(&buyer, FAVOURITES, account.clone()).await;
    let others = shop.data(&customer(), FAVOURITES, account.clone()).await;
    shop.data(&buyer, SET, json!({ "id": desk, "on": false })).await;
    let fewer = shop.data(&buyer, FAVOURITES, account).await;

    let node = |title| json!({ "title": title, "isFavourite": true });
    let list = |nodes: Vec<Value>| {
        let favourites = json!({ "totalCount": nodes.len(), "nodes": nodes });
        json!({ "_entities": [{ "favourites": favourites }] })
    };
    assert_eq!(own, list(vec![node("Desk"), node("Lamp")]));
    assert_eq!(others, json!({ "_entities": [{ "favourites": null }] }));
    assert_eq!(fewer, list(vec![node("Lamp")]));
}

#[tokio::test]
async fn products_of_a_user_are_those_of_their_shop() {
    const OF_USERS: &str = "query($users: [_Any!]!) { _entities(representations: $users) { \
         ... on User { products { nodes { title } } } } }";
    let shop = Shop::open().await;
    let (seller, buyer) = (shop.seller(), customer());
    shop.offer(&seller, "Lamp").await;
    let user = |viewer: &Viewer| json!({ "__typename": "User", "id": viewer.user });

    let users = json!({ "users": [user(&seller), user(&buyer)] });
    let data = shop.data(&Viewer::default(), OF_USERS, users).await;

    let list = |nodes| json!({ "products": { "nodes": nodes } });
    assert_eq!(data["_entities"], json!([list(json!([{ "title": "Lamp" }])), list(json!([]))]));
}
