//! Actions as a model reads them: one line each, with what goes in, what comes out and what it does to the world.

use super::outline::Shape;
use sayflow_engine::action::{ActionSpec, EffectRule, role};
use sayflow_protocol::Effect;
use serde_json::{Map, Value};

/// How much is said of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// One line.
    Line,
    /// Also what its less obvious parameters are.
    Parameters,
}

/// `id(param: type, param?: type) -> {output}  what it does`.
pub fn card(spec: &ActionSpec, detail: Detail) -> String {
    let properties = spec.params.get("properties").and_then(Value::as_object);
    let empty = Map::new();
    let properties = properties.unwrap_or(&empty);
    let mut params: Vec<(&String, &Value)> = properties.iter().collect();
    params.sort_by_key(|(name, _)| !spec.is_required(name));
    let shown: Vec<String> = params.iter().map(|(name, schema)| parameter(spec, name, schema)).collect();
    let effect = match spec.effect {
        EffectRule::Fixed(Effect::Write) => " [writes]".to_owned(),
        EffectRule::Fixed(_) => String::new(),
        EffectRule::ReadWhen { param, values } => format!(" [writes unless {param} is {}]", values.join(" or ")),
    };
    let mut out =
        format!("{}({}) -> {}  {}{effect}", spec.id, shown.join(", "), output_of(&spec.output), first_sentence(&spec.summary, 110));
    if detail == Detail::Parameters {
        for (name, schema) in params {
            if let Some(words) = worth_saying(name, schema) {
                out.push_str(&format!("\n    {name}: {words}"));
            }
        }
    }
    out
}

fn parameter(spec: &ActionSpec, name: &str, schema: &Value) -> String {
    let optional = if spec.is_required(name) { "" } else { "?" };
    let default = match schema.get("default") {
        Some(Value::String(text)) if text.len() < 16 => format!(" = \"{text}\""),
        Some(value @ (Value::Number(_) | Value::Bool(true))) => format!(" = {value}"),
        _ => String::new(),
    };
    format!("{name}{optional}: {}{default}", type_of(schema, 0))
}

/// What a parameter's description adds to its name and type.
fn worth_saying(name: &str, schema: &Value) -> Option<String> {
    let lambda = schema.get("x-lambda").is_some();
    let untyped = schema.get("type").is_none() && schema.get("enum").is_none() && schema.get("anyOf").is_none();
    let kind = schema.get("x-role").and_then(Value::as_str).unwrap_or_default();
    let obvious = [role::ITEMS, role::URL, role::TEXT, role::CHANNEL, role::SUBJECT, role::PATH].contains(&kind) || name == "headers";
    let kind_shown = type_of(schema, 0);
    let structured = kind_shown.contains('{') || kind_shown.contains("object") || matches!(type_name(schema).as_deref(), Some("array"));
    if !lambda && (obvious || !(untyped || structured)) {
        return None;
    }
    let words = schema.get("description").and_then(Value::as_str)?;
    Some(example_form(&cut(words, 270)))
}

/// Descriptions show expressions as documents have them; an outline has them bare.
fn example_form(words: &str) -> String {
    words.replace("\"${{ ", "").replace(" }}\"", "").replace("${{ ", "").replace(" }}", "").replace('`', "")
}

/// The type of a schema in a few letters.
pub fn type_of(schema: &Value, depth: usize) -> String {
    if schema.get("x-lambda").and_then(Value::as_bool) == Some(true) && schema.get("additionalProperties").is_none() {
        return "per item".to_owned();
    }
    if let Some(words) = words_of(schema) {
        return words;
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(choices) = schema.get(key).and_then(Value::as_array) {
            let mut kinds: Vec<String> = choices.iter().map(|choice| type_of(choice, depth + 1)).filter(|kind| kind != "null").collect();
            kinds.dedup();
            return kinds.join("|");
        }
    }
    match type_name(schema).as_deref() {
        Some("string") if schema.get("x-format").is_some_and(|format| format == "interval") => "duration".to_owned(),
        Some("string") => "text".to_owned(),
        Some("integer" | "number") => "number".to_owned(),
        Some("boolean") => "true|false".to_owned(),
        Some("null") => "null".to_owned(),
        Some("array") => match schema.get("items").filter(|_| depth < 3).map(|items| type_of(items, depth + 1)) {
            Some(inner) if inner != "any" => format!("[{inner}]"),
            _ => "list".to_owned(),
        },
        Some("object") => object_type(schema, depth),
        _ if schema.get("properties").is_some() => object_type(schema, depth),
        _ => "any".to_owned(),
    }
}

fn object_type(schema: &Value, depth: usize) -> String {
    let properties = schema.get("properties").and_then(Value::as_object).filter(|properties| !properties.is_empty());
    if let Some(properties) = properties.filter(|_| depth < 2) {
        let required = schema.get("required").and_then(Value::as_array);
        let field = |(name, inner): (&String, &Value)| {
            let optional = if required.is_some_and(|names| names.iter().any(|known| known == name)) { "" } else { "?" };
            match type_of(inner, depth + 1).as_str() {
                "any" => format!("{name}{optional}"),
                kind => format!("{name}{optional}: {kind}"),
            }
        };
        return format!("{{{}}}", properties.iter().take(10).map(field).collect::<Vec<_>>().join(", "));
    }
    match schema.get("additionalProperties").filter(|more| more.is_object() && depth < 2).map(|more| type_of(more, depth + 1)) {
        Some(inner) if inner != "any" => format!("{{NAME: {inner}}}"),
        _ => "object".to_owned(),
    }
}

/// The words that a schema spells out.
fn words_of(schema: &Value) -> Option<String> {
    let words = schema.get("enum").and_then(Value::as_array);
    if let Some(words) = words {
        return Some(words.iter().filter(|word| !word.is_null()).take(14).map(word_text).collect::<Vec<_>>().join("|"));
    }
    if let Some(word) = schema.get("const") {
        return Some(word_text(word));
    }
    None
}

fn word_text(word: &Value) -> String {
    word.to_string()
}

fn type_name(schema: &Value) -> Option<String> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind.clone()),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").map(str::to_owned),
        _ => None,
    }
}

/// What comes out, field by field. A field without a type is explained.
pub fn output_of(schema: &Value) -> String {
    let Some(fields) = schema.get("properties").and_then(Value::as_object).filter(|fields| !fields.is_empty()) else {
        return match type_of(schema, 0).as_str() {
            "any" => schema.get("description").and_then(Value::as_str).map_or_else(|| "any".to_owned(), |words| first_sentence(words, 90)),
            kind => kind.to_owned(),
        };
    };
    let field = |(name, inner): (&String, &Value)| match type_of(inner, 0).as_str() {
        "any" => match inner.get("description").and_then(Value::as_str) {
            Some(words) => format!("{name}: any ({})", cut(words, 130).trim_end_matches('.')),
            None => name.clone(),
        },
        "text" | "number" => name.clone(),
        kind => format!("{name}: {kind}"),
    };
    format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
}

/// What is known of an action's output for those who refer to it.
pub fn shape_of(spec: &ActionSpec) -> Shape {
    let Some(fields) = spec.output.get("properties").and_then(Value::as_object) else { return Shape::Unknown };
    let open = spec.output.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false));
    if fields.is_empty() || open {
        return Shape::Unknown;
    }
    let lists: Vec<&String> =
        fields.iter().filter(|(_, schema)| type_name(schema).as_deref() == Some("array")).map(|(name, _)| name).collect();
    let list = match lists.as_slice() {
        [one] => Some((*one).clone()),
        // A single value of any type is what was meant too.
        [] => fields.iter().next().filter(|(_, schema)| fields.len() == 1 && type_name(schema).is_none()).map(|(name, _)| name.clone()),
        several => several.iter().find(|name| name.as_str() == "items").map(|name| (*name).clone()),
    };
    Shape::Object { fields: fields.keys().cloned().collect(), list }
}

/// The schema of the parameters without what only planners and surfaces need.
pub fn bare_schema(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, value)| {
                !matches!(key.as_str(), "x-role" | "x-format" | "title" | "$schema" | "examples") || value.is_object()
            });
            Value::Object(kept.map(|(key, value)| (key.clone(), bare_schema(value))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(bare_schema).collect()),
        other => other.clone(),
    }
}

fn first_sentence(text: &str, most: usize) -> String {
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    cut(&text[..end], most)
}

fn cut(text: &str, most: usize) -> String {
    super::outline::shorten(text, most)
}
