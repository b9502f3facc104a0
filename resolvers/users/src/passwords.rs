//! Password hashes: Argon2id, off the async threads, a few at a time.

use std::{sync::Arc, thread::available_parallelism};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::phc::PasswordHash,
};
use kit::{Error, Result};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

/// Verified when no account has the email, so that the answer takes as long as
/// for one that exists. Made with the same parameters as all others.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Fcu5mF+24lxxE0B9XiKj3A$EWddz3X4GOoZYP1fu6elSKVMDQSlUNLucBf94HOMIv8";

/// Hashes and verifies passwords.
pub(crate) struct Passwords {
    /// Every hash takes 19 MiB and a core: the rest waits in line.
    turns: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let turns = available_parallelism().map_or(1, usize::from);
        Self { turns: Arc::new(Semaphore::new(turns)) }
    }

    /// The hash to store for a password.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<String> {
        self.work(move || hash(&password, None)).await?
    }

    /// Whether the password made the hash; false, after the same work, when
    /// there is no hash.
    pub(crate) async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool> {
        self.work(move || {
            let is_somebodys = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODYS.to_owned());
            Ok(verify(&password, &hash)? && is_somebodys)
        })
        .await?
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = self.turns.clone().acquire_owned().await.expect("the semaphore is never closed");
        // The work goes on when its request is dropped, so it holds the turn itself.
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)
    }
}

/// Hashes with the given salt, or a new one. Takes tens of milliseconds.
pub(crate) fn hash(password: &SecretString, salt: Option<&[u8]>) -> Result<String> {
    let password = password.expose_secret().as_bytes();
    let hash = match salt {
        Some(salt) => argon2id().hash_password_with_salt(password, salt),
        None => argon2id().hash_password(password),
    };
    hash.map(|hash| hash.to_string()).map_err(Error::internal)
}

fn verify(password: &SecretString, hash: &str) -> Result<bool> {
    let hash = PasswordHash::new(hash).map_err(Error::internal)?;
    Ok(argon2id().verify_password(password.expose_secret().as_bytes(), &hash).is_ok())
}

fn argon2id() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).expect("the parameters are within bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_verifies() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse battery".into()).await.expect("hashes");

        let verify = |password: &str, hash: Option<&str>| {
            passwords.verify(password.into(), hash.map(str::to_owned))
        };

        assert!(verify("correct horse battery", Some(&hash)).await.expect("verifies"));
        assert!(!verify("correct horse", Some(&hash)).await.expect("verifies"));
        assert!(!verify("nobody's password", None).await.expect("verifies"));
    }

    #[test]
    fn nobodys_hash_costs_as_much_as_any() {
        let fresh = hash(&"correct horse battery".into(), None).expect("hashes");
        let cost = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");

        assert_eq!(cost(NOBODYS), cost(&fresh));
        assert!(verify(&"nobody's password".into(), NOBODYS).expect("well-formed"));
    }
}
