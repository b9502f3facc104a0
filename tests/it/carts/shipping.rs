//! Where to, how, and with which tax.

use serde_json::json;
use tests::{execute, on_each_database, on_each_database_with};

use super::{add, address, by_token, change, done, error, guest_cart, offered, read, refused, ship};

#[tokio::test]
async fn totals_are_an_estimate_until_address_and_rate_are_known() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 1_000).await;
        let cart = by_token(&guest_cart(&guest).await);
        let empty = add(&guest, &cart, &lamp, 1).await;
        assert_eq!(empty["shippingOptions"], json!(null));
        assert_eq!(empty["totals"]["isEstimate"], true);

        let shipped = ship(&guest, &cart).await;

        let rates = json!([
            { "handle": "standard", "price": { "minorUnits": 490 } },
            { "handle": "express", "price": { "minorUnits": 1_490 } },
        ]);
        assert_eq!(shipped["shippingOptions"], rates);
        assert_eq!(shipped["selectedShipping"], json!({ "handle": "standard" }));
        assert_eq!(shipped["totals"]["total"]["minorUnits"], 1_490);
        assert_eq!(
            (&shipped["totals"]["isEstimate"], &shipped["isReady"]),
            (&json!(false), &json!(true))
        );
        let more = add(&guest, &cart, &lamp, 9).await;
        assert_eq!(more["totals"]["shipping"]["minorUnits"], 0, "free above an amount");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn tax_of_the_country_is_added_to_lines_and_shipping() {
    let configure = |config: &mut gateway::Config| config.carts.tax = vec!["DE 1900".to_owned()];
    on_each_database_with(configure, async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 1_003).await;
        let cart = by_token(&guest_cart(&guest).await);
        add(&guest, &cart, &lamp, 1).await;

        let shipped = ship(&guest, &cart).await;

        // 190.57 and 93.10, each rounded half up.
        assert_eq!(shipped["totals"]["tax"]["minorUnits"], 191 + 93);
        assert_eq!(shipped["totals"]["total"]["minorUnits"], 1_003 + 490 + 191 + 93);
        let known = super::priced(&app, &cart["token"]).await;
        assert_eq!((known.lines[0].tax, known.shipping_tax, known.total), (191, 93, 1_777));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_rate_that_is_no_longer_offered_is_stale() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 1_000).await;
        let cart = by_token(&guest_cart(&guest).await);
        add(&guest, &cart, &lamp, 1).await;
        ship(&guest, &cart).await;

        execute(&app, "UPDATE carts SET shipping_handle = 'by-pigeon'").await;

        let seen = read(&guest, &cart["token"]).await;
        let warning = json!({ "code": "SHIPPING_STALE", "lineId": null, "blocking": true });
        assert_eq!(seen["warnings"], json!([warning]));
        assert_eq!(seen["selectedShipping"], json!(null));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn only_offered_rates_are_chosen_and_only_for_an_address() {
    on_each_database(async |app| {
        let guest = app.guest();
        let cart = by_token(&guest_cart(&guest).await);
        let select = async |handle: &str| {
            let variables = json!({ "cart": cart, "handle": handle });
            change(&guest, "cartShippingSelect", "$cart: CartRef, $handle: ID!", variables).await
        };

        let early = select("standard").await;
        let mut nowhere = address();
        nowhere["lines"] = json!([]);
        let arguments = "$cart: CartRef, $address: AddressInput!";
        let variables = json!({ "cart": cart, "address": nowhere });
        let no_address = change(&guest, "cartShippingAddressSet", arguments, variables).await;
        let variables = json!({ "cart": cart, "address": address() });
        let set = done(change(&guest, "cartShippingAddressSet", arguments, variables).await);
        let unknown = select("by-pigeon").await;

        let expected = json!([error("INVALID", &["handle"], "set the address first")]);
        assert_eq!(early, refused(expected));
        let expected = json!([error("INVALID", &["address", "lines"], "1 to 4 street lines")]);
        assert_eq!(no_address, refused(expected));
        let expected = json!([error("NOT_FOUND", &["handle"], "shipping rate not found")]);
        assert_eq!(unknown, refused(expected));
        assert_eq!(read(&guest, &cart["token"]).await["version"], set["version"]);
        app.stop().await;
    })
    .await;
}
