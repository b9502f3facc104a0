//! In which currency a product is quoted.

use kit::Viewer;
use serde_json::{Value, json};

use super::shop::Shop;

const PRICES: &str = "query($of: [_Any!]!, $currency: CurrencyCode) { _entities(representations: $of) { \
     ... on Product { priceRange(currency: $currency) { min { amount currency } max { amount currency } } \
     variants { nodes { price(currency: $currency) { amount currency } } } } } }";

fn pays_in(currency: &str) -> Viewer {
    Viewer { currency: Some(currency.parse().expect("a currency")), ..Viewer::default() }
}

/// Offers a product with a variant for each list of prices; answers a reference.
async fn offer(shop: &Shop, seller: &Viewer, title: &str, variants: &[&[(&str, i64)]]) -> Value {
    let values: Vec<String> = (0..variants.len()).map(|nth| nth.to_string()).collect();
    let price = |(currency, minor_units): &(&str, i64)| json!({ "currency": currency, "minorUnits": minor_units });
    let variant = |(prices, value): (&&[(&str, i64)], &String)| {
        let prices: Vec<Value> = prices.iter().map(price).collect();
        json!({ "sku": format!("{title}-{value}"), "optionValues": [value], "prices": prices })
    };
    let input = json!({
        "title": title, "status": "ACTIVE", "options": [{ "name": "Kind", "values": values }],
        "variants": variants.iter().zip(&values).map(variant).collect::<Vec<_>>(),
    });
    let saved = shop.save(seller, input).await;
    assert_eq!(saved["userErrors"], json!([]));
    json!({ "__typename": "Product", "id": saved["product"]["id"] })
}

fn quoted(min: Value, max: Value, prices: &[Value]) -> Value {
    let range = match min {
        Value::Null => Value::Null,
        min => json!({ "min": min, "max": max }),
    };
    let nodes: Vec<Value> = prices.iter().map(|price| json!({ "price": price })).collect();
    json!({ "priceRange": range, "variants": { "nodes": nodes } })
}

#[tokio::test]
async fn what_is_not_sold_in_the_viewers_currency_is_quoted_in_euros() {
    let shop = Shop::open().await;
    let seller = shop.seller();
    let of = json!([
        offer(&shop, &seller, "Both", &[&[("EUR", 100), ("USD", 110)], &[("EUR", 200)]]).await,
        offer(&shop, &seller, "Euro", &[&[("EUR", 300)], &[("EUR", 400)]]).await,
        offer(&shop, &seller, "Pound", &[&[("GBP", 500)]]).await,
    ]);
    let euro = |amount: &str| json!({ "amount": amount, "currency": "EUR" });
    let dollar = |amount: &str| json!({ "amount": amount, "currency": "USD" });
    let ask = async |viewer: &Viewer, currency: Option<&str>| {
        let before = shop.db.statements();
        let variables = json!({ "of": of, "currency": currency });
        let mut data = shop.data(viewer, PRICES, variables).await;
        // Products, price ranges, variants, prices.
        assert_eq!(shop.db.statements() - before, 4);
        data["_entities"].take()
    };

    let in_dollars = ask(&pays_in("USD"), None).await;
    let asked_for_dollars = ask(&pays_in("USD"), Some("USD")).await;
    let as_guest = ask(&Viewer::default(), None).await;
    let asked_for_euros = ask(&pays_in("USD"), Some("EUR")).await;

    let none = Value::Null;
    let both = quoted(dollar("1.10"), dollar("1.10"), &[dollar("1.10"), euro("2.00")]);
    let only_euro = quoted(euro("3.00"), euro("4.00"), &[euro("3.00"), euro("4.00")]);
    let nothing = |count| quoted(Value::Null, Value::Null, &vec![Value::Null; count]);
    assert_eq!(in_dollars, json!([both, only_euro, nothing(1)]));
    let both = quoted(dollar("1.10"), dollar("1.10"), &[dollar("1.10"), none]);
    assert_eq!(asked_for_dollars, json!([both, nothing(2), nothing(1)]));
    let both = quoted(euro("1.00"), euro("2.00"), &[euro("1.00"), euro("2.00")]);
    assert_eq!(as_guest, json!([both, only_euro, nothing(1)]));
    assert_eq!(asked_for_euros, as_guest);
}

#[tokio::test]
async fn quotes_of_one_product_do_not_mix() {
    const QUOTES: &str = "query($of: [_Any!]!) { _entities(representations: $of) { ... on Product { \
         any: priceRange { min { amount } } dollars: priceRange(currency: \"USD\") { min { amount } } \
         euros: priceRange(currency: \"EUR\") { min { amount } } \
         variants { nodes { price { amount } compareAtPrice { amount } \
         dollars: price(currency: \"USD\") { amount } } } } } }";
    let shop = Shop::open().await;
    let lamp = offer(&shop, &shop.seller(), "Lamp", &[&[("EUR", 100)]]).await;

    let data = shop.data(&pays_in("USD"), QUOTES, json!({ "of": [lamp] })).await;

    let range = json!({ "min": { "amount": "1.00" } });
    let price = json!({ "price": { "amount": "1.00" }, "compareAtPrice": null, "dollars": null });
    let quotes =
        json!({ "any": range, "dollars": null, "euros": range, "variants": { "nodes": [price] } });
    assert_eq!(data["_entities"], json!([quotes]));
}
