//! Lines: which ones belong together, how far they are indented, and what they begin with.

use super::scan::{scan, without_comments};

/// Words that begin a statement that is no step.
pub const WORDS: &[&str] = &[
    "workflow",
    "trigger",
    "no trigger",
    "input",
    "output",
    "on_failure",
    "timezone",
    "tags",
    "limits",
    "concurrency",
    "timeout",
    "note",
    "ask",
    "cannot",
    "suggest",
    "add",
    "replace",
    "remove",
    "rename",
    "move",
    "set",
    "unset",
    "group",
];

/// A statement in one piece, whatever lines it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Of its first line, from 1.
    pub number: usize,
    /// Columns in front of it.
    pub indent: usize,
    /// Without comments, list marks and blanks around.
    pub text: String,
}

/// The statements of a text, with the number of its first line.
pub fn lines_of(text: &str, first: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut pending: Option<Line> = None;
    for (at, raw) in text.lines().enumerate() {
        let mut line = match pending.take() {
            Some(mut line) => {
                line.text.push('\n');
                line.text.push_str(raw);
                line
            }
            None => {
                let indent = raw.chars().take_while(|letter| letter.is_whitespace()).map(|c| if c == '\t' { 4 } else { 1 }).sum();
                Line { number: first + at, indent, text: raw.to_owned() }
            }
        };
        if scan(&line.text).open > 0 && line.text.len() < super::LONGEST / 2 {
            pending = Some(line);
            continue;
        }
        line.text = without_mark(without_comments(&line.text).trim()).to_owned();
        lines.push(line);
    }
    lines.extend(pending.map(|line| Line { text: without_mark(without_comments(&line.text).trim()).to_owned(), ..line }));
    lines.retain(|line| !line.text.is_empty());
    lines
}

/// Without a list's mark in front: `- `, `* `, `3. `, `3) `.
fn without_mark(text: &str) -> &str {
    if let Some(rest) = text.strip_prefix("- ").or_else(|| text.strip_prefix("* ")) {
        return rest.trim_start();
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=2).contains(&digits)
        && let Some(rest) = text[digits..].strip_prefix(". ").or_else(|| text[digits..].strip_prefix(") "))
    {
        return rest.trim_start();
    }
    text
}

/// The first word of a line: letters, digits, `_` and `-`.
pub fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(text.len());
    &text[..end]
}

/// Whether a line looks like the beginning of a statement.
pub fn begins_statement(line: &str) -> bool {
    let text = without_mark(line.trim());
    let word = first_word(text);
    let rest = text[word.len()..].trim_start();
    if WORDS.contains(&word) {
        // "Add a step that …" is prose, `add top = …` is none.
        return match word {
            "workflow" | "tags" | "timezone" | "trigger" | "on_failure" | "suggest" | "cannot" | "note" | "ask" => !rest.is_empty(),
            "add" | "replace" => rest.contains('='),
            "remove" | "unset" | "move" | "set" | "rename" => rest.split_whitespace().count() <= 12 && !rest.ends_with('.'),
            "group" => rest.contains('='),
            _ => !rest.is_empty() && !rest.ends_with('.'),
        };
    }
    if text.starts_with("no trigger") {
        return true;
    }
    assignment(text).is_some() || block_head(text)
}

/// `for …:`, `if …:`, `else:`: the head of a block, or of one step on the same line.
pub fn block_head(text: &str) -> bool {
    let word = first_word(text);
    ["for", "if", "else", "elif"].contains(&word) && text.contains(':') && (text.contains('=') || text.trim_end().ends_with(':'))
}

/// `id = rest`, where the rest begins like an action or is a group.
pub fn assignment(text: &str) -> Option<(&str, &str)> {
    let id = first_word(text);
    let rest = text[id.len()..].trim_start().strip_prefix('=')?;
    if id.is_empty() || rest.starts_with(['=', '>']) {
        return None;
    }
    let rest = rest.trim();
    let letter = rest.starts_with(|c: char| c.is_ascii_alphabetic());
    letter.then_some((id, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_brackets_keep_lines_together() {
        let lines = lines_of("a = x.y(\n  one: 1, // first\n  two: `b\nc`\n)\n- b = x.z()\n\n# nothing", 3);
        let texts: Vec<(usize, &str)> = lines.iter().map(|line| (line.number, line.text.as_str())).collect();
        assert_eq!(texts, [(3, "a = x.y(\n  one: 1, \n  two: `b\nc`\n)"), (8, "b = x.z()")]);
    }

    #[test]
    fn prose_is_told_from_statements() {
        for line in
            ["x = a.b(c: 1)", "trigger schedule every 1h", "1. x = a.b()", "remove extra", "for each x in y: z = a.b()", "note \"a\""]
        {
            assert!(begins_statement(line), "{line}");
        }
        for line in ["Here is the workflow:", "This reads a file.", "I added a filter = good", "", "Set the channel to what you like."] {
            assert!(!begins_statement(line), "{line}");
        }
    }
}
