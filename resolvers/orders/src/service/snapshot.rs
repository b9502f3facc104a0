//! From a priced cart to the order that it becomes: everything as it is now, down
//! to the minor unit, and split by seller without losing one.

use entities::{
    ids::{AccountId, OrderId, OrderLineId, OrderPartId, SellerId, UserId},
    orders::{OrderState, line, order, part},
    products::variant::Choices,
    users::address::PostalAddress,
};
use kit::{
    DateTime, Error, Id as _, Result, allocate,
    ports::{PricedCart, PricedLine},
};

/// Basis points of a whole.
const WHOLE: i128 = 10_000;

/// Who buys.
#[derive(Debug, Clone, Default)]
pub(super) struct Buyer {
    pub(super) account: Option<AccountId>,
    pub(super) user: Option<UserId>,
    /// Of a guest.
    pub(super) email: Option<String>,
    /// Of a guest: the hash of the order's secret.
    pub(super) access: Option<String>,
    pub(super) billing: Option<PostalAddress>,
}

/// When it happens, and until when it must be paid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) now: DateTime,
    pub(super) pay_until: DateTime,
    pub(super) leased_until: DateTime,
}

/// An order before it is placed.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub(super) order: order::Model,
    pub(super) parts: Vec<part::Model>,
    pub(super) lines: Vec<line::Model>,
}

/// Takes a picture of a cart.
///
/// # Errors
/// When the cart's amounts don't add up to its total: ours.
pub(super) fn take(
    id: OrderId,
    cart: &PricedCart,
    buyer: Buyer,
    commission: u32,
    times: Times,
) -> Result<Snapshot> {
    let mut sellers: Vec<SellerId> = Vec::new();
    for line in &cart.lines {
        if !sellers.contains(&line.seller_id) {
            sellers.push(line.seller_id);
        }
    }
    let ids: Vec<OrderPartId> = sellers.iter().map(|_| OrderPartId::generate()).collect();
    let mut lines = Vec::with_capacity(cart.lines.len());
    for (position, priced) in cart.lines.iter().enumerate() {
        let part = sellers.iter().position(|seller| *seller == priced.seller_id);
        let part_id = ids[part.unwrap_or_default()];
        lines.push(line_of(id, part_id, position, priced)?);
    }
    let shipping = cart.shipping.as_ref().map_or(0, |rate| rate.price);
    let parts = parts(id, &sellers, &ids, cart, &lines, (shipping, cart.shipping_tax), commission)?;
    let sum = |of: fn(&part::Model) -> i64| narrow(parts.iter().map(|part| i128::from(of(part))).sum());
    let order = order::Model {
        id,
        state: OrderState::Placing,
        number: None,
        account_id: buyer.account,
        user_id: buyer.user,
        guest_access: buyer.access,
        email: buyer.email,
        currency: cart.currency.to_string(),
        subtotal: sum(|part| part.subtotal)?,
        discount: sum(|part| part.discount)?,
        shipping: sum(|part| part.shipping)?,
        tax: sum(|part| part.tax)?,
        total: sum(|part| part.total)?,
        shipping_title: cart.shipping.as_ref().map(|rate| rate.title.clone()).unwrap_or_default(),
        shipping_address: cart.shipping_address.clone(),
        billing_address: buyer.billing,
        cart_id: cart.id,
        cart_version: cart.version,
        version: 0,
        moves: 0,
        pay_until: times.pay_until,
        placed_at: None,
        paid_at: None,
        fulfilled_at: None,
        invoice_number: None,
        is_payment_late: false,
        has_loose_ends: false,
        leased_until: times.leased_until,
        retry_scope: None,
        retry_key: None,
        created_at: times.now,
    };
    if order.total != cart.total {
        let message = format!("cart {} says {} and adds up to {}", cart.id, cart.total, order.total);
        return Err(Error::internal(message));
    }
    Ok(Snapshot { order, parts, lines })
}

fn line_of(
    order: OrderId,
    part: OrderPartId,
    position: usize,
    priced: &PricedLine,
) -> Result<line::Model> {
    let discount = i128::from(priced.discount) + i128::from(priced.order_discount);
    let gross = i128::from(priced.unit_price) * i128::from(priced.quantity);
    let total = gross - discount + i128::from(priced.tax);
    if discount < 0 || discount > gross {
        return Err(Error::internal(format!("cart line {} has a discount of {discount}", priced.id)));
    }
    Ok(line::Model {
        id: OrderLineId::generate(),
        order_id: order,
        part_id: part,
        position: i32::try_from(position).map_err(Error::internal)?,
        variant_id: priced.variant_id,
        product_id: priced.product_id,
        seller_id: priced.seller_id,
        title: priced.title.clone(),
        sku: priced.sku.clone(),
        options: Choices(priced.options.clone()),
        quantity: priced.quantity,
        unit_price: priced.unit_price,
        discount: narrow(discount)?,
        tax: priced.tax,
        total: narrow(total)?,
        note: priced.note.clone(),
        shipped: 0,
        cancelled: 0,
        returned: 0,
        refunded: 0,
        restocked: 0,
    })
}

fn parts(
    order: OrderId,
    sellers: &[SellerId],
    ids: &[OrderPartId],
    cart: &PricedCart,
    lines: &[line::Model],
    (shipping, shipping_tax): (i64, i64),
    commission: u32,
) -> Result<Vec<part::Model>> {
    let sums = |seller: &SellerId| {
        let of_seller = || cart.lines.iter().filter(|line| line.seller_id == *seller);
        let sum = |of: &dyn Fn(&PricedLine) -> i128| narrow(of_seller().map(of).sum());
        let net = |line: &PricedLine| {
            i128::from(line.unit_price) * i128::from(line.quantity) - i128::from(line.discount)
        };
        Ok::<_, Error>((
            sum(&net)?,
            sum(&|line| i128::from(line.order_discount))?,
            sum(&|line| i128::from(line.tax))?,
        ))
    };
    let sums = sellers.iter().map(sums).collect::<Result<Vec<_>>>()?;
    let goods: Vec<i64> = sums.iter().map(|(subtotal, discount, _)| subtotal - discount).collect();
    let shipping = allocate(shipping, &goods);
    let shipping_tax = allocate(shipping_tax, &goods);
    let mut parts = Vec::with_capacity(sellers.len());
    for (index, (subtotal, discount, tax)) in sums.into_iter().enumerate() {
        let of_lines = lines.iter().filter(|line| line.part_id == ids[index]);
        let of_lines: i128 = of_lines.map(|line| i128::from(line.total)).sum();
        let total = narrow(of_lines + i128::from(shipping[index]) + i128::from(shipping_tax[index]))?;
        // Rounded down: what can't be split is the seller's.
        let commission = narrow(i128::from(total) * i128::from(commission) / WHOLE)?;
        parts.push(part::Model {
            id: ids[index],
            order_id: order,
            seller_id: sellers[index],
            position: i32::try_from(index).map_err(Error::internal)?,
            subtotal,
            discount,
            shipping: shipping[index],
            tax: tax + shipping_tax[index],
            total,
            commission,
            payout: total - commission,
        });
    }
    Ok(parts)
}

fn narrow(amount: i128) -> Result<i64> {
    i64::try_from(amount).map_err(Error::internal)
}

/// What `units` more units of a line are worth after `before` of them were paid
/// back, so that all units together are worth exactly the line's total.
pub(super) fn worth(line: &line::Model, before: i32, units: i32) -> i64 {
    let share = |units: i32| i128::from(line.total) * i128::from(units) / i128::from(line.quantity);
    i64::try_from(share(before + units) - share(before)).unwrap_or(i64::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use kit::{
        CurrencyCode,
        ids::{CartId, CartLineId, ProductId, VariantId},
        ports::ShippingRate,
    };
    use proptest::{collection::vec, prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

    use super::*;

    const NOW: DateTime = kit::seed::TODAY;

    fn line(seller: usize, sellers: &[SellerId]) -> impl Strategy<Value = PricedLine> + use<> {
        let seller_id = sellers[seller % sellers.len()];
        (1_i32..1_000, 0_i64..1_000_000_000_000, 0_u32..=100, 0_u32..=100, 0_i64..1_000_000).prop_map(
            move |(quantity, unit_price, percent, order_percent, tax)| {
                let gross = unit_price * i64::from(quantity);
                let discount = gross / 100 * i64::from(percent);
                let order_discount = (gross - discount) / 100 * i64::from(order_percent);
                PricedLine {
                    id: CartLineId::generate(),
                    variant_id: VariantId::generate(),
                    product_id: ProductId::generate(),
                    seller_id,
                    title: "Desk".to_owned(),
                    sku: "D-1".to_owned(),
                    options: Vec::new(),
                    quantity,
                    unit_price,
                    discount,
                    order_discount,
                    tax,
                    note: None,
                }
            },
        )
    }

    /// Carts of up to five sellers in currencies of no, two and three decimals.
    pub(crate) fn carts() -> impl Strategy<Value = PricedCart> {
        let sellers: Vec<SellerId> = (0..5).map(|_| SellerId::generate()).collect();
        let lines = vec(0_usize..5, 1..12).prop_flat_map(move |places| {
            places.into_iter().map(|place| line(place, &sellers)).collect::<Vec<_>>()
        });
        let currencies = prop_oneof![Just("EUR"), Just("JPY"), Just("KWD")];
        (lines, 0_i64..100_000_000, 0_i64..10_000_000, currencies).prop_map(
            |(lines, price, shipping_tax, currency)| {
                let of_lines: i64 = lines
                    .iter()
                    .map(|line| {
                        line.unit_price * i64::from(line.quantity) - line.discount - line.order_discount
                            + line.tax
                    })
                    .sum();
                PricedCart {
                    id: CartId::generate(),
                    version: 1,
                    account_id: None,
                    currency: currency.parse::<CurrencyCode>().expect("a currency"),
                    lines,
                    shipping: Some(ShippingRate {
                        handle: "standard".to_owned(),
                        title: "Standard".to_owned(),
                        price,
                    }),
                    shipping_address: None,
                    discount_codes: Vec::new(),
                    shipping_tax,
                    total: of_lines + price + shipping_tax,
                    blocking: Vec::new(),
                }
            },
        )
    }

    /// One of them, always the same.
    pub(crate) fn a_cart() -> PricedCart {
        let mut runner = TestRunner::deterministic();
        carts().new_tree(&mut runner).expect("a cart").current()
    }

    /// The order and the lines that a cart becomes.
    pub(crate) fn snapshot_of(cart: &PricedCart) -> (order::Model, Vec<line::Model>) {
        let Snapshot { order, lines, .. } = snapshot(cart, 1_000);
        (order, lines)
    }

    fn snapshot(cart: &PricedCart, commission: u32) -> Snapshot {
        let times = Times { now: NOW, pay_until: NOW, leased_until: NOW };
        take(OrderId::generate(), cart, Buyer::default(), commission, times).expect("it adds up")
    }

    proptest! {
        #[test]
        fn a_lines_total_is_units_times_price_less_discount_plus_tax(cart in carts()) {
            for (line, priced) in snapshot(&cart, 1_000).lines.iter().zip(&cart.lines) {
                let total = line.unit_price * i64::from(line.quantity) - line.discount + line.tax;
                prop_assert_eq!(line.total, total);
                prop_assert_eq!(line.discount, priced.discount + priced.order_discount);
                prop_assert!(line.total >= 0);
            }
        }

        #[test]
        fn an_order_and_its_parts_add_up_to_the_minor_unit(cart in carts()) {
            let Snapshot { order, parts, lines } = snapshot(&cart, 1_000);

            prop_assert_eq!(order.subtotal - order.discount + order.shipping + order.tax, order.total);
            prop_assert_eq!(order.total, cart.total);
            let sum = |of: fn(&part::Model) -> i64| parts.iter().map(of).sum::<i64>();
            prop_assert_eq!(sum(|part| part.total), order.total);
            prop_assert_eq!(sum(|part| part.shipping), order.shipping);
            prop_assert_eq!(sum(|part| part.discount), order.discount);
            for part in &parts {
                prop_assert_eq!(part.subtotal - part.discount + part.shipping + part.tax, part.total);
            }
            let of_lines: i64 = lines.iter().map(|line| line.total).sum();
            prop_assert_eq!(of_lines + cart.shipping_tax + order.shipping, order.total);
        }

        #[test]
        fn commission_and_payout_are_the_part(cart in carts(), commission in 0_u32..=10_000) {
            for part in snapshot(&cart, commission).parts {
                prop_assert_eq!(part.commission + part.payout, part.total);
                prop_assert!(part.commission >= 0 && part.payout >= 0);
            }
        }

        #[test]
        fn units_paid_back_one_by_one_are_worth_the_line(cart in carts(), step in 1_i32..7) {
            for line in snapshot(&cart, 1_000).lines {
                let mut worth = 0;
                let mut before = 0;
                while before < line.quantity {
                    let units = step.min(line.quantity - before);
                    let more = super::worth(&line, before, units);
                    prop_assert!(more >= 0);
                    worth += more;
                    before += units;
                }
                prop_assert_eq!(worth, line.total);
            }
        }
    }

    #[test]
    fn a_cart_that_does_not_add_up_becomes_no_order() {
        let mut cart = a_cart();
        cart.total += 1;
        let times = Times { now: NOW, pay_until: NOW, leased_until: NOW };

        let taken = take(OrderId::generate(), &cart, Buyer::default(), 1_000, times);

        assert!(taken.is_err());
    }
}
