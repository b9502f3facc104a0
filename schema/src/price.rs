//! What an operation is asked to pay: its cost with these variables, whether it
//! is only to be costed, and which root fields it calls.

use apollo_compiler::ast;
use async_graphql::{Name, ServerError, Value, Variables};

use crate::{
    Engine, Kind, Prepared,
    document::shape::{Field, Selection, Variant},
    engine::Graph,
    error,
    execute::is_included,
    variables::literal,
};

/// The root field that tells cost and budget; with `dryRun: true` nothing but
/// this field runs.
const GAUGE: &str = "rateLimit";
const DRY_RUN: &str = "dryRun";

/// What an operation costs with its variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// In points: objects by the sizes of their lists.
    pub points: u64,
    /// Whether it only asks what it would cost.
    pub is_dry: bool,
}

/// A root field that an operation calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The field's own name.
    pub field: String,
    /// Its arguments by name, variables filled in.
    pub arguments: Vec<(Name, Value)>,
}

impl Engine {
    /// What a prepared operation costs, which is at most `most` unless it only
    /// asks for its cost.
    ///
    /// # Errors
    /// When the variables are wrong, or it costs more than it ever may.
    pub fn price(
        &self,
        prepared: &Prepared,
        given: &Variables,
        most: u64,
    ) -> Result<Price, Vec<ServerError>> {
        let variables = match prepared.costs_the_same() {
            true => Variables::default(),
            false => self.0.variables(prepared, given.clone())?,
        };
        let price =
            Price { points: prepared.cost(&variables), is_dry: prepared.dry(&variables).is_some() };
        self.0.refuse_dear(prepared, &variables, price, most)?;
        Ok(price)
    }

    /// The root fields that a prepared operation calls, each as often as it does.
    ///
    /// # Errors
    /// When the variables are wrong.
    pub fn calls(&self, prepared: &Prepared, given: &Variables) -> Result<Vec<Call>, Vec<ServerError>> {
        let variables = self.0.variables(prepared, given.clone())?;
        let included = prepared.root_fields().filter(|field| is_included(field, &variables));
        let calls = included.map(|field| Call {
            field: field.name.to_string(),
            arguments: field
                .arguments
                .iter()
                .map(|(name, value)| (name.clone(), filled(value, &variables)))
                .collect(),
        });
        Ok(calls.collect())
    }
}

impl Graph {
    /// The variables of an operation that costs no more with them than it may.
    pub(crate) fn affordable(
        &self,
        prepared: &Prepared,
        given: Variables,
    ) -> Result<Variables, Vec<ServerError>> {
        let variables = self.variables(prepared, given)?;
        let is_dry = prepared.dry(&variables).is_some();
        let price = Price { points: prepared.cost(&variables), is_dry };
        self.refuse_dear(prepared, &variables, price, u64::MAX)?;
        Ok(variables)
    }

    fn refuse_dear(
        &self,
        prepared: &Prepared,
        variables: &Variables,
        price: Price,
        most: u64,
    ) -> Result<(), Vec<ServerError>> {
        let most = most.min(self.limits.cost);
        if price.is_dry || price.points <= most {
            return Ok(());
        }
        Err(vec![error::too_dear(price.points, most, &prepared.dearest(variables))])
    }
}

/// What is left of a query for a dry run; `None` where it can't be asked for one.
pub(crate) fn gauges(prepared: &Prepared) -> Option<Selection> {
    let asks = prepared.root_fields().any(|field| is_gauge(field) && dry_run(field).is_some());
    if prepared.kind != Kind::Query || !asks {
        return None;
    }
    let variants = prepared.shape.variants.iter().map(|variant| {
        let kept = variant.fields.iter().filter(|field| is_gauge(field) || field.name == "__typename");
        let (typename, refused) = (variant.typename.clone(), variant.refused.clone());
        Variant { typename, refused, fields: kept.cloned().collect() }
    });
    Some(Selection { variants: variants.collect(), open: None })
}

/// Whether an operation asks for the caller's budget.
pub(crate) fn tells_budget(prepared: &Prepared) -> bool {
    prepared.root_fields().any(is_gauge)
}

/// Whether these variables ask for a dry run.
pub(crate) fn is_dry(prepared: &Prepared, variables: &Variables) -> bool {
    let mut asked = prepared.root_fields().filter(|field| is_gauge(field));
    asked.any(|field| {
        let value = dry_run(field).map(|value| filled(value, variables));
        is_included(field, variables) && value == Some(Value::Boolean(true))
    })
}

fn is_gauge(field: &Field) -> bool {
    field.name == GAUGE
}

fn dry_run(field: &Field) -> Option<&ast::Value> {
    field.arguments.iter().find(|(name, _)| name == DRY_RUN).map(|(_, value)| value)
}

/// A value of the document with its variables filled in.
fn filled(value: &ast::Value, variables: &Variables) -> Value {
    match value {
        ast::Value::Variable(name) => {
            variables.get(&Name::new(name.as_str())).cloned().unwrap_or_default()
        }
        ast::Value::List(items) => {
            Value::List(items.iter().map(|item| filled(item, variables)).collect())
        }
        ast::Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| (Name::new(name.as_str()), filled(value, variables)))
                .collect(),
        ),
        constant => literal(constant),
    }
}
