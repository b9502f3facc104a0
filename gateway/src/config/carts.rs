//! `[carts]`: how long carts live, how is shipped and what tax is added.

use std::{collections::BTreeMap, time::Duration};

use carts::{CartsOptions, RateOptions};
use kit::CurrencyCode;
use serde::{Deserialize, Serialize};

use super::{ConfigError, Key, key, text::list};

/// Carts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CartsConfig {
    /// How long a guest's cart lives after its last change.
    #[serde(with = "humantime_serde")]
    pub guest_lifetime: Duration,
    /// How long an account's cart lives after its last change.
    #[serde(with = "humantime_serde")]
    pub account_lifetime: Duration,
    /// How often expired carts are deleted.
    #[serde(with = "humantime_serde")]
    pub sweep_every: Duration,
    /// Tax by country.
    #[serde(deserialize_with = "list")]
    pub tax: Vec<String>,
    /// Ways to ship, by handle.
    pub shipping: BTreeMap<String, ShippingConfig>,
}

/// A way to ship.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShippingConfig {
    /// What people read.
    pub title: String,
    /// Where to.
    #[serde(deserialize_with = "list")]
    pub countries: Vec<String>,
    /// What it costs.
    #[serde(deserialize_with = "list")]
    pub prices: Vec<String>,
    /// From which amount of goods on it costs nothing.
    #[serde(deserialize_with = "list")]
    pub free_above: Vec<String>,
    /// Days until the earliest delivery.
    pub eta_days_min: u16,
    /// Days until the latest.
    pub eta_days_max: u16,
}

pub(super) const KEYS: &[Key] = &[
    key("carts.guest_lifetime", "How long a guest's cart lives after its last change."),
    key("carts.account_lifetime", "How long an account's cart lives after its last change."),
    key(
        "carts.sweep_every",
        "How often expired carts are deleted; nobody sees them before that either.",
    ),
    key(
        "carts.tax",
        "Tax by country of delivery in hundredths of a percent, such as `DE 1900`; none elsewhere. Prices \
         are net: tax is added.",
    ),
    key(
        "carts.shipping.<name>.title",
        "What people read of a way to ship; its name is its handle. When none is set, `standard` and \
         `express` ship everywhere for EUR, GBP, JPY and USD.",
    ),
    key(
        "carts.shipping.<name>.countries",
        "Countries (ISO 3166-1 alpha-2) that it ships to; all when empty.",
    ),
    key(
        "carts.shipping.<name>.prices",
        "What it costs in minor units, such as `EUR 490`; it is offered in these currencies only.",
    ),
    key(
        "carts.shipping.<name>.free_above",
        "From which amount of goods on it costs nothing, such as `EUR 10000`.",
    ),
    key("carts.shipping.<name>.eta_days_min", "Days until the earliest delivery; 0: not told."),
    key("carts.shipping.<name>.eta_days_max", "Days until the latest delivery; 0: not told."),
];

impl Default for CartsConfig {
    fn default() -> Self {
        let options = CartsOptions::default();
        Self {
            guest_lifetime: options.guest_lifetime,
            account_lifetime: options.account_lifetime,
            sweep_every: options.sweep_every,
            tax: Vec::new(),
            shipping: BTreeMap::new(),
        }
    }
}

impl CartsConfig {
    /// As the carts module wants it.
    ///
    /// # Errors
    /// When an amount or a country can't be read.
    pub(crate) fn options(&self) -> Result<CartsOptions, ConfigError> {
        let durations = [
            ("guest_lifetime", self.guest_lifetime),
            ("account_lifetime", self.account_lifetime),
            ("sweep_every", self.sweep_every),
        ];
        if let Some((name, _)) = durations.iter().find(|(_, duration)| duration.is_zero()) {
            let problem = format!("carts.{name} must be longer than nothing, such as `1d`");
            return Err(ConfigError::Value(problem));
        }
        let mut tax = BTreeMap::new();
        for text in &self.tax {
            let rate = pair(text).filter(|(country, points)| is_country(country) && *points <= 10_000);
            let Some((country, points)) = rate else {
                return Err(wrong("carts.tax", text, "DE 1900"));
            };
            tax.insert(country.to_owned(), i32::try_from(points).unwrap_or_default());
        }
        let mut shipping = RateOptions::built_in();
        if !self.shipping.is_empty() {
            let rates = self.shipping.iter().map(|(handle, rate)| rate.options(handle));
            shipping = rates.collect::<Result<_, _>>()?;
        }
        Ok(CartsOptions {
            guest_lifetime: self.guest_lifetime,
            account_lifetime: self.account_lifetime,
            sweep_every: self.sweep_every,
            shipping,
            tax,
        })
    }
}

impl ShippingConfig {
    fn options(&self, handle: &str) -> Result<RateOptions, ConfigError> {
        let place = format!("carts.shipping.{handle}");
        if let Some(country) = self.countries.iter().find(|country| !is_country(country)) {
            return Err(wrong(&format!("{place}.countries"), country, "DE"));
        }
        if self.prices.is_empty() {
            return Err(ConfigError::Value(format!("{place}.prices must have one, such as `EUR 490`")));
        }
        let days = |days: u16| (days > 0).then_some(i32::from(days));
        Ok(RateOptions {
            handle: handle.to_owned(),
            title: if self.title.is_empty() { handle.to_owned() } else { self.title.clone() },
            countries: self.countries.clone(),
            prices: amounts(&format!("{place}.prices"), &self.prices)?,
            free_above: amounts(&format!("{place}.free_above"), &self.free_above)?,
            eta_days_min: days(self.eta_days_min),
            eta_days_max: days(self.eta_days_max),
        })
    }
}

fn amounts(place: &str, texts: &[String]) -> Result<BTreeMap<String, i64>, ConfigError> {
    let amount = |text: &String| {
        let known = pair(text).filter(|(code, _)| code.parse::<CurrencyCode>().is_ok());
        let (code, amount) = known.ok_or_else(|| wrong(place, text, "EUR 490"))?;
        Ok((code.to_owned(), amount))
    };
    texts.iter().map(amount).collect()
}

/// A code and a number that is not negative.
fn pair(text: &str) -> Option<(&str, i64)> {
    let (code, number) = text.trim().split_once(char::is_whitespace)?;
    let number: i64 = number.trim().parse().ok()?;
    (0..=1_000_000_000_000).contains(&number).then_some((code, number))
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn wrong(place: &str, text: &str, example: &str) -> ConfigError {
    ConfigError::Value(format!("{place}: `{text}` is none such as `{example}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(prices: &[&str], tax: &[&str]) -> CartsConfig {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let post =
            ShippingConfig { prices: texts(prices), eta_days_max: 3, ..ShippingConfig::default() };
        let shipping = BTreeMap::from([("post".to_owned(), post)]);
        CartsConfig { tax: texts(tax), shipping, ..CartsConfig::default() }
    }

    #[test]
    fn rates_and_taxes_are_read_and_replace_the_built_in_ones() {
        let options = with(&["EUR 490", "KWD 1500"], &["DE 1900"]).options().expect("readable");

        let post = RateOptions {
            handle: "post".to_owned(),
            title: "post".to_owned(),
            prices: BTreeMap::from([("EUR".to_owned(), 490), ("KWD".to_owned(), 1_500)]),
            eta_days_max: Some(3),
            ..RateOptions::default()
        };
        assert_eq!(options.shipping, [post]);
        assert_eq!(options.tax, BTreeMap::from([("DE".to_owned(), 1_900)]));
        let built_in = CartsConfig::default().options().expect("the default can be used");
        assert_eq!(built_in.shipping, RateOptions::built_in());
    }

    #[test]
    fn what_can_not_be_read_is_named() {
        let cases = [
            (with(&["490"], &[]), "carts.shipping.post.prices: `490` is none such as `EUR 490`"),
            (with(&["EUR -1"], &[]), "carts.shipping.post.prices: `EUR -1` is none such as `EUR 490`"),
            (with(&["EUX 1"], &[]), "carts.shipping.post.prices: `EUX 1` is none such as `EUR 490`"),
            (with(&[], &[]), "carts.shipping.post.prices must have one, such as `EUR 490`"),
            (with(&["EUR 1"], &["DE"]), "carts.tax: `DE` is none such as `DE 1900`"),
            (with(&["EUR 1"], &["DE 10001"]), "carts.tax: `DE 10001` is none such as `DE 1900`"),
        ];
        for (config, problem) in cases {
            let error = config.options().expect_err("it can't be read");
            assert_eq!(error.to_string(), problem);
        }
    }
}
