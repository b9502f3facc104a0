//! Planning: from an operation on the whole graph to steps, each answered by
//! one subgraph. The trait and the plan are ours, so that another planner is
//! one more file here.

mod hive;
pub(crate) mod plan;

use std::time::Duration;

pub use hive::HivePlanner;
pub use plan::{
    EntityBatch, Fetch, Path, Plan, Required, Rewrite, RewriteSegment, Segment, Step, SubOperation,
};

/// Why an operation has no plan.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PlanError {
    /// No path through the subgraphs resolves it.
    #[error("{0}")]
    NoPath(String),
    /// It took longer than the deadline.
    #[error("planning took too long")]
    TooSlow,
}

/// Plans operations over one supergraph.
pub trait Planner: Send + Sync {
    /// The steps that answer `operation`, a valid document with one operation
    /// and no fragments; `deadline` bounds the time it may take.
    ///
    /// # Errors
    /// [`PlanError`].
    fn plan(&self, operation: &str, deadline: Duration) -> Result<Plan, PlanError>;

    /// Name and address of every subgraph of the supergraph.
    fn subgraphs(&self) -> Vec<(String, String)>;

    /// Whether an object of type `object` satisfies the type condition, hidden
    /// types included.
    fn satisfies(&self, object: &str, condition: &str) -> bool;
}
