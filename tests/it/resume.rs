//! Nothing is lost and nothing comes twice while clients, gateways and Redis
//! are killed at random.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{SinkExt as _, StreamExt as _, future::join_all};
use serde_json::{Value, json};
use tests::{Process, peers, postgres::Postgres, redis::Redis, seeded_postgres};
use tokio::{sync::Mutex, time::sleep};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

/// How long things are killed.
const CHAOS: Duration = Duration::from_secs(60);
/// Messages a second, of all writers together.
const RATE: u64 = 500;
const CONVERSATIONS: usize = 10;
const MEMBERS: usize = 3;
/// Messages in one request.
const TOGETHER: usize = 5;

const FOLLOW: &str = "subscription($id: ID!, $after: String) { \
     conversationEvents(conversationId: $id, after: $after) { cursor kind { \
     ... on MessageSent { message { sequence body } } } } }";

/// The two gateways.
struct Instances {
    urls: [String; 2],
}

impl Instances {
    fn any(&self, random: u64) -> &str {
        &self.urls[usize::from(!random.is_multiple_of(2))]
    }
}

/// A source of chance that needs no state.
fn chance() -> u64 {
    u64::try_from(ulid::Ulid::generate().random() & 0xffff_ffff).expect("32 bits")
}

async fn ask(url: &str, token: Option<&str>, query: &str, variables: Value) -> Option<Value> {
    static CLIENT: std::sync::OnceLock<reqwest::Client> = std::sync::OnceLock::new();
    let client = CLIENT.get_or_init(|| {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(10));
        client.build().expect("a client")
    });
    let mut request =
        client.post(format!("{url}/graphql")).json(&json!({ "query": query, "variables": variables }));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.ok()?.json().await.ok()
}

/// Asks either gateway until one answers.
async fn insist(instances: &Instances, token: Option<&str>, query: &str, variables: Value) -> Value {
    for _ in 0..600 {
        let answer = ask(instances.any(chance()), token, query, variables.clone()).await;
        match answer {
            Some(answer) if answer.get("errors").is_none() => return answer,
            _ => sleep(Duration::from_millis(100)).await,
        }
    }
    panic!("no gateway answered {query}");
}

/// A member: a user and the token to speak for them.
struct Member {
    user: String,
    token: String,
}

async fn member(instances: &Instances, index: u32) -> Member {
    let id: kit::ids::UserId = kit::seed::id(index);
    let query = "query($id: ID!) { user(by: {id: $id}) { handle } }";
    let answer = insist(instances, None, query, json!({ "id": id })).await;
    let handle = answer["data"]["user"]["handle"].as_str().expect("a demo user").to_owned();
    let mutation = "mutation($input: SignInInput!) { sessionSignIn(input: $input) { accessToken } }";
    let method = json!({ "password": { "email": format!("{handle}@demo.example"), "password": "weft-demo-2026" } });
    let answer = insist(instances, None, mutation, json!({ "input": { "method": method } })).await;
    let token = answer["data"]["sessionSignIn"]["accessToken"].as_str().expect("a token").to_owned();
    Member { user: id.to_string(), token }
}

async fn open_conversation(instances: &Instances, members: &[Member], title: &str) -> String {
    let others: Vec<&str> = members[1..].iter().map(|member| member.user.as_str()).collect();
    let mutation = "mutation($members: [ID!]!, $title: String) { \
                    conversationOpen(memberIds: $members, title: $title) { conversation { id } userErrors { message } } }";
    let variables = json!({ "members": others, "title": title });
    let answer = insist(instances, Some(&members[0].token), mutation, variables).await;
    let id = answer["data"]["conversationOpen"]["conversation"]["id"].as_str();
    id.unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// Sends messages until told to stop, each until it is acknowledged; answers
/// the ids that it chose.
async fn write(
    instances: Arc<Instances>,
    conversation: String,
    token: String,
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
) -> Vec<String> {
    let fields: Vec<String> = (0..TOGETHER)
        .map(|index| {
            format!("m{index}: messageSend(input: {{ conversationId: $id, body: $c{index}, clientId: $c{index} }}) \
                     {{ message {{ sequence }} userErrors {{ code }} }}")
        })
        .collect();
    let variables: Vec<String> = (0..TOGETHER).map(|index| format!("$c{index}: String!")).collect();
    let mutation = format!("mutation($id: ID!, {}) {{ {} }}", variables.join(", "), fields.join(" "));
    let each = u64::try_from(CONVERSATIONS * TOGETHER).expect("a few") * 1_000 / RATE;
    let mut next = Instant::now();
    let mut chosen = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let ids: Vec<String> = (0..TOGETHER).map(|_| ulid::Ulid::generate().to_string()).collect();
        let mut variables = json!({ "id": conversation });
        for (index, id) in ids.iter().enumerate() {
            variables[format!("c{index}")] = json!(id);
        }
        let answer = insist(&instances, Some(&token), &mutation, variables).await;
        for index in 0..TOGETHER {
            let payload = &answer["data"][format!("m{index}")];
            assert!(payload["message"]["sequence"].is_i64(), "{answer}");
        }
        sent.fetch_add(ids.len() as u64, Ordering::SeqCst);
        chosen.extend(ids);
        next = (next + Duration::from_millis(each)).max(Instant::now() - Duration::from_secs(1));
        sleep(next.saturating_duration_since(Instant::now())).await;
    }
    chosen
}

/// What one subscriber was told: sequence and text of each message.
type Told = Arc<Mutex<Vec<(i64, String)>>>;

/// Follows a conversation and loses its connection again and again.
async fn subscribe(
    instances: Arc<Instances>,
    conversation: String,
    token: String,
    first: String,
    told: Told,
    is_calm: Arc<AtomicBool>,
) {
    let mut cursor = first;
    loop {
        let life = match is_calm.load(Ordering::SeqCst) {
            true => Duration::from_secs(600),
            false => Duration::from_millis(300 + chance() % 4_000),
        };
        let connected = connection(&instances, &conversation, &token, &mut cursor, &told);
        // The end of a life drops the socket as a phone in a tunnel does.
        let _ = tokio::time::timeout(life, connected).await;
        sleep(Duration::from_millis(chance() % 200)).await;
    }
}

/// One connection to its end, whatever ends it.
async fn connection(
    instances: &Instances,
    conversation: &str,
    token: &str,
    cursor: &mut String,
    told: &Told,
) -> Option<()> {
    let url = format!("{}/graphql", instances.any(chance()).replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("a request");
    let protocol = "graphql-transport-ws".parse().expect("a header value");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = connect_async(request).await.ok()?;
    let authorization = format!("Bearer {token}");
    let init = json!({ "type": "connection_init", "payload": { "authorization": authorization } });
    socket.send(Message::text(init.to_string())).await.ok()?;
    let payload = json!({ "query": FOLLOW, "variables": { "id": conversation, "after": &*cursor } });
    let subscribe = json!({ "id": "1", "type": "subscribe", "payload": payload });
    socket.send(Message::text(subscribe.to_string())).await.ok()?;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let message: Value = serde_json::from_str(&text).expect("JSON");
        match message["type"].as_str() {
            Some("next") => {
                let event = &message["payload"]["data"]["conversationEvents"];
                let Some(position) = event["cursor"].as_str() else {
                    // The gateway could not read its database just now: resume.
                    return None;
                };
                if let Some(sequence) = event["kind"]["message"]["sequence"].as_i64() {
                    // The text is the id that its sender chose.
                    let id = event["kind"]["message"]["body"].as_str().unwrap_or_default();
                    told.lock().await.push((sequence, id.to_owned()));
                }
                position.clone_into(cursor);
            }
            Some("connection_ack" | "ping" | "pong") => {}
            // The gateway goes away, or is too busy for this client.
            _ => {
                assert!(!text.contains("STREAM_GAP"), "{text}");
                return None;
            }
        }
    }
    None
}

/// Kills a gateway or Redis, one after another, and starts it again.
async fn chaos(mut gateways: [Process; 2], mut redis: Redis) -> ([Process; 2], Redis) {
    let end = Instant::now() + CHAOS;
    while Instant::now() < end {
        sleep(Duration::from_millis(1_000 + chance() % 3_000)).await;
        match chance() % 3 {
            2 => {
                redis.kill();
                sleep(Duration::from_millis(500 + chance() % 2_000)).await;
                redis.restart().await;
            }
            which => {
                let gateway = &mut gateways[usize::from(which == 1)];
                gateway.kill();
                sleep(Duration::from_millis(chance() % 1_000)).await;
                gateway.restart().await;
            }
        }
    }
    (gateways, redis)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_subscriber_gets_each_message_once_and_in_order_whatever_is_killed() {
    let Some(redis) = Redis::start().await else { return };
    let Some(server) = Postgres::start().await else { return peers::missing("postgres") };
    let database = seeded_postgres(&server).await;
    let redis_url = redis.url();
    let settings = [
        ("WEFT_DATABASE__URL", database.as_str()),
        ("WEFT_REDIS__URL", redis_url.as_str()),
        ("WEFT_SERVER__PLAYGROUND", "false"),
    ];
    let program = env!("CARGO_BIN_EXE_weft-under-test");
    let gateways = [Process::start(program, &settings).await, Process::start(program, &settings).await];
    let instances = Arc::new(Instances { urls: [gateways[0].url(), gateways[1].url()] });

    let (stop, is_calm) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let sent = Arc::new(AtomicU64::new(0));
    let (mut writers, mut followers) = (Vec::new(), Vec::new());
    for index in 0..CONVERSATIONS {
        let mut members = Vec::new();
        for member_index in 0..MEMBERS {
            let number = u32::try_from(50 + index * MEMBERS + member_index).expect("a few");
            members.push(member(&instances, number).await);
        }
        let conversation = open_conversation(&instances, &members, &format!("Room {index}")).await;
        // A first message, so that everybody has a cursor to resume from.
        let first = first_cursor(&instances, &conversation, &members[0].token).await;
        for member in &members {
            let told = Told::default();
            let task = tokio::spawn(subscribe(
                instances.clone(),
                conversation.clone(),
                member.token.clone(),
                first.clone(),
                told.clone(),
                is_calm.clone(),
            ));
            followers.push((index, told, task));
        }
        let token = members[0].token.clone();
        let (stop, sent) = (stop.clone(), sent.clone());
        writers.push(tokio::spawn(write(instances.clone(), conversation, token, stop, sent)));
    }
    let started = Instant::now();

    let (gateways, redis) = chaos(gateways, redis).await;
    stop.store(true, Ordering::SeqCst);
    is_calm.store(true, Ordering::SeqCst);
    let chosen: Vec<Vec<String>> =
        join_all(writers).await.into_iter().map(|ids| ids.expect("a writer")).collect();
    let count = sent.load(Ordering::SeqCst);
    let seconds = started.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let rate = count as f64 / seconds;
    eprintln!("{count} messages in {seconds:.0} s, {rate:.0} a second");

    for (index, told, task) in followers {
        let expected = chosen[index].len();
        let deadline = Instant::now() + Duration::from_secs(60);
        while told.lock().await.len() < expected && Instant::now() < deadline {
            sleep(Duration::from_millis(50)).await;
        }
        task.abort();
        let told = told.lock().await.clone();
        let sequences: Vec<i64> = told.iter().map(|(sequence, _)| *sequence).collect();
        let dense: Vec<i64> = (2..).take(expected).collect();
        assert_eq!(first_difference(&sequences, &dense), None, "conversation {index}");
        let ids: HashSet<&String> = told.iter().map(|(_, id)| id).collect();
        let wanted: HashSet<&String> = chosen[index].iter().collect();
        assert_eq!(ids, wanted, "each message that was acknowledged, and no other");
    }
    drop((gateways, redis));
}

/// Where two lists part, with what stands there.
fn first_difference(one: &[i64], other: &[i64]) -> Option<(usize, BTreeMap<&'static str, Option<i64>>)> {
    let place = (0..one.len().max(other.len())).find(|place| one.get(*place) != other.get(*place))?;
    let (told, expected) = (one.get(place).copied(), other.get(place).copied());
    Some((place, BTreeMap::from([("told", told), ("expected", expected)])))
}

/// The cursor of a conversation's first message.
async fn first_cursor(instances: &Instances, conversation: &str, token: &str) -> String {
    let mut cursor = String::new();
    let url = instances.any(0).replacen("http", "ws", 1);
    let mut request = format!("{url}/graphql").into_client_request().expect("a request");
    let protocol = "graphql-transport-ws".parse().expect("a header value");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = connect_async(request).await.expect("a socket");
    let init =
        json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } });
    socket.send(Message::text(init.to_string())).await.expect("open");
    let payload = json!({ "query": FOLLOW, "variables": { "id": conversation } });
    socket
        .send(Message::text(json!({ "id": "1", "type": "subscribe", "payload": payload }).to_string()))
        .await
        .expect("open");
    sleep(Duration::from_millis(500)).await;
    let mutation = "mutation($id: ID!) { messageSend(input: { conversationId: $id, body: \"first\", \
                    clientId: \"first\" }) { message { sequence } userErrors { message } } }";
    insist(instances, Some(token), mutation, json!({ "id": conversation })).await;
    while cursor.is_empty() {
        let Some(Ok(Message::Text(text))) = socket.next().await else { panic!("the socket ended") };
        let message: Value = serde_json::from_str(&text).expect("JSON");
        if let Some(position) = message["payload"]["data"]["conversationEvents"]["cursor"].as_str() {
            position.clone_into(&mut cursor);
        }
    }
    cursor
}
