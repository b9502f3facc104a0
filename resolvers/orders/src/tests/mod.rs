//! What the front door can't reach: a crash between any two steps, modules that
//! are away, money and units at every moment, and random sequences of calls.

mod broken;
mod desk;
mod late;
mod ports;
mod refunds;
mod sequences;
mod views;
