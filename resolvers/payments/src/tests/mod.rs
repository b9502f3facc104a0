//! Tests of the payments module over its own database.
