//! What bytes are: media types that are taken, and whether bytes are of the one
//! that was announced. A name or an announcement alone is never believed.

/// As far as formats show themselves at the start of a file.
const HEAD: usize = 8 << 10;

/// Formats without a mark of their own: any text could be one of these.
const TEXTS: &[(&str, &str)] =
    &[("text/plain", "txt"), ("text/csv", "csv"), ("text/markdown", "md"), ("application/json", "json")];

/// Images that every browser shows and that can run nothing.
const SAFE_IMAGES: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

/// The type and subtype of a media type, in lower case, without parameters;
/// `None` when it is none.
pub(crate) fn essence(media_type: &str) -> Option<String> {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_name = |name: &str| {
        (1..=80).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let (kind, name) = essence.split_once('/')?;
    (is_name(kind) && is_name(name)).then_some(essence)
}

/// Whether one of the patterns (`image/png`, `image/*`, `*/*`) names this type.
pub(crate) fn is_allowed(patterns: &[String], essence: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some("*/") => true,
        Some(family) => essence.starts_with(family),
        None => pattern.eq_ignore_ascii_case(essence),
    })
}

/// Whether a browser may show it by itself.
pub(crate) fn is_inline(essence: &str) -> bool {
    SAFE_IMAGES.contains(&essence)
}

/// The ending that names of such files have; `None` when it is not known.
pub(crate) fn extension(essence: &str) -> Option<&'static str> {
    let text = TEXTS.iter().find(|(text, _)| *text == essence).map(|(_, extension)| *extension);
    text.or(match essence {
        "image/png" => Some("png"),
        "image/jpeg" => Some("jpg"),
        "image/gif" => Some("gif"),
        "image/webp" => Some("webp"),
        "image/avif" => Some("avif"),
        "application/pdf" => Some("pdf"),
        "application/zip" => Some("zip"),
        "audio/mpeg" => Some("mp3"),
        "video/mp4" => Some("mp4"),
        _ => None,
    })
}

/// Looks at bytes as they arrive.
pub(crate) struct Sniffer {
    announced: String,
    head: Vec<u8>,
    is_text: bool,
    /// The start of a character whose end is yet to come.
    rest: Vec<u8>,
}

impl Sniffer {
    /// Expects bytes of this type.
    pub(crate) fn new(announced: &str) -> Self {
        Self { announced: announced.to_owned(), head: Vec::new(), is_text: true, rest: Vec::new() }
    }

    /// Takes the next bytes.
    pub(crate) fn look(&mut self, bytes: &[u8]) {
        let missing = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..missing]);
        self.is_text = self.is_text && !bytes.contains(&0);
        if self.is_text {
            self.rest.extend_from_slice(bytes);
            match std::str::from_utf8(&self.rest) {
                Ok(_) => self.rest.clear(),
                Err(error) if error.error_len().is_none() => {
                    self.rest.drain(..error.valid_up_to());
                }
                Err(_) => self.is_text = false,
            }
        }
    }

    /// Whether the bytes so far can be of the announced type, once there are
    /// enough to say so.
    pub(crate) fn doubts(&self) -> bool {
        self.head.len() >= HEAD && !self.fits()
    }

    /// Whether all the bytes are of the announced type.
    pub(crate) fn agrees(&self) -> bool {
        self.fits() && (!self.expects_text() || self.rest.is_empty())
    }

    fn fits(&self) -> bool {
        match infer::get(&self.head) {
            Some(found) => found.mime_type() == self.announced,
            None => self.expects_text() && self.is_text,
        }
    }

    fn expects_text(&self) -> bool {
        TEXTS.iter().any(|(text, _)| *text == self.announced)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    fn is(announced: &str, bytes: &[u8]) -> bool {
        let mut sniffer = Sniffer::new(announced);
        // Byte by byte: characters may be cut anywhere.
        for byte in bytes {
            sniffer.look(&[*byte]);
        }
        sniffer.agrees()
    }

    #[test]
    fn bytes_must_be_what_was_announced() {
        assert!(is("image/png", PNG));
        assert!(is("application/pdf", b"%PDF-1.7"));
        assert!(is("text/plain", "grüße, 世界".as_bytes()));
        assert!(is("application/json", b"{\"a\": 1}"));

        assert!(!is("image/jpeg", PNG), "another image");
        assert!(!is("text/plain", PNG), "an image as text");
        assert!(!is("image/png", b"<html><script>alert(1)</script>"), "a page as an image");
        assert!(!is("text/plain", b" <!DOCTYPE html><p>"), "a page as text");
        assert!(!is("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "nothing known");
        assert!(!is("text/plain", b"a\0b"), "no text");
        assert!(!is("text/plain", b"caf\xe9"), "not UTF-8");
        assert!(!is("text/plain", "世".as_bytes().split_last().expect("bytes").1), "cut short");
    }

    #[test]
    fn doubts_come_as_soon_as_enough_was_seen() {
        let mut sniffer = Sniffer::new("image/png");
        sniffer.look(&[b'x'; 100]);
        assert!(!sniffer.doubts());

        sniffer.look(&[b'x'; HEAD]);
        assert!(sniffer.doubts());
    }

    #[test]
    fn a_media_type_is_read_without_its_parameters() {
        assert_eq!(essence("Text/Plain; charset=utf-8"), Some("text/plain".to_owned()));
        for bad in ["", "text", "/", "text/", "a b/c", "text/plain\r\nx: y", "te\u{fc}xt/plain"] {
            assert_eq!(essence(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn patterns_name_types_and_families() {
        let patterns = ["image/*".to_owned(), "application/pdf".to_owned()];

        assert!(is_allowed(&patterns, "image/png"));
        assert!(is_allowed(&patterns, "application/pdf"));
        assert!(!is_allowed(&patterns, "application/pdfx"));
        assert!(!is_allowed(&patterns, "text/html"));
        assert!(is_allowed(&["*/*".to_owned()], "text/html"));
    }
}
