//! Relay connections with keyset cursors: a cursor carries the sort key and the
//! id of its row, so a page never shifts when rows come or go.

use std::{borrow::Cow, fmt};

use async_graphql::{Object, OutputType, SimpleObject, TypeName};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use entities::Page;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, Result};

/// Items a page has when the client names no number.
pub const DEFAULT_FIRST: i32 = 20;
/// The most items a page may have.
pub const MAX_FIRST: i32 = 100;

/// Where a page starts: an opaque text for clients, a sort key and an id for us.
pub struct Cursor;

impl Cursor {
    /// The opaque text of a sort key.
    #[must_use]
    pub fn encode(key: &impl Serialize) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).expect("sort keys are plain data"))
    }

    /// The sort key behind a client's cursor.
    ///
    /// # Errors
    /// [`Error::BadInput`] when the text is no cursor of this list.
    pub fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K> {
        URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or(Error::BadInput("not a cursor of this list".into()))
    }
}

/// A checked request for a page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageArgs<K> {
    /// How many items, at most [`MAX_FIRST`].
    pub limit: u64,
    /// The rows on the far side of this key only.
    pub from: Option<K>,
    /// Walk backwards: the last items, or the last before `from`.
    pub backward: bool,
}

impl<K: DeserializeOwned> PageArgs<K> {
    /// Checks `first`/`after` or `last`/`before`; the first [`DEFAULT_FIRST`]
    /// when there is no number.
    ///
    /// # Errors
    /// [`Error::BadInput`] for a negative or too large number, a text that is
    /// no cursor of this list, `last` together with `first` or `after`, or
    /// `before` without `last`.
    pub fn new(
        first: Option<i32>,
        after: Option<&str>,
        last: Option<i32>,
        before: Option<&str>,
    ) -> Result<Self> {
        let from = |cursor: Option<&str>| cursor.map(Cursor::decode).transpose();
        match (first, after, last, before) {
            (None, None, Some(last), before) => {
                Ok(Self { limit: checked("last", last)?, from: from(before)?, backward: true })
            }
            (first, after, None, None) => Ok(Self {
                limit: checked("first", first.unwrap_or(DEFAULT_FIRST))?,
                from: from(after)?,
                backward: false,
            }),
            _ => Err(Error::BadInput("page with first and after, or with last and before".into())),
        }
    }
}

impl<K> PageArgs<K> {
    /// The rows of the page, and one more to see whether the list goes on.
    #[must_use]
    pub const fn rows(&self) -> Page<'_, K> {
        Page { from: self.from.as_ref(), is_backward: self.backward, limit: self.limit + 1 }
    }
}

fn checked(name: &str, count: i32) -> Result<u64> {
    if (0..=MAX_FIRST).contains(&count) {
        return Ok(count.unsigned_abs().into());
    }
    Err(Error::BadInput(format!("{name} must be from 0 to {MAX_FIRST}, not {count}").into()))
}

/// Position of a page.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(shareable)]
pub struct PageInfo {
    /// More after endCursor.
    pub has_next_page: bool,
    /// More before startCursor.
    pub has_previous_page: bool,
    /// First cursor.
    pub start_cursor: Option<String>,
    /// Last cursor.
    pub end_cursor: Option<String>,
}

/// One item of a page and its position.
pub struct Edge<T> {
    /// Position; pass as `after` or `before` to go on from here.
    pub cursor: String,
    /// The item.
    pub node: T,
}

/// A page of a list.
pub struct Connection<T> {
    /// The items with their cursors.
    pub edges: Vec<Edge<T>>,
    /// More behind the last item.
    pub has_next_page: bool,
    /// More before the first item.
    pub has_previous_page: bool,
    /// The count of the whole list, when it was asked for.
    pub total_count: Option<i64>,
}

impl<T> Connection<T> {
    /// The page of `rows`, which were read with one row more than asked for to
    /// see whether the list goes on (in walking order).
    pub fn from_rows<R, K: Serialize>(
        args: &PageArgs<K>,
        mut rows: Vec<R>,
        key: impl Fn(&R) -> K,
        node: impl Fn(R) -> T,
    ) -> Self {
        let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        if args.backward {
            rows.reverse();
        }
        // A cursor belongs to an item on its far side.
        let has_passed = args.from.is_some();
        let (has_next_page, has_previous_page) =
            if args.backward { (has_passed, has_more) } else { (has_more, has_passed) };
        let edges = rows
            .into_iter()
            .map(|row| Edge { cursor: Cursor::encode(&key(&row)), node: node(row) })
            .collect();
        Self { edges, has_next_page, has_previous_page, total_count: None }
    }

    /// Where the page stands in the list.
    #[must_use]
    pub fn position(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.has_next_page,
            has_previous_page: self.has_previous_page,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }

    /// The same page, with the count of the whole list.
    #[must_use]
    pub fn with_total_count(mut self, total_count: Option<i64>) -> Self {
        self.total_count = total_count;
        self
    }
}

impl<T> fmt::Debug for Connection<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connection").field("edges", &self.edges.len()).finish_non_exhaustive()
    }
}

impl<T: OutputType> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

impl<T: OutputType> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

/// An item of a page and its position.
#[Object(name_type)]
impl<T: OutputType> Edge<T> {
    /// Position; pass as `after` or `before` to go on from here.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The item.
    async fn node(&self) -> &T {
        &self.node
    }
}

/// A page of a list.
#[Object(name_type)]
impl<T: OutputType> Connection<T> {
    /// Items with their cursors.
    async fn edges(&self) -> &[Edge<T>] {
        &self.edges
    }

    /// Items.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Position of this page in the list.
    async fn page_info(&self) -> PageInfo {
        self.position()
    }

    /// Count of the whole list, computed only if asked for.
    async fn total_count(&self) -> Option<i64> {
        self.total_count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Args = PageArgs<(i64, String)>;

    #[test]
    fn a_page_is_asked_for_from_one_end_only() {
        let cursor = Cursor::encode(&(7, "x"));
        let cursor = Some(cursor.as_str());
        let refused = |first, after, last, before| {
            Args::new(first, after, last, before).expect_err("refused").to_string()
        };

        let page = |limit, from, backward| Args { limit, from, backward };
        let key = Some((7, "x".to_owned()));
        assert_eq!(Args::new(None, None, None, None).expect("fine"), page(20, None, false));
        assert_eq!(Args::new(Some(0), cursor, None, None).expect("fine"), page(0, key.clone(), false));
        assert_eq!(Args::new(None, None, Some(100), None).expect("fine"), page(100, None, true));
        assert_eq!(Args::new(None, None, Some(2), cursor).expect("fine"), page(2, key, true));
        for bad in [
            refused(Some(1), None, Some(1), None),
            refused(None, cursor, Some(1), None),
            refused(Some(1), None, None, cursor),
            refused(None, None, None, cursor),
            refused(None, cursor, None, cursor),
        ] {
            assert_eq!(bad, "page with first and after, or with last and before");
        }
    }

    #[test]
    fn a_page_has_from_0_to_100_items() {
        let refused = |first, last| Args::new(first, None, last, None).expect_err("refused").to_string();

        assert_eq!(refused(Some(-1), None), "first must be from 0 to 100, not -1");
        assert_eq!(refused(Some(101), None), "first must be from 0 to 100, not 101");
        assert_eq!(refused(None, Some(-1)), "last must be from 0 to 100, not -1");
        assert_eq!(refused(None, Some(101)), "last must be from 0 to 100, not 101");
    }

    #[test]
    fn a_text_that_is_no_cursor_is_refused() {
        let other = Cursor::encode(&"of another list");

        for text in ["", "%%", other.as_str()] {
            let after = Args::new(None, Some(text), None, None);
            let before = Args::new(None, None, Some(1), Some(text));
            assert_eq!(after.expect_err("refused").to_string(), "not a cursor of this list");
            assert_eq!(before.expect_err("refused").to_string(), "not a cursor of this list");
        }
    }

    #[test]
    fn a_page_from_the_end_stands_in_the_order_of_the_list() {
        let args = |from, backward| PageArgs { limit: 2, from, backward };
        let page = |args, rows: &[i64]| {
            let page = Connection::from_rows(&args, rows.to_vec(), |row| *row, |row| row);
            let nodes: Vec<i64> = page.edges.iter().map(|edge| edge.node).collect();
            (nodes, page.has_previous_page, page.has_next_page)
        };

        // Of the list 1, 2, 3, 4, 5, as the database walks it.
        assert_eq!(page(args(None, false), &[1, 2, 3]), (vec![1, 2], false, true));
        assert_eq!(page(args(Some(3), false), &[4, 5]), (vec![4, 5], true, false));
        assert_eq!(page(args(None, true), &[5, 4, 3]), (vec![4, 5], true, false));
        assert_eq!(page(args(Some(3), true), &[2, 1]), (vec![1, 2], false, true));
    }

    #[test]
    fn a_cursor_reads_back() {
        let cursor = Cursor::encode(&(7_i64, "prod_1"));

        assert_eq!(Cursor::decode::<(i64, String)>(&cursor).expect("ours"), (7, "prod_1".to_owned()));
    }
}
