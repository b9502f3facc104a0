//! Everything through the front door: one binary, one server per test.

mod tidy;
