//! Reading users, and the entities that other modules refer to.

use std::sync::Arc;

use async_graphql::{Context, Object};
use kit::{
    Connection, PageArgs, Require, Result, Role, StringFilter, Url, Viewer,
    ids::{AccountId, AddressId, IdentityId, SellerId, SessionId, UserId},
};

use crate::{
    inputs::UserRef,
    loaders::{AccountById, AddressById, IdentityById, SellerById, SessionById, UserByHandle, UserById},
    providers::Door,
    service::{Service, UserKey, UserSearch},
    types::{Account, Identity, SavedAddress, Seller, Session, SignInProvider, User},
};

pub(crate) struct Query;

/// Everything that can be read.
#[Object]
impl Query {
    /// The signed-in account, or null for a guest.
    #[graphql(tag = "viewer")]
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<Account>> {
        match Viewer::of(ctx).account {
            Some(id) => Ok(kit::load::<AccountById, AccountId>(ctx, id).await?.map(Account)),
            None => Ok(None),
        }
    }

    /// A public profile, null when there is none.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which user.")] by: UserRef,
    ) -> Result<Option<User>> {
        let user = match by {
            UserRef::Id(id) => kit::load::<UserById, UserId>(ctx, id).await?,
            UserRef::Handle(handle) => kit::load::<UserByHandle, String>(ctx, handle).await?,
        };
        Ok(user.map(User))
    }

    /// All users, newest first, for staff.
    #[graphql(guard = "Require(\"accounts:read\")", requires_scopes = "accounts:read")]
    #[expect(clippy::too_many_arguments, reason = "one for each argument of the field")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Items from the start, at most 100; 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor; excludes `last`.")] after: Option<String>,
        #[graphql(desc = "Items from the end, at most 100; excludes `first` and `after`.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only items before this cursor; needs `last`.")] before: Option<String>,
        #[graphql(desc = "In email, handle or display name.")] query: Option<StringFilter>,
        #[graphql(desc = "Only users with this role.")] role: Option<Role>,
    ) -> Result<Option<Connection<User>>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let page = PageArgs::<UserKey>::new(first, after.as_deref(), last, before.as_deref())?;
        let search = UserSearch { text: query, role };
        let rows = service.users(&search, &page).await?;
        let wants_count = ctx.look_ahead().field("totalCount").exists();
        let total_count = if wants_count { Some(service.count_users(&search).await?) } else { None };
        let key = |row: &entities::users::user::Model| (row.joined_at, row.id);
        let users = Connection::from_rows(&page, rows, key, |row| User(Arc::new(row)));
        Ok(Some(users.with_total_count(total_count)))
    }

    /// Identity providers at which people can sign in.
    async fn sign_in_providers(&self, ctx: &Context<'_>) -> Result<Option<Vec<SignInProvider>>> {
        let doors = ctx.data_unchecked::<Arc<Service>>().providers.doors().await;
        let provider = |door: Door| SignInProvider {
            name: door.options.name,
            label: door.options.label,
            issuer: door.options.issuer,
            authorization_endpoint: door.authorization_endpoint.map(Url),
            client_id: door.options.client_id.unwrap_or_default(),
            scopes: door.options.scopes,
            redirect_uris: door.options.redirect_uris,
        };
        Ok(Some(doors.into_iter().map(provider).collect()))
    }

    #[graphql(entity)]
    async fn user_entity(&self, ctx: &Context<'_>, id: UserId) -> Option<User> {
        kit::entity(ctx, kit::load::<UserById, UserId>(ctx, id).await).map(User)
    }

    #[graphql(entity)]
    async fn seller_entity(&self, ctx: &Context<'_>, id: SellerId) -> Option<Seller> {
        kit::entity(ctx, kit::load::<SellerById, SellerId>(ctx, id).await).map(Seller)
    }

    #[graphql(entity)]
    async fn account_entity(&self, ctx: &Context<'_>, id: AccountId) -> Option<Account> {
        kit::entity(ctx, kit::load::<AccountById, AccountId>(ctx, id).await).map(Account)
    }

    #[graphql(entity)]
    async fn address_entity(&self, ctx: &Context<'_>, id: AddressId) -> Option<SavedAddress> {
        kit::entity(ctx, kit::load::<AddressById, AddressId>(ctx, id).await).map(SavedAddress)
    }

    #[graphql(entity)]
    async fn identity_entity(&self, ctx: &Context<'_>, id: IdentityId) -> Option<Identity> {
        kit::entity(ctx, kit::load::<IdentityById, IdentityId>(ctx, id).await).map(Identity)
    }

    #[graphql(entity)]
    async fn session_entity(&self, ctx: &Context<'_>, id: SessionId) -> Option<Session> {
        kit::entity(ctx, kit::load::<SessionById, SessionId>(ctx, id).await).map(Session)
    }
}
