//! Tables of the payments module.

pub mod event;
pub mod payment;
pub mod refund;
pub mod sandbox;
pub mod subscription;
pub mod usage;
