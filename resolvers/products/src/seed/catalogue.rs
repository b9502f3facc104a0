//! The demo products: which they are, what they are called, what they cost.

use std::collections::HashMap;

use entities::products::ProductStatus;
use kit::seed::Choices;

use super::words::{DEPARTMENTS, Item, SERVICE, Shelf};
use crate::service::slug_of;

const DAY: i64 = 86_400_000;

/// A demo product.
pub(super) struct Made {
    pub(super) department: u32,
    pub(super) shelf_place: u32,
    pub(super) shelf: &'static Shelf,
    pub(super) item: &'static Item,
    pub(super) title: String,
}

/// What lies in the `index`-th place of the catalogue. All shelves are filled
/// evenly.
pub(super) fn made(index: u32) -> Made {
    let mut choices = Choices::new("product", index);
    let (department, shelf_place) = (index % 6, index / 6 % 4);
    let shelf = &DEPARTMENTS[department as usize].shelves[shelf_place as usize];
    let item = choices.of(shelf.items);
    let style = choices.of(shelf.styles);
    // "Leather Leather-Bound Notebook" is nothing anybody sells.
    let name = match item.name.split_once(' ') {
        Some((first, rest)) if style.ends_with(first) => rest,
        _ => item.name,
    };
    let title = match choices.chance(65) {
        true => format!("{style} {name}, {}", choices.of(shelf.details)),
        false => format!("{style} {name}"),
    };
    Made { department, shelf_place, shelf, item, title }
}

impl Made {
    /// The item in small letters, as it stands in sentences.
    pub(super) fn item_in_text(&self) -> String {
        self.item.name.to_lowercase()
    }

    /// Two to four sentences.
    pub(super) fn description(&self, choices: &mut Choices) -> String {
        let opening = choices.of(self.shelf.openings);
        let middle = usize::try_from(choices.below(self.shelf.middles.len() as u64)).unwrap_or(0);
        let mut sentences = vec![opening.replace("{item}", &self.item_in_text())];
        sentences.push(self.shelf.middles[middle].to_owned());
        if choices.chance(60) {
            let other = (middle + 1) % self.shelf.middles.len();
            sentences.push(self.shelf.middles[other].to_owned());
        }
        if choices.chance(60) {
            sentences.push((*choices.of(&SERVICE)).to_owned());
        }
        sentences.join(" ")
    }
}

/// Most products are on offer; the first always is.
pub(super) fn status(index: u32, choices: &mut Choices) -> ProductStatus {
    match choices.below(100) {
        _ if index == 0 => ProductStatus::Active,
        0..2 => ProductStatus::Draft,
        2..4 => ProductStatus::Archived,
        4..7 => ProductStatus::SoldOut,
        _ => ProductStatus::Active,
    }
}

/// A price between two, ending as prices do: 24.90, 149.00.
pub(super) fn price(choices: &mut Choices, (low, high): (u32, u32)) -> i64 {
    let cents = i64::from(low) + choices.below(u64::from(high - low) + 1).cast_signed();
    rounded(cents)
}

/// The crossed-out price above a reduced one: a quarter more.
pub(super) fn before_sale(cents: i64) -> i64 {
    rounded(cents + cents / 4)
}

fn rounded(cents: i64) -> i64 {
    if cents < 10_000 { cents / 100 * 100 + 90 } else { cents / 1_000 * 1_000 + 900 }
}

/// A euro price in another currency, ending as prices do there.
pub(super) fn converted(cents: i64, percent: i64) -> i64 {
    cents * percent / 10_000 * 100 + 99
}

/// How long ago a product was created, in milliseconds: within two years.
pub(super) fn age(choices: &mut Choices) -> i64 {
    DAY + choices.below(700 * DAY.unsigned_abs()).cast_signed()
}

/// Gives every title a slug of its own.
#[derive(Default)]
pub(super) struct Slugs(HashMap<String, u32>);

impl Slugs {
    /// The slug of a title, numbered from the second time on.
    pub(super) fn of(&mut self, title: &str) -> String {
        let slug = slug_of(title);
        let count = self.0.entry(slug.clone()).and_modify(|count| *count += 1).or_insert(1);
        if *count == 1 { slug } else { format!("{slug}-{count}") }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_catalogue_is_the_same_every_time_and_its_slugs_differ() {
        let titles: Vec<String> = (0..2_000).map(|index| made(index).title).collect();
        let again: Vec<String> = (0..2_000).map(|index| made(index).title).collect();
        let mut slugs = Slugs::default();
        let distinct: HashSet<String> = titles.iter().map(|title| slugs.of(title)).collect();

        assert_eq!(titles, again);
        assert_eq!(distinct.len(), 2_000);
    }

    #[test]
    fn what_people_look_for_is_there() {
        let titles: Vec<String> = (0..2_000).map(|index| made(index).title.to_lowercase()).collect();
        let has = |words: &str| titles.iter().any(|title| title.contains(words));

        for words in ["laptop", "wireless mouse", "keyboard", "headphones", "walnut standing desk"] {
            assert!(has(words), "no {words}");
        }
    }

    #[test]
    fn descriptions_have_two_to_four_sentences() {
        for index in 0..500 {
            let text = made(index).description(&mut Choices::new("description", index));
            let sentences = text.split(". ").count();
            assert!((2..=4).contains(&sentences), "{text}");
            assert!(!text.contains('{'), "{text}");
        }
    }

    #[test]
    fn prices_end_as_prices_do() {
        let mut choices = Choices::new("price", 1);
        for _ in 0..100 {
            let cents = price(&mut choices, (1_900, 7_900));
            assert!((1_900..=7_990).contains(&cents) && cents % 100 == 90, "{cents}");
        }
        assert_eq!(converted(14_900, 109), 16_299);
    }
}
