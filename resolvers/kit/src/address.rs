//! Postal addresses, the same in every module that has some.

use async_graphql::{InputObject, SimpleObject};
use entities::users::address::PostalAddress;

use crate::{CountryCode, UserError};

/// The longest line of an address, in characters.
const LINE: usize = 100;
/// The most street lines.
const LINES: usize = 4;

/// A postal address.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(shareable)]
pub struct Address {
    /// Recipient.
    pub name: String,
    /// Street lines, one to four.
    pub lines: Vec<String>,
    /// City.
    pub city: String,
    /// Region, where the country has some.
    pub region: Option<String>,
    /// Postal code, where the country has some.
    pub postal_code: Option<String>,
    /// Country.
    pub country: CountryCode,
    /// Phone.
    pub phone: Option<String>,
}

/// A postal address given by a client. Lines have at most 100 characters.
#[derive(Debug, Clone, InputObject)]
pub struct AddressInput {
    /// Recipient.
    pub name: String,
    /// Street lines, one to four.
    pub lines: Vec<String>,
    /// City.
    pub city: String,
    /// Region, where the country has some.
    pub region: Option<String>,
    /// Postal code, where the country has some.
    pub postal_code: Option<String>,
    /// Country.
    pub country: CountryCode,
    /// Phone, digits with `+`, spaces, `-`, `(` and `)`.
    pub phone: Option<String>,
}

impl AddressInput {
    /// The address to store.
    ///
    /// # Errors
    /// What is wrong with it; `field` is where it stands in the input.
    pub fn check(self, field: &str) -> Result<PostalAddress, Vec<UserError>> {
        let mut errors = Vec::new();
        let mut line = |name: &str, text: String| {
            let text = text.trim().to_owned();
            let length = text.chars().count();
            if !(1..=LINE).contains(&length) || text.contains(char::is_control) {
                let rule = format!("1 to {LINE} printable characters");
                errors.push(UserError::invalid(&format!("{field}.{name}"), rule));
            }
            text
        };
        let stored = PostalAddress {
            name: line("name", self.name),
            lines: self
                .lines
                .into_iter()
                .enumerate()
                .map(|(index, text)| line(&format!("lines.{index}"), text))
                .collect(),
            city: line("city", self.city),
            region: self.region.map(|text| line("region", text)),
            postal_code: self.postal_code.map(|text| line("postalCode", text)),
            country: self.country.0,
            phone: self.phone.map(|text| line("phone", text)),
        };
        if !(1..=LINES).contains(&stored.lines.len()) {
            let rule = format!("1 to {LINES} street lines");
            errors.push(UserError::invalid(&format!("{field}.lines"), rule));
        }
        let is_dialled = |letter: char| letter.is_ascii_digit() || "+-() ".contains(letter);
        if stored.phone.as_ref().is_some_and(|phone| !phone.chars().all(is_dialled)) {
            errors.push(UserError::invalid(&format!("{field}.phone"), "a phone number"));
        }
        if errors.is_empty() { Ok(stored) } else { Err(errors) }
    }
}

impl From<PostalAddress> for Address {
    fn from(stored: PostalAddress) -> Self {
        Self {
            name: stored.name,
            lines: stored.lines,
            city: stored.city,
            region: stored.region,
            postal_code: stored.postal_code,
            country: CountryCode(stored.country),
            phone: stored.phone,
        }
    }
}
