//! Ports: small traits through which one module asks another for an answer.
//! Implemented by the module that owns the data, found by type.

mod carts;
mod demo;
mod files;
mod guesses;
mod guest_carts;
mod identity;
mod invoices;
mod keys;
mod mailed_tokens;
mod offers;
mod payment_events;
mod payments;
mod people;
mod quotes;
mod sellers;
mod stock;
mod unsubscribe;
mod usage;

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    sync::{Arc, RwLock},
};

pub use carts::{Carts, Claimed, PricedCart, PricedLine, ShippingRate};
pub use demo::{DemoAccount, DemoAccounts};
pub use files::{
    FileBytes, FileTransfer, Files, NotAttached, NotOpened, NotReceived, OpenFile, StoredFile,
};
pub use guesses::Guesses;
pub use guest_carts::GuestCarts;
pub use identity::Identity;
pub use invoices::{Invoices, NoInvoice};
pub use keys::KeySet;
pub use mailed_tokens::{MailedTokenPurpose, MailedTokens};
pub use offers::Offers;
pub use payment_events::{PaymentEvents, Told};
pub use payments::{Balance, NewPayment, Opened, PaymentWatcher, Payments, Refunded};
pub use people::{Contact, People};
pub use quotes::{Quote, Quotes};
pub use sellers::Sellers;
pub use stock::{Reserved, Shortage, Stock, Units};
pub use unsubscribe::Unsubscribe;
pub use usage::{Allowed, Usage};

use crate::{Error, Result};

type Port = Box<dyn Any + Send + Sync>;

/// The ports that the modules of this process implement.
#[derive(Clone, Default)]
pub struct Ports(Arc<RwLock<HashMap<TypeId, Port>>>);

impl Ports {
    /// Offers an implementation of a port: `provide::<dyn Identity>(…)`.
    pub fn provide<P: ?Sized + Send + Sync + 'static>(&self, port: Arc<P>) {
        let mut ports = self.0.write().expect("no code panics while it holds this lock");
        ports.insert(TypeId::of::<P>(), Box::new(port));
    }

    /// The implementation of a port.
    ///
    /// # Errors
    /// When no started module implements it.
    pub fn get<P: ?Sized + Send + Sync + 'static>(&self) -> Result<Arc<P>> {
        let ports = self.0.read().expect("no code panics while it holds this lock");
        let port = ports.get(&TypeId::of::<P>()).and_then(|port| port.downcast_ref::<Arc<P>>());
        port.cloned().ok_or_else(|| Error::internal(format!("no module provides {}", type_name::<P>())))
    }
}
