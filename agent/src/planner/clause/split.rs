//! A list that is split over files: `split orders.csv by status into one file each`, `split a.csv into b.csv and c.csv
//! depending on whether the amount is over 100`.

use super::super::build::{Builder, Focus, Loop, Shape, Wording, WriteMode};
use super::super::chunk::Chunk;
use super::super::conditions::{self, Cond, Scope};
use super::super::fields::{FieldRef, Fit};
use super::super::js;
use super::super::places::{Sink, Source};
use crate::language::Entity;
use indexmap::IndexMap;
use sayflow_engine::action::role;

/// Splits the list that the clause names, or the one in hand. None when the clause says it in another way.
pub fn perform(builder: &mut Builder<'_>, chunk: &mut Chunk) -> Option<()> {
    let paths: Vec<(usize, String)> = (0..chunk.len())
        .filter_map(|at| match chunk.tokens[at].entity() {
            Some(Entity::Path(path)) if !path.contains('*') => Some((at, path.clone())),
            _ => None,
        })
        .collect();
    match paths.as_slice() {
        [(place, from), (_, one), (_, other)] => {
            let next = paths[1].0;
            builder.read(&Source::File(from.clone()), &[]).then_some(())?;
            chunk.take(*place..next + 1);
            halves(builder, chunk, one, other, paths[2].0)
        }
        [(_, one), (place, other)] if builder.focus.as_ref().is_some_and(Focus::is_list) => halves(builder, chunk, one, other, *place),
        [(place, from)] => {
            let by = grouping(chunk, *place)?;
            builder.read(&Source::File(from.clone()), &[]).then_some(())?;
            one_file_each(builder, &by, from)
        }
        [] => {
            let by = grouping(chunk, 0)?;
            let origin = builder.focus.as_ref().map(|focus| focus.origin.clone())?;
            one_file_each(builder, &by, &origin)
        }
        _ => None,
    }
}

/// The items for which the condition behind the files' names holds go to the first, the others to the second.
fn halves(builder: &mut Builder<'_>, chunk: &mut Chunk, one: &str, other: &str, behind: usize) -> Option<()> {
    chunk.take(0..behind + 1);
    for at in behind..chunk.len() {
        if ["depending", "based", "whether", "if", "according", "on", "by"].contains(&chunk.free_word(at)) {
            chunk.take(at..at + 1);
        }
    }
    let focus = builder.focus.clone()?;
    let scope = Scope { fields: &focus.fields, base: "item", nouns: &focus.nouns };
    let found = conditions::read(chunk, &scope).filter(|found| found.unclear.is_empty())?;
    for (path, cond) in [(one, found.cond.clone()), (other, Cond::Not(Box::new(found.cond)))] {
        builder.focus = Some(focus.clone());
        builder.filter(&cond)?;
        builder.write(&Sink::File(path.to_owned()), &Wording::default(), WriteMode::Replace).then_some(())?;
    }
    builder.focus = Some(focus);
    Some(())
}

/// The words behind "by" or "per".
fn grouping(chunk: &Chunk, from: usize) -> Option<Vec<String>> {
    let at = (from..chunk.len())
        .find(|&at| ["by", "per"].contains(&chunk.free_word(at)) || (chunk.free_word(at) == "for" && chunk.free_word(at + 1) == "each"))?;
    let start = at + 1 + usize::from(["the", "each", "their"].contains(&chunk.free_word(at + 1)));
    Some((start..chunk.len().min(start + 2)).map(|at| chunk.free_word(at).to_owned()).filter(|word| !word.is_empty()).collect())
}

/// A file for each value of a field, named after it.
fn one_file_each(builder: &mut Builder<'_>, by: &[String], origin: &str) -> Option<()> {
    let focus = builder.focus.clone().filter(Focus::is_list)?;
    let words: Vec<&str> = by.iter().map(String::as_str).collect();
    let field = (1..=words.len()).rev().find_map(|length| focus.fields.find(&words[..length]).filter(|(_, fit)| *fit >= Fit::Synonym));
    let field = FieldRef::Known(field?.0.clone());
    let spec = builder.tools.unique()?;
    let with = IndexMap::from([
        (spec.param_with_role(role::ITEMS)?.to_owned(), focus.items()),
        (spec.param_with_role(role::BY)?.to_owned(), field.as_lambda()),
    ]);
    let id = builder.add("kinds", spec, with);
    let list = format!("steps.{id}.output.items");
    let extension = origin.rsplit_once('.').map_or("csv", |(_, extension)| extension);
    let own = format!("{}.filter(other => {} === {})", focus.list(), field.of("other"), field.of("item"));
    let writer = builder.tools.write_file()?;
    let with = IndexMap::from([
        (
            writer.param_with_role(role::PATH)?.to_owned(),
            serde_json::Value::String(format!("{}.{extension}", js::inside(&field.of("item")))),
        ),
        (writer.param_with_role(role::VALUE)?.to_owned(), js::whole(&own)),
    ]);
    builder.each = Some(Loop { list: list.clone(), fields: focus.fields.clone(), nouns: focus.nouns.clone() });
    let id = builder.add("save_each", writer, with);
    builder.for_each(&id, &list);
    builder.each = None;
    builder.focus = Some(Focus { shape: Shape::List, ..focus });
    Some(())
}
