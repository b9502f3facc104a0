//! What the engine costs by itself: a prepared document that asks no module.

use std::time::Instant;

use kit::RequestScope;
use schema::{Engine, GraphQLRequest, Limits, LocalSubgraph, SubgraphSource, compose::SubgraphSdl};

const RUNS: u32 = 200_000;

struct Query;

#[async_graphql::Object]
impl Query {
    async fn one(&self) -> i32 {
        1
    }
}

/// Prints the time of `{ __typename }` from the cache; on one thread, so that
/// time is CPU.
pub(crate) async fn measure() {
    use async_graphql::{EmptyMutation, EmptySubscription, Schema};

    let subgraph = kit::finish(Schema::build(Query, EmptyMutation, EmptySubscription));
    let source = SubgraphSource {
        sdl: SubgraphSdl { name: "one".to_owned(), url: String::new(), sdl: subgraph.sdl() },
        transport: std::sync::Arc::new(LocalSubgraph::new(subgraph)),
    };
    let engine = Engine::compose(vec![source], Limits::default()).expect("one field composes");
    for document in ["{ __typename }", "{ one }"] {
        let start = Instant::now();
        let mut bytes = 0;
        for _ in 0..RUNS {
            let request = GraphQLRequest { query: document.to_owned(), ..GraphQLRequest::default() };
            bytes += engine.execute(request, RequestScope::default()).await.to_json().len();
        }
        let each = start.elapsed() / RUNS;
        println!("engine, cached {document}: {:.2} µs ({bytes} bytes in all)", each.as_secs_f64() * 1e6);
    }
}
