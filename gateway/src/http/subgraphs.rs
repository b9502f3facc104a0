//! One module alone at `/subgraphs/<name>`, for a gateway in another process:
//! the raw subgraph with `_service` and `_entities`, behind the same bounds and
//! the same identity as the graph.

use std::{panic::AssertUnwindSafe, sync::Arc};

use async_graphql::{
    Name, Request as SubgraphRequest, Response as SubgraphResponse, Value,
    parser::{
        parse_query,
        types::{ExecutableDocument, Field, OperationType, Selection, SelectionSet},
    },
};
use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;
use kit::{Batches, Subgraph};
use schema::{GraphQLRequest, is_bounded};

use super::{
    Front,
    accept::{self, Media},
    body,
    errors::Refusal,
    identity,
    persisted::Persisted,
    request,
    trace::RequestId,
};

/// A gateway asks in fields written out, which takes more tokens than the
/// client's fragments did.
const TOKENS_FACTOR: usize = 20;

/// Answers one question to one module.
pub(super) async fn serve(
    State(front): State<Arc<Front>>,
    Extension(id): Extension<RequestId>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let media = accept::negotiate(request.headers()).unwrap_or(Media::Json);
    let Some(subgraph) = front.subgraphs.get(name.as_str()) else {
        let message = format!("no module `{name}` runs in this process");
        let refusal = Refusal::new(StatusCode::NOT_FOUND, "BAD_REQUEST", message);
        return refusal.into_response(media, &id.0);
    };
    let work = AssertUnwindSafe(ask(&front, subgraph.as_ref(), request, &id)).catch_unwind();
    let answer = match tokio::time::timeout(front.server.request_timeout, work).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(Refusal::internal()),
        Err(_) => {
            Err(Refusal::timeout(StatusCode::GATEWAY_TIMEOUT, "the request took too long to answer"))
        }
    };
    match answer.map(|response| serde_json::to_vec(&response)) {
        Ok(Ok(json)) => ([(header::CONTENT_TYPE, media.header())], json).into_response(),
        Ok(Err(_)) => Refusal::internal().into_response(media, &id.0),
        Err(refusal) => refusal.into_response(media, &id.0),
    }
}

async fn ask(
    front: &Front,
    subgraph: &dyn Subgraph,
    request: Request,
    id: &RequestId,
) -> Result<SubgraphResponse, Refusal> {
    let (parts, body) = request.into_parts();
    if !accept::is_json(&parts.headers) {
        body::discard(&parts.headers, body).await;
        let message = "send the request as `Content-Type: application/json` in UTF-8";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_REQUEST", message));
    }
    let body = body::read(&parts.headers, body, front.server.body_limit).await?;
    let asked = request::from_body(&body, front.limits.nesting)?;
    if matches!(asked.persisted, Some(Persisted::Alone(_) | Persisted::Foreign)) {
        // A gateway sends its own documents, as they are.
        return Err(refused("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported"));
    }
    let GraphQLRequest { query, operation_name, variables } = asked.request;
    let document = parse(front, &query)?;
    let mut scope = identity::scope(front, &parts, id).await?;
    let writes =
        document.operations.iter().any(|(_, operation)| operation.node.ty == OperationType::Mutation);
    if writes {
        scope.batches = Batches::forgetting();
    }
    let batches = scope.batches.clone();
    let service = service_keys(&document);
    let mut question = SubgraphRequest::new("").variables(variables).data(scope);
    question.operation_name = operation_name;
    question.set_parsed_query(document);
    let mut response = kit::drive(batches, subgraph.execute(question)).await;
    for (service, sdl) in service {
        publish(&mut response.data, &service, &sdl, subgraph);
    }
    Ok(response)
}

/// The response keys of every `_service { sdl }`.
fn service_keys(document: &ExecutableDocument) -> Vec<(Name, Name)> {
    let operations = document.operations.iter();
    let service = operations
        .flat_map(|(_, operation)| fields(&operation.node.selection_set.node))
        .filter(|field| field.name.node == "_service");
    service
        .flat_map(|service| {
            let sdl = fields(&service.selection_set.node).filter(|field| field.name.node == "sdl");
            sdl.map(|sdl| (service.response_key().node.clone(), sdl.response_key().node.clone()))
        })
        .collect()
}

fn fields(selection: &SelectionSet) -> impl Iterator<Item = &Field> {
    selection.items.iter().filter_map(|item| match &item.node {
        Selection::Field(field) => Some(&field.node),
        _ => None,
    })
}

/// Puts in the schema that is composed in this process, too: the library's own
/// answer lacks what the kit adds to it.
fn publish(data: &mut Value, service: &Name, sdl: &Name, subgraph: &dyn Subgraph) {
    if let Value::Object(data) = data
        && let Some(Value::Object(service)) = data.get_mut(service)
        && let Some(value) = service.get_mut(sdl)
    {
        *value = Value::String(subgraph.sdl());
    }
}

/// Parses a document that keeps to the bounds. Gateways write fields out;
/// fragments would be walked as often as they are spread.
fn parse(front: &Front, query: &str) -> Result<ExecutableDocument, Refusal> {
    if !is_bounded(query, front.limits.tokens.saturating_mul(TOKENS_FACTOR), front.limits.nesting) {
        return Err(refused("GRAPHQL_VALIDATION_FAILED", "the document is too large or nests too deep"));
    }
    let document =
        parse_query(query).map_err(|error| refused("GRAPHQL_PARSE_FAILED", &error.to_string()))?;
    match document.fragments.is_empty() {
        true => Ok(document),
        false => Err(refused("GRAPHQL_VALIDATION_FAILED", "write fields out instead of fragments here")),
    }
}

fn refused(code: &str, message: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, code, message)
}
