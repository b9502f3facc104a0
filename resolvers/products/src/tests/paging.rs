//! Every connection of products, walked from both ends in pages of many sizes,
//! and asked for pages that there are not.

use std::collections::HashSet;

use kit::{
    Viewer,
    ids::{CategoryId, SellerId},
    seed::id,
};
use serde_json::{Map, Value, json};

use super::shop::{Shop, customer};

const WAY: &str = "$first: Int, $after: String, $last: Int, $before: String";
const PAGE: &str = "first: $first, after: $after, last: $last, before: $before";
const NODES: &str = "{ totalCount nodes { id } edges { cursor } \
     pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }";

/// A list as a client asks for it.
struct List {
    name: String,
    query: String,
    pointer: &'static str,
    variables: Value,
    viewer: Viewer,
}

impl List {
    /// The list `field` of the root, with further arguments.
    fn of_root(field: &str, more: &str) -> Self {
        Self {
            name: format!("{field} {more}"),
            query: format!("query({WAY}) {{ list: {field}({PAGE}{more}) {NODES} }}"),
            pointer: "/list",
            variables: json!({}),
            viewer: Viewer::default(),
        }
    }

    /// The list `field` of an entity, with further arguments.
    fn below(parent: &str, id: &Value, field: &str, more: &str) -> Self {
        let list = format!("... on {parent} {{ list: {field}({PAGE}{more}) {NODES} }}");
        Self {
            name: format!("{parent}.{field} {more}"),
            query: format!(
                "query({WAY}, $of: [_Any!]!) {{ _entities(representations: $of) {{ {list} }} }}"
            ),
            pointer: "/_entities/0/list",
            variables: json!({ "of": [{ "__typename": parent, "id": id }] }),
            viewer: Viewer::default(),
        }
    }

    fn seen_by(self, viewer: &Viewer) -> Self {
        Self { viewer: viewer.clone(), ..self }
    }

    async fn ask(&self, shop: &Shop, page: &Value) -> Value {
        let mut variables: Map<String, Value> = self.variables.as_object().expect("variables").clone();
        variables.extend(page.as_object().expect("a page").clone());
        shop.ask(&self.viewer, &self.query, variables.into()).await
    }

    async fn page(&self, shop: &Shop, page: Value) -> Page {
        let mut answer = self.ask(shop, &page).await;
        assert_eq!(answer.get("errors"), None, "{} {page}: {answer}", self.name);
        let list = answer["data"].pointer_mut(self.pointer).expect("the list").take();
        let texts = |items: &Value, key: &str| -> Vec<String> {
            let items = items.as_array().expect("a list").iter();
            items.map(|item| item[key].as_str().expect("a text").to_owned()).collect()
        };
        let page = Page {
            ids: texts(&list["nodes"], "id"),
            cursors: texts(&list["edges"], "cursor"),
            has_next: list["pageInfo"]["hasNextPage"].as_bool().expect("a boolean"),
            has_previous: list["pageInfo"]["hasPreviousPage"].as_bool().expect("a boolean"),
            total: list["totalCount"].as_u64().expect("a count"),
        };
        assert_eq!(list["pageInfo"]["startCursor"], json!(page.cursors.first()), "{}", self.name);
        assert_eq!(list["pageInfo"]["endCursor"], json!(page.cursors.last()), "{}", self.name);
        page
    }

    /// All pages of `size` from the first to the last.
    async fn forward(&self, shop: &Shop, size: usize) -> Vec<Page> {
        let mut pages = vec![self.page(shop, json!({ "first": size })).await];
        while let Some(last) = pages.last().filter(|page| page.has_next) {
            let page = json!({ "first": size, "after": last.cursors.last() });
            pages.push(self.page(shop, page).await);
        }
        pages
    }

    /// All pages of `size` from the last to the first.
    async fn backward(&self, shop: &Shop, size: usize) -> Vec<Page> {
        let mut pages = vec![self.page(shop, json!({ "last": size })).await];
        while let Some(first) = pages.last().filter(|page| page.has_previous) {
            let page = json!({ "last": size, "before": first.cursors.first() });
            pages.push(self.page(shop, page).await);
        }
        pages
    }

    /// Walks the list in pages of several sizes.
    async fn walks_alike_from_both_ends(&self, shop: &Shop) {
        let name = &self.name;
        let whole: Vec<String> =
            self.forward(shop, 100).await.into_iter().flat_map(|page| page.ids).collect();
        let length = whole.len();
        assert!(length > 3, "{name} is too short to show anything");
        assert_eq!(whole.iter().collect::<HashSet<_>>().len(), length, "{name} repeats itself");

        let around = [length - 1, length, length + 1, length.div_ceil(2)];
        let sizes: HashSet<usize> = around.into_iter().chain([3, 7, 100]).collect();
        // Small pages of long lists would take long and show nothing new.
        for size in sizes.into_iter().filter(|size| (1..=100).contains(size) && length / size < 40) {
            let forward = self.forward(shop, size).await;
            let backward = self.backward(shop, size).await;

            let expected: Vec<&[String]> = whole.chunks(size).collect();
            assert_eq!(forward.iter().map(|page| &page.ids[..]).collect::<Vec<_>>(), expected, "{name}");
            let expected: Vec<Vec<String>> = whole.rchunks(size).map(<[_]>::to_vec).collect();
            assert_eq!(
                backward.iter().map(|page| page.ids.clone()).collect::<Vec<_>>(),
                expected,
                "{name}"
            );
            for (nth, page) in forward.iter().enumerate() {
                assert_eq!(page.has_previous, nth > 0, "{name} by {size}, page {nth}");
                assert_eq!(page.total, length as u64, "{name}");
            }
            for (nth, page) in backward.iter().enumerate() {
                assert_eq!(page.has_next, nth > 0, "{name} by {size}, page {nth} from the end");
                assert_eq!(page.total, length as u64, "{name}");
            }
            for two in forward.windows(2) {
                let back = json!({ "last": size, "before": two[1].cursors.first() });
                let back = self.page(shop, back).await;
                assert_eq!(back.cursors, two[0].cursors, "{name} by {size}: one forth, one back");
                assert_eq!((back.has_previous, back.has_next), (two[0].has_previous, true), "{name}");
            }
        }
    }
}

struct Page {
    ids: Vec<String>,
    cursors: Vec<String>,
    has_next: bool,
    has_previous: bool,
    total: u64,
}

/// The product with the most reviews.
async fn talked_about(shop: &Shop) -> Value {
    const TOP: &str =
        "{ products(first: 1, sort: { field: POPULARITY, direction: DESC }) { nodes { id } } }";
    shop.data(&Viewer::default(), TOP, Value::Null).await["products"]["nodes"][0]["id"].take()
}

/// A product with nine variants.
async fn in_many_sizes(shop: &Shop, seller: &Viewer) -> Value {
    let sizes: Vec<String> = (36..45).map(|size| size.to_string()).collect();
    let price = json!({ "minorUnits": 9_900, "currency": "EUR" });
    let variant =
        |size| json!({ "sku": format!("BOOT-{size}"), "optionValues": [size], "prices": [price] });
    let variants: Vec<Value> = sizes.iter().map(variant).collect();
    let option = json!({ "name": "Size", "values": sizes });
    let input =
        json!({ "title": "Boot", "status": "ACTIVE", "options": [option], "variants": variants });
    let mut saved = shop.save(seller, input).await;
    assert_eq!(saved["userErrors"], json!([]));
    saved["product"]["id"].take()
}

/// Somebody with seven favourites, of which some were chosen at the same time.
async fn choosy(shop: &Shop, products: &[Value]) -> Viewer {
    const SET: &str =
        "mutation($id: ID!) { favouriteSet(productId: $id, favourite: true) { userErrors { code } } }";
    let viewer = customer();
    for (nth, product) in products.iter().enumerate() {
        shop.data(&viewer, SET, json!({ "id": product })).await;
        shop.clock.advance(i64::from(nth % 3 == 0));
    }
    viewer
}

#[tokio::test]
async fn the_catalogue_walks_alike_from_both_ends() {
    let shop = Shop::with_demo_data().await;
    let filters = [
        format!("sellerId: \"{}\"", id::<SellerId>(3)),
        "title: { contains: \"desk\" }".to_owned(),
        "inStock: false, maxPrice: { minorUnits: 4000, currency: \"EUR\" }".to_owned(),
    ];
    let fields = ["CREATED_AT", "PRICE", "TITLE", "POPULARITY", "RATING"];
    // Five orders and two directions go round: each filter meets every order,
    // each order both directions.
    let mut directions = ["ASC", "DESC"].into_iter().cycle();
    for filter in filters {
        for (field, direction) in fields.into_iter().zip(&mut directions) {
            let more =
                format!(", filter: {{ {filter} }}, sort: {{ field: {field}, direction: {direction} }}");
            List::of_root("products", &more).walks_alike_from_both_ends(&shop).await;
        }
    }
    List::of_root("products", "").walks_alike_from_both_ends(&shop).await;
}

#[tokio::test]
async fn products_below_a_parent_walk_alike_from_both_ends() {
    let shop = Shop::with_demo_data().await;
    let (seller, category) = (json!(id::<SellerId>(3)), json!(id::<CategoryId>(5)));
    let some = ", filter: { not: { title: { contains: \"desk\" } } }, sort: { field: RATING }";
    let user = json!(shop.seller_in(id(3)).user);

    for more in ["", some, ", sort: { field: PRICE, direction: DESC }"] {
        List::below("Seller", &seller, "products", more).walks_alike_from_both_ends(&shop).await;
        List::below("Category", &category, "products", more).walks_alike_from_both_ends(&shop).await;
    }
    List::below("User", &user, "products", "").walks_alike_from_both_ends(&shop).await;
}

#[tokio::test]
async fn variants_and_reviews_walk_alike_from_both_ends() {
    let shop = Shop::with_demo_data().await;
    let (boot, talked_about) = (in_many_sizes(&shop, &shop.seller()).await, talked_about(&shop).await);

    List::below("Product", &boot, "variants", "").walks_alike_from_both_ends(&shop).await;
    List::below("Product", &talked_about, "reviews", "").walks_alike_from_both_ends(&shop).await;
    for sort in ["NEWEST", "HIGHEST", "LOWEST", "MOST_HELPFUL"] {
        let sort = format!(", sort: {sort}");
        List::below("Product", &talked_about, "reviews", &sort).walks_alike_from_both_ends(&shop).await;
    }
}

#[tokio::test]
async fn equals_walk_alike_from_both_ends() {
    let shop = Shop::open().await;
    let seller = shop.seller();
    // The clock stands still: all were created at the same time.
    let mut offers = Vec::new();
    for title in ["Lamp A", "Lamp B", "Lamp C", "Lamp D", "Lamp E", "Lamp F", "Lamp G"] {
        offers.push(shop.offer(&seller, title).await);
    }
    let viewer = choosy(&shop, &offers).await;
    let (account, user, shop_id) =
        (json!(viewer.account), json!(seller.user), json!(shop.shop_of(&seller)));

    List::of_root("products", "").walks_alike_from_both_ends(&shop).await;
    List::below("User", &user, "products", "").walks_alike_from_both_ends(&shop).await;
    for field in ["CREATED_AT", "PRICE", "POPULARITY", "RATING"] {
        let sort = format!(", sort: {{ field: {field} }}");
        List::below("Seller", &shop_id, "products", &sort).walks_alike_from_both_ends(&shop).await;
    }
    let favourites = List::below("Account", &account, "favourites", "").seen_by(&viewer);
    favourites.walks_alike_from_both_ends(&shop).await;
}

#[tokio::test]
async fn the_ends_of_many_parents_are_read_together() {
    const ENDS: &str = "{ products(first: 100, sort: { field: POPULARITY, direction: DESC }) { nodes { \
         all: reviews(first: 100, sort: HIGHEST) { nodes { id } } \
         end: reviews(last: 3, sort: HIGHEST) { nodes { id } pageInfo { hasPreviousPage hasNextPage } } \
         } } }";
    let shop = Shop::with_demo_data().await;

    let data = shop.data(&Viewer::default(), ENDS, Value::Null).await;

    for product in data["products"]["nodes"].as_array().expect("products") {
        let all = product["all"]["nodes"].as_array().expect("reviews");
        let place = json!({ "hasPreviousPage": all.len() > 3, "hasNextPage": false });
        let end = json!({ "nodes": all[all.len().saturating_sub(3)..], "pageInfo": place });
        assert_eq!(product["end"], end);
    }
}

#[tokio::test]
async fn a_page_that_there_is_not_is_refused() {
    const ENDS: &str = "page with first and after, or with last and before";
    let shop = Shop::with_demo_data().await;
    let seller = shop.seller();
    let (boot, talked_about) = (in_many_sizes(&shop, &seller).await, talked_about(&shop).await);
    let viewer = choosy(&shop, std::slice::from_ref(&boot)).await;
    let lists = [
        List::of_root("products", ""),
        List::below("User", &json!(seller.user), "products", ""),
        List::below("Seller", &json!(shop.shop_of(&seller)), "products", ""),
        List::below("Category", &json!(id::<CategoryId>(7)), "products", ""),
        List::below("Account", &json!(viewer.account), "favourites", "").seen_by(&viewer),
        List::below("Product", &boot, "variants", ""),
        List::below("Product", &talked_about, "reviews", ""),
    ];

    for list in lists {
        let cursor = list.page(&shop, json!({ "first": 1 })).await.cursors.remove(0);
        for (page, message) in [
            (json!({ "first": 1, "last": 1 }), ENDS),
            (json!({ "last": 1, "after": cursor }), ENDS),
            (json!({ "first": 1, "before": cursor }), ENDS),
            (json!({ "before": cursor }), ENDS),
            (json!({ "after": cursor, "before": cursor }), ENDS),
            (json!({ "first": -1 }), "first must be from 0 to 100, not -1"),
            (json!({ "last": -1 }), "last must be from 0 to 100, not -1"),
            (json!({ "last": 101 }), "last must be from 0 to 100, not 101"),
            (json!({ "last": 1, "before": "%%" }), "not a cursor of this list"),
        ] {
            let answer = list.ask(&shop, &page).await;

            assert_eq!(answer["errors"][0]["message"], message, "{} {page}", list.name);
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
            assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1));
        }
        // Null says nothing; Relay's runtime sends it for the other end.
        let nulls = json!({ "first": null, "after": null, "last": 1, "before": null });
        assert_eq!(list.ask(&shop, &nulls).await.get("errors"), None, "{}", list.name);
    }
}

#[tokio::test]
async fn a_cursor_of_another_order_is_refused_from_the_end_too() {
    const ORDER: &str = "a cursor of a list in another order";
    let shop = Shop::with_demo_data().await;
    let talked_about = talked_about(&shop).await;
    let by = |field: &str| List::of_root("products", &format!(", sort: {{ field: {field} }}"));
    let reviews =
        |sort: &str| List::below("Product", &talked_about, "reviews", &format!(", sort: {sort}"));

    for (made, asked) in [(by("TITLE"), by("PRICE")), (reviews("NEWEST"), reviews("LOWEST"))] {
        let cursor = made.page(&shop, json!({ "last": 1 })).await.cursors.remove(0);
        let answer = asked.ask(&shop, &json!({ "last": 1, "before": cursor })).await;

        assert_eq!(answer["errors"][0]["message"], ORDER, "{}", asked.name);
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn every_connection_is_paged_in_the_same_words() {
    const ARGUMENTS: &str = r#"(
    "Items from the start, at most 100; 20 when neither `first` nor `last` is given."
    first: Int,
    "Only items behind this cursor; excludes `last`."
    after: String,
    "Items from the end, at most 100; excludes `first` and `after`."
    last: Int,
    "Only items before this cursor; needs `last`."
    before: String"#;
    let sdl = Shop::open().await.subgraph.sdl();

    let lists = sdl.lines().filter(|line| line.trim_end_matches('!').ends_with("Connection"));

    assert_eq!((sdl.matches(ARGUMENTS).count(), lists.count()), (7, 7));
}
