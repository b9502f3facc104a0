//! Addresses in mails that end them with one click. They name account and kind
//! and are signed, so nobody can end somebody else's; they do not expire, since
//! mails do not.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use entities::notifications::secret;
use futures_util::FutureExt as _;
use kit::{Database, Error, Id as _, Result, ids::AccountId, ports::Unsubscribe};

use crate::{
    kinds::{self, Kind, Mail},
    service::Service,
};

/// What the secret signs.
const PURPOSE: &str = "unsubscribe";
/// Longer tokens are not ours.
const MAX_TOKEN: usize = 200;

/// Makes and reads such addresses.
pub(crate) struct Links {
    key: hmac::Key,
    public_url: String,
}

impl Links {
    /// With the secret that this database's instances share; it is made when it
    /// is not there yet.
    pub(crate) async fn open(db: &Database, public_url: &str) -> Result<Self> {
        let secret = match secret::find(db.read(), PURPOSE).await? {
            Some(secret) => secret,
            None => made(db).await?,
        };
        let bytes = URL_SAFE_NO_PAD.decode(secret).map_err(Error::internal)?;
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &bytes), public_url: public_url.to_owned() })
    }

    /// The address that ends mails of a kind to an account.
    pub(crate) fn link(&self, account: AccountId, kind: &Kind) -> String {
        format!("{}/unsubscribe/{}", self.public_url, self.token(account, kind))
    }

    fn token(&self, account: AccountId, kind: &Kind) -> String {
        let named = format!("{}.{}", account.ulid(), kind.name);
        let signature = hmac::sign(&self.key, named.as_bytes());
        let parts = [named.as_bytes(), signature.as_ref()];
        parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    }

    fn read(&self, token: &str) -> Option<(AccountId, &'static Kind)> {
        let (named, signature) = token.split_once('.').filter(|_| token.len() <= MAX_TOKEN)?;
        let [named, signature] = [named, signature].map(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let (named, signature) = named.zip(signature)?;
        let expected = hmac::sign(&self.key, &named);
        verify_slices_are_equal(expected.as_ref(), &signature).ok()?;
        let named = String::from_utf8(named).ok()?;
        let (account, kind) = named.split_once('.')?;
        let account = format!("{}_{account}", AccountId::PREFIX).parse().ok()?;
        // A security notice has no such address.
        Some((account, kinds::find(kind).filter(|kind| kind.mail != Mail::Security)?))
    }
}

async fn made(db: &Database) -> Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| Error::internal("no random bytes"))?;
    let row = secret::Model { purpose: PURPOSE.to_owned(), secret: URL_SAFE_NO_PAD.encode(bytes) };
    let kept = db.transaction(move |transaction| {
        let row = row.clone();
        async move { secret::keep(transaction, row).await.map_err(Error::from) }.boxed()
    });
    kept.await?.ok_or_else(|| Error::internal("the secret was not kept"))
}

#[async_trait::async_trait]
impl Unsubscribe for Service {
    fn about(&self, token: &str) -> Option<&'static str> {
        self.links.read(token).map(|(_, kind)| kind.label)
    }

    async fn unsubscribe(&self, token: &str) -> Result<Option<&'static str>> {
        let Some((account, kind)) = self.links.read(token) else { return Ok(None) };
        // An account that is gone gets no mails and keeps no preferences.
        if self.people.contacts_of(&[account]).await?.contains_key(&account) {
            self.stop_mails(account, kind).await?;
        }
        Ok(Some(kind.label))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(secret: &[u8]) -> Links {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Links { key, public_url: "https://weft.example".to_owned() }
    }

    #[test]
    fn a_token_names_account_and_kind_and_can_not_be_changed() {
        let (ours, theirs) = (links(b"ours"), links(b"theirs"));
        let (account, other) = (AccountId::generate(), AccountId::generate());
        let kind = |name| kinds::find(name).expect("a kind");
        let messages = kind("message.received");

        let token = ours.token(account, messages);
        let read = |token: &str| ours.read(token).map(|(account, kind)| (account, kind.name));

        assert_eq!(read(&token), Some((account, "message.received")));
        assert_eq!(read(&theirs.token(account, messages)), None);
        assert_eq!(read(&ours.token(account, kind("session.started"))), None);
        let (named, _) = token.split_once('.').expect("two parts");
        let (_, signature) = ours
            .token(other, messages)
            .split_once('.')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .expect("two parts");
        for forged in [
            String::new(),
            named.to_owned(),
            format!("{named}."),
            format!("{named}.{signature}"),
            format!("{token}A"),
            "a".repeat(1_000),
        ] {
            assert_eq!(read(&forged), None, "{forged}");
        }
        assert!(ours.link(account, messages).starts_with("https://weft.example/unsubscribe/"));
    }
}
