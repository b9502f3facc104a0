//! The planner of Hive Router (`hive-router-query-planner`), and the
//! translation of its plans into ours.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use async_graphql::{Name, parser::parse_query};
use hive_router_query_planner::{
    ast::{
        normalization::normalize_operation, operation::SubgraphFetchOperation,
        selection_item::SelectionItem, selection_set::SelectionSet,
    },
    graph::PlannerOverrideContext,
    planner::{
        Planner as Hive,
        plan_nodes::{
            EntityBatchAlias, FetchNode, FetchNodePathSegment, FetchRewrite, FlattenNodePath,
            FlattenNodePathSegment, PlanNode,
        },
    },
    state::supergraph_state::SupergraphDefinition,
    utils::{
        cancellation::CancellationToken,
        parsing::{safe_parse_operation, safe_parse_schema},
    },
};

use crate::{
    EngineError,
    planner::{
        EntityBatch, Fetch, Path, Plan, PlanError, Planner, Required, Rewrite, RewriteSegment, Segment,
        Step, SubOperation,
    },
};

/// Plans with `hive-router-query-planner`.
pub struct HivePlanner {
    hive: Hive,
    /// Object types under each abstract type, hidden ones included.
    possible: HashMap<String, HashSet<String>>,
}

impl HivePlanner {
    /// A planner for this supergraph.
    ///
    /// # Errors
    /// When the text is no supergraph.
    pub fn new(supergraph: &str) -> Result<Self, EngineError> {
        let document =
            safe_parse_schema(supergraph).map_err(|error| EngineError::Supergraph(error.to_string()))?;
        let hive = Hive::new_from_supergraph(&document, Default::default())
            .map_err(|error| EngineError::Supergraph(error.to_string()))?;
        let mut possible: HashMap<String, HashSet<String>> = HashMap::new();
        for (name, definition) in &hive.supergraph.definitions {
            match definition {
                SupergraphDefinition::Object(object) => {
                    for implemented in &object.join_implements {
                        possible.entry(implemented.interface.clone()).or_default().insert(name.clone());
                    }
                }
                SupergraphDefinition::Union(union) => {
                    possible.entry(name.clone()).or_default().extend(union.types.iter().cloned());
                }
                _ => {}
            }
        }
        Ok(Self { hive, possible })
    }
}

impl Planner for HivePlanner {
    fn plan(&self, operation: &str, deadline: Duration) -> Result<Plan, PlanError> {
        let no_path = |error: &dyn std::fmt::Display| PlanError::NoPath(error.to_string());
        let document = safe_parse_operation(operation).map_err(|error| no_path(&error))?;
        let normalized = normalize_operation(&self.hive.supergraph, &document, None)
            .map_err(|error| no_path(&error))?;
        let start = Instant::now();
        let plan = self
            .hive
            .plan_from_normalized_operation(
                &normalized.operation,
                PlannerOverrideContext::default(),
                &CancellationToken::with_timeout(deadline),
            )
            // Which step gave up at the deadline is private to the library.
            .map_err(|error| match start.elapsed() >= deadline {
                true => PlanError::TooSlow,
                false => no_path(&error),
            })?;
        Ok(Plan { root: plan.node.map(step).transpose()? })
    }

    fn subgraphs(&self) -> Vec<(String, String)> {
        let endpoints = self.hive.supergraph.subgraph_endpoint_map.iter();
        endpoints.map(|(name, url)| (name.clone(), url.clone())).collect()
    }

    fn satisfies(&self, object: &str, condition: &str) -> bool {
        object == condition
            || self.possible.get(condition).is_some_and(|objects| objects.contains(object))
    }
}

fn step(node: PlanNode) -> Result<Step, PlanError> {
    Ok(match node {
        PlanNode::Fetch(node) => Step::Fetch(fetch(node)?),
        PlanNode::Subscription(node) => Step::Subscribe(fetch(node.primary)?),
        PlanNode::Sequence(node) => Step::Sequence(steps(node.nodes)?),
        PlanNode::Parallel(node) => Step::Parallel(steps(node.nodes)?),
        PlanNode::Condition(node) => Step::Condition {
            variable: Name::new(node.condition),
            then: branch(node.if_clause)?,
            otherwise: branch(node.else_clause)?,
        },
        PlanNode::Flatten(flatten) => match *flatten.node {
            PlanNode::Fetch(mut node) => {
                let batch = EntityBatch {
                    key: Name::new("_entities"),
                    variable: Name::new("representations"),
                    paths: vec![path(&flatten.path)],
                    requires: node.requires.take().map(|set| required(&set)).unwrap_or_default(),
                    input: rewrites(node.input_rewrites.take()),
                    output: rewrites(node.output_rewrites.take()),
                };
                Step::Entities { fetch: fetch(node)?, batches: vec![batch] }
            }
            other => step(other)?,
        },
        PlanNode::BatchFetch(node) => Step::Entities {
            batches: node.entity_batch.aliases.into_iter().map(batch).collect(),
            fetch: Fetch {
                subgraph: node.service_name.into(),
                operation: sub_operation(node.operation)?,
                variables: node.variable_usages.into_iter().flatten().map(Name::new).collect(),
                output: Vec::new(),
            },
        },
        PlanNode::Defer(_) => return Err(PlanError::NoPath("@defer is not supported".to_owned())),
    })
}

fn steps(nodes: Vec<PlanNode>) -> Result<Vec<Step>, PlanError> {
    nodes.into_iter().map(step).collect()
}

fn branch(node: Option<Box<PlanNode>>) -> Result<Option<Box<Step>>, PlanError> {
    node.map(|node| step(*node).map(Box::new)).transpose()
}

fn fetch(node: FetchNode) -> Result<Fetch, PlanError> {
    Ok(Fetch {
        subgraph: node.service_name.into(),
        operation: sub_operation(node.operation)?,
        variables: node.variable_usages.into_iter().flatten().map(Name::new).collect(),
        output: rewrites(node.output_rewrites),
    })
}

fn sub_operation(operation: SubgraphFetchOperation) -> Result<SubOperation, PlanError> {
    SubOperation::parse(&operation.document_str)
}

impl SubOperation {
    /// An operation on a subgraph, parsed once.
    ///
    /// # Errors
    /// When the text is no GraphQL.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let document = parse_query(text).map_err(|error| PlanError::NoPath(error.to_string()))?;
        Ok(Self { text: text.into(), document: Arc::new(document) })
    }
}

fn batch(alias: EntityBatchAlias) -> EntityBatch {
    EntityBatch {
        key: Name::new(alias.alias),
        variable: Name::new(alias.representations_variable_name),
        paths: alias.merge_paths.iter().map(path).collect(),
        requires: required(&alias.requires),
        input: rewrites(alias.input_rewrites),
        output: rewrites(alias.output_rewrites),
    }
}

fn path(path: &FlattenNodePath) -> Path {
    let segments = path.as_slice().iter().map(|segment| match segment {
        FlattenNodePathSegment::Field(name) => Segment::Field(Name::new(name)),
        FlattenNodePathSegment::List => Segment::List,
        FlattenNodePathSegment::TypeCondition(types) => Segment::On(types.clone()),
    });
    segments.collect()
}

fn required(set: &SelectionSet) -> Vec<Required> {
    let items = set.items.iter().filter_map(|item| match item {
        SelectionItem::Field(field) => Some(Required::Field {
            key: Name::new(field.selection_identifier()),
            name: Name::new(&field.name),
            inner: required(&field.selections),
        }),
        SelectionItem::InlineFragment(fragment) => Some(Required::On {
            condition: fragment.type_condition.clone(),
            inner: required(&fragment.selections),
        }),
        // The planner inlines named fragments.
        SelectionItem::FragmentSpread(_) => None,
    });
    items.collect()
}

fn rewrites(rewrites: Option<Vec<FetchRewrite>>) -> Vec<Rewrite> {
    let rewrites = rewrites.into_iter().flatten().map(|rewrite| match rewrite {
        FetchRewrite::KeyRenamer(rename) => {
            Rewrite::Rename { path: rewrite_path(rename.path), to: Name::new(rename.rename_key_to) }
        }
        FetchRewrite::ValueSetter(set) => {
            Rewrite::Set { path: rewrite_path(set.path), to: set.set_value_to }
        }
    });
    rewrites.collect()
}

fn rewrite_path(path: Vec<FetchNodePathSegment>) -> Vec<RewriteSegment> {
    let segments = path.into_iter().map(|segment| match segment {
        FetchNodePathSegment::Key(key) => RewriteSegment::Key(Name::new(key)),
        FetchNodePathSegment::TypenameEquals(types) => RewriteSegment::On(types),
    });
    segments.collect()
}
