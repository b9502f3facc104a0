//! Where a command writes: results to stdout, words to stderr. A reader that
//! went away (`weft … | head`) is no failure.

use std::io::Write as _;

/// A result, on stdout.
pub(super) fn result(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let _ = write!(stdout, "{text}{end}");
    let _ = stdout.flush();
}

/// A word to the person at the terminal, on stderr.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Why it did not work, on stderr.
pub(super) fn complain(text: &str) {
    say(&format!("weft: {text}"));
}

/// Columns as wide as their widest cell; the first row is the head.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();

        let text = table(&[row(["module", "health"]), row(["a", "up"]), row(["notifications", ""])]);

        assert_eq!(text, "module         health\na              up\nnotifications\n");
    }
}
