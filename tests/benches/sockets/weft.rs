//! The graph: guests or customers follow products, a moderator renames them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{FEW, Row, clients::Clients, cost, process::Server};

const EVENTS: &str =
    "subscription($ids: [ID!]!) { productEvents(ids: $ids) { cursor changed product { id title } } }";
/// Customers who sign in; their tokens are used again and again.
const CUSTOMERS: usize = 100;

/// Who subscribes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Guests,
    Customers,
}

struct Weft {
    server: Server,
    http: reqwest::Client,
    url: String,
    products: Vec<String>,
    moderator: String,
    /// Empty for guests.
    tokens: Vec<String>,
    _folder: tempfile::TempDir,
}

/// The line of the table.
pub(crate) async fn measure(sockets: usize, events: usize, who: Who) -> Row {
    let title = match who {
        Who::Guests => "Weft, guests",
        Who::Customers => "Weft, signed-in customers",
    };
    eprintln!("{title}: {sockets} sockets");
    let weft = Weft::start(who).await;
    let before = weft.server.resident();
    let clients = weft.subscribe(sockets, 1).await;
    let bytes = cost(&weft.server, before, &clients).await;
    let mut all = Vec::new();
    for event in 0..events {
        all.push(clients.time(sockets, weft.rename(0, event)).await);
    }
    drop((clients, weft));

    let weft = Weft::start(who).await;
    let topics = sockets / FEW;
    let clients = weft.subscribe(sockets, topics).await;
    let mut few = Vec::new();
    for event in 0..events * 10 {
        few.push(clients.time(FEW, weft.rename(event * 7 % topics, event)).await);
    }
    assert_eq!(clients.surplus(), 0);
    Row { title, bytes, all, few }
}

impl Weft {
    async fn start(who: Who) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = format!("sqlite://{}", folder.path().join("weft.db").display());
        let environment = [
            ("WEFT_DATABASE__URL", database.as_str()),
            // All clients come from two addresses.
            ("WEFT_REALTIME__CONNECTIONS_PER_ADDRESS", "10000"),
            ("WEFT_LIMITS__ENABLED", "false"),
        ];
        let server = Server::start("--serve-weft", &environment).await;
        let url = format!("http://127.0.0.1:{}/graphql", server.port);
        let mut weft = Self {
            server,
            http: reqwest::Client::new(),
            url,
            products: Vec::new(),
            moderator: String::new(),
            tokens: Vec::new(),
            _folder: folder,
        };
        weft.moderator = weft.sign_in(199).await;
        if who == Who::Customers {
            for index in 60..60 + CUSTOMERS {
                weft.tokens.push(weft.sign_in(index).await);
            }
        }
        weft.find_products().await;
        // What seeding and signing in have left would do for the sockets.
        drop(weft.server);
        weft.server = Server::start("--serve-weft", &environment).await;
        weft.url = format!("http://127.0.0.1:{}/graphql", weft.server.port);
        weft.rename(0, 1_000_000).await;
        weft
    }

    async fn ask(&self, query: &str, variables: Value, token: &str) -> Value {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let request = self.http.post(&self.url).header("content-type", "application/json").body(body);
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        let answer = request.send().await.expect("an answer").bytes().await.expect("a body");
        serde_json::from_slice(&answer).expect("JSON")
    }

    async fn sign_in(&self, index: usize) -> String {
        let user: kit::ids::UserId = kit::seed::id(u32::try_from(index).expect("small"));
        let handle = "query($id: ID!) { user(by: {id: $id}) { handle } }";
        let answer = self.ask(handle, json!({ "id": user }), "").await;
        let handle = answer["data"]["user"]["handle"].as_str().expect("a demo user");
        let sign_in = "mutation($input: SignInInput!) { sessionSignIn(input: $input) { accessToken } }";
        let email = format!("{handle}@demo.example");
        let input =
            json!({ "method": { "password": { "email": email, "password": "weft-demo-2026" } } });
        let answer = self.ask(sign_in, json!({ "input": input }), "").await;
        answer["data"]["sessionSignIn"]["accessToken"].as_str().expect("a token").to_owned()
    }

    async fn find_products(&mut self) {
        let query = "query($after: String) { products(first: 100, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }";
        let mut after = Value::Null;
        loop {
            let answer = self.ask(query, json!({ "after": after }), "").await;
            let page = &answer["data"]["products"];
            let nodes = page["nodes"].as_array().expect("a page");
            self.products.extend(nodes.iter().filter_map(|node| node["id"].as_str().map(str::to_owned)));
            if page["pageInfo"]["hasNextPage"] != true {
                return;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
    }

    /// All sockets follow one of the first `topics` products.
    async fn subscribe(&self, sockets: usize, topics: usize) -> Clients {
        assert!(self.products.len() >= topics, "the demo marketplace has {}", self.products.len());
        let hello = |index: usize| {
            let token = self.tokens.get(index % self.tokens.len().max(1));
            let payload = token.map(|token| json!({ "authorization": format!("Bearer {token}") }));
            let variables = json!({ "ids": [self.products[index % topics]] });
            vec![
                json!({ "type": "connection_init", "payload": payload }).to_string(),
                json!({ "id": "1", "type": "subscribe", "payload": { "query": EVENTS, "variables": variables } })
                    .to_string(),
            ]
        };
        let clients = Clients::open(self.server.port, "/graphql", sockets, 1, hello).await;
        // The protocol does not tell that an operation has begun.
        tokio::time::sleep(Duration::from_secs(2)).await;
        clients
    }

    async fn rename(&self, product: usize, event: usize) {
        let rename =
            "mutation($input: ProductInput!) { productSave(input: $input) { userErrors { message } } }";
        let input = json!({ "id": self.products[product], "title": format!("Title {event}") });
        let answer = self.ask(rename, json!({ "input": input }), &self.moderator).await;
        assert_eq!(answer["data"], json!({ "productSave": { "userErrors": [] } }), "{answer}");
    }
}
