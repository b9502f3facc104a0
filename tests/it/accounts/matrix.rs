//! Which field of what somebody owns answers whom: every field of every type that
//! belongs to somebody stands in the table, and each cell is asked through
//! `node(id)` and through the lists that lead there.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::{Schema, schema::ExtendedType, validation::Valid};
use serde_json::{Value, json};
use tests::{TestApp, on_each_database, on_each_database_with};

use super::owned::{ASKERS, OWNER, Owned, STRANGER};

/// What an asker gets of a field: a value, null, or the code of an error there.
type Cell = &'static str;

const VALUE: Cell = "VALUE";
const NULL: Cell = "null";
/// There is no such object for the asker.
const NONE: Cell = "none";

/// A type, some of its fields, and what guest, stranger, owner, support, moderator
/// and administrator get of them.
type Rule = (&'static str, &'static str, [Cell; 6]);

const OWNERS: [Cell; 6] = [NONE, NONE, VALUE, NONE, NONE, NONE];
/// Nothing is there to show, for its owner either.
const EMPTY: [Cell; 6] = [NONE, NONE, NULL, NONE, NONE, NONE];
const OWNERS_AND_READERS: [Cell; 6] = [NONE, NONE, VALUE, VALUE, NONE, VALUE];
/// Of an object that others may see.
const OWNERS_PART: [Cell; 6] = [NONE, NONE, VALUE, NULL, NONE, NULL];
const MODERATORS: [Cell; 6] = [NONE, NONE, NONE, NONE, VALUE, VALUE];
const ADMINS: [Cell; 6] = [NONE, NONE, NONE, NONE, NONE, VALUE];
const ADMINS_EMPTY: [Cell; 6] = [NONE, NONE, NONE, NONE, NONE, NULL];

const RULES: &[Rule] = &[
    (
        "Account",
        "id user email emailVerified roles locale currency addresses sessions mfaFactors identities version \
         favourites orders planSubscription usage",
        OWNERS_AND_READERS,
    ),
    (
        "Account",
        "cart conversations unreadMessageCount blockedUsers notifications \
         unreadNotificationCount notificationPreferences",
        OWNERS_PART,
    ),
    ("Account", "suspendedAt suspensionReason", [NONE, NONE, NULL, NULL, NONE, NULL]),
    ("Account", "deletionScheduledAt", [NONE, NONE, NULL, NULL, NONE, NULL]),
    ("SavedAddress", "id address isDefaultShipping isDefaultBilling", OWNERS_AND_READERS),
    ("Address", "name lines city region postalCode country phone", OWNERS_AND_READERS),
    ("Session", "id createdAt lastUsedAt isCurrent", OWNERS_AND_READERS),
    ("Session", "userAgent", [NONE, NONE, NULL, NULL, NONE, NULL]),
    ("MfaFactor", "id kind createdAt isConfirmed", OWNERS_AND_READERS),
    ("Identity", "id provider label", OWNERS_AND_READERS),
    ("Notification", "id kind title body targetId count readAt createdAt", OWNERS),
    ("NotificationPreference", "kind channels isDefault", OWNERS),
    (
        "Cart",
        "id lines totalQuantity currency totals discountCodes shippingAddress shippingOptions \
         selectedShipping warnings isReady expiresAt version",
        OWNERS,
    ),
    ("Cart", "token", EMPTY),
    ("CartLine", "id variant quantity unitPrice priceWhenAdded discount total note", OWNERS),
    (
        "Discount",
        "id code kind basisPoints currency products sellers minimumSubtotal validFrom validUntil usageLimit \
         oncePerAccount combinable uses version createdAt updatedAt",
        ADMINS,
    ),
    ("Discount", "amount archivedAt", ADMINS_EMPTY),
    ("BlockEdge", "cursor node blockedAt", OWNERS),
    ("Conversation", "id members messages lastMessage unreadCount isMuted updatedAt", OWNERS),
    ("Conversation", "title subject", EMPTY),
    ("ConversationMember", "user readSequence deliveredSequence", OWNERS),
    ("ConversationMember", "leftAt", EMPTY),
    (
        "Message",
        "id conversation sequence sender body attachments replyTo reactions state clientId sentAt \
         editedAt",
        OWNERS,
    ),
    ("Attachment", "name mediaType size url", OWNERS),
    ("ReactionCount", "emoji count mine", OWNERS),
    ("MessageReport", "messageId body state sender reporter reason reportedAt", MODERATORS),
    ("WebhookEndpoint", "id url kinds enabled deliveries", ADMINS),
    ("WebhookDelivery", "id eventId kind state attempts lastError nextAttemptAt", ADMINS),
    ("WebhookDelivery", "lastStatus", ADMINS_EMPTY),
    ("AuditEntry", "id sequence at actorId actor action hash facts", ADMINS),
    ("AuditFact", "sequence at kind subjectId data previousHash hash", ADMINS),
    (
        "Order",
        "id number state allowedTransitions buyer lines sellerParts totals shippingAddress fulfilments \
         returns history invoiceUrl placedAt version payments paymentStatus",
        OWNERS_AND_READERS,
    ),
    ("Order", "payUntil", [NONE, NONE, NULL, NULL, NONE, NULL]),
    (
        "OrderLine",
        "id variant title sku options quantity unitPrice discount tax total fulfilledQuantity \
         cancelledQuantity returnedQuantity refundedQuantity",
        OWNERS_AND_READERS,
    ),
    ("OrderPart", "id seller lines totals payout commission", OWNERS_AND_READERS),
    ("OrderTransition", "to at", OWNERS_AND_READERS),
    ("OrderTransition", "actor", OWNERS_AND_READERS),
    ("OrderTransition", "from reason", [NONE, NONE, NULL, NULL, NONE, NULL]),
    ("Fulfilment", "id carrier trackingNumber lines shippedAt", OWNERS_AND_READERS),
    ("Fulfilment", "deliveredAt", [NONE, NONE, NULL, NULL, NONE, NULL]),
    ("FulfilmentLine", "line quantity", OWNERS_AND_READERS),
    ("OrderReturn", "id state reason lines requestedAt", OWNERS_AND_READERS),
    (
        "Payment",
        "id order state amount authorized captured refunded provider refunds failure",
        OWNERS_AND_READERS,
    ),
    ("Payment", "clientSecret", OWNERS_PART),
    ("PlanSubscription", "id plan state currentPeriodEnd cancelAtPeriodEnd", OWNERS_AND_READERS),
    ("Usage", "metric used included resetsAt", OWNERS_AND_READERS),
    ("Refund", "id amount state reason createdAt", OWNERS_AND_READERS),
    // Guarded fields of what everybody may see.
    ("Variant", "available", ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", VALUE, "FORBIDDEN", VALUE]),
];

/// The way to an object: the type, whose id it takes, the operation with `%` in the
/// object's place, and whether everybody is asked for the same object or each has
/// their own there.
type Way = (&'static str, &'static str, &'static str, Reach);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// By the id of something of the owner's.
    ById,
    /// From oneself: only the owner gets there.
    FromMe,
    /// A field that is guarded itself: who may not ask it gets nothing below.
    ByRole,
}
use Reach::{ById, ByRole, FromMe};

const WAYS: &[Way] = &[
    ("Account", "acct", "node(id: $id) %", ById),
    ("Account", "acct", "me %", FromMe),
    ("SavedAddress", "addr", "node(id: $id) %", ById),
    ("SavedAddress", "addr", "me { addresses % }", FromMe),
    ("SavedAddress", "acct", "node(id: $id) { ... on Account { addresses % } }", ById),
    ("Address", "addr", "node(id: $id) { ... on SavedAddress { address % } }", ById),
    ("Session", "sess", "node(id: $id) %", ById),
    ("Session", "acct", "nodes(ids: [$id]) { ... on Account { sessions % } }", ById),
    ("MfaFactor", "acct", "node(id: $id) { ... on Account { mfaFactors % } }", ById),
    ("MfaFactor", "mfa", "me { mfaFactors % }", FromMe),
    ("Identity", "acct", "node(id: $id) { ... on Account { identities % } }", ById),
    ("Notification", "ntf", "node(id: $id) %", ById),
    ("Notification", "ntf", "me { notifications(first: 100) { nodes % } }", FromMe),
    ("Notification", "acct", "node(id: $id) { ... on Account { notifications { nodes % } } }", ById),
    (
        "NotificationPreference",
        "acct",
        "node(id: $id) { ... on Account { notificationPreferences % } }",
        ById,
    ),
    ("Cart", "cart", "node(id: $id) %", ById),
    ("Cart", "cart", "me { cart % }", FromMe),
    ("Cart", "acct", "node(id: $id) { ... on Account { cart % } }", ById),
    ("CartLine", "cart", "node(id: $id) { ... on Cart { lines % } }", ById),
    ("Discount", "dsc", "node(id: $id) %", ById),
    ("Discount", "dsc", "discounts(first: 1) { nodes % }", ByRole),
    ("BlockEdge", "acct", "node(id: $id) { ... on Account { blockedUsers { edges % } } }", ById),
    ("Conversation", "conv", "node(id: $id) %", ById),
    ("Conversation", "conv", "conversation(id: $id) %", ByRole),
    ("Conversation", "conv", "me { conversations(first: 100) { nodes % } }", FromMe),
    (
        "Conversation",
        "acct",
        "node(id: $id) { ... on Account { conversations { edges { node % } } } }",
        ById,
    ),
    ("Conversation", "msg", "node(id: $id) { ... on Message { conversation % } }", ById),
    ("ConversationMember", "conv", "node(id: $id) { ... on Conversation { members % } }", ById),
    ("Message", "msg", "node(id: $id) %", ById),
    ("Message", "msg", "me { conversations(first: 100) { nodes { lastMessage % } } }", FromMe),
    ("Message", "conv", "node(id: $id) { ... on Conversation { lastMessage % } }", ById),
    ("Attachment", "msg", "node(id: $id) { ... on Message { attachments % } }", ById),
    ("ReactionCount", "msg", "node(id: $id) { ... on Message { reactions % } }", ById),
    ("MessageReport", "msg", "messageReports(first: 1) { nodes % }", ByRole),
    ("WebhookEndpoint", "whe", "node(id: $id) %", ById),
    ("WebhookEndpoint", "whe", "webhookEndpoints %", ByRole),
    ("WebhookDelivery", "whd", "node(id: $id) %", ById),
    (
        "WebhookDelivery",
        "whe",
        "node(id: $id) { ... on WebhookEndpoint { deliveries { nodes % } } }",
        ById,
    ),
    ("Order", "ord", "node(id: $id) %", ById),
    ("Order", "ord", "order(id: $id) %", ById),
    ("Order", "ord", "me { orders(first: 5) { nodes % } }", FromMe),
    ("Order", "acct", "node(id: $id) { ... on Account { orders { nodes % } } }", ById),
    ("OrderLine", "ord", "node(id: $id) { ... on Order { lines % } }", ById),
    ("OrderPart", "ord", "order(id: $id) { sellerParts % }", ById),
    ("OrderTransition", "ord", "node(id: $id) { ... on Order { history % } }", ById),
    ("Fulfilment", "ful", "node(id: $id) %", ById),
    ("Fulfilment", "ord", "order(id: $id) { fulfilments % }", ById),
    ("FulfilmentLine", "ful", "node(id: $id) { ... on Fulfilment { lines % } }", ById),
    ("OrderReturn", "ret", "node(id: $id) %", ById),
    ("OrderReturn", "ord", "order(id: $id) { returns % }", ById),
    ("AuditEntry", "aud", "node(id: $id) %", ById),
    ("AuditEntry", "acct", "auditEntries(first: 1, actorId: $id) { nodes % }", ByRole),
    ("AuditFact", "aud", "node(id: $id) { ... on AuditEntry { facts % } }", ById),
    ("Payment", "pay", "node(id: $id) %", ById),
    ("PlanSubscription", "psub", "node(id: $id) %", ById),
    ("PlanSubscription", "acct", "node(id: $id) { ... on Account { planSubscription % } }", ById),
    ("Usage", "acct", "node(id: $id) { ... on Account { usage % } }", ById),
    ("Refund", "rfd", "node(id: $id) %", ById),
    ("Refund", "pay", "node(id: $id) { ... on Payment { refunds % } }", ById),
    ("Variant", "acct", "products(first: 1) { nodes { variants(first: 1) { nodes % } } }", ByRole),
];

/// Types of which everybody may see what they come across, connections and
/// payloads, which hold nothing of their own, among them.
const OPEN: &str = "AccountPayload AuditEntryConnection AuditEntryEdge AuthPayload BlockConnection CartDiscountCode CartEvent CartPayload Category CategoryPayload ConversationConnection \
    ConversationEdge ConversationEvent ConversationPayload DiscountConnection DiscountEdge DiscountPayload GenericError \
    GenericWarning MessageChanged MessageConnection \
    MessageEdge MessagePayload MessageReportConnection MessageReportEdge MessageSent MfaChallenge \
    MfaEnrollPayload Money NotificationConnection NotificationEdge NotificationEvent \
    NotificationPreferencePayload OrderConnection OrderEdge OrderEvent OrderPayload OrderTotals \
    OutOfStockError PageInfo PasskeyChallengePayload PaymentPayload Plan PlanPayload PriceChangedError PriceChangedWarning \
    PriceRange Product ProductAttribute ProductBulkPayload ProductConnection ProductEdge ProductEvent ProductImage \
    ProductOption ProductPayload PushDevicePayload RateLimit RateLimitedError RatingSummary ReadAdvanced \
    Review ReviewConnection ReviewEdge ReviewPayload SelectedOption Seller ShippingOption SignInProvider \
    StockWarning TypingStarted UploadLimits UploadPayload UploadSlot UsageQuota User UserConnection \
    UserEdge Variant VariantConnection VariantEdge VersionConflictError \
    WebhookDeliveryConnection WebhookDeliveryEdge WebhookDeliveryPayload WebhookPayload";

/// The roots, which have a table of their own, and types of the harness.
const ELSEWHERE: [&str; 6] = ["Query", "Mutation", "Subscription", "Happened", "Made", "WorkEvent"];

fn schema(app: &TestApp) -> Valid<Schema> {
    let sdl = format!("directive @oneOf on INPUT_OBJECT\n{}", app.app().engine().sdl());
    Schema::parse_and_validate(sdl, "schema.graphql").expect("the public schema")
}

/// The object types and their fields.
fn types(schema: &Schema) -> BTreeMap<String, BTreeSet<String>> {
    let objects = schema.types.iter().filter_map(|(name, ty)| match ty {
        ExtendedType::Object(object) if !object.is_built_in() => {
            Some((name.to_string(), object.fields.keys().map(ToString::to_string).collect()))
        }
        _ => None,
    });
    objects.filter(|(name, _): &(String, _)| !ELSEWHERE.contains(&name.as_str())).collect()
}

/// The rule of every field.
fn rules() -> BTreeMap<(&'static str, &'static str), [Cell; 6]> {
    let mut rules = BTreeMap::new();
    for (ty, fields, cells) in RULES {
        for field in fields.split_whitespace() {
            assert_eq!(rules.insert((*ty, field), *cells), None, "{ty}.{field} has two rules");
        }
    }
    rules
}

/// A selection of these fields of a type, with nothing of what is below them.
fn selection(schema: &Schema, ty: &str, fields: &[&str]) -> String {
    let mut text = format!("{{ __typename ... on {ty} {{ ");
    for field in fields {
        let definition = schema.type_field(ty, field).expect("a field of the schema");
        let inner = schema.types.get(definition.ty.inner_named_type()).expect("a type");
        text.push_str(field);
        text.push_str(if inner.is_leaf() { " " } else { " { __typename } " });
    }
    text + "} }"
}

/// The first object of a type, by its id if one is given, and the way to it.
fn find<'v>(value: &'v Value, ty: &str, id: Option<&str>, path: &mut Vec<Value>) -> Option<&'v Value> {
    match value {
        Value::Object(object) => {
            let is_it = object.get("__typename").is_some_and(|name| name == ty);
            if is_it && id.is_none_or(|id| object.get("id").is_some_and(|own| own == id)) {
                return Some(value);
            }
            object.iter().find_map(|(key, value)| below(value, ty, id, path, json!(key)))
        }
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(index, value)| below(value, ty, id, path, json!(index)))
        }
        _ => None,
    }
}

fn below<'v>(
    value: &'v Value,
    ty: &str,
    id: Option<&str>,
    path: &mut Vec<Value>,
    piece: Value,
) -> Option<&'v Value> {
    path.push(piece);
    let found = find(value, ty, id, path);
    if found.is_none() {
        path.pop();
    }
    found
}

/// What an answer has of a field of the first object of its type.
fn cell(answer: &Value, ty: &str, id: Option<&str>, field: &str) -> String {
    let mut path = Vec::new();
    let Some(object) = find(&answer["data"], ty, id, &mut path) else { return NONE.to_owned() };
    path.push(json!(field));
    let errors = answer["errors"].as_array().into_iter().flatten();
    let mut here = errors.filter(|error| error["path"] == Value::Array(path.clone()));
    match (here.next(), &object[field]) {
        (Some(error), _) => error["extensions"]["code"].as_str().expect("a code").to_owned(),
        (None, Value::Null) => NULL.to_owned(),
        (None, _) => VALUE.to_owned(),
    }
}

#[tokio::test]
async fn every_field_of_what_somebody_owns_has_a_rule_and_no_rule_is_without_a_field() {
    let app = TestApp::sqlite().await;
    let (schema, rules) = (schema(&app), rules());
    let guarded = super::guards::guarded_fields(app.app().engine().supergraph());
    let open: BTreeSet<&str> = OPEN.split_whitespace().collect();
    let ruled: BTreeSet<&str> = rules.keys().map(|(ty, _)| *ty).collect();
    let types = types(&schema);
    let mut wrong = Vec::new();

    for (ty, fields) in &types {
        let is_open = open.contains(ty.as_str());
        for field in fields {
            let has_rule = rules.contains_key(&(ty.as_str(), field.as_str()));
            let needs_rule = !is_open || guarded.contains(&(ty.clone(), field.clone()));
            if has_rule != needs_rule {
                let told = if has_rule { "needs no rule, its type is open" } else { "has no rule" };
                wrong.push(format!("{ty}.{field} {told}"));
            }
        }
    }
    let exists = |ty: &str, field: &str| types.get(ty).is_some_and(|fields| fields.contains(field));
    let gone = rules.keys().filter(|(ty, field)| !exists(ty, field));
    wrong.extend(gone.map(|(ty, field)| format!("{ty}.{field} is gone, its rule is not")));
    wrong.extend(open.iter().filter(|ty| !types.contains_key(**ty)).map(|ty| format!("{ty} is gone")));
    let reached: BTreeSet<&str> = WAYS.iter().map(|(ty, ..)| *ty).collect();
    wrong.extend(ruled.difference(&reached).map(|ty| format!("no way leads to {ty}")));

    assert_eq!(wrong, Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn every_field_of_what_somebody_owns_answers_each_asker_as_the_table_says() {
    on_each_database(async |app: TestApp| {
        let (schema, rules) = (schema(&app), rules());
        let owned = Owned::new(&app).await;
        let mut wrong = Vec::new();

        for (ty, prefix, way, reach) in WAYS {
            let of_type: Vec<_> = rules.iter().filter(|((of, _), _)| of == ty).collect();
            let fields: Vec<&str> = of_type.iter().map(|((_, field), _)| *field).collect();
            let declared = if way.contains("$id") { "query($id: ID!)" } else { "query" };
            let query =
                format!("{declared} {{ {} }}", way.replace('%', &selection(&schema, ty, &fields)));
            let id = &owned.ids[prefix];
            let variables = if way.contains("$id") { json!({ "id": id }) } else { json!({}) };
            // Through a list, the object itself is looked for.
            let target = (*reach == FromMe).then_some(id.as_str());
            for (asker, client) in owned.askers.iter().enumerate() {
                let answer = client.ask(&query, variables.clone()).await;
                for ((_, field), cells) in &of_type {
                    let expected = if *reach == FromMe && asker != OWNER { NONE } else { cells[asker] };
                    let cell = cell(&answer, ty, target, field);
                    if cell != expected {
                        let asker = ASKERS[asker];
                        wrong
                            .push(format!("{ty}.{field} as {asker} by `{way}`: {cell}, not {expected}"));
                    }
                }
                if cells_are_all(&of_type, asker, NONE) {
                    let told = answer["data"].to_string();
                    for secret in owned.ids.values().filter(|secret| *secret != id) {
                        assert!(!told.contains(secret.as_str()), "{} is told {told}", ASKERS[asker]);
                    }
                }
            }
        }

        assert_eq!(wrong, Vec::<String>::new());
        app.stop().await;
    })
    .await;
}

/// Inputs within each other in which ids are looked for.
const DEPTH: usize = 2;

type RulesOf<'r> = Vec<(&'r (&'static str, &'static str), &'r [Cell; 6])>;

fn cells_are_all(rules: &RulesOf<'_>, asker: usize, cell: Cell) -> bool {
    rules.iter().all(|(_, cells)| cells[asker] == cell)
}

/// An operation that asks a root field with the id `$id` wherever it takes one, and
/// whether it takes one; `None` for a field that clients must not see.
pub(super) fn probe(schema: &Schema, kind: &str, field: &str) -> Option<(String, bool)> {
    let root = if kind == "query" { "Query" } else { "Mutation" };
    let definition = schema.type_field(root, field).ok()?;
    let mut takes_id = false;
    let mut arguments = Vec::new();
    for argument in &definition.arguments {
        if let Some(value) = value(schema, &argument.ty, &mut takes_id, 0) {
            arguments.push(format!("{}: {value}", argument.name));
        }
    }
    let inner = schema.types.get(definition.ty.inner_named_type()).expect("a type");
    let below = match inner {
        ExtendedType::Object(object) if object.fields.contains_key("userErrors") => {
            " { userErrors { code field message } }"
        }
        ty if ty.is_leaf() => "",
        _ => " { __typename }",
    };
    let given = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
    let declared = if takes_id { "($id: ID!)" } else { "" };
    Some((format!("{kind}{declared} {{ {field}{given}{below} }}"), takes_id))
}

/// A value of a type, with the id in every place for one; `None` where none is
/// needed and no id can be.
fn value(
    schema: &Schema,
    ty: &apollo_compiler::ast::Type,
    takes_id: &mut bool,
    depth: usize,
) -> Option<String> {
    // Filters hold filters.
    if depth > DEPTH && !ty.is_non_null() {
        return None;
    }
    let name = ty.inner_named_type().as_str();
    let before = *takes_id;
    let inner = match (name, schema.types.get(name)) {
        ("ID", _) => {
            *takes_id = true;
            "$id".to_owned()
        }
        ("Int" | "Long", _) => "1".to_owned(),
        ("Boolean", _) => "true".to_owned(),
        ("CountryCode", _) => "\"DE\"".to_owned(),
        ("CurrencyCode", _) => "\"EUR\"".to_owned(),
        ("URL", _) => "\"https://1.1.1.1/\"".to_owned(),
        (_, Some(ExtendedType::Enum(definition))) => definition.values.keys().next()?.to_string(),
        (_, Some(ExtendedType::InputObject(input))) => {
            let is_one_of = input.directives.has("oneOf");
            let fields = input.fields.values().filter_map(|field| {
                let value = value(schema, &field.ty, takes_id, depth + 1)?;
                Some(format!("{}: {value}", field.name))
            });
            let mut fields: Vec<String> = fields.collect();
            if is_one_of {
                fields.retain(|field| field.contains("$id"));
                fields.truncate(1);
            }
            format!("{{ {} }}", fields.join(", "))
        }
        _ => "\"x\"".to_owned(),
    };
    let is_needed = ty.is_non_null() || *takes_id != before;
    let is_list = ty.is_list();
    is_needed.then(|| if is_list { format!("[{inner}]") } else { inner })
}

#[tokio::test]
async fn what_belongs_to_somebody_else_reads_exactly_as_what_is_not_there() {
    on_each_database_with(
        |config| config.limits.enabled = false,
        async |app: TestApp| {
            let schema = schema(&app);
            let owned = Owned::new(&app).await;
            let of = |root: &str| schema.get_object(root).expect("a root").fields.keys().cloned();
            let queries = of("Query").filter_map(|field| probe(&schema, "query", &field));
            let mutations = of("Mutation").filter_map(|field| probe(&schema, "mutation", &field));
            let probes = queries.chain(mutations).filter(|(_, takes_id)| *takes_id);
            let probes: Vec<String> = probes.map(|(operation, _)| operation).collect();
            assert!(probes.len() > 20, "{probes:#?}");
            let stranger = &owned.askers[STRANGER];
            let mut told_apart = Vec::new();

            for operation in &probes {
                let prepared = app.app().engine().prepare(operation, None).await;
                assert!(prepared.is_ok(), "{operation}");
                for (prefix, id) in &owned.ids {
                    // The last letter makes it another one.
                    let other = if id.ends_with('0') { "1" } else { "0" };
                    let unknown = format!("{}{other}", &id[..id.len() - 1]);
                    let mut answers = Vec::new();
                    for id in [id, &unknown] {
                        let answer = stranger.ask(operation, json!({ "id": id })).await;
                        answers.push(answer.to_string().replace(id.as_str(), "<id>"));
                    }
                    if answers[0] != answers[1] {
                        told_apart
                            .push(format!("{prefix} by {operation}:\n{}\n{}", answers[0], answers[1]));
                    }
                }
            }

            assert_eq!(told_apart, Vec::<String>::new());
            app.stop().await;
        },
    )
    .await;
}
