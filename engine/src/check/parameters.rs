//! E0302–E0304, E0307: parameters against the schema of the action. A value that is an expression counts as any type,
//! unless it is a plain reference to a value whose type is known.

use super::fields::shown;
use super::report::Report;
use super::schemas::{of_reference, types};
use super::survey::{Leaf, Role, Site, Survey};
use crate::action::ActionSpec;
use crate::document::{describe, escape};
use crate::expr::Template;
use crate::suggest::did_you_mean;
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::{Map, Value};

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    for (number, site) in survey.sites.iter().enumerate() {
        let Some(spec) = site.spec else { continue };
        names(site, spec, report);
        one_of_several(site, spec, report);
        values(survey, number, spec, report);
        references(survey, number, spec, report);
    }
    for leaf in survey.leaves.iter().filter(|leaf| leaf.role == Role::ForEach) {
        loops_over_list(survey, leaf, report);
    }
}

fn names(site: &Site<'_>, spec: &ActionSpec, report: &mut Report) {
    let Some(known) = spec.params.get("properties").and_then(Value::as_object) else { return };
    let open = spec.params.get("additionalProperties").is_some_and(|more| more != false);
    for name in site.step.with.keys().filter(|name| !open && !known.contains_key(*name)) {
        let help = did_you_mean(name, known.keys().map(String::as_str), &format!("{} takes", spec.id));
        let pointer = format!("{}/with/{}", site.pointer, escape(name));
        report.error_on_key("E0303", &pointer, format!("{} has no parameter \"{name}\"", spec.id), help);
    }
    for name in known.keys().filter(|name| spec.is_required(name) && !site.step.with.contains_key(*name)) {
        let about = spec.param(name).and_then(|schema| schema.get("description")).and_then(Value::as_str).unwrap_or("it is required");
        let first = about.split(['\n', '.']).next().unwrap_or_default();
        let pointer = if site.step.with.is_empty() { site.pointer.clone() } else { format!("{}/with", site.pointer) };
        report.error("E0302", &pointer, format!("{} needs \"{name}\"", spec.id), Some(format!("{name}: {}", lower_first(first))));
    }
}

/// Groups of parameters of which one must be complete: `anyOf` with nothing but `required`.
fn one_of_several(site: &Site<'_>, spec: &ActionSpec, report: &mut Report) {
    let Some(choices) = spec.params.get("anyOf").and_then(Value::as_array) else { return };
    let required = |choice: &Value| -> Option<Vec<String>> {
        let names = choice.get("required")?.as_array()?;
        names.iter().map(|name| name.as_str().map(str::to_owned)).collect()
    };
    let Some(groups) = choices.iter().map(required).collect::<Option<Vec<_>>>() else { return };
    if !groups.iter().any(|group| group.iter().all(|name| site.step.with.contains_key(name))) {
        let names: Vec<String> = groups.iter().map(|group| group.join(" with ")).collect();
        let pointer = if site.step.with.is_empty() { site.pointer.clone() } else { format!("{}/with", site.pointer) };
        let help = format!("give {}", names.join(" or "));
        report.error("E0302", &pointer, format!("{} needs one of {}", spec.id, names.join(", ")), Some(help));
    }
}

fn values(survey: &Survey<'_>, number: usize, spec: &ActionSpec, report: &mut Report) {
    let site = &survey.sites[number];
    // A schema that cannot be read is a mistake of the action, not of the document.
    let Ok(validator) = jsonschema::validator_for(&spec.params) else { return };
    let with: Map<String, Value> = site.step.with.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let instance = Value::Object(with);
    for why in validator.iter_errors(&instance) {
        let path = why.instance_path().to_string();
        // What concerns the parameters as a whole is reported by name.
        let by_name =
            path.is_empty() && matches!(why.kind(), Kind::Required { .. } | Kind::AdditionalProperties { .. } | Kind::AnyOf { .. });
        if by_name || depends_on_expression(&instance, &path, why.kind()) {
            continue;
        }
        let (message, help) = explain(&why, &path, &spec.params);
        report.error("E0304", &format!("{}/with{path}", site.pointer), message, help);
    }
    schemas(site, spec, report);
}

/// Parameters that are schemas themselves.
fn schemas(site: &Site<'_>, spec: &ActionSpec, report: &mut Report) {
    let is_schema =
        |name: &&String| spec.param(name).and_then(|param| param.get("x-role")).is_some_and(|role| role == crate::action::role::SCHEMA);
    for name in site.step.with.keys().filter(is_schema) {
        let value = &site.step.with[name];
        if value.is_object()
            && !holds_expression(value)
            && let Err(why) = jsonschema::validator_for(value)
        {
            let help = "describe the value like this: {type: object, properties: {total: {type: number}}, required: [total]}".to_owned();
            report.error(
                "E0304",
                &format!("{}/with/{}", site.pointer, escape(name)),
                format!("`{name}` is no JSON Schema: {why}"),
                Some(help),
            );
        }
    }
}

/// Whether a fault may go away with the values of expressions.
fn depends_on_expression(instance: &Value, path: &str, kind: &Kind) -> bool {
    let mut at = path;
    loop {
        if let Some(Value::String(text)) = instance.pointer(at) {
            match whole_or_mixed(text) {
                Written::Plain => {}
                Written::Whole => return true,
                // Mixed text is text, whatever is filled in.
                Written::Mixed => return !matches!(kind, Kind::Type { .. }),
            }
        }
        match at.rfind('/') {
            Some(end) => at = &at[..end],
            None => break,
        }
    }
    let structural = matches!(
        kind,
        Kind::Type { .. } | Kind::Required { .. } | Kind::AdditionalProperties { .. } | Kind::MinItems { .. } | Kind::MaxItems { .. }
    );
    !structural && instance.pointer(path).is_some_and(holds_expression)
}

enum Written {
    Plain,
    Whole,
    Mixed,
}

fn whole_or_mixed(text: &str) -> Written {
    if !text.contains("${{") {
        return Written::Plain;
    }
    // A broken expression has its own finding.
    match Template::compile(&Value::from(text)) {
        Ok(template) if !template.is_whole_expression() => Written::Mixed,
        _ => Written::Whole,
    }
}

fn holds_expression(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("${{"),
        Value::Array(items) => items.iter().any(holds_expression),
        Value::Object(members) => members.values().any(holds_expression),
        _ => false,
    }
}

fn explain(why: &ValidationError<'_>, path: &str, schema: &Value) -> (String, Option<String>) {
    let name = name_of(path);
    let value = why.instance();
    match why.kind() {
        Kind::Type { kind } => {
            let kinds = format!("{kind:?}");
            let help = match value.as_ref() {
                Value::String(text) if text.contains("${{") => {
                    Some("text around an expression makes it text; write the expression alone to keep its type".to_owned())
                }
                Value::Number(_) | Value::Bool(_) if kinds.contains("String") => Some(format!("put it in quotes: \"{value}\"")),
                Value::String(text) if kinds.contains("Array") => Some(format!("write it as a list: [\"{text}\"]")),
                _ => None,
            };
            (format!("`{name}` must be {}, not {}", in_words(&why.to_string()), describe(value)), help)
        }
        Kind::Enum { options } => {
            let words: Vec<String> = options.as_array().into_iter().flatten().map(written).collect();
            not_a_word(&name, value, &words)
        }
        Kind::Required { property } => (format!("`{name}` has no {property}"), Some(format!("add {property}"))),
        Kind::AdditionalProperties { unexpected } => (format!("`{name}` takes no \"{}\"", unexpected.join("\", \"")), None),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => forms(&name, value, schema_at(schema, path)),
        _ => (format!("`{name}` does not fit: {why}"), None),
    }
}

fn not_a_word(name: &str, value: &Value, words: &[String]) -> (String, Option<String>) {
    let value = written(value);
    (format!("`{name}` cannot be \"{value}\""), did_you_mean(&value, words.iter().map(String::as_str), "it takes"))
}

fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value that has none of several forms: names the words or the types that it may be.
fn forms(name: &str, value: &Value, schema: Option<&Value>) -> (String, Option<String>) {
    let mut words = Vec::new();
    let mut free = Vec::new();
    collect_forms(schema.unwrap_or(&Value::Null), &mut words, &mut free);
    let kind = describe(value);
    free.sort_unstable();
    free.dedup();
    if value.is_string() && !words.is_empty() && !free.contains(&"text") {
        return not_a_word(name, value, &words);
    }
    if !words.is_empty() {
        free.push("one of certain words");
    }
    if free.is_empty() || free.contains(&kind) {
        let help = "compare it with: sayflow actions --output json".to_owned();
        return (format!("`{name}` has none of the forms that it may have"), Some(help));
    }
    (format!("`{name}` must be {}, not {kind}", free.join(" or ")), None)
}

/// The words that a schema spells out, and the types that it leaves free.
fn collect_forms(schema: &Value, words: &mut Vec<String>, free: &mut Vec<&'static str>) {
    let choices: Vec<&Value> = ["anyOf", "oneOf"].iter().filter_map(|key| schema.get(key)?.as_array()).flatten().collect();
    let listed = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !choices.is_empty() {
        choices.into_iter().for_each(|choice| collect_forms(choice, words, free));
    } else if let Some(spelt) = schema.get("const") {
        words.push(written(spelt));
    } else if !listed.is_empty() {
        words.extend(listed.iter().filter(|word| !word.is_null()).map(written));
    } else {
        free.extend(types(schema).into_iter().flatten().map(word));
    }
}

/// The schema of the value at a pointer, through properties and items.
fn schema_at<'s>(schema: &'s Value, path: &str) -> Option<&'s Value> {
    path.split('/').skip(1).try_fold(schema, |schema, part| {
        let choices = ["anyOf", "oneOf"].iter().filter_map(|key| schema.get(key)?.as_array()).flatten();
        std::iter::once(schema).chain(choices).find_map(|schema| match part.parse::<usize>() {
            Ok(_) => schema.get("items"),
            Err(_) => schema.get("properties").and_then(|known| known.get(part)).or_else(|| schema.get("additionalProperties")),
        })
    })
}

/// The types at the end of the library's message, in our words.
fn in_words(message: &str) -> String {
    let kinds = message.rsplit_once(" of type ").or_else(|| message.rsplit_once(" of types ")).map_or("", |(_, kinds)| kinds);
    let words: Vec<&str> = [
        ("\"string\"", "text"),
        ("\"integer\"", "a whole number"),
        ("\"number\"", "a number"),
        ("\"boolean\"", "true or false"),
        ("\"array\"", "a list"),
        ("\"object\"", "an object"),
    ]
    .iter()
    .filter(|(kind, _)| kinds.contains(kind))
    .map(|(_, word)| *word)
    .collect();
    if words.is_empty() { "of another type".to_owned() } else { words.join(" or ") }
}

fn name_of(path: &str) -> String {
    let parts: Vec<String> = path.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    if parts.is_empty() { "with".to_owned() } else { shown(&parts) }
}

/// Plain references whose type is known against what the parameter takes.
fn references(survey: &Survey<'_>, number: usize, spec: &ActionSpec, report: &mut Report) {
    for leaf in survey.leaves_of(number) {
        let Role::With(name) = leaf.role else { continue };
        if leaf.pointer != format!("{}/with/{}", survey.sites[number].pointer, escape(name)) {
            continue;
        }
        let Some(wanted) = spec.param(name).and_then(types) else { continue };
        let Some((given, schema)) = known_types(survey, leaf) else { continue };
        // Numbers and truth values are written out where text is wanted.
        let fits = given.iter().any(|kind| wanted.contains(&kind.as_str()));
        let becomes_text = wanted.contains(&"string") && given.iter().any(|kind| kind == "number" || kind == "boolean");
        if !fits && !becomes_text {
            let message = format!("`{name}` must be {}, and this is {}", words(&wanted), words(&given));
            report.error("E0307", &leaf.pointer, message, unwrap_help(leaf, &schema, &wanted).or_else(|| text_help(leaf, &wanted)));
        }
    }
}

fn text_help(leaf: &Leaf<'_>, wanted: &[&str]) -> Option<String> {
    let reference = leaf.template.as_ref().ok()?.as_path()?;
    let path: Vec<String> = std::iter::once(&reference.root).chain(&reference.path).cloned().collect();
    wanted.contains(&"string").then(|| format!("to write it out, use ${{{{ JSON.stringify({}) }}}}", shown(&path)))
}

fn loops_over_list(survey: &Survey<'_>, leaf: &Leaf<'_>, report: &mut Report) {
    let direct = leaf.owner.is_some_and(|owner| survey.sites[owner].step.for_each.as_ref().is_some_and(Value::is_string));
    if !direct {
        return;
    }
    let Some((given, schema)) = known_types(survey, leaf) else { return };
    if !given.iter().any(|kind| kind == "array") {
        let message = format!("`for_each` must be a list, and this is {}", words(&given));
        report.error("E0307", &leaf.pointer, message, unwrap_help(leaf, &schema, &["array"]));
    }
}

fn known_types(survey: &Survey<'_>, leaf: &Leaf<'_>) -> Option<(Vec<String>, Value)> {
    let reference = leaf.template.as_ref().ok()?.as_path()?;
    let schema = of_reference(survey, leaf, reference, 0)?;
    let kinds = types(&schema)?.into_iter().map(str::to_owned).collect();
    Some((kinds, schema))
}

/// An object that holds the list that was meant.
fn unwrap_help(leaf: &Leaf<'_>, schema: &Value, wanted: &[&str]) -> Option<String> {
    let reference = leaf.template.as_ref().ok()?.as_path()?;
    let inside = schema.get("properties")?.as_object()?.iter();
    let fitting = inside.filter(|(_, inner)| types(inner).is_some_and(|kinds| kinds.iter().any(|kind| wanted.contains(kind))));
    let (name, _) = fitting.into_iter().next()?;
    let path: Vec<String> = std::iter::once(&reference.root).chain(&reference.path).chain([name]).cloned().collect();
    Some(format!("did you mean {}?", shown(&path)))
}

fn words(kinds: &[impl AsRef<str>]) -> String {
    kinds.iter().map(|kind| word(kind.as_ref())).collect::<Vec<_>>().join(" or ")
}

fn word(kind: &str) -> &'static str {
    match kind {
        "array" => "a list",
        "object" => "an object",
        "string" => "text",
        "number" => "a number",
        "boolean" => "true or false",
        _ => "another type",
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
