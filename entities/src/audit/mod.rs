//! The tables of the audit module.

pub mod head;
pub mod record;
pub mod subject;
