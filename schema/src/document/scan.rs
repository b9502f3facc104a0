//! One linear pass over a document's bytes, before any parser sees it: a few
//! kilobytes of nested brackets overflow the stack of a recursive parser, and
//! that aborts the process.
//!
//! The pass also blanks the descriptions of operations, fragments and variables
//! (September 2025 draft, 2.3 "Executable Definitions"), which the parser does
//! not know yet. Positions stay what they were.

/// Why a document is refused unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TooMuch {
    /// More tokens than the limit.
    Tokens,
    /// Deeper nesting of brackets than the limit.
    Nesting,
}

/// The document without descriptions, or the bound it breaks.
pub(crate) fn scan(document: &str, tokens: usize, nesting: usize) -> Result<String, TooMuch> {
    let mut scanner = Scanner {
        bytes: document.as_bytes(),
        at: 0,
        tokens: 0,
        open: Vec::with_capacity(16),
        descriptions: Vec::new(),
        last_text: None,
        before_text: b' ',
        last: b' ',
        limits: (tokens, nesting),
    };
    scanner.run()?;
    Ok(blank(document, &scanner.descriptions))
}

/// Whether a document keeps to these bounds, so that a parser may see it.
#[must_use]
pub fn is_bounded(document: &str, tokens: usize, nesting: usize) -> bool {
    scan(document, tokens, nesting).is_ok()
}

/// Whether JSON text nests deeper than `nesting`; strings are skipped.
pub fn json_nests_deeper(json: &[u8], nesting: usize) -> bool {
    let (mut depth, mut at) = (0_usize, 0);
    while at < json.len() {
        match json[at] {
            b'[' | b'{' => {
                depth += 1;
                if depth > nesting {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => {
                at += 1;
                while at < json.len() && json[at] != b'"' {
                    at += if json[at] == b'\\' { 2 } else { 1 };
                }
            }
            _ => {}
        }
        at += 1;
    }
    false
}

struct Scanner<'d> {
    bytes: &'d [u8],
    at: usize,
    tokens: usize,
    /// The brackets that are open here.
    open: Vec<u8>,
    descriptions: Vec<std::ops::Range<usize>>,
    /// The string just read, and the first byte of the token before it.
    last_text: Option<std::ops::Range<usize>>,
    before_text: u8,
    /// The first byte of the token just read.
    last: u8,
    limits: (usize, usize),
}

impl Scanner<'_> {
    fn run(&mut self) -> Result<(), TooMuch> {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b',' => self.at += 1,
                b'#' => self.skip_while(|byte| byte != b'\n' && byte != b'\r'),
                b'"' => {
                    let start = self.at;
                    self.skip_text();
                    self.before_text = self.last;
                    self.token(byte)?;
                    self.last_text = Some(start..self.at.min(self.bytes.len()));
                }
                _ => self.mark(byte)?,
            }
        }
        Ok(())
    }

    /// A token that is no string.
    fn mark(&mut self, byte: u8) -> Result<(), TooMuch> {
        if let Some(text) = self.last_text.take()
            && self.is_description(byte)
        {
            self.descriptions.push(text);
        }
        self.token(byte)?;
        match byte {
            b'{' | b'[' | b'(' => {
                self.open.push(byte);
                if self.open.len() > self.limits.1 {
                    return Err(TooMuch::Nesting);
                }
                self.at += 1;
            }
            b'}' | b']' | b')' => {
                self.open.pop();
                self.at += 1;
            }
            _ if is_word(byte) => self.skip_while(is_word),
            _ => self.at += 1,
        }
        Ok(())
    }

    /// Whether the string before this token describes what follows: a
    /// definition at the top, or a variable in the head of an operation.
    fn is_description(&self, next: u8) -> bool {
        match self.open.as_slice() {
            [] => next == b'{' || next.is_ascii_lowercase(),
            [b'('] => next == b'$' && !matches!(self.before_text, b'=' | b':'),
            _ => false,
        }
    }

    const fn token(&mut self, first: u8) -> Result<(), TooMuch> {
        self.last = first;
        self.tokens += 1;
        if self.tokens > self.limits.0 { Err(TooMuch::Tokens) } else { Ok(()) }
    }

    fn skip_while(&mut self, accepts: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|byte| accepts(*byte)) {
            self.at += 1;
        }
    }

    fn skip_text(&mut self) {
        if self.bytes[self.at..].starts_with(b"\"\"\"") {
            self.at += 3;
            while self.at < self.bytes.len() && !self.bytes[self.at..].starts_with(b"\"\"\"") {
                self.at += if self.bytes[self.at..].starts_with(b"\\\"\"\"") { 4 } else { 1 };
            }
            self.at += 3;
        } else {
            self.at += 1;
            while self.bytes.get(self.at).is_some_and(|byte| !matches!(byte, b'"' | b'\n' | b'\r')) {
                self.at += if self.bytes[self.at] == b'\\' { 2 } else { 1 };
            }
            self.at += 1;
        }
        self.at = self.at.min(self.bytes.len());
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+' | 0x80..)
}

fn blank(document: &str, descriptions: &[std::ops::Range<usize>]) -> String {
    let mut text = document.to_owned();
    for range in descriptions {
        // Bytes become spaces one for one, line ends stay: positions hold.
        let blanked: String = document[range.clone()]
            .bytes()
            .map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' })
            .collect();
        text.replace_range(range.clone(), &blanked);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_and_tokens_are_bounded_in_one_pass() {
        let deep = format!("{{ a(b: {}1{}) }}", "[".repeat(10_000), "]".repeat(10_000));
        let many = format!("{{ {} }}", "a: b ".repeat(10_000));

        assert_eq!(scan(&deep, 100_000, 100), Err(TooMuch::Nesting));
        assert_eq!(scan(&many, 1_000, 100), Err(TooMuch::Tokens));
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let text = "{ a(b: \"[[[[\", c: \"\"\"[[[\\\"\"\"[\"\"\") # [[[[[\n }";

        assert_eq!(scan(text, 100, 2).as_deref(), Ok(text));
    }

    #[test]
    fn descriptions_are_blanked_and_nothing_else() {
        assert_eq!(scan("\"d\" query A { a }", 99, 9).as_deref(), Ok("    query A { a }"));
        assert_eq!(scan("\"\"\"d\n\"\"\"\n{ a }", 99, 9).as_deref(), Ok("    \n   \n{ a }"));
        assert_eq!(scan("query(\"d\" $a: Int) { a }", 99, 9).as_deref(), Ok("query(    $a: Int) { a }"));
        let default = "query($a: String = \"d\" $b: Int) { a(b: \"x\") }";
        assert_eq!(scan(default, 99, 9).as_deref(), Ok(default));
    }

    #[test]
    fn unfinished_strings_end_with_the_document() {
        assert_eq!(scan("{ a(b: \"\\", 99, 9).as_deref(), Ok("{ a(b: \"\\"));
        assert_eq!(scan("\"\"\"", 99, 9).as_deref(), Ok("\"\"\""));
    }
}
