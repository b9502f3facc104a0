//! Who may ask which root field. Every one stands in the table below, and one
//! that does not fails the test.

use std::collections::BTreeSet;

use futures_util::{SinkExt as _, StreamExt as _};
use kit::ids::{ConversationId, MessageId, ProductId, SessionId, UserId};
use serde_json::{Value, json};
use tests::{Client, Served, TestApp, on_each_database, on_each_database_with};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use super::{data, new};

/// What somebody is answered: `OK`, or the code of the first error.
pub(crate) type Outcome = &'static str;

const OK: Outcome = "OK";
const GUEST: Outcome = "UNAUTHENTICATED";
const FORBIDDEN: Outcome = "FORBIDDEN";
const NOT_FOUND: Outcome = "NOT_FOUND";
const REFUSED: Outcome = "BAD_USER_INPUT";
const INVALID: Outcome = "INVALID";
const WRONG: Outcome = "BAD_CREDENTIALS";

/// Root fields of the harness, which no product has.
const HARNESS: [&str; 8] =
    ["crash", "happenings", "hello", "make", "panics", "tick", "work", "workEvents"];

/// Who asks, in the order of the table's columns.
pub(crate) const ROLES: [&str; 6] = ["guest", "customer", "seller", "support", "moderator", "admin"];

/// A root field, an operation that asks it, and what each role is answered.
pub(crate) type Row = (&'static str, &'static str, [Outcome; 6]);

const EVERYBODY: [Outcome; 6] = [OK; 6];
const SIGNED_IN: [Outcome; 6] = [GUEST, OK, OK, OK, OK, OK];
/// Only they may, and here they name nothing that is there.
const ADMINS: [Outcome; 6] = [GUEST, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NOT_FOUND];

/// `$product` is the seller's, `$review` one of it, `$other` somebody else's
/// product, `$nothing` the id of a session that nobody has, `$talk` and
/// `$message` somebody else's, `$somebody` a user.
pub(crate) const ACCESS: &[Row] = &[
    // Queries.
    ("cart", "{ cart(token: \"x\") { id } }", EVERYBODY),
    ("categories", "{ categories { id } }", EVERYBODY),
    (
        "discounts",
        "{ discounts(first: 1) { nodes { id } } }",
        [GUEST, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK],
    ),
    ("me", "{ me { id } }", EVERYBODY),
    ("node", "query($product: ID!) { node(id: $product) { id } }", EVERYBODY),
    ("nodes", "query($product: ID!) { nodes(ids: [$product]) { id } }", EVERYBODY),
    ("product", "query($product: ID!) { product(by: { id: $product }) { id } }", EVERYBODY),
    ("products", "{ products(first: 1) { nodes { id } } }", EVERYBODY),
    ("plans", "{ plans { id } }", EVERYBODY),
    ("rateLimit", "{ rateLimit { cost } }", EVERYBODY),
    ("signInProviders", "{ signInProviders { name } }", EVERYBODY),
    ("uploadLimits", "{ uploadLimits { maxSize } }", EVERYBODY),
    ("user", "{ user(by: { handle: \"alma-admin\" }) { id } }", EVERYBODY),
    ("users", "{ users(first: 1) { nodes { id } } }", [GUEST, FORBIDDEN, FORBIDDEN, OK, FORBIDDEN, OK]),
    ("conversation", "query($talk: ID!) { conversation(id: $talk) { id } }", SIGNED_IN),
    (
        "messageReports",
        "{ messageReports(first: 1) { nodes { messageId } } }",
        [GUEST, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK, OK],
    ),
    (
        "webhookEndpoints",
        "{ webhookEndpoints { id } }",
        [GUEST, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK],
    ),
    (
        "auditEntries",
        "{ auditEntries(first: 1) { nodes { id } } }",
        [GUEST, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK],
    ),
    ("order", "{ order(id: \"x\") { id } }", EVERYBODY),
    (
        "orders",
        "{ orders(first: 1) { nodes { id } } }",
        [GUEST, FORBIDDEN, FORBIDDEN, OK, FORBIDDEN, OK],
    ),
    // Mutations.
    (
        "checkout",
        "mutation($nothing: ID!) { checkout(input: { cart: { id: $nothing }, cartVersion: 1, idempotencyKey: \
            \"1\", email: \"a@b.example\", expectedTotal: { minorUnits: 1, currency: \"EUR\" } }) { \
            userErrors { code } } }",
        [NOT_FOUND; 6],
    ),
    (
        "orderCancel",
        "mutation($nothing: ID!) { orderCancel(id: $nothing, reason: \"No\") { userErrors { code } } }",
        [NOT_FOUND; 6],
    ),
    (
        "orderFulfil",
        "mutation($nothing: ID!) { orderFulfil(id: $nothing, lines: [{ lineId: $nothing, quantity: 1 }]) { \
            userErrors { code } } }",
        [GUEST, FORBIDDEN, NOT_FOUND, FORBIDDEN, FORBIDDEN, NOT_FOUND],
    ),
    (
        "orderReturnRequest",
        "mutation($nothing: ID!) { orderReturnRequest(id: $nothing, lines: [{ lineId: $nothing, quantity: 1 \
            }], reason: \"No\") { userErrors { code } } }",
        [NOT_FOUND; 6],
    ),
    (
        "orderReturnResolve",
        "mutation($nothing: ID!) { orderReturnResolve(returnId: $nothing, state: APPROVED) { userErrors { \
            code } } }",
        [GUEST, FORBIDDEN, FORBIDDEN, NOT_FOUND, FORBIDDEN, NOT_FOUND],
    ),
    (
        "orderRefund",
        "mutation($nothing: ID!) { orderRefund(input: { orderId: $nothing, reason: \"No\", idempotencyKey: \
            \"1\" }) { userErrors { code } } }",
        [GUEST, FORBIDDEN, FORBIDDEN, NOT_FOUND, FORBIDDEN, NOT_FOUND],
    ),
    (
        "accountDeletionSet",
        "mutation { accountDeletionSet(scheduled: false) { userErrors { code } } }",
        SIGNED_IN,
    ),
    (
        "conversationOpen",
        "mutation($somebody: ID!) { conversationOpen(memberIds: [$somebody]) { userErrors { code } } }",
        SIGNED_IN,
    ),
    (
        "conversationMarkRead",
        "mutation($talk: ID!) { conversationMarkRead(id: $talk, sequence: 1) { userErrors { code } } }",
        [GUEST, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND],
    ),
    (
        "conversationMute",
        "mutation($talk: ID!) { conversationMute(id: $talk, muted: true) { userErrors { code } } }",
        [GUEST, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND],
    ),
    ("conversationTyping", "mutation($talk: ID!) { conversationTyping(id: $talk) }", SIGNED_IN),
    (
        "messageSend",
        "mutation($talk: ID!) { messageSend(input: { conversationId: $talk, body: \"Hi\", clientId: \
            \"1\" }) { userErrors { code } } }",
        [GUEST, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND],
    ),
    (
        "messageEdit",
        "mutation($message: ID!) { messageEdit(id: $message, body: \"Hi\") { userErrors { code } } }",
        [GUEST, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND],
    ),
    (
        "messageDelete",
        "mutation($message: ID!) { messageDelete(id: $message) { userErrors { code } } }",
        [GUEST, NOT_FOUND, NOT_FOUND, NOT_FOUND, OK, OK],
    ),
    (
        "messageReact",
        "mutation($message: ID!) { messageReact(id: $message, emoji: \"👍\", on: true) { userErrors { \
            code } } }",
        [GUEST, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND],
    ),
    (
        "messageReport",
        "mutation($message: ID!) { messageReport(id: $message, reason: \"Rude.\") }",
        SIGNED_IN,
    ),
    (
        "userBlock",
        "mutation($somebody: ID!) { userBlock(userId: $somebody, blocked: false) }",
        SIGNED_IN,
    ),
    (
        "accountSignUp",
        "mutation($new: SignUpInput!) { accountSignUp(input: $new) { userErrors { code } } }",
        EVERYBODY,
    ),
    (
        "identityLink",
        "mutation { identityLink(input: { provider: \"none\", code: \"x\", codeVerifier: \"x\" }) { \
            userErrors { code } } }",
        [GUEST, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND],
    ),
    (
        "identityUnlink",
        "mutation($nothing: ID!) { identityUnlink(id: $nothing) { userErrors { code } } }",
        [GUEST, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND],
    ),
    (
        "accountRolesSet",
        "mutation($nothing: ID!) { accountRolesSet(accountId: $nothing, roles: []) { userErrors { code } \
            } }",
        ADMINS,
    ),
    (
        "accountSuspensionSet",
        "mutation($nothing: ID!) { accountSuspensionSet(accountId: $nothing, suspended: false) { \
            userErrors { code } } }",
        ADMINS,
    ),
    (
        "addressSave",
        "mutation { addressSave(input: { address: { name: \"A\", lines: [\"1\"], city: \"B\", country: \
            \"DE\" } }) { userErrors { code } } }",
        SIGNED_IN,
    ),
    (
        "addressDelete",
        "mutation($nothing: ID!) { addressDelete(id: $nothing) { userErrors { code } } }",
        [GUEST, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND],
    ),
    ("emailConfirm", "mutation { emailConfirm(token: \"x\") { userErrors { code } } }", ["EXPIRED"; 6]),
    ("emailConfirmationRequest", "mutation { emailConfirmationRequest }", SIGNED_IN),
    ("mfaEnroll", "mutation { mfaEnroll(kind: TOTP) { userErrors { code } } }", SIGNED_IN),
    (
        "mfaFactorSet",
        "mutation($nothing: ID!) { mfaFactorSet(id: $nothing, code: \"1\") { userErrors { code } } }",
        [GUEST, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND],
    ),
    ("passkeyChallenge", "mutation { passkeyChallenge { userErrors { code } } }", EVERYBODY),
    (
        "mfaRecoveryCodesRenew",
        "mutation { mfaRecoveryCodesRenew(code: \"1\") { userErrors { code } } }",
        [GUEST, WRONG, WRONG, WRONG, WRONG, WRONG],
    ),
    (
        "passwordReset",
        "mutation { passwordReset(token: \"x\", password: \"long enough\") { userErrors { code } } }",
        ["EXPIRED"; 6],
    ),
    (
        "passwordResetRequest",
        "mutation { passwordResetRequest(email: \"nobody@example.com\") }",
        EVERYBODY,
    ),
    (
        "accountUpdate",
        "mutation { accountUpdate(input: { locale: \"en\" }) { userErrors { code } } }",
        SIGNED_IN,
    ),
    (
        "sessionSignIn",
        "mutation { sessionSignIn(input: { method: { password: { email: \"alma-admin@demo.example\", \
            password: \"weft-demo-2026\" } } }) { userErrors { code } } }",
        EVERYBODY,
    ),
    (
        "sessionRevoke",
        "mutation($nothing: ID!) { sessionRevoke(id: $nothing) { userErrors { code } } }",
        [GUEST, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND],
    ),
    (
        "uploadCreate",
        "mutation { uploadCreate(filename: \"a.png\", mediaType: \"image/png\", size: 9) { userErrors { code } } }",
        SIGNED_IN,
    ),
    (
        "webhookEndpointSave",
        "mutation($nothing: ID!) { webhookEndpointSave(id: $nothing, url: \"https://1.1.1.1/\", \
            kinds: [\"*\"]) { userErrors { code } } }",
        ADMINS,
    ),
    (
        "webhookSecretRotate",
        "mutation($nothing: ID!) { webhookSecretRotate(id: $nothing) { userErrors { code } } }",
        ADMINS,
    ),
    (
        "webhookRedeliver",
        "mutation($nothing: ID!) { webhookRedeliver(deliveryId: $nothing) { userErrors { code } } }",
        ADMINS,
    ),
    (
        "productSave",
        "mutation { productSave(input: { title: \"Lamp\" }) { userErrors { code } } }",
        [GUEST, FORBIDDEN, OK, FORBIDDEN, FORBIDDEN, FORBIDDEN],
    ),
    (
        "productBulkSave",
        "mutation { productBulkSave(inputs: [{ title: \"Lamp\" }]) { userErrors { code } } }",
        [GUEST, FORBIDDEN, OK, FORBIDDEN, FORBIDDEN, FORBIDDEN],
    ),
    (
        "inventoryAdjust",
        "mutation { inventoryAdjust(changes: [], idempotencyKey: \"key\") { userErrors { code } } }",
        [GUEST, FORBIDDEN, INVALID, FORBIDDEN, FORBIDDEN, INVALID],
    ),
    (
        "categorySave",
        "mutation($nothing: ID!) { categorySave(input: { id: $nothing }) { userErrors { code } } }",
        [GUEST, FORBIDDEN, FORBIDDEN, FORBIDDEN, NOT_FOUND, NOT_FOUND],
    ),
    (
        "productArchive",
        "mutation($product: ID!) { productArchive(id: $product) { userErrors { code } } }",
        [GUEST, NOT_FOUND, OK, NOT_FOUND, OK, OK],
    ),
    (
        "reviewSave",
        "mutation($other: ID!) { reviewSave(productId: $other, stars: 4, body: \"Fine.\") { userErrors \
            { code } } }",
        SIGNED_IN,
    ),
    (
        "reviewReply",
        "mutation($review: ID!) { reviewReply(reviewId: $review, body: \"Thanks.\") { userErrors { \
            code } } }",
        [GUEST, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND, NOT_FOUND],
    ),
    (
        "favouriteSet",
        "mutation($other: ID!) { favouriteSet(productId: $other, favourite: true) { userErrors { code \
            } } }",
        SIGNED_IN,
    ),
    ("cartCreate", "mutation { cartCreate { userErrors { code } } }", EVERYBODY),
    (
        "cartLinesUpdate",
        "mutation($nothing: ID!) { cartLinesUpdate(input: { cart: { id: $nothing }, set: [{ lineId: \
            $nothing, quantity: 0 }] }) { userErrors { code } } }",
        [NOT_FOUND; 6],
    ),
    (
        "cartDiscountCodesSet",
        "mutation { cartDiscountCodesSet(codes: []) { userErrors { code } } }",
        [NOT_FOUND, OK, OK, OK, OK, OK],
    ),
    (
        "cartShippingAddressSet",
        "mutation { cartShippingAddressSet(address: { name: \"A\", lines: [\"1\"], city: \"B\", country: \
            \"DE\" }) { userErrors { code } } }",
        [NOT_FOUND, OK, OK, OK, OK, OK],
    ),
    (
        "cartShippingSelect",
        "mutation { cartShippingSelect(handle: \"none\") { userErrors { code } } }",
        [NOT_FOUND; 6],
    ),
    (
        "cartPricesAcknowledge",
        "mutation($nothing: ID!) { cartPricesAcknowledge(cart: { id: $nothing }, expectedVersion: 1) { \
            userErrors { code } } }",
        [NOT_FOUND; 6],
    ),
    (
        "cartMerge",
        "mutation { cartMerge(guestToken: \"x\") { userErrors { code } } }",
        [GUEST, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND],
    ),
    (
        "discountSave",
        "mutation($nothing: ID!) { discountSave(input: { id: $nothing, code: \"X\", kind: FREE_SHIPPING }) \
            { userErrors { code } } }",
        ADMINS,
    ),
    (
        "discountArchive",
        "mutation($nothing: ID!) { discountArchive(id: $nothing) { userErrors { code } } }",
        ADMINS,
    ),
    (
        "planChange",
        "mutation($nothing: ID!) { planChange(planId: $nothing, idempotencyKey: \"1\") { userErrors { \
            code } } }",
        [GUEST, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND],
    ),
    (
        "planCancel",
        "mutation { planCancel(cancel: true) { userErrors { code } } }",
        [GUEST, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND],
    ),
    (
        "paymentConfirm",
        "mutation($nothing: ID!) { paymentConfirm(paymentId: $nothing, methodToken: \"tok_success\", \
            idempotencyKey: \"1\") { userErrors { code } } }",
        [NOT_FOUND; 6],
    ),
    (
        "paymentCapture",
        "mutation($nothing: ID!) { paymentCapture(paymentId: $nothing, idempotencyKey: \"1\") { \
            userErrors { code } } }",
        [GUEST, FORBIDDEN, FORBIDDEN, NOT_FOUND, FORBIDDEN, NOT_FOUND],
    ),
    ("notificationsMarkRead", "mutation { notificationsMarkRead(ids: []) }", SIGNED_IN),
    (
        "notificationPreferenceSet",
        "mutation { notificationPreferenceSet(kind: \"message.*\", channels: [IN_APP]) { userErrors { \
            code } } }",
        SIGNED_IN,
    ),
    (
        "pushDeviceRegister",
        "mutation { pushDeviceRegister(token: \"phone\", platform: \"ios\") { userErrors { code } } }",
        SIGNED_IN,
    ),
    (
        "pushDeviceUnregister",
        "mutation { pushDeviceUnregister(token: \"phone\") { userErrors { code } } }",
        SIGNED_IN,
    ),
    // Subscriptions. Asked for no product they end with a word on the list,
    // which only those hear who may subscribe.
    (
        "conversationEvents",
        "subscription { conversationEvents(after: \"rubbish\") { cursor } }",
        [
            GUEST,
            "BAD_USER_INPUT",
            "BAD_USER_INPUT",
            "BAD_USER_INPUT",
            "BAD_USER_INPUT",
            "BAD_USER_INPUT",
        ],
    ),
    ("orderEvents", "subscription { orderEvents(orderId: \"x\") { cursor } }", [REFUSED; 6]),
    ("cartEvents", "subscription { cartEvents(cart: { token: \"x\" }) { cursor } }", [REFUSED; 6]),
    ("productEvents", "subscription { productEvents(ids: []) { cursor } }", ["BAD_USER_INPUT"; 6]),
    (
        "paymentUpdated",
        "subscription { paymentUpdated(paymentId: \"pay_1\", after: \"rubbish\") { id } }",
        [REFUSED; 6],
    ),
    (
        "notificationEvents",
        "subscription { notificationEvents(after: \"rubbish\") { cursor } }",
        [GUEST, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED],
    ),
];

/// The root fields of the served schema.
async fn root_fields(client: &Client) -> BTreeSet<String> {
    let query = "{ __schema { queryType { fields { name } } mutationType { fields { name } } \
        subscriptionType { fields { name } } } }";
    let schema = data(client, query, json!({})).await["__schema"].take();
    let types = ["queryType", "mutationType", "subscriptionType"];
    let fields =
        types.iter().flat_map(|kind| schema[*kind]["fields"].as_array().expect("fields").clone());
    let names = fields.map(|field| field["name"].as_str().expect("a name").to_owned());
    names.filter(|name| !HARNESS.contains(&name.as_str())).collect()
}

pub(crate) async fn clients(app: &TestApp) -> [Client; 6] {
    [
        app.guest(),
        app.sign_in(&app.email(60).await).await,
        app.seller(4).await,
        app.sign_in("sami-support@demo.example").await,
        app.sign_in("mona-moderator@demo.example").await,
        app.sign_in("alma-admin@demo.example").await,
    ]
}

/// Ids for the operations of the table.
pub(crate) async fn variables(app: &TestApp, seller: &Client) -> Value {
    let query = "{ me { user { seller { id products(first: 50) { nodes { id reviews(first: 1) { nodes \
        { id } } } } } } } }";
    let shop = data(seller, query, json!({})).await["me"]["user"]["seller"].take();
    let products = shop["products"]["nodes"].as_array().expect("products");
    let reviewed = products.iter().find(|product| product["reviews"]["nodes"][0]["id"].is_string());
    let product = reviewed.expect("a reviewed product");
    let others = "query($id: ID!) { products(first: 1, filter: { not: { sellerId: $id }, status: \
        [ACTIVE] }) { nodes { id } } }";
    let other =
        data(&app.guest(), others, json!({ "id": shop["id"] })).await["products"]["nodes"][0]["id"]
            .take();
    let nothing = <SessionId as kit::Id>::generate();
    // The first demo conversation with its first message; nobody of the table is in it.
    let (talk, message): (ConversationId, MessageId) = (kit::seed::id(0), kit::seed::id(0));
    let somebody: UserId = kit::seed::id(150);
    json!({ "product": product["id"], "review": product["reviews"]["nodes"][0]["id"], "other": other,
        "nothing": nothing, "talk": talk, "message": message, "somebody": somebody })
}

/// What this operation is answered.
pub(crate) async fn outcome(
    client: &Client,
    served: &Served,
    operation: &str,
    variables: &Value,
) -> String {
    if operation.starts_with("subscription") {
        return first_event(client, served, operation).await;
    }
    let declared = |name: &&String| operation.contains(&format!("${name}:"));
    let variables = variables.as_object().expect("an object");
    let used: serde_json::Map<String, Value> = variables
        .iter()
        .filter(|(name, _)| declared(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let answer = client.ask(operation, used.into()).await;
    let code = answer["errors"][0]["extensions"]["code"].as_str();
    let payload = answer["data"].as_object().and_then(|data| data.values().next());
    let refusal = payload.and_then(|payload| payload["userErrors"][0]["code"].as_str());
    code.or(refusal).unwrap_or(OK).to_owned()
}

/// The code of the first message of a subscription, over a socket of its own.
async fn first_event(client: &Client, served: &Served, operation: &str) -> String {
    let url = format!("{}/graphql", served.url.replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("a request");
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse().expect("a header value"));
    let (mut socket, _) = connect_async(request).await.expect("the gateway takes sockets");
    let payload = match client.token() {
        Some(token) => json!({ "authorization": format!("Bearer {token}") }),
        None => json!({}),
    };
    let messages = [
        json!({ "type": "connection_init", "payload": payload }),
        json!({ "id": "1", "type": "subscribe", "payload": { "query": operation } }),
    ];
    for message in messages {
        socket.send(Message::text(message.to_string())).await.expect("the socket is open");
    }
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let message: Value = serde_json::from_str(&text).expect("JSON");
        let error = match message["type"].as_str() {
            Some("error") => &message["payload"][0],
            Some("next") => &message["payload"]["errors"][0],
            _ => continue,
        };
        return error["extensions"]["code"].as_str().unwrap_or(OK).to_owned();
    }
    "CLOSED".to_owned()
}

#[tokio::test]
async fn every_root_field_answers_each_role_as_the_table_says() {
    // Everybody comes from one address.
    let patient = |config: &mut gateway::Config| config.limits.attempts.address.points = 1_000;
    on_each_database_with(patient, async |app| {
        let clients = clients(&app).await;
        let mut variables = variables(&app, &clients[2]).await;
        let served = app.serve().await;
        let mut wrong = Vec::new();

        for (field, operation, expected) in ACCESS {
            for ((role, client), expected) in ROLES.iter().zip(&clients).zip(expected) {
                variables["new"] = new(&format!("new-{role}"));
                let outcome = outcome(client, &served, operation, &variables).await;
                if outcome != *expected {
                    wrong.push(format!("{field} as {role}: {outcome}, not {expected}"));
                }
            }
        }

        assert_eq!(wrong, Vec::<String>::new());
        drop(served);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn every_root_field_stands_in_the_table() {
    let app = TestApp::sqlite().await;
    let listed: BTreeSet<String> = ACCESS.iter().map(|(field, ..)| (*field).to_owned()).collect();

    let served = root_fields(&app.guest()).await;

    assert_eq!(served, listed, "say in the table who may ask a new field, and take a removed one out");
    for (field, operation, _) in ACCESS {
        assert!(
            operation.contains(&format!("{field}(")) || operation.contains(&format!("{field} ")),
            "{operation}"
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn exact_stock_is_for_those_who_keep_the_inventory() {
    on_each_database(async |app| {
        let product: ProductId = kit::seed::id(0);
        let query = "query($id: ID!) { product(by: { id: $id }) { title variants(first: 1) { nodes { \
            sku available } } } }";
        let mut outcomes = Vec::new();

        for client in clients(&app).await {
            let answer = client.ask(query, json!({ "id": product })).await;
            let variant = &answer["data"]["product"]["variants"]["nodes"][0];
            assert!(variant["sku"].is_string(), "its siblings are there: {answer}");
            let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or(OK).to_owned();
            assert_eq!(variant["available"].is_i64(), code == OK, "{answer}");
            outcomes.push(code);
        }

        assert_eq!(outcomes, [GUEST, FORBIDDEN, OK, OK, FORBIDDEN, OK]);
        app.stop().await;
    })
    .await;
}
