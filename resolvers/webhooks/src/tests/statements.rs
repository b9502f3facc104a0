//! What a list costs.

use async_graphql::{Request, Variables};
use kit::{Module as _, RequestScope, Role, Viewer, drive, ids::AccountId, ids::Id as _};

use super::*;

#[tokio::test]
async fn the_deliveries_of_all_endpoints_cost_as_much_as_those_of_one() {
    let query = "query($first: Int) { webhookEndpoints { deliveries(first: $first) { \
        nodes { id } totalCount } } }";
    let mut costs = Vec::new();

    for (endpoints, events) in [(1, 1), (7, 9)] {
        let desk = Desk::open(|options| options.allow_private = vec!["127.0.0.1".to_owned()]).await;
        for _ in 0..endpoints {
            desk.save("http://127.0.0.1:9/").await.expect("allowed");
        }
        for sequence in 1..=events {
            desk.happen(sequence, "prod_1").await;
        }
        let module = crate::Webhooks::new(desk.service.options.clone());
        let parts = module.start(&desk.platform).await.expect("it starts");
        let viewer = Viewer {
            account: Some(AccountId::generate()),
            roles: vec![Role::Admin],
            ..Viewer::default()
        };
        let scope = RequestScope { viewer: Arc::new(viewer), ..RequestScope::default() };
        let variables = Variables::from_json(json!({ "first": 5 }));
        let request = Request::new(query).variables(variables).data(scope.clone());
        let before = desk.platform.db.statements();
        let response = drive(scope.batches, parts.subgraph.execute(request)).await;
        costs.push(desk.platform.db.statements() - before);

        assert_eq!(response.errors, Vec::new());
        let data = response.data.into_json().expect("a value tree is JSON");
        let lists = data["webhookEndpoints"].as_array().expect("a list");
        let lengths: Vec<_> = lists
            .iter()
            .map(|list| &list["deliveries"])
            .map(|page| (page["nodes"].as_array().map(Vec::len), page["totalCount"].as_i64()))
            .collect();
        let length = usize::try_from(events).expect("few").min(5);
        assert_eq!(lengths, vec![(Some(length), Some(events)); endpoints]);
    }

    assert_eq!(costs, [3, 3], "endpoints, their deliveries, how many these are");
}
