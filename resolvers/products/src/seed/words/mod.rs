//! What the demo shop sells, in words: six departments of four categories.

mod electronics;
mod fashion;
mod home;
mod kitchen;
mod office;
mod outdoor;
mod reviews;

pub(super) use self::reviews::{CLOSINGS, OPENINGS, REASONS, REPLIES};

/// The departments, which are the roots of the category tree.
pub(super) const DEPARTMENTS: [&Department; 6] = [
    &electronics::DEPARTMENT,
    &office::DEPARTMENT,
    &home::DEPARTMENT,
    &kitchen::DEPARTMENT,
    &fashion::DEPARTMENT,
    &outdoor::DEPARTMENT,
];

/// Closing sentences that fit any product.
pub(super) const SERVICE: [&str; 8] = [
    "Ships within two working days in packaging without plastic.",
    "Comes with a two-year warranty and free returns within 30 days.",
    "Designed to be repaired: spare parts are available for ten years.",
    "Checked by hand before it leaves our workshop.",
    "Delivered with printed instructions in five languages.",
    "A favourite of our regular customers for several years running.",
    "If it is not what you hoped for, we take it back without questions.",
    "Made in small batches, so no two are exactly alike.",
];

/// A root of the category tree.
pub(super) struct Department {
    pub(super) slug: &'static str,
    pub(super) name: &'static str,
    pub(super) shelves: [Shelf; 4],
}

/// A category with products.
pub(super) struct Shelf {
    pub(super) slug: &'static str,
    pub(super) name: &'static str,
    pub(super) items: &'static [Item],
    /// What stands before the item in a title, e.g. `Walnut`.
    pub(super) styles: &'static [&'static str],
    /// What may follow it, e.g. `140 cm`.
    pub(super) details: &'static [&'static str],
    /// What a buyer chooses, and from what.
    pub(super) option: (&'static str, &'static [&'static str]),
    /// Free properties with the values they take.
    pub(super) attributes: &'static [(&'static str, &'static [&'static str])],
    /// First sentences; `{item}` is the item in small letters.
    pub(super) openings: &'static [&'static str],
    /// Sentences in the middle.
    pub(super) middles: &'static [&'static str],
}

/// A kind of product.
pub(super) struct Item {
    pub(super) name: &'static str,
    /// Lowest and highest price in euro cents.
    pub(super) cents: (u32, u32),
    /// Lowest and highest weight in grams.
    pub(super) grams: (u32, u32),
}

/// An item, its prices in whole euros and its weights in grams.
const fn item(name: &'static str, euros: (u32, u32), grams: (u32, u32)) -> Item {
    Item { name, cents: (euros.0 * 100, euros.1 * 100), grams }
}
