//! Amounts of money: integer minor units and a currency, never a float.

use async_graphql::{ComplexObject, InputObject, SimpleObject};

use crate::{CurrencyCode, Decimal, Long};

/// An amount in one currency. minorUnits is the truth; amount is its rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SimpleObject)]
#[graphql(shareable, complex)]
pub struct Money {
    /// Integer minor units (cents).
    pub minor_units: Long,
    /// Currency.
    pub currency: CurrencyCode,
}

#[ComplexObject]
impl Money {
    /// Decimal rendering, e.g. "12.90".
    async fn amount(&self) -> Decimal {
        Decimal(self.rendered())
    }
}

impl Money {
    /// An amount of minor units.
    #[must_use]
    pub const fn new(minor_units: i64, currency: CurrencyCode) -> Self {
        Self { minor_units: Long(minor_units), currency }
    }

    /// Decimal rendering without the currency, exact to the minor unit.
    #[must_use]
    pub fn rendered(&self) -> String {
        render(self.minor_units.0, self.currency.digits())
    }
}

/// An amount given by a client.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct MoneyInput {
    /// Integer minor units (cents).
    pub minor_units: Long,
    /// Currency.
    pub currency: CurrencyCode,
}

/// Splits an amount in proportion to these weights so that the shares add up
/// to it again: what rounding leaves goes to the largest remainders, of equal
/// ones to the first. Without any weight all of it goes to the first share.
#[must_use]
pub fn allocate(amount: i64, weights: &[i64]) -> Vec<i64> {
    let weights: Vec<i128> = weights.iter().map(|weight| i128::from((*weight).max(0))).collect();
    let whole: i128 = weights.iter().sum();
    let amount = i128::from(amount);
    if whole == 0 {
        let shares = weights.iter().enumerate();
        return shares.map(|(index, _)| if index == 0 { narrow(amount) } else { 0 }).collect();
    }
    let sign = amount.signum();
    let mut shares: Vec<i128> = weights.iter().map(|weight| amount.abs() * weight / whole).collect();
    let left = amount.abs() - shares.iter().sum::<i128>();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|index| std::cmp::Reverse(amount.abs() * weights[*index] % whole));
    for index in by_remainder.into_iter().take(usize::try_from(left).unwrap_or_default()) {
        shares[index] += 1;
    }
    shares.into_iter().map(|share| narrow(sign * share)).collect()
}

/// A share of an amount is never above it.
fn narrow(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

fn render(minor_units: i64, digits: u32) -> String {
    let sign = if minor_units < 0 { "-" } else { "" };
    let units = minor_units.unsigned_abs();
    match digits {
        0 => format!("{sign}{units}"),
        _ => {
            let scale = 10_u64.pow(digits);
            let width = digits as usize;
            format!("{sign}{}.{:0width$}", units / scale, units % scale)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{allocate, render};

    proptest! {
        #[test]
        fn shares_add_up_to_the_amount(
            amount in -1_000_000_000_000_000_i64..1_000_000_000_000_000,
            weights in vec(0_i64..1_000_000_000_000_000, 1..50),
        ) {
            let shares = allocate(amount, &weights);
            prop_assert_eq!(shares.len(), weights.len());
            prop_assert_eq!(shares.iter().sum::<i64>(), amount);
        }

        #[test]
        fn no_share_is_a_unit_or_more_off_its_proportion(
            amount in 0_i64..1_000_000_000,
            weights in vec(1_i64..1_000_000, 1..20),
        ) {
            let whole: i64 = weights.iter().sum();
            for (share, weight) in allocate(amount, &weights).into_iter().zip(&weights) {
                let off = i128::from(share) * i128::from(whole) - i128::from(amount) * i128::from(*weight);
                prop_assert!(off.abs() < i128::from(whole));
            }
        }
    }

    #[test]
    fn what_rounding_leaves_goes_to_the_largest_remainders() {
        assert_eq!(allocate(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(allocate(10, &[0, 3, 3]), [0, 5, 5]);
        assert_eq!(allocate(-100, &[2, 1]), [-67, -33]);
        assert_eq!(allocate(7, &[0, 0]), [7, 0]);
        assert!(allocate(7, &[]).is_empty());
    }

    #[test]
    fn amounts_render_with_the_digits_of_their_currency() {
        assert_eq!(render(1290, 2), "12.90");
        assert_eq!(render(5, 2), "0.05");
        assert_eq!(render(-5, 2), "-0.05");
        assert_eq!(render(1290, 0), "1290");
        assert_eq!(render(1_290, 3), "1.290");
        assert_eq!(render(1_000_000_000_000_000, 2), "10000000000000.00");
    }
}
