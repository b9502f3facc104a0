//! Filters that several lists share, as inputs and as conditions on a column.

use async_graphql::InputObject;
use sea_orm::{
    ColumnTrait, Condition, IntoSimpleExpr as _,
    sea_query::{BinOper, Expr, ExprTrait as _, Func},
};

use crate::{DateTime, Error, Result};

/// The most values a client may list in one `in`.
const MAX_VALUES: usize = 100;
/// The most characters of a text to compare with; SQLite has a bound of its own
/// for patterns, far above this.
const MAX_TEXT: usize = 1_000;
/// Takes their meaning from `%` and `_`; a backslash would differ between databases.
const ESCAPE: char = '!';

/// Text comparison; given conditions are ANDed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, InputObject)]
pub struct StringFilter {
    /// Equals.
    pub eq: Option<String>,
    /// One of these, at most 100.
    #[graphql(name = "in")]
    pub any_of: Option<Vec<String>>,
    /// Contains, case-insensitive.
    pub contains: Option<String>,
    /// Starts with, case-insensitive.
    pub starts_with: Option<String>,
}

/// Time range, from inclusive, to exclusive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, InputObject)]
pub struct DateRange {
    /// Not before this instant.
    pub from: Option<DateTime>,
    /// Before this instant.
    pub to: Option<DateTime>,
}

impl StringFilter {
    /// Checks that every database can look for these texts.
    ///
    /// # Errors
    /// [`Error::BadInput`] when `in` lists too many values, or a text is too
    /// long or holds a NUL.
    pub fn check(&self) -> Result<()> {
        if self.any_of.as_ref().is_some_and(|values| values.len() > MAX_VALUES) {
            return Err(Error::BadInput(format!("`in` takes at most {MAX_VALUES} values").into()));
        }
        let Self { eq, any_of, contains, starts_with } = self;
        for text in any_of.iter().flatten().chain(eq).chain(contains).chain(starts_with) {
            // Postgres refuses to look for it.
            if text.contains('\0') {
                return Err(Error::BadInput("text must not contain U+0000".into()));
            }
            if text.chars().count() > MAX_TEXT {
                let message = format!("text to compare with has at most {MAX_TEXT} characters");
                return Err(Error::BadInput(message.into()));
            }
        }
        Ok(())
    }

    /// The filter on one text column; true for every row when nothing is given.
    ///
    /// # Errors
    /// As [`StringFilter::check`].
    pub fn on(&self, column: impl ColumnTrait) -> Result<Condition> {
        self.check()?;
        Ok(Condition::all()
            .add_option(self.eq.as_ref().map(|value| column.eq(value)))
            .add_option(self.any_of.as_ref().map(|values| column.is_in(values)))
            .add_option(self.contains.as_ref().map(|part| like(column, format!("%{}%", escaped(part)))))
            .add_option(
                self.starts_with.as_ref().map(|start| like(column, format!("{}%", escaped(start)))),
            ))
    }
}

impl DateRange {
    /// The range on one column; true for every row when nothing is given.
    pub fn on(&self, column: impl ColumnTrait) -> Condition {
        Condition::all()
            .add_option(self.from.map(|from| column.gte(from)))
            .add_option(self.to.map(|to| column.lt(to)))
    }
}

/// The database folds the case of both sides, so that they agree: all letters
/// on Postgres, ASCII letters on SQLite.
fn like(column: impl ColumnTrait, pattern: String) -> Expr {
    let pattern = Expr::from(Func::lower(Expr::val(pattern)));
    let escape = Expr::Constant(ESCAPE.into());
    Expr::from(Func::lower(column.into_simple_expr()))
        .binary(BinOper::Like, pattern.binary(BinOper::Escape, escape))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | ESCAPE) {
            escaped.push(ESCAPE);
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use entities::events::event;
    use sea_orm::{EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _};

    use super::*;

    fn sql(condition: Condition) -> String {
        let query = event::Entity::find().select_only().column(event::Column::Kind).filter(condition);
        query.build(sea_orm::DbBackend::Postgres).to_string()
    }

    #[test]
    fn given_conditions_are_anded_and_wildcards_lose_their_meaning() {
        let filter = StringFilter {
            eq: Some("a".into()),
            contains: Some("50%".into()),
            ..StringFilter::default()
        };

        assert_eq!(
            sql(filter.on(event::Column::Kind).expect("few values")),
            "SELECT \"events\".\"kind\" FROM \"events\" WHERE \"events\".\"kind\" = 'a' \
             AND LOWER(\"events\".\"kind\") LIKE LOWER('%50!%%') ESCAPE '!'"
        );
    }

    #[test]
    fn an_endless_list_of_values_is_the_callers_mistake() {
        let filter = StringFilter { any_of: Some(vec![String::new(); 101]), ..StringFilter::default() };

        let error = filter.on(event::Column::Kind).expect_err("too many");

        assert_eq!(error.to_string(), "`in` takes at most 100 values");
    }

    #[test]
    fn a_text_that_some_database_can_not_look_for_is_the_callers_mistake() {
        let refused = |text: &str| {
            let filter = StringFilter { contains: Some(text.to_owned()), ..StringFilter::default() };
            filter.check().expect_err("refused").to_string()
        };

        assert_eq!(refused("a\0b"), "text must not contain U+0000");
        assert_eq!(refused(&"a".repeat(1_001)), "text to compare with has at most 1000 characters");
        let longest = StringFilter { eq: Some("ä".repeat(1_000)), ..StringFilter::default() };
        assert!(longest.check().is_ok());
    }

    #[test]
    fn a_range_includes_its_start_and_not_its_end() {
        let range = DateRange { from: Some(DateTime(1)), to: Some(DateTime(2)) };

        assert_eq!(
            sql(range.on(event::Column::At)),
            "SELECT \"events\".\"kind\" FROM \"events\" WHERE \"events\".\"at\" >= 1 AND \
             \"events\".\"at\" < 2"
        );
    }
}
