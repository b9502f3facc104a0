//! The tables of the users module.

pub mod account;
pub mod address;
pub mod challenge;
pub mod deletion;
pub mod erased_login;
pub mod factor;
pub mod identity;
pub mod mailed_token;
pub mod passkey_challenge;
pub mod recovery_code;
pub mod refresh_token;
pub mod seller;
pub mod session;
pub mod signing_key;
pub mod suspension;
pub mod token_key;
pub mod user;
