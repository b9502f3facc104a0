//! The demo reviews: who reviews what, with how many stars, in which words.

use kit::seed::{Choices, Scale};

use super::words::{CLOSINGS, OPENINGS, REASONS, REPLIES};

/// A demo review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    /// Its number among all reviews.
    pub(super) index: u32,
    /// Which user wrote it.
    pub(super) author: u32,
    /// 1 to 5.
    pub(super) stars: i32,
}

/// The reviews of each product. Some products have many, some have none; no
/// author reviews a product twice, and most are content.
pub(super) fn spread(scale: Scale) -> Vec<Vec<Written>> {
    let (products, users) = (scale.products(), scale.users());
    let mut spread: Vec<Vec<Written>> = vec![Vec::new(); products as usize];
    for index in 0..scale.reviews() {
        let mut choices = Choices::new("review", index);
        // The smaller of two numbers: the front of the catalogue is talked about most.
        let product = choices.below(products.into()).min(choices.below(products.into()));
        let product = u32::try_from(product).unwrap_or(0);
        let of_product = &mut spread[product as usize];
        // Each product starts at another user and goes on from there.
        let start = Choices::new("reviewers", product).below(users.into());
        let nth = u32::try_from(of_product.len()).unwrap_or(u32::MAX);
        let author = u32::try_from(start).unwrap_or(0).wrapping_add(nth) % users;
        if nth < users {
            of_product.push(Written { index, author, stars: stars(product, &mut choices) });
        }
    }
    spread
}

/// Skewed high, and more so for some products than for others.
fn stars(product: u32, choices: &mut Choices) -> i32 {
    let quality = Choices::new("quality", product).below(25);
    match choices.below(100) + quality {
        0..4 => 1,
        4..10 => 2,
        10..24 => 3,
        24..55 => 4,
        _ => 5,
    }
}

/// What the author says about the item.
pub(super) fn body(stars: i32, item: &str, choices: &mut Choices) -> String {
    let kind = usize::try_from(stars - 1).unwrap_or(0);
    let mut text = choices.of(OPENINGS[kind]).replace("{item}", item);
    if choices.chance(80) {
        text.push(' ');
        text.push_str(choices.of::<&str>(REASONS[kind]));
    }
    if choices.chance(45) {
        text.push(' ');
        text.push_str(choices.of::<&str>(CLOSINGS[kind]));
    }
    text
}

/// What the seller answers, sometimes.
pub(super) fn reply(stars: i32, choices: &mut Choices) -> Option<String> {
    let (kind, chance) = if stars <= 2 { (0, 60) } else { (1, 8) };
    choices.chance(chance).then(|| (*choices.of(REPLIES[kind])).to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nobody_reviews_a_product_twice_and_most_are_content() {
        let spread = spread(Scale(1));
        let all: Vec<Written> = spread.iter().flatten().copied().collect();
        let good = all.iter().filter(|review| review.stars >= 4).count();

        assert_eq!(all.len(), 10_000);
        assert!(good > 7_000 && good < 9_500, "{good}");
        for reviews in &spread {
            let authors: HashSet<u32> = reviews.iter().map(|review| review.author).collect();
            assert_eq!(authors.len(), reviews.len());
        }
    }

    #[test]
    fn the_words_fit_the_stars() {
        let mut choices = Choices::new("words", 1);

        let text = body(1, "sofa", &mut choices);

        assert!(
            OPENINGS[0].iter().any(|start| text.starts_with(&start.replace("{item}", "sofa"))),
            "{text}"
        );
    }
}
