//! What messages and files say: text as given, with fields filled in, numbers in a sentence, lists line by line.

use super::super::fields::{FieldKind, FieldRef, Fields, capitalise, normal};
use super::super::js;
use super::{Builder, Focus, Shape};
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

/// What a clause says of a message.
#[derive(Debug, Clone, Default)]
pub struct Wording {
    /// Text as given.
    pub text: Option<String>,
    /// The subject as given.
    pub subject: Option<String>,
    /// Fields that are to be in it.
    pub fields: Vec<FieldRef>,
    /// The field that names an item's file.
    pub named_by: Option<FieldRef>,
    /// Whether the data in hand follows the text.
    pub data_too: bool,
    /// How the entries of a list are set.
    pub style: ListStyle,
}

/// How the entries of a list are set in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListStyle {
    /// One a line.
    #[default]
    Lines,
    /// In a row with commas.
    Commas,
    /// One a line behind a dash.
    Bullets,
    /// One a line behind its number.
    Numbered,
}

/// Puts fields into `{name}` and `{{name}}`. Braces that name nothing stay.
pub fn fill_template(text: &str, base: &str, fields: &Fields, numbers: &[(String, String)]) -> String {
    static HOLE: LazyLock<Regex> = LazyLock::new(|| {
        #[allow(clippy::expect_used, reason = "a constant pattern, compiled by the tests")]
        Regex::new(r"\{\{?\s*([A-Za-z_][\w .-]{0,40}?)\s*\}\}?|<([a-z_][\w ]{0,30})>|\[([a-z_][\w ]{0,30})\]").expect("constant pattern")
    });
    HOLE.replace_all(text, |found: &regex::Captures<'_>| {
        let bracketed = found.get(1).is_none();
        let name = found.get(1).or_else(|| found.get(2)).or_else(|| found.get(3)).map_or("", |name| name.as_str()).trim();
        if let Some((_, expression)) =
            numbers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name) || known.split('_').next() == Some(name))
        {
            return js::inside(expression);
        }
        let plain = name.strip_prefix("item.").or_else(|| name.strip_prefix("row.")).unwrap_or(name);
        let words: Vec<&str> = plain.split(' ').collect();
        match fields.find(&words) {
            Some((field, _)) => js::inside(&format!("{} ?? ''", FieldRef::Known(field.clone()).of(base))),
            None if bracketed || (fields.known && !fields.list.is_empty()) => match name {
                "date" | "today" => js::inside("now.slice(0, 10)"),
                "time" | "now" => js::inside("now"),
                _ => found[0].to_owned(),
            },
            None if name == "date" || name == "today" => js::inside("now.slice(0, 10)"),
            None => js::inside(&format!("{} ?? ''", js::member(base, &plain.replace(' ', "_")))),
        }
    })
    .into_owned()
}

/// The fields of an item that a message shows: those that were asked for, or what names it and a few more.
fn shown_fields(focus: &Focus) -> Vec<FieldRef> {
    let fields = &focus.fields;
    if fields.list.len() <= 6 && !fields.list.is_empty() && focus.origin.is_empty() {
        return fields.list.iter().map(|field| FieldRef::Known(field.clone())).collect();
    }
    let flat: Vec<_> = fields.list.iter().filter(|field| field.kind != FieldKind::Deep).collect();
    if !focus.shown.is_empty()
        && focus.shown.iter().all(|name| flat.iter().any(|field| field.name == *name))
        && (focus.shown.len() > 1 || flat.len() > 8 || focus.shown == ["name"])
        && focus.shown.iter().any(|name| flat.iter().any(|field| field.name == *name && field.kind == FieldKind::Text))
    {
        return flat.iter().filter(|field| focus.shown.contains(&field.name)).map(|field| FieldRef::Known((*field).clone())).collect();
    }
    flat.into_iter().take(8).map(|field| FieldRef::Known(field.clone())).collect()
}

/// An item on one line, as an expression over `base`.
fn line(base: &str, fields: &[FieldRef]) -> String {
    match fields {
        [] => format!(
            "(typeof {base} === 'object' && {base} !== null ? Object.entries({base}).filter(pair => typeof pair[1] !== 'object').map(pair => pair[0] + ': ' + pair[1]).join(', ') : String({base}))"
        ),
        [one] => format!("String({} ?? '')", one.of(base)),
        many => {
            let parts: Vec<String> = many.iter().map(|field| format!("${{{} ?? ''}}", field.of(base))).collect();
            format!("`{}`", parts.join(", "))
        }
    }
}

/// An item with the names of its fields: `number: 17, amount: 1200.5`.
fn labelled(base: &str, fields: &[FieldRef]) -> String {
    fields
        .iter()
        .map(|field| format!("{}: {}", capitalise(&normal(&field.name())), js::inside(&format!("{} ?? ''", field.of(base)))))
        .collect::<Vec<_>>()
        .join(", ")
}

impl Builder<'_> {
    /// The base and fields that templates and field words speak of.
    fn scope(&self) -> (String, Fields) {
        match (&self.each, &self.focus) {
            (Some(each), _) => ("item".to_owned(), each.fields.clone()),
            (None, Some(focus)) if matches!(focus.shape, Shape::Record | Shape::Body | Shape::Totals) => {
                (focus.expr.clone(), focus.fields.clone())
            }
            (None, Some(focus)) => (format!("{}[0]", focus.list()), focus.fields.clone()),
            _ => ("inputs".to_owned(), Fields { known: true, list: Vec::new() }),
        }
    }

    /// Named numbers: the ones in hand and those before.
    fn numbers(&self) -> Vec<(String, String)> {
        let mut numbers = Vec::new();
        for focus in self.focus.iter().chain(self.history.iter().rev()) {
            match focus.shape {
                Shape::Number => {
                    let shown = rounded(&focus.expr, &focus.parts);
                    numbers.extend(focus.parts.iter().map(|(name, _)| (name.clone(), shown.clone())));
                    for noun in &focus.nouns {
                        numbers.push((noun.clone(), shown.clone()));
                    }
                }
                Shape::Totals => numbers.extend(focus.parts.iter().map(|(name, _)| (name.clone(), js::member(&focus.expr, name)))),
                Shape::List | Shape::Body => {
                    numbers.push(("count".to_owned(), focus.length()));
                    numbers.push(("n".to_owned(), focus.length()));
                }
                _ => {}
            }
        }
        numbers
    }

    /// Text with its holes filled.
    pub fn filled(&self, text: &str) -> String {
        if !text.contains(['{', '<', '[']) || text.contains("${{") {
            return text.to_owned();
        }
        let (base, fields) = self.scope();
        fill_template(text, &base, &fields, &self.numbers())
    }

    /// What a message says, or nothing when there is nothing to say.
    pub fn message(&self, wording: &Wording) -> Option<Value> {
        if let Some(text) = &wording.text {
            let mut said = self.filled(text);
            if !wording.fields.is_empty() {
                let (base, _) = self.scope();
                let fields: Vec<String> = wording.fields.iter().map(|field| js::inside(&format!("{} ?? ''", field.of(&base)))).collect();
                let gap = if said.ends_with(' ') { "" } else { " " };
                said = format!("{said}{gap}{}", fields.join(" "));
            } else if wording.data_too
                && let Some(data) = self.data_text(&[], wording.style)
            {
                said = format!("{said}\n{data}");
            }
            return Some(Value::String(said));
        }
        self.data_text(&wording.fields, wording.style).map(Value::String)
    }

    /// The value in hand as text.
    fn data_text(&self, wanted: &[FieldRef], style: ListStyle) -> Option<String> {
        if let Some(each) = &self.each {
            let fields = if wanted.is_empty() {
                each.fields
                    .list
                    .iter()
                    .filter(|field| field.kind != FieldKind::Deep)
                    .take(8)
                    .map(|field| FieldRef::Known(field.clone()))
                    .collect()
            } else {
                wanted.to_vec()
            };
            return Some(match fields.as_slice() {
                [] => js::inside(&line("item", &[])),
                [one] => js::inside(&format!("{} ?? ''", one.of("item"))),
                many => labelled("item", many),
            });
        }
        let focus = self.focus.as_ref()?;
        Some(match focus.shape {
            Shape::Number if focus.label.is_empty() => js::inside(&focus.expr),
            Shape::Number => format!("{}: {}", focus.label, js::inside(&rounded(&focus.expr, &focus.parts))),
            Shape::Totals => focus
                .parts
                .iter()
                .map(|(name, label)| {
                    format!("{label}: {}", js::inside(&rounded(&js::member(&focus.expr, name), &[(name.clone(), String::new())])))
                })
                .collect::<Vec<_>>()
                .join("\n"),
            Shape::Text => js::inside(&focus.expr),
            Shape::Record | Shape::Body if !wanted.is_empty() => match wanted {
                [one] => format!("{}: {}", capitalise(&normal(&one.name())), js::inside(&record_field(&focus.expr, one))),
                many => many
                    .iter()
                    .map(|field| format!("{}: {}", capitalise(&normal(&field.name())), js::inside(&record_field(&focus.expr, field))))
                    .collect::<Vec<_>>()
                    .join(", "),
            },
            Shape::Record if focus.given && focus.nouns.iter().any(|noun| noun == "workflow") => format!("{}.", focus.label),
            Shape::Record => record_text(focus),
            Shape::Body => {
                let item = line("item", &shown_fields(focus));
                let body = &focus.expr;
                js::inside(&format!(
                    "typeof {body} === 'string' ? {body} : (Array.isArray({body}) ? {body} : Object.values({body} ?? {{}}).find(v => Array.isArray(v)) ?? [{body}]).map(item => {item}).join('\\n')"
                ))
            }
            Shape::List => {
                let fields = if wanted.is_empty() { shown_fields(focus) } else { wanted.to_vec() };
                let item = line("item", &fields);
                js::inside(&match style {
                    ListStyle::Lines => format!("{}.map(item => {item}).join('\\n')", focus.expr),
                    ListStyle::Commas => format!("{}.map(item => {item}).join(', ')", focus.expr),
                    ListStyle::Bullets => format!("{}.map(item => '- ' + {item}).join('\\n')", focus.expr),
                    ListStyle::Numbered => format!("{}.map((item, at) => (at + 1) + '. ' + {item}).join('\\n')", focus.expr),
                })
            }
        })
    }

    /// What is written to a file of a format.
    pub fn file_content(&self, format: &str, wording: &Wording) -> Option<Value> {
        if wording.text.is_some() {
            return self.message(wording);
        }
        if self.each.is_some() {
            return if format == "txt" { self.message(wording) } else { Some(js::whole("item")) };
        }
        let focus = self.focus.as_ref()?;
        let record = |field: &FieldRef| js::whole(&record_field(&focus.expr, field));
        Some(match (focus.shape, format) {
            (Shape::Record | Shape::Body, "txt") if wording.fields.len() == 1 => record(&wording.fields[0]),
            (Shape::Record | Shape::Body, _) if !wording.fields.is_empty() => {
                Value::Object(wording.fields.iter().map(|field| (field.name(), record(field))).collect())
            }
            (Shape::Number, "txt") => js::whole(&focus.expr),
            (Shape::Number, "csv") => Value::Array(vec![named_number(focus)]),
            (Shape::Number, _) => named_number(focus),
            (Shape::Totals, "csv") => Value::Array(vec![js::whole(&focus.expr)]),
            (Shape::List, "txt") if !focus.fields.known => js::whole(&focus.expr),
            (Shape::List, "txt") if !focus.fields.list.is_empty() => {
                let fields: Vec<FieldRef> = focus.fields.list.iter().map(|field| FieldRef::Known(field.clone())).collect();
                let text = format!("{}.map(item => {}).join('\\n')", focus.expr, line("item", &fields));
                Value::String(js::inside(&text))
            }
            // A table of plain values needs a column.
            (Shape::List, "csv") if focus.fields.known && focus.fields.list.is_empty() => {
                js::whole(&format!("{}.map(value => ({{ value }}))", focus.expr))
            }
            (Shape::Body, "csv") => js::whole(&focus.list()),
            (Shape::Record, "csv") => js::whole(&format!("[{}]", focus.expr)),
            (Shape::Text, "json" | "yaml") => js::whole(&focus.list()),
            (Shape::Text, "csv") => js::whole(&format!("{}.map(line => ({{ line }}))", focus.list())),
            _ => js::whole(&focus.expr),
        })
    }
}

/// A field of a record, or of the one object or list entry inside an answer.
pub fn record_field(base: &str, field: &FieldRef) -> String {
    match field {
        FieldRef::Named(_) => format!(
            "{} ?? Object.values({base} ?? {{}}).map(inner => {}).find(found => found !== undefined && found !== null)",
            field.of(base),
            field.of("inner").replace("inner.", "inner?.").replace("inner[", "inner?.[")
        ),
        _ => field.of(base),
    }
}

fn named_number(focus: &Focus) -> Value {
    let name = focus.parts.first().map_or("value", |(name, _)| name.as_str());
    Value::Object([(name.to_owned(), js::whole(&focus.expr))].into_iter().collect())
}

/// Averages are shown with two decimals at most; sums without the noise of binary fractions.
fn rounded(expression: &str, parts: &[(String, String)]) -> String {
    let counted = parts.first().is_some_and(|(name, _)| name == "count");
    if counted || parts.is_empty() {
        expression.to_owned()
    } else {
        format!("typeof {expression} === 'number' ? Math.round({expression} * 100) / 100 : {expression}")
    }
}

fn record_text(focus: &Focus) -> String {
    if focus.fields.known && !focus.fields.list.is_empty() {
        let fields: Vec<FieldRef> =
            focus.fields.list.iter().filter(|field| field.kind != FieldKind::Deep).map(|field| FieldRef::Known(field.clone())).collect();
        return labelled(&focus.expr, &fields).replace(", ", "\n");
    }
    js::inside(&format!(
        "Object.entries({} ?? {{}}).filter(pair => typeof pair[1] !== 'object').map(pair => pair[0] + ': ' + pair[1]).join('\\n')",
        focus.expr
    ))
}
