//! Whole files: moving, copying, deleting and converting them, one by name or all of a folder.

use super::super::build::{Builder, Shape, Wording, WriteMode};
use super::super::chunk::Chunk;
use super::super::fields::Fields;
use super::super::js;
use super::super::places::{Sink, Source};
use super::super::tools::params_with;
use crate::language::{Entity, english};
use indexmap::IndexMap;
use sayflow_engine::action::role;
use serde_json::{Value, json};

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

pub fn relocate(builder: &mut Builder<'_>, chunk: &mut Chunk) -> Option<()> {
    let things = named(chunk);
    let files: Vec<String> = things.iter().filter_map(|(_, entity)| path_of(entity)).collect();
    let (origin, goal) = folders(chunk, &things);
    if let (Some(origin), true) = (&origin, files.is_empty()) {
        builder.read(&Source::Folder(origin.clone(), pattern(chunk)), &[]);
    }
    // "archive that as big.json" writes what is in hand.
    if let ([file], true) = (files.as_slice(), goal.is_none())
        && builder.focus.as_ref().is_some_and(|focus| focus.origin != *file)
        && chunk
            .tokens
            .iter()
            .any(|token| token.is_any(&["it", "that", "this", "them", "those", "these", "everything", "result", "results"]))
        && chunk.tokens.iter().any(|token| token.is_any(&["as", "to", "in", "into", "under"]))
        && builder.context.samples.file(file).is_none()
    {
        return None;
    }
    let folder = goal
        .map(|folder| format!("{folder}/"))
        .or_else(|| named_folder(chunk).filter(|folder| origin.as_ref() != Some(&folder.trim_end_matches('/').to_owned())))
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

/// The folder that files are taken from and the one they go to.
fn folders(chunk: &Chunk, things: &[(usize, Entity)]) -> (Option<String>, Option<String>) {
    let (mut origin, mut goal) = (None, None);
    for (at, entity) in things {
        let Entity::Folder(path) = entity else { continue };
        let mut place = *at;
        while ["the", "my", "our", "folder", "directory", "a", "new"].contains(&chunk.before(place)) {
            place -= 1;
        }
        if ["in", "from", "inside", "of", "within", "under"].contains(&chunk.before(place)) && origin.is_none() {
            origin = Some(path.clone());
        } else {
            goal = Some(path.clone());
        }
    }
    // "from the logs folder"
    if let Some(at) = (1..chunk.len()).find(|&at| ["folder", "directory"].contains(&chunk.word(at)) && chunk.tokens[at - 1].is_word())
        && origin.is_none()
    {
        let mut place = at - 1;
        while ["the", "my", "our"].contains(&chunk.before(place)) {
            place -= 1;
        }
        if ["in", "from", "inside", "of", "within", "under"].contains(&chunk.before(place)) {
            origin = Some(chunk.tokens[at - 1].text.clone());
        }
    }
    (origin, goal)
}

/// Deletes the files of a folder that fit a pattern.
fn delete_listed(builder: &mut Builder<'_>, folder: &str, pattern: Option<String>) -> Option<()> {
    let spec = builder.tools.delete_file()?;
    let param = spec.param_with_role(role::PATH)?.to_owned();
    builder.barrier = all_ids(builder);
    builder.read(&Source::Folder(folder.to_owned(), pattern), &[]);
    let list = builder.focus.clone()?.list();
    let id = builder.add("delete", spec, IndexMap::from([(param, js::whole("item.path"))]));
    builder.for_each(&id, &list);
    Some(())
}

/// Which of a folder's files are meant: "all .log files", "the csv files", "everything".
fn pattern(chunk: &Chunk) -> Option<String> {
    let lexicon = english();
    (0..chunk.len()).find_map(|at| {
        let word = chunk.word(at).trim_start_matches("*.").trim_start_matches('.');
        let extension = lexicon.format_words.get(word).cloned().or_else(|| lexicon.formats.contains_key(word).then(|| word.to_owned()));
        extension.filter(|_| chunk.word(at + 1).starts_with("file")).map(|extension| format!("*.{extension}"))
    })
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

pub fn delete(builder: &mut Builder<'_>, chunk: &mut Chunk) -> Option<()> {
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
        ]) && !(token.is("from") && chunk.tokens.iter().any(|token| token.is_any(&["file", "files"])))
    });
    if plain_drop && (data || things.is_empty() || !chunk.tokens.iter().any(|token| token.is("file")) && things.len() != 1)
        || (plain_drop && chunk.len() > 4)
    {
        let of_folder = chunk.tokens.iter().any(|token| token.is_any(&["file", "files"])) && folders(chunk, &things).0.is_some() && !data;
        if of_folder {
            return delete_listed(builder, &folders(chunk, &things).0?, pattern(chunk));
        }
        return None;
    }
    if part_of_file(chunk, &things) {
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
    let meant = chunk.tokens.iter().any(|token| token.is_any(&["file", "files", "everything", "all", "contents"]));
    if let (Some(origin), true, true) = (folders(chunk, &things).0, files.is_empty(), meant) {
        builder.read(&Source::Folder(origin, pattern(chunk)), &[]);
    }
    if files.is_empty() {
        if !meant && !whole_file(chunk) {
            return None;
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

/// Whether a verb of removal is about the file in hand itself: "delete it", "then remove the original".
fn whole_file(chunk: &Chunk) -> bool {
    let object = ["it", "them", "file", "files", "original", "originals", "source", "document", "both", "these", "those"];
    let filler = [
        "the",
        "a",
        "that",
        "this",
        "my",
        "our",
        "from",
        "disk",
        "afterwards",
        "then",
        "after",
        "again",
        "rid",
        "of",
        "away",
        "up",
        "too",
        "also",
        "input",
        "old",
        "processed",
    ];
    let rest = &chunk.tokens[1.min(chunk.len())..];
    rest.iter().any(|token| token.is_any(&object) || token.is_any(&["that", "this"]))
        && rest.iter().all(|token| !token.is_word() || token.is_any(&object) || token.is_any(&filler))
        || rest.is_empty()
}

/// "get rid of refunded orders in orders.csv", "drop them in errors.txt": a file behind a preposition is no file to
/// take away.
fn part_of_file(chunk: &Chunk, things: &[(usize, Entity)]) -> bool {
    let Some((at, _)) = things.iter().find(|(_, entity)| path_of(entity).is_some_and(|path| !path.contains('*'))) else { return false };
    let mut place = *at;
    while place > 0 && ["the", "a", "my", "our", "called", "named"].contains(&chunk.before(place)) {
        place -= 1;
    }
    let led = ["in", "into", "to", "from", "under", "of", "out", "inside", "within", "as"].contains(&chunk.before(place));
    let phrase = place > 1 && chunk.before(place) == "of" && chunk.word(place - 2) == "rid";
    led && !phrase && !(0..place).any(|at| ["file", "files"].contains(&chunk.word(at)))
}

/// "copy a.txt to b.txt": the same content under another name; a table keeps its text when the format stays.
pub fn copy(builder: &mut Builder<'_>, chunk: &mut Chunk) -> Option<()> {
    let things = named(chunk);
    let files: Vec<String> = things.iter().filter_map(|(_, entity)| path_of(entity)).filter(|path| !path.contains('*')).collect();
    let (origin, goal) = folders(chunk, &things);
    let every = things.iter().find_map(|(_, entity)| path_of(entity).filter(|path| path.contains('*')));
    let folder = goal.or_else(|| named_folder(chunk).map(|folder| folder.trim_end_matches('/').to_owned()));
    if let Some(goal) = folder.clone().filter(|_| files.is_empty()) {
        let (place, glob) = match (origin, every) {
            (Some(origin), _) => (origin, pattern(chunk)),
            (None, Some(path)) => {
                let (place, glob) = path.rsplit_once('/').unwrap_or((".", &path));
                (place.to_owned(), Some(glob.to_owned()))
            }
            (None, None) => return None,
        };
        return copy_all(builder, &place, glob.as_deref(), &goal);
    }
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

/// Reads the files of a folder as text and writes each under its name in another.
fn copy_all(builder: &mut Builder<'_>, place: &str, glob: Option<&str>, goal: &str) -> Option<()> {
    builder.read(&Source::Folder(place.to_owned(), glob.map(str::to_owned)), &[]);
    let list = builder.focus.clone()?.list();
    let reader = builder.tools.read_file()?;
    let path = reader.param_with_role(role::PATH)?.to_owned();
    let read = builder.add("read_files", reader, IndexMap::from([(path, js::whole("item.path")), ("format".to_owned(), json!("text"))]));
    builder.for_each(&read, &list);
    let writer = builder.tools.write_file()?;
    let with = IndexMap::from([
        (writer.param_with_role(role::PATH)?.to_owned(), Value::String(format!("{goal}/{}", js::inside("item.name")))),
        (writer.param_with_role(role::VALUE)?.to_owned(), js::whole("item.content")),
        ("format".to_owned(), json!("text")),
    ]);
    let id = builder.add("copy_files", writer, with);
    builder.for_each(&id, &format!("{list}.map((file, at) => ({{ name: file.name, content: steps.{read}.output[at].content }}))"));
    Some(())
}

/// Reads one file and writes another.
fn transcribe(builder: &mut Builder<'_>, from: &str, to: &str) -> Option<()> {
    let same = from.rsplit('.').next().map(str::to_lowercase) == to.rsplit('.').next().map(str::to_lowercase);
    if !builder.read(&Source::File(from.to_owned()), &[]) {
        return None;
    }
    let to = builder.stamped(to);
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

/// "convert data.csv to data.json", "turn staff.csv into YAML".
pub fn convert(builder: &mut Builder<'_>, chunk: &mut Chunk) -> Option<()> {
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
