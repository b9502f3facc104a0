//! How to find products: by a key, or by conditions and an order.

use async_graphql::{InputObject, OneofObject};
use entities::products::{ProductStatus, filter::Filter, list::SortField};
use kit::{
    DateRange, Error, MoneyInput, Result, StringFilter,
    ids::{CategoryId, ProductId, SellerId},
};

use super::SortDirection;

/// How deep conditions may nest.
const MAX_DEPTH: usize = 8;
/// How many conditions objects one filter may hold.
const MAX_CONDITIONS: usize = 50;

/// How to find a product.
#[derive(OneofObject)]
pub(crate) enum ProductRef {
    /// By id.
    Id(ProductId),
    /// By slug. One that the product had before finds it too: send the browser on when
    /// its `slug` is another.
    Slug(String),
    /// By a variant's SKU.
    Sku(String),
}

/// Product order.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct ProductSort {
    /// Field.
    pub(crate) field: SortField,
    /// Direction.
    #[graphql(default_with = "Some(SortDirection::Asc)")]
    pub(crate) direction: Option<SortDirection>,
}

/// Product conditions, ANDed; and/or/not nest, up to 8 deep and 50 in all.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct ProductFilter {
    /// Title.
    pub(crate) title: Option<StringFilter>,
    /// Category and below.
    pub(crate) category_id: Option<CategoryId>,
    /// Seller.
    pub(crate) seller_id: Option<SellerId>,
    /// A variant costs at least this.
    pub(crate) min_price: Option<MoneyInput>,
    /// A variant costs at most this; the same variant as for minPrice when the currencies agree.
    pub(crate) max_price: Option<MoneyInput>,
    /// Only buyable, or with false only what is not.
    pub(crate) in_stock: Option<bool>,
    /// Any of these states; others than ACTIVE and SOLD_OUT are seen by staff and the owner.
    pub(crate) status: Option<Vec<ProductStatus>>,
    /// Created.
    pub(crate) created_at: Option<DateRange>,
    /// All of these.
    pub(crate) and: Option<Vec<ProductFilter>>,
    /// Any of these.
    pub(crate) or: Option<Vec<ProductFilter>>,
    /// Not this.
    pub(crate) not: Option<Box<ProductFilter>>,
}

impl ProductFilter {
    /// The conditions, checked.
    ///
    /// # Errors
    /// [`Error::BadInput`] when there are too many or they nest too deep.
    pub(crate) fn read(self) -> Result<Filter> {
        let mut left = MAX_CONDITIONS;
        self.read_at(MAX_DEPTH, &mut left)
    }

    fn read_at(self, depth: usize, left: &mut usize) -> Result<Filter> {
        if depth == 0 || *left == 0 {
            let limits = format!("up to {MAX_DEPTH} deep and {MAX_CONDITIONS} in all");
            return Err(Error::BadInput(format!("conditions may nest {limits}").into()));
        }
        *left -= 1;
        let mut all = Vec::new();
        if let Some(title) = self.title {
            read_title(title, &mut all)?;
        }
        all.extend(self.category_id.map(Filter::Category));
        all.extend(self.seller_id.map(Filter::Seller));
        read_price(self.min_price, self.max_price, &mut all);
        all.extend(self.in_stock.map(Filter::InStock));
        all.extend(self.status.map(Filter::Status));
        if let Some(range) = self.created_at {
            all.extend(range.from.map(Filter::CreatedFrom));
            all.extend(range.to.map(Filter::CreatedBefore));
        }
        let mut nested = |filters: Vec<Self>| -> Result<Vec<Filter>> {
            filters.into_iter().map(|filter| filter.read_at(depth - 1, left)).collect()
        };
        if let Some(filters) = self.and {
            all.push(Filter::All(nested(filters)?));
        }
        if let Some(filters) = self.or {
            all.push(Filter::Any(nested(filters)?));
        }
        if let Some(filter) = self.not {
            all.push(Filter::Not(Box::new(Filter::All(nested(vec![*filter])?))));
        }
        Ok(Filter::All(all))
    }
}

fn read_title(title: StringFilter, all: &mut Vec<Filter>) -> Result<()> {
    title.check()?;
    let StringFilter { eq, any_of, contains, starts_with } = title;
    all.extend(eq.map(|title| Filter::TitleIn(vec![title])));
    all.extend(any_of.map(Filter::TitleIn));
    all.extend(contains.map(Filter::TitleContains));
    all.extend(starts_with.map(Filter::TitleStartsWith));
    Ok(())
}

/// Both ends in one currency ask for one variant between them.
fn read_price(min: Option<MoneyInput>, max: Option<MoneyInput>, all: &mut Vec<Filter>) {
    let range =
        |money: MoneyInput, from, to| Filter::Price { currency: money.currency.to_string(), from, to };
    match (min, max) {
        (Some(min), Some(max)) if min.currency == max.currency => {
            all.push(range(min, Some(min.minor_units.0), Some(max.minor_units.0)));
        }
        (min, max) => {
            all.extend(min.map(|min| range(min, Some(min.minor_units.0), None)));
            all.extend(max.map(|max| range(max, None, Some(max.minor_units.0))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> ProductFilter {
        (0..depth).fold(ProductFilter::default(), |inner, _| ProductFilter {
            not: Some(Box::new(inner)),
            ..ProductFilter::default()
        })
    }

    #[test]
    fn conditions_nest_up_to_a_bound() {
        assert!(nested(MAX_DEPTH - 1).read().is_ok());
        assert!(nested(MAX_DEPTH).read().is_err());

        let wide = |count| ProductFilter {
            or: Some(vec![ProductFilter::default(); count]),
            ..ProductFilter::default()
        };
        assert!(wide(MAX_CONDITIONS - 1).read().is_ok());
        assert!(wide(MAX_CONDITIONS).read().is_err());
    }

    #[test]
    fn two_ends_of_one_currency_are_one_range() {
        let money = |minor_units, currency: &str| MoneyInput {
            minor_units: kit::Long(minor_units),
            currency: currency.parse().expect("a currency"),
        };
        let filter = |min, max| {
            ProductFilter { min_price: Some(min), max_price: Some(max), ..ProductFilter::default() }
                .read()
                .expect("small")
        };
        let price = |currency: &str, from, to| Filter::Price { currency: currency.into(), from, to };

        assert_eq!(
            filter(money(100, "EUR"), money(200, "EUR")),
            Filter::All(vec![price("EUR", Some(100), Some(200))])
        );
        assert_eq!(
            filter(money(100, "EUR"), money(200, "USD")),
            Filter::All(vec![price("EUR", Some(100), None), price("USD", None, Some(200))])
        );
    }
}
