//! Typed global ids: a prefix that names the type and a ULID, `prod_01J…`.
//!
//! One id is one Rust type, one text column and one GraphQL `ID`, so that a
//! product's id can never be passed where a user's is meant.

use std::{borrow::Cow, fmt, str::FromStr};

use async_graphql::{
    ContextSelectionSet, ID, InputType, InputValueError, InputValueResult, OutputType, Positioned,
    ServerResult, Value, parser::types::Field, registry::Registry,
};
use sea_orm::{
    ColIdx, DbErr, QueryResult, TryFromU64, TryGetError, TryGetable,
    sea_query::{ArrayType, ColumnType, Nullable, StringLen, ValueType, ValueTypeErr},
};
use ulid::Ulid;

/// The text is not an id of the wanted type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotThisId;

impl fmt::Display for NotThisId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not an id of this type")
    }
}

impl std::error::Error for NotThisId {}

/// What all id types share; lets generic code (cursors, seeds) handle any id.
pub trait Id: Copy + Eq + std::hash::Hash + fmt::Display + FromStr + Send + Sync + 'static {
    /// The part before the underscore.
    const PREFIX: &'static str;

    /// The id made of this ULID.
    fn from_ulid(ulid: Ulid) -> Self;

    /// The ULID behind the prefix.
    fn ulid(self) -> Ulid;

    /// A new id, sorted after all ids made in earlier milliseconds.
    fn generate() -> Self {
        Self::from_ulid(Ulid::generate())
    }
}

/// Declares an id type: `id!(/// A product. ProductId, "prod")`.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Ulid);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;

            fn from_ulid(ulid: Ulid) -> Self {
                Self(ulid)
            }

            fn ulid(self) -> Ulid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [0; ulid::ULID_LEN];
                write!(formatter, concat!($prefix, "_{}"), self.0.array_to_str(&mut text))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, formatter)
            }
        }

        impl FromStr for $name {
            type Err = NotThisId;

            fn from_str(text: &str) -> Result<Self, NotThisId> {
                let ulid = text.strip_prefix(concat!($prefix, "_")).ok_or(NotThisId)?;
                Ulid::from_string(ulid).map(Self).map_err(|_| NotThisId)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        // An id that is no id of this type can belong to nothing that exists:
        // it reads as the nil id, which no row has, and so as "not found".
        impl InputType for $name {
            type RawValueType = Self;

            fn type_name() -> Cow<'static, str> {
                <ID as InputType>::type_name()
            }

            fn create_type_info(registry: &mut Registry) -> String {
                <ID as InputType>::create_type_info(registry)
            }

            fn parse(value: Option<Value>) -> InputValueResult<Self> {
                let id = <ID as InputType>::parse(value).map_err(InputValueError::propagate)?;
                Ok(id.parse().unwrap_or(Self(Ulid::nil())))
            }

            fn to_value(&self) -> Value {
                Value::String(self.to_string())
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }
        }

        impl OutputType for $name {
            fn type_name() -> Cow<'static, str> {
                <ID as OutputType>::type_name()
            }

            fn create_type_info(registry: &mut Registry) -> String {
                <ID as OutputType>::create_type_info(registry)
            }

            async fn resolve(
                &self,
                _: &ContextSelectionSet<'_>,
                _: &Positioned<Field>,
            ) -> ServerResult<Value> {
                Ok(Value::String(self.to_string()))
            }
        }

        impl From<$name> for sea_orm::Value {
            fn from(id: $name) -> Self {
                sea_orm::Value::String(Some(id.to_string()))
            }
        }

        impl ValueType for $name {
            fn try_from(value: sea_orm::Value) -> Result<Self, ValueTypeErr> {
                match value {
                    sea_orm::Value::String(Some(text)) => text.parse().map_err(|_| ValueTypeErr),
                    _ => Err(ValueTypeErr),
                }
            }

            fn type_name() -> String {
                stringify!($name).to_owned()
            }

            fn array_type() -> ArrayType {
                ArrayType::String
            }

            fn column_type() -> ColumnType {
                ColumnType::String(StringLen::None)
            }
        }

        impl Nullable for $name {
            fn null() -> sea_orm::Value {
                sea_orm::Value::String(None)
            }
        }

        impl TryGetable for $name {
            fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
                let text = String::try_get_by(row, index)?;
                text.parse().map_err(|_| {
                    TryGetError::DbErr(DbErr::Type(format!("{text:?} is not a {}", stringify!($name))))
                })
            }
        }

        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    };
}

id!(
    /// A person or seller as everyone may see them.
    UserId,
    "user"
);
id!(
    /// The private side of a user.
    AccountId,
    "acct"
);
id!(
    /// A seller's public shop.
    SellerId,
    "sell"
);
id!(
    /// A signed-in device.
    SessionId,
    "sess"
);
id!(
    /// Something for sale.
    ProductId,
    "prod"
);
id!(
    /// A purchasable unit of a product.
    VariantId,
    "var"
);
id!(
    /// A node of the category tree.
    CategoryId,
    "cat"
);
id!(
    /// A buyer's review of a product.
    ReviewId,
    "rev"
);
id!(
    /// A fact in the event log.
    EventId,
    "evt"
);
id!(
    /// A conversation between members.
    ConversationId,
    "conv"
);
id!(
    /// A message of a conversation.
    MessageId,
    "msg"
);
id!(
    /// A file that was, or will be, uploaded.
    UploadId,
    "upl"
);
id!(
    /// A notification for one account.
    NotificationId,
    "ntf"
);
id!(
    /// A notification on its way by mail or push.
    NotificationDeliveryId,
    "ntd"
);
id!(
    /// A device that takes pushed notifications.
    PushDeviceId,
    "dev"
);
id!(
    /// An endpoint that is told of events.
    WebhookEndpointId,
    "whe"
);
id!(
    /// One event on its way to one endpoint.
    WebhookDeliveryId,
    "whd"
);
id!(
    /// A long piece of work.
    JobId,
    "job"
);
id!(
    /// A second factor of an account.
    FactorId,
    "mfa"
);
id!(
    /// A sign-in that waits for its second step.
    ChallengeId,
    "chal"
);
id!(
    /// An address in an account's book.
    AddressId,
    "addr"
);
id!(
    /// A login of an account with an identity provider.
    IdentityId,
    "idn"
);
id!(
    /// An entry of the audit log.
    AuditEntryId,
    "aud"
);
id!(
    /// A cart of a guest or an account.
    CartId,
    "cart"
);
id!(
    /// A line of a cart.
    CartLineId,
    "cln"
);
id!(
    /// A discount code.
    DiscountId,
    "dsc"
);
id!(
    /// A placed order.
    OrderId,
    "ord"
);
id!(
    /// A line of an order.
    OrderLineId,
    "oln"
);
id!(
    /// What one seller owes of an order.
    OrderPartId,
    "opt"
);
id!(
    /// A shipment.
    FulfilmentId,
    "ful"
);
id!(
    /// Units that come back.
    ReturnId,
    "ret"
);
id!(
    /// A refund that somebody asked for.
    OrderRefundId,
    "orf"
);
id!(
    /// Money taken for an order.
    PaymentId,
    "pay"
);
id!(
    /// Money given back.
    RefundId,
    "rfd"
);
id!(
    /// A paid plan.
    PlanId,
    "plan"
);
id!(
    /// The plan of an account.
    PlanSubscriptionId,
    "psub"
);
id!(
    /// Units that came into stock or left it.
    StockChangeId,
    "stk"
);
