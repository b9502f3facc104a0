//! Which ways to ship are offered, and for how much.

use crate::options::RateOptions;

/// A way to ship to an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) handle: String,
    pub(crate) title: String,
    /// Minor units.
    pub(crate) price: i64,
    pub(crate) eta_days_min: Option<i32>,
    pub(crate) eta_days_max: Option<i32>,
}

/// The ways to ship goods of this worth to a country.
pub(crate) fn offered(rates: &[RateOptions], country: &str, currency: &str, goods: i64) -> Vec<Rate> {
    let is_there =
        |rate: &&RateOptions| rate.countries.is_empty() || rate.countries.iter().any(|c| c == country);
    rates
        .iter()
        .filter(is_there)
        .filter_map(|rate| {
            let price = *rate.prices.get(currency)?;
            let is_free = rate.free_above.get(currency).is_some_and(|amount| goods >= *amount);
            Some(Rate {
                handle: rate.handle.clone(),
                title: rate.title.clone(),
                price: if is_free { 0 } else { price },
                eta_days_min: rate.eta_days_min,
                eta_days_max: rate.eta_days_max,
            })
        })
        .collect()
}
