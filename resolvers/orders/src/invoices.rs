//! Invoices: an HTML document of a paid order, rendered from its snapshot, exact
//! to the minor unit.

use async_graphql::{ScalarType as _, Value};
use entities::{
    orders::{
        line,
        order::{self, Model},
    },
    users::address::PostalAddress,
};
use kit::{
    DateTime, Error, Money, Result,
    ports::{Invoices, NoInvoice},
};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value as Shown, context, value::Serde};
use serde::Serialize;

use crate::service::{Service, currency};

/// A line as an invoice shows it.
#[derive(Serialize)]
struct Line {
    title: String,
    sku: String,
    options: String,
    quantity: i32,
    unit_price: String,
    discount: String,
    tax: String,
    total: String,
}

#[async_trait::async_trait]
impl Invoices for Service {
    async fn invoice(&self, token: &str) -> Result<Result<String, NoInvoice>> {
        let id = match self.secrets.read(token, self.clock.now()) {
            Ok(id) => id,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let db = self.db.read();
        let Some(order) = order::find(db, id).await? else { return Ok(Err(NoInvoice::Unknown)) };
        let Some(number) = order.invoice_number else { return Ok(Err(NoInvoice::Unknown)) };
        let lines = line::of_orders(db, &[id]).await?;
        render(&order, number, &lines).map(Ok)
    }
}

fn render(order: &Model, number: i64, lines: &[line::Model]) -> Result<String> {
    let currency = currency(order)?;
    let shown = |amount: i64| Money::new(amount, currency).rendered();
    let lines: Vec<Line> = lines
        .iter()
        .map(|line| Line {
            title: line.title.clone(),
            sku: line.sku.clone(),
            options: options(line),
            quantity: line.quantity,
            unit_price: shown(line.unit_price),
            discount: shown(line.discount),
            tax: shown(line.tax),
            total: shown(line.total),
        })
        .collect();
    let billing = order.billing_address.as_ref().or(order.shipping_address.as_ref());
    let values = context! {
        number => invoice_number(number),
        order => order.number,
        placed => order.placed_at.map(day),
        paid => order.paid_at.map(day),
        cancelled => order.state.is_off(),
        currency => &order.currency,
        billing => billing.map(address),
        shipping_address => order.shipping_address.as_ref().map(address),
        lines => Shown::from(Serde(lines)),
        subtotal => shown(order.subtotal),
        discount => shown(order.discount),
        shipping => shown(order.shipping),
        shipping_title => &order.shipping_title,
        tax => shown(order.tax),
        total => shown(order.total),
    };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.render_str(include_str!("templates/invoice.html"), values).map_err(Error::internal)
}

/// The number of an invoice as people read it.
fn invoice_number(number: i64) -> String {
    format!("INV-{number:06}")
}

fn options(line: &line::Model) -> String {
    let options = line.options.0.iter().map(|choice| format!("{}: {}", choice.name, choice.value));
    options.collect::<Vec<_>>().join(", ")
}

fn address(address: &PostalAddress) -> String {
    let mut lines = vec![address.name.clone()];
    lines.extend(address.lines.iter().cloned());
    let place = [address.postal_code.as_deref(), Some(address.city.as_str()), address.region.as_deref()];
    lines.push(place.into_iter().flatten().collect::<Vec<_>>().join(" "));
    lines.push(address.country.clone());
    lines.join("\n")
}

/// RFC 3339 begins with the day.
fn day(at: DateTime) -> String {
    match at.to_value() {
        Value::String(text) => text.chars().take(10).collect(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{a_cart, snapshot_of};
    use kit::seed::TODAY;

    #[test]
    fn an_invoice_escapes_what_people_wrote_and_shows_every_amount() {
        let mut cart = a_cart();
        cart.lines[0].title = "<script>alert(1)</script>".to_owned();
        let (mut order, lines) = snapshot_of(&cart);
        order.number = Some(100_001);
        order.placed_at = Some(TODAY);
        order.paid_at = Some(TODAY);

        let html = render(&order, 7, &lines).expect("an invoice");

        assert!(html.contains("Invoice INV-000007"), "{html}");
        assert!(html.contains("Order 100001, placed 2026-01-01, paid 2026-01-01."), "{html}");
        assert!(!html.contains("<script>"), "{html}");
        let currency = currency(&order).expect("a currency");
        for amount in [order.subtotal, order.discount, order.shipping, order.tax, order.total] {
            assert!(html.contains(&Money::new(amount, currency).rendered()), "{amount}: {html}");
        }
        for line in &lines {
            assert!(html.contains(&Money::new(line.total, currency).rendered()), "{html}");
        }
    }
}
