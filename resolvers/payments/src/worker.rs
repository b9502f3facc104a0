//! Takes no input and looks at what is there: payments that wait for something,
//! events that were told, and events that were not.

use std::{sync::Arc, time::Duration};

use kit::{Result, ports::PaymentEvents as _};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    plans::Plans,
    provider::{is_away, sandbox::Sandbox},
    service::Service,
};

/// How often old events are looked through.
const TIDY_EVERY: Duration = Duration::from_secs(60 * 60);

/// How often to look.
pub(crate) struct Rhythm {
    pub(crate) poll: Duration,
    pub(crate) events_poll: Duration,
}

/// Works until `stop`.
pub(crate) async fn run(
    service: Arc<Service>,
    plans: Arc<Plans>,
    sandbox: Option<Arc<Sandbox>>,
    rhythm: Rhythm,
    stop: CancellationToken,
) {
    let (mut asked, mut tidied): (Option<Instant>, Option<Instant>) = (None, None);
    loop {
        if let Some(sandbox) = &sandbox {
            said("the sandbox could not tell what happened", tell(&service, sandbox).await);
        }
        said("events could not be looked into", service.look_into_events().await.map(drop));
        said("payments could not be looked up", service.advance_due().await.map(drop));
        said("plans could not go on", plans.roll_over().await);
        if asked.is_none_or(|at| at.elapsed() >= rhythm.events_poll) {
            asked = Some(Instant::now());
            said("the provider could not be asked", service.catch_up().await);
        }
        if tidied.is_none_or(|at| at.elapsed() >= TIDY_EVERY) {
            tidied = Some(Instant::now());
            said("old events could not be forgotten", service.forget_events().await);
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = service.wake.notified() => {}
            () = tokio::time::sleep(rhythm.poll) => {}
        }
    }
}

/// Hands what the sandbox tells in, as its webhooks.
pub(crate) async fn tell(service: &Service, sandbox: &Sandbox) -> Result<()> {
    for (body, signature) in sandbox.deliveries().await? {
        service.receive(crate::provider::sandbox::NAME, &body, &signature).await?;
    }
    Ok(())
}

fn said(what: &str, outcome: Result<()>) {
    match outcome {
        Ok(()) => {}
        Err(error) if is_away(&error) => tracing::info!(%error, "{what}, trying again"),
        Err(error) => tracing::warn!(?error, "{what}, trying again"),
    }
}
