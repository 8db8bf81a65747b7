//! Fingerprints: "the sha256 of report.csv", "md5 of "hello"".

use super::super::build::{Builder, Focus, Shape, Wording, WriteMode};
use super::super::chunk::Chunk;
use super::super::js;
use super::super::places;
use super::super::tools::params_with;
use crate::language::{Act, Token};
use indexmap::IndexMap;
use sayflow_engine::action::{ActionSpec, role};
use serde_json::{Value, json};

/// The names of the algorithms that an action declares, or those that it describes.
fn algorithm(spec: &ActionSpec, token: &Token) -> Option<String> {
    let plain: String = token.norm.chars().filter(char::is_ascii_alphanumeric).collect();
    let param = spec.param_with_role(role::ALGORITHM)?;
    let declared = spec.params.get("properties")?.get(param)?.to_string();
    (plain.len() > 2 && plain.starts_with(|c: char| c.is_ascii_alphabetic()) && declared.contains(&format!("`{plain}`"))).then_some(plain)
}

/// Makes a fingerprint of a text, a file or what is in hand, and writes it where the clause says. None when the clause
/// asks for none; else whether something was written.
pub fn digest(builder: &mut Builder<'_>, chunk: &mut Chunk, act: Option<Act>) -> Option<bool> {
    let spec = builder.tools.hash()?;
    let named = chunk.tokens.iter().enumerate().find_map(|(at, token)| algorithm(spec, token).map(|name| (at, name)));
    let noun = (0..chunk.len()).find(|&at| {
        ["hash", "checksum", "fingerprint", "hashsum", "digest"].contains(&chunk.word(at)) && ["of", "for"].contains(&chunk.word(at + 1))
    });
    if act != Some(Act::Hash) && named.is_none() && noun.is_none() {
        return None;
    }
    let text = (0..chunk.len()).find(|&at| chunk.free(at) && chunk.tokens[at].quoted().is_some());
    let said = text.and_then(|at| chunk.tokens[at].quoted().map(str::to_owned));
    if let Some(at) = text {
        chunk.take(at..at + 1);
    }
    let found = places::read(chunk, Some(Act::Hash), &|_| true, builder.focus.is_some() || said.is_some());
    let input = match said {
        Some(text) => Value::String(text),
        None => whole(builder, &found.sources)?,
    };
    let param = params_with(spec, role::TEXT).first().copied().or_else(|| params_with(spec, role::VALUE).first().copied())?.to_owned();
    let mut with = IndexMap::from([(param, input)]);
    if let Some((_, name)) = &named {
        with.insert(spec.param_with_role(role::ALGORITHM)?.to_owned(), Value::String(name.clone()));
    }
    let id = builder.add("hash", spec, with);
    let output = spec.output.get("properties").and_then(Value::as_object).and_then(|properties| properties.keys().next().cloned())?;
    let mut focus = Focus::new(format!("steps.{id}.output.{output}"), Shape::Text);
    focus.fields.known = true;
    named.map_or("hash", |(_, name)| if name.starts_with("md") { "MD5" } else { "SHA" }).clone_into(&mut focus.label);
    builder.hold(focus);
    let mode = if act == Some(Act::Append) { WriteMode::Append } else { WriteMode::Replace };
    let mut wrote = false;
    for sink in &found.sinks {
        wrote |= builder.write(sink, &Wording::default(), mode);
    }
    Some(wrote)
}

/// The text of what is to be hashed: a file's text as it is, or the value in hand.
fn whole(builder: &mut Builder<'_>, sources: &[places::Source]) -> Option<Value> {
    for source in sources {
        builder.read(source, &[]);
    }
    let focus = builder.focus.clone()?;
    if let Some(step) = builder.steps.last_mut().filter(|step| step.with.contains_key("path") && focus.shape != Shape::Text) {
        step.with.insert("format".to_owned(), json!("text"));
    }
    let text = match focus.shape {
        Shape::Text => js::whole(&focus.expr),
        _ if !sources.is_empty() => js::whole(&focus.expr),
        _ => js::whole(&format!("JSON.stringify({})", focus.expr)),
    };
    Some(text)
}
