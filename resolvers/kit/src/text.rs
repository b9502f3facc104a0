//! Text on its way in: markup goes, what is left is plain and not too long.

use aws_lc_rs::digest;
use serde::Serialize;

use crate::UserError;

/// Plain text without markup, surrounding space and unprintable signs. Line
/// breaks stay.
#[must_use]
pub fn plain(text: &str) -> String {
    let text = if text.contains(['<', '&']) { without_markup(text) } else { text.to_owned() };
    let is_printable = |sign: &char| !sign.is_control() || matches!(sign, '\n' | '\t');
    text.chars().filter(is_printable).collect::<String>().trim().to_owned()
}

/// Plain text in one line.
#[must_use]
pub fn plain_line(text: &str) -> String {
    plain(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// No text of ours holds a NUL, and Postgres refuses to look for one.
#[must_use]
pub fn is_unsearchable(text: &str) -> bool {
    text.contains('\0')
}

/// A failure when a text is too short or too long, in characters.
#[must_use]
pub fn length(field: &str, text: &str, least: usize, most: usize) -> Option<UserError> {
    let count = text.chars().count();
    let is_fine = (least..=most).contains(&count);
    (!is_fine).then(|| UserError::invalid(field, format!("must have {least} to {most} characters")))
}

/// SHA-256 of a request in hexadecimal, to tell its retry from another request.
///
/// # Panics
/// When the request is not plain data: a mistake of the code.
#[must_use]
pub fn fingerprint(request: &impl Serialize) -> String {
    let json = serde_json::to_vec(request).expect("requests are plain data");
    let hash = digest::digest(&digest::SHA256, &json);
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn without_markup(text: &str) -> String {
    let mut cleaner = ammonia::Builder::empty();
    // Of these not even the content is text.
    cleaner.add_clean_content_tags(["script", "style"]);
    let escaped = cleaner.clean(text).to_string();
    escaped
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_text_stays() {
        assert_eq!(plain("<b>Solid</b> oak <script>alert(1)</script>"), "Solid oak");
        assert_eq!(plain("2 < 3 & 5 > 4"), "2 < 3 & 5 > 4");
        assert_eq!(plain("  a\u{0}b\nc\r "), "ab\nc");
        assert_eq!(plain("R&amp;D, &lt;new&gt;"), "R&D, <new>");
        assert_eq!(plain_line("A\n  long\ttitle"), "A long title");
    }

    #[test]
    fn fingerprints_tell_requests_apart() {
        assert_eq!(fingerprint(&("Oak", 1)), fingerprint(&("Oak", 1)));
        assert_ne!(fingerprint(&("Oak", 1)), fingerprint(&("Oak", 2)));
        assert_eq!(fingerprint(&"").len(), 64);
    }
}
