//! Every root field of a mutation is an act of its own: the facts that it makes
//! true say so, whichever module, transport or gateway it came through.

use std::borrow::Cow;

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, Schema,
    SchemaBuilder, ServerResult, SubscriptionType, Value, parser::types::Field, registry::Registry,
    resolver_utils::resolve_container,
};
use subscriptions::Act;

use crate::RequestScope;

/// A module's mutations, each run as an act.
pub struct Acts<M>(M);

/// The builder of a module's schema; [`finish`](crate::finish) ends it.
pub fn schema<Q, M, S>(query: Q, mutation: M, subscription: S) -> SchemaBuilder<Q, Acts<M>, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    Schema::build(query, Acts(mutation), subscription)
}

impl<M: ObjectType> ContainerType for Acts<M> {
    fn is_empty() -> bool {
        M::is_empty()
    }

    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let actor = ctx.data_opt::<RequestScope>().and_then(|scope| scope.viewer.account);
        let act = Act::new(actor, ctx.item.node.name.node.as_str());
        act.run(self.0.resolve_field(ctx)).await
    }
}

impl<M: ObjectType> OutputType for Acts<M> {
    fn type_name() -> Cow<'static, str> {
        M::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        M::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl<M: ObjectType> ObjectType for Acts<M> {}
