//! Fields that depend on who asks are marked: everything else answers a
//! customer as it answers a guest, so that both may be given the same events.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

use apollo_compiler::ast::{Definition, DirectiveList, Document, FieldDefinition, Type};
use kit::ids::{ProductId, UserId};
use serde_json::{Value, json};
use tests::TestApp;

/// Levels of objects that are asked for below each other.
const LEVELS: usize = 3;
/// Fails or counts whenever it is asked.
const PROBE: [&str; 3] = ["crash", "panics", "hello"];

/// What the supergraph says of its types.
struct Graph {
    fields: HashMap<String, Vec<FieldDefinition>>,
    leaves: HashSet<String>,
    /// Types all of whose fields depend on the viewer.
    personal: HashSet<String>,
}

impl Graph {
    fn read(supergraph: &str) -> Self {
        let document = Document::parse(supergraph, "supergraph.graphql").expect("a supergraph");
        let mut graph =
            Self { fields: HashMap::new(), leaves: HashSet::new(), personal: HashSet::new() };
        graph.leaves.extend(["ID", "String", "Int", "Float", "Boolean"].map(str::to_owned));
        for definition in &document.definitions {
            let Some(name) = definition.name().map(ToString::to_string) else { continue };
            if !matches!(definition, Definition::DirectiveDefinition(_))
                && is_personal(definition.directives())
            {
                graph.personal.insert(name.clone());
            }
            match definition {
                Definition::ObjectTypeDefinition(object) => {
                    let fields = object.fields.iter().map(|field| FieldDefinition::clone(field));
                    graph.fields.insert(name, fields.collect());
                }
                Definition::ScalarTypeDefinition(_) | Definition::EnumTypeDefinition(_) => {
                    graph.leaves.insert(name);
                }
                _ => {}
            }
        }
        graph
    }

    /// Every field of this type that is not marked, and what is below it.
    fn selection(&self, ty: &str, levels: usize) -> String {
        let mut text = String::from("{ __typename ");
        for field in self.fields.get(ty).into_iter().flatten() {
            let inner = field.ty.inner_named_type().as_str();
            let needs_more = field.arguments.iter().any(|argument| {
                matches!(*argument.ty, Type::NonNullNamed(_) | Type::NonNullList(_))
                    && argument.default_value.is_none()
            });
            let is_marked = is_personal(&field.directives) || self.personal.contains(inner);
            if needs_more || is_marked || PROBE.contains(&field.name.as_str()) {
                continue;
            }
            let page = field.arguments.iter().any(|argument| argument.name == "first");
            let arguments = if page { "(first: 2)" } else { "" };
            if self.leaves.contains(inner) {
                let _ = write!(text, "{}{arguments} ", field.name);
            } else if levels > 0 && self.fields.contains_key(inner) {
                let below = self.selection(inner, levels - 1);
                let _ = write!(text, "{}{arguments} {below} ", field.name);
            }
        }
        text + "}"
    }
}

fn is_personal(directives: &DirectiveList) -> bool {
    directives.iter().any(|directive| match directive.name.as_str() {
        "authenticated" | "requiresScopes" | "policy" | "inaccessible" => true,
        "tag" => {
            let name = directive.specified_argument_by_name("name").and_then(|name| name.as_str());
            matches!(name, Some("viewer" | "session"))
        }
        _ => false,
    })
}

#[tokio::test]
async fn a_customer_is_answered_as_a_guest_by_every_field_that_is_not_marked() {
    let app = TestApp::sqlite().await;
    let guest = app.guest();
    let (product, user): (ProductId, UserId) = (kit::seed::id(0), kit::seed::id(120));
    let email = app.email(120).await;
    // Whoever asks has something of its own wherever there can be something.
    let euro = "mutation { accountUpdate(input: {currency: \"EUR\"}) { userErrors { message } } }";
    app.sign_in(&email).await.ask(euro, json!({})).await;
    let customer = app.sign_in(&email).await;
    let own = "mutation($id: ID!) { favouriteSet(productId: $id, favourite: true) { userErrors { message } } \
               reviewSave(productId: $id, stars: 4, body: \"Good\") { userErrors { message } } }";
    let done = customer.ask(own, json!({ "id": product })).await;
    assert_eq!(done["errors"], Value::Null, "{done}");
    let graph = Graph::read(app.app().engine().supergraph());
    let queries = [
        format!("{{ product(by: {{id: \"{product}\"}}) {} }}", graph.selection("Product", LEVELS)),
        format!("{{ user(by: {{id: \"{user}\"}}) {} }}", graph.selection("User", LEVELS)),
        graph.selection("Query", LEVELS),
    ];

    let mut fields = 0;
    for query in queries {
        let as_guest = guest.ask(&query, json!({})).await;
        let as_customer = customer.ask(&query, json!({})).await;
        assert!(as_guest["data"].is_object(), "{as_guest}");
        assert_eq!(as_customer, as_guest, "tag what depends on the viewer: {query}");
        fields += query.split_whitespace().count();
    }

    assert!(fields > 300, "only {fields} words were asked");
    let marked = "query($id: ID!) { product(by: {id: $id}) { isFavourite } }";
    let as_guest = guest.ask(marked, json!({ "id": product })).await;
    assert_ne!(customer.ask(marked, json!({ "id": product })).await, as_guest, "the test can tell");
    app.stop().await;
}
