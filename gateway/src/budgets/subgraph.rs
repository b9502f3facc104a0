//! `Query.rateLimit`: the gateway's own subgraph, which reads what the request's
//! scope says of cost and budget.

use std::sync::Arc;

use async_graphql::{Context, EmptyMutation, EmptySubscription, Object, Schema, SimpleObject};
use kit::{Clock, DateTime, RequestScope};
use schema::{LocalSubgraph, SubgraphSource, compose::SubgraphSdl};

/// The subgraph's name.
const NAME: &str = "limits";

/// The gateway's subgraph and the way to it.
pub(crate) fn source(clock: Arc<dyn Clock>) -> SubgraphSource {
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription).data(clock);
    let subgraph = kit::finish(schema);
    SubgraphSource {
        sdl: SubgraphSdl { name: NAME.to_owned(), url: String::new(), sdl: subgraph.sdl() },
        transport: Arc::new(LocalSubgraph::new(subgraph)),
    }
}

/// The caller's budget, in points.
#[derive(SimpleObject)]
struct RateLimit {
    /// What this query costs.
    cost: i32,
    /// The most points that the caller can have.
    limit: i32,
    /// Points left; what this query costs is taken already.
    remaining: i32,
    /// Points that come back a second.
    restore_rate: f64,
    /// When the caller has all points again.
    reset_at: DateTime,
}

struct Query;

/// Everything that can be read.
#[Object]
impl Query {
    /// Cost and budget; dryRun costs the query without running it.
    #[graphql(tag = "viewer")]
    async fn rate_limit(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Only tell the cost: nothing else of the query runs, its fields are left out of the \
                    answer, and no points are spent.",
            default_with = "Some(false)"
        )]
        dry_run: Option<bool>,
    ) -> Option<RateLimit> {
        // The engine has seen to it.
        let _ = dry_run;
        let budget = RequestScope::of(ctx).budget?;
        let clock = ctx.data_unchecked::<Arc<dyn Clock>>();
        let missing = budget.limit.saturating_sub(budget.remaining);
        let milliseconds =
            u32::try_from(missing).map_or(f64::MAX, f64::from) / budget.restore_rate * 1e3;
        Some(RateLimit {
            cost: int(budget.cost),
            limit: int(budget.limit),
            remaining: int(budget.remaining),
            restore_rate: budget.restore_rate,
            // Saturates where a cast would not fit.
            #[expect(clippy::cast_possible_truncation, reason = "saturating is right")]
            reset_at: DateTime(clock.now().0.saturating_add(milliseconds.ceil() as i64)),
        })
    }
}

fn int(points: u64) -> i32 {
    i32::try_from(points).unwrap_or(i32::MAX)
}
