//! What belongs to one request and follows it through every module.

use std::{net::IpAddr, sync::Arc};

use async_graphql::Context;
use secrecy::SecretString;

use crate::{Batches, Refusals, StreamControl, Viewer};

/// The viewer, the loaders and the trace of one request. Cheap to clone; the
/// engine hands it to every step of the plan.
#[derive(Clone, Default)]
pub struct RequestScope {
    /// Who is asking.
    pub viewer: Arc<Viewer>,
    /// The loaders shared by all steps of this request.
    pub batches: Batches,
    /// The client's `User-Agent`, as it came.
    pub user_agent: Option<Arc<str>>,
    /// The request's id, as answered in `x-request-id`.
    pub request_id: Option<Arc<str>>,
    /// The caller's bearer token, passed on to modules in other processes.
    pub token: Option<SecretString>,
    /// Steers the stream that a subscription follows.
    pub stream: Option<StreamControl>,
    /// Where the request comes from.
    pub origin: Origin,
    /// What the operation costs its caller; `None` until that is known.
    pub budget: Option<Budget>,
    /// Takes what the viewer is refused for lack of a permission.
    pub refusals: Refusals,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address; `None` for a request that came over no network.
    pub address: Option<IpAddr>,
    /// Whether the client has shown a key that rate limits don't hold for.
    pub is_trusted: bool,
}

/// What an operation costs, and what its caller may spend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// Points that the operation costs.
    pub cost: u64,
    /// Points that were taken for it; none for a dry run and for trusted callers.
    pub taken: u64,
    /// Points that the caller can have at most.
    pub limit: u64,
    /// Points that the caller has left.
    pub remaining: u64,
    /// Points that come back a second.
    pub restore_rate: f64,
}

impl RequestScope {
    /// The scope of the running request.
    #[must_use]
    pub fn of<'a>(ctx: &Context<'a>) -> &'a Self {
        ctx.data::<Self>().expect("the engine gives every request its scope")
    }
}
