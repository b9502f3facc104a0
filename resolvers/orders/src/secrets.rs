//! What is secret about orders: the secret by which a guest sees an order, and
//! the addresses of invoices.
//!
//! A guest's secret is computed from the order's id and a key, so that every
//! repetition of a checkout answers the same one. Only its hash is stored.

use aws_lc_rs::{digest, hmac, rand};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use entities::orders::key;
use kit::{DateTime, Error, Id as _, Platform, Result, Url, ids::OrderId, ports::NoInvoice};
use secrecy::{ExposeSecret as _, SecretString};
use ulid::Ulid;

use crate::OrdersOptions;

/// Where the addresses of invoices begin, below the gateway's.
const FOLDER: &str = "invoices";
/// The name of the generated key.
const PURPOSE: &str = "secrets";
/// What an address is good for: which order, until when.
const CLAIM: usize = 16 + 8;

/// Makes and reads secrets.
pub(crate) struct Secrets {
    public_url: String,
    guests: hmac::Key,
    invoices: hmac::Key,
}

impl Secrets {
    /// With the configured key, or else with the one in the database, which is
    /// generated when it is not there yet.
    pub(crate) async fn open(options: &OrdersOptions, platform: &Platform) -> Result<Self> {
        let secret = match &options.signing_key {
            Some(secret) => secret.clone(),
            None => shared(platform).await?,
        };
        Ok(Self::new(secret.expose_secret().as_bytes(), &options.public_url))
    }

    fn new(secret: &[u8], public_url: &str) -> Self {
        // One key for each use: what signs one thing can't stand for another.
        let master = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let derived = |name: &str| {
            let key = hmac::sign(&master, name.as_bytes());
            hmac::Key::new(hmac::HMAC_SHA256, key.as_ref())
        };
        Self {
            public_url: public_url.to_owned(),
            guests: derived("orders.guests"),
            invoices: derived("orders.invoices"),
        }
    }

    /// The secret by which a guest sees this order.
    pub(crate) fn of_guest(&self, id: OrderId) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.guests, &id.ulid().to_bytes()))
    }

    /// Where an order's invoice is until then.
    pub(crate) fn invoice(&self, id: OrderId, until: DateTime) -> Url {
        let mut token = Vec::with_capacity(CLAIM + 32);
        token.extend(id.ulid().to_bytes());
        token.extend(until.0.to_be_bytes());
        let signature = hmac::sign(&self.invoices, &token);
        token.extend(signature.as_ref());
        Url(format!("{}/{FOLDER}/{}", self.public_url, URL_SAFE_NO_PAD.encode(token)))
    }

    /// The order whose invoice a token is good for now.
    pub(crate) fn read(&self, token: &str, now: DateTime) -> Result<OrderId, NoInvoice> {
        let token = URL_SAFE_NO_PAD.decode(token).map_err(|_| NoInvoice::Unknown)?;
        let (claim, signature) = token.split_at_checked(CLAIM).ok_or(NoInvoice::Unknown)?;
        hmac::verify(&self.invoices, claim, signature).map_err(|_| NoInvoice::Unknown)?;
        let id = claim[..16].try_into().expect("sixteen bytes");
        let until = i64::from_be_bytes(claim[16..].try_into().expect("eight bytes"));
        if until <= now.0 {
            return Err(NoInvoice::Expired);
        }
        Ok(OrderId::from_ulid(Ulid::from_bytes(id)))
    }
}

/// What is stored of a guest's secret.
pub(crate) fn access(secret: &str) -> String {
    let hash = digest::digest(&digest::SHA256, secret.as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The key that all instances on this database share. Of several that start at
/// once, the first to store its key wins.
async fn shared(platform: &Platform) -> Result<SecretString> {
    let db = platform.db.write();
    if let Some(secret) = key::find(db, PURPOSE).await? {
        return Ok(secret.into());
    }
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(Error::internal)?;
    let row = key::Model {
        purpose: PURPOSE.to_owned(),
        secret: STANDARD.encode(bytes),
        created_at: platform.clock.now(),
    };
    key::insert_unless_there(db, row).await?;
    let stored = key::find(db, PURPOSE).await?;
    stored.map(SecretString::from).ok_or_else(|| Error::internal("the key was not stored"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime = kit::seed::TODAY;

    fn token(url: &Url) -> &str {
        url.0.strip_prefix("https://weft.example/invoices/").expect("an address of an invoice")
    }

    #[test]
    fn an_address_is_good_for_one_invoice_until_it_expires() {
        let secrets = Secrets::new(b"key", "https://weft.example");
        let id = OrderId::generate();

        let url = secrets.invoice(id, NOW.plus(1_000));

        assert_eq!(secrets.read(token(&url), NOW.plus(999)), Ok(id));
        assert_eq!(secrets.read(token(&url), NOW.plus(1_000)), Err(NoInvoice::Expired));
    }

    #[test]
    fn a_changed_or_foreign_address_is_not_good() {
        let secrets = Secrets::new(b"key", "https://weft.example");
        let url = secrets.invoice(OrderId::generate(), NOW.plus(1_000));
        let good = URL_SAFE_NO_PAD.decode(token(&url)).expect("base64");

        for byte in 0..good.len() {
            let mut changed = good.clone();
            changed[byte] ^= 1;
            let changed = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(secrets.read(&changed, NOW), Err(NoInvoice::Unknown), "byte {byte}");
        }
        let foreign = Secrets::new(b"other", "https://weft.example");
        let foreign = foreign.invoice(OrderId::generate(), NOW.plus(1_000));
        for bad in ["", "%", "AAAA", token(&foreign)] {
            assert_eq!(secrets.read(bad, NOW), Err(NoInvoice::Unknown), "{bad}");
        }
    }

    #[test]
    fn a_guests_secret_is_the_same_every_time_and_nobody_elses() {
        let secrets = Secrets::new(b"key", "https://weft.example");
        let id = OrderId::generate();

        assert_eq!(secrets.of_guest(id), secrets.of_guest(id));
        assert_ne!(secrets.of_guest(id), secrets.of_guest(OrderId::generate()));
        assert_ne!(secrets.of_guest(id), Secrets::new(b"other", "").of_guest(id));
        assert_eq!(secrets.of_guest(id).len(), 43);
        assert_eq!(access("abc").len(), 64);
    }
}
