//! Who sees what of an order, and how many statements lists of orders take.

use kit::{Database, Role, Viewer, ids::OrderId};
use serde_json::{Value, json};

use super::{desk::Desk, ports::customer};

const ALL: &str = "query($id: ID!, $secret: String) { order(id: $id, guestSecret: $secret) { id number \
    state buyer { id } lines { title } sellerParts { payout { minorUnits } commission { minorUnits } } \
    totals { total { minorUnits } } shippingAddress { city } history { to actor { id } } invoiceUrl } }";

async fn seller(desk: &Desk, id: OrderId, index: usize) -> Viewer {
    let viewer = Viewer { roles: vec![Role::Customer, Role::Seller], ..customer() };
    let shop = desk.sellers(id).await[index];
    desk.around.world().sellers.insert(viewer.user.expect("signed in"), shop);
    viewer
}

#[tokio::test]
async fn a_shop_sees_its_part_from_the_payment_on_and_nothing_of_the_buyer() {
    let desk = Desk::open().await;
    let buyer = customer();
    let units = [(desk.variant(9), 1), (desk.variant(9), 3)];
    let unpaid = desk.place(&buyer, &units).await;
    let early = desk.payload(&seller(&desk, unpaid, 0).await, ALL, json!({ "id": unpaid })).await;
    let id = desk.paid(&buyer, &units).await;
    let shop = seller(&desk, id, 1).await;

    let whole = desk.payload(&buyer, ALL, json!({ "id": id })).await;
    let part = desk.payload(&shop, ALL, json!({ "id": id })).await;
    let other = desk.payload(&customer(), ALL, json!({ "id": id })).await;
    let guest = desk.payload(&Viewer::default(), ALL, json!({ "id": id })).await;

    assert_eq!((early, other, guest), (Value::Null, Value::Null, Value::Null));
    assert_eq!(whole["lines"].as_array().map(Vec::len), Some(2));
    assert_eq!(whole["totals"]["total"]["minorUnits"], 4_500);
    assert_ne!(whole["invoiceUrl"], Value::Null);
    assert_eq!(part["lines"].as_array().map(Vec::len), Some(1));
    // Three of the four units, and three quarters of shipping.
    assert_eq!(part["totals"]["total"]["minorUnits"], 3_375);
    let shares = json!([{ "payout": { "minorUnits": 3_038 }, "commission": { "minorUnits": 337 } }]);
    assert_eq!(part["sellerParts"], shares);
    assert_eq!(part["shippingAddress"]["city"], "Vienna");
    assert_eq!((&part["buyer"], &part["invoiceUrl"]), (&Value::Null, &Value::Null));
    assert!(part["history"].as_array().expect("moves").iter().all(|row| row["actor"].is_null()));
}

#[tokio::test]
async fn a_guest_sees_an_order_by_its_secret_alone() {
    let desk = Desk::open().await;
    let cart = desk.cart(&[(desk.variant(5), 1)]);
    let mut draft = desk.draft(cart);
    draft.cart = Some(kit::CartRef::Token(cart.to_string()));
    let guest = Viewer::default();
    let nameless = desk.service.checkout(&guest, draft.clone(), "k").await.expect("no failure");
    assert!(nameless.is_err(), "a guest needs an email");
    draft.email = Some("Ada@Example.com".to_owned());

    let first =
        desk.service.checkout(&guest, draft.clone(), "k").await.expect("no failure").expect("placed");
    let again = desk.service.checkout(&guest, draft, "k").await.expect("no failure").expect("placed");

    let secret = first.guest_secret.expect("a secret");
    assert_eq!(again.guest_secret.as_ref(), Some(&secret));
    assert!(again.is_replayed);
    let seen = desk.payload(&guest, ALL, json!({ "id": first.id, "secret": secret })).await;
    assert_eq!(seen["id"], json!(first.id));
    for wrong in [json!(null), json!(""), json!(format!("{secret}x"))] {
        let seen = desk.payload(&guest, ALL, json!({ "id": first.id, "secret": wrong })).await;
        assert_eq!(seen, Value::Null);
    }
    let stored =
        desk.number(&format!("SELECT count(*) FROM orders WHERE guest_access = '{secret}'")).await;
    assert_eq!(stored, 0, "only the secret's hash is stored");
    let cancel = "mutation($id: ID!, $secret: String) { orderCancel(id: $id, reason: \"No\", guestSecret: \
        $secret) { order { state } userErrors { code } } }";
    let without = desk.payload(&guest, cancel, json!({ "id": first.id })).await;
    let with = desk.payload(&guest, cancel, json!({ "id": first.id, "secret": secret })).await;
    assert_eq!(Desk::codes(&without), ["NOT_FOUND"]);
    assert_eq!(with["order"]["state"], "CANCELLED");
}

#[tokio::test]
async fn a_list_of_orders_takes_one_statement_for_each_kind_of_row() {
    let desk = Desk::open().await;
    let (buyer, staff) = (customer(), Viewer { roles: vec![Role::Admin], ..customer() });
    let variant = desk.variant(50);
    for _ in 0..6 {
        let id = desk.paid(&buyer, &[(variant, 2), (variant, 1)]).await;
        let line = desk.lines(id).await.remove(0);
        desk.ship(&staff, id, &line, 1).await;
    }
    let page = |first: u32| {
        format!(
            "{{ orders(first: {first}) {{ totalCount nodes {{ number allowedTransitions lines {{ sku \
             variant {{ unitsSold30d }} }} sellerParts {{ lines {{ id }} }} fulfilments {{ lines {{ \
             quantity line {{ title }} }} }} returns {{ id }} history {{ to }} totals {{ total {{ amount \
             }} }} }} }} }}"
        )
    };
    let count = async |first: u32| {
        let page = page(first);
        let (answer, statements) =
            Database::counted(async { desk.payload(&staff, &page, json!({})).await }).await;
        (answer["nodes"].as_array().map(Vec::len), statements)
    };

    let (of_one, of_six) = (count(1).await, count(6).await);

    assert_eq!((of_one.0, of_six.0), (Some(1), Some(6)));
    // Orders, their count, lines, parts, shipments and their units, returns, history, units sold.
    assert_eq!((of_one.1, of_six.1), (9, 9));
}

#[tokio::test]
async fn lists_are_filtered_and_paged_newest_first() {
    let desk = Desk::open().await;
    let buyer = customer();
    let variant = desk.variant(50);
    let mut ids = Vec::new();
    for _ in 0..5 {
        desk.minutes(1);
        ids.push(desk.place(&buyer, &[(variant, 1)]).await);
    }
    desk.around.pay(ids[1], desk.total(ids[1]).await);
    desk.service.settle_order(ids[1]).await.expect("settled");
    let staff = Viewer { roles: vec![Role::Support], ..customer() };
    let list = async |arguments: &str| {
        let query = format!("{{ orders({arguments}) {{ nodes {{ id }} pageInfo {{ endCursor }} }} }}");
        let answer = desk.payload(&staff, &query, json!({})).await;
        let nodes = answer["nodes"].as_array().expect("nodes").clone();
        let ids: Vec<Value> = nodes.into_iter().map(|mut node| node["id"].take()).collect();
        (ids, answer["pageInfo"]["endCursor"].as_str().unwrap_or_default().to_owned())
    };
    let newest: Vec<Value> = ids.iter().rev().map(|id| json!(id)).collect();

    let (first, cursor) = list("first: 2").await;
    assert_eq!(first, newest[..2]);
    assert_eq!(list(&format!("first: 9, after: \"{cursor}\"")).await.0, newest[2..]);
    assert_eq!(list("last: 2").await.0, newest[3..]);
    assert_eq!(list("filter: { state: [PAID] }").await.0, [json!(ids[1])]);
    assert_eq!(list("filter: { number: \"100003\" }").await.0, [json!(ids[2])]);
    assert_eq!(list("filter: { number: \"1000\" }").await.0.len(), 5);
    assert_eq!(list("filter: { placedAt: { to: \"2026-01-01T00:02:00Z\" } }").await.0, [json!(ids[0])]);
    let bad =
        desk.ask(&staff, "{ orders(filter: { number: \"1%\" }) { nodes { id } } }", json!({})).await;
    assert_eq!(bad["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    let account = buyer.account.expect("signed in");
    let own = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Account { orders { totalCount \
        nodes { id } } } } }";
    let asked = json!({ "r": [{ "__typename": "Account", "id": account }] });
    let mine = desk.ask(&buyer, own, asked.clone()).await;
    assert_eq!(mine["data"]["_entities"][0]["orders"]["totalCount"], 5);
    let others = desk.ask(&customer(), own, asked).await;
    assert_eq!(others["data"]["_entities"][0]["orders"], Value::Null);
}
