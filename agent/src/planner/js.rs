//! Pieces of JavaScript expressions.

use serde_json::Value;

/// A text literal.
pub fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('\'');
    for c in value.chars() {
        match c {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            // Two closing braces would end the expression's brackets for a human reader.
            '}' => out.push_str("\\x7d"),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// A number literal.
pub fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { format!("{value}") }
}

/// Whether a name can stand behind a dot.
pub fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
}

/// A member of a value.
pub fn member(base: &str, name: &str) -> String {
    if is_identifier(name) {
        format!("{base}.{name}")
    } else if name.contains('.') && name.split('.').all(is_identifier) {
        format!("{base}.{}", name.replace('.', "?."))
    } else {
        format!("{base}[{}]", text(name))
    }
}

/// An expression as a document value.
pub fn whole(expression: &str) -> Value {
    Value::String(format!("${{{{ {expression} }}}}"))
}

/// An expression inside a text.
pub fn inside(expression: &str) -> String {
    format!("${{{{ {expression} }}}}")
}

/// The list in a value that may be a list, an object around one, or a single thing.
pub fn list_in(expression: &str) -> String {
    format!("(Array.isArray({expression}) ? {expression} : Object.values({expression} ?? {{}}).find(v => Array.isArray(v)) ?? [])")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_quoted_where_needed() {
        assert_eq!(member("item", "name"), "item.name");
        assert_eq!(member("item", "unit price"), "item['unit price']");
        assert_eq!(member("item", "a.b"), "item.a?.b");
        assert_eq!(text("it's }}"), "'it\\'s \\x7d\\x7d'");
        assert_eq!((number(5.0), number(2.5)), ("5".to_owned(), "2.5".to_owned()));
    }
}
