//! What belongs to one request and follows it through every module.

use std::sync::Arc;

use async_graphql::Context;
use secrecy::SecretString;

use crate::{Batches, StreamControl, Viewer};

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
}

impl RequestScope {
    /// The scope of the running request.
    #[must_use]
    pub fn of<'a>(ctx: &Context<'a>) -> &'a Self {
        ctx.data::<Self>().expect("the engine gives every request its scope")
    }
}
