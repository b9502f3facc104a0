//! A small marketplace of three modules: users, products, reviews.

use std::{collections::HashMap, sync::Arc};

use async_graphql::Value;
use schema::{Transport, compose::compose};

use super::{
    fake::{Fake, Log},
    naive::Naive,
    subgraph,
};

const SUBGRAPHS: [(&str, &str); 3] = [
    ("users", include_str!("marketplace/users.graphql")),
    ("products", include_str!("marketplace/products.graphql")),
    ("reviews", include_str!("marketplace/reviews.graphql")),
];

pub(crate) fn supergraph() -> String {
    let subgraphs = SUBGRAPHS.map(|(name, sdl)| subgraph(name, sdl));
    compose(&subgraphs).expect("the marketplace composes")
}

/// Modules of this process that know no objects.
pub(crate) fn transports() -> HashMap<String, Arc<dyn Transport>> {
    let transports = SUBGRAPHS.map(|(name, sdl)| {
        let fake = Fake {
            name: name.to_owned(),
            naive: Arc::new(Naive::new(sdl, Value::Object(Default::default()))),
            is_local: true,
            is_away: false,
            log: Log::default(),
        };
        (name.to_owned(), Arc::new(fake) as Arc<dyn Transport>)
    });
    HashMap::from(transports)
}
