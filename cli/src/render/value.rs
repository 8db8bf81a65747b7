//! Values in brief: what a step or a run handed back.

use crate::ui::screen::Screen;
use crate::ui::text;
use serde_json::Value;
use std::fmt::Write as _;

/// Lines that a result may take before it is told by its size.
const MOST_LINES: usize = 12;

/// A value in one line of at most `columns` columns.
pub fn brief(value: &Value, columns: usize, screen: &Screen) -> String {
    let told = match value {
        Value::Null => "nothing".to_owned(),
        Value::String(content) => text::one_line(content),
        Value::Array(items) if !items.is_empty() && value_is_wide(value) => text::count(items.len() as u64, "item", "items"),
        Value::Object(fields) if !fields.is_empty() => {
            let told = fields.iter().map(|(name, field)| format!("{}: {}", text::one_line(name), member(field)));
            told.collect::<Vec<_>>().join(", ")
        }
        other => text::one_line(&other.to_string()),
    };
    screen.cut_to(&told, columns)
}

fn member(value: &Value) -> String {
    match value {
        Value::String(content) => text::one_line(content),
        Value::Array(items) => text::count(items.len() as u64, "item", "items"),
        Value::Object(fields) if !fields.is_empty() => "{…}".to_owned(),
        other => text::one_line(&other.to_string()),
    }
}

fn value_is_wide(value: &Value) -> bool {
    value.to_string().len() > 60
}

/// A value as a person reads it: texts as they are, small objects as `name: value` lines, the rest as JSON; what is long
/// is cut and says so. Ends with a line break.
pub fn block(value: &Value, indent: usize, screen: &Screen) -> String {
    let margin = " ".repeat(indent);
    let content = match value {
        Value::String(content) => text::lines(content),
        Value::Object(fields) if fields.values().all(|field| !field.is_object() && !field.is_array()) => {
            let widest = fields.keys().map(|name| text::width(name)).max().unwrap_or(0);
            fields.iter().fold(String::new(), |mut told, (name, field)| {
                let room = screen.width.saturating_sub(indent + widest + 2).max(20);
                let _ = writeln!(told, "{}  {}", text::pad(&text::one_line(name), widest), brief(field, room, screen));
                told
            })
        }
        other => text::lines(&serde_json::to_string_pretty(other).unwrap_or_default()),
    };
    let lines: Vec<&str> = content.trim_end().lines().collect();
    let mut rendered = String::new();
    for line in lines.iter().take(MOST_LINES) {
        let _ = writeln!(rendered, "{margin}{}", screen.cut_to(line, screen.width.saturating_sub(indent)));
    }
    if lines.len() > MOST_LINES {
        let left = text::count((lines.len() - MOST_LINES) as u64, "more line", "more lines");
        let _ = writeln!(rendered, "{margin}{}", screen.dim(&format!("{} {left}", screen.pick("…", "..."))));
    }
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::plain;
    use serde_json::json;

    #[test]
    fn long_values_are_told_by_their_size() {
        let screen = plain(80);
        assert_eq!(brief(&json!([1, 2, 3]), 40, &screen), "[1,2,3]");
        assert_eq!(brief(&json!(vec!["abcdefghij"; 10]), 40, &screen), "10 items");
        let file = json!({ "path": "out/report.csv", "lines": ["a", "b"], "bytes": 123_456_789 });
        assert_eq!(brief(&file, 40, &screen), "path: out/report.csv, lines: 2 items, b…");
        assert_eq!(brief(&json!("a\nb"), 40, &screen), "a b");
    }

    #[test]
    fn blocks_are_cut_and_say_so() {
        let many: Vec<u32> = (0..40).collect();
        let rendered = block(&json!(many), 2, &plain(80));
        assert_eq!(rendered.lines().count(), MOST_LINES + 1);
        assert!(rendered.ends_with("… 30 more lines\n"), "{rendered}");
        assert_eq!(block(&json!({ "path": "a.csv", "bytes": 12 }), 2, &plain(80)), "  path   a.csv\n  bytes  12\n");
    }
}
