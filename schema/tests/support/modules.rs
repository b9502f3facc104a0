//! Two real modules for cases that run in this process: a shop, and opinions
//! about what it sells.

use std::sync::Arc;

use async_graphql::{
    ComplexObject, EmptyMutation, EmptySubscription, Enum, ID, InputObject, Interface, Object, Result,
    Schema, SimpleObject, Subscription,
};
use futures_util::{Stream, stream};
use kit::{Error, Subgraph};

/// The module that a case names in `=== module NAME`.
pub(crate) fn module(name: &str) -> Option<Arc<dyn Subgraph>> {
    match name {
        "shop" => Some(kit::finish(Schema::build(ShopQuery, ShopMutation, ShopSubscription))),
        "opinions" => {
            let schema = Schema::build(OpinionsQuery, EmptyMutation, EmptySubscription);
            Some(kit::finish(schema))
        }
        _ => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
enum Size {
    Small,
    Large,
}

#[derive(Interface)]
#[graphql(field(name = "id", ty = "&ID"), field(name = "title", ty = "&String"))]
enum Thing {
    Product(Product),
    Voucher(Voucher),
}

#[derive(Clone, SimpleObject)]
#[graphql(complex)]
struct Product {
    id: ID,
    title: String,
}

#[ComplexObject]
impl Product {
    /// Product 2 has no price, the price of product 3 can't be read.
    async fn price(&self) -> Result<Option<i32>> {
        match self.id.as_str() {
            "2" => Ok(None),
            "3" => Err(Error::BadInput("product 3 has no price".into()).into()),
            _ => Ok(Some(100)),
        }
    }

    async fn label(&self, #[graphql(default_with = "Size::Small")] size: Size) -> String {
        match size {
            Size::Small => self.title.clone(),
            Size::Large => self.title.to_uppercase(),
        }
    }
}

#[derive(Clone, SimpleObject)]
struct Voucher {
    id: ID,
    title: String,
    percent: i32,
}

#[derive(InputObject)]
struct Filter {
    #[graphql(default = 3)]
    first: usize,
    titles: Option<Vec<String>>,
}

fn products() -> Vec<Product> {
    let product = |(id, title): (&str, &str)| Product { id: id.into(), title: title.to_owned() };
    [("1", "Chair"), ("2", "Table"), ("3", "Lamp")].map(product).to_vec()
}

fn found(id: &ID) -> Option<Product> {
    products().into_iter().find(|product| product.id == *id)
}

struct ShopQuery;

#[Object(name = "Query")]
impl ShopQuery {
    async fn products(&self, filter: Option<Filter>) -> Vec<Product> {
        let filter = filter.unwrap_or(Filter { first: 3, titles: None });
        let is_wanted = |product: &Product| {
            filter.titles.as_ref().is_none_or(|titles| titles.contains(&product.title))
        };
        products().into_iter().filter(is_wanted).take(filter.first).collect()
    }

    async fn product(&self, id: ID) -> Option<Product> {
        found(&id)
    }

    async fn things(&self) -> Vec<Thing> {
        let voucher = Voucher { id: "9".into(), title: "Spring".to_owned(), percent: 10 };
        vec![Thing::Voucher(voucher), Thing::Product(products().remove(0))]
    }

    #[graphql(entity)]
    async fn product_entity(&self, id: ID) -> Option<Product> {
        found(&id)
    }
}

struct ShopMutation;

#[Object(name = "Mutation")]
impl ShopMutation {
    async fn product_rename(&self, id: ID, title: String) -> Result<Product> {
        match found(&id) {
            Some(product) => Ok(Product { title, ..product }),
            None => Err(Error::BadInput(format!("product {} is not for sale", *id).into()).into()),
        }
    }
}

struct ShopSubscription;

#[Subscription(name = "Subscription")]
impl ShopSubscription {
    async fn product_changed(&self) -> impl Stream<Item = Product> {
        stream::iter(products())
    }
}

// Stub: the shop owns the product, opinions add fields to it.
struct Opinions {
    id: ID,
}

#[Object(name = "Product")]
impl Opinions {
    async fn id(&self) -> &ID {
        &self.id
    }

    /// Opinions about product 2 and 3 can't be read.
    async fn rating(&self) -> Result<Option<f64>> {
        match self.id.as_str() {
            "1" => Ok(Some(4.5)),
            id => Err(Error::BadInput(format!("no rating of {id}").into()).into()),
        }
    }

    async fn texts(&self) -> Vec<String> {
        vec![format!("about {}", *self.id)]
    }
}

struct OpinionsQuery;

#[Object(name = "Query")]
impl OpinionsQuery {
    async fn opinions(&self) -> i32 {
        3
    }

    #[graphql(entity)]
    async fn product_opinions(&self, id: ID) -> Opinions {
        Opinions { id }
    }
}
