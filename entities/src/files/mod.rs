//! The tables of the files module.

pub mod key;
pub mod upload;
