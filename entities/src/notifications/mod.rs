//! The tables of the notifications module. Everything carries its account's id
//! and can be deleted by it.

pub mod delivery;
pub mod device;
pub mod erasure;
pub mod notification;
pub mod preference;
pub mod secret;
