//! Guards are enforced by the module that publishes them, and published by the
//! module that enforces them: the engine knows only what is published.

use std::collections::BTreeSet;

use apollo_compiler::{
    Schema,
    ast::{Definition, DirectiveList, Document, FieldDefinition},
};
use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};
use tests::{Client, TestApp};

/// The roots of an operation that a module can be asked over HTTP.
const ROOTS: [(&str, &str); 2] = [("Query", "query"), ("Mutation", "mutation")];

fn has_guard(directives: &DirectiveList) -> bool {
    directives.has("authenticated") || directives.has("requiresScopes")
}

/// The fields of a definition, by its type's name.
fn fields(definition: &Definition) -> Option<(&str, &[apollo_compiler::Node<FieldDefinition>])> {
    match definition {
        Definition::ObjectTypeDefinition(it) => Some((it.name.as_str(), &it.fields)),
        Definition::ObjectTypeExtension(it) => Some((it.name.as_str(), &it.fields)),
        _ => None,
    }
}

/// The fields with a guard, those of the root types left out.
pub(super) fn guarded_fields(supergraph: &str) -> BTreeSet<(String, String)> {
    let document = Document::parse(supergraph, "supergraph.graphql").expect("a supergraph");
    let types = document.definitions.iter().filter_map(fields);
    let types = types.filter(|(name, _)| !["Query", "Mutation", "Subscription"].contains(name));
    let guarded = types.flat_map(|(name, fields)| {
        let guarded = fields.iter().filter(|field| has_guard(&field.directives));
        guarded.map(move |field| (name.to_owned(), field.name.to_string()))
    });
    guarded.collect()
}

/// What a module alone answers.
async fn alone(client: &Client, module: &str, operation: &str) -> Value {
    let variables = json!({ "id": "prod_01KCXKZQQ2WA0CPSVDR8PGTVQ5" });
    let body = json!({ "query": operation, "variables": variables }).to_string();
    let request =
        Request::post(format!("/subgraphs/{module}")).header(header::CONTENT_TYPE, "application/json");
    client.send(request.body(Body::from(body)).expect("a request")).await.json()
}

#[tokio::test]
async fn a_module_alone_enforces_what_it_publishes_and_nothing_else() {
    let app = TestApp::sqlite_with(|config| {
        config.server.expose_subgraphs = true;
        config.limits.enabled = false;
    })
    .await;
    let sdl = format!("directive @oneOf on INPUT_OBJECT\n{}", app.app().engine().sdl());
    let public = Schema::parse_and_validate(sdl, "schema.graphql").expect("the public schema");
    let (guest, customer) = (app.guest(), app.sign_in(&app.email(60).await).await);
    let (mut wrong, mut guarded) = (Vec::new(), 0);

    let modules = app.app().subgraph_sdls().into_iter().filter(|(module, _)| *module != "probe");
    for (module, sdl) in modules {
        let document = Document::parse(sdl, "subgraph.graphql").expect("a schema");
        for (root, fields) in document.definitions.iter().filter_map(fields) {
            let Some((_, kind)) = ROOTS.iter().find(|(name, _)| *name == root) else { continue };
            for field in fields.iter().filter(|field| !field.name.starts_with('_')) {
                let Some((operation, _)) = super::matrix::probe(&public, kind, &field.name) else {
                    continue;
                };
                let code = |answer: &Value| {
                    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("OK").to_owned()
                };
                let as_guest = code(&alone(&guest, module, &operation).await);
                let is_guarded = has_guard(&field.directives);
                guarded += usize::from(is_guarded);
                if (as_guest == "UNAUTHENTICATED") != is_guarded {
                    wrong.push(format!("{module}: {}: a guest gets {as_guest}", field.name));
                }
                let as_customer = code(&alone(&customer, module, &operation).await);
                if field.directives.has("requiresScopes") && as_customer != "FORBIDDEN" {
                    wrong.push(format!("{module}: {}: a customer gets {as_customer}", field.name));
                }
            }
        }
    }

    assert_eq!(wrong, Vec::<String>::new());
    assert!(guarded > 20, "only {guarded} guarded fields were asked");
    app.stop().await;
}
