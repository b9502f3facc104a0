//! A gateway that is killed at any moment while people buy: afterwards no unit is
//! lost, no order is half-made, and nobody has paid twice.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use kit::seed::Choices;
use serde_json::{Value, json};
use tests::{Process, TestApp, number, on_each_database_with};
use tokio::time::{Instant, sleep};

use super::{CHECKOUT, CREATE, PAY, READY, eventually, quick, stock, variant};

const ORDERS: usize = 200;
const SHOPPERS: usize = 8;
const UNITS: i32 = 150;
const KILLS: u32 = 8;

/// Asks again and again until the gateway answers.
async fn insist(http: &reqwest::Client, url: &str, query: &str, variables: &Value) -> Value {
    let body = json!({ "query": query, "variables": variables });
    loop {
        let answer = http.post(format!("{url}/graphql")).json(&body).send().await;
        if let Ok(answer) = answer
            && let Ok(answer) = answer.json::<Value>().await
            && answer.get("errors").is_none()
        {
            return answer["data"].clone();
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// Buys once, insisting on every step with the same keys.
async fn buy(http: &reqwest::Client, url: &str, variant: &str, number: usize) {
    let lines = json!([{ "variantId": variant, "quantity": 1 }]);
    let made = insist(http, url, CREATE, &json!({ "lines": lines })).await;
    let Some(token) = made["cartCreate"]["cart"]["token"].as_str() else { return };
    let cart = json!({ "token": token });
    let ready = insist(http, url, READY, &json!({ "cart": cart, "codes": [] })).await;
    let ready = &ready["cartShippingSelect"]["cart"];
    let input = json!({
        "cart": cart, "cartVersion": ready["version"], "idempotencyKey": format!("key-{number}"),
        "email": "vera@example.com",
        "expectedTotal": { "minorUnits": ready["totals"]["total"]["minorUnits"], "currency": "EUR" },
    });
    let placed = insist(http, url, CHECKOUT, &json!({ "input": input })).await["checkout"].clone();
    let Some(payment) = placed["order"]["payments"][0]["id"].as_str() else { return };
    // Some think better of it.
    if !number.is_multiple_of(5) {
        let variables = json!({ "id": payment, "method": "tok_success", "key": format!("pay-{number}"),
            "secret": placed["guestSecret"] });
        insist(http, url, PAY, &variables).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_unit_is_lost_and_nobody_pays_twice_however_often_the_gateway_is_killed() {
    on_each_database_with(quick, async |app: TestApp| {
        let variant = variant(&app, 0, UNITS).await;
        let database = app.database_url().to_owned();
        let settings = [
            ("WEFT_DATABASE__URL", database.as_str()),
            ("WEFT_LIMITS__ENABLED", "false"),
            ("WEFT_SERVER__PLAYGROUND", "false"),
            ("WEFT_ORDERS__LEASE", "500ms"),
            ("WEFT_ORDERS__LOOK_EVERY", "100ms"),
            ("WEFT_ORDERS__PAY_WITHIN", "1h"),
        ];
        // The gateway of this process looks on from its own database pool; it works,
        // too, as a second instance would.
        let mut gateway = Process::start(env!("CARGO_BIN_EXE_weft-under-test"), &settings).await;
        let url = Arc::new(gateway.url());
        let (next, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));

        let shoppers = (0..SHOPPERS).map(|_| {
            let (url, variant, next) = (url.clone(), variant.clone(), next.clone());
            tokio::spawn(async move {
                let http = reqwest::Client::builder()
                    .timeout(Duration::from_secs(5))
                    .build()
                    .expect("a client");
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= ORDERS {
                        return;
                    }
                    buy(&http, &url, &variant, number).await;
                }
            })
        });
        let shoppers: Vec<_> = shoppers.collect();
        let killer = {
            let is_over = is_over.clone();
            tokio::spawn(async move {
                let mut chance = Choices::new("kill", 0);
                let mut kills = 0_u32;
                while kills < KILLS && !is_over.load(Ordering::SeqCst) {
                    sleep(Duration::from_millis(200 + chance.below(1_800))).await;
                    gateway.kill();
                    gateway.restart().await;
                    kills += 1;
                }
                (gateway, kills)
            })
        };
        let started = Instant::now();
        for shopper in join_all(shoppers).await {
            shopper.expect("a shopper");
        }
        is_over.store(true, Ordering::SeqCst);
        let (gateway, kills) = killer.await.expect("the killer");
        eprintln!("{ORDERS} checkouts, {kills} kills, {:.0?}", started.elapsed());

        let open = "SELECT count(*) FROM orders WHERE state IN ('PLACING', 'UNDOING') OR has_loose_ends";
        eventually("everything is finished or undone", async || number(&app, open).await == 0).await;
        let paid_up = "SELECT count(*) FROM orders o JOIN payments p ON p.order_id = o.id WHERE \
            o.state = 'PENDING_PAYMENT' AND p.captured > 0";
        eventually("everything paid is settled", async || number(&app, paid_up).await == 0).await;
        let count = async |condition: &str| {
            number(&app, &format!("SELECT count(*) FROM orders WHERE {condition}")).await
        };
        let (sold, pending) = (count("state = 'PAID'").await, count("state = 'PENDING_PAYMENT'").await);
        assert_eq!(sold + pending, i64::from(UNITS), "all units found a buyer, and no order is in between");
        assert_eq!(count("TRUE").await, sold + pending);
        assert_eq!(stock(&app, &variant).await, (i64::from(UNITS) - sold, pending));
        assert_eq!(count("invoice_number IS NOT NULL").await, sold);
        assert_eq!(number(&app, "SELECT max(invoice_number) FROM orders").await, sold);
        assert_eq!(number(&app, "SELECT count(*) FROM payments").await, sold + pending);
        let charges = "SELECT count(*) FROM sandbox_ledger WHERE kind = 'charge'";
        assert_eq!(number(&app, charges).await, sold);
        let twice = "SELECT count(*) FROM (SELECT intent FROM sandbox_ledger WHERE kind = 'charge' GROUP BY \
            intent HAVING count(*) > 1) t";
        assert_eq!(number(&app, twice).await, 0);
        let keys = "SELECT count(*) FROM idempotency_keys WHERE mutation = 'checkout'";
        assert_eq!(number(&app, keys).await, sold + pending);
        assert!(kills > 2, "it was killed {kills} times");
        drop(gateway);
        app.stop().await;
    })
    .await;
}
