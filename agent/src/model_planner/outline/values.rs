//! Values of an outline become values of a document: literals stay literals, everything else becomes `${{ … }}` with the
//! names that documents use.

use super::names::{Meaning, Names};
use super::rewrite::{Unresolved, rewrite};
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, Expression, ObjectExpression, ObjectPropertyKind, PropertyKey, PropertyKind, TemplateLiteral,
    UnaryOperator,
};
use oxc_parser::Parser;
use oxc_span::SourceType;
use serde_json::{Map, Value};

/// The longest expression, in bytes.
const LONGEST: usize = 16 * 1024;
/// The parser recurses: its deepest nesting must not use up the stack.
const STACK: usize = 256 << 20;

/// Runs something that parses on a stack that no input can use up. `None` when it did not come back.
pub fn on_a_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("outline".to_owned()).stack_size(STACK).spawn_scoped(scope, work);
        thread.ok()?.join().ok()
    })
}

/// A value as a document has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Written {
    /// The value, with `${{ … }}` where it is computed.
    pub value: Value,
    /// Names that mean nothing.
    pub unknown: Vec<String>,
    /// Names of items that cannot be seen from there.
    pub hidden: Vec<String>,
    /// What `later("…")` wants, when that is the value.
    pub later: Option<String>,
    /// The name, when the value is nothing but one name that means nothing: a word without its quotes.
    pub word: Option<String>,
}

/// Turns a JavaScript expression into a document's value.
///
/// # Errors
/// When it cannot be read.
pub fn convert(code: &str, names: &Names<'_>) -> Result<Written, String> {
    let code = code.trim();
    if code.is_empty() {
        return Err("a value is missing".to_owned());
    }
    if code.len() > LONGEST {
        return Err(format!("a value of {} characters is too long; {LONGEST} are the most", code.len()));
    }
    let allocator = Allocator::default();
    let expression = match Parser::new(&allocator, code, SourceType::mjs()).parse_expression() {
        Ok(expression) => expression,
        Err(_) if is_bare_word(code) => return Ok(Written { value: Value::from(code), ..Written::default() }),
        Err(errors) => {
            let what = errors.first().map_or_else(String::new, |error| format!(" ({})", error.message));
            return Err(format!(
                "`{}` is no JavaScript expression{what}; text needs quotes, and back quotes where ${{…}} stands in it",
                super::shorten(code, 60)
            ));
        }
    };
    let mut converter = Converter { code, names, written: Written::default() };
    converter.written.later = later(&expression);
    converter.written.word = word(&expression, names);
    let value = converter.value(&expression);
    Ok(Written { value, ..converter.written })
}

/// `#news`, `you@example.com`, `data/orders.csv`: texts whose quotes were forgotten.
fn is_bare_word(code: &str) -> bool {
    code.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '#' | '@' | '.' | '/' | '*' | '~'))
        && code.chars().all(|c| c.is_alphanumeric() || matches!(c, '#' | '@' | '.' | '/' | '-' | '_' | ':' | '*' | '+' | '~'))
}

fn later(expression: &Expression<'_>) -> Option<String> {
    let Expression::CallExpression(call) = expression else { return None };
    let Expression::Identifier(callee) = &call.callee else { return None };
    if callee.name.as_str() != "later" {
        return None;
    }
    let wanted = match call.arguments.first() {
        Some(Argument::StringLiteral(text)) => text.value.to_string(),
        Some(Argument::TemplateLiteral(text)) => {
            text.quasis.iter().filter_map(|quasi| quasi.value.cooked.as_ref().map(ToString::to_string)).collect()
        }
        _ => String::new(),
    };
    Some(wanted)
}

fn word(expression: &Expression<'_>, names: &Names<'_>) -> Option<String> {
    let Expression::Identifier(identifier) = expression else { return None };
    let name = identifier.name.as_str();
    (names.meaning(name) == Meaning::Unknown).then(|| name.to_owned())
}

struct Converter<'c, 'n> {
    code: &'c str,
    names: &'c Names<'n>,
    written: Written,
}

impl Converter<'_, '_> {
    fn value(&mut self, expression: &Expression<'_>) -> Value {
        match expression {
            Expression::ParenthesizedExpression(inner) => self.value(&inner.expression),
            Expression::BooleanLiteral(literal) => Value::Bool(literal.value),
            Expression::NullLiteral(_) => Value::Null,
            Expression::NumericLiteral(literal) => number(literal.value),
            Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::UnaryNegation => match &unary.argument {
                Expression::NumericLiteral(literal) => number(-literal.value),
                _ => self.computed(expression),
            },
            Expression::StringLiteral(literal) => self.text(literal.value.as_str()),
            Expression::TemplateLiteral(template) => self.template(template),
            Expression::ArrayExpression(array) => {
                let plain = array.elements.iter().map(ArrayExpressionElement::as_expression).collect::<Option<Vec<_>>>();
                match plain {
                    Some(elements) => Value::Array(elements.into_iter().map(|element| self.value(element)).collect()),
                    None => self.computed(expression),
                }
            }
            Expression::ObjectExpression(object) => self.object(object).unwrap_or_else(|| self.computed(expression)),
            Expression::Identifier(identifier) => match identifier.name.as_str() {
                "undefined" | "None" => Value::Null,
                "True" => Value::Bool(true),
                "False" => Value::Bool(false),
                _ => self.computed(expression),
            },
            _ => self.computed(expression),
        }
    }

    fn object(&mut self, object: &ObjectExpression<'_>) -> Option<Value> {
        let mut fields = Vec::new();
        for property in &object.properties {
            let ObjectPropertyKind::ObjectProperty(property) = property else { return None };
            if property.computed || property.method || property.kind != PropertyKind::Init {
                return None;
            }
            let key = match &property.key {
                PropertyKey::StaticIdentifier(name) => name.name.to_string(),
                PropertyKey::StringLiteral(text) => text.value.to_string(),
                PropertyKey::NumericLiteral(literal) => format!("{}", literal.value),
                _ => return None,
            };
            fields.push((key, &property.value));
        }
        let fields: Map<String, Value> = fields.into_iter().map(|(key, value)| (key, self.value(value))).collect();
        Some(Value::Object(fields))
    }

    /// A quoted text. Where somebody wrote `${…}` in plain quotes, back quotes were meant.
    fn text(&mut self, text: &str) -> Value {
        if text.contains("${{") {
            let (text, unresolved) = rewrite_text(text, self.names);
            self.take(unresolved);
            return Value::String(text);
        }
        if text.contains("${") {
            let quoted = format!("`{}`", text.replace('\\', "\\\\").replace('`', "\\`"));
            if let Some(written) = convert_template(&quoted, self.names).filter(|written| written.unknown.is_empty()) {
                self.written.hidden.extend(written.hidden);
                return written.value;
            }
        }
        Value::from(text)
    }

    fn template(&mut self, template: &TemplateLiteral<'_>) -> Value {
        let mut text = String::new();
        for (at, quasi) in template.quasis.iter().enumerate() {
            text.push_str(quasi.value.cooked.as_ref().map_or("", |cooked| cooked.as_str()));
            if let Some(part) = template.expressions.get(at) {
                text.push_str(&self.expression_text(part));
            }
        }
        Value::String(text)
    }

    fn computed(&mut self, expression: &Expression<'_>) -> Value {
        Value::String(self.expression_text(expression))
    }

    fn expression_text(&mut self, expression: &Expression<'_>) -> String {
        let (text, unresolved) = rewrite(self.code, expression, self.names);
        self.take(unresolved);
        format!("${{{{ {} }}}}", text.trim())
    }

    fn take(&mut self, unresolved: Unresolved) {
        self.written.unknown.extend(unresolved.unknown);
        self.written.hidden.extend(unresolved.hidden);
    }
}

fn convert_template(code: &str, names: &Names<'_>) -> Option<Written> {
    let allocator = Allocator::default();
    let expression = Parser::new(&allocator, code, SourceType::mjs()).parse_expression().ok()?;
    let Expression::TemplateLiteral(template) = &expression else { return None };
    let mut converter = Converter { code, names, written: Written::default() };
    let value = converter.template(template);
    Some(Written { value, ..converter.written })
}

fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { Value::from(value as i64) } else { Value::from(value) }
}

/// Expressions of a text with `${{ … }}` in it get the names that documents use. Those that cannot be read stay: the
/// checks say what is wrong with them.
fn rewrite_text(text: &str, names: &Names<'_>) -> (String, Unresolved) {
    let mut all = Unresolved::default();
    let mut out = String::new();
    for part in parts(text) {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Code(code) => {
                let allocator = Allocator::default();
                let whole_lines = with_escaped_breaks(code);
                let code = if is_expression(code) { code } else { whole_lines.as_str() };
                let inner = match Parser::new(&allocator, code, SourceType::mjs()).parse_expression() {
                    Ok(expression) => {
                        let (text, unresolved) = rewrite(code, &expression, names);
                        all.unknown.extend(unresolved.unknown);
                        all.hidden.extend(unresolved.hidden);
                        text
                    }
                    Err(_) => code.to_owned(),
                };
                out.push_str(&format!("${{{{ {} }}}}", inner.trim()));
            }
        }
    }
    (out, all)
}

/// A value with `${{ … }}` in its texts gets the names that documents use.
pub fn fill_in(value: &Value, names: &Names<'_>) -> Value {
    match value {
        Value::String(text) if text.contains("${{") => Value::String(rewrite_text(text, names).0),
        Value::Array(list) => Value::Array(list.iter().map(|value| fill_in(value, names)).collect()),
        Value::Object(fields) => Value::Object(fields.iter().map(|(key, value)| (key.clone(), fill_in(value, names))).collect()),
        other => other.clone(),
    }
}

/// A part of a text with expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'t> {
    /// Plain text.
    Text(&'t str),
    /// What stands between `${{` and `}}`.
    Code(&'t str),
}

/// Takes a text with `${{ … }}` apart. An expression ends at the first `}}` in front of which it can be read.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${{") {
        let body = &rest[start + 3..];
        let ends: Vec<usize> = body.match_indices("}}").map(|(at, _)| at).take(16).collect();
        // `}}}` closes an object and then the expression.
        let ends: Vec<usize> = ends.into_iter().flat_map(|end| [end, end + 1]).filter(|end| body[*end..].starts_with("}}")).collect();
        let Some(end) = ends
            .iter()
            .copied()
            .find(|end| is_expression(&body[..*end]) || is_expression(&with_escaped_breaks(&body[..*end])))
            .or(ends.first().copied())
        else {
            break;
        };
        if start > 0 {
            parts.push(Part::Text(&rest[..start]));
        }
        parts.push(Part::Code(body[..end].trim()));
        rest = &body[end + 2..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

fn is_expression(code: &str) -> bool {
    let parses = |code: &str| Parser::new(&Allocator::default(), code.trim(), SourceType::mjs()).parse_expression().is_ok();
    code.len() <= LONGEST && parses(code)
}

/// Line breaks inside quoted texts as JavaScript has them. Whoever writes `'\n'` into JSON means this and gets the break
/// itself, which no quoted text may hold.
fn with_escaped_breaks(code: &str) -> String {
    let mut out = String::with_capacity(code.len() + 8);
    let mut quote: Option<char> = None;
    let mut letters = code.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(_), '\\') => {
                out.push(letter);
                out.extend(letters.next());
                continue;
            }
            (Some('"' | '\''), '\n') => {
                out.push_str("\\n");
                continue;
            }
            (Some('"' | '\''), '\t') => {
                out.push_str("\\t");
                continue;
            }
            (Some(open), close) if open == close => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(letter),
            _ => {}
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::names::{Known, Shape};
    use super::*;
    use serde_json::json;

    fn steps() -> Known {
        let list = Shape::Object { fields: vec!["title".to_owned(), "entries".to_owned()], list: Some("entries".to_owned()) };
        [("stories".to_owned(), list), ("body".to_owned(), Shape::Unknown), ("posts".to_owned(), Shape::List)].into()
    }

    fn value(code: &str) -> Value {
        let steps = steps();
        convert(code, &Names { item: Some("story"), ..Names::of(&steps) }).unwrap().value
    }

    #[test]
    fn literals_stay_and_the_rest_becomes_an_expression() {
        for (code, wanted) in [
            ("\"#news\"", json!("#news")),
            ("-3", json!(-3)),
            ("[1, \"a\", true, null]", json!([1, "a", true, null])),
            ("{ a: 1, 'b-c': stories.title }", json!({ "a": 1, "b-c": "${{ steps.stories.output.title }}" })),
            ("stories.entries", json!("${{ steps.stories.output.entries }}")),
            ("`${story.title}: ${story.link}\\n`", json!("${{ item.title }}: ${{ item.link }}\n")),
            (
                "stories.entries.map(body => body.title + stories.title)",
                json!("${{ steps.stories.output.entries.map(body => body.title + steps.stories.output.title) }}"),
            ),
            ("({ stories })", json!({ "stories": "${{ steps.stories.output }}" })),
            ("[...stories.entries, { body }]", json!("${{ [...steps.stories.output.entries, { body: steps.body.output }] }}")),
            ("posts.length > 0 && inputs.stories", json!("${{ steps.posts.output.length > 0 && inputs.stories }}")),
            ("True", json!(true)),
        ] {
            assert_eq!(value(code), wanted, "{code}");
        }
    }

    #[test]
    fn what_was_meant_is_understood() {
        for (code, wanted) in [
            ("stories.map(s => s.title)", "${{ steps.stories.output.entries.map(s => s.title) }}"),
            ("stories[0].title", "${{ steps.stories.output.entries[0].title }}"),
            ("stories.length", "${{ steps.stories.output.entries.length }}"),
            ("stories.output.title", "${{ steps.stories.output.title }}"),
            ("stories.error", "${{ steps.stories.error }}"),
            ("steps.stories.entries", "${{ steps.stories.output.entries }}"),
            ("steps.stories.output.entries", "${{ steps.stories.output.entries }}"),
            ("\"${{ stories.title }}!\"", "${{ steps.stories.output.title }}!"),
            ("\"hello ${story.title}\"", "hello ${{ item.title }}"),
            ("\"costs ${price}\"", "costs ${price}"),
            ("#news", "#news"),
        ] {
            assert_eq!(value(code), json!(wanted), "{code}");
        }
    }

    #[test]
    fn names_that_mean_nothing_are_told() {
        let steps = steps();
        let hidden = ["order".to_owned()];
        let names = Names { item: Some("story"), hidden: &hidden, per_item: true, ..Names::of(&steps) };
        let written = convert("item.id === story.id && order.id && nothing.x", &names).unwrap();
        assert_eq!((written.unknown, written.hidden), (vec!["nothing".to_owned()], vec!["story".to_owned(), "order".to_owned()]));
        assert_eq!(convert("desc", &names).unwrap().word.as_deref(), Some("desc"));
        assert_eq!(convert("later(\"a line for each\")", &names).unwrap().later.as_deref(), Some("a line for each"));
        assert!(convert("a b c", &names).unwrap_err().contains("no JavaScript"));
    }

    #[test]
    fn texts_with_expressions_are_taken_apart() {
        assert_eq!(parts("a ${{ { x: { y: 1 }} }} b"), [Part::Text("a "), Part::Code("{ x: { y: 1 }}"), Part::Text(" b")]);
        assert_eq!(parts("${{ a.map(x => ({b: {c: x}})) }}!"), [Part::Code("a.map(x => ({b: {c: x}}))"), Part::Text("!")]);
        assert_eq!(parts("${{ a"), [Part::Text("${{ a")]);
    }

    #[test]
    fn breaks_in_quoted_texts_are_escaped() {
        let steps = steps();
        let found = fill_in(&json!("${{ stories.entries.map(s => s.title).join('\n') }}"), &Names::of(&steps));
        assert_eq!(found, json!("${{ steps.stories.output.entries.map(s => s.title).join('\\n') }}"));
    }

    #[test]
    fn nesting_of_any_depth_is_answered() {
        let steps = steps();
        for code in ["!".repeat(16_000), format!("{}1{}", "(".repeat(7000), ")".repeat(7000)), "[".repeat(9000)] {
            on_a_deep_stack(|| {
                let _ = convert(&code, &Names::of(&steps));
            })
            .unwrap();
        }
    }
}
