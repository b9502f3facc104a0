//! Where an account wants to be told of what: what it set, over the defaults.

use std::collections::HashMap;

use entities::notifications::preference;
use futures_util::FutureExt as _;
use kit::{Error, Result, UserError, UserErrorCode, ids::AccountId};
use sea_orm::ConnectionTrait;

use crate::{
    channels::{Channel, Channels},
    kinds::{self, KINDS, Kind, Mail},
    service::Service,
};

/// What an account has set, by pattern.
pub(crate) struct Preferences(HashMap<String, Channels>);

/// Where a kind or a group goes.
pub(crate) struct Preference {
    pub(crate) pattern: String,
    pub(crate) channels: Channels,
    /// Nothing was set that names it.
    pub(crate) is_default: bool,
}

impl Preferences {
    pub(crate) async fn read(db: &impl ConnectionTrait, account: AccountId) -> Result<Self> {
        let rows = preference::of_account(db, account).await?;
        let set = rows.into_iter().map(|row| (row.pattern, Channels::from_json(&row.channels)));
        Ok(Self(set.collect()))
    }

    /// Where a kind goes: as the most special pattern says that names it.
    pub(crate) fn of(&self, kind: &Kind) -> Channels {
        let channels = self.set_for(kind).cloned().unwrap_or_else(|| kind.defaults());
        match kind.mail {
            Mail::Security => channels.with(Channel::Email),
            Mail::Single | Mail::Digest => channels,
        }
    }

    fn set_for(&self, kind: &Kind) -> Option<&Channels> {
        let patterns = [kind.name, &group(kind.name), "*"];
        patterns.into_iter().find_map(|pattern| self.0.get(pattern))
    }

    /// The groups that were set, then every kind.
    pub(crate) fn list(&self) -> Vec<Preference> {
        let mut groups: Vec<Preference> = self
            .0
            .iter()
            .filter(|(pattern, _)| pattern.ends_with('*'))
            .map(|(pattern, channels)| Preference {
                pattern: pattern.clone(),
                channels: channels.clone(),
                is_default: false,
            })
            .collect();
        groups.sort_by(|one, other| one.pattern.cmp(&other.pattern));
        groups.extend(KINDS.iter().map(|kind| Preference {
            pattern: kind.name.to_owned(),
            channels: self.of(kind),
            is_default: self.set_for(kind).is_none(),
        }));
        groups
    }
}

/// `message.*` for `message.received`.
fn group(kind: &str) -> String {
    let entity = kind.split('.').next().unwrap_or(kind);
    format!("{entity}.*")
}

impl Service {
    /// What an account prefers.
    pub(crate) async fn preferences(&self, account: AccountId) -> Result<Preferences> {
        Preferences::read(self.db.read(), account).await
    }

    /// Sets where the kinds go that a pattern names. What was set for each of
    /// them alone gives way: the latest word counts.
    pub(crate) async fn set_preference(
        &self,
        account: AccountId,
        pattern: &str,
        channels: Channels,
    ) -> Result<Result<Preferences, UserError>> {
        let kinds = kinds::named(pattern);
        if kinds.is_empty() {
            let message = format!("there is no kind of notifications that {pattern:?} names");
            return Ok(Err(UserError::new(UserErrorCode::NotFound, "kind", message)));
        }
        let is_security = kinds.iter().all(|kind| kind.mail == Mail::Security);
        if is_security && !channels.has(Channel::Email) {
            let message = "security notices always go by mail too";
            return Ok(Err(UserError::invalid("channels", message)));
        }
        let pattern = pattern.to_owned();
        let set = self.db.transaction(move |transaction| {
            let (pattern, channels) = (pattern.clone(), channels.to_json());
            // Which of them has a row does not matter.
            let below: Vec<String> = KINDS
                .iter()
                .flat_map(|kind| [kind.name.to_owned(), group(kind.name)])
                .filter(|name| is_below(name, &pattern))
                .collect();
            async move {
                let below: Vec<&str> = below.iter().map(String::as_str).collect();
                preference::forget(transaction, account, &below).await?;
                let row = preference::Model { account_id: account, pattern, channels };
                preference::set(transaction, row).await?;
                Preferences::read(transaction, account).await
            }
            .boxed()
        });
        Ok(Ok(set.await?))
    }

    /// Stops mails of a kind; security notices go on.
    pub(crate) async fn stop_mails(&self, account: AccountId, kind: &'static Kind) -> Result<()> {
        let stopped = self.db.transaction(move |transaction| {
            async move {
                let channels = Preferences::read(transaction, account).await?.of(kind);
                let row = preference::Model {
                    account_id: account,
                    pattern: kind.name.to_owned(),
                    channels: channels.without(Channel::Email).to_json(),
                };
                Ok::<_, Error>(preference::set(transaction, row).await?)
            }
            .boxed()
        });
        stopped.await
    }
}

/// Whether a pattern names everything that a name or group does, and more.
fn is_below(name: &str, pattern: &str) -> bool {
    name != pattern && pattern.strip_suffix('*').is_some_and(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &[(&str, &[Channel])]) -> Preferences {
        let pairs = pairs
            .iter()
            .map(|(pattern, channels)| ((*pattern).to_owned(), Channels::of(channels.iter().copied())));
        Preferences(pairs.collect())
    }

    #[test]
    fn the_most_special_word_counts_and_security_notices_keep_their_mail() {
        let kind = |name| kinds::find(name).expect("a kind");
        let preferences =
            set(&[("*", &[]), ("review.*", &[Channel::Push]), ("review.answered", &[Channel::InApp])]);

        let of = |name| preferences.of(kind(name)).to_vec();

        assert_eq!(of("message.received"), []);
        assert_eq!(of("review.received"), [Channel::Push]);
        assert_eq!(of("review.answered"), [Channel::InApp]);
        assert_eq!(of("session.started"), [Channel::Email]);
        assert_eq!(set(&[]).of(kind("account.welcome")).to_vec(), [Channel::InApp]);
    }

    #[test]
    fn a_group_is_above_its_kinds_and_all_is_above_everything() {
        assert!(is_below("message.received", "message.*"));
        assert!(is_below("message.received", "*"));
        assert!(is_below("message.*", "*"));
        assert!(!is_below("*", "*"));
        assert!(!is_below("message.received", "message.received"));
        assert!(!is_below("review.received", "message.*"));
    }
}
