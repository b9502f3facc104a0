//! What we read of Stripe's answers, and no more: whatever else changes in them
//! can't break us.

use std::collections::HashMap;

use miniserde::{Deserialize, json::Value};

use super::super::{Event, GivenBack, Intent, Status};

/// Under this name our id of a payment stands in Stripe's metadata.
pub(super) const PAYMENT: &str = "payment_id";
/// Under this name our id of a refund stands there.
pub(super) const REFUND: &str = "refund_id";

#[derive(Deserialize)]
pub(super) struct PaymentIntent {
    id: String,
    client_secret: Option<String>,
    status: String,
    amount: i64,
    amount_received: Option<i64>,
    last_payment_error: Option<LastError>,
    next_action: Option<NextAction>,
}

#[derive(Deserialize)]
struct LastError {
    code: Option<String>,
    decline_code: Option<String>,
}

#[derive(Deserialize)]
struct NextAction {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Refund {
    id: String,
    amount: i64,
    status: Option<String>,
    failure_reason: Option<String>,
    metadata: Option<HashMap<String, String>>,
}

#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) data: Vec<T>,
    pub(super) has_more: bool,
}

#[derive(Deserialize)]
pub(super) struct StripeEvent {
    pub(super) id: String,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: HashMap<String, Value>,
}

impl PaymentIntent {
    /// How much was set aside and not taken.
    pub(super) fn freed(&self) -> i64 {
        match self.status.as_str() {
            "succeeded" => self.amount - self.amount_received.unwrap_or(self.amount),
            _ => 0,
        }
    }
}

impl From<PaymentIntent> for Intent {
    fn from(intent: PaymentIntent) -> Self {
        let status = match intent.status.as_str() {
            "requires_action" => {
                let kind = intent.next_action.and_then(|action| action.kind);
                Status::NeedsAction(kind.unwrap_or_else(|| "authenticate".to_owned()))
            }
            "processing" => Status::Processing,
            "requires_capture" => Status::Authorized,
            "succeeded" => Status::Captured,
            "canceled" => Status::Cancelled,
            // Both wait for us: `requires_payment_method`, `requires_confirmation`.
            _ => Status::NeedsMethod,
        };
        let failure = intent.last_payment_error.map(|error| {
            let reason = error.decline_code.or(error.code);
            reason.unwrap_or_else(|| "declined".to_owned())
        });
        let captured = match status {
            Status::Captured => intent.amount_received.unwrap_or(intent.amount),
            _ => 0,
        };
        Self {
            reference: intent.id,
            client_secret: intent.client_secret,
            status,
            failure,
            captured,
            refunds: None,
        }
    }
}

impl From<Refund> for GivenBack {
    fn from(refund: Refund) -> Self {
        let id = refund.metadata.and_then(|metadata| metadata.get(REFUND)?.parse().ok());
        let outcome = match refund.status.as_deref() {
            Some("succeeded") => Some(Ok(())),
            Some(status @ ("failed" | "canceled")) => {
                Some(Err(refund.failure_reason.unwrap_or_else(|| status.to_owned())))
            }
            _ => None,
        };
        Self { reference: refund.id, id, amount: refund.amount, outcome }
    }
}

impl From<StripeEvent> for Event {
    fn from(event: StripeEvent) -> Self {
        let object = event.data.object;
        let text = |name: &str| match object.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            _ => None,
        };
        let is_intent = text("object").as_deref() == Some("payment_intent");
        let subject = if is_intent { text("id") } else { text("payment_intent") };
        let payment = match object.get("metadata") {
            Some(Value::Object(metadata)) => match metadata.get(PAYMENT) {
                Some(Value::String(id)) => id.parse().ok(),
                _ => None,
            },
            _ => None,
        };
        Self { id: event.id, kind: event.kind, subject: subject.unwrap_or_default(), payment }
    }
}
