//! A case in a text file: subgraphs, and what the graph answers to whom.
//!
//! A file begins with a comment, then come sections, each with a heading:
//!
//! - `=== subgraph NAME [fed1] [local] [away]`: the SDL of a subgraph; the link
//!   to Federation 2 is added unless it says `fed1`. `local` pretends to run in
//!   this process, `away` answers nothing.
//! - `=== data NAME`: what the subgraph answers from, see [`naive`](super::naive).
//! - `=== module NAME`: a real module of [`modules`](super::modules).
//! - `=== query`, `=== operation`, `=== variables`: the next request. A query
//!   stands until the next one; the other two go back to nothing with it.
//!   `«N×text»` repeats a text, `#` in it is the number of the repetition.
//! - `=== viewer [ROLE…]`: who asks from here on; a guest without a role.
//! - `=== answer`: the exact answer; `=== events`: all answers of a
//!   subscription; `=== sent`: what the subgraphs were asked meanwhile, in order;
//!   `=== plan`: the plan; `=== schema`: the public schema; `=== supergraph`:
//!   lines of which each is a part of the supergraph; `=== refused`: why there is no graph.
//!
//! With `UPDATE_CASES=1` the expectations are written instead of checked.

use std::{
    collections::HashMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use async_graphql::{Value, Variables};
use futures_util::StreamExt as _;
use kit::{RequestScope, Role, Viewer};
use schema::{
    Engine, EngineError, GraphQLRequest, Limits, LocalSubgraph, SubgraphSource, Transport,
    compose::SubgraphSdl,
};

use super::{
    LINK,
    fake::{Fake, Log},
    json, modules,
    naive::Naive,
};

/// No request of a case may take longer.
const SLOW: Duration = Duration::from_secs(3);

/// Runs a case; the error shows what differs.
pub(crate) async fn run(path: &Path, updates: bool) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let (comment, sections) = split(&text);
    if !comment.starts_with("# ") {
        return Err("a case starts with a comment".to_owned());
    }
    let log = Log::default();
    let mut runner = Runner {
        engine: graph(&sections, &log)?,
        log,
        asked: Asked::default(),
        scope: RequestScope::default(),
    };
    let mut problems = Vec::new();
    let mut updated = comment.to_owned();
    for section in &sections {
        let actual = runner.section(section).await?;
        let body = actual.as_deref().unwrap_or(&section.body);
        updated.push_str(&format!("=== {}\n{}\n\n", section.heading, body));
        if body != section.body {
            problems.push(format!("{}:\n{}", section.heading, difference(&section.body, body)));
        }
    }
    if updates {
        return std::fs::write(path, updated.trim_end().to_owned() + "\n")
            .map_err(|error| error.to_string());
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

struct Section {
    /// All words of the heading.
    heading: String,
    body: String,
}

impl Section {
    fn kind(&self) -> &str {
        self.heading.split(' ').next().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.heading.split(' ').nth(1).unwrap_or_default()
    }

    fn has(&self, flag: &str) -> bool {
        self.heading.split(' ').any(|word| word == flag)
    }
}

fn split(text: &str) -> (&str, Vec<Section>) {
    let start = text.find("=== ").unwrap_or(text.len());
    let (comment, rest) = text.split_at(start);
    let sections = rest.split("=== ").skip(1).map(|section| {
        let (heading, body) = section.split_once('\n').unwrap_or((section, ""));
        Section { heading: heading.trim().to_owned(), body: body.trim().to_owned() }
    });
    (comment, sections.collect())
}

fn graph(sections: &[Section], log: &Log) -> Result<Result<Engine, EngineError>, String> {
    let mut data: HashMap<&str, Value> = HashMap::new();
    for section in sections.iter().filter(|section| section.kind() == "data") {
        data.insert(section.name(), json::parse(&section.body)?);
    }
    let mut subgraphs = Vec::new();
    for section in sections {
        let name = section.name();
        match section.kind() {
            "subgraph" => subgraphs.push(fake(section, data.remove(name), log)),
            "module" => {
                let module = modules::module(name).ok_or(format!("there is no module {name}"))?;
                let sdl = module.sdl();
                let transport = Arc::new(LocalSubgraph::new(module));
                subgraphs.push(source(name, sdl, transport));
            }
            _ => {}
        }
    }
    if let Some(name) = data.keys().next() {
        return Err(format!("there is data of {name}, but no such subgraph"));
    }
    Ok(Engine::compose(subgraphs, Limits::default()))
}

fn fake(section: &Section, data: Option<Value>, log: &Log) -> SubgraphSource {
    let name = section.name();
    let sdl = if section.has("fed1") { section.body.clone() } else { format!("{LINK}{}", section.body) };
    let naive = Naive::new(&sdl, data.unwrap_or(Value::Object(Default::default())));
    let fake = Fake {
        name: name.to_owned(),
        naive: Arc::new(naive),
        is_local: section.has("local"),
        is_away: section.has("away"),
        log: log.clone(),
    };
    source(name, sdl, Arc::new(fake))
}

fn source(name: &str, sdl: String, transport: Arc<dyn Transport>) -> SubgraphSource {
    let sdl = SubgraphSdl { name: name.to_owned(), url: format!("http://{name}"), sdl };
    SubgraphSource { sdl, transport }
}

/// What is asked next.
#[derive(Clone, Default)]
struct Asked {
    query: String,
    operation: Option<String>,
    variables: Variables,
}

struct Runner {
    engine: Result<Engine, EngineError>,
    log: Log,
    asked: Asked,
    scope: RequestScope,
}

impl Runner {
    /// Takes a section in; what an expectation should be, if it is one.
    async fn section(&mut self, section: &Section) -> Result<Option<String>, String> {
        let body = section.body.as_str();
        match section.kind() {
            "subgraph" | "data" | "module" => {}
            "query" => self.asked = Asked { query: repeated(body)?, ..Asked::default() },
            "viewer" => self.scope.viewer = Arc::new(viewer(&section.heading)?),
            "operation" => self.asked.operation = Some(body.to_owned()),
            "variables" => self.asked.variables = variables(&json::parse(body)?),
            "answer" => return self.timed(Self::answer).await.map(Some),
            "events" => return self.timed(Self::events).await.map(Some),
            "sent" => return Ok(Some(self.log.take().join("\n"))),
            "plan" => return self.plan().await.map(Some),
            "schema" => return Ok(Some(self.engine()?.sdl().trim().to_owned())),
            "supergraph" => return self.lines(body).map(Some),
            "refused" => {
                let reason = self.engine.as_ref().err().map(ToString::to_string);
                return Ok(Some(reason.unwrap_or_default()));
            }
            other => return Err(format!("there is no section {other}")),
        }
        Ok(None)
    }

    fn engine(&self) -> Result<&Engine, String> {
        self.engine.as_ref().map_err(ToString::to_string)
    }

    fn request(&self) -> GraphQLRequest {
        let Asked { query, operation, variables } = self.asked.clone();
        GraphQLRequest { query, operation_name: operation, variables }
    }

    async fn timed(&self, ask: impl AsyncFn(&Self) -> Result<String, String>) -> Result<String, String> {
        self.log.take();
        let start = Instant::now();
        let answer = ask(self).await?;
        let took = start.elapsed();
        if took > SLOW { Err(format!("the answer took {took:?}")) } else { Ok(answer) }
    }

    async fn answer(&self) -> Result<String, String> {
        let answer = self.engine()?.execute(self.request(), self.scope.clone()).await;
        text(&answer.to_json())
    }

    async fn events(&self) -> Result<String, String> {
        let answers = self.engine()?.subscribe(self.request(), self.scope.clone());
        let texts: Vec<_> = answers.map(|answer| text(&answer.to_json())).collect().await;
        Ok(texts.into_iter().collect::<Result<Vec<_>, _>>()?.join("\n"))
    }

    async fn plan(&self) -> Result<String, String> {
        let GraphQLRequest { query, operation_name, variables } = self.request();
        match self.engine()?.explain(&query, operation_name.as_deref(), variables).await {
            Ok(explanation) => Ok(explanation.to_string().trim().to_owned()),
            Err(errors) => Err(format!("no plan: {errors:?}")),
        }
    }

    /// The lines that the supergraph really has, each inside one of its own.
    fn lines(&self, wanted: &str) -> Result<String, String> {
        let supergraph = self.engine()?.supergraph();
        let found = wanted.lines().filter(|line| supergraph.contains(line.trim()));
        let found = found.collect::<Vec<_>>().join("\n");
        if found == wanted { Ok(found) } else { Err(format!("not all lines are in:\n{supergraph}")) }
    }
}

fn text(json: &[u8]) -> Result<String, String> {
    let json = std::str::from_utf8(json).map_err(|error| error.to_string())?;
    json::parse(json).map(|value| json::pretty(&value))
}

/// Somebody with the roles of a heading.
fn viewer(heading: &str) -> Result<Viewer, String> {
    let role = |name: &str| match name {
        "customer" => Ok(Role::Customer),
        "seller" => Ok(Role::Seller),
        "support" => Ok(Role::Support),
        "moderator" => Ok(Role::Moderator),
        "admin" => Ok(Role::Admin),
        other => Err(format!("there is no role {other}")),
    };
    let roles: Vec<Role> = heading.split(' ').skip(1).map(role).collect::<Result<_, _>>()?;
    let account = (!roles.is_empty()).then(|| kit::seed::id(1));
    Ok(Viewer { account, roles, ..Viewer::default() })
}

fn variables(value: &Value) -> Variables {
    let mut variables = Variables::default();
    if let Value::Object(object) = value {
        for (name, value) in object {
            variables.insert(name.clone(), value.clone());
        }
    }
    variables
}

/// The text with every `«N×text»` repeated.
fn repeated(text: &str) -> Result<String, String> {
    let Some((before, rest)) = text.split_once('«') else { return Ok(text.to_owned()) };
    let wrong = || format!("a repetition is written «N×text», not «{rest}");
    let (count, rest) = rest.split_once('×').ok_or_else(wrong)?;
    let (piece, after) = rest.split_once('»').ok_or_else(wrong)?;
    let count: usize = count.parse().map_err(|_| wrong())?;
    let all: String = (0..count).map(|index| piece.replace('#', &index.to_string())).collect();
    Ok(format!("{before}{all}{}", repeated(after)?))
}

/// The lines that differ, without those that agree before and after.
fn difference(expected: &str, actual: &str) -> String {
    let (expected, actual): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    let shorter = expected.len().min(actual.len());
    let before = (0..shorter).take_while(|index| expected[*index] == actual[*index]).count();
    let after = (1..=shorter - before)
        .take_while(|index| expected[expected.len() - index] == actual[actual.len() - index])
        .count();
    let marked = |lines: &[&str], mark: char| {
        let lines = &lines[before..lines.len() - after];
        lines.iter().map(|line| format!("  {mark} {line}")).collect::<Vec<_>>()
    };
    [marked(&expected, '-'), marked(&actual, '+')].concat().join("\n")
}
