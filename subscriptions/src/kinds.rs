//! Which kinds of events a reader wants.

/// A set of event kinds: names, and prefixes such as `product.*`; `*` is all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kinds(Vec<String>);

impl Kinds {
    /// Every kind.
    #[must_use]
    pub fn all() -> Self {
        Self(vec!["*".to_owned()])
    }

    /// The kinds that one of these patterns names.
    pub fn of<P: Into<String>>(patterns: impl IntoIterator<Item = P>) -> Self {
        Self(patterns.into_iter().map(Into::into).collect())
    }

    /// Whether this kind is one of them.
    #[must_use]
    pub fn contains(&self, kind: &str) -> bool {
        self.0.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => kind.starts_with(prefix),
            None => kind == pattern,
        })
    }

    /// Whether this text is a pattern: `entity.fact`, `entity.*` or `*`.
    #[must_use]
    pub fn is_pattern(text: &str) -> bool {
        let is_word =
            |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        match text.split_once('.') {
            None => text == "*",
            Some((entity, fact)) => is_word(entity) && (fact == "*" || is_word(fact)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_one_kind_a_family_or_all() {
        let kinds = Kinds::of(["product.*", "order.paid"]);

        assert!(kinds.contains("product.changed"));
        assert!(kinds.contains("order.paid"));
        assert!(!kinds.contains("order.cancelled"));
        assert!(!kinds.contains("products.changed"));
        assert!(Kinds::all().contains("anything.happened"));
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for good in ["*", "product.*", "product.changed", "context.version_saved"] {
            assert!(Kinds::is_pattern(good), "{good}");
        }
        for bad in ["", "product", "product.", ".changed", "product.ch*", "Product.changed", "a.b.c"] {
            assert!(!Kinds::is_pattern(bad), "{bad}");
        }
    }
}
