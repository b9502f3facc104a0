//! "Is typing": told to whoever listens now, never stored.

use std::time::Duration;

use ::subscriptions::NewEvent;
use entities::ids::{ConversationId, UserId};
use kit::{Result, Viewer, facts::ConversationTyping};
use moka::future::Cache;

use super::{Service, is_blocked};

/// How long a signal counts.
const LASTS: i64 = 5_000;
/// A further signal within this time is not told again.
const PAUSE: Duration = Duration::from_secs(1);
/// Signals remembered at a time.
const REMEMBERED: u64 = 50_000;

/// Who was told to type a moment ago, and whether others were told.
pub(super) struct Typists(Cache<(ConversationId, UserId), bool>);

impl Default for Typists {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED).time_to_live(PAUSE).build())
    }
}

impl Service {
    /// Tells the others that the viewer types; false when nobody may be told.
    pub(crate) async fn typing(&self, viewer: &Viewer, id: ConversationId) -> Result<bool> {
        let user_id = viewer.require_user()?;
        let tell = async {
            let Some(conversation) = self.conversation(user_id, id).await? else {
                return Ok::<_, kit::Error>(false);
            };
            if conversation.is_direct && is_blocked(self.db.read(), user_id, id).await? {
                return Ok(false);
            }
            let now = self.clock.now();
            let fact = ConversationTyping { conversation_id: id, user_id, until: now.plus(LASTS) };
            self.events.pass(NewEvent::new(&fact, now));
            Ok(true)
        };
        let told = self.typists.0.try_get_with((id, user_id), tell).await;
        told.map_err(|error| kit::Error::clone(&error))
    }
}
