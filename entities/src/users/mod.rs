//! The tables of the users module.
