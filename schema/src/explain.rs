//! How an operation would run, for people who write operations.

use std::{collections::BTreeMap, fmt};

use async_graphql::{ServerError, Variables};

use crate::{Engine, planner::Step};

/// How an operation would run.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The steps, indented by order.
    pub plan: String,
    /// Where each subgraph of the plan runs.
    pub places: BTreeMap<String, String>,
    /// In points: objects by the sizes of their lists.
    pub cost: u64,
}

impl fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.plan)?;
        for (subgraph, place) in &self.places {
            writeln!(formatter, "{subgraph} runs {place}")?;
        }
        writeln!(formatter, "cost {}", self.cost)
    }
}

impl Engine {
    /// How an operation would run: its plan, where each step runs, its cost.
    ///
    /// # Errors
    /// Why the document or the variables are refused.
    pub async fn explain(
        &self,
        query: &str,
        operation_name: Option<&str>,
        given: Variables,
    ) -> Result<Explanation, Vec<ServerError>> {
        let prepared = self.prepare(query, operation_name).await?;
        let variables = self.0.variables(&prepared, given)?;
        let cost = prepared.cost(&variables);
        let asked = prepared.plan.root.as_ref().map(Step::fetches).unwrap_or_default();
        let places = asked.iter().map(|fetch| {
            let transport = self.0.transports.get(&*fetch.subgraph);
            let place = transport.map_or_else(|| "nowhere".to_owned(), |transport| transport.place());
            (fetch.subgraph.to_string(), place)
        });
        Ok(Explanation { plan: prepared.plan.to_string(), places: places.collect(), cost })
    }
}
