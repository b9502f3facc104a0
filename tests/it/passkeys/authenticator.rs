//! An authenticator in software, which can also be told to be a bad one.

use std::sync::Arc;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::{self, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Somebody is there; they were recognised; what follows is a new passkey.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// One passkey and the page that uses it.
pub(crate) struct Authenticator {
    pub(super) key: Arc<EcdsaKeyPair>,
    pub(super) id: Vec<u8>,
    /// Whose it is, once somebody enrolled it.
    pub(super) user: Option<String>,
    /// How often it was used; counts on before each use, unless it stays at 0.
    pub(super) counter: u32,
    pub(super) is_counting: bool,
    pub(super) origin: String,
    pub(super) relying_party: String,
    pub(super) is_verifying: bool,
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Authenticator {
    /// A good one with a new key.
    pub(super) fn new() -> Self {
        let mut id = vec![0; 32];
        rand::fill(&mut id).expect("random");
        Self {
            key: Arc::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key")),
            id,
            user: None,
            counter: 0,
            is_counting: true,
            origin: "http://localhost:8080".to_owned(),
            relying_party: "localhost".to_owned(),
            is_verifying: true,
        }
    }

    /// The same passkey on another device.
    pub(super) fn copy(&self) -> Self {
        Self {
            key: self.key.clone(),
            id: self.id.clone(),
            user: self.user.clone(),
            origin: self.origin.clone(),
            relying_party: self.relying_party.clone(),
            ..*self
        }
    }

    /// What `navigator.credentials.create()` gives for these options.
    pub(super) fn create(&mut self, options: &Value) -> Value {
        self.user = Some(options["user"]["id"].as_str().expect("a user").to_owned());
        let mut data = self.data(ATTESTED);
        // Of no known make.
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
        data.extend(&self.id);
        let point = self.key.public_key().as_ref();
        // {1: 2, 3: -7, -1: 1, -2: x, -3: y} in CBOR: ES256 on P-256.
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..65]);
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x59");
        object.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        object.extend(data);
        let response = json!({ "clientDataJSON": encode(&self.client_data("webauthn.create", options)),
            "attestationObject": encode(&object), "transports": ["internal"] });
        self.credential(response)
    }

    /// What `navigator.credentials.get()` gives for these options.
    pub(crate) fn get(&mut self, options: &Value) -> Value {
        if self.is_counting {
            self.counter += 1;
        }
        let data = self.data(0);
        let client = self.client_data("webauthn.get", options);
        let signed = [&data[..], digest(&SHA256, &client).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("signs");
        let response = json!({ "clientDataJSON": encode(&client), "authenticatorData": encode(&data),
            "signature": encode(signature.as_ref()), "userHandle": self.user });
        self.credential(response)
    }

    fn credential(&self, response: Value) -> Value {
        let id = encode(&self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {}, "response": response })
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let flags = PRESENT | more | if self.is_verifying { VERIFIED } else { 0 };
        let mut data = digest(&SHA256, self.relying_party.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let data = json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin,
            "crossOrigin": false });
        data.to_string().into_bytes()
    }
}
