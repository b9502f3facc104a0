//! The relying party of WebAuthn: what passkeys are asked, and whether what they
//! answer is good. Knows no accounts and no database.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kit::{Error, Id as _, Result, ids::AccountId};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use url::Url;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Uuid, Webauthn, WebauthnBuilder,
};

use crate::{PasskeyOptions, sessions::milliseconds};

/// Longer attestations and assertions are none.
const MOST_BYTES: usize = 64 << 10;

/// Asks passkeys, and checks what they answer. They always have to verify their
/// user: whoever holds one and is known to it has shown both factors.
pub(crate) struct Passkeys {
    webauthn: Webauthn,
    /// How long an answer may take, in milliseconds.
    pub(crate) patience: i64,
}

/// What is asked, for `navigator.credentials`, and what the answer is checked
/// against.
pub(crate) struct Asked {
    /// What is signed, in base64url.
    pub(crate) challenge: String,
    /// For the browser.
    pub(crate) options: Value,
    /// For us alone.
    pub(crate) state: String,
}

/// An assertion that nobody has checked.
#[derive(Clone)]
pub(crate) struct Assertion {
    /// The id of the passkey, in base64url.
    pub(crate) credential_id: String,
    /// The challenge that it says it signed, in base64url.
    pub(crate) challenge: String,
    credential: PublicKeyCredential,
}

/// A good assertion.
pub(crate) struct Asserted {
    /// How often the passkey was used; 0 where it does not count.
    pub(crate) counter: u32,
    /// The passkey as it is to be stored from now on.
    pub(crate) secret: String,
}

impl Passkeys {
    /// The relying party of these options.
    pub(crate) fn open(options: &PasskeyOptions) -> Result<Self> {
        let origins: Result<Vec<Url>> =
            options.origins.iter().map(|origin| origin.parse().map_err(Error::internal)).collect();
        let origins = origins?;
        let first = origins.first().ok_or_else(|| Error::internal("passkeys need an origin"))?;
        let builder = WebauthnBuilder::new(&options.relying_party, first).map_err(Error::internal)?;
        let builder = origins
            .iter()
            .skip(1)
            .fold(builder, |builder, origin| builder.append_allowed_origin(origin));
        let webauthn = builder
            .rp_name(&options.name)
            .allow_any_port(options.any_port)
            .timeout(options.challenge_lifetime)
            .build()
            .map_err(Error::internal)?;
        Ok(Self { webauthn, patience: milliseconds(options.challenge_lifetime) })
    }

    /// Asks for a new passkey of this account, other than those that it has.
    pub(crate) fn enroll(
        &self,
        account: AccountId,
        name: &str,
        display_name: &str,
        known: &[String],
    ) -> Result<Asked> {
        let known = known.iter().map(|id| bytes(id)).collect::<Result<Vec<_>>>()?;
        let (asked, state) = self
            .webauthn
            .start_passkey_registration(handle(account), name, display_name, Some(known))
            .map_err(Error::internal)?;
        let challenge = URL_SAFE_NO_PAD.encode(&asked.public_key.challenge);
        let mut options = serde_json::to_value(asked.public_key).map_err(Error::internal)?;
        // One that is found without a name can sign in alone; others are second factors.
        options["authenticatorSelection"]["residentKey"] = json!("preferred");
        Ok(Asked { challenge, options, state: text(&state)? })
    }

    /// The id and the secret of a new passkey; `None` when the attestation is not
    /// good.
    pub(crate) fn enrolled(&self, state: &str, attestation: &str) -> Result<Option<(String, String)>> {
        let Some(attestation) = read::<RegisterPublicKeyCredential>(attestation) else {
            return Ok(None);
        };
        let Ok(state) = serde_json::from_str::<PasskeyRegistration>(state) else { return Ok(None) };
        match self.webauthn.finish_passkey_registration(&attestation, &state) {
            Ok(passkey) => Ok(Some((URL_SAFE_NO_PAD.encode(passkey.cred_id()), text(&passkey)?))),
            Err(reason) => {
                tracing::debug!(%reason, "an attestation is not good: {reason}");
                Ok(None)
            }
        }
    }

    /// Asks for an assertion of one of these passkeys, by id; of any that knows
    /// its user when there are none.
    pub(crate) fn ask(&self, known: &[String]) -> Result<Asked> {
        let (asked, state) =
            self.webauthn.start_discoverable_authentication().map_err(Error::internal)?;
        let challenge = URL_SAFE_NO_PAD.encode(&asked.public_key.challenge);
        let mut options = serde_json::to_value(asked.public_key).map_err(Error::internal)?;
        let allowed = known.iter().map(|id| json!({ "type": "public-key", "id": id }));
        options["allowCredentials"] = allowed.collect();
        Ok(Asked { challenge, options, state: text(&state)? })
    }

    /// Checks an assertion of the account's passkey with this secret; `None` when
    /// it is not good.
    pub(crate) fn asserted(
        &self,
        state: &str,
        account: AccountId,
        secret: &str,
        assertion: &Assertion,
    ) -> Result<Option<Asserted>> {
        let state: DiscoverableAuthentication = serde_json::from_str(state).map_err(Error::internal)?;
        let mut passkey: Passkey = serde_json::from_str(secret).map_err(Error::internal)?;
        let credential = &assertion.credential;
        let named = credential.get_user_unique_id();
        if named.is_some_and(|named| named != handle(account).as_bytes()) {
            return Ok(None);
        }
        match self.webauthn.finish_discoverable_authentication_v2(credential, state, &passkey) {
            Ok(result) => {
                passkey.update_credential(&result);
                Ok(Some(Asserted { counter: result.counter(), secret: text(&passkey)? }))
            }
            Err(reason) => {
                tracing::debug!(%reason, "an assertion is not good: {reason}");
                Ok(None)
            }
        }
    }
}

impl Assertion {
    /// Reads what `navigator.credentials.get()` answered; `None` when it is
    /// something else.
    pub(crate) fn read(text: &str) -> Option<Self> {
        #[derive(serde::Deserialize)]
        struct Signed {
            challenge: String,
        }
        let credential: PublicKeyCredential = read(text)?;
        let signed: Signed = serde_json::from_slice(&credential.response.client_data_json).ok()?;
        let credential_id = URL_SAFE_NO_PAD.encode(credential.get_credential_id());
        Some(Self { credential_id, challenge: signed.challenge, credential })
    }

    /// Whether it tells whose it is, as passkeys do that nobody was named to.
    pub(crate) fn names_its_user(&self) -> bool {
        self.credential.get_user_unique_id().is_some()
    }
}

/// How passkeys call the account: it tells nobody more than a random number.
fn handle(account: AccountId) -> Uuid {
    Uuid::from_bytes(account.ulid().to_bytes())
}

fn bytes(id: &str) -> Result<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(id).map_err(Error::internal)
}

fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    if text.len() > MOST_BYTES {
        return None;
    }
    serde_json::from_str(text).ok()
}

fn text(state: &impl Serialize) -> Result<String> {
    serde_json::to_string(state).map_err(Error::internal)
}
