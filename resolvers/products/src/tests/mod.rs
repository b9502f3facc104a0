//! What the front door can't reach: statement counts, every order of a list,
//! races, and the seed.

mod events;
mod lists;
mod mutations;
mod shop;
mod statements;
mod visibility;
