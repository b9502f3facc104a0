//! The plan of an operation: which subgraph is asked what, in which order, and
//! where its answer goes.

use std::{collections::BTreeSet, fmt, sync::Arc};

use async_graphql::{Name, parser::types::ExecutableDocument};

/// The steps that answer an operation; none when only introspection is asked.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The outermost step.
    pub root: Option<Step>,
}

/// One node of a plan.
#[derive(Debug, Clone)]
pub enum Step {
    /// Fields of the operation itself, asked of one subgraph.
    Fetch(Fetch),
    /// A subscription's stream of events, from one subgraph.
    Subscribe(Fetch),
    /// Further fields of objects that are already there.
    Entities {
        /// The question; its document selects `_entities`.
        fetch: Fetch,
        /// Which objects, and what of them is sent.
        batches: Vec<EntityBatch>,
    },
    /// One after the other.
    Sequence(Vec<Step>),
    /// In any order.
    Parallel(Vec<Step>),
    /// Depends on a Boolean variable.
    Condition {
        /// The variable.
        variable: Name,
        /// When it is true.
        then: Option<Box<Step>>,
        /// When it is false.
        otherwise: Option<Box<Step>>,
    },
}

/// A question to one subgraph.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// Whom.
    pub subgraph: Arc<str>,
    /// What.
    pub operation: SubOperation,
    /// The client's variables that it uses.
    pub variables: Vec<Name>,
    /// Changes to the answer before it is merged.
    pub output: Vec<Rewrite>,
}

/// An operation on one subgraph, as text and parsed.
#[derive(Debug, Clone)]
pub struct SubOperation {
    /// For a subgraph in another process.
    pub text: Arc<str>,
    /// For a subgraph in this process.
    pub document: Arc<ExecutableDocument>,
}

/// Objects for which one `_entities` list is asked.
#[derive(Debug, Clone)]
pub struct EntityBatch {
    /// The response key of the list.
    pub key: Name,
    /// The variable that takes the representations.
    pub variable: Name,
    /// Where the objects are.
    pub paths: Vec<Path>,
    /// What of them is sent.
    pub requires: Vec<Required>,
    /// Changes to a representation before it is sent.
    pub input: Vec<Rewrite>,
    /// Changes to an answered object before it is merged.
    pub output: Vec<Rewrite>,
}

/// The way to objects in the answer so far.
pub type Path = Vec<Segment>;

/// One piece of a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Into a field, by response key.
    Field(Name),
    /// Into all items of a list.
    List,
    /// On, if the object is of one of these types.
    On(BTreeSet<String>),
}

/// What a representation consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Required {
    /// A field, with what is required of its value.
    Field {
        /// Its name in the representation.
        key: Name,
        /// Its own name.
        name: Name,
        /// Of its value; everything when empty.
        inner: Vec<Required>,
    },
    /// Only for objects of this type.
    On {
        /// The type condition.
        condition: String,
        /// What of them.
        inner: Vec<Required>,
    },
}

/// A change to a value tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewrite {
    /// Gives the key at the end of the path another name.
    Rename {
        /// The key.
        path: Vec<RewriteSegment>,
        /// Its new name.
        to: Name,
    },
    /// Sets the value at the end of the path.
    Set {
        /// The place.
        path: Vec<RewriteSegment>,
        /// The text to put there.
        to: String,
    },
}

/// One piece of a rewrite's path; lists are entered without a piece of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RewriteSegment {
    /// Into a key.
    Key(Name),
    /// On, if the object is of one of these types.
    On(BTreeSet<String>),
}

impl Step {
    /// The step's questions, outermost first.
    pub fn fetches(&self) -> Vec<&Fetch> {
        match self {
            Self::Fetch(fetch) | Self::Subscribe(fetch) | Self::Entities { fetch, .. } => vec![fetch],
            Self::Sequence(steps) | Self::Parallel(steps) => {
                steps.iter().flat_map(Self::fetches).collect()
            }
            Self::Condition { then, otherwise, .. } => {
                then.iter().chain(otherwise).flat_map(|step| step.fetches()).collect()
            }
        }
    }

    fn write(&self, formatter: &mut fmt::Formatter<'_>, indent: usize) -> fmt::Result {
        let margin = "  ".repeat(indent);
        match self {
            Self::Fetch(fetch) => writeln!(formatter, "{margin}fetch {fetch}"),
            Self::Subscribe(fetch) => writeln!(formatter, "{margin}subscribe {fetch}"),
            Self::Entities { fetch, batches } => {
                writeln!(formatter, "{margin}entities {fetch}")?;
                for path in batches.iter().flat_map(|batch| &batch.paths) {
                    writeln!(formatter, "{margin}  at {}", display_path(path))?;
                }
                Ok(())
            }
            Self::Sequence(steps) => {
                writeln!(formatter, "{margin}in sequence")?;
                steps.iter().try_for_each(|step| step.write(formatter, indent + 1))
            }
            Self::Parallel(steps) => {
                writeln!(formatter, "{margin}in parallel")?;
                steps.iter().try_for_each(|step| step.write(formatter, indent + 1))
            }
            Self::Condition { variable, then, otherwise } => {
                for (name, step) in [("if", then), ("unless", otherwise)] {
                    if let Some(step) = step {
                        writeln!(formatter, "{margin}{name} ${variable}")?;
                        step.write(formatter, indent + 1)?;
                    }
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Fetch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.subgraph, self.operation.text)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.root {
            Some(step) => step.write(formatter, 0),
            None => formatter.write_str("answered by the gateway alone\n"),
        }
    }
}

fn display_path(path: &[Segment]) -> String {
    let pieces: Vec<String> = path
        .iter()
        .map(|segment| match segment {
            Segment::Field(name) => name.to_string(),
            Segment::List => "[]".to_owned(),
            Segment::On(types) => format!("<{}>", types.iter().cloned().collect::<Vec<_>>().join("|")),
        })
        .collect();
    pieces.join(".")
}
