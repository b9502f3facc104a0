//! Which rows of a list to read.

/// A page of a list, seen from where a reader stands.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a, P> {
    /// Only what stands beyond this; from the end of the list when absent.
    pub from: Option<&'a P>,
    /// Walk from the last row to the first, and answer in this order.
    pub is_backward: bool,
    /// Most rows.
    pub limit: u64,
}

impl<P> Page<'_, P> {
    /// The direction of an order and the comparison with what stands beyond, in
    /// a list whose largest, or smallest, row is its first.
    pub(crate) const fn direction(&self, is_largest_first: bool) -> (&'static str, &'static str) {
        if is_largest_first == self.is_backward { ("ASC", ">") } else { ("DESC", "<") }
    }
}
