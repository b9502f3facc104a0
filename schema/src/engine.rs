//! The engine: documents are prepared once, plans run, answers completed.

use std::{any::TypeId, collections::HashMap, sync::Arc};

use apollo_compiler::{
    Node,
    ast::{OperationType, VariableDefinition},
};
use async_graphql::{Data, Executor, Name, Request, Response, ServerError, Variables};
use futures_util::{StreamExt as _, stream::BoxStream};
use kit::{Batches, RequestScope, drive};
use moka::future::Cache;

use crate::{
    Answer, EngineError, Limits, PublicSchema,
    compose::{SubgraphSdl, compose},
    cost,
    document::{
        self,
        print::{self, Names, Printed},
        shape::{self, Field, Selection},
    },
    error,
    execute::{Keys, Run, is_included},
    fanout::{Fanout, Personal, Sharing},
    guarded::Guarded,
    guards::{Guards, Refused, Refusing},
    introspect::Introspector,
    planner::{Fetch, HivePlanner, Plan, PlanError, Planner, Step, SubOperation},
    price, satisfiable,
    transport::{NODE_SUBGRAPH, NodeSubgraph, Transport},
    variables,
    witness::Witnesses,
};

/// A subgraph: its SDL and the way to it.
pub struct SubgraphSource {
    /// Name, address (for show, when it runs in this process) and SDL.
    pub sdl: SubgraphSdl,
    /// The way to it.
    pub transport: Arc<dyn Transport>,
}

/// What a client asks.
#[derive(Debug, Clone, Default)]
pub struct GraphQLRequest {
    /// The document.
    pub query: String,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// Values for its variables.
    pub variables: Variables,
}

/// The graph, ready to answer. Cheap to clone.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Graph>);

pub(crate) struct Graph {
    public: PublicSchema,
    supergraph: String,
    subgraphs: Vec<SubgraphSdl>,
    pub(crate) planner: Arc<dyn Planner>,
    pub(crate) transports: HashMap<String, Arc<dyn Transport>>,
    pub(crate) limits: Limits,
    /// Who may see which field.
    pub(crate) guards: Guards,
    /// Tell a found object of `node` from a reference.
    witnesses: Witnesses,
    /// Which fields depend on who asks.
    personal: Personal,
    pub(crate) fanout: Arc<Fanout>,
    documents: Cache<String, Arc<Prepared>>,
}

/// Query, mutation or subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Reads.
    Query,
    /// Writes.
    Mutation,
    /// Follows events.
    Subscription,
}

/// An operation, validated and planned; valid for any variables.
pub struct Prepared {
    /// What it does.
    pub kind: Kind,
    pub(crate) shape: Selection,
    pub(crate) plan: Plan,
    /// Under which names the plan's answers stand in the tree.
    keys: Keys,
    variables: Vec<Node<VariableDefinition>>,
    /// Further names that the plan has for variables.
    conditions: Vec<(Name, Name)>,
    /// How subscribers can share it; `None` when each has to have its own.
    pub(crate) sharing: Option<Sharing>,
    /// What it costs, where variables don't change that.
    cost: Option<u64>,
    /// What is left of it when it is asked to be costed only.
    dry: Option<Arc<Self>>,
    /// Where only some may see all of it.
    pub(crate) guarded: Option<Guarded>,
}

impl Engine {
    /// Composes the subgraphs and serves them as one graph.
    ///
    /// # Errors
    /// When they don't fit together, or a field of the graph can't be resolved;
    /// the message names subgraph and coordinate.
    pub fn compose(subgraphs: Vec<SubgraphSource>, limits: Limits) -> Result<Self, EngineError> {
        match Self::compose_with_gaps(subgraphs, limits)? {
            (engine, None) => Ok(engine),
            (_, Some(gaps)) => Err(gaps),
        }
    }

    /// As [`compose`](Self::compose), for graphs whose subgraphs are not ours to
    /// mend: fields that no plan reaches are told, and refused when asked for.
    ///
    /// # Errors
    /// When the subgraphs don't fit together.
    pub fn compose_with_gaps(
        subgraphs: Vec<SubgraphSource>,
        limits: Limits,
    ) -> Result<(Self, Option<EngineError>), EngineError> {
        let mut sdls: Vec<SubgraphSdl> = subgraphs.iter().map(|source| source.sdl.clone()).collect();
        let mut transports: HashMap<String, Arc<dyn Transport>> =
            subgraphs.into_iter().map(|source| (source.sdl.name, source.transport)).collect();
        if let Some(node) = NodeSubgraph::of(&sdls) {
            sdls.push(node.sdl());
            transports.insert(NODE_SUBGRAPH.to_owned(), Arc::new(node));
        }
        let supergraph = compose(&sdls)?;
        let planner = Arc::new(HivePlanner::new(&supergraph)?);
        let engine = Self::build(planner, supergraph, sdls, transports, limits)?;
        let graph = &engine.0;
        let gaps =
            satisfiable::check(&graph.public, graph.planner.as_ref(), graph.limits.planning).err();
        Ok((engine, gaps))
    }

    /// Serves a finished supergraph.
    ///
    /// # Errors
    /// When it is not valid, or one of its subgraphs has no transport.
    pub fn from_supergraph(
        supergraph: String,
        transports: HashMap<String, Arc<dyn Transport>>,
        limits: Limits,
    ) -> Result<Self, EngineError> {
        let planner = Arc::new(HivePlanner::new(&supergraph)?);
        Self::build(planner, supergraph, Vec::new(), transports, limits)
    }

    /// Serves a finished supergraph with another planner.
    ///
    /// # Errors
    /// As [`Engine::from_supergraph`].
    pub fn with_planner(
        planner: Arc<dyn Planner>,
        supergraph: String,
        transports: HashMap<String, Arc<dyn Transport>>,
        limits: Limits,
    ) -> Result<Self, EngineError> {
        Self::build(planner, supergraph, Vec::new(), transports, limits)
    }

    fn build(
        planner: Arc<dyn Planner>,
        supergraph: String,
        subgraphs: Vec<SubgraphSdl>,
        transports: HashMap<String, Arc<dyn Transport>>,
        limits: Limits,
    ) -> Result<Self, EngineError> {
        for (name, _) in planner.subgraphs() {
            if !transports.contains_key(&name) {
                return Err(EngineError::UnknownSubgraph(name));
            }
        }
        let public = PublicSchema::from_supergraph(&supergraph)?;
        let guards = Guards::of(&supergraph);
        let witnesses = Witnesses::of(&supergraph, &guards);
        let personal = Personal::of(&supergraph);
        let fanout = Arc::new(Fanout::new(limits.fanout));
        // A document counts as many as it is large: comments are no tokens, and a
        // few fragments can stand for thousands of fields.
        let documents = Cache::builder()
            .max_capacity(limits.documents)
            .weigher(|text: &String, prepared: &Arc<Prepared>| {
                let parts = 1 + text.len() / 4_096 + prepared.shape.size() / 64;
                // With what is left of it for guests.
                let times = if prepared.guarded.is_some() { 2 } else { 1 };
                u32::try_from(times * parts).unwrap_or(u32::MAX)
            })
            .build();
        Ok(Self(Arc::new(Graph {
            public,
            supergraph,
            subgraphs,
            planner,
            transports,
            limits,
            guards,
            witnesses,
            personal,
            fanout,
            documents,
        })))
    }

    /// Leaves `@authenticated` and `@requiresScopes` to the subgraphs, for a gateway
    /// that can't read its callers' tokens and only passes them on.
    ///
    /// # Panics
    /// When the engine is used already.
    #[must_use]
    pub fn leaving_guards_to_subgraphs(mut self) -> Self {
        Arc::get_mut(&mut self.0).expect("nobody uses the engine yet").guards = Guards::default();
        self
    }

    /// The public schema's SDL.
    #[must_use]
    pub fn sdl(&self) -> &str {
        &self.0.public.sdl
    }

    /// Name, address and SDL of every subgraph that was composed, the engine's
    /// own among them.
    #[must_use]
    pub fn subgraphs(&self) -> &[SubgraphSdl] {
        &self.0.subgraphs
    }

    /// The supergraph that is served.
    #[must_use]
    pub fn supergraph(&self) -> &str {
        &self.0.supergraph
    }

    /// Validates and plans an operation, or finds it in the cache.
    ///
    /// # Errors
    /// Why the document is refused.
    pub async fn prepare(
        &self,
        query: &str,
        operation_name: Option<&str>,
    ) -> Result<Arc<Prepared>, Vec<ServerError>> {
        let key: std::borrow::Cow<'_, str> = match operation_name {
            // No valid document holds this sign, and no two requests share a key.
            None if query.contains('\0') => format!("\0{query}").into(),
            None => query.into(),
            Some(name) => format!("{}\0{name}{query}", name.len()).into(),
        };
        if let Some(known) = self.0.documents.get(key.as_ref()).await {
            return Ok(known);
        }
        let (graph, query) = (self.0.clone(), query.to_owned());
        let name = operation_name.map(str::to_owned);
        let prepared = self.0.documents.try_get_with(key.into_owned(), async move {
            let work = move || graph.prepare(&query, name.as_deref(), None);
            // Validating and planning can take milliseconds of CPU.
            tokio::task::spawn_blocking(work).await.unwrap_or_else(|panic| {
                tracing::error!(%panic, "preparing a document panicked");
                Err(vec![error::coded(error::INTERNAL, "internal error")])
            })
        });
        prepared.await.map_err(|errors| errors.as_ref().clone())
    }

    /// Answers a query or mutation.
    pub async fn execute(&self, request: GraphQLRequest, scope: RequestScope) -> Answer {
        match self.prepare(&request.query, request.operation_name.as_deref()).await {
            Ok(prepared) => self.run(prepared, request.variables, scope).await,
            Err(errors) => Answer::refused(errors),
        }
    }

    /// Answers a prepared query or mutation.
    pub async fn run(
        &self,
        prepared: Arc<Prepared>,
        given: Variables,
        mut scope: RequestScope,
    ) -> Answer {
        let prepared = match self.allowed(prepared, &given, &scope).await {
            Ok(prepared) => prepared,
            Err(errors) => return Answer::refused(errors),
        };
        let variables = match self.0.affordable(&prepared, given) {
            Ok(variables) => variables,
            Err(errors) => return Answer::refused(errors),
        };
        let prepared = prepared.dry(&variables).cloned().unwrap_or(prepared);
        match prepared.kind {
            Kind::Query => {}
            Kind::Mutation => scope.batches = Batches::forgetting(),
            Kind::Subscription => {
                let message = "subscriptions need a transport for streams, such as WebSocket";
                return Answer::refused(vec![error::coded(error::BAD_REQUEST, message)]);
            }
        }
        let run = Run::new(self.0.planner.as_ref(), &self.0.transports, &variables, &scope);
        match &prepared.plan.root {
            None => {}
            Some(Step::Fetch(fetch)) => drive(scope.batches.clone(), run.fetch(fetch)).await,
            Some(step) => drive(scope.batches.clone(), run.step(step)).await,
        }
        let (value, errors) = self.0.finish(run, &prepared, &variables);
        Answer::new(value, errors, prepared, variables)
    }
}

impl Executor for Engine {
    async fn execute(&self, request: Request) -> Response {
        let (request, scope) = split(request);
        Self::execute(self, request, scope).await.into()
    }

    fn execute_stream(
        &self,
        request: Request,
        session: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let (request, scope) = split(request);
        let scope = session.and_then(|session| scope_in(&session)).unwrap_or(scope);
        self.subscribe(request, scope).map(Response::from).boxed()
    }
}

/// A request of the library's kind, and the scope that it carries.
fn split(request: Request) -> (GraphQLRequest, RequestScope) {
    let scope = scope_in(&request.data).unwrap_or_default();
    let Request { query, operation_name, variables, .. } = request;
    (GraphQLRequest { query, operation_name, variables }, scope)
}

fn scope_in(data: &Data) -> Option<RequestScope> {
    data.get(&TypeId::of::<RequestScope>())?.downcast_ref::<RequestScope>().cloned()
}

impl Graph {
    /// Reads and plans an operation, without what is refused.
    pub(crate) fn prepare(
        &self,
        query: &str,
        name: Option<&str>,
        refused: Option<&Refused>,
    ) -> Result<Arc<Prepared>, Vec<ServerError>> {
        let executable = document::read(&self.public, &self.limits, query)?;
        let operation = document::operation(&executable, name)?;
        let mut shape = shape::of(&self.public, &executable, operation)?;
        let refusing: Option<Refusing<'_>> = refused.map(|refused| self.guards.refusing(refused));
        if let Some(refusing) = refusing {
            refusing.mark(&mut shape);
        }
        let (public, witnesses) = (&self.public, &self.witnesses);
        let print = |names, only: Option<&str>| {
            print::operation(public, witnesses, &executable, operation, names, only, refusing)
        };
        let mut conditions = Vec::new();
        let mut plan = Plan::default();
        if let Some(printed) = print(Names::Shielded, None)? {
            plan = self.plan(&printed.text)?;
            conditions = printed.conditions;
        }
        if operation.is_mutation() && !matches!(plan.root, None | Some(Step::Fetch(_))) {
            plan = self.in_series(&shape, |key| print(Names::Shielded, Some(key)))?;
        }
        let mut prepared = Prepared {
            kind: match operation.operation_type {
                OperationType::Query => Kind::Query,
                OperationType::Mutation => Kind::Mutation,
                OperationType::Subscription => Kind::Subscription,
            },
            keys: Keys::Planned,
            variables: operation.variables.clone(),
            conditions,
            cost: cost::fixed(&shape),
            dry: None,
            guarded: refused.is_none().then(|| Guarded::of(&self.guards, &shape, query, name)).flatten(),
            shape,
            plan,
            sharing: None,
        };
        prepared.sharing = Sharing::of(&prepared, &self.personal, &self.transports);
        if let Some(shape) = price::gauges(&prepared) {
            let plan = self.in_series(&shape, |key| print(Names::Shielded, Some(key)))?;
            let (variables, conditions) = (prepared.variables.clone(), prepared.conditions.clone());
            let (kind, keys, cost) = (Kind::Query, Keys::Planned, None);
            let dry = Prepared {
                kind,
                keys,
                variables,
                conditions,
                cost,
                dry: None,
                guarded: None,
                shape,
                plan,
                sharing: None,
            };
            prepared.dry = Some(Arc::new(dry));
        }
        // A module that answers alone answers all of it.
        if refused.is_none()
            && self.can_answer_alone(&prepared)
            && let Some(printed) = print(Names::Client, None)?
            && let Ok(own) = SubOperation::parse(&printed.text)
            && let Some(Step::Fetch(fetch)) = &mut prepared.plan.root
        {
            fetch.operation = own;
            fetch.output = Vec::new();
            prepared.keys = Keys::Client;
        }
        Ok(Arc::new(prepared))
    }

    /// A mutation's fields planned one by one: each is complete before the next
    /// begins (GraphQL specification, 6.2.2 "Mutation"), while a plan of the
    /// whole reads what the first field answers beside running the second.
    fn in_series(
        &self,
        shape: &Selection,
        print: impl Fn(&str) -> Result<Option<Printed>, Vec<ServerError>>,
    ) -> Result<Plan, Vec<ServerError>> {
        let mut steps = Vec::new();
        for field in shape.variants.iter().flat_map(|variant| &variant.fields) {
            if let Some(printed) = print(&field.key)? {
                steps.extend(self.plan(&printed.text)?.root);
            }
        }
        Ok(Plan { root: Some(Step::Sequence(steps)) })
    }

    fn plan(&self, text: &str) -> Result<Plan, Vec<ServerError>> {
        self.planner.plan(text, self.limits.planning).map_err(|failed| {
            vec![match failed {
                PlanError::TooSlow => {
                    error::coded(error::TIMEOUT, "planning the document took too long")
                }
                PlanError::NoPath(reason) => {
                    tracing::error!(%reason, "a valid document has no plan");
                    error::coded(error::INTERNAL, "internal error")
                }
            }]
        })
    }

    /// Whether the one module that a plan asks can be given the client's own
    /// operation, so that its answer needs no mapping back.
    fn can_answer_alone(&self, prepared: &Prepared) -> bool {
        let Some(Step::Fetch(fetch)) = &prepared.plan.root else { return false };
        let is_local =
            self.transports.get(&*fetch.subgraph).is_some_and(|transport| transport.is_local());
        is_local
            && &*fetch.subgraph != NODE_SUBGRAPH
            && !self.public.hides_values
            && prepared.shape.is_plain()
    }

    pub(crate) fn variables(
        &self,
        prepared: &Prepared,
        given: Variables,
    ) -> Result<Variables, Vec<ServerError>> {
        let mut variables = variables::coerce(&self.public, &prepared.variables, given)?;
        for (name, own) in &prepared.conditions {
            if let Some(value) = variables.get(own).cloned() {
                variables.insert(name.clone(), value);
            }
        }
        Ok(variables)
    }

    pub(crate) fn finish(
        &self,
        run: Run<'_>,
        prepared: &Prepared,
        variables: &Variables,
    ) -> (Option<async_graphql::Value>, Vec<ServerError>) {
        let introspector = Introspector::new(&self.public, variables);
        for field in prepared.root_fields().filter(|field| field.is_introspection()) {
            if is_included(field, variables) {
                run.insert(field.planned.clone(), introspector.resolve(field));
            }
        }
        for field in prepared.root_fields() {
            self.witnesses.drop_missing(field, &run);
        }
        if let Some(error) = introspector.exhausted() {
            return (None, vec![error]);
        }
        let (value, mut errors) = run.finish(&prepared.shape, prepared.keys);
        errors.truncate(self.limits.errors);
        (value, errors)
    }
}

impl Prepared {
    /// Whether the operation asks for the schema itself.
    #[must_use]
    pub fn reads_schema(&self) -> bool {
        self.root_fields().any(Field::is_introspection)
    }

    /// Whether a variable has to have a value.
    pub(crate) fn needs(&self, variable: &str) -> bool {
        let mut definitions = self.variables.iter();
        definitions.any(|definition| definition.name == variable && definition.ty.is_non_null())
    }

    pub(crate) const fn keys(&self) -> Keys {
        self.keys
    }

    /// The points it costs with these variables.
    pub(crate) fn cost(&self, variables: &Variables) -> u64 {
        self.cost.unwrap_or_else(|| cost::of(&self.shape, variables))
    }

    /// Whether no variable changes what it costs, nor whether it is run.
    pub(crate) const fn costs_the_same(&self) -> bool {
        self.cost.is_some() && self.dry.is_none()
    }

    /// The way to what costs most.
    pub(crate) fn dearest(&self, variables: &Variables) -> String {
        cost::dearest(&self.shape, variables)
    }

    /// What runs of it with these variables, where it is only to be costed.
    pub(crate) fn dry(&self, variables: &Variables) -> Option<&Arc<Self>> {
        self.dry.as_ref().filter(|_| price::is_dry(self, variables))
    }

    /// Whether the answer tells what the caller has left, which is nobody else's.
    #[must_use]
    pub fn tells_budget(&self) -> bool {
        price::tells_budget(self)
    }

    pub(crate) fn root_fields(&self) -> impl Iterator<Item = &Field> {
        self.shape.variants.iter().flat_map(|variant| &variant.fields)
    }

    /// The step that follows a stream.
    pub(crate) fn subscription(&self) -> Option<&Fetch> {
        match &self.plan.root {
            Some(Step::Subscribe(fetch)) => Some(fetch),
            Some(Step::Sequence(steps)) => match steps.first() {
                Some(Step::Subscribe(fetch)) => Some(fetch),
                _ => None,
            },
            _ => None,
        }
    }
}
