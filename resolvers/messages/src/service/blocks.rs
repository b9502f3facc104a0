//! Blocking and unblocking.

use entities::{
    ids::UserId,
    messages::{block, conversation},
};
use kit::{Connection, Error, PageArgs, Result, Viewer, facts::UserBlocked};

use super::{Service, tell};

impl Service {
    /// Blocks a user, or lifts the block; false when there is no such user.
    pub(crate) async fn set_blocked(
        &self,
        viewer: &Viewer,
        blocked_id: UserId,
        is_blocked: bool,
    ) -> Result<bool> {
        let user_id = viewer.require_user()?;
        if user_id == blocked_id {
            return Err(Error::BadInput("nobody can block themselves".into()));
        }
        if !self.people.contacts(&[blocked_id]).await?.contains_key(&blocked_id) {
            return Ok(false);
        }
        let now = self.clock.now();
        self.db
            .transaction(move |transaction| {
                Box::pin(async move {
                    // What is being sent between the two ends before the block begins.
                    conversation::lock_shared(transaction, user_id, blocked_id).await?;
                    let has_changed = match is_blocked {
                        true => {
                            let row = block::Model { user_id, blocked_id, at: now };
                            block::insert(transaction, row).await?
                        }
                        false => block::delete(transaction, user_id, blocked_id).await?,
                    };
                    if has_changed {
                        let fact = UserBlocked { user_id, blocked_id, is_blocked };
                        tell(transaction, &fact, now).await?;
                    }
                    Ok(true)
                })
            })
            .await
    }

    /// A page of those whom a user blocked, newest first.
    pub(crate) async fn blocks(
        &self,
        user: UserId,
        page: &PageArgs<block::Position>,
    ) -> Result<Connection<block::Model>> {
        let rows = block::page(self.db.read(), user, page.rows()).await?;
        let position = |row: &block::Model| block::Position { at: row.at, blocked_id: row.blocked_id };
        Ok(Connection::from_rows(page, rows, position, |row| row))
    }
}
