//! Who may be given the same answers.

use kit::{
    CurrencyCode, RequestScope, Role, Viewer,
    ids::{AccountId, SessionId, UserId},
};

use super::Sharing;

/// Viewers who see the same of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Audience {
    /// Guests, and customers who see nothing that guests don't: evaluated as a
    /// guest, so that nothing private can be in it.
    Guests(Option<CurrencyCode>),
    /// The devices of one account.
    Account {
        account: Option<AccountId>,
        user: Option<UserId>,
        /// Where the operation asks for it.
        session: Option<SessionId>,
        /// In the order of their declaration.
        roles: Vec<Role>,
        currency: Option<CurrencyCode>,
    },
}

impl Audience {
    /// Whom a viewer may share an operation with; `None` for nobody.
    pub(super) fn of(sharing: &Sharing, scope: &RequestScope) -> Option<Self> {
        // A subgraph in another process looks at the token itself, and a token
        // does not live as long as a stream.
        if sharing.is_remote && scope.token.is_some() {
            return None;
        }
        let Viewer { account, user, session, currency, roles } = scope.viewer.as_ref();
        let is_guest = account.is_none() && user.is_none() && session.is_none() && roles.is_empty();
        let is_customer = roles.iter().all(|role| *role == Role::Customer);
        if is_guest || (is_customer && !sharing.is_personal) {
            return Some(Self::Guests(*currency));
        }
        let mut roles = roles.clone();
        roles.sort_by_key(|role| *role as u8);
        roles.dedup();
        let session = session.filter(|_| sharing.asks_session);
        Some(Self::Account { account: *account, user: *user, session, roles, currency: *currency })
    }

    /// The viewer for whom the operation is evaluated.
    pub(super) fn viewer(&self) -> Viewer {
        match self {
            Self::Guests(currency) => Viewer { currency: *currency, ..Viewer::default() },
            Self::Account { account, user, session, roles, currency } => Viewer {
                account: *account,
                user: *user,
                session: *session,
                roles: roles.clone(),
                currency: *currency,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kit::seed::id;

    use super::*;

    fn audience(sharing: &Sharing, viewer: Viewer) -> Option<Audience> {
        let scope = RequestScope { viewer: Arc::new(viewer), ..RequestScope::default() };
        Audience::of(sharing, &scope)
    }

    fn customer(account: u32, session: u32) -> Viewer {
        Viewer {
            account: Some(id(account)),
            user: Some(id(account)),
            session: Some(id(session)),
            roles: vec![Role::Customer],
            currency: "EUR".parse().ok(),
        }
    }

    fn seller(account: u32, session: u32) -> Viewer {
        Viewer { roles: vec![Role::Seller, Role::Customer], ..customer(account, session) }
    }

    const PUBLIC: Sharing = Sharing::PUBLIC;
    const PERSONAL: Sharing = Sharing { is_personal: true, ..Sharing::PUBLIC };
    const OF_SESSION: Sharing = Sharing { asks_session: true, ..PERSONAL };

    #[test]
    fn customers_share_with_guests_of_their_currency_what_does_not_depend_on_them() {
        let guest = Viewer { currency: "EUR".parse().ok(), ..Viewer::default() };
        let dollar = Viewer { currency: "USD".parse().ok(), ..customer(1, 1) };

        assert_eq!(audience(&PUBLIC, customer(1, 1)), audience(&PUBLIC, guest));
        assert_eq!(audience(&PUBLIC, customer(1, 1)), audience(&PUBLIC, customer(2, 2)));
        assert_ne!(audience(&PUBLIC, customer(1, 1)), audience(&PUBLIC, Viewer::default()));
        assert_ne!(audience(&PUBLIC, customer(1, 1)), audience(&PUBLIC, dollar));
        let evaluated = audience(&PUBLIC, customer(1, 1)).expect("they share").viewer();
        assert_eq!((evaluated.account, evaluated.user, evaluated.roles), (None, None, vec![]));
    }

    #[test]
    fn what_depends_on_the_viewer_is_shared_by_the_devices_of_one_account_only() {
        let mut other_order = seller(1, 1);
        other_order.roles.reverse();

        assert_ne!(audience(&PERSONAL, customer(1, 1)), audience(&PERSONAL, customer(2, 1)));
        assert_ne!(audience(&PERSONAL, customer(1, 1)), audience(&PERSONAL, Viewer::default()));
        assert_ne!(audience(&PERSONAL, customer(1, 1)), audience(&PERSONAL, seller(1, 1)));
        assert_eq!(audience(&PERSONAL, customer(1, 1)), audience(&PERSONAL, customer(1, 2)));
        assert_ne!(audience(&OF_SESSION, customer(1, 1)), audience(&OF_SESSION, customer(1, 2)));
        assert_ne!(audience(&PUBLIC, seller(1, 1)), audience(&PUBLIC, seller(2, 1)));
        assert_eq!(audience(&PUBLIC, seller(1, 1)), audience(&PUBLIC, other_order));
    }

    #[test]
    fn a_token_is_never_lent_to_others() {
        let remote = Sharing { is_remote: true, ..PUBLIC };
        let scope = RequestScope { token: Some("token".into()), ..RequestScope::default() };

        assert_eq!(Audience::of(&remote, &scope), None);
        assert!(audience(&remote, Viewer::default()).is_some());
        assert!(Audience::of(&PUBLIC, &scope).is_some());
    }
}
