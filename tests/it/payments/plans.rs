//! Plans and what they include: counted once, never exceeded, given back.

use futures_util::future::join_all;
use kit::ports::{Allowed, Usage};
use serde_json::{Value, json};
use tests::{execute, number, on_each_database, on_each_database_with};

use super::{Till, account, codes, quick};
use crate::accounts::{data, rows};

const PLANS: &str = "{ plans { id name price { minorUnits currency } features quotas { metric included \
    overage { minorUnits } } } }";
const OWN: &str = "{ me { planSubscription { state cancelAtPeriodEnd plan { name } } usage(metrics: \
    [\"context.tokens\"]) { metric used included } } }";
const CHANGE: &str = "mutation($id: ID!, $key: String!) { planChange(planId: $id, idempotencyKey: $key) { \
    subscription { state plan { name } } redirectUrl userErrors { code field } } }";
const CANCEL: &str = "mutation($on: Boolean!) { planCancel(cancel: $on) { subscription { state \
    cancelAtPeriodEnd } userErrors { code } } }";

const CHARGED: &str = "SELECT coalesce(sum(amount), 0)::bigint FROM plan_charges";

async fn charged(till: &Till) -> i64 {
    let is_postgres = till.app.app().db().backend() == kit::Backend::Postgres;
    let sql = if is_postgres { CHARGED.to_owned() } else { CHARGED.replace("::bigint", "") };
    number(&till.app, &sql).await
}

fn plan(plans: &Value, name: &str) -> Value {
    let plans = plans["plans"].as_array().expect("plans");
    plans.iter().find(|plan| plan["name"] == name).expect("a plan")["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_work_never_uses_more_than_is_included_and_counts_once() {
    on_each_database(async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let account = account(&buyer).await;
        let usage = till.app.app().platform().ports.get::<dyn Usage>().expect("a port");
        let reserve = async |key: String| {
            usage.reserve(account, "context.tokens", 8_000, &key).await.expect("answered")
        };

        // Each piece of work begins twice; six of ten fit.
        let keys = (0..20).map(|number| format!("work-{}", number % 10));
        let begun = join_all(keys.map(reserve)).await;
        let counted = begun.iter().filter(|allowed| **allowed == Allowed::Counted).count();

        assert_eq!(counted, 12, "{begun:?}");
        assert!(begun.contains(&Allowed::UsedUp(2_000)), "{begun:?}");
        let own = data(&buyer, OWN, Value::Null).await["me"]["usage"][0].take();
        assert_eq!(own, json!({ "metric": "context.tokens", "used": 48_000, "included": 50_000 }));
        let sql = "SELECT count(*) FROM usage_entries WHERE state = 'RESERVED'";
        assert_eq!(number(&till.app, sql).await, 6);
        let work: Vec<String> = (0..10).map(|number| format!("work-{number}")).collect();
        // Half of what was reserved is used, told twice; then it came to nothing.
        for key in work.iter().chain(&work) {
            usage.record(key, 4_000).await.expect("recorded");
        }
        assert_eq!(data(&buyer, OWN, Value::Null).await["me"]["usage"][0]["used"], 24_000);
        join_all(work.iter().chain(&work).map(|key| usage.refund(key))).await;
        join_all(work.iter().map(|key| usage.record(key, 4_000))).await;
        assert_eq!(data(&buyer, OWN, Value::Null).await["me"]["usage"][0]["used"], 0);
        // A second try of what failed counts again, and nobody else's work is theirs.
        assert_eq!(reserve(work[0].clone()).await, Allowed::Counted);
        assert_eq!(data(&buyer, OWN, Value::Null).await["me"]["usage"][0]["used"], 8_000);
        let other = kit::Id::generate();
        assert!(usage.reserve(other, "context.tokens", 1, &work[0]).await.is_err());
        assert!(usage.has_feature(account, "context.generate").await.expect("answered"));
        assert!(!usage.has_feature(account, "collaboration.rooms").await.expect("answered"));
        drop(usage);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_bought_changed_and_ended() {
    on_each_database_with(quick, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let account = account(&buyer).await;
        let plans = data(&buyer, PLANS, Value::Null).await;
        let own = |field: &str| format!("{field} WHERE account_id = '{account}'");
        let change = async |name: &str, key: &str| {
            let variables = json!({ "id": plan(&plans, name), "key": key });
            data(&buyer, CHANGE, variables).await["planChange"].take()
        };
        assert_eq!(data(&buyer, OWN, Value::Null).await["me"]["planSubscription"], Value::Null);

        let bought = join_all((0..4).map(|_| change("Pro", "buy"))).await;
        for bought in bought {
            assert_eq!(
                (codes(&bought), &bought["subscription"]["plan"]["name"]),
                (vec![], &json!("Pro"))
            );
        }
        assert_eq!(charged(&till).await, 1_900);
        // At the middle of the period the difference for its other half is charged.
        let half =
            own("UPDATE plan_subscriptions SET period_start = period_start - 1296000000, period_end = \
             period_end - 1296000000");
        execute(&till.app, &half).await;
        let more = change("Team", "more").await;
        assert_eq!((codes(&more), &more["subscription"]["plan"]["name"]), (vec![], &json!("Team")));
        let difference = charged(&till).await - 1_900;
        assert!((2_990..=3_000).contains(&difference), "{difference}");
        // A smaller plan leaves credit, which pays for the next period.
        assert_eq!(codes(&change("Pro", "less").await), Vec::<&str>::new());
        assert_eq!(charged(&till).await, 1_900 + difference);
        let over =
            own("UPDATE plan_subscriptions SET period_end = 10000000000, period_start = 1, due_at = 1");
        execute(&till.app, &over.replace("10000000000", &just_now())).await;
        let renewed = format!(
            "SELECT count(*) FROM plan_subscriptions WHERE account_id = '{account}' \
            AND state = 'ACTIVE' AND period_start > 1 AND credit < 3000"
        );
        while number(&till.app, &renewed).await == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(charged(&till).await, 1_900 + difference, "the credit pays");
        let ends = data(&buyer, CANCEL, json!({ "on": true })).await["planCancel"].take();
        assert_eq!(ends["subscription"], json!({ "state": "ACTIVE", "cancelAtPeriodEnd": true }));
        execute(&till.app, &own("UPDATE plan_subscriptions SET due_at = 1")).await;
        let ended = own("SELECT count(*) FROM plan_subscriptions") + " AND state = 'CANCELLED'";
        while number(&till.app, &ended).await == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(data(&buyer, OWN, Value::Null).await["me"]["usage"][0]["included"], 50_000);
        till.stop().await;
    })
    .await;
}

/// A moment ago, in milliseconds.
fn just_now() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    (since.expect("after 1970").as_millis() - 1_000).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_is_not_paid_is_past_due_and_paid_later() {
    on_each_database_with(quick, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let plans = data(&buyer, PLANS, Value::Null).await;
        data(&buyer, CHANGE, json!({ "id": plan(&plans, "Pro"), "key": "buy" })).await;
        execute(&till.app, "INSERT INTO sandbox_switches (name) VALUES ('declines_renewals')").await;
        let over = format!(
            "UPDATE plan_subscriptions SET period_start = 1, period_end = {}, due_at = 1",
            just_now()
        );
        execute(&till.app, &over).await;
        for (state, switch) in [("PAST_DUE", "DELETE FROM sandbox_switches"), ("ACTIVE", "")] {
            let reached = format!("SELECT count(*) FROM plan_subscriptions WHERE state = '{state}'");
            while number(&till.app, &reached).await == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            assert_eq!(
                data(&buyer, OWN, Value::Null).await["me"]["planSubscription"]["state"],
                json!(state)
            );
            if !switch.is_empty() {
                execute(&till.app, switch).await;
                execute(&till.app, "UPDATE plan_subscriptions SET due_at = 1").await;
            }
        }
        assert_eq!(charged(&till).await, 3_800);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_choice_of_a_plan_changes_nothing() {
    on_each_database(async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let plans = data(&buyer, PLANS, Value::Null).await;
        let tables = ["plan_subscriptions", "plan_charges", "idempotency_keys", "events"];
        let before = rows(&till.app, tables).await;

        for (id, key, code, field) in [
            (json!("plan_nobody_sells_this"), "key", "NOT_FOUND", "planId"),
            (plan(&plans, "Free"), "key", "FORBIDDEN_TRANSITION", "planId"),
            (plan(&plans, "Pro"), "", "INVALID", "idempotencyKey"),
        ] {
            let refused = data(&buyer, CHANGE, json!({ "id": id, "key": key })).await;
            let expected = json!([{ "code": code, "field": [field] }]);
            assert_eq!(refused["planChange"]["userErrors"], expected);
        }
        let nothing = data(&buyer, CANCEL, json!({ "on": true })).await;

        assert_eq!(codes(&nothing["planCancel"]), ["NOT_FOUND"]);
        assert_eq!(rows(&till.app, tables).await, before);
        till.stop().await;
    })
    .await;
}
