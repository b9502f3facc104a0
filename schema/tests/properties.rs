//! Random documents over a graph of three subgraphs with random nulls and
//! errors: the answer is the one that a naive executor gives over one schema.

mod composition;
mod documents;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_graphql::{Name, PathSegment, Value, Variables, parser::parse_query};
use documents::{CONDITIONS, Choices, document};
use kit::RequestScope;
use proptest::{
    prelude::*,
    test_runner::{TestCaseError, TestError, TestRunner},
};
use schema::{Engine, GraphQLRequest, Limits, Transport, compose::compose, planner::HivePlanner};

use crate::support::{
    fake::{Fake, Log},
    json,
    naive::Naive,
    subgraph,
};

const SUBGRAPHS: [(&str, &str); 3] = [
    ("catalogue", include_str!("properties/catalogue.graphql")),
    ("people", include_str!("properties/people.graphql")),
    ("reviews", include_str!("properties/reviews.graphql")),
];
const DATA: &str = include_str!("properties/data.json");
/// Of the data, what always stands: keys, types, and what another field requires.
const SOUND: [&str; 3] = ["id", "__typename", "percent"];

#[test]
fn a_federated_answer_is_the_answer_of_one_schema() {
    let subgraphs = SUBGRAPHS.map(|(name, sdl)| subgraph(name, sdl));
    let supergraph = compose(&subgraphs).expect("the graph composes");
    let data = json::parse(DATA).expect("the data is JSON");
    let planner = Arc::new(HivePlanner::new(&supergraph).expect("the supergraph is valid"));
    let graph = Graph { supergraph, planner, data };
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(250) };
    let choices = proptest::collection::vec(any::<u8>(), 0..120);
    let damages = proptest::collection::vec((any::<u16>(), any::<bool>()), 0..6);
    let strategy = (choices, damages, any::<(u8, bool)>());

    let outcome =
        TestRunner::new(config).run(&strategy, |(choices, damages, (conditions, is_local))| {
            graph.answers_alike(&choices, &damages, conditions, is_local)
        });

    if let Err(TestError::Fail(reason, _) | TestError::Abort(reason)) = outcome {
        panic!("{reason}");
    }
}

struct Graph {
    supergraph: String,
    planner: Arc<HivePlanner>,
    data: Value,
}

impl Graph {
    fn answers_alike(
        &self,
        choices: &[u8],
        damages: &[(u16, bool)],
        conditions: u8,
        is_local: bool,
    ) -> Result<(), TestCaseError> {
        let data = damaged(self.data.clone(), damages);
        let engine = self.engine(&data, is_local);
        let whole = Naive::new(engine.sdl(), data);
        let text = document(&whole.types, &mut Choices(choices.iter()));
        let variables = variables(&text, conditions);
        let parsed = parse_query(&text).expect("the document parses");

        let wanted = whole.execute(&parsed, &variables);
        let request = GraphQLRequest { query: text.clone(), variables, ..GraphQLRequest::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
        let answer = runtime.block_on(engine.execute(request, RequestScope::default()));

        if answer.is_refused() && text.contains("label") {
            // For a required field below nested conditions the planner may find no plan.
            return Err(TestCaseError::reject("no plan"));
        }
        let given = json::parse(&String::from_utf8_lossy(&answer.to_json())).expect("an answer is JSON");
        let Value::Object(mut given) = given else { panic!("an answer is an object") };
        let context = format!(
            "{text}\nconditions: {conditions:b}\n{}",
            json::pretty(&Value::Object(given.clone()))
        );
        let given = given.swap_remove("data").unwrap_or_default();
        prop_assert_eq!(&given, &wanted.data, "{}", context);
        // A key keeps the place where it stands first, even if only a later
        // occurrence is let in: with conditions the order of keys may differ.
        if !text.contains("(if: $") {
            prop_assert_eq!(json::line(&given), json::line(&wanted.data), "{}", context);
        }
        let paths = |errors: &[async_graphql::ServerError]| {
            errors.iter().map(|error| error.path.iter().map(piece).collect()).collect::<Paths>()
        };
        compare(&wanted.data, &paths(&wanted.errors), &paths(&answer.errors))
            .map_err(|problem| TestCaseError::fail(format!("{problem}\n{context}")))
    }

    fn engine(&self, data: &Value, is_local: bool) -> Engine {
        let transports = SUBGRAPHS.map(|(name, sdl)| {
            let data = if name == "reviews" { without_percents(data.clone()) } else { data.clone() };
            let fake = Fake {
                name: name.to_owned(),
                naive: Arc::new(Naive::new(sdl, data)),
                is_local,
                is_away: false,
                log: Log::default(),
            };
            (name.to_owned(), Arc::new(fake) as Arc<dyn Transport>)
        });
        let limits = Limits { errors: 100_000, cost: u64::MAX, ..Limits::default() };
        let transports = HashMap::from(transports);
        Engine::with_planner(self.planner.clone(), self.supergraph.clone(), transports, limits)
            .expect("the supergraph is valid")
    }
}

/// The variables that the document uses, conditions by the bits of a number; `$t`
/// is never given.
fn variables(text: &str, conditions: u8) -> Variables {
    let bits = (0..3).map(|bit| Value::Boolean(conditions >> bit & 1 == 1));
    let given = CONDITIONS.into_iter().zip(bits).chain([("$n", Value::Number(5.into()))]);
    let mut variables = Variables::default();
    for (name, value) in given.filter(|(name, _)| text.contains(name)) {
        variables.insert(Name::new(&name[1..]), value);
    }
    variables
}

/// The reviews know a voucher's percentage only from what they are sent.
fn without_percents(mut data: Value) -> Value {
    if let Value::Object(data) = &mut data
        && let Some(Value::List(vouchers)) = data.get_mut("Voucher")
    {
        for voucher in vouchers {
            if let Value::Object(voucher) = voucher {
                voucher.swap_remove("percent");
            }
        }
    }
    data
}

/// The data with some values replaced by null or an error.
fn damaged(mut data: Value, damages: &[(u16, bool)]) -> Value {
    for (place, is_error) in damages {
        let mut places = Vec::new();
        find_places(&data, &mut Vec::new(), &mut places);
        let path = &places[usize::from(*place) % places.len()];
        let mut target = &mut data;
        for piece in path {
            target = match (target, piece) {
                (Value::Object(object), PathSegment::Field(key)) => &mut object[key.as_str()],
                (Value::List(items), PathSegment::Index(index)) => &mut items[*index],
                _ => unreachable!("the path was found in the same data"),
            };
        }
        let error = || json::parse(r#"{ "$error": "damaged" }"#).expect("it is JSON");
        *target = if *is_error { error() } else { Value::Null };
    }
    data
}

/// Everything below the records and the root fields that may be damaged.
fn find_places(value: &Value, path: &mut Vec<PathSegment>, places: &mut Vec<Vec<PathSegment>>) {
    let is_record = path.len() == 2 && !matches!(&path[0], PathSegment::Field(ty) if ty == "Query");
    if path.len() >= 2 && !is_record {
        places.push(path.clone());
    }
    match value {
        Value::Object(object) if !object.contains_key("$error") => {
            for (key, value) in object.iter().filter(|(key, _)| !SOUND.contains(&key.as_str())) {
                path.push(PathSegment::Field(key.to_string()));
                find_places(value, path, places);
                path.pop();
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(PathSegment::Index(index));
                find_places(item, path, places);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Paths with their indices as text.
type Paths = BTreeSet<Vec<String>>;

fn piece(piece: &PathSegment) -> String {
    match piece {
        PathSegment::Field(key) => key.clone(),
        PathSegment::Index(index) => index.to_string(),
    }
}

/// No error is made up, and every null that comes of an error has one. Which of
/// several errors below one null are known depends on how far a plan got.
fn compare(data: &Value, wanted: &Paths, given: &Paths) -> Result<(), String> {
    let nulls = |paths: &Paths| -> Paths { paths.iter().map(|path| null_on(data, path)).collect() };
    if let Some(path) = given.difference(wanted).next() {
        return Err(format!("there is no error at {path:?}"));
    }
    if nulls(wanted) != nulls(given) {
        return Err(format!("the errors at {wanted:?} came as {given:?}"));
    }
    Ok(())
}

/// The start of the path, as far as there is something before the first null.
fn null_on(data: &Value, path: &[String]) -> Vec<String> {
    let mut value = data;
    for (length, piece) in path.iter().enumerate() {
        value = match value {
            Value::Object(object) => &object[piece.as_str()],
            Value::List(items) => &items[piece.parse::<usize>().expect("a list has an index")],
            _ => return path[..length].to_vec(),
        };
    }
    path.to_vec()
}
