//! Automatic persisted queries, Apollo's protocol: once a client has sent a
//! document with its SHA-256, every client may send the hash alone.
//! <https://www.apollographql.com/docs/apollo-server/performance/apq>

use std::sync::Arc;

use async_graphql::ServerError;
use aws_lc_rs::digest::{SHA256, digest};
use axum::http::HeaderValue;
use moka::sync::Cache;
use schema::GraphQLRequest;
use serde_json::{Map, Value};

use super::errors::{self, Refusal};
use crate::PersistedQueriesConfig;

/// The version of the protocol that we speak.
const VERSION: u64 = 1;
/// What a kept document takes beside its text.
const ENTRY: usize = 256;

/// A document's SHA-256.
type Hash = [u8; 32];

/// What a client asks; the document may be missing where its hash is given.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) request: GraphQLRequest,
    pub(super) persisted: Option<Persisted>,
}

/// What a request says of its document's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persisted {
    /// The hash stands for the document.
    Alone(Hash),
    /// The document came along, and this is its hash.
    WithText(Hash),
    /// In a version of the protocol that we don't know.
    Foreign,
}

impl Persisted {
    /// Reads `extensions.persistedQuery` of a request with this document.
    pub(super) fn read(
        extensions: &Map<String, Value>,
        query: Option<&str>,
    ) -> Result<Option<Self>, Refusal> {
        let Some(given) = extensions.get("persistedQuery").filter(|given| !given.is_null()) else {
            return Ok(None);
        };
        let Some(given) = given.as_object() else {
            return Err(Refusal::bad_parameter("`extensions.persistedQuery` must be an object"));
        };
        if given.get("version").and_then(Value::as_u64) != Some(VERSION) {
            return Ok(Some(Self::Foreign));
        }
        let hash = given.get("sha256Hash").and_then(Value::as_str).and_then(from_hex);
        let Some(hash) = hash else {
            let message = "`extensions.persistedQuery.sha256Hash` must be 64 hexadecimal digits";
            return Err(Refusal::bad_parameter(message));
        };
        match query {
            None => Ok(Some(Self::Alone(hash))),
            Some(query) if digest(&SHA256, query.as_bytes()).as_ref() == hash => {
                Ok(Some(Self::WithText(hash)))
            }
            Some(_) => Err(Refusal::bad_parameter(
                "`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`",
            )),
        }
    }
}

fn from_hex(text: &str) -> Option<Hash> {
    let digits = text.as_bytes();
    let mut hash = Hash::default();
    if digits.len() != 2 * hash.len() {
        return None;
    }
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(hash)
}

/// A document that is to be kept once the engine has accepted it.
#[must_use]
pub(super) struct Proposed(Option<Hash>);

/// The documents that clients may ask by their hash.
///
/// **Invariant:** only documents that the engine has accepted are kept, each
/// under its own hash. Which ones is forgotten with the process: clients send
/// the text again.
pub(crate) struct PersistedQueries {
    /// `None` when switched off. What is asked often stays when the memory is
    /// full, so nobody can drive it out with documents that are sent once.
    documents: Option<Cache<Hash, Arc<str>>>,
    document_limit: usize,
    /// What a guest's answer says to caches, if they may keep it.
    guest: Option<HeaderValue>,
}

impl PersistedQueries {
    /// None yet, and as much room as the configuration gives.
    pub(crate) fn new(config: &PersistedQueriesConfig) -> Self {
        let documents = config.enabled.then(|| {
            Cache::builder()
                .max_capacity(u64::try_from(config.memory.get()).unwrap_or(u64::MAX))
                .weigher(|_, text: &Arc<str>| u32::try_from(text.len() + ENTRY).unwrap_or(u32::MAX))
                .build()
        });
        let seconds = config.max_age.as_secs();
        let guest = HeaderValue::from_str(&format!("public, max-age={seconds}"));
        Self {
            documents,
            document_limit: config.document_limit.get(),
            guest: guest.ok().filter(|_| seconds > 0),
        }
    }

    /// Puts in the document where the client sent its hash alone. A request that
    /// was resolved stays so, whatever is forgotten meanwhile.
    pub(super) fn resolve(&self, asked: &mut Asked) -> Result<Proposed, ServerError> {
        let Some(persisted) = asked.persisted else { return Ok(Proposed(None)) };
        let Some(documents) = &self.documents else { return Err(not_supported()) };
        match persisted {
            Persisted::Foreign => Err(not_supported()),
            Persisted::WithText(hash) => Ok(Proposed(Some(hash))),
            Persisted::Alone(hash) => {
                let text = documents.get(&hash).ok_or_else(not_found)?;
                asked.request.query = text.to_string();
                asked.persisted = None;
                Ok(Proposed(None))
            }
        }
    }

    /// Keeps a document that the engine has accepted.
    pub(super) fn keep(&self, proposed: Proposed, query: &str) {
        if let (Some(hash), Some(documents)) = (proposed.0, &self.documents)
            && query.len() <= self.document_limit
            && !documents.contains_key(&hash)
        {
            documents.insert(hash, query.into());
        }
    }

    /// What the answer to a GET by hash says to caches. Only a guest's answer can
    /// be the same for everybody, and only the operator knows for how long. The
    /// answer's `Vary` keeps it from those who sign in.
    pub(super) fn cache_control(&self, is_common: bool) -> HeaderValue {
        match (is_common, &self.guest) {
            (true, Some(guest)) => guest.clone(),
            (true, None) => HeaderValue::from_static("private, max-age=0, must-revalidate"),
            (false, _) => HeaderValue::from_static("private, no-store"),
        }
    }
}

/// Clients send the text after this.
fn not_found() -> ServerError {
    errors::coded("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
}

/// Clients send no hashes any more after this.
fn not_supported() -> ServerError {
    errors::coded("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
}

#[cfg(test)]
mod tests {
    use async_graphql::Value as Input;
    use serde_json::json;

    use super::*;
    use crate::ByteSize;

    /// SHA-256 of `{ hello }`.
    const HELLO: &str = "001c3174e099bd72b729d0c0a529ba9f5a740c446e2a6e1d71b283cb84ec3065";

    fn asked(persisted: Value, query: Option<&str>) -> Result<Asked, String> {
        let extensions = json!({ "persistedQuery": persisted });
        let extensions = extensions.as_object().expect("an object");
        let persisted =
            Persisted::read(extensions, query).map_err(|refusal| refusal.errors[0].message.clone())?;
        let query = query.unwrap_or_default().to_owned();
        Ok(Asked { request: GraphQLRequest { query, ..GraphQLRequest::default() }, persisted })
    }

    fn named(query: Option<&str>) -> Asked {
        asked(json!({ "version": 1, "sha256Hash": HELLO }), query).expect("well-formed")
    }

    fn code(error: &ServerError) -> String {
        match error.extensions.as_ref().and_then(|extensions| extensions.get("code")) {
            Some(Input::String(code)) => format!("{code} {}", error.message),
            _ => panic!("every error has a code"),
        }
    }

    fn store(configure: impl FnOnce(&mut PersistedQueriesConfig)) -> PersistedQueries {
        let mut config = PersistedQueriesConfig::default();
        configure(&mut config);
        PersistedQueries::new(&config)
    }

    /// What a hash alone is answered after its document was sent and accepted.
    fn second(store: &PersistedQueries) -> Result<String, String> {
        let mut first = named(Some("{ hello }"));
        let proposed = store.resolve(&mut first).map_err(|error| code(&error))?;
        store.keep(proposed, &first.request.query);
        let mut again = named(None);
        let resolved = store.resolve(&mut again).map(drop).map_err(|error| code(&error));
        resolved.map(|()| again.request.query)
    }

    #[test]
    fn a_hash_is_read_strictly() {
        let table = [
            (json!("x"), "`extensions.persistedQuery` must be an object"),
            (
                json!({ "version": 1 }),
                "`extensions.persistedQuery.sha256Hash` must be 64 hexadecimal digits",
            ),
            (
                json!({ "version": 1, "sha256Hash": "ab" }),
                "`extensions.persistedQuery.sha256Hash` must be 64 hexadecimal digits",
            ),
            (
                json!({ "version": 1, "sha256Hash": "ä".repeat(32) }),
                "`extensions.persistedQuery.sha256Hash` must be 64 hexadecimal digits",
            ),
            (
                json!({ "version": 1, "sha256Hash": "0".repeat(64) }),
                "`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`",
            ),
        ];

        for (persisted, message) in table {
            assert_eq!(asked(persisted, Some("{ hello }")).expect_err(message), message);
        }
        let hash = from_hex(HELLO).expect("a hash");
        assert_eq!(named(None).persisted, Some(Persisted::Alone(hash)));
        assert_eq!(named(Some("{ hello }")).persisted, Some(Persisted::WithText(hash)));
        let upper = json!({ "version": 1, "sha256Hash": HELLO.to_uppercase() });
        assert_eq!(asked(upper, None).expect("well-formed").persisted, Some(Persisted::Alone(hash)));
        for version in [json!(2), json!("1"), json!(null)] {
            let foreign = asked(json!({ "version": version, "sha256Hash": 7 }), None);
            assert_eq!(foreign.expect("well-formed").persisted, Some(Persisted::Foreign));
        }
        assert_eq!(asked(json!(null), None).expect("well-formed").persisted, None);
    }

    #[test]
    fn a_document_is_found_after_it_was_accepted_and_not_before() {
        let store = store(|_| {});

        let before = store.resolve(&mut named(None)).map(drop).map_err(|error| code(&error));
        let proposed = store.resolve(&mut named(Some("{ hello }"))).map_err(|error| code(&error));
        let unaccepted = store.resolve(&mut named(None)).map(drop).map_err(|error| code(&error));
        store.keep(proposed.expect("it is to be kept"), "{ hello }");

        assert_eq!(before, Err("PERSISTED_QUERY_NOT_FOUND PersistedQueryNotFound".to_owned()));
        assert_eq!(unaccepted, before);
        assert_eq!(second(&store), Ok("{ hello }".to_owned()));
    }

    #[test]
    fn a_large_document_is_not_kept() {
        let small = store(|config| config.document_limit = ByteSize::bytes(8));

        assert_eq!(second(&small), Err("PERSISTED_QUERY_NOT_FOUND PersistedQueryNotFound".to_owned()));
    }

    #[test]
    fn the_memory_is_bounded() {
        let store = store(|config| config.memory = ByteSize::bytes(100 * (ENTRY as u64 + 100)));

        for number in 0..10_000_u32 {
            let mut hash = Hash::default();
            hash[..4].copy_from_slice(&number.to_be_bytes());
            store.keep(Proposed(Some(hash)), &"x".repeat(100));
        }

        let documents = store.documents.as_ref().expect("it is switched on");
        documents.run_pending_tasks();
        assert!((1..=100).contains(&documents.entry_count()), "{}", documents.entry_count());
    }

    #[test]
    fn nothing_is_found_when_switched_off() {
        let off = store(|config| config.enabled = false);
        let refused = "PERSISTED_QUERY_NOT_SUPPORTED PersistedQueryNotSupported";

        assert_eq!(second(&off), Err(refused.to_owned()));
        let mut plain = Asked { request: GraphQLRequest::default(), persisted: None };
        assert!(off.resolve(&mut plain).is_ok(), "a request without a hash is none of ours");
    }

    #[test]
    fn only_a_guests_answer_may_be_kept_and_only_when_configured() {
        let (default, configured) =
            (store(|_| {}), store(|config| config.max_age = std::time::Duration::from_secs(60)));

        assert_eq!(default.cache_control(true), "private, max-age=0, must-revalidate");
        assert_eq!(default.cache_control(false), "private, no-store");
        assert_eq!(configured.cache_control(true), "public, max-age=60");
        assert_eq!(configured.cache_control(false), "private, no-store");
    }
}
