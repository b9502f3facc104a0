//! Reviews, their answers, and the ratings they add up to.

use std::time::Duration;

use futures_util::future::join_all;
use kit::{
    Id as _,
    facts::OrderPaid,
    ids::{OrderId, ProductId, ReviewId},
};
use serde_json::{Value, json};
use subscriptions::{EventLog, NewEvent};
use tests::{Client, TestApp, number, on_each_database};

use super::{REVIEW, TABLES, offer, refused_review, review};
use crate::accounts::{data, rows};

const REPLY: &str = "mutation($id: ID!, $body: String!) { reviewReply(reviewId: $id, body: $body) { \
    review { id reply body stars } userErrors { code field message } } }";

async fn reply(client: &Client, id: &Value, body: &str) -> Value {
    data(client, REPLY, json!({ "id": id, "body": body })).await["reviewReply"].take()
}

/// A demo customer.
async fn buyer(app: &TestApp, index: u32) -> Client {
    app.sign_in(&app.email(index).await).await
}

async fn rating(client: &Client, product: &Value) -> Value {
    let query = "query($id: ID!) { product(by: { id: $id }) { rating { average count histogram } \
        reviews { totalCount } } }";
    data(client, query, json!({ "id": product })).await["product"].take()
}

fn rated(average: Value, histogram: [i64; 5]) -> Value {
    let count: i64 = histogram.iter().sum();
    let rating = json!({ "average": average, "count": count, "histogram": histogram });
    json!({ "rating": rating, "reviews": { "totalCount": count } })
}

#[tokio::test]
async fn a_review_is_read_where_it_was_written_and_counts() {
    on_each_database(async |app| {
        let product = offer(&app.seller(0).await, "Lamp").await;
        let buyer = buyer(&app, 60).await;
        let handle =
            data(&buyer, "{ me { user { handle } } }", json!({})).await["me"]["user"]["handle"].take();

        let payload = review(&buyer, &product, 4, " <b>Good</b> light,\nlow heat. ").await;

        let body = "Good light,\nlow heat.";
        let after = rated(json!(4.0), [0, 0, 0, 1, 0]);
        let written = json!({ "id": payload["review"]["id"], "stars": 4, "body": body, "reply": null,
            "verifiedPurchase": false, "author": { "handle": handle }, "product": {
                "rating": after["rating"] } });
        assert_eq!(payload, json!({ "review": written, "userErrors": [] }));
        assert_eq!(rating(&app.guest(), &product).await, after);
        let query = "query($id: ID!) { product(by: { id: $id }) { reviews { nodes { id body author { \
            handle } } } } }";
        let listed = data(&app.guest(), query, json!({ "id": product })).await;
        let node = json!({ "id": payload["review"]["id"], "body": body, "author": {
            "handle": handle } });
        assert_eq!(listed["product"]["reviews"]["nodes"], json!([node]));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_changed_review_moves_the_rating_exactly_and_keeps_its_answer() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let product = offer(&seller, "Lamp").await;
        let (one, two) = (buyer(&app, 60).await, buyer(&app, 61).await);
        let first = review(&one, &product, 5, "Great.").await;
        review(&two, &product, 2, "Dim.").await;
        reply(&seller, &first["review"]["id"], "Thank you.").await;

        let changed = review(&one, &product, 1, "It broke.").await;

        assert_eq!(changed["review"]["id"], first["review"]["id"]);
        assert_eq!(
            (&changed["review"]["stars"], &changed["review"]["body"]),
            (&json!(1), &json!("It broke."))
        );
        assert_eq!(changed["review"]["reply"], "Thank you.");
        assert_eq!(rating(&app.guest(), &product).await, rated(json!(1.5), [1, 1, 0, 0, 0]));
        review(&one, &product, 1, "It broke.").await;
        assert_eq!(
            rating(&app.guest(), &product).await,
            rated(json!(1.5), [1, 1, 0, 0, 0]),
            "the same again"
        );
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn twenty_reviews_at_once_by_one_buyer_are_one_review() {
    on_each_database(async |app| {
        let product = offer(&app.seller(0).await, "Lamp").await;
        let buyer = buyer(&app, 60).await;
        let [before] = rows(&app, ["reviews"]).await;

        let payloads =
            join_all((0..20).map(|number| review(&buyer, &product, number % 5 + 1, "Hm."))).await;

        assert!(payloads.iter().all(|payload| payload["userErrors"] == json!([])), "{payloads:?}");
        assert!(payloads.iter().all(|payload| payload["review"]["id"] == payloads[0]["review"]["id"]));
        assert_eq!(rows(&app, ["reviews"]).await, [before + 1]);
        let query = "query($id: ID!) { product(by: { id: $id }) { reviews { nodes { stars } } } }";
        let listed = data(&app.guest(), query, json!({ "id": product })).await;
        let stars = listed["product"]["reviews"]["nodes"][0]["stars"].as_u64().expect("stars");
        let mut histogram = [0; 5];
        histogram[usize::try_from(stars - 1).expect("small")] = 1;
        let average: f64 = u32::try_from(stars).expect("small").into();
        assert_eq!(rating(&app.guest(), &product).await, rated(json!(average), histogram));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_rating_is_exact_when_many_review_at_once() {
    on_each_database(async |app| {
        let product = offer(&app.seller(0).await, "Lamp").await;
        let buyers = join_all((60..110).map(|index| buyer(&app, index))).await;
        let stars = [1, 2, 3, 4, 5, 5, 5, 1, 4, 4].into_iter().cycle();

        join_all(buyers.iter().zip(stars).map(|(buyer, stars)| review(buyer, &product, stars, "Hm.")))
            .await;
        let first = rating(&app.guest(), &product).await;
        join_all(buyers.iter().take(4).map(|buyer| review(buyer, &product, 5, "Better."))).await;
        let second = rating(&app.guest(), &product).await;

        assert_eq!(first, rated(json!(3.4), [10, 5, 5, 15, 15]));
        assert_eq!(second, rated(json!(3.6), [9, 4, 4, 14, 19]));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn reviews_of_what_was_paid_for_are_verified_whichever_came_first() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let (lamp, desk) = (offer(&seller, "Lamp").await, offer(&seller, "Desk").await);
        let (one, two) = (buyer(&app, 60).await, buyer(&app, 61).await);
        let early = review(&one, &lamp, 4, "Good.").await;
        review(&two, &lamp, 4, "Good.").await;
        let id = |value: &Value| value.as_str().expect("an id").to_owned();
        let paid = OrderPaid {
            order_id: OrderId::generate(),
            account_id: None,
            user_id: Some(kit::seed::id(60)),
            seller_ids: Vec::new(),
            product_ids: vec![
                id(&lamp).parse().expect("an id"),
                id(&desk).parse().expect("an id"),
                ProductId::generate(),
            ],
        };

        for _ in 0..2 {
            let event = NewEvent::new(&paid, app.app().platform().clock.now());
            EventLog::append(app.app().db().write(), event).await.expect("written");
        }
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while number(&app, "SELECT count(*) FROM purchases").await < 2 {
            assert!(tokio::time::Instant::now() < deadline, "the purchase is not noted");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }

        let query = "query($id: ID!) { product(by: { id: $id }) { reviews(sort: NEWEST) { nodes { id \
            verifiedPurchase } } } }";
        let listed = data(&app.guest(), query, json!({ "id": lamp })).await;
        let verified: Vec<&Value> = listed["product"]["reviews"]["nodes"]
            .as_array()
            .expect("reviews")
            .iter()
            .filter(|node| node["verifiedPurchase"] == true)
            .map(|node| &node["id"])
            .collect();
        assert_eq!(early["review"]["verifiedPurchase"], false);
        assert_eq!(verified, [&early["review"]["id"]], "of this buyer alone");
        let late = review(&one, &desk, 5, "Firm.").await;
        assert_eq!(late["review"]["verifiedPurchase"], true);
        let changed = review(&one, &desk, 3, "It wobbles.").await;
        assert_eq!(changed["review"]["verifiedPurchase"], true);
        assert_eq!(review(&two, &desk, 5, "Firm.").await["review"]["verifiedPurchase"], false);
        assert_eq!(number(&app, "SELECT count(*) FROM purchases").await, 2);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_review_that_breaks_a_rule_is_refused_and_nothing_changes() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let product = offer(&seller, "Lamp").await;
        let buyer = buyer(&app, 60).await;
        review(&buyer, &product, 3, "Hm.").await;
        let before = (rows(&app, TABLES).await, rating(&buyer, &product).await);
        let stars = refused_review("INVALID", &["stars"], "must be from 1 to 5");
        let body = refused_review("INVALID", &["body"], "must have 1 to 5000 characters");

        for count in [0, 6, -1, i32::MAX] {
            assert_eq!(review(&buyer, &product, count, "Hm.").await, stars);
        }
        for text in [String::new(), " \n ".to_owned(), "<p></p>".to_owned(), "a".repeat(5_001)] {
            assert_eq!(review(&buyer, &product, 5, &text).await, body);
        }
        let own = "sellers can't review their own products";
        assert_eq!(
            review(&seller, &product, 5, "Best.").await,
            refused_review("INVALID", &["productId"], own)
        );
        let nowhere = json!(ProductId::generate());
        let missing = refused_review("NOT_FOUND", &["productId"], "product not found");
        assert_eq!(review(&buyer, &nowhere, 5, "Hm.").await, missing);
        let guest =
            app.guest().ask(REVIEW, json!({ "product": product, "stars": 5, "body": "Hm." })).await;

        assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!((rows(&app, TABLES).await, rating(&buyer, &product).await), before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_review_is_answered_by_the_products_seller_only() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let product = offer(&seller, "Lamp").await;
        let author = buyer(&app, 60).await;
        let id = review(&author, &product, 2, "Dim.").await["review"]["id"].take();
        let not_found = refused_review("NOT_FOUND", &["reviewId"], "review not found");
        let others = [
            author,
            app.seller(1).await,
            app.sign_in("mona-moderator@demo.example").await,
            app.sign_in("alma-admin@demo.example").await,
        ];
        let before = rows(&app, TABLES).await;

        for other in &others {
            assert_eq!(reply(other, &id, "Nonsense.").await, not_found);
        }
        assert_eq!(reply(&seller, &json!(ReviewId::generate()), "Thanks.").await, not_found);
        let too_long = refused_review("INVALID", &["body"], "must have 1 to 5000 characters");
        assert_eq!(reply(&seller, &id, "").await, too_long);
        assert_eq!(reply(&seller, &id, &"a".repeat(5_001)).await, too_long);
        assert_eq!(rows(&app, TABLES).await, before);
        let answered = reply(&seller, &id, "Turn it <i>up</i>.").await;
        let again = reply(&seller, &id, "Or buy two.").await;

        let expected = |reply: &str| {
            let review = json!({ "id": id, "reply": reply, "body": "Dim.", "stars": 2 });
            json!({ "review": review, "userErrors": [] })
        };
        assert_eq!(answered, expected("Turn it up."));
        assert_eq!(again, expected("Or buy two."));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn reviews_are_walked_in_every_order_without_gap_or_repetition() {
    on_each_database(async |app| {
        let guest = app.guest();
        let find = "{ products(first: 1, sort: { field: POPULARITY, direction: DESC }) { nodes { id \
            rating { count } } } }";
        let product = data(&guest, find, json!({})).await["products"]["nodes"][0].take();
        let count = product["rating"]["count"].as_u64().expect("a count");
        let query = "query($id: ID!, $sort: ReviewSort, $first: Int, $after: String) { product(by: { \
            id: $id }) { reviews(sort: $sort, first: $first, after: $after) { totalCount nodes { id \
            stars createdAt } pageInfo { hasNextPage endCursor } } } }";
        let page = async |sort: &str, first: i32, after: &Value| {
            let variables = json!({ "id": product["id"], "sort": sort, "first": first, "after": after });
            data(&guest, query, variables).await["product"]["reviews"].take()
        };
        let walk = async |sort: &str| {
            let (mut all, mut after) = (Vec::new(), Value::Null);
            loop {
                let page = page(sort, 5, &after).await;
                assert_eq!(page["totalCount"], count);
                all.extend(page["nodes"].as_array().expect("nodes").iter().cloned());
                if page["pageInfo"]["hasNextPage"] == false {
                    return all;
                }
                after = page["pageInfo"]["endCursor"].clone();
            }
        };

        let newest = walk("NEWEST").await;
        let id = |review: &Value| review["id"].as_str().expect("an id").to_owned();
        let created = |review: &Value| review["createdAt"].as_str().expect("a time").to_owned();
        let stars = |review: &Value| review["stars"].as_i64().expect("stars");
        assert_eq!(newest.len() as u64, count);
        let mut expected = newest.clone();
        expected.sort_by_key(|review| std::cmp::Reverse((created(review), id(review))));
        assert_eq!(newest, expected);
        expected.sort_by_key(|review| std::cmp::Reverse((stars(review), id(review))));
        assert_eq!(walk("HIGHEST").await, expected);
        expected.reverse();
        assert_eq!(walk("LOWEST").await, expected);
        let mut helpful: Vec<String> = walk("MOST_HELPFUL").await.iter().map(id).collect();
        helpful.sort();
        helpful.dedup();
        assert_eq!(helpful.len() as u64, count, "each once");
        let foreign = page("NEWEST", 1, &Value::Null).await["pageInfo"]["endCursor"].take();
        let variables = json!({ "id": product["id"], "sort": "LOWEST", "after": foreign });
        let answer = guest.ask(query, variables).await;
        assert_eq!(answer["errors"][0]["message"], "a cursor of a list in another order");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        app.stop().await;
    })
    .await;
}
