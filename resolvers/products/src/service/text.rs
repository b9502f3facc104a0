//! Text on its way in: markup goes, what is left is plain.

/// Plain text without markup, surrounding space and unprintable signs. Line
/// breaks stay.
pub(crate) fn plain(text: &str) -> String {
    let text = if text.contains(['<', '&']) { without_markup(text) } else { text.to_owned() };
    let is_printable = |sign: &char| !sign.is_control() || matches!(sign, '\n' | '\t');
    text.chars().filter(is_printable).collect::<String>().trim().to_owned()
}

/// Plain text in one line.
pub(crate) fn plain_line(text: &str) -> String {
    plain(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// No text of ours holds a NUL, and Postgres refuses to look for one.
pub(crate) fn is_unsearchable(text: &str) -> bool {
    text.contains('\0')
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
}
