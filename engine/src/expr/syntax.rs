//! Reads one expression: the JavaScript parser in front of the allow-list of syntax.

use super::Reference;
use super::refusal::{Refusal, shorten};
use super::walk::Walker;
use oxc_allocator::Allocator;
use oxc_ast::ast::Expression;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;
use serde_json::Value;

/// The longest expression, in bytes.
const MAX_LENGTH: usize = 16 * 1024;
/// Up to this length an expression is parsed on the caller's stack; the parser recurses, so that a longer one gets
/// a stack that its deepest nesting cannot use up.
const SHORT: usize = 160;
const LONG_STACK: usize = 256 << 20;

/// What is known of an expression that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    /// Everything that it refers to.
    pub references: Vec<Reference>,
    /// How it can be evaluated.
    pub form: Form,
    /// Whether it calls something that changes a value in place, such as `sort`.
    pub mutates: bool,
}

/// How an expression can be evaluated.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    /// It is this value.
    Literal(Value),
    /// It is a root and literal members: no interpreter is needed.
    Path(Reference),
    /// It needs the interpreter.
    Script,
}

/// Reads an expression.
pub(super) fn read(source: &str) -> Result<Facts, Vec<Refusal>> {
    if source.trim().is_empty() {
        return Err(vec![Refusal::new("E0402", "an empty expression", "write a value between ${{ and }}, such as inputs.name")]);
    }
    if source.len() > MAX_LENGTH {
        let message = format!("an expression of {} bytes; {MAX_LENGTH} is the most", source.len());
        return Err(vec![Refusal::new("E0408", message, "use a code.javascript step for longer programs")]);
    }
    on_a_stack_for(source, || parse(source)).unwrap_or_else(|| {
        Err(vec![Refusal::new("E0408", "the expression could not be read: it nests too deeply", "write it in several steps")])
    })
}

/// Whether a text is one JavaScript expression, of whatever syntax. Scripts use it to see what their value is.
pub(super) fn is_one_expression(source: &str) -> bool {
    source.len() <= MAX_LENGTH
        && on_a_stack_for(source, || Parser::new(&Allocator::default(), source, SourceType::mjs()).parse_expression().is_ok())
            .unwrap_or(false)
}

/// Runs a recursive reader of the source on a stack that is deep enough; `None` when it did not come back.
pub(super) fn on_a_stack_for<T: Send>(source: &str, reader: impl FnOnce() -> T + Send) -> Option<T> {
    if source.len() <= SHORT {
        return Some(reader());
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("expression-parser".to_owned()).stack_size(LONG_STACK).spawn_scoped(scope, reader);
        thread.ok()?.join().ok()
    })
}

fn parse(source: &str) -> Result<Facts, Vec<Refusal>> {
    let allocator = Allocator::default();
    // Module rules: strict, and without the HTML-like comments that two parsers may see differently.
    let options = ParseOptions { parse_regular_expression: true, ..ParseOptions::default() };
    let parser = Parser::new(&allocator, source, SourceType::mjs()).with_options(options);
    let expression = parser.parse_expression().map_err(|errors| {
        let error = errors.first();
        let what = error.map_or("it cannot be read", |error| error.message.as_ref());
        let at = error.and_then(|error| error.labels.first()).map(|label| place(source, label.offset() as usize)).unwrap_or_default();
        let message = format!("`{}` is no expression: {}{at}", shorten(source), lower_first(what));
        vec![Refusal::new("E0403", message, help_for(source))]
    })?;
    let mut walker = Walker::new(source);
    let place = walker.whole(&expression);
    let (references, mutates) = walker.finish()?;
    let form = match (place, literal(&expression)) {
        (Some(reference), _) => Form::Path(reference),
        (None, Some(value)) => Form::Literal(value),
        (None, None) => Form::Script,
    };
    Ok(Facts { references, form, mutates })
}

fn literal(expression: &Expression<'_>) -> Option<Value> {
    Some(match expression {
        Expression::BooleanLiteral(literal) => Value::Bool(literal.value),
        Expression::NullLiteral(_) => Value::Null,
        Expression::StringLiteral(literal) if !literal.lone_surrogates => Value::String(literal.value.to_string()),
        Expression::NumericLiteral(literal) => super::json::number(literal.value),
        _ => return None,
    })
}

fn place(source: &str, offset: usize) -> String {
    let ahead = source.get(offset.min(source.len())..).unwrap_or_default().trim();
    if ahead.is_empty() { ", at its end".to_owned() } else { format!(", at `{}`", shorten(ahead)) }
}

fn help_for(source: &str) -> String {
    let trimmed = source.trim_end();
    if trimmed.ends_with(';') {
        "an expression has no semicolon".to_owned()
    } else if ["const ", "let ", "var ", "if ", "if(", "return ", "for ", "for("].iter().any(|word| source.trim_start().starts_with(word)) {
        "write one JavaScript expression, not statements; a code.javascript step takes statements".to_owned()
    } else if source.contains(" and ") || source.contains(" or ") || source.contains(" not ") {
        "write && for and, || for or, ! for not".to_owned()
    } else {
        "write one JavaScript expression, such as steps.fetch.output.body.count > 3".to_owned()
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(source: &str) -> Vec<&'static str> {
        read(source).err().unwrap_or_default().iter().map(|refusal| refusal.code).collect()
    }

    #[test]
    fn the_syntax_of_everyday_expressions_is_taken() {
        for source in [
            "1 + 2 * 3",
            "`${inputs.name}!`",
            "steps.a.output.items.filter(({ title, tags: [first = 'x', ...rest] }) => title.includes(inputs.word))",
            "item?.title?.length ?? 0",
            "inputs.a ? [1, ...inputs.b] : { ...inputs.c, d: -1, ['e']: typeof item }",
            "/ab+c/i.test(item.title)",
            "Math.max(...steps['my-step'].output.map(x => x.n))",
            "Date.parse(now) > Date.UTC(2026, 0)",
            "JSON.stringify(inputs)",
            "((a, b = 2) => a + b)(1)",
            "Number(item.price).toFixed(2)",
            r"'\0 \\1 \x41 \u{1F44D}'.length + 0 + 0.5 + 0o17",
            "(a => (a => a)(a))(1)",
        ] {
            assert_eq!(codes(source), Vec::<&str>::new(), "{source}");
        }
    }

    #[test]
    fn syntax_outside_the_list_is_refused() {
        for source in [
            "inputs.a = 1",
            "inputs.a++",
            "delete inputs.a",
            "new Date()",
            "this",
            "import('x')",
            "(function () { return 1 })()",
            "(() => { return 1 })()",
            "async () => 1",
            "String.raw`x`",
            "class {}",
            "(1, 2)",
            "({ get a() { return 1 } })",
            "({ a() { return 1 } })",
            "import.meta",
            "new.target",
            "Date()",
            "[Date].map(d => d())",
            "Math.random()",
            "Math['random']()",
            "Date.now()",
            "10n",
            "010",
            r"'\01'",
            r"'é\é\1'",
            "((a, a) => a)(1)",
            "(({ a, b: [a] }) => a)(1)",
            "(eval => eval)(1)",
            "/(/.test(item)",
        ] {
            assert!(matches!(codes(source).first(), Some(&"E0404" | &"E0403")), "{source}: {:?}", codes(source));
        }
    }

    #[test]
    fn free_names_outside_the_roots_are_refused() {
        for source in ["globalThis", "process.env", "eval('1')", "Function('x')", "(a => b)(1)", "arguments", "Reflect.ownKeys(item)"] {
            assert!(codes(source).contains(&"E0405"), "{source}: {:?}", codes(source));
        }
    }

    #[test]
    fn members_that_lead_to_constructors_are_refused() {
        for source in [
            "item.constructor",
            "item['constructor']",
            "item?.['__proto__']",
            "item[`prototype`]",
            "(({ constructor }) => constructor)(item)",
            "({ __proto__: item })",
            "({ '__proto__': item })",
            "(({ ['constructor']: c }) => c)(item)",
        ] {
            assert!(codes(source).contains(&"E0406"), "{source}: {:?}", codes(source));
        }
    }

    #[test]
    fn steps_are_named_literally() {
        for source in ["steps", "steps[inputs.name]", "Object.keys(steps)", "({ ...steps })"] {
            assert_eq!(codes(source), ["E0407"], "{source}");
        }
    }

    #[test]
    fn nesting_of_any_depth_is_answered() {
        let deep = format!("{}1{}", "(".repeat(8000), ")".repeat(8000));
        assert!(read(&deep).is_ok());
        assert!(read(&"!".repeat(16_000)).is_err());
        assert_eq!(codes(&"a".repeat(17_000)), ["E0408"]);
    }

    #[test]
    fn plain_paths_and_literals_need_no_interpreter() {
        let path = |source: &str| match read(source).map(|facts| facts.form) {
            Ok(Form::Path(reference)) => Some(format!("{} {:?}", reference.root, reference.path)),
            _ => None,
        };
        assert_eq!(path("steps.a.output.b[0].c").as_deref(), Some(r#"steps ["a", "output", "b", "0", "c"]"#));
        assert_eq!(path("steps['my-step']?.output").as_deref(), Some(r#"steps ["my-step", "output"]"#));
        assert_eq!(path("item").as_deref(), Some("item []"));
        assert_eq!(path("item.title.trim()"), None);
        assert_eq!(read("'x'").map(|facts| facts.form), Ok(Form::Literal(Value::from("x"))));
    }

    #[test]
    fn references_leave_out_methods_and_stop_at_what_is_computed() {
        let found: Vec<String> = read("steps.a.output.items.filter(x => x.id === item.list[index].id).length + inputs.n")
            .expect("accepted")
            .references
            .iter()
            .map(|reference| format!("{}:{}", reference.root, reference.path.join(".")))
            .collect();
        assert_eq!(found, ["steps:a.output.items", "index:", "item:list", "inputs:n"]);
    }
}
