//! Stripe: payment intents, refunds and events. Requests are async-stripe's; of
//! the answers only what we need is read.

mod shapes;

use std::collections::HashMap;

use kit::{DateTime, Error};
use secrecy::{ExposeSecret as _, SecretString};
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_core::{
    event::ListEvent,
    payment_intent::{
        CancelPaymentIntent, CapturePaymentIntent, ConfirmPaymentIntent, CreatePaymentIntent,
        CreatePaymentIntentAutomaticPaymentMethods,
        CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects, RetrievePaymentIntent,
    },
    refund::{CreateRefund, ListRefund},
};
use stripe_shared::PaymentIntentCaptureMethod;
use stripe_types::{Currency, RangeBoundsTs, RangeQueryTs};

use self::shapes::{PAYMENT, Page, PaymentIntent, REFUND, Refund, StripeEvent};
use super::{
    Answer, Away, Event, EventPage, GivenBack, Intent, NewIntent, NewRefund, NotGenuine, Provider,
    Refused, Status, calls::away, signature,
};

/// What it is called.
pub(crate) const NAME: &str = "stripe";

/// The longest page.
const PAGE: i64 = 100;

/// Stripe.
pub(crate) struct Stripe {
    client: Client,
    secrets: Vec<SecretString>,
}

/// Why a request came to nothing.
enum Failed {
    Refused(Refused),
    Away(Away),
    /// The card was declined, or the answer can't be read.
    Look(String),
}

impl Stripe {
    /// Stripe at this address, which ends with a slash.
    pub(crate) fn new(
        api_base: &str,
        secret_key: &SecretString,
        secrets: Vec<SecretString>,
    ) -> kit::Result<Self> {
        let client = ClientBuilder::new(secret_key.expose_secret()).url(api_base).build();
        let client = client.map_err(|error| Error::internal(error.to_string()))?;
        Ok(Self { client, secrets })
    }

    /// Sends a request, under a key when it changes something.
    async fn send<T, R>(&self, request: &R, key: Option<&str>) -> Result<T, Failed>
    where
        T: miniserde::Deserialize,
        R: StripeRequest,
    {
        let strategy = match key {
            None => RequestStrategy::Once,
            Some(key) => match IdempotencyKey::new(key) {
                Ok(key) => RequestStrategy::Idempotent(key),
                Err(error) => return Err(Failed::Refused(Refused(error.to_string()))),
            },
        };
        let request = request.build().customize::<T>().request_strategy(strategy);
        request.send(&self.client).await.map_err(Failed::from)
    }

    /// The intent as it is now, for an answer that did not say.
    async fn after(&self, intent: &str, reason: String) -> Answer<Intent> {
        let Ok(now) = self.look_up(intent).await? else { return Ok(Err(Refused(reason))) };
        match now.status {
            // Nothing came of it, and nothing was declined.
            Status::NeedsMethod if now.failure.is_none() => Ok(Err(Refused(reason))),
            _ => Ok(Ok(now)),
        }
    }
}

impl From<StripeError> for Failed {
    fn from(error: StripeError) -> Self {
        match error {
            StripeError::Stripe(error, status) => {
                let message = error.message.unwrap_or_else(|| format!("status {status}"));
                match status {
                    402 => Self::Look(message),
                    // Another request uses the key at this moment, or there are too many.
                    401 | 403 | 409 | 424 | 429 | 500.. => Self::Away(Away(message)),
                    _ => Self::Refused(Refused(message)),
                }
            }
            StripeError::JSONDeserialize(message) => Self::Look(message),
            other => Self::Away(Away(other.to_string())),
        }
    }
}

/// An answer to a request that never declines.
fn plain<T, U: From<T>>(answer: Result<T, Failed>) -> Answer<U> {
    match answer {
        Ok(answer) => Ok(Ok(answer.into())),
        Err(Failed::Refused(refused)) => Ok(Err(refused)),
        Err(Failed::Away(cause)) => Err(cause),
        Err(Failed::Look(message)) => Err(Away(message)),
    }
}

/// The refunds of an intent. What a capture in part has freed was never taken, but
/// is listed, too.
fn given_back(page: Page<Refund>, freed: i64) -> Vec<GivenBack> {
    let mut refunds: Vec<GivenBack> = page.data.into_iter().map(Into::into).collect();
    let is_freed = |refund: &GivenBack| refund.id.is_none() && refund.amount == freed;
    if freed > 0
        && let Some(place) = refunds.iter().position(is_freed)
    {
        refunds.remove(place);
    }
    refunds
}

/// Whether an amount in minor units of ISO 4217 is the same number at Stripe, which
/// counts some currencies differently: <https://docs.stripe.com/currencies>.
fn counts_alike(currency: &str, amount: i64) -> bool {
    match currency {
        "ISK" | "MGA" | "MRU" | "UGX" => false,
        "BHD" | "JOD" | "KWD" | "OMR" | "TND" => amount % 10 == 0,
        _ => true,
    }
}

#[async_trait::async_trait]
impl Provider for Stripe {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn open(&self, wish: &NewIntent) -> Answer<Intent> {
        if !counts_alike(&wish.currency, wish.amount) {
            return Ok(Err(Refused(format!("Stripe counts {} in other units", wish.currency))));
        }
        let Ok(currency) = wish.currency.to_lowercase().parse::<Currency>();
        let id = wish.payment.to_string();
        let capture = match wish.is_manual {
            true => PaymentIntentCaptureMethod::Manual,
            false => PaymentIntentCaptureMethod::Automatic,
        };
        // Others than these would need a page to come back to.
        let methods = CreatePaymentIntentAutomaticPaymentMethods {
            allow_redirects: Some(CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects::Never),
            enabled: true,
        };
        let request = CreatePaymentIntent::new(wish.amount, currency)
            .capture_method(capture)
            .automatic_payment_methods(methods)
            .metadata(HashMap::from([(PAYMENT.to_owned(), id.clone())]));
        plain(self.send::<PaymentIntent, _>(&request, Some(&id)).await)
    }

    async fn confirm(&self, intent: &str, method: &str, key: &str) -> Answer<Intent> {
        let request = ConfirmPaymentIntent::new(intent).payment_method(method);
        match self.send::<PaymentIntent, _>(&request, Some(key)).await {
            Ok(answer) => Ok(Ok(answer.into())),
            Err(Failed::Refused(refused)) => self.after(intent, refused.0).await,
            Err(Failed::Look(message)) => self.after(intent, message).await,
            Err(Failed::Away(cause)) => Err(cause),
        }
    }

    async fn capture(&self, intent: &str, amount: i64, key: &str) -> Answer<Intent> {
        let request = CapturePaymentIntent::new(intent).amount_to_capture(amount);
        plain(self.send::<PaymentIntent, _>(&request, Some(key)).await)
    }

    async fn cancel(&self, intent: &str, key: &str) -> Answer<Intent> {
        plain(self.send::<PaymentIntent, _>(&CancelPaymentIntent::new(intent), Some(key)).await)
    }

    async fn refund(&self, wish: &NewRefund) -> Answer<GivenBack> {
        let id = wish.id.to_string();
        let request = CreateRefund::new()
            .payment_intent(wish.intent.clone())
            .amount(wish.amount)
            .metadata(HashMap::from([(REFUND.to_owned(), id.clone())]));
        plain(self.send::<Refund, _>(&request, Some(&id)).await)
    }

    async fn look_up(&self, intent: &str) -> Answer<Intent> {
        let found = self.send::<PaymentIntent, _>(&RetrievePaymentIntent::new(intent), None).await;
        let freed = found.as_ref().map_or(0, PaymentIntent::freed);
        let mut found = match plain::<_, Intent>(found)? {
            Ok(found) => found,
            Err(refused) => return Ok(Err(refused)),
        };
        if found.status == Status::Captured {
            let request = ListRefund::new().payment_intent(intent).limit(PAGE);
            match self.send::<Page<Refund>, _>(&request, None).await {
                Ok(page) => found.refunds = Some(given_back(page, freed)),
                Err(Failed::Away(cause)) => return Err(cause),
                Err(Failed::Refused(Refused(message)) | Failed::Look(message)) => return away(message),
            }
        }
        Ok(Ok(found))
    }

    async fn events(&self, since: DateTime, after: Option<&str>) -> Answer<EventPage> {
        let since = RangeBoundsTs { gte: Some(since.0.div_euclid(1_000)), ..RangeBoundsTs::default() };
        let mut request = ListEvent::new().created(RangeQueryTs::Bounds(since)).limit(PAGE);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        match self.send::<Page<StripeEvent>, _>(&request, None).await {
            Ok(page) => Ok(Ok(EventPage {
                events: page.data.into_iter().map(Event::from).collect(),
                has_more: page.has_more,
            })),
            Err(Failed::Refused(refused)) => Ok(Err(refused)),
            Err(Failed::Away(cause)) => Err(cause),
            Err(Failed::Look(message)) => away(message),
        }
    }

    fn read(&self, body: &[u8], signature: &str, now: DateTime) -> Result<Event, NotGenuine> {
        signature::verify(body, signature, &self.secrets, now)?;
        let text = std::str::from_utf8(body).map_err(|_| NotGenuine::Unreadable)?;
        let event: StripeEvent = miniserde::json::from_str(text).map_err(|_| NotGenuine::Unreadable)?;
        Ok(event.into())
    }
}

#[cfg(test)]
mod tests {
    use super::counts_alike;

    #[test]
    fn amounts_that_stripe_would_take_for_others_are_not_sent() {
        assert!(counts_alike("EUR", 1) && counts_alike("JPY", 1));
        assert!(counts_alike("KWD", 1_230) && !counts_alike("KWD", 1_234));
        assert!(!counts_alike("MGA", 100) && !counts_alike("ISK", 100));
    }
}
