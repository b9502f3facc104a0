//! What an emoji is, by the grammar of emoji sequences (UTS #51).

/// The longest sequences, of families and flags, stay below it.
const MAX_SIGNS: usize = 16;

const JOINER: char = '\u{200d}';
const PICTURE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const BLACK_FLAG: char = '\u{1f3f4}';
const TAG_END: char = '\u{e007f}';

/// Whether the text is one emoji and nothing else.
pub(super) fn is_emoji(text: &str) -> bool {
    let signs: Vec<char> = text.chars().take(MAX_SIGNS + 1).collect();
    if signs.len() > MAX_SIGNS {
        return false;
    }
    match signs.as_slice() {
        ['0'..='9' | '#' | '*', PICTURE, KEYCAP] | ['0'..='9' | '#' | '*', KEYCAP] => true,
        [first, second] if is_letter(*first) && is_letter(*second) => true,
        [BLACK_FLAG, tags @ .., TAG_END] => {
            !tags.is_empty() && tags.iter().all(|tag| matches!(tag, '\u{e0020}'..='\u{e007e}'))
        }
        signs => signs.split(|sign| *sign == JOINER).all(is_element),
    }
}

/// A picture, perhaps with a skin tone.
fn is_element(signs: &[char]) -> bool {
    match signs {
        [picture] => is_picture(*picture),
        [picture, PICTURE] => is_picture(*picture),
        [picture, tone] | [picture, PICTURE, tone] => is_picture(*picture) && is_tone(*tone),
        _ => false,
    }
}

/// A letter of a country's flag.
const fn is_letter(sign: char) -> bool {
    matches!(sign, '\u{1f1e6}'..='\u{1f1ff}')
}

const fn is_tone(sign: char) -> bool {
    matches!(sign, '\u{1f3fb}'..='\u{1f3ff}')
}

const fn is_picture(sign: char) -> bool {
    if is_letter(sign) {
        return false;
    }
    matches!(
        sign,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{24c2}'
            | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
            | '\u{2194}'..='\u{21aa}' | '\u{231a}'..='\u{23ff}' | '\u{25aa}'..='\u{27bf}'
            | '\u{2934}'..='\u{2935}' | '\u{2b05}'..='\u{2b55}' | '\u{1f004}'..='\u{1faff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_emoji_of_any_make_is_one() {
        for emoji in ["👍", "❤", "❤️", "👍🏽", "👩‍💻", "👨‍👩‍👧‍👦", "🇩🇪", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏳️‍🌈", "☝🏿", "🫶"]
        {
            assert!(is_emoji(emoji), "{emoji}");
        }
    }

    #[test]
    fn text_several_emojis_and_pieces_of_one_are_none() {
        for text in [
            "",
            " ",
            "a",
            "1",
            "👍👍",
            "👍 ",
            "ok👍",
            "\u{200d}",
            "👍\u{200d}",
            "\u{fe0f}",
            "🇩",
            "<b>",
            "\0",
        ] {
            assert!(!is_emoji(text), "{text:?}");
        }
        assert!(!is_emoji(&"👩‍".repeat(40)));
    }
}
