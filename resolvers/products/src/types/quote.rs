//! In which currency prices are shown.

use kit::{CurrencyCode, Viewer};

/// The currency of prices when neither the query nor the viewer names one.
const DEFAULT_CURRENCY: &str = "EUR";

/// In which currency a price is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Quote {
    /// The wanted one.
    pub(crate) currency: CurrencyCode,
    /// For what is not sold in the wanted one.
    otherwise: Option<CurrencyCode>,
}

impl Quote {
    /// As asked for and in nothing else; or in the viewer's currency, or in euros.
    pub(crate) fn new(viewer: &Viewer, asked: Option<CurrencyCode>) -> Self {
        let euro = DEFAULT_CURRENCY.parse().expect("EUR is a currency");
        let currency = asked.or(viewer.currency).unwrap_or(euro);
        // One key for one answer, however a client came to want euros.
        let otherwise = (asked.is_none() && currency != euro).then_some(euro);
        Self { currency, otherwise }
    }

    /// The codes to look for.
    pub(crate) fn codes(self) -> (String, Option<String>) {
        (self.currency.to_string(), self.otherwise.map(|currency| currency.to_string()))
    }

    /// Rows with their currencies, those in the wanted one last: they replace
    /// the others.
    pub(crate) fn by_preference<R>(
        self,
        rows: Vec<R>,
        code: impl Fn(&R) -> &str,
    ) -> impl Iterator<Item = (CurrencyCode, R)> {
        let wanted = self.currency.to_string();
        let (first, last): (Vec<R>, Vec<R>) = rows.into_iter().partition(|row| code(row) == wanted);
        let currency = self.otherwise.unwrap_or(self.currency);
        let last = last.into_iter().map(move |row| (currency, row));
        last.chain(first.into_iter().map(move |row| (self.currency, row)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_default_falls_back_to_euros() {
        let code = |code: &str| code.parse::<CurrencyCode>().expect("a currency");
        let (euro, dollar) = (code("EUR"), code("USD"));
        let american = Viewer { currency: Some(dollar), ..Viewer::default() };
        let quote = |currency, otherwise| Quote { currency, otherwise };

        assert_eq!(Quote::new(&Viewer::default(), None), quote(euro, None));
        assert_eq!(Quote::new(&Viewer::default(), Some(dollar)), quote(dollar, None));
        assert_eq!(Quote::new(&american, None), quote(dollar, Some(euro)));
        assert_eq!(Quote::new(&american, Some(dollar)), quote(dollar, None));
        assert_eq!(Quote::new(&american, Some(euro)), quote(euro, None));
    }
}
