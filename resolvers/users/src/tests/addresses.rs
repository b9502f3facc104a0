//! Address books: own ones only, one default of each kind, bounded.

use kit::Viewer;
use serde_json::{Value, json};

use super::{TestModule, support};

impl TestModule {
    async fn save_address(&self, viewer: &Viewer, input: Value) -> Value {
        let query = "mutation($input: AddressSaveInput!) { addressSave(input: $input) { account { \
                     version addresses { id isDefaultShipping isDefaultBilling address { name lines city \
                     country phone } } } userErrors { code field } } }";
        self.ask(viewer, query, json!({ "input": input })).await["data"]["addressSave"].clone()
    }

    async fn delete_address(&self, viewer: &Viewer, id: &Value) -> Value {
        let query = "mutation($id: ID!) { addressDelete(id: $id) { account { addresses { id } } \
                     userErrors { code field } } }";
        self.ask(viewer, query, json!({ "id": id })).await["data"]["addressDelete"].clone()
    }
}

fn home() -> Value {
    json!({ "name": "Ada Lovelace", "lines": ["12 St James's Square"], "city": "London", "country": "GB" })
}

#[tokio::test]
async fn an_address_is_added_changed_made_the_default_and_removed() {
    let module = TestModule::start().await;
    let (ada, _) = module.member("ada").await;

    let first = module.save_address(&ada, json!({ "address": home(), "defaultShipping": true })).await;
    let first = first["account"]["addresses"][0].clone();
    assert_eq!(
        first,
        json!({
            "id": first["id"], "isDefaultShipping": true, "isDefaultBilling": false,
            "address": { "name": "Ada Lovelace", "lines": ["12 St James's Square"], "city": "London",
                         "country": "GB", "phone": null },
        })
    );
    let work = json!({ "name": "Ada", "lines": ["1 Dorset St"], "city": "London", "country": "GB" });
    let input = json!({ "address": work, "defaultShipping": true, "defaultBilling": true });
    let saved = module.save_address(&ada, input).await;
    let defaults: Vec<(bool, bool)> = saved["account"]["addresses"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|address| (address["isDefaultShipping"] == true, address["isDefaultBilling"] == true))
        .collect();
    assert_eq!(defaults, [(false, false), (true, true)], "one default of each kind");
    assert_eq!(saved["account"]["version"], 3, "each change counts");
    let moved = json!({ "id": first["id"], "address": work });
    let saved = module.save_address(&ada, moved).await;
    assert_eq!(saved["account"]["addresses"][0]["address"]["lines"], json!(["1 Dorset St"]));
    let left = module.delete_address(&ada, &first["id"]).await;
    assert_eq!(left["account"]["addresses"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_strangers_address_is_not_found_and_nothing_changes() {
    let module = TestModule::start().await;
    let (ada, _) = module.member("ada").await;
    let (eve, _) = module.member("eve").await;
    let saved = module.save_address(&ada, json!({ "address": home() })).await;
    let id = saved["account"]["addresses"][0]["id"].clone();
    let read = "query($id: ID!) { _entities(representations: [{ __typename: \"SavedAddress\", id: $id }]) { \
                ... on SavedAddress { address { city } } } }";

    let not_found = json!([{ "code": "NOT_FOUND", "field": ["id"] }]);
    let changed = module.save_address(&eve, json!({ "id": id, "address": home() })).await;
    assert_eq!((&changed["account"], &changed["userErrors"]), (&json!(null), &not_found));
    assert_eq!(module.delete_address(&eve, &id).await["userErrors"], not_found);
    let seen = async |viewer: &Viewer| {
        module.ask(viewer, read, json!({ "id": id })).await["data"]["_entities"].clone()
    };
    assert_eq!(seen(&eve).await, json!([null]));
    assert_eq!(seen(&Viewer::default()).await, json!([null]));
    assert_eq!(seen(&ada).await, json!([{ "address": { "city": "London" } }]));
    assert_eq!(seen(&support()).await, json!([{ "address": { "city": "London" } }]));
}

#[tokio::test]
async fn what_is_no_address_is_refused_field_by_field() {
    let module = TestModule::start().await;
    let (ada, _) = module.member("ada").await;
    let bad = json!({ "name": " ", "lines": ["ok", "x".repeat(101)], "city": "Lon\u{7}don",
                      "country": "GB", "phone": "call me" });

    let refused = module.save_address(&ada, json!({ "address": bad })).await;
    let empty = json!({ "name": "Ada", "lines": [], "city": "London", "country": "GB" });
    let no_lines = module.save_address(&ada, json!({ "address": empty })).await;

    let fields: Vec<&Value> =
        refused["userErrors"].as_array().expect("errors").iter().map(|error| &error["field"]).collect();
    let expected = [
        json!(["address", "name"]),
        json!(["address", "lines", "1"]),
        json!(["address", "city"]),
        json!(["address", "phone"]),
    ];
    assert_eq!(fields, expected.iter().collect::<Vec<_>>());
    assert_eq!(no_lines["userErrors"], json!([{ "code": "INVALID", "field": ["address", "lines"] }]));
}

#[tokio::test]
async fn a_book_is_bounded_and_keeps_one_default_whatever_runs_in_parallel() {
    let module = TestModule::start().await;
    let (ada, _) = module.member("ada").await;

    let saves =
        (0..60).map(|_| module.save_address(&ada, json!({ "address": home(), "defaultBilling": true })));
    let saved = futures_util::future::join_all(saves).await;

    let full = saved.iter().filter(|saved| saved["userErrors"][0]["code"] == "LIMIT_EXCEEDED").count();
    assert_eq!(full, 10);
    let read = "{ me { addresses { isDefaultBilling } } }";
    let read = module.ask(&ada, read, json!({})).await;
    let book = read["data"]["me"]["addresses"].as_array().expect("a list").clone();
    assert_eq!(book.len(), 50);
    assert_eq!(book.iter().filter(|address| address["isDefaultBilling"] == true).count(), 1);
}
