//! The secret addresses of files: a token that says what may be done with which
//! upload until when, signed.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kit::{DateTime, Id as _, Platform, Result, Url, ids::UploadId};
use secrecy::ExposeSecret as _;
use ulid::Ulid;

use crate::{FilesOptions, keys};

/// What the generated key signs.
const PURPOSE: &str = "addresses";
/// What may be done, which upload, until when.
const CLAIM: usize = 1 + 16 + 8;
/// HMAC-SHA-256.
const SIGNATURE: usize = 32;

/// What an address is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum May {
    /// Send the bytes.
    Put = 1,
    /// Fetch them.
    Get = 2,
}

/// Why a token is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadToken {
    /// Not one of ours, or for something else.
    Forged,
    /// Too old.
    Expired,
}

/// Makes and reads addresses.
pub(crate) struct Addresses {
    public_url: String,
    key: hmac::Key,
}

impl Addresses {
    /// With the configured key, or else with the one in the database, which is
    /// generated when it is not there yet.
    pub(crate) async fn open(options: &FilesOptions, platform: &Platform) -> Result<Self> {
        let secret = match &options.signing_key {
            Some(secret) => secret.clone(),
            None => keys::shared(platform, PURPOSE).await?,
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        Ok(Self { public_url: options.public_url.clone(), key })
    }

    /// The address at which this may be done until then.
    pub(crate) fn url(&self, may: May, id: UploadId, until: DateTime) -> Url {
        let mut token = Vec::with_capacity(CLAIM + SIGNATURE);
        token.push(may as u8);
        token.extend(id.ulid().to_bytes());
        token.extend(until.0.to_be_bytes());
        let signature = hmac::sign(&self.key, &token);
        token.extend(signature.as_ref());
        Url(format!("{}/files/{}", self.public_url, URL_SAFE_NO_PAD.encode(token)))
    }

    /// The upload that a token is good for now.
    pub(crate) fn read(&self, may: May, token: &str, now: DateTime) -> Result<UploadId, BadToken> {
        let token = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadToken::Forged)?;
        let (claim, signature) = token.split_at_checked(CLAIM).ok_or(BadToken::Forged)?;
        hmac::verify(&self.key, claim, signature).map_err(|_| BadToken::Forged)?;
        if claim[0] != may as u8 {
            return Err(BadToken::Forged);
        }
        let id = claim[1..17].try_into().expect("sixteen bytes");
        let until = i64::from_be_bytes(claim[17..].try_into().expect("eight bytes"));
        if until <= now.0 {
            return Err(BadToken::Expired);
        }
        Ok(UploadId::from_ulid(Ulid::from_bytes(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime = kit::seed::TODAY;

    fn addresses(key: &[u8]) -> Addresses {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        Addresses { public_url: "https://weft.example".to_owned(), key }
    }

    fn token(url: &Url) -> &str {
        url.0.strip_prefix("https://weft.example/files/").expect("an address of a file")
    }

    #[test]
    fn an_address_is_good_for_one_thing_until_it_expires() {
        let addresses = addresses(b"key");
        let id = UploadId::generate();

        let url = addresses.url(May::Put, id, NOW.plus(1_000));

        assert_eq!(addresses.read(May::Put, token(&url), NOW.plus(999)), Ok(id));
        assert_eq!(addresses.read(May::Put, token(&url), NOW.plus(1_000)), Err(BadToken::Expired));
        assert_eq!(addresses.read(May::Get, token(&url), NOW), Err(BadToken::Forged));
    }

    #[test]
    fn a_changed_or_foreign_address_is_not_good() {
        let addresses = addresses(b"key");
        let url = addresses.url(May::Get, UploadId::generate(), NOW.plus(1_000));
        let good = URL_SAFE_NO_PAD.decode(token(&url)).expect("base64");

        for byte in 0..good.len() {
            let mut changed = good.clone();
            changed[byte] ^= 1;
            let changed = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(addresses.read(May::Get, &changed, NOW), Err(BadToken::Forged), "byte {byte}");
        }
        let foreign = self::addresses(b"other").url(May::Get, UploadId::generate(), NOW.plus(1_000));
        let longer = format!("{}AAAA", token(&url));
        for bad in ["", "%", "AAAA", token(&foreign), &longer] {
            assert_eq!(addresses.read(May::Get, bad, NOW), Err(BadToken::Forged), "{bad}");
        }
    }
}
