//! `[limits]`: what callers may spend, in points a second.

use kit::{Role, ids::AccountId};
use serde::{Deserialize, Serialize};

use super::{Key, key, text::list};

/// Longer than this no empty budget may take to be full again.
const LONGEST: f64 = 30.0 * 24.0 * 60.0 * 60.0;

/// What callers may spend.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Whether operations are paid for at all.
    pub enabled: bool,
    /// Whether answers tell what they cost.
    pub report_cost: bool,
    /// Accounts that no budget holds for.
    #[serde(deserialize_with = "list")]
    pub trusted_accounts: Vec<String>,
    /// SHA-256 of the keys of clients that no budget holds for.
    #[serde(deserialize_with = "list")]
    pub trusted_keys: Vec<String>,
    /// Callers that are not signed in, one budget for each address.
    pub guest: BudgetConfig,
    /// Signed-in accounts without a further role.
    pub customer: BudgetConfig,
    /// Sellers.
    pub seller: BudgetConfig,
    /// Support.
    pub support: BudgetConfig,
    /// Moderators.
    pub moderator: BudgetConfig,
    /// Administrators.
    pub admin: BudgetConfig,
    /// Tries at what can be guessed.
    pub attempts: AttemptsConfig,
    /// Wrong guesses at secrets.
    pub guesses: GuessesConfig,
}

/// A bucket of points that fills again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetConfig {
    /// How many points it holds.
    pub points: u32,
    /// How many come back a second.
    pub restore: f64,
}

/// Wrong guesses at passwords and codes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuessesConfig {
    /// At one account, wherever they come from.
    pub account: BudgetConfig,
    /// The same over hours.
    pub account_slow: BudgetConfig,
    /// From one address, at any account.
    pub address: BudgetConfig,
}

/// Tries at what can be guessed: each call of such a field counts one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttemptsConfig {
    /// Root fields of mutations.
    #[serde(deserialize_with = "list")]
    pub fields: Vec<String>,
    /// Tries from one address.
    pub address: BudgetConfig,
    /// Tries for one email, wherever they come from.
    pub email: BudgetConfig,
}

pub(super) const KEYS: &[Key] = &[
    key("limits.enabled", "Make callers pay for operations out of a budget."),
    key("limits.report_cost", "Tell in `extensions.cost` what an operation costs and what is left."),
    key("limits.trusted_accounts", "Ids of accounts that no budget holds for."),
    key(
        "limits.trusted_keys",
        "SHA-256, in hexadecimal, of keys that no budget holds for; such a client sends its key as \
         `X-Weft-Client-Key`.",
    ),
    key("limits.guest.points", "Points that callers at one address have while nobody is signed in."),
    key("limits.guest.restore", "Points of them that come back a second."),
    key("limits.customer.points", "Points of a signed-in account."),
    key("limits.customer.restore", "Points of them that come back a second."),
    key("limits.seller.points", "Points of a seller; of several roles the largest budget counts."),
    key("limits.seller.restore", "Points of them that come back a second."),
    key("limits.support.points", "Points of support."),
    key("limits.support.restore", "Points of them that come back a second."),
    key("limits.moderator.points", "Points of a moderator."),
    key("limits.moderator.restore", "Points of them that come back a second."),
    key("limits.admin.points", "Points of an administrator."),
    key("limits.admin.restore", "Points of them that come back a second."),
    key(
        "limits.attempts.fields",
        "Mutations by which secrets can be guessed or mail be sent. Each call counts one try, under \
         whatever alias; going on with a refresh token counts none.",
    ),
    key("limits.attempts.address.points", "Tries from one address."),
    key("limits.attempts.address.restore", "Tries that come back a second."),
    key("limits.attempts.email.points", "Tries for one email, wherever they come from."),
    key("limits.attempts.email.restore", "Tries that come back a second."),
    key(
        "limits.guesses.account.points",
        "Wrong passwords and codes for one account at once, whether or not there is one; then each waits.",
    ),
    key("limits.guesses.account.restore", "Guesses that come back a second."),
    key("limits.guesses.account_slow.points", "The same over hours: who guesses on waits longer."),
    key("limits.guesses.account_slow.restore", "Guesses of them that come back a second."),
    key("limits.guesses.address.points", "Wrong passwords and codes from one address, at any account."),
    key("limits.guesses.address.restore", "Guesses of them that come back a second."),
];

const fn budget(points: u32, restore: f64) -> BudgetConfig {
    BudgetConfig { points, restore }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            report_cost: true,
            trusted_accounts: Vec::new(),
            trusted_keys: Vec::new(),
            guest: budget(50_000, 1_000.0),
            customer: budget(50_000, 1_000.0),
            seller: budget(100_000, 2_000.0),
            support: budget(100_000, 2_000.0),
            moderator: budget(100_000, 2_000.0),
            admin: budget(200_000, 5_000.0),
            attempts: AttemptsConfig::default(),
            guesses: GuessesConfig::default(),
        }
    }
}

impl Default for GuessesConfig {
    fn default() -> Self {
        Self { account: budget(10, 0.05), account_slow: budget(30, 0.001), address: budget(100, 0.05) }
    }
}

impl Default for AttemptsConfig {
    fn default() -> Self {
        let fields = [
            "sessionSignIn",
            "passkeyChallenge",
            "accountSignUp",
            "passwordResetRequest",
            "passwordReset",
            "mfaEnroll",
            "mfaFactorSet",
            "mfaRecoveryCodesRenew",
            "emailConfirmationRequest",
            "identityLink",
            "accountDeletionSet",
        ];
        Self {
            fields: fields.map(str::to_owned).into(),
            address: budget(60, 0.5),
            email: budget(20, 0.1),
        }
    }
}

impl LimitsConfig {
    /// The budget of a role.
    pub(crate) const fn of_role(&self, role: Role) -> BudgetConfig {
        match role {
            Role::Customer => self.customer,
            Role::Seller => self.seller,
            Role::Support => self.support,
            Role::Moderator => self.moderator,
            Role::Admin => self.admin,
        }
    }

    /// Why these values can't work, if they can't.
    pub(super) fn problem(&self) -> Option<String> {
        let budgets = [
            ("guest", self.guest),
            ("customer", self.customer),
            ("seller", self.seller),
            ("support", self.support),
            ("moderator", self.moderator),
            ("admin", self.admin),
            ("attempts.address", self.attempts.address),
            ("attempts.email", self.attempts.email),
            ("guesses.account", self.guesses.account),
            ("guesses.account_slow", self.guesses.account_slow),
            ("guesses.address", self.guesses.address),
        ];
        for (name, BudgetConfig { points, restore }) in budgets {
            if points == 0 {
                return Some(format!("limits.{name}.points must be at least 1"));
            }
            if !restore.is_finite() || restore <= 0.0 || f64::from(points) / restore > LONGEST {
                return Some(format!(
                    "limits.{name}.restore must be more than 0, and fill the budget within 30 days"
                ));
            }
        }
        let is_hash = |key: &str| key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !self.trusted_keys.iter().all(|key| is_hash(key)) {
            return Some(
                "limits.trusted_keys: give the SHA-256 of each key, 64 hexadecimal digits".into(),
            );
        }
        let wrong = self.trusted_accounts.iter().find(|id| id.parse::<AccountId>().is_err())?;
        Some(format!("limits.trusted_accounts: `{wrong}` is no id of an account, such as `acct_01J…`"))
    }
}
