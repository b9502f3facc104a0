//! Guesses at passwords and codes are counted for the account, whether or not
//! there is one, and slowed down. Who is told to wait learns nothing else: a right
//! password reads the same.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kit::{
    Origin, Platform, Result,
    ports::{Guesses, Ports},
};
use secrecy::ExposeSecret as _;

use crate::{failure::Refusal, keys};

/// What the secret is for.
const PURPOSE: &str = "guesses";

/// Counts guesses at accounts.
pub(crate) struct Guessing {
    /// Accounts are counted under hashes that tell nobody an email.
    key: hmac::Key,
    ports: Ports,
}

/// A guess that was counted.
pub(crate) struct Guess<'g> {
    guessing: &'g Guessing,
    subject: String,
    from: Origin,
}

impl Guessing {
    /// With a key that all instances on this database share.
    pub(crate) async fn open(platform: &Platform) -> Result<Self> {
        let secret = keys::shared_secret(&platform.db, platform.clock.as_ref(), PURPOSE).await?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        Ok(Self { key, ports: platform.ports.clone() })
    }

    /// Counts a guess at the account of an email, in the form that all its
    /// spellings share, or at an account without one, by its id; or refuses it.
    pub(crate) async fn take(&self, account: &str, from: Origin) -> Result<Guess<'_>, Refusal> {
        let subject = URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, account.as_bytes()));
        if let Ok(guesses) = self.ports.get::<dyn Guesses>() {
            guesses.take(&subject, from).await.map_err(Refusal::TooManyGuesses)?;
        }
        Ok(Guess { guessing: self, subject, from })
    }
}

impl Guess<'_> {
    /// It was none: its owner knew, or nobody looked.
    pub(crate) async fn take_back(self) {
        if let Ok(guesses) = self.guessing.ports.get::<dyn Guesses>() {
            guesses.give_back(&self.subject, self.from).await;
        }
    }
}
