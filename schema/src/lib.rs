//! One graph out of modules: compose their SDLs, validate a document once, plan
//! it, run the plan in-process or over HTTP, complete the answer.

mod answer;
pub mod compose;
mod cost;
mod document;
mod engine;
mod error;
mod execute;
mod explain;
mod fanout;
mod guarded;
mod guards;
mod introspect;
mod limits;
pub mod planner;
mod price;
mod public;
mod satisfiable;
mod subscription;
mod transport;
mod variables;
mod witness;

pub use answer::Answer;
pub use document::scan::{is_bounded, json_nests_deeper};
pub use engine::{Engine, GraphQLRequest, Kind, Prepared, SubgraphSource};
pub use error::EngineError;
pub use explain::Explanation;
pub use limits::Limits;
pub use price::{Call, Price};
pub use public::PublicSchema;
pub use transport::{HttpSubgraph, LocalSubgraph, SubAnswer, Transport, fetch_sdl};
