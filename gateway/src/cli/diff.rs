//! What differs between two texts, line by line.

use std::fmt::Write as _;

/// Unchanged lines shown around a change.
const CONTEXT: usize = 2;
/// Larger differences are cut; nobody reads further.
const SHOWN: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'t> {
    Same(&'t str),
    Gone(&'t str),
    New(&'t str),
}

/// The lines that differ, `-` before those only in `before`, `+` before those
/// only in `after`; `None` when the texts are equal but for trailing space.
pub(super) fn lines(before: &str, after: &str) -> Option<String> {
    let before: Vec<&str> = before.trim_end().lines().map(str::trim_end).collect();
    let after: Vec<&str> = after.trim_end().lines().map(str::trim_end).collect();
    if before == after {
        return None;
    }
    let start = before.iter().zip(&after).take_while(|(left, right)| left == right).count();
    let rest = before[start..].iter().rev().zip(after[start..].iter().rev());
    let end = rest.take_while(|(left, right)| left == right).count();
    let mut all: Vec<Line<'_>> = before[..start].iter().map(|line| Line::Same(line)).collect();
    all.extend(compare(&before[start..before.len() - end], &after[start..after.len() - end]));
    all.extend(before[before.len() - end..].iter().map(|line| Line::Same(line)));
    Some(show(&all))
}

/// By the longest common subsequence.
fn compare<'t>(before: &[&'t str], after: &[&'t str]) -> Vec<Line<'t>> {
    let width = after.len() + 1;
    let mut common = vec![0_u32; (before.len() + 1) * width];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            common[i * width + j] = match before[i] == after[j] {
                true => common[(i + 1) * width + j + 1] + 1,
                false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < before.len() || j < after.len() {
        if i < before.len() && j < after.len() && before[i] == after[j] {
            lines.push(Line::Same(before[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == after.len()
            || (i < before.len() && common[(i + 1) * width + j] >= common[i * width + j + 1])
        {
            lines.push(Line::Gone(before[i]));
            i += 1;
        } else {
            lines.push(Line::New(after[j]));
            j += 1;
        }
    }
    lines
}

fn show(lines: &[Line<'_>]) -> String {
    let is_change = |line: &Line<'_>| !matches!(line, Line::Same(_));
    let mut text = String::new();
    let mut last = None;
    let mut shown = 0;
    for (index, line) in lines.iter().enumerate() {
        let around = index.saturating_sub(CONTEXT)..(index + CONTEXT + 1).min(lines.len());
        if !lines[around].iter().any(is_change) {
            continue;
        }
        if shown == SHOWN {
            text.push_str("… and more\n");
            break;
        }
        if last.is_some_and(|last| last + 1 != index) {
            text.push_str("  …\n");
        }
        let _ = match line {
            Line::Same(line) => writeln!(text, "  {line}"),
            Line::Gone(line) => writeln!(text, "- {line}"),
            Line::New(line) => writeln!(text, "+ {line}"),
        };
        last = Some(index);
        shown += 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(lines("a\nb\n", "a\nb"), None);
    }

    #[test]
    fn a_change_is_shown_with_what_stands_around_it() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9";
        let after = "1\n2\n3\nfour\n5\n6\n7\n8\n9\n10";

        let difference = lines(before, after).expect("they differ");

        assert_eq!(difference, "  2\n  3\n- 4\n+ four\n  5\n  6\n  …\n  8\n  9\n+ 10\n");
    }

    #[test]
    fn one_text_may_be_empty() {
        assert_eq!(lines("", "a"), Some("+ a\n".to_owned()));
        assert_eq!(lines("a", ""), Some("- a\n".to_owned()));
    }
}
