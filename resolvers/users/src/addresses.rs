//! Address books. Every change counts as one of the account, whose row it
//! locks: changes of one book never overlap.

use entities::users::{
    account,
    address::{self, PostalAddress},
};
use kit::{
    DateTime, Error, Id as _, Result,
    ids::{AccountId, AddressId},
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _,
};
use subscriptions::EventLog;

use crate::{
    events,
    failure::{Failure, Refusal},
    service::Service,
};

/// Addresses of one account.
const MOST: u64 = 50;

/// An address to add or change.
#[derive(Clone)]
pub(crate) struct AddressDraft {
    /// The one to change; a new one when absent.
    pub(crate) id: Option<AddressId>,
    pub(crate) address: PostalAddress,
    /// Absent leaves it as it is.
    pub(crate) is_default_shipping: Option<bool>,
    /// Absent leaves it as it is.
    pub(crate) is_default_billing: Option<bool>,
}

/// What to do with a book.
#[derive(Clone)]
enum Change {
    Save(AddressDraft),
    Remove(AddressId),
}

impl Service {
    /// Adds or changes an address.
    pub(crate) async fn save_address(
        &self,
        account: AccountId,
        draft: AddressDraft,
    ) -> Result<account::Details, Failure> {
        self.change_book(account, Change::Save(draft)).await
    }

    /// Removes an address.
    pub(crate) async fn remove_address(
        &self,
        account: AccountId,
        id: AddressId,
    ) -> Result<account::Details, Failure> {
        self.change_book(account, Change::Remove(id)).await
    }

    async fn change_book(
        &self,
        account: AccountId,
        change: Change,
    ) -> Result<account::Details, Failure> {
        let now = self.clock.now();
        let changed = self
            .db
            .transaction(move |transaction| Box::pin(apply(transaction, account, change.clone(), now)));
        changed.await?.map_err(Failure::from)
    }
}

async fn apply(
    transaction: &DatabaseTransaction,
    account: AccountId,
    change: Change,
    now: DateTime,
) -> Result<Result<account::Details, Refusal>> {
    account::lock(transaction, account).await?;
    let found = match &change {
        Change::Save(AddressDraft { id: Some(id), .. }) | Change::Remove(id) => {
            let own = account::Scope::Own(account);
            !address::by_ids(transaction, &[*id], own).await?.is_empty()
        }
        Change::Save(_) => true,
    };
    if !found {
        return Ok(Err(Refusal::NoSuchAddress));
    }
    match change {
        Change::Save(draft) => {
            if !save(transaction, account, draft, now).await? {
                return Ok(Err(Refusal::TooManyAddresses(MOST)));
            }
        }
        Change::Remove(id) => {
            if !address::remove(transaction, account, id).await? {
                return Ok(Err(Refusal::NoSuchAddress));
            }
        }
    }
    let Some(details) = account::change(transaction, account, None, None, None).await? else {
        return Err(Error::Unauthenticated);
    };
    let event = events::account_updated(account, details.user_id, details.version, now);
    EventLog::append(transaction, event).await?;
    Ok(Ok(details))
}

/// Saves an address; false when the book is full.
async fn save(
    transaction: &DatabaseTransaction,
    account: AccountId,
    draft: AddressDraft,
    now: DateTime,
) -> Result<bool> {
    let id = match draft.id {
        Some(id) => {
            address::change(transaction, account, id, draft.address).await?;
            id
        }
        None => {
            let own = address::Entity::find().filter(address::Column::AccountId.eq(account));
            if own.count(transaction).await? >= MOST {
                return Ok(false);
            }
            let row = address::Model {
                id: AddressId::generate(),
                account_id: account,
                address: draft.address,
                is_default_shipping: false,
                is_default_billing: false,
                created_at: now,
            };
            let id = row.id;
            let insert = address::Entity::insert(row.into_active_model().reset_all());
            insert.exec_without_returning(transaction).await?;
            id
        }
    };
    let defaults = [
        (address::Column::IsDefaultShipping, draft.is_default_shipping),
        (address::Column::IsDefaultBilling, draft.is_default_billing),
    ];
    for (column, is_default) in defaults {
        if let Some(is_default) = is_default {
            address::set_default(transaction, account, id, column, is_default).await?;
        }
    }
    Ok(true)
}
