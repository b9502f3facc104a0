//! The tables of the products module.
