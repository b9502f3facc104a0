//! Operations with fields that only some may see: what is left of each for whom
//! something is refused, prepared once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{ServerError, Variables};
use kit::RequestScope;
use tokio::sync::OnceCell;

use crate::{
    Engine, Prepared,
    document::shape::Selection,
    error,
    guards::{Guards, Refused, refused_in},
};

/// An operation with fields that only some may see.
pub(crate) struct Guarded {
    query: String,
    operation_name: Option<String>,
    /// The guards of its fields.
    guards: Vec<usize>,
    /// What is left of it, by what is refused: a handful, since roles are.
    left: Mutex<Vec<(Refused, Left)>>,
}

type Left = Arc<OnceCell<Arc<Prepared>>>;

impl Engine {
    /// What of an operation this viewer may be answered: all of it, or what is left
    /// without the fields that are refused, which is told.
    pub(crate) async fn allowed(
        &self,
        prepared: Arc<Prepared>,
        given: &Variables,
        scope: &RequestScope,
    ) -> Result<Arc<Prepared>, Vec<ServerError>> {
        let Some(guarded) = &prepared.guarded else { return Ok(prepared) };
        let refused = self.0.guards.refused(&guarded.guards, &scope.viewer);
        let Some(refused) = refused else { return Ok(prepared) };
        let left = guarded.left(&refused);
        let (graph, query) = (self.0.clone(), guarded.query.clone());
        let name = guarded.operation_name.clone();
        let prepare = async move {
            let work = move || graph.prepare(&query, name.as_deref(), Some(&refused));
            tokio::task::spawn_blocking(work).await.unwrap_or_else(|panic| {
                tracing::error!(%panic, "preparing a document panicked");
                Err(vec![error::coded(error::INTERNAL, "internal error")])
            })
        };
        let left = left.get_or_try_init(|| prepare).await?.clone();
        if let Some(account) = scope.viewer.account {
            let variables = self.0.variables(&left, given.clone())?;
            let mut refused = BTreeMap::new();
            refused_in(&left.shape, &variables, &mut refused);
            for (field, permission) in refused {
                scope.refusals.tell(account, field, permission).await;
            }
        }
        Ok(left)
    }
}

impl Guarded {
    /// Of an operation; `None` when everybody may see all of it.
    pub(crate) fn of(
        guards: &Guards,
        shape: &Selection,
        query: &str,
        operation_name: Option<&str>,
    ) -> Option<Self> {
        let guards = guards.touched(shape);
        (!guards.is_empty()).then(|| Self {
            query: query.to_owned(),
            operation_name: operation_name.map(str::to_owned),
            guards,
            left: Mutex::default(),
        })
    }

    /// What is left of the operation without what is refused, once it is prepared.
    fn left(&self, refused: &Refused) -> Left {
        // A panic elsewhere leaves no half-made entry behind.
        let mut all = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, left)) = all.iter().find(|(known, _)| known == refused) {
            return left.clone();
        }
        let left = Left::default();
        all.push((refused.clone(), left.clone()));
        left
    }
}

impl Prepared {
    /// Whether some fields are for some viewers only.
    pub(crate) const fn is_guarded(&self) -> bool {
        self.guarded.is_some()
    }

    /// Whether nothing is left to run, because every field is refused.
    pub(crate) fn is_refused(&self) -> bool {
        self.plan.root.is_none() && self.root_fields().any(|field| field.refused.is_some())
    }
}
