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
        Decimal(render(self.minor_units.0, self.currency.digits()))
    }
}

impl Money {
    /// An amount of minor units.
    #[must_use]
    pub const fn new(minor_units: i64, currency: CurrencyCode) -> Self {
        Self { minor_units: Long(minor_units), currency }
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
    use super::render;

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
