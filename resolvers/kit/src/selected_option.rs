//! A chosen option of a variant, the same in every module that shows one.

use async_graphql::SimpleObject;
use entities::products::variant::Choice;

/// A chosen option.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(shareable)]
pub struct SelectedOption {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

impl From<Choice> for SelectedOption {
    fn from(choice: Choice) -> Self {
        Self { name: choice.name, value: choice.value }
    }
}
