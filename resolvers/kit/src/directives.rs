//! Directives that publish a field's guard in the SDL.

use async_graphql::TypeDirective;

// The field needs a signed-in viewer. Put it beside `guard = "SignedIn"`. No
// `///`: the SDL would keep it when it leaves the definition to federation.
#[TypeDirective(location = "FieldDefinition")]
pub fn authenticated() {}
