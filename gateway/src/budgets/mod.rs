//! What callers may spend: a bucket of points for everybody, kept in this
//! process, or in Redis for all instances together.

mod guesses;
mod local;
mod shared;
mod subgraph;

use std::{collections::HashMap, net::IpAddr, time::Duration};

use aws_lc_rs::digest;
use kit::{Health, RequestScope, Role, Viewer};

pub(crate) use subgraph::source;

use crate::{BudgetConfig, Config, LimitsConfig};
use local::LocalBuckets;
use shared::SharedBuckets;

/// Which budget a bucket has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Tier {
    /// Nobody is signed in.
    Guest,
    /// A signed-in account.
    Of(Role),
    /// Tries from one address.
    AttemptsOfAddress,
    /// Tries for one email.
    AttemptsOfEmail,
    /// Wrong guesses from one address.
    GuessesFromAddress,
    /// Wrong guesses at one account.
    GuessesAtAccount,
    /// The same over hours.
    ManyGuessesAtAccount,
}

const TIERS: [Tier; 11] = [
    Tier::Guest,
    Tier::Of(Role::Customer),
    Tier::Of(Role::Seller),
    Tier::Of(Role::Support),
    Tier::Of(Role::Moderator),
    Tier::Of(Role::Admin),
    Tier::AttemptsOfAddress,
    Tier::AttemptsOfEmail,
    Tier::GuessesFromAddress,
    Tier::GuessesAtAccount,
    Tier::ManyGuessesAtAccount,
];

/// One caller's points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) tier: Tier,
    /// Whose, within the tier.
    pub(crate) key: String,
}

/// A bucket that holds less than is asked of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Empty {
    /// Points that it holds.
    pub(crate) available: u64,
    /// When it will hold enough.
    pub(crate) retry_after: Duration,
}

/// Everybody's buckets.
pub(crate) struct Budgets {
    pub(crate) config: LimitsConfig,
    /// Where buckets are shared, what this process last knew of them: it goes on
    /// from there while Redis is away.
    local: HashMap<Tier, LocalBuckets>,
    shared: Option<SharedBuckets>,
    /// For guesses.
    patient: Option<SharedBuckets>,
}

impl Budgets {
    /// As configured.
    pub(crate) fn new(config: &Config) -> Self {
        let limits = &config.limits;
        let local = TIERS.map(|tier| (tier, LocalBuckets::new(budget(limits, tier))));
        let client = config.redis.client().filter(|_| limits.enabled);
        let shared = |deadline| SharedBuckets::new(client.clone()?, &config.redis.prefix, deadline);
        Self {
            config: limits.clone(),
            local: local.into(),
            shared: shared(shared::DEADLINE),
            patient: shared(shared::PATIENCE),
        }
    }

    /// What a bucket of this tier holds at most, and how fast it fills.
    pub(crate) fn budget(&self, tier: Tier) -> BudgetConfig {
        budget(&self.config, tier)
    }

    /// The bucket that pays for a request.
    pub(crate) fn bucket(&self, scope: &RequestScope) -> Bucket {
        match scope.viewer.account {
            Some(account) => {
                Bucket { tier: Tier::Of(self.role(&scope.viewer)), key: account.to_string() }
            }
            None => Bucket { tier: Tier::Guest, key: caller(scope.origin.address) },
        }
    }

    /// The buckets that tries of a request for these emails are counted in.
    pub(crate) fn attempts(
        &self,
        scope: &RequestScope,
        emails: Vec<Option<String>>,
    ) -> Vec<(Bucket, u64)> {
        let mut counted: Vec<(Bucket, u64)> = Vec::new();
        let from = Bucket { tier: Tier::AttemptsOfAddress, key: caller(scope.origin.address) };
        for email in emails {
            let of = email.map(|email| Bucket { tier: Tier::AttemptsOfEmail, key: hash(&email) });
            for bucket in [Some(from.clone()), of].into_iter().flatten() {
                match counted.iter_mut().find(|(known, _)| *known == bucket) {
                    Some((_, count)) => *count += 1,
                    None => counted.push((bucket, 1)),
                }
            }
        }
        counted
    }

    /// Whether no budget holds for this caller.
    pub(crate) fn is_trusted(&self, scope: &RequestScope) -> bool {
        let is_named = |account: String| self.config.trusted_accounts.contains(&account);
        scope.origin.is_trusted
            || scope.viewer.account.is_some_and(|account| is_named(account.to_string()))
    }

    /// Whether this is the key of a client that no budget holds for.
    pub(crate) fn is_trusted_key(&self, key: &str) -> bool {
        if self.config.trusted_keys.is_empty() {
            return false;
        }
        let key = hash(key);
        self.config.trusted_keys.iter().any(|known| known.eq_ignore_ascii_case(&key))
    }

    /// Takes points out of a bucket; answers how many are left.
    pub(crate) async fn take(&self, bucket: &Bucket, points: u64) -> Result<u64, Empty> {
        let budget = self.budget(bucket.tier);
        if let Some(shared) = self.shared_of(bucket)
            && let Ok(outcome) = shared.take(&name(bucket), budget, points).await
        {
            let left = outcome.unwrap_or_else(|empty| empty.available);
            self.local_of(bucket).leave(&bucket.key, left);
            return outcome;
        }
        self.local_of(bucket).take(&bucket.key, points)
    }

    /// Whether nothing is left in a bucket. Only who seems to have nothing costs
    /// a look at what other instances know.
    pub(crate) async fn refuses(&self, bucket: &Bucket) -> Option<Empty> {
        if self.local_of(bucket).give_back(&bucket.key, 0) > 0 {
            return None;
        }
        let available = self.available(bucket).await;
        let retry_after = restoring(1.0, self.budget(bucket.tier));
        (available == 0).then_some(Empty { available, retry_after })
    }

    /// Puts points back into a bucket; answers how many it holds then.
    pub(crate) async fn give_back(&self, bucket: &Bucket, points: u64) -> u64 {
        let budget = self.budget(bucket.tier);
        if let Some(shared) = self.shared_of(bucket)
            && let Ok(available) = shared.give_back(&name(bucket), budget, points).await
        {
            self.local_of(bucket).leave(&bucket.key, available);
            return available;
        }
        self.local_of(bucket).give_back(&bucket.key, points)
    }

    /// How many points a bucket holds.
    pub(crate) async fn available(&self, bucket: &Bucket) -> u64 {
        self.give_back(bucket, 0).await
    }

    /// Whether all instances share their buckets; `None` where they never do.
    pub(crate) async fn health(&self) -> Option<Health> {
        Some(self.shared.as_ref()?.health().await)
    }

    fn shared_of(&self, bucket: &Bucket) -> Option<&SharedBuckets> {
        match bucket.tier {
            Tier::GuessesFromAddress | Tier::GuessesAtAccount | Tier::ManyGuessesAtAccount => {
                self.patient.as_ref()
            }
            _ => self.shared.as_ref(),
        }
    }

    fn local_of(&self, bucket: &Bucket) -> &LocalBuckets {
        &self.local[&bucket.tier]
    }

    /// Of several roles, the one with the largest budget.
    fn role(&self, viewer: &Viewer) -> Role {
        let roles = viewer.roles.iter().copied();
        roles.max_by_key(|role| self.config.of_role(*role).points).unwrap_or(Role::Customer)
    }
}

fn budget(config: &LimitsConfig, tier: Tier) -> BudgetConfig {
    match tier {
        Tier::Guest => config.guest,
        Tier::Of(role) => config.of_role(role),
        Tier::AttemptsOfAddress => config.attempts.address,
        Tier::AttemptsOfEmail => config.attempts.email,
        Tier::GuessesFromAddress => config.guesses.address,
        Tier::GuessesAtAccount => config.guesses.account,
        Tier::ManyGuessesAtAccount => config.guesses.account_slow,
    }
}

/// A bucket's name among those of all tiers.
fn name(bucket: &Bucket) -> String {
    let tier = match bucket.tier {
        Tier::Guest => "guest",
        Tier::Of(Role::Customer) => "customer",
        Tier::Of(Role::Seller) => "seller",
        Tier::Of(Role::Support) => "support",
        Tier::Of(Role::Moderator) => "moderator",
        Tier::Of(Role::Admin) => "admin",
        Tier::AttemptsOfAddress => "attempts-address",
        Tier::AttemptsOfEmail => "attempts-email",
        Tier::GuessesFromAddress => "guesses-address",
        Tier::GuessesAtAccount => "guesses-account",
        Tier::ManyGuessesAtAccount => "guesses-account-slow",
    };
    format!("{tier}:{}", bucket.key)
}

/// Who asks from an address: an IPv6 client has a whole /64.
pub(crate) fn caller(address: Option<IpAddr>) -> String {
    match address {
        None => "here".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// SHA-256 in hexadecimal: buckets are named without anybody's email.
fn hash(text: &str) -> String {
    use std::fmt::Write as _;

    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// How long a bucket takes to restore so many points.
fn restoring(points: f64, budget: BudgetConfig) -> Duration {
    Duration::from_secs_f64((points / budget.restore).max(0.0))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kit::{Id as _, Origin, ids::AccountId};

    use super::*;

    fn from(address: &str) -> RequestScope {
        let origin = Origin { address: Some(address.parse().expect("an address")), is_trusted: false };
        RequestScope { origin, ..RequestScope::default() }
    }

    #[test]
    fn guests_pay_by_address_and_accounts_by_their_largest_budget() {
        let budgets = Budgets::new(&Config::default());
        let bucket = |scope: &RequestScope| name(&budgets.bucket(scope));
        let account = AccountId::generate();
        let viewer = Viewer {
            account: Some(account),
            roles: vec![Role::Customer, Role::Seller],
            ..Viewer::default()
        };

        assert_eq!(bucket(&from("192.0.2.7")), "guest:192.0.2.7");
        assert_eq!(bucket(&from("2001:db8:1:2:3::9")), "guest:2001:db8:1:2::/64");
        assert_eq!(bucket(&RequestScope::default()), "guest:here");
        let signed_in = RequestScope { viewer: Arc::new(viewer), ..from("192.0.2.7") };
        assert_eq!(bucket(&signed_in), format!("seller:{account}"));
    }

    #[test]
    fn every_try_counts_for_its_address_and_for_its_email() {
        let budgets = Budgets::new(&Config::default());
        let email = |text: &str| Some(text.to_owned());

        let counted =
            budgets.attempts(&from("192.0.2.7"), vec![email("a"), email("b"), email("a"), None]);

        let counts: Vec<_> = counted.iter().map(|(bucket, count)| (bucket.tier, *count)).collect();
        assert_eq!(
            counts,
            [(Tier::AttemptsOfAddress, 4), (Tier::AttemptsOfEmail, 2), (Tier::AttemptsOfEmail, 1)]
        );
    }

    #[test]
    fn a_key_is_known_by_its_hash() {
        let mut config = Config::default();
        config.limits.trusted_keys = vec![hash("sesame").to_uppercase()];
        let budgets = Budgets::new(&config);

        assert!(budgets.is_trusted_key("sesame"));
        assert!(!budgets.is_trusted_key("Sesame"));
        assert!(!Budgets::new(&Config::default()).is_trusted_key(""));
    }
}
