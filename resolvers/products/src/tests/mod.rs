//! What the front door can't reach: statement counts, every order of a list,
//! every page, races, and the seed.

mod events;
mod lists;
mod mutations;
mod paging;
mod prices;
mod shop;
mod statements;
mod visibility;
