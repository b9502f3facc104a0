//! What is not taken, and that nothing is left behind.

use super::*;

/// The fields and codes of a refusal.
fn told(payload: &Value) -> Vec<(String, String)> {
    let errors = payload["userErrors"].as_array().expect("errors").iter();
    let path = |error: &Value| {
        let parts = error["field"].as_array().expect("a path").iter();
        parts.map(|part| part.as_str().expect("text")).collect::<Vec<_>>().join(".")
    };
    errors.map(|error| (path(error), error["code"].as_str().expect("a code").to_owned())).collect()
}

fn invalid(field: &str) -> (String, String) {
    (field.to_owned(), "INVALID".to_owned())
}

#[tokio::test]
async fn private_addresses_are_refused_in_every_disguise() {
    let app = TestApp::sqlite().await;
    let admin = admin(&app).await;

    for url in [
        "https://127.0.0.1/hooks",
        "https://localhost/hooks",
        "https://10.0.0.7/",
        "https://192.168.0.1:8443/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://224.0.0.1/",
    ] {
        let payload = save(&admin, url, &["product.*"]).await;
        assert_eq!(told(&payload), [invalid("url")], "{url}");
        assert_eq!(payload["userErrors"][0]["message"], "the address is private", "{url}");
        assert_eq!((&payload["endpoint"], &payload["secret"]), (&Value::Null, &Value::Null));
    }
    let endpoints = admin.ask("{ webhookEndpoints { id } }", json!({})).await;
    assert_eq!(endpoints["data"]["webhookEndpoints"], json!([]));
    app.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_makes_no_sense_is_refused_with_everything_that_is_wrong() {
    let app = TestApp::sqlite().await;
    let admin = admin(&app).await;
    let good = "https://1.1.1.1/hooks";
    let many = vec!["product.*"; 51];

    assert_eq!(told(&save(&admin, "http://1.1.1.1/", &["*"]).await), [invalid("url")]);
    assert_eq!(told(&save(&admin, "https://me:secret@1.1.1.1/", &["*"]).await), [invalid("url")]);
    assert_eq!(told(&save(&admin, good, &[]).await), [invalid("kinds")]);
    assert_eq!(told(&save(&admin, good, &many).await), [invalid("kinds")]);
    assert_eq!(
        told(&save(&admin, good, &["product.*", "product", "account.*", "session.started"]).await),
        [invalid("kinds.1"), invalid("kinds.2"), invalid("kinds.3")]
    );
    assert_eq!(
        told(&save(&admin, "https://[::1]/", &["x"]).await),
        [invalid("url"), invalid("kinds.0")]
    );
    let no_url = admin.ask(SAVE, json!({ "url": "rubbish", "kinds": ["*"] })).await;
    assert_eq!(no_url["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");

    let endpoints = admin.ask("{ webhookEndpoints { id } }", json!({})).await;
    assert_eq!(endpoints["data"]["webhookEndpoints"], json!([]));
    app.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let app = TestApp::sqlite().await;
    let admin = admin(&app).await;
    let not_found = |field: &str| vec![(field.to_owned(), "NOT_FOUND".to_owned())];
    let mutations = "mutation($id: ID!) { \
        save: webhookEndpointSave(id: $id, url: \"https://1.1.1.1/\", kinds: [\"*\"]) { userErrors { code field } } \
        rotate: webhookSecretRotate(id: $id) { secret userErrors { code field } } \
        redeliver: webhookRedeliver(deliveryId: $id) { delivery { id } userErrors { code field } } }";

    for id in ["whe_01KCXKZQQ2WA0CPSVDR8PGTVQ5", "whd_01KCXKZQQ2WA0CPSVDR8PGTVQ5", "prod_1", "rubbish"] {
        let answer = admin.ask(mutations, json!({ "id": id })).await;
        assert_eq!(told(&answer["data"]["save"]), not_found("id"), "{answer}");
        assert_eq!(told(&answer["data"]["rotate"]), not_found("id"));
        assert_eq!(told(&answer["data"]["redeliver"]), not_found("deliveryId"));
    }
    app.stop().await;
}
