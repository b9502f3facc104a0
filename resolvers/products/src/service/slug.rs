//! Slugs: the part of an address that a title becomes.

use std::collections::HashSet;

use kit::UserError;

/// The longest slug, before a number is added.
const MAX_LENGTH: usize = 80;

/// The slug of a title: small letters and digits in groups, joined by dashes.
pub(crate) fn slug_of(title: &str) -> String {
    let mut slug = String::with_capacity(title.len());
    for letter in title.chars().flat_map(char::to_lowercase) {
        match plain_letter(letter) {
            Some(plain) => slug.push_str(plain),
            None if letter.is_ascii_alphanumeric() => slug.push(letter),
            // An apostrophe joins: "men's" becomes "mens".
            None if matches!(letter, '\'' | '’') => {}
            None if slug.ends_with('-') || slug.is_empty() => {}
            None => slug.push('-'),
        }
        if slug.len() >= MAX_LENGTH {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "product".to_owned() } else { slug.to_owned() }
}

/// What is wrong with a slug that somebody chose.
pub(super) fn check_slug(field: &str, slug: &str) -> Option<UserError> {
    let is_word = |word: &str| {
        let is_fine = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit();
        !word.is_empty() && word.chars().all(is_fine)
    };
    let is_fine = slug.len() <= MAX_LENGTH && slug.split('-').all(is_word);
    let message = "must be small letters and digits, joined by single dashes: 1 to 80 characters";
    (!is_fine).then(|| UserError::invalid(field, message))
}

/// The slug itself when it is free, otherwise with the first free number from 2.
pub(super) fn free_slug(slug: &str, taken: &HashSet<String>) -> String {
    if !taken.contains(slug) {
        return slug.to_owned();
    }
    let numbered = (2_u64..).map(|number| format!("{slug}-{number}"));
    numbered.into_iter().find(|slug| !taken.contains(slug)).expect("numbers do not end")
}

fn plain_letter(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'ð' | 'đ' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ı' | 'ī' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ő' => "o",
        'ö' | 'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ț' => "t",
        'ù' | 'ú' | 'û' | 'ů' | 'ű' | 'ū' => "u",
        'ü' => "ue",
        'ý' | 'ÿ' => "y",
        'ź' | 'ž' | 'ż' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_small_letters_and_dashes() {
        assert_eq!(slug_of("Walnut Standing Desk, 140 cm"), "walnut-standing-desk-140-cm");
        assert_eq!(slug_of("  Café-Stühle (2er)  "), "cafe-stuehle-2er");
        assert_eq!(slug_of("Men's Coat"), "mens-coat");
        assert_eq!(slug_of("机械键盘"), "product");
        assert!(slug_of(&"long ".repeat(60)).len() <= MAX_LENGTH + 1);
    }

    #[test]
    fn a_taken_slug_gets_the_first_free_number() {
        let taken = ["desk", "desk-2", "desk-4"].map(str::to_owned).into();

        assert_eq!(free_slug("desk", &taken), "desk-3");
        assert_eq!(free_slug("lamp", &taken), "lamp");
    }
}
