//! Which cart a client means, the same in every module that takes one.

use async_graphql::{ID, OneofObject};

/// Which cart; absent = the account's own.
#[derive(Debug, Clone, OneofObject)]
pub enum CartRef {
    /// Guest secret.
    Token(String),
    /// Id of an own cart.
    Id(ID),
}
