//! Devices that take pushed notifications: whose they are, and how many.

use entities::notifications::device;
use futures_util::FutureExt as _;
use kit::{
    Error, Id as _, Result, UserError,
    ids::{AccountId, PushDeviceId},
};

use crate::service::Service;

/// The most devices of one account; the oldest gives way.
const MAX_DEVICES: u64 = 20;
const MAX_TOKEN: usize = 4_096;
const MAX_PLATFORM: usize = 32;

impl Service {
    /// Registers a device for an account; one that is known moves to it.
    pub(crate) async fn register(
        &self,
        account: AccountId,
        token: &str,
        platform: &str,
    ) -> Result<Result<(), Vec<UserError>>> {
        let mut wrong = Vec::new();
        if !is_token(token) {
            let message = format!("a token has 1 to {MAX_TOKEN} visible ASCII characters");
            wrong.push(UserError::invalid("token", message));
        }
        if !is_platform(platform) {
            let message = format!("a platform has 1 to {MAX_PLATFORM} characters out of a-z, 0-9 and -");
            wrong.push(UserError::invalid("platform", message));
        }
        if !wrong.is_empty() {
            return Ok(Err(wrong));
        }
        let row = device::Model {
            id: PushDeviceId::generate(),
            account_id: account,
            token: token.to_owned(),
            platform: platform.to_owned(),
            registered_at: self.clock.now(),
        };
        let registered = self.db.transaction(move |transaction| {
            let row = row.clone();
            async move {
                device::register(transaction, row).await?;
                device::keep_latest(transaction, account, MAX_DEVICES).await?;
                Ok::<_, Error>(())
            }
            .boxed()
        });
        registered.await.map(Ok)
    }

    /// Removes a device of an account; one that is not there is fine.
    pub(crate) async fn unregister(&self, account: AccountId, token: &str) -> Result<()> {
        // Nobody has another, and Postgres refuses to look for some.
        if !is_token(token) {
            return Ok(());
        }
        let token = token.to_owned();
        let removed = self.db.transaction(move |transaction| {
            let token = token.clone();
            async move {
                device::unregister(transaction, account, &token).await?;
                Ok::<_, Error>(())
            }
            .boxed()
        });
        removed.await
    }
}

fn is_token(token: &str) -> bool {
    (1..=MAX_TOKEN).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_platform(platform: &str) -> bool {
    let is_letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=MAX_PLATFORM).contains(&platform.len()) && platform.bytes().all(is_letter)
}
