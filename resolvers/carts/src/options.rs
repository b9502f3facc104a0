//! What can be set about carts: how long they live, how and where to is shipped,
//! what tax is added.

use std::{collections::BTreeMap, time::Duration};

/// How carts work.
#[derive(Debug, Clone)]
pub struct CartsOptions {
    /// How long a guest's cart lives after its last change.
    pub guest_lifetime: Duration,
    /// How long an account's cart lives after its last change.
    pub account_lifetime: Duration,
    /// How often to look for expired carts.
    pub sweep_every: Duration,
    /// Ways to ship, in the order in which they are offered.
    pub shipping: Vec<RateOptions>,
    /// Tax by country of delivery, in hundredths of a percent; none elsewhere.
    pub tax: BTreeMap<String, i32>,
}

/// A way to ship. Amounts are minor units by ISO 4217 code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateOptions {
    /// What clients select it by.
    pub handle: String,
    /// What people read.
    pub title: String,
    /// ISO 3166-1 alpha-2 codes; everywhere when empty.
    pub countries: Vec<String>,
    /// What it costs; offered in these currencies only.
    pub prices: BTreeMap<String, i64>,
    /// From which amount of goods on it costs nothing.
    pub free_above: BTreeMap<String, i64>,
    /// Days until the earliest delivery.
    pub eta_days_min: Option<i32>,
    /// Days until the latest.
    pub eta_days_max: Option<i32>,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// As they are written in a configuration.
const THREE_MONTHS: Duration = Duration::from_secs(3 * 2_630_016);

impl Default for CartsOptions {
    fn default() -> Self {
        Self {
            guest_lifetime: 30 * DAY,
            account_lifetime: THREE_MONTHS,
            sweep_every: Duration::from_secs(10 * 60),
            shipping: RateOptions::built_in(),
            tax: BTreeMap::new(),
        }
    }
}

impl RateOptions {
    /// The ways to ship of a shop that names none of its own.
    #[must_use]
    pub fn built_in() -> Vec<Self> {
        let amounts = |amounts: &[(&str, i64)]| {
            amounts.iter().map(|(currency, amount)| ((*currency).to_owned(), *amount)).collect()
        };
        vec![
            Self {
                handle: "standard".to_owned(),
                title: "Standard".to_owned(),
                prices: amounts(&[("EUR", 490), ("GBP", 430), ("JPY", 800), ("USD", 540)]),
                free_above: amounts(&[
                    ("EUR", 10_000),
                    ("GBP", 9_000),
                    ("JPY", 16_000),
                    ("USD", 11_000),
                ]),
                eta_days_min: Some(3),
                eta_days_max: Some(5),
                ..Self::default()
            },
            Self {
                handle: "express".to_owned(),
                title: "Express".to_owned(),
                prices: amounts(&[("EUR", 1_490), ("GBP", 1_290), ("JPY", 2_400), ("USD", 1_590)]),
                eta_days_min: Some(1),
                eta_days_max: Some(2),
                ..Self::default()
            },
        ]
    }
}
