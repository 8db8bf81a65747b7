//! Text of other people on a terminal: control characters made harmless, lines wrapped and padded by columns.

use std::fmt::Write as _;

/// Characters that steer a terminal or reorder what is read: control characters and directional overrides.
fn is_harmful(character: char) -> bool {
    character.is_control() || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Data on one line: line breaks and tabs become spaces, harmful characters their escapes.
pub fn one_line(text: &str) -> String {
    clean(&text.split_whitespace().collect::<Vec<_>>().join(" "), Breaks::Escape)
}

/// Data that keeps its lines.
pub fn lines(text: &str) -> String {
    clean(&text.replace("\r\n", "\n").replace('\t', "    "), Breaks::Keep)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    Keep,
    Escape,
}

fn clean(text: &str, breaks: Breaks) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmful(character) && !(character == '\n' && breaks == Breaks::Keep) {
            cleaned.extend(character.escape_default());
        } else {
            cleaned.push(character);
        }
    }
    cleaned
}

/// Escapes what JSON may hold raw but a terminal may obey (DEL and the C1 controls). It stays the same JSON: these
/// characters occur inside strings only.
pub fn escape_json_controls(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if matches!(character, '\u{7f}'..='\u{9f}') {
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Columns that a text takes on a terminal; colours take none.
pub fn width(text: &str) -> usize {
    console::measure_text_width(text)
}

/// Fills a text up with spaces.
pub fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// Breaks a paragraph into lines of at most `columns` columns, at spaces where it can; each line but the first begins
/// with `indent` spaces.
pub fn wrap(text: &str, columns: usize, indent: usize) -> String {
    let mut wrapped = String::with_capacity(text.len());
    for (place, line) in text.lines().enumerate() {
        if place > 0 {
            wrapped.push('\n');
            wrapped.extend(std::iter::repeat_n(' ', indent));
        }
        let mut used = 0;
        for (number, word) in line.split(' ').enumerate() {
            let needed = width(word);
            if number > 0 && used + 1 + needed > columns.saturating_sub(indent).max(1) {
                wrapped.push('\n');
                wrapped.extend(std::iter::repeat_n(' ', indent));
                used = 0;
            } else if number > 0 {
                wrapped.push(' ');
                used += 1;
            }
            wrapped.push_str(word);
            used += needed;
        }
    }
    wrapped
}

/// Breaks prose into lines of at most `columns` columns. What belongs to a list item stays below its text.
pub fn prose(text: &str, columns: usize) -> String {
    let hang = |line: &str| {
        let margin = line.len() - line.trim_start_matches(' ').len();
        let bullet = ["- ", "* ", "• "].iter().find(|bullet| line[margin..].starts_with(**bullet));
        margin + bullet.map_or(0, |bullet| bullet.chars().count())
    };
    text.lines().map(|line| wrap(line, columns, hang(line))).collect::<Vec<_>>().join("\n")
}

/// `1 file`, `2 files`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_steer_the_terminal() {
        assert_eq!(one_line("a\u{1b}[2Jb\u{7}\nc"), "a\\u{1b}[2Jb\\u{7} c");
        assert_eq!(lines("a\r\nb\u{9b}1m"), "a\nb\\u{9b}1m");
        assert_eq!(one_line("invoice\u{202e}fdp.exe"), "invoice\\u{202e}fdp.exe");
    }

    #[test]
    fn json_with_c1_controls_stays_the_same_value() {
        let value = serde_json::json!({ "a": "x\u{9b}y\u{7f}" });
        let escaped = escape_json_controls(&value.to_string());
        assert!(escaped.is_ascii());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }

    #[test]
    fn wide_characters_are_padded_by_columns() {
        assert_eq!(pad("日本", 6), "日本  ");
        assert_eq!(pad("abc", 2), "abc");
    }

    #[test]
    fn paragraphs_break_at_spaces() {
        assert_eq!(wrap("one two three four", 9, 0), "one two\nthree\nfour");
        assert_eq!(wrap("one two three", 9, 2), "one two\n  three");
        assert_eq!(wrap("averyverylongword b", 5, 0), "averyverylongword\nb");
        assert_eq!(wrap("  a  b", 9, 0), "  a  b");
    }

    #[test]
    fn list_items_hang_together() {
        assert_eq!(prose("one two three\n\n- four five six", 9), "one two\nthree\n\n- four\n  five\n  six");
    }
}
