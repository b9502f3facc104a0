//! The tables of the users module.

pub mod account;
pub mod contact;
pub mod refresh_token;
pub mod seller;
pub mod session;
pub mod signing_key;
pub mod user;
