//! What every module that keeps something of people has: a reaction to the
//! erasure of an account.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use subscriptions::{Event, Fact as _, Handler, HandlerError, Kinds};

use crate::{Result, facts::AccountErased};

type Erase = dyn Fn(AccountErased) -> BoxFuture<'static, Result<()>> + Send + Sync;

struct Erasure {
    name: &'static str,
    erase: Box<Erase>,
}

/// A handler that erases what a module keeps of an account, under this name
/// (`module.erasure`). It may be told of one account more than once.
pub fn on_erasure<F>(
    name: &'static str,
    erase: impl Fn(AccountErased) -> F + Send + Sync + 'static,
) -> Arc<dyn Handler>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    Arc::new(Erasure { name, erase: Box::new(move |fact| Box::pin(erase(fact))) })
}

#[async_trait::async_trait]
impl Handler for Erasure {
    fn name(&self) -> &'static str {
        self.name
    }

    fn kinds(&self) -> Kinds {
        Kinds::of([AccountErased::KIND])
    }

    async fn handle(&self, event: &Event) -> Result<(), HandlerError> {
        match event.read::<AccountErased>() {
            Some(fact) => Ok((self.erase)(fact).await?),
            None => Ok(()),
        }
    }
}
