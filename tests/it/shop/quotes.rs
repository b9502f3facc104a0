//! What carts are told of variants: what they cost now, and whether they are on
//! sale.

use std::{collections::HashMap, sync::Arc};

use entities::products::variant::Choice;
use kit::{
    CurrencyCode, Id as _,
    ids::{SellerId, VariantId},
    ports::{Quote, Quotes},
};
use serde_json::json;
use tests::{TestApp, execute, on_each_database};

use super::{archive, saved, variant};

async fn quotes(app: &TestApp, currency: &str, ids: &[VariantId]) -> HashMap<VariantId, Quote> {
    let port: Arc<dyn Quotes> = app.app().platform().ports.get().expect("products run");
    let currency: CurrencyCode = currency.parse().expect("a currency");
    port.quotes(currency, ids).await.expect("an answer")
}

#[tokio::test]
async fn a_quote_says_what_a_variant_is_and_costs_now() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let variants = [variant("LAMP-S", &["S"], 1_990), variant("LAMP-M", &["M"], 2_490)];
        let product = saved(
            &seller,
            json!({ "title": "Lamp", "status": "ACTIVE", "variants": variants,
                "options": [{ "name": "Size", "values": ["S", "M"] }] }),
        )
        .await;
        execute(&app, "UPDATE variants SET on_hand = 5, reserved = 2 WHERE sku = 'LAMP-M'").await;
        let nodes = &product["variants"]["nodes"];
        let ids: Vec<VariantId> = (0..2)
            .map(|index| nodes[index]["id"].as_str().expect("an id").parse().expect("an id"))
            .collect();

        let asked = [ids[0], ids[1], VariantId::generate()];
        let (found, statements) = app.statements(quotes(&app, "EUR", &asked)).await;

        assert_eq!(found.len(), 2);
        let seller_id: SellerId = kit::seed::id(0);
        let expected = Quote {
            product_id: product["id"].as_str().expect("an id").parse().expect("an id"),
            seller_id,
            title: "Lamp".to_owned(),
            sku: "LAMP-M".to_owned(),
            options: vec![Choice { name: "Size".to_owned(), value: "M".to_owned() }],
            unit_price: Some(2_490),
            available: Some(3),
            is_on_sale: true,
        };
        assert_eq!(found[&ids[1]], expected);
        assert_eq!(found[&ids[0]].available, Some(0));
        assert_eq!(statements, 2, "one for the variants, one for their shops");
        assert_eq!(quotes(&app, "USD", &ids).await[&ids[1]].unit_price, None);
        execute(&app, "UPDATE variants SET is_backorderable = TRUE WHERE sku = 'LAMP-M'").await;
        assert_eq!(quotes(&app, "EUR", &ids).await[&ids[1]].available, None);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_not_offered_by_an_active_shop_is_not_on_sale() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let product =
            saved(&seller, json!({ "title": "Lamp", "variants": [variant("LAMP", &[], 1_990)] })).await;
        let id: VariantId =
            product["variants"]["nodes"][0]["id"].as_str().expect("an id").parse().expect("an id");
        let is_on_sale =
            async || quotes(&app, "EUR", &[id]).await.get(&id).map(|quote| quote.is_on_sale);
        let status = async |status: &str| {
            saved(&seller, json!({ "id": product["id"], "status": status })).await;
            is_on_sale().await
        };

        assert_eq!(is_on_sale().await, None, "a draft was never public");
        assert_eq!(status("ACTIVE").await, Some(true));
        assert_eq!(status("SOLD_OUT").await, Some(false));
        assert_eq!(status("DRAFT").await, Some(false), "it was public once");
        assert_eq!(status("ACTIVE").await, Some(true));
        for stopped in ["SUSPENDED", "CLOSED", "PENDING"] {
            let shop: SellerId = kit::seed::id(0);
            let set = |to: &str| format!("UPDATE sellers SET status = '{to}' WHERE id = '{shop}'");
            execute(&app, &set(stopped)).await;
            assert_eq!(is_on_sale().await, Some(false), "{stopped}");
            execute(&app, &set("ACTIVE")).await;
        }
        archive(&seller, &product["id"]).await;
        assert_eq!(is_on_sale().await, Some(false));
        app.stop().await;
    })
    .await;
}
