//! From a client's text to a validated operation: scan, parse, measure,
//! validate, once per document.

pub(crate) mod measure;
pub(crate) mod print;
pub(crate) mod rules;
pub(crate) mod scan;
pub(crate) mod shape;

use apollo_compiler::{
    ExecutableDocument, Node,
    ast::Document,
    diagnostic::{Diagnostic, ToCliReport as _},
    executable::Operation,
    parser::{Parser, SourceSpan},
    validation::{DiagnosticData, DiagnosticList, Valid},
};
use async_graphql::{Pos, ServerError};
use scan::TooMuch;

use crate::{Limits, PublicSchema, error};

/// The most mistakes that are named in one document, and places of each.
const MAX_ERRORS: usize = 20;

/// Reads and validates a document.
pub(crate) fn read(
    public: &PublicSchema,
    limits: &Limits,
    text: &str,
) -> Result<Valid<ExecutableDocument>, Vec<ServerError>> {
    let text = scan::scan(text, limits.tokens, limits.nesting).map_err(|reason| {
        vec![match reason {
            TooMuch::Tokens => error::too_much("tokens", limits.tokens),
            TooMuch::Nesting => error::too_much("levels of nesting", limits.nesting),
        }]
    })?;
    let document = parse(&text, limits)?;
    measure::measure(&document, limits)?;
    let executable = document
        .to_executable_validate(&public.schema)
        .map_err(|list| diagnostics(&list.errors, error::VALIDATION))?;
    rules::check(public, &document, &executable)?;
    Ok(executable)
}

fn parse(text: &str, limits: &Limits) -> Result<Document, Vec<ServerError>> {
    Parser::new()
        .recursion_limit(limits.nesting.saturating_mul(4))
        .token_limit(limits.tokens.saturating_mul(4))
        .parse_ast(text, "document.graphql")
        .map_err(|broken| diagnostics(&broken.errors, error::PARSE))
}

/// The operation that a request names.
pub(crate) fn operation<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Result<&'d Node<Operation>, Vec<ServerError>> {
    document.operations.get(name).map_err(|_| {
        let message = match name {
            Some(name) => format!("the document has no operation named {name}"),
            None => "the document has several operations: name one in operationName".to_owned(),
        };
        vec![error::coded(error::VALIDATION, message)]
    })
}

fn diagnostics(list: &DiagnosticList, code: &'static str) -> Vec<ServerError> {
    let mut errors: Vec<ServerError> = Vec::new();
    for diagnostic in list.iter().filter(|diagnostic| !is_consequence(diagnostic)) {
        let message =
            diagnostic.error.unstable_compat_message().unwrap_or_else(|| diagnostic.error.to_string());
        let place = position(diagnostic.error.location(), diagnostic.sources);
        // Some mistakes are made in many places, or found by several of the
        // library's rules.
        match errors.iter_mut().find(|known| known.message == message) {
            Some(known) if known.locations.len() >= MAX_ERRORS => {}
            Some(known) => {
                known.locations.extend(place.filter(|place| !known.locations.contains(place)));
            }
            None => {
                let mut error = error::coded(code, message);
                error.locations.extend(place);
                errors.push(error);
            }
        }
    }
    errors.truncate(MAX_ERRORS);
    errors
}

/// Whether the library misses a selection that is there: it leaves out the
/// fields that are not valid, and names each of them besides.
fn is_consequence(diagnostic: &Diagnostic<'_, DiagnosticData>) -> bool {
    let text = diagnostic.error.location().and_then(|span| {
        let source = diagnostic.sources.get(&span.file_id())?.source_text();
        source.get(span.offset()..span.end_offset())
    });
    diagnostic.error.unstable_error_name() == Some("MissingSubselection")
        && text.is_some_and(|field| field.trim_end().ends_with('}'))
}

/// Line and column, both from 1, of a place in a document.
pub(crate) fn position(
    location: Option<SourceSpan>,
    sources: &apollo_compiler::parser::SourceMap,
) -> Option<Pos> {
    let place = location?.line_column(sources)?;
    Some(Pos { line: place.line, column: place.column })
}
