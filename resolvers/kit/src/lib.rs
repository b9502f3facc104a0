//! What a module is written with: the `Module` trait and its registry, the
//! viewer and guards, errors, ids, scalars, money, connections, loaders, ports
//! and resilience.

mod acts;
mod address;
mod cart_ref;
mod connection;
mod database;
mod directives;
mod erasure;
mod error;
pub mod facts;
mod filter;
mod hooks;
mod loader;
mod module;
mod money;
mod outcome;
mod platform;
pub mod ports;
mod progress;
mod refusals;
mod registry;
mod resilience;
mod retry;
mod scalars;
mod scope;
pub mod seed;
mod selected_option;
mod stream;
mod subgraph;
pub mod text;
mod user_error;
mod viewer;
mod written;

pub use acts::{Acts, schema};
pub use address::{Address, AddressInput};
pub use cart_ref::CartRef;
pub use connection::{Connection, Cursor, DEFAULT_FIRST, Edge, MAX_FIRST, PageArgs, PageInfo};
pub use database::{Backend, Database, DatabaseOptions};
pub use directives::authenticated;
pub use entities::{
    ids::{self, Id},
    time::DateTime,
};
pub use erasure::on_erasure;
pub use error::{Error, Result, present};
pub use filter::{DateRange, StringFilter};
pub use hooks::{
    Attempt, Authenticated, AuthenticationHook, AuthenticationMethod, HookError, Hooks, NotLetIn,
};
pub use loader::{Batches, FromContext, drive, drive_stream, entity, groups, load, load_many};
pub use module::{Health, HealthCheck, Module, Parts, Worker};
pub use money::{Money, MoneyInput, allocate};
pub use outcome::{Outcome, is_taken, refusal, refuse, refuse_all};
pub use platform::{Clock, ManualClock, Platform, SystemClock};
pub use progress::{Progress, follow_job};
pub use refusals::Refusals;
pub use registry::{ModuleReport, Registry};
pub use resilience::{Outside, OutsideOptions};
pub use retry::{RetryKey, forget_used_keys};
pub use scalars::{CountryCode, CurrencyCode, Decimal, Json, Long, Url};
pub use scope::{Budget, Origin, RequestScope};
pub use selected_option::SelectedOption;
pub use stream::{Mark, StreamControl, follow};
pub use subgraph::{Subgraph, erase, finish};
pub use subscriptions::Position;
pub use user_error::{
    GenericError, OutOfStockError, PriceChangedError, UserError, UserErrorCode, VersionConflictError,
};
pub use viewer::{Permission, Require, Role, SignedIn, Viewer};
