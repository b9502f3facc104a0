//! The tables of the messages module. Whoever reads a conversation or a message
//! says as which member, so that a resolver can't forget it.

pub mod attachment;
pub mod block;
pub mod conversation;
pub mod erasure;
pub mod list;
pub mod member;
pub mod message;
pub mod reaction;
pub mod report;
pub mod withheld;
