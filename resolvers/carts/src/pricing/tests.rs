//! What holds for every cart, whatever is in it.

use std::collections::{BTreeMap, HashMap};

use entities::{
    carts::{
        cart::{self, Codes, State},
        discount::{self, Kind, Products, Sellers},
        line,
    },
    users::address::PostalAddress,
};
use kit::{
    DateTime, Id as _,
    ids::{CartId, CartLineId, DiscountId, ProductId, SellerId, VariantId},
    ports::Quote,
};
use proptest::{collection::vec, option, prelude::*};

use super::{Code, Ground, Pricing, price};
use crate::options::{CartsOptions, RateOptions};

/// A line: units, price, which of three products and sellers.
type Line = (i32, i64, usize, usize);
/// A code: its kind, its size, a product or seller it is for.
type Discount = (u8, i64, Option<usize>, Option<usize>);

/// The largest price of which 10,000 are still an exact amount.
const DEAR: i64 = 900_000_000_000;

fn lines() -> impl Strategy<Value = Vec<Line>> {
    vec((1..=10_000_i32, 0..=DEAR, 0..3_usize, 0..3_usize), 0..20)
}

fn codes() -> impl Strategy<Value = Vec<Discount>> {
    vec((0..3_u8, 0..=DEAR, option::of(0..3_usize), option::of(0..3_usize)), 0..10)
}

/// Prices a cart of these lines with codes that may be combined.
fn priced(lines: &[Line], codes: &[Discount], tax: i32, shipping: i64, free_above: i64) -> Pricing {
    let products: Vec<ProductId> = (0..3).map(|_| ProductId::generate()).collect();
    let sellers: Vec<SellerId> = (0..3).map(|_| SellerId::generate()).collect();
    let mut quotes = HashMap::new();
    let rows = lines.iter().enumerate().map(|(index, (quantity, unit_price, product, seller))| {
        let (variant_id, product_id) = (VariantId::generate(), products[*product]);
        let quote = Quote {
            product_id,
            seller_id: sellers[*seller],
            title: String::new(),
            sku: String::new(),
            options: Vec::new(),
            unit_price: Some(*unit_price),
            available: None,
            is_on_sale: true,
        };
        quotes.insert(variant_id, quote);
        line::Model {
            id: CartLineId::generate(),
            cart_id: CartId::generate(),
            variant_id,
            product_id,
            quantity: *quantity,
            note: String::new(),
            price_when_added: *unit_price,
            accepted_price: *unit_price,
            wanted: None,
            told_price: None,
            told_left: None,
            position: i32::try_from(index).expect("few"),
            added_at: DateTime(0),
        }
    });
    let rows = rows.collect();
    let codes = codes.iter().map(|(kind, size, product, seller)| Code {
        text: String::new(),
        discount: Some(discount::Model {
            id: DiscountId::generate(),
            code: String::new(),
            kind: [Kind::Percentage, Kind::FixedAmount, Kind::FreeShipping][usize::from(*kind)],
            basis_points: Some(i32::try_from(size % 10_001).expect("small")),
            minor_units: Some(*size),
            currency: None,
            product_ids: Products(product.map(|index| products[index]).into_iter().collect()),
            seller_ids: Sellers(seller.map(|index| sellers[index]).into_iter().collect()),
            minimum_subtotal: None,
            valid_from: None,
            valid_until: None,
            usage_limit: None,
            once_per_account: false,
            is_combinable: true,
            uses: 0,
            archived_at: None,
            version: 1,
            created_at: DateTime(0),
            updated_at: DateTime(0),
        }),
        is_used: false,
    });
    let amounts = |amount: i64| BTreeMap::from([("KWD".to_owned(), amount)]);
    let options = CartsOptions {
        shipping: vec![RateOptions {
            handle: "post".to_owned(),
            prices: amounts(shipping),
            free_above: amounts(free_above),
            ..RateOptions::default()
        }],
        tax: BTreeMap::from([("DE".to_owned(), tax)]),
        ..CartsOptions::default()
    };
    let address = PostalAddress {
        name: String::new(),
        lines: Vec::new(),
        city: String::new(),
        region: None,
        postal_code: None,
        country: "DE".to_owned(),
        phone: None,
    };
    let cart = cart::Model {
        id: CartId::generate(),
        account_id: None,
        token_hash: None,
        currency: "KWD".to_owned(),
        state: State::Open,
        order_id: None,
        codes: Codes::default(),
        shipping_address: Some(address),
        shipping_handle: Some("post".to_owned()),
        version: 1,
        created_at: DateTime(0),
        updated_at: DateTime(0),
        expires_at: DateTime(1),
    };
    let (codes, quotes, now) = (codes.collect(), &quotes, DateTime(0));
    price(Ground { cart: &cart, lines: rows, quotes, codes, options: &options, now })
}

proptest! {
    #[test]
    fn a_lines_total_is_its_units_at_their_price_less_its_discount(lines in lines(), codes in codes()) {
        for line in priced(&lines, &codes, 0, 490, i64::MAX).lines {
            let gross = i128::from(line.row.quantity) * i128::from(line.unit_price);
            prop_assert_eq!(i128::from(line.total()), gross - i128::from(line.discount));
        }
    }

    #[test]
    fn totals_add_up_and_so_do_the_lines_shares(
        lines in lines(),
        codes in codes(),
        tax in 0..=10_000_i32,
        shipping in 0..1_000_000_i64,
        free_above in 0..=DEAR,
    ) {
        let pricing = priced(&lines, &codes, tax, shipping, free_above);
        let totals = pricing.totals;
        let sum = |part: fn(&super::PricedRow) -> i64| pricing.lines.iter().map(part).sum::<i64>();
        prop_assert_eq!(totals.total, totals.subtotal - totals.discount + totals.shipping + totals.tax);
        prop_assert_eq!(totals.subtotal, sum(super::PricedRow::total));
        prop_assert_eq!(totals.discount, sum(|line| line.order_discount));
        prop_assert_eq!(totals.tax, sum(|line| line.tax) + totals.shipping_tax);
    }

    #[test]
    fn no_discount_makes_a_line_or_the_order_negative(lines in lines(), codes in codes()) {
        let pricing = priced(&lines, &codes, 1_900, 490, DEAR);
        for line in &pricing.lines {
            prop_assert!(line.discount >= 0 && line.order_discount >= 0);
            prop_assert!(line.total() - line.order_discount >= 0);
            prop_assert!(line.tax >= 0);
        }
        prop_assert!(pricing.totals.subtotal - pricing.totals.discount >= 0);
        prop_assert!(pricing.totals.total >= 0);
    }

    #[test]
    fn a_codes_amount_is_what_it_took_off(lines in lines(), codes in codes()) {
        let pricing = priced(&lines, &codes, 0, 490, i64::MAX);
        let off: i64 = pricing.codes.iter().map(|code| code.amount).sum();
        let free = 490 - pricing.totals.shipping;
        let on_lines: i64 = pricing.lines.iter().map(|line| line.discount).sum();
        prop_assert_eq!(off, on_lines + pricing.totals.discount + free);
    }
}
