//! Why a set of subgraphs has no supergraph.

use std::fmt;

/// Every reason found, in the order in which the subgraphs were given and then
/// by type. Composition goes on after the first mistake, so that one run shows
/// them all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompositionErrors(pub Vec<CompositionError>);

/// One reason, with the place where it has to be mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompositionError {
    /// The name under which the federation documentation lists the mistake,
    /// for example `INVALID_FIELD_SHARING`.
    pub code: &'static str,
    /// The subgraphs that have to change or agree, by name.
    pub subgraphs: Vec<String>,
    /// A schema coordinate such as `Product.price`; none when the mistake
    /// concerns a subgraph as a whole.
    pub coordinate: Option<String>,
    /// A sentence for the author of the subgraph.
    pub message: String,
}

impl CompositionError {
    /// A mistake at `coordinate`, made by one subgraph.
    pub(super) fn at(
        code: &'static str,
        subgraph: &str,
        coordinate: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::between(code, [subgraph], coordinate, message)
    }

    /// A disagreement at `coordinate` between several subgraphs.
    pub(super) fn between<'a>(
        code: &'static str,
        subgraphs: impl IntoIterator<Item = &'a str>,
        coordinate: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            subgraphs: subgraphs.into_iter().map(str::to_owned).collect(),
            coordinate: Some(coordinate.into()),
            message: message.into(),
        }
    }

    /// A mistake that concerns a subgraph as a whole.
    pub(super) fn of_subgraph(code: &'static str, subgraph: &str, message: impl Into<String>) -> Self {
        Self { code, subgraphs: vec![subgraph.to_owned()], coordinate: None, message: message.into() }
    }
}

impl fmt::Display for CompositionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(coordinate) = &self.coordinate {
            write!(f, " {coordinate}")?;
        }
        if !self.subgraphs.is_empty() {
            write!(f, " ({})", self.subgraphs.join(", "))?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for CompositionError {}

impl fmt::Display for CompositionErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CompositionErrors {}
