//! Tokens that somebody has made who knows everything but the private key.

use serde_json::{Value, json};
use tests::on_each_database_with;

use super::{
    ACCOUNTS,
    npm::{Peer, installed, json as ask},
    provider,
    scripted::now,
    trusting,
};
use crate::accounts::{rows, standing};

#[tokio::test]
async fn a_forged_token_is_refused_whatever_it_says_and_tells_nothing() {
    let Some(folder) = installed().await else { return };
    let peer = Peer::start(folder, "forger.mjs").await;
    let forge = async |how: Value| {
        let mut wanted = json!({ "payload": { "sub": "u-1", "aud": "weft" } });
        for (name, value) in how.as_object().expect("an object") {
            match (wanted[name].as_object_mut(), value.as_object()) {
                (Some(fields), Some(more)) => fields.extend(more.clone()),
                _ => wanted[name] = value.clone(),
            }
        }
        let address = format!("http://127.0.0.1:{}/", peer.said);
        let answer = ask(reqwest::Client::new().post(address).body(wanted.to_string())).await;
        answer["token"].as_str().expect("a token").to_owned()
    };
    let issuer = format!("http://localhost:{}", peer.port);
    on_each_database_with(trusting(provider(&issuer)), async |app| {
        let before = rows(&app, ACCOUNTS).await;
        let forgeries = [
            json!({ "how": "none" }),
            json!({ "how": "public" }),
            json!({ "how": "elsewhere" }),
            json!({ "header": { "kid": "unknown" } }),
            json!({ "header": { "kid": "../../etc/passwd" } }),
            json!({ "header": { "jku": "https://evil.example/jwks", "kid": "theirs" } }),
            json!({ "payload": { "exp": now() - 120 } }),
            json!({ "payload": { "aud": "somebody else" } }),
            json!({ "payload": { "iss": "https://evil.example" } }),
            json!({ "payload": { "iss": "weft" } }),
        ];
        for how in forgeries {
            let token = forge(how.clone()).await;
            let client = app.guest().with_token(&token);
            assert_eq!(standing(&client).await, (401, json!("UNAUTHENTICATED")), "{how}");
            let body = client.post(json!({ "query": "{ me { id } }" })).await.json();
            assert_eq!(body["errors"][0]["message"], "the token is not valid, sign in again", "{how}");
        }
        assert_eq!(rows(&app, ACCOUNTS).await, before);

        let good = forge(json!({})).await;
        assert_eq!(standing(&app.guest().with_token(&good)).await.0, 200);
        let (input, signature) = good.rsplit_once('.').expect("three parts");
        let other = forge(json!({ "payload": { "sub": "u-2" } })).await;
        let (_, others) = other.rsplit_once('.').expect("three parts");
        assert_ne!(signature, others);
        let swapped = app.guest().with_token(&format!("{input}.{others}"));
        assert_eq!(standing(&swapped).await, (401, json!("UNAUTHENTICATED")));
        app.stop().await;
    })
    .await;
}
