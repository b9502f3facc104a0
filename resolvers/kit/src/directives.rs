//! Directives that publish a field's guard in the SDL.

use async_graphql::TypeDirective;

/// The field needs a signed-in viewer. Put it beside `guard = "SignedIn"`.
#[TypeDirective(location = "FieldDefinition")]
pub fn authenticated() {}
