//! Against a certified provider: RS256 and EdDSA, code with PKCE, other keys.

use gateway::{Config, ProviderConfig};
use serde_json::{Value, json};
use tests::on_each_database_with;

use super::{
    me,
    npm::{Peer, installed},
    provider, refused,
    scripted::VERIFIER,
    sign_in, signed_in, trusting,
};
use crate::accounts::standing;

/// The S256 challenge of [`VERIFIER`], as RFC 7636 has it in its appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A confidential client whose tokens are RS256, and a public one with EdDSA.
fn both(issuer: &str) -> impl Fn(&mut Config) {
    let web = ProviderConfig { client_secret: "a secret: with/odd+signs".into(), ..provider(issuer) };
    move |config| trusting(web.clone())(config)
}

async fn login(peer: &Peer, account: &str, client: &str) -> Value {
    let path = format!(
        "/control/code?account={account}&challenge={CHALLENGE}&nonce=n-0S6_WzA2Mj&client={client}"
    );
    let code = peer.get(&path).await["code"].clone();
    json!({ "provider": "acme", "code": code, "codeVerifier": VERIFIER, "nonce": "n-0S6_WzA2Mj" })
}

#[tokio::test]
async fn a_code_of_a_certified_provider_signs_in_once_and_with_its_verifier_only() {
    let Some(folder) = installed().await else { return };
    let peer = Peer::start(folder, "oidc.mjs").await;
    let issuer = format!("http://127.0.0.1:{}", peer.port);
    on_each_database_with(both(&issuer), async |app| {
        let good = login(&peer, "ada", "weft").await;

        let payload = sign_in(&app.guest(), good.clone()).await;
        let reused = sign_in(&app.guest(), good).await;
        let mut guessed = login(&peer, "bob", "weft").await;
        guessed["codeVerifier"] = json!("x".repeat(64));
        let guessed = sign_in(&app.guest(), guessed).await;
        let mut of_another = login(&peer, "bob", "weft").await;
        of_another["nonce"] = json!("another");
        let of_another = sign_in(&app.guest(), of_another).await;

        assert_eq!(payload["userErrors"], json!([]), "{payload}");
        let bad = refused("BAD_CREDENTIALS", &["method", "oauth", "code"]);
        assert_eq!([reused, guessed, of_another], [bad.clone(), bad.clone(), bad]);
        let expected = json!({
            "email": "ada@id.example", "emailVerified": false, "roles": ["CUSTOMER"],
            "user": { "handle": "ada", "displayName": "ada of the provider" },
            "identities": [{ "provider": "acme", "label": "ada@id.example" }],
            "sessions": [{ "isCurrent": true }],
        });
        assert_eq!(me(&signed_in(&app, &payload)).await, expected);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_public_client_signs_in_with_eddsa() {
    let Some(folder) = installed().await else { return };
    let peer = Peer::start(folder, "oidc.mjs").await;
    let app_config = ProviderConfig {
        client_id: "weft-app".to_owned(),
        ..provider(&format!("http://127.0.0.1:{}", peer.port))
    };
    on_each_database_with(trusting(app_config), async |app| {
        let payload = sign_in(&app.guest(), login(&peer, "ada", "weft-app").await).await;

        assert_eq!(payload["userErrors"], json!([]), "{payload}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn access_tokens_of_a_certified_provider_are_taken_also_after_its_keys_have_changed() {
    let Some(folder) = installed().await else { return };
    let peer = Peer::start(folder, "oidc.mjs").await;
    on_each_database_with(both(&format!("http://127.0.0.1:{}", peer.port)), async |app| {
        let client = async |account: &str, client: &str| {
            let tokens = peer.get(&format!("/control/tokens?account={account}&client={client}")).await;
            app.guest().with_token(tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}")))
        };
        let (rsa, ed) = (client("ada", "weft").await, client("ada", "weft-app").await);
        assert_eq!(me(&rsa).await["identities"], json!([{ "provider": "acme", "label": "ada" }]));
        assert_eq!(me(&ed).await["user"], me(&rsa).await["user"]);

        peer.get("/control/rotate").await;
        let fresh = client("ada", "weft").await;

        assert_eq!(standing(&fresh).await.0, 200);
        assert_eq!(me(&fresh).await["user"], me(&client("ada", "weft-app").await).await["user"]);
        assert_eq!(standing(&rsa).await, (401, json!("UNAUTHENTICATED")), "its key is gone");
        app.stop().await;
    })
    .await;
}
