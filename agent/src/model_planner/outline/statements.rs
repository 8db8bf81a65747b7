//! Single statements: a step with its parameters, an input, an output, a question.

use super::lines::{Line, assignment, first_word};
use super::modifiers::unquote;
use super::modifiers::{modifiers_of, plain};
use super::names::{Known, Names};
use super::scan::{closing, scan, split_top};
use super::triggers::tokens;
use super::values::convert;
use super::{Argument, Asked, Body, StepLine};
use sayflow_protocol::workflow::Limits;
use serde_json::{Map, Value, json};

/// How a step is written, for those who wrote another.
pub const STEP_FORM: &str = "a step is written like: orders = file.read(path: \"orders.csv\")";

/// Reads `id = action(parameters) modifiers`, or `id = group modifiers`. The steps of a group are put in later.
///
/// # Errors
/// What is wrong, and how to write it.
pub fn step_of(line: &Line, text: &str) -> Result<StepLine, String> {
    let (id, rest) = match assignment(text) {
        Some((id, rest)) => (id.to_owned(), rest.to_owned()),
        // A step whose output nobody needs may go without a name.
        None if looks_like_call(text) => (id_of_call(text), text.to_owned()),
        None => return Err(format!("`{}` is not understood; {STEP_FORM}", super::shorten(text, 50))),
    };
    let rest = rest.strip_prefix("await ").unwrap_or(&rest).trim_start();
    let (body, behind) = if first_word(rest) == "group" {
        let behind = rest["group".len()..].trim().trim_end_matches([':', '{']).trim();
        (Body::Group { steps: Vec::new(), outputs: Vec::new() }, behind.strip_prefix("()").unwrap_or(behind).to_owned())
    } else {
        call_of(rest)?
    };
    let modifiers = modifiers_of(&behind)?;
    Ok(StepLine { line: line.number, text: line.text.clone(), id, body, modifiers })
}

fn looks_like_call(text: &str) -> bool {
    let name = action_name(text);
    name.contains('.') && text[name.len()..].trim_start().starts_with('(')
}

fn id_of_call(text: &str) -> String {
    action_name(text).rsplit('.').next().unwrap_or("step").to_owned()
}

fn action_name(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == '-')).unwrap_or(text.len());
    text[..end].trim_end_matches('.')
}

fn call_of(text: &str) -> Result<(Body, String), String> {
    let action = action_name(text).to_owned();
    let rest = &text[action.len()..];
    let open = rest.len() - rest.trim_start().len();
    if !rest[open..].starts_with('(') {
        return Ok((Body::Call { action, arguments: Vec::new() }, rest.trim().to_owned()));
    }
    let Some(close) = closing(rest, open) else { return Err(format!("the bracket behind `{action}` is not closed")) };
    let arguments = arguments_of(&action, rest[open + 1..close].trim())?;
    Ok((Body::Call { action, arguments }, rest[close + 1..].trim().trim_start_matches(';').to_owned()))
}

fn arguments_of(action: &str, text: &str) -> Result<Vec<(String, Argument)>, String> {
    // `action({ a: 1 })` means the same.
    let inner = text.strip_prefix('{').filter(|_| closing(text, 0) == Some(text.len() - 1)).map_or(text, |inner| &inner[..inner.len() - 1]);
    let mut arguments: Vec<(String, Argument)> = Vec::new();
    for part in split_top(inner, b',') {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        // `…` at the end: the rest is left open.
        if matches!(part, "..." | "…") {
            continue;
        }
        let (name, code) = named(part).ok_or_else(|| {
            format!("`{}` has no name; every parameter is written as name: value, such as {action}(name: value)", super::shorten(part, 40))
        })?;
        if arguments.iter().any(|(known, _)| *known == name) {
            return Err(format!("the parameter `{name}` is given twice"));
        }
        if code.is_empty() {
            return Err(format!("the parameter `{name}` has no value"));
        }
        arguments.push((name, argument(code)));
    }
    Ok(arguments)
}

fn argument(code: &str) -> Argument {
    let steps = Known::new();
    match code.starts_with("later").then(|| convert(code, &Names::of(&steps))) {
        Some(Ok(written)) => match written.later {
            Some(wanted) => Argument::Later(wanted),
            None => Argument::Code(code.to_owned()),
        },
        _ if matches!(code, "?" | "..." | "…") => Argument::Later(String::new()),
        _ => Argument::Code(code.to_owned()),
    }
}

/// `name: value` or `name=value`.
fn named(part: &str) -> Option<(String, &str)> {
    let quote = part.chars().next().filter(|c| matches!(c, '"' | '\''));
    let (name, rest) = match quote {
        Some(quote) => {
            let end = part[1..].find(quote)? + 1;
            (&part[1..end], &part[end + 1..])
        }
        None => {
            let end = part.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))?;
            (&part[..end], &part[end..])
        }
    };
    let rest = rest.trim_start();
    let value = rest.strip_prefix(':').or_else(|| rest.strip_prefix('=').filter(|rest| !rest.starts_with(['=', '>'])))?;
    (!name.is_empty()).then(|| (name.to_owned(), value.trim()))
}

/// Reads `NAME: TYPE = DEFAULT "description"`.
///
/// # Errors
/// What is wrong, and how to write it.
pub fn input_of(text: &str) -> Result<(String, Value), String> {
    let name = first_word(text);
    let form = "an input is written like: input keyword: text = \"Rust\"";
    if name.is_empty() {
        return Err(form.to_owned());
    }
    let rest = text[name.len()..].trim_start().trim_start_matches(':').trim();
    let scanned = scan(rest);
    let equals = rest.bytes().enumerate().position(|(at, byte)| byte == b'=' && scanned.is_top(at));
    let (kind, default) = match equals {
        Some(at) => (rest[..at].trim(), Some(rest[at + 1..].trim())),
        None => (rest, None),
    };
    let mut schema = Map::new();
    let word = first_word(kind);
    let described = kind[word.len()..].trim();
    match word.to_lowercase().as_str() {
        "" | "text" | "string" | "date" | "email" | "url" => schema.insert("type".to_owned(), json!("string")),
        "number" | "float" => schema.insert("type".to_owned(), json!("number")),
        "integer" | "int" => schema.insert("type".to_owned(), json!("integer")),
        "boolean" | "bool" => schema.insert("type".to_owned(), json!("boolean")),
        "list" | "array" => schema.insert("type".to_owned(), json!("array")),
        "object" => schema.insert("type".to_owned(), json!("object")),
        "any" => None,
        other => return Err(format!("there is no type \"{other}\"; an input is text, number, integer, boolean, list or object")),
    };
    let mut description = (!described.is_empty()).then(|| unquote(described));
    if let Some(default) = default {
        let (value, words) = default_of(default)?;
        schema.insert("default".to_owned(), value);
        description = words.or(description);
    }
    if let Some(description) = description {
        schema.insert("description".to_owned(), Value::from(description));
    }
    Ok((name.to_owned(), Value::Object(schema)))
}

/// A literal, and a description behind it.
fn default_of(text: &str) -> Result<(Value, Option<String>), String> {
    let steps = Known::new();
    let literal = |code: &str| convert(code, &Names::of(&steps)).ok().filter(|written| !written.value.to_string().contains("${{"));
    if let Some(written) = literal(text) {
        return Ok((written.value, None));
    }
    let bytes = text.as_bytes();
    let described = (1..text.len()).filter(|&at| bytes[at] == b'"' && bytes[at - 1].is_ascii_whitespace());
    for at in described {
        if let Some(written) = literal(text[..at].trim()) {
            return Ok((written.value, Some(unquote(text[at..].trim()))));
        }
    }
    Err(format!("`{}` is no plain value; a default is text in quotes, a number, true, false, or a list of these", super::shorten(text, 40)))
}

/// Reads `NAME = CODE`.
///
/// # Errors
/// How to write it.
pub fn output_of(text: &str) -> Result<(String, String), String> {
    let name = first_word(text);
    let rest = text[name.len()..].trim_start();
    let code = rest.strip_prefix('=').or_else(|| rest.strip_prefix(':')).map(str::trim).unwrap_or_default();
    if name.is_empty() || code.is_empty() {
        return Err("an output is written like: output total = sums.totals.total".to_owned());
    }
    Ok((name.to_owned(), code.to_owned()))
}

/// Reads `"question" about WHAT choices "a", "b"`.
///
/// # Errors
/// How to write it.
pub fn question_of(text: &str) -> Result<Asked, String> {
    let scanned = scan(text);
    let word = |word: &str| text.match_indices(word).map(|(at, _)| at).find(|at| scanned.is_top(*at));
    let choices_at = word(" choices").or_else(|| word(" options"));
    let head = &text[..choices_at.unwrap_or(text.len())];
    let about_at = word(" about ").filter(|at| *at < head.len());
    let question = unquote(head[..about_at.unwrap_or(head.len())].trim());
    if question.is_empty() {
        return Err("a question is written like: ask \"Which channel gets the report?\" about slack.send_message.channel choices \"#ops\", \"#sales\"".to_owned());
    }
    let about = about_at.map(|at| plain(&head[at + " about ".len()..])).unwrap_or_default();
    let listed = choices_at.map_or("", |at| text[at + " choices".len()..].trim().trim_start_matches(':').trim());
    let listed = listed.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(listed);
    let choices = split_top(listed, b',').into_iter().map(|choice| unquote(choice.trim())).filter(|choice| !choice.is_empty()).take(6);
    Ok(Asked { text: question, about, choices: choices.collect() })
}

/// Reads `NAME "description"`.
pub fn heading_of(text: &str) -> (Option<String>, Option<String>) {
    let text = text.trim_start_matches([':', '=']).trim();
    let tokens = tokens(text);
    let name = tokens.first().map(|name| slug(name)).filter(|name| !name.is_empty());
    let behind = tokens.iter().skip(1).map(String::as_str).collect::<Vec<_>>().join(" ");
    let behind = behind.trim_start_matches(['-', '–', '—', ':']).trim().to_owned();
    (name, (!behind.is_empty()).then_some(behind))
}

/// A name of lower-case letters, digits and hyphens.
pub fn slug(name: &str) -> String {
    let words: Vec<String> =
        name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).take(8).collect();
    let joined = words.join("-");
    if joined.starts_with(|c: char| c.is_ascii_digit()) { format!("w-{joined}") } else { joined }
}

/// Reads `runs_per_hour 10, bytes_per_run 1000000`.
///
/// # Errors
/// How to write it.
pub fn limits_of(text: &str) -> Result<Limits, String> {
    let words = tokens(text);
    let mut fields = Map::new();
    for pair in words.chunks(2) {
        let [name, value] = pair else { return Err(format!("the limit `{}` has no number", pair.join(" "))) };
        let number: serde_json::Number =
            serde_json::from_str(value).map_err(|_| format!("the limit `{name}` needs a number, not `{value}`"))?;
        fields.insert(name.trim_end_matches(':').to_owned(), Value::Number(number));
    }
    serde_json::from_value(Value::Object(fields))
        .map_err(|why| format!("{why}; limits are runs_per_minute, runs_per_hour, bytes_per_run, model_usd_per_run and model_usd_per_day"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(text: &str) -> Result<StepLine, String> {
        step_of(&Line { number: 1, indent: 0, text: text.to_owned() }, text)
    }

    fn arguments(text: &str) -> Vec<(String, String)> {
        let Body::Call { arguments, .. } = step(text).unwrap().body else { panic!("{text}") };
        let code = |argument: Argument| match argument {
            Argument::Code(code) => code,
            Argument::Later(wanted) => format!("later: {wanted}"),
        };
        arguments.into_iter().map(|(name, argument)| (name, code(argument))).collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn parameters_are_read_in_the_usual_spellings() {
        let wanted = pairs(&[("url", "\"https://a.example/x,y\""), ("where", "item.a > 1 ? \"b\" : c")]);
        for text in [
            "x = a.b(url: \"https://a.example/x,y\", where: item.a > 1 ? \"b\" : c)",
            "x = a.b(url=\"https://a.example/x,y\", where = item.a > 1 ? \"b\" : c,)",
            "x = a.b({ url: \"https://a.example/x,y\", \"where\": item.a > 1 ? \"b\" : c })",
        ] {
            assert_eq!(arguments(text), wanted, "{text}");
        }
        assert_eq!(
            arguments("x = a.b(text: later(\"a line, for each\"), n: 1)"),
            pairs(&[("text", "later: a line, for each"), ("n", "1")])
        );
        assert_eq!(arguments("x = a.b"), pairs(&[]));
        assert_eq!(step("slack.send_message(text: \"a\")").unwrap().id, "send_message");
    }

    #[test]
    fn a_broken_step_says_what_is_wrong() {
        for (text, wanted) in [
            ("x = a.b(\"https://a.example\")", "has no name"),
            ("x = a.b(a: 1, a: 2)", "given twice"),
            ("x = a.b(a: )", "no value"),
            ("x = a.b(a: 1", "not closed"),
            ("then do it", "a step is written like"),
        ] {
            let why = step(text).unwrap_err();
            assert!(why.contains(wanted), "{text}: {why}");
        }
    }

    #[test]
    fn inputs_and_questions_are_read() {
        assert_eq!(
            input_of("keyword: text = \"Rust\" \"What to look for\"").unwrap(),
            ("keyword".to_owned(), json!({ "type": "string", "default": "Rust", "description": "What to look for" }))
        );
        assert_eq!(input_of("count: integer = 5").unwrap().1, json!({ "type": "integer", "default": 5 }));
        assert_eq!(input_of("name").unwrap().1, json!({ "type": "string" }));
        assert!(input_of("x: thing").unwrap_err().contains("no type"));
        let asked = question_of("\"Which channel, please?\" about slack.send_message.channel choices \"#ops\", #sales").unwrap();
        assert_eq!((asked.text.as_str(), asked.about.as_str()), ("Which channel, please?", "slack.send_message.channel"));
        assert_eq!(asked.choices, ["#ops", "#sales"]);
        assert_eq!(heading_of("Rust News \"Posts stories.\""), (Some("rust".to_owned()), Some("News Posts stories.".to_owned())));
        assert_eq!(heading_of("\"Rust News\" \"Posts stories.\""), (Some("rust-news".to_owned()), Some("Posts stories.".to_owned())));
    }
}
