//! Builds the crate anew when the playground's built assets change: they are
//! embedded by name.

fn main() {
    println!("cargo:rerun-if-changed=../playground/dist");
}
