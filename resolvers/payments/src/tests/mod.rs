//! Tests of what the front door can't reach: the contract of providers, the moves
//! of a payment, signatures.

mod contract;
mod movement;
mod signature;
