//! Names of files as people give them, made safe to show and to save.

use crate::media;

/// Characters of a name, its ending included.
const LONGEST: usize = 120;

/// The name without its path and without characters that mislead or mean
/// something to a shell or a file system, with an ending that fits its media
/// type; `None` when nothing is left.
pub(crate) fn safe(given: &str, media_type: &str) -> Option<String> {
    let name = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !is_hidden(*c)).map(harmless).collect();
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '.');
    if name.is_empty() {
        return None;
    }
    let Some(extension) = media::extension(media_type) else { return Some(cut(name, "")) };
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let fits = ending.eq_ignore_ascii_case(extension)
        || (extension == "jpg" && ending.eq_ignore_ascii_case("jpeg"));
    Some(if fits { cut(stem, ending) } else { cut(name, extension) })
}

/// Controls, and marks that turn the direction of text around.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn harmless(c: char) -> char {
    if "<>:\"|?*%;`$".contains(c) { '_' } else { c }
}

fn cut(stem: &str, ending: &str) -> String {
    let room = LONGEST - ending.chars().count().min(LONGEST / 2) - 1;
    let stem: String = stem.chars().take(room).collect();
    if ending.is_empty() { stem } else { format!("{stem}.{ending}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_its_path_and_what_misleads() {
        let table = [
            ("photo.png", "photo.png"),
            ("Fotos/grüße 世界.PNG", "grüße 世界.PNG"),
            ("../../etc/passwd", "passwd.png"),
            ("..\\..\\boot.ini", "boot.ini.png"),
            ("page.html", "page.html.png"),
            ("gnp\u{202e}exe.png", "gnpexe.png"),
            ("a\r\nset-cookie: x.png", "aset-cookie_ x.png"),
            (".htaccess", "htaccess.png"),
            ("a\"b.png", "a_b.png"),
        ];
        for (given, safe) in table {
            assert_eq!(self::safe(given, "image/png").as_deref(), Some(safe), "{given}");
        }
        for nothing in ["", "..", "/", "a/", " . ", "\u{202e}"] {
            assert_eq!(safe(nothing, "image/png"), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = safe(&format!("{}.jpeg", "ä".repeat(500)), "image/jpeg").expect("a name");

        assert_eq!(name.chars().count(), LONGEST);
        assert!(name.ends_with("ä.jpeg"), "{name}");
    }
}
