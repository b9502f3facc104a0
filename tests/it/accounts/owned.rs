//! Somebody who owns one of everything, and everybody else who might look at it.

use std::{collections::BTreeMap, time::Duration};

use kit::{
    Id as _,
    ids::{RefundId, UserId},
};
use serde_json::{Value, json};
use tests::{Client, TestApp, execute, number};

use super::{data, walk};
use crate::notifications::eventually;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
const SEND: &str = "mutation($input: MessageSendInput!) { messageSend(input: $input) { message { id } \
    userErrors { message } } }";

/// Who asks, in the order of a table's columns.
pub(super) const ASKERS: [&str; 6] = ["guest", "stranger", "owner", "support", "moderator", "admin"];
/// Among [`ASKERS`].
pub(super) const STRANGER: usize = 1;
/// Among [`ASKERS`].
pub(super) const OWNER: usize = 2;

/// What the owner owns.
pub(super) struct Owned {
    pub(super) askers: [Client; 6],
    /// By the prefix of the id: `acct`, `addr`, …
    pub(super) ids: BTreeMap<&'static str, String>,
}

impl Owned {
    pub(super) async fn new(app: &TestApp) -> Self {
        let owner = app.sign_in(&app.email(60).await).await;
        let friend = app.sign_in(&app.email(61).await).await;
        let mut owned = Self {
            askers: [
                app.guest(),
                app.sign_in(&app.email(62).await).await,
                owner.clone(),
                app.sign_in("sami-support@demo.example").await,
                app.sign_in("mona-moderator@demo.example").await,
                app.sign_in("alma-admin@demo.example").await,
            ],
            ids: BTreeMap::new(),
        };
        owned.account(&owner).await;
        owned.order(app).await;
        owned.identity(app).await;
        owned.cart(&owner).await;
        owned.audit().await;
        owned.talk(&owner, &friend).await;
        owned.webhook(app).await;
        owned.plan(&owner).await;
        owned.notification(&owner).await;
        owned.payment(app, &owner).await;
        owned
    }

    fn keep(&mut self, prefix: &'static str, id: &Value) {
        let id = id.as_str().unwrap_or_else(|| panic!("no id of {prefix}: {id}"));
        assert!(id.starts_with(prefix), "{id}");
        self.ids.insert(prefix, id.to_owned());
    }

    async fn account(&mut self, owner: &Client) {
        let product: kit::ids::ProductId = kit::seed::id(0);
        let blocked: UserId = kit::seed::id(120);
        let changes = "mutation($product: ID!, $blocked: ID!) { \
            addressSave(input: { address: { name: \"Ada\", lines: [\"1 Row\"], city: \"London\", region: \
            \"L\", postalCode: \"N1\", country: \"GB\", phone: \"+44 20\" }, defaultShipping: true }) { \
            userErrors { message } } \
            favouriteSet(productId: $product, favourite: true) { userErrors { message } } \
            userBlock(userId: $blocked, blocked: true) \
            mfaEnroll(kind: TOTP) { factor { id } secret } \
            uploadCreate(filename: \"a.png\", mediaType: \"image/png\", size: 29) { slot { id } } }";
        let done = data(owner, changes, json!({ "product": product, "blocked": blocked })).await;
        self.keep("upl", &done["uploadCreate"]["slot"]["id"]);
        let own = "{ me { id addresses { id } sessions { id } } }";
        let own = data(owner, own, json!({})).await["me"].take();
        self.keep("acct", &own["id"]);
        self.keep("addr", &own["addresses"][0]["id"]);
        self.keep("sess", &own["sessions"][0]["id"]);
        let factor = &done["mfaEnroll"]["factor"]["id"];
        self.keep("mfa", factor);
        let confirm = "mutation($id: ID!, $code: String!) { mfaFactorSet(id: $id, code: $code) { \
            userErrors { code } } }";
        let code = walk::code(&walk::app_of(&done["mfaEnroll"]["secret"]), false);
        let confirmed = data(owner, confirm, json!({ "id": factor, "code": code })).await;
        assert_eq!(confirmed["mfaFactorSet"]["userErrors"], json!([]));
    }

    /// A cart with everything in it, and a discount code.
    async fn cart(&mut self, owner: &Client) {
        let minimum = json!({ "minorUnits": 1, "currency": "EUR" });
        let discount = json!({ "code": "OWNED", "kind": "PERCENTAGE", "basisPoints": 500,
            "minimumSubtotal": minimum, "validFrom": "2020-01-01T00:00:00.000Z",
            "validUntil": "2100-01-01T00:00:00.000Z", "usageLimit": 9 });
        let save =
            "mutation($input: DiscountInput!) { discountSave(input: $input) { discount { id } } }";
        let saved = data(&self.askers[5], save, json!({ "input": discount })).await;
        self.keep("dsc", &saved["discountSave"]["discount"]["id"]);
        let variant = "query($id: ID!) { node(id: $id) { ... on Product { variants(first: 1) { nodes { id } } \
            } } }";
        let product: kit::ids::ProductId = kit::seed::id(0);
        let variant = data(owner, variant, json!({ "id": product })).await;
        let fill = "mutation($variant: ID!) { \
            cartCreate(lines: [{ variantId: $variant, note: \"Gift.\" }]) { cart { id } } \
            cartDiscountCodesSet(codes: [\"OWNED\"]) { userErrors { code } } \
            cartShippingAddressSet(address: { name: \"Ada\", lines: [\"1 Row\"], city: \"London\", country: \
            \"GB\" }) { userErrors { code } } \
            cartShippingSelect(handle: \"standard\") { userErrors { code } } }";
        let variant = &variant["node"]["variants"]["nodes"][0]["id"];
        let filled = data(owner, fill, json!({ "variant": variant })).await;
        self.keep("cart", &filled["cartCreate"]["cart"]["id"]);
    }

    /// As if the owner had once signed in elsewhere.
    async fn identity(&self, app: &TestApp) {
        let (id, owner) = (kit::ids::IdentityId::generate(), &self.ids["acct"]);
        let insert = format!(
            "INSERT INTO identities (id, account_id, provider, subject, label, created_at) \
             VALUES ('{id}', '{owner}', 'acme', '1', 'Ada', 0)"
        );
        execute(app, &insert).await;
    }

    /// What the owner did stands in the audit log some time later.
    async fn audit(&mut self) {
        let query = format!(
            "{{ auditEntries(first: 1, actorId: \"{}\") {{ nodes {{ id facts {{ kind }} }} }} }}",
            self.ids["acct"]
        );
        let entry = until(&self.askers[5], &query, |answer| {
            let entry = &answer["auditEntries"]["nodes"][0];
            entry["facts"][0].is_object().then(|| entry["id"].clone())
        });
        let entry = entry.await;
        self.keep("aud", &entry);
    }

    /// A conversation with a friend in which everything has happened.
    async fn talk(&mut self, owner: &Client, friend: &Client) {
        let open =
            "mutation($with: ID!) { conversationOpen(memberIds: [$with]) { conversation { id } } }";
        let with: UserId = kit::seed::id(60);
        let opened = data(friend, open, json!({ "with": with })).await;
        self.keep("conv", &opened["conversationOpen"]["conversation"]["id"]);
        let say =
            |body: &str| json!({ "conversationId": self.ids["conv"], "body": body, "clientId": body });
        let first = data(friend, SEND, json!({ "input": say("Hello.") })).await["messageSend"].take();
        let slot = "mutation($size: Long!) { uploadCreate(filename: \"a.png\", mediaType: \"image/png\", \
            size: $size) { slot { id url } } }";
        let slot = data(owner, slot, json!({ "size": PNG.len() })).await["uploadCreate"]["slot"].take();
        let put = owner.put(slot["url"].as_str().expect("an address"), PNG).await;
        assert!(put.status.is_success(), "{put:?}");
        let mut answer = say("Look.");
        answer["replyToId"] = first["message"]["id"].clone();
        answer["uploadIds"] = json!([slot["id"]]);
        let sent = data(owner, SEND, json!({ "input": answer })).await["messageSend"].take();
        assert_eq!(sent["userErrors"], json!([]));
        self.keep("msg", &sent["message"]["id"]);
        let change = "mutation($own: ID!, $other: ID!) { \
            messageEdit(id: $own, body: \"Look!\") { userErrors { message } } \
            messageReact(id: $own, emoji: \"👍\", on: true) { userErrors { message } } \
            messageReport(id: $other, reason: \"Rude.\") }";
        let change =
            data(owner, change, json!({ "own": self.ids["msg"], "other": first["message"]["id"] }));
        assert_eq!(change.await["messageReport"], true);
    }

    async fn webhook(&mut self, app: &TestApp) {
        let admin = &self.askers[5];
        let save = "mutation { webhookEndpointSave(url: \"https://1.1.1.1/\", kinds: [\"product.*\"]) { \
            endpoint { id } userErrors { message } } }";
        let saved = data(admin, save, json!({})).await["webhookEndpointSave"].take();
        assert_eq!(saved["userErrors"], json!([]));
        let seller = app.seller(4).await;
        let product = crate::events::own_product(&seller).await;
        crate::events::rename(&seller, &product, "Told to a third party").await;
        let deliveries = "{ webhookEndpoints { deliveries { nodes { id lastError nextAttemptAt } } } }";
        let delivery = until(admin, deliveries, |answer| {
            let delivery = &answer["webhookEndpoints"][0]["deliveries"]["nodes"][0];
            delivery["lastError"].is_string().then(|| delivery["id"].clone())
        });
        let delivery = delivery.await;
        self.keep("whe", &saved["endpoint"]["id"]);
        self.keep("whd", &delivery);
    }

    /// An order that was shipped, and of which something is to come back.
    async fn order(&mut self, app: &TestApp) {
        let [.., owner, _, _, admin] = &self.askers;
        let (order, fulfilment, back) = crate::orders::with_a_return(app, owner, admin).await;
        // Whatever is told of it is older than what comes next.
        let told = "{ me { notifications(first: 1) { nodes { kind } } } }";
        let shipped = |answer: &Value| {
            let newest = &answer["me"]["notifications"]["nodes"][0]["kind"];
            (newest == "order.shipped").then(|| newest.clone())
        };
        until(owner, told, shipped).await;
        self.keep("ord", &order);
        self.keep("ful", &fulfilment);
        self.keep("ret", &back);
    }

    async fn plan(&mut self, owner: &Client) {
        let plan = data(owner, "{ plans { id } }", json!({})).await["plans"][1]["id"].take();
        let change = "mutation($id: ID!) { planChange(planId: $id, idempotencyKey: \"1\") { subscription { \
            id } } }";
        let changed = data(owner, change, json!({ "id": plan })).await;
        self.keep("psub", &changed["planChange"]["subscription"]["id"]);
    }

    /// The payment of the order, as if it were declined and partly given back.
    async fn payment(&mut self, app: &TestApp, owner: &Client) {
        let query = "query($id: ID!) { order(id: $id) { payments { id } } }";
        let paid = data(owner, query, json!({ "id": self.ids["ord"] })).await["order"].take();
        let payment = paid["payments"][0]["id"].as_str().expect("a payment").to_owned();
        let (order, refund) = (self.ids["ord"].clone(), RefundId::generate());
        // What the provider has yet to tell of it would move it on again.
        let untold = "SELECT (SELECT count(*) FROM sandbox_events WHERE sends_at IS NOT NULL) \
            + (SELECT count(*) FROM payment_events WHERE due_at IS NOT NULL)";
        eventually("all is told", async || number(app, untold).await == 0).await;
        for change in [
            format!(
                "UPDATE payments SET state = 'FAILED', failure = 'lost_card' WHERE id = '{payment}'"
            ),
            format!(
                "INSERT INTO payment_refunds (id, payment_id, order_id, \"key\", amount, reason, state, \
                 created_at, updated_at) VALUES ('{refund}', '{payment}', '{order}', '1', 500, 'Broken.', \
                 'SUCCEEDED', 0, 0)"
            ),
        ] {
            execute(app, &change).await;
        }
        self.keep("pay", &json!(payment));
        self.keep("rfd", &json!(refund));
    }

    /// The friend's message is told to the owner some time later.
    async fn notification(&mut self, owner: &Client) {
        let told = "{ me { notifications(first: 1) { nodes { id kind } } } }";
        let told = until(owner, told, |answer| {
            let newest = &answer["me"]["notifications"]["nodes"][0];
            (newest["kind"] == "message.received").then(|| newest["id"].clone())
        });
        let told = told.await;
        self.keep("ntf", &told);
        let read = "mutation($id: ID!) { notificationsMarkRead(ids: [$id]) }";
        data(owner, read, json!({ "id": told })).await;
    }
}

async fn until(client: &Client, query: &str, found: impl Fn(&Value) -> Option<Value>) -> Value {
    for _ in 0..600 {
        if let Some(found) = found(&data(client, query, json!({})).await) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never came: {query}");
}
