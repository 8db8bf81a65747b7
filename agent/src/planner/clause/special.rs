//! Acts that work in their own way: waiting, moving, copying, deleting, converting, replacing, joining, retrying.

use super::super::build::{Builder, Focus, Shape, Wording, WriteMode};
use super::super::chunk::Chunk;
use super::super::fields::Fields;
use super::super::js;
use super::super::places::{self, Sink, Source};
use super::super::tools::params_with;
use super::Outcome;
use crate::language::{Act, Entity, Token, english, number_at};
use indexmap::IndexMap;
use sayflow_engine::action::role;
use sayflow_protocol::Interval;
use sayflow_protocol::workflow::Retry;
use serde_json::{Value, json};

/// Without "without changing orders.csv" and the like at the end.
pub fn strip_tail(tokens: &[Token]) -> Vec<Token> {
    let cut = (1..tokens.len()).find(|&at| {
        tokens[at].is_any(&["without", "instead"])
            && tokens
                .get(at + 1)
                .is_some_and(|next| next.is_word() && next.norm.ends_with("ing") && !["removing", "counting"].contains(&next.norm.as_str()))
    });
    let mut kept = tokens[..cut.unwrap_or(tokens.len())].to_vec();
    let either = ["either way", "in any case", "in both cases", "no matter what", "regardless", "anyway"];
    for phrase in either {
        let words: Vec<&str> = phrase.split(' ').collect();
        if let Some(at) = kept.windows(words.len()).position(|window| window.iter().zip(&words).all(|(token, word)| token.is(word))) {
            kept.drain(at..at + words.len());
        }
    }
    kept
}

/// Does a clause with an act of its own kind. True when it was one.
pub fn perform(builder: &mut Builder<'_>, chunk: &mut Chunk, act: Option<Act>, outcome: &mut Outcome) -> bool {
    let done = match act {
        Some(Act::Wait) => wait(builder, chunk),
        Some(Act::Retry) => retry(builder, chunk),
        Some(Act::Stop) => Some(()),
        Some(Act::Move) => relocate(builder, chunk),
        Some(Act::Delete | Act::Drop) => delete(builder, chunk),
        Some(Act::Copy) => copy(builder, chunk),
        Some(Act::Convert) => convert(builder, chunk),
        Some(Act::Replace) => replace(builder, chunk),
        Some(Act::Hash) => hash(builder, chunk),
        _ => None,
    };
    let changes = matches!(act, Some(Act::Move | Act::Delete | Act::Copy | Act::Convert));
    if done.is_some() {
        outcome.acted = true;
        outcome.wrote |= changes;
        return true;
    }
    false
}

fn wait(builder: &mut Builder<'_>, chunk: &Chunk) -> Option<()> {
    let millis = (0..chunk.len()).find_map(|at| span_at(&chunk.tokens, at))?;
    let spec = builder.tools.wait()?;
    let with = IndexMap::from([(spec.param_with_role(role::DURATION)?.to_owned(), json!(Interval::from_millis(millis).as_str()))]);
    builder.barrier = super::effects(builder);
    let id = builder.add("wait", spec, with);
    builder.barrier = vec![id];
    Some(())
}

fn span_at(tokens: &[Token], at: usize) -> Option<u64> {
    let lexicon = english();
    if let Some(Entity::Span(millis)) = tokens[at].entity() {
        return Some(*millis);
    }
    let (count, length) = match tokens[at].norm.as_str() {
        "a" | "an" => (1.0, 1),
        "half" => (0.5, 1 + usize::from(tokens.get(at + 1).is_some_and(|token| token.is_any(&["a", "an"])))),
        _ => number_at(lexicon, tokens, at)?,
    };
    let unit = match lexicon.calendar.units.get(&tokens.get(at + length)?.norm)?.as_str() {
        "s" => 1e3,
        "m" => 6e4,
        "h" => 3.6e6,
        "d" => 8.64e7,
        "w" => 6.048e8,
        _ => return None,
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "spans of a sentence")]
    Some((count * unit) as u64)
}

/// "try 3 times", "retry up to five times".
fn retry(builder: &mut Builder<'_>, chunk: &Chunk) -> Option<()> {
    let lexicon = english();
    let found = (0..chunk.len()).find_map(|at| number_at(lexicon, &chunk.tokens, at)).map(|(count, _)| count);
    let count = found.or_else(|| {
        chunk.tokens.iter().find_map(|token| {
            if token.is("twice") {
                Some(2.0)
            } else if token.is("once") {
                Some(1.0)
            } else {
                None
            }
        })
    })?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
    let count = count.clamp(1.0, 20.0) as u32;
    // "retry 3 times" comes on top of the first attempt, "try 3 times" includes it.
    let again = chunk.tokens.first().is_some_and(|token| token.is("retry"));
    let attempts = count + u32::from(again);
    builder.attempts = Some(attempts);
    for step in &mut builder.steps {
        if let Some(retry) = &mut step.retry {
            retry.max_attempts = attempts;
        } else if step.uses.as_deref().is_some_and(|uses| uses.contains("http") || uses.contains("send")) {
            step.retry = Some(Retry { max_attempts: attempts, backoff: Some(Interval::from_millis(2000)), max_backoff: None });
        }
    }
    Some(())
}

/// The files, folders and the like that a clause names, in order.
fn named(chunk: &Chunk) -> Vec<(usize, Entity)> {
    (0..chunk.len()).filter_map(|at| chunk.tokens[at].entity().map(|entity| (at, entity.clone()))).collect()
}

fn path_of(entity: &Entity) -> Option<String> {
    match entity {
        Entity::Path(path) | Entity::Database(path) => Some(path.clone()),
        _ => None,
    }
}

fn relocate(builder: &mut Builder<'_>, chunk: &mut Chunk) -> Option<()> {
    let things = named(chunk);
    let files: Vec<String> = things.iter().filter_map(|(_, entity)| path_of(entity)).collect();
    let folder = things.iter().find_map(|(_, entity)| match entity {
        Entity::Folder(path) => Some(format!("{path}/")),
        _ => None,
    });
    let folder = folder
        .or_else(|| named_folder(chunk))
        .or_else(|| chunk.tokens.first().filter(|token| token.is("archive")).map(|_| "archive/".to_owned()));
    let spec = builder.tools.move_file()?;
    let names = params_with(spec, role::PATH);
    let (from, to) = (names.first()?.to_string(), names.get(1)?.to_string());
    let (source, target) = match (files.as_slice(), folder) {
        ([a, b], _) => (Value::String(a.clone()), b.clone()),
        ([a], Some(folder)) if !a.contains('*') => (Value::String(a.clone()), folder),
        ([], Some(folder)) => {
            let focus = builder.focus.clone()?;
            if focus.given && focus.nouns.iter().any(|noun| noun == "file") {
                (js::whole("trigger.payload.path"), folder)
            } else if focus.origin.contains('.') && !focus.origin.starts_with("http") {
                (Value::String(focus.origin), folder)
            } else if focus.is_list() && focus.nouns.iter().any(|noun| noun == "file") {
                builder.barrier = all_ids(builder);
                let id = builder.add("move", spec, IndexMap::from([(from, js::whole("item.path")), (to, Value::String(folder))]));
                builder.for_each(&id, &focus.list());
                return Some(());
            } else {
                return None;
            }
        }
        ([pattern], Some(folder)) => {
            let (place, glob) = pattern.rsplit_once('/').unwrap_or((".", pattern));
            builder.read(&Source::Folder(place.to_owned(), Some(glob.to_owned())), &[]);
            let focus = builder.focus.clone()?;
            let id = builder.add("move", spec, IndexMap::from([(from, js::whole("item.path")), (to, Value::String(folder))]));
            builder.for_each(&id, &focus.list());
            return Some(());
        }
        _ => return None,
    };
    builder.barrier = all_ids(builder);
    builder.add("move", spec, IndexMap::from([(from, source), (to, Value::String(target))]));
    Some(())
}

/// Steps that must have ended before a file is taken away: the last ones.
fn all_ids(builder: &Builder<'_>) -> Vec<String> {
    builder.steps.iter().map(|step| step.id.clone()).collect()
}

fn named_folder(chunk: &Chunk) -> Option<String> {
    let at = (0..chunk.len()).find(|&at| ["folder", "directory"].contains(&chunk.word(at)))?;
    let lexicon = english();
    let plain = |place: usize| {
        chunk.tokens.get(place).filter(|token| token.is_word() && !lexicon.is_stop(&token.norm)).map(|token| format!("{}/", token.text))
    };
    plain(at.checked_sub(1)?).or_else(|| plain(at + 1))
}

fn delete(builder: &mut Builder<'_>, chunk: &mut Chunk) -> Option<()> {
    let verb = chunk.tokens.first()?;
    let plain_drop = verb.is_any(&["remove", "drop", "exclude", "discard", "ignore", "skip", "omit", "leave", "filter", "strip", "except"]);
    let things = named(chunk);
    let data = chunk.tokens.iter().any(|token| {
        token.is_any(&[
            "rows",
            "row",
            "entries",
            "duplicates",
            "duplicate",
            "where",
            "whose",
            "with",
            "without",
            "column",
            "columns",
            "from",
            "lines",
            "records",
            "that",
        ])
    });
    if plain_drop && (data || things.is_empty() || !chunk.tokens.iter().any(|token| token.is("file")) && things.len() != 1)
        || (plain_drop && chunk.len() > 4)
    {
        return None;
    }
    let spec = builder.tools.delete_file()?;
    let param = spec.param_with_role(role::PATH)?.to_owned();
    let files: Vec<String> = things.iter().filter_map(|(_, entity)| path_of(entity)).collect();
    if things.iter().any(|(_, entity)| matches!(entity, Entity::Url(_) | Entity::Database(_)))
        || (data && !files.iter().any(|file| file.contains('*'))) && !chunk.tokens.iter().any(|token| token.is("file"))
    {
        return None;
    }
    builder.barrier = all_ids(builder);
    if files.is_empty() {
        let found = places::read(chunk, Some(Act::Fetch), &|_| true, false);
        if let Some(folder) = found.sources.iter().find(|source| matches!(source, Source::Folder(..))) {
            builder.read(folder, &[]);
        }
        let focus = builder.focus.clone()?;
        let source = if focus.given && focus.nouns.iter().any(|noun| noun == "file") {
            js::whole("trigger.payload.path")
        } else if !focus.origin.is_empty() && !focus.origin.starts_with("http") && focus.origin.contains('.') {
            Value::String(focus.origin)
        } else if focus.is_list() && focus.nouns.iter().any(|noun| noun == "file") {
            let id = builder.add("delete", spec, IndexMap::from([(param, js::whole("item.path"))]));
            builder.for_each(&id, &focus.list());
            return Some(());
        } else {
            return None;
        };
        builder.add("delete", spec, IndexMap::from([(param, source)]));
        return Some(());
    }
    for file in files {
        if let Some((folder, pattern)) = file.contains('*').then(|| file.rsplit_once('/').unwrap_or((".", &file))) {
            builder.read(&Source::Folder(folder.to_owned(), Some(pattern.to_owned())), &[]);
            let focus = builder.focus.clone()?;
            let id = builder.add("delete", spec, IndexMap::from([(param.clone(), js::whole("item.path"))]));
            builder.for_each(&id, &focus.list());
        } else {
            builder.add("delete", spec, IndexMap::from([(param.clone(), Value::String(file))]));
        }
    }
    Some(())
}

/// "copy a.txt to b.txt": the same content under another name; a table keeps its text when the format stays.
fn copy(builder: &mut Builder<'_>, chunk: &mut Chunk) -> Option<()> {
    let things = named(chunk);
    let files: Vec<String> = things.iter().filter_map(|(_, entity)| path_of(entity)).filter(|path| !path.contains('*')).collect();
    let folder = things.iter().find_map(|(_, entity)| match entity {
        Entity::Folder(path) => Some(path.clone()),
        _ => None,
    });
    let folder = folder.or_else(|| named_folder(chunk).map(|folder| folder.trim_end_matches('/').to_owned()));
    let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let (from, to) = match (files.as_slice(), folder) {
        ([a, b, ..], _) => (a.clone(), b.clone()),
        ([a], Some(folder)) => (a.clone(), format!("{folder}/{}", base(a))),
        ([a], None) if chunk.tokens[0].is_any(&["back", "backup", "duplicate", "clone"]) => (a.clone(), format!("backup/{}", base(a))),
        _ => return None,
    };
    if chunk.tokens.iter().any(|token| token.is_any(&["where", "only", "rows", "with", "over", "whose"])) {
        return None;
    }
    transcribe(builder, &from, &to)
}

/// Reads one file and writes another.
fn transcribe(builder: &mut Builder<'_>, from: &str, to: &str) -> Option<()> {
    let same = from.rsplit('.').next().map(str::to_lowercase) == to.rsplit('.').next().map(str::to_lowercase);
    if !builder.read(&Source::File(from.to_owned()), &[]) {
        return None;
    }
    let to = stamped(to);
    if same && let Some(reader) = builder.steps.iter_mut().rev().find(|step| step.with.values().any(|value| value.as_str() == Some(from))) {
        // The text goes over as it is, so that nothing of its form is lost.
        reader.with.insert("format".to_owned(), json!("text"));
        if let Some(focus) = &mut builder.focus {
            focus.shape = Shape::Text;
            focus.fields = Fields { known: true, list: Vec::new() };
        }
        if !builder.write(&Sink::File(to), &Wording::default(), WriteMode::Replace) {
            return None;
        }
        let expression = builder.focus.as_ref().map(|focus| focus.expr.clone())?;
        if let Some(writer) = builder.steps.last_mut() {
            writer.with.insert("content".to_owned(), js::whole(&expression));
            writer.with.insert("format".to_owned(), json!("text"));
        }
        return Some(());
    }
    builder.write(&Sink::File(to), &Wording::default(), WriteMode::Replace).then_some(())
}

fn stamped(path: &str) -> String {
    path.to_owned()
}

/// "convert data.csv to data.json", "turn staff.csv into YAML".
fn convert(builder: &mut Builder<'_>, chunk: &mut Chunk) -> Option<()> {
    let files: Vec<String> = named(chunk).iter().filter_map(|(_, entity)| path_of(entity)).collect();
    let format = (0..chunk.len()).find_map(|at| english().format_words.at(&chunk.tokens, at).map(|(_, format)| format.clone()));
    match (files.as_slice(), format) {
        ([from, to, ..], _) if from != to => transcribe(builder, from, to),
        ([from], Some(format)) => {
            let stem = from.rsplit_once('.').map_or(from.as_str(), |(stem, _)| stem);
            if builder.focus.as_ref().is_some_and(|focus| focus.origin != *from && !focus.given)
                && chunk.tokens.iter().any(|token| token.is_any(&["it", "them", "that"]))
            {
                return builder.write(&Sink::File(from.clone()), &Wording::default(), WriteMode::Replace).then_some(());
            }
            transcribe(builder, from, &format!("{stem}.{format}"))
        }
        _ => None,
    }
}

/// "replace X with Y in letter.txt".
fn replace(builder: &mut Builder<'_>, chunk: &mut Chunk) -> Option<()> {
    let quoted: Vec<(usize, String)> =
        (0..chunk.len()).filter_map(|at| chunk.tokens[at].quoted().map(|text| (at, text.to_owned()))).collect();
    let with = (0..chunk.len()).find(|&at| ["with", "by"].contains(&chunk.word(at)))?;
    let plain = |at: usize| chunk.tokens.get(at).filter(|token| token.is_word()).map(|token| token.text.clone());
    let (find, put) = match quoted.as_slice() {
        [(_, a), (_, b), ..] => (a.clone(), b.clone()),
        _ => (plain(with.checked_sub(1)?)?, plain(with + 1)?),
    };
    let found = places::read(chunk, Some(Act::Replace), &|_| true, builder.focus.is_some());
    for source in &found.sources {
        builder.read(source, &[]);
    }
    let focus = builder.focus.clone()?;
    let spec = builder.tools.replace()?;
    let with = IndexMap::from([
        (spec.param_with_role(role::TEXT)?.to_owned(), js::whole(&focus.expr)),
        (spec.param_with_role(role::PATTERN)?.to_owned(), Value::String(find)),
        (spec.param_with_role(role::REPLACEMENT)?.to_owned(), Value::String(put)),
    ]);
    let id = builder.add("replaced", spec, with);
    builder.hold(Focus { expr: format!("steps.{id}.output.text"), shape: Shape::Text, ..focus.clone() });
    for sink in &found.sinks {
        builder.write(sink, &Wording::default(), WriteMode::Replace);
    }
    Some(())
}

/// "the sha256 of report.csv".
fn hash(builder: &mut Builder<'_>, chunk: &mut Chunk) -> Option<()> {
    let found = places::read(chunk, Some(Act::Hash), &|_| true, builder.focus.is_some());
    for source in &found.sources {
        builder.read(source, &[]);
    }
    let focus = builder.focus.clone()?;
    if let Some(step) = builder.steps.last_mut().filter(|step| step.with.contains_key("path") && focus.shape != Shape::Text) {
        step.with.insert("format".to_owned(), json!("text"));
    }
    let spec = builder.tools.hash()?;
    let algorithm = chunk
        .tokens
        .iter()
        .find(|token| token.norm.starts_with("sha") || token.norm.starts_with("md5"))
        .map(|token| token.norm.replace('-', ""));
    let input = params_with(spec, role::VALUE).first().copied().or_else(|| spec.param_with_role(role::TEXT))?.to_owned();
    let mut with = IndexMap::from([(input, js::whole(&focus.expr))]);
    if let Some(algorithm) = algorithm {
        with.insert(spec.param_with_role(role::ALGORITHM)?.to_owned(), Value::String(algorithm));
    }
    let id = builder.add("hash", spec, with);
    let name = spec.output.get("properties").and_then(Value::as_object).and_then(|properties| properties.keys().next().cloned())?;
    builder.hold(Focus::new(format!("steps.{id}.output.{name}"), Shape::Text));
    for sink in &found.sinks {
        builder.write(sink, &Wording::default(), WriteMode::Replace);
    }
    Some(())
}

/// Puts the last two lists together: "join a.csv with b.csv on id".
pub fn combine(builder: &mut Builder<'_>, chunk: &mut Chunk, act: Option<Act>) -> bool {
    let joins = act == Some(Act::Join)
        || chunk
            .tokens
            .iter()
            .any(|token| token.is_any(&["join", "joined", "match", "matching", "merge", "combine", "combined", "enrich"]));
    if !joins {
        return false;
    }
    let (Some(right), Some(left)) = (builder.focus.clone(), builder.history.last().cloned()) else { return false };
    let on = (0..chunk.len()).find(|&at| ["on", "by", "via", "using"].contains(&chunk.free_word(at))).map(|at| {
        let mut words = Vec::new();
        let mut place = at + 1;
        while place < chunk.len()
            && chunk.free(place)
            && (chunk.tokens[place].is_word() || chunk.tokens[place].quoted().is_some())
            && words.len() < 3
        {
            let word = chunk.tokens[place].quoted().map_or_else(|| chunk.word(place).to_owned(), str::to_owned);
            if ["and", "then", "to"].contains(&word.as_str()) {
                break;
            }
            if !["the", "their", "same", "common", "field", "column", "shared"].contains(&word.as_str()) {
                words.push(word);
            }
            place += 1;
        }
        chunk.take(at..place);
        words.join(" ")
    });
    builder.join(&left, &right, on.filter(|on| !on.is_empty()).map(|on| vec![on])).is_some()
}

/// The HTTP status that a reply is to have.
pub fn status(chunk: &Chunk) -> Option<u16> {
    let lexicon = english();
    (0..chunk.len())
        .filter(|&at| ["status", "code", "with"].contains(&chunk.before(at)))
        .find_map(|at| number_at(lexicon, &chunk.tokens, at))
        .map(|(code, _)| code)
        .filter(|code| (100.0..600.0).contains(code))
        .map(|code| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 100 and 600")]
            let code = code as u16;
            code
        })
}

/// "twice the value of n", "double the price": a number worked out from a field of the record in hand.
pub fn arithmetic(builder: &Builder<'_>, chunk: &mut Chunk) -> Option<(String, String)> {
    let (base, fields) = match (&builder.each, &builder.focus) {
        (Some(each), _) => ("item".to_owned(), each.fields.clone()),
        (None, Some(focus)) if matches!(focus.shape, Shape::Record | Shape::Body) => (focus.expr.clone(), focus.fields.clone()),
        _ => return None,
    };
    let at = (0..chunk.len()).find(|&at| ["twice", "double", "triple", "half", "square"].contains(&chunk.free_word(at)))?;
    let word = chunk.word(at).to_owned();
    let mut place = at + 1;
    while ["the", "value", "of", "number", "amount", "its", "field"].contains(&chunk.free_word(place)) {
        place += 1;
    }
    let name = chunk.free_word(place).to_owned();
    if name.is_empty() {
        return None;
    }
    let field = fields.resolve(&[&name]).unwrap_or(super::super::fields::FieldRef::Named(vec![name.clone()]));
    let value = format!("Number({})", field.of(&base));
    chunk.take(at..place + 1);
    let expression = match word.as_str() {
        "triple" => format!("3 * {value}"),
        "half" => format!("{value} / 2"),
        "square" => format!("{value} * {value}"),
        _ => format!("2 * {value}"),
    };
    Some((if word == "twice" { "result".to_owned() } else { word }, expression))
}
