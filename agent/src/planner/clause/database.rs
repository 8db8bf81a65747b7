//! Changes of a database in words: "in shop.db set the status of order 1 to paid", "delete the closed tickets from
//! shop.db", "add a ticket with title … to the tickets table". The rows that are meant are looked up first, with the
//! same conditions as anywhere, and changed one by one, so that a condition that is not understood changes nothing.

use super::super::build::{Builder, Focus, Shape, quoted_name};
use super::super::chunk::{Chunk, Mark};
use super::super::fields::{Fields, Fit};
use super::super::js;
use super::super::modifiers::{self, About};
use super::super::places::{self, Sink, Source};
use super::{Outcome, record};
use crate::language::{Act, Entity, TokenKind, english};
use indexmap::IndexMap;
use sayflow_engine::action::role;
use serde_json::{Value, json};

/// The name under which a row's own number is read.
const ROW: &str = "row_number";

/// Where the change happens.
struct Table {
    database: String,
    name: String,
    fields: Fields,
}

/// Changes a database where the clause asks for it. True when it did, or said what is unclear.
pub fn change(builder: &mut Builder<'_>, chunk: &mut Chunk, act: Option<Act>, outcome: &mut Outcome) -> bool {
    let adds = matches!(act, Some(Act::Insert | Act::Append | Act::Save));
    let sets = matches!(act, Some(Act::Update | Act::Convert)) || (act == Some(Act::Send) && chunk.word(0) == "update");
    let deletes = act == Some(Act::Delete) || (act == Some(Act::Drop) && chunk.word(0) == "remove");
    let literal = chunk.tokens.iter().any(|token| matches!(token.entity(), Some(Entity::Sql(_))));
    let databases = chunk.tokens.iter().filter(|token| matches!(token.entity(), Some(Entity::Database(_)))).count();
    let files = chunk.tokens.iter().any(|token| matches!(token.entity(), Some(Entity::Path(_) | Entity::Url(_))));
    if !(adds || sets || deletes) || literal || databases != 1 || files {
        return false;
    }
    // "save the open orders of shop.db": that reads.
    let mut trial = chunk.clone();
    let found = places::read(&mut trial, act, &|_| true, builder.focus.is_some());
    let (database, table) = match (found.sources.as_slice(), found.sinks.as_slice()) {
        ([Source::Database(path, table, None)], []) if !adds => (path.clone(), table.clone()),
        ([], [Sink::Table(path, table)]) if adds || sets => (path.clone(), table.clone()),
        _ => return false,
    };
    let words: Vec<String> = chunk.tokens.iter().map(|token| token.norm.clone()).collect();
    let tables = builder.context.samples.tables(&database).unwrap_or_default();
    if adds && tables.is_empty() {
        return false;
    }
    let (name, columns) = if adds {
        let known = builder.choose_known_table(table.as_deref(), &tables, &words);
        let Some(known) = known else { return false };
        known
    } else {
        let fitting = builder.choose_known_table(table.as_deref(), &tables, &words).or_else(|| by_column(&trial, &tables));
        match fitting.or_else(|| builder.choose_table(&database, table.as_deref(), &tables, &words)) {
            Some(chosen) => chosen,
            None => {
                outcome.acted = true;
                return true;
            }
        }
    };
    let fields = builder.table_fields(&database, &name, &columns);
    let table = Table { database, name, fields };
    if adds {
        return add(builder, trial, chunk, &table, outcome);
    }
    *chunk = trial;
    outcome.acted = true;
    let done = if sets { set(builder, chunk, &table, outcome) } else { delete(builder, chunk, &table, outcome) };
    match done {
        Some(()) => outcome.wrote = true,
        None if builder.questions.is_empty() && outcome.unclear.is_empty() => {
            outcome.unclear.push(chunk.text(0..chunk.len()));
        }
        None => {}
    }
    true
}

/// A row of a file whose values the clause says: "append Zoe, zoe@x.example, free to customers.csv". True when it did.
pub fn append_row(builder: &mut Builder<'_>, chunk: &mut Chunk, act: Option<Act>, outcome: &mut Outcome) -> bool {
    let paths: Vec<(usize, String)> = (0..chunk.len())
        .filter_map(|at| match chunk.tokens[at].entity() {
            Some(Entity::Path(path)) => Some((at, path.clone())),
            _ => None,
        })
        .collect();
    let ([(at, path)], Some(Act::Append | Act::Insert)) = (paths.as_slice(), act) else { return false };
    let others = chunk.tokens.iter().any(|token| matches!(token.entity(), Some(Entity::Database(_) | Entity::Url(_) | Entity::Folder(_))));
    let named = chunk.tokens.iter().any(|token| token.is("column"));
    if others || named || !["to", "into", "in"].contains(&chunk.before(*at)) || builder.each.is_some() {
        return false;
    }
    let Some(sample) = builder.context.samples.file(path).filter(|sample| sample.as_array().is_some_and(|rows| !rows.is_empty())) else {
        return false;
    };
    let mut trial = chunk.clone();
    trial.take(*at..*at + 1);
    let (before, after) = (0..at - 1, at + 1..chunk.len());
    let fields = Fields::of(&sample);
    let mut values = record::read(&mut trial, before, &fields);
    values.extend(record::read(&mut trial, after, &fields));
    if values.is_empty() || (values.len() == 1 && !trial.leftovers().is_empty()) {
        return false;
    }
    let Some(spec) = builder.tools.write_file() else { return false };
    let (Some(file), Some(content)) = (spec.param_with_role(role::PATH), spec.param_with_role(role::VALUE)) else { return false };
    // A row has all columns, so that a table keeps its form.
    let row: serde_json::Map<String, Value> = fields
        .list
        .iter()
        .map(|field| {
            let value = values.iter().find(|(name, _)| *name == field.name).map_or(json!(""), |(_, value)| value.clone());
            (field.name.clone(), value)
        })
        .collect();
    let with = IndexMap::from([
        (file.to_owned(), json!(path)),
        (content.to_owned(), json!([row])),
        (spec.param_with_role(role::MODE).unwrap_or("mode").to_owned(), json!("append")),
    ]);
    builder.add(&format!("append_{}", places::nouns_of(path).join("_")), spec, with);
    *chunk = trial;
    (outcome.acted, outcome.wrote) = (true, true);
    true
}

/// The only table that has a column of which the clause speaks.
fn by_column(chunk: &Chunk, tables: &[(String, Vec<String>)]) -> Option<(String, Vec<String>)> {
    let speaks = |columns: &[String]| {
        let fields = Fields::named(columns);
        (0..chunk.len())
            .filter(|&at| !chunk.free_word(at).is_empty() && !english().is_stop(chunk.word(at)))
            .any(|at| fields.find(&[chunk.word(at)]).is_some_and(|(_, fit)| fit == Fit::Exact))
    };
    let fitting: Vec<&(String, Vec<String>)> = tables.iter().filter(|(_, columns)| speaks(columns)).collect();
    match fitting.as_slice() {
        [one] => Some((*one).clone()),
        _ => None,
    }
}

/// A row whose values the clause says. False when it says none: then rows in hand are meant.
fn add(builder: &mut Builder<'_>, mut trial: Chunk, chunk: &mut Chunk, table: &Table, outcome: &mut Outcome) -> bool {
    let length = trial.len();
    let values = record::read(&mut trial, 0..length, &table.fields);
    if values.is_empty() {
        return false;
    }
    *chunk = trial;
    outcome.acted = true;
    let list = values.iter().map(|(column, _)| quoted_name(column)).collect::<Vec<_>>().join(", ");
    let marks = vec!["?"; values.len()].join(", ");
    let sql = format!("INSERT INTO {} ({list}) VALUES ({marks})", quoted_name(&table.name));
    let params: Vec<Value> = values
        .into_iter()
        .map(|(_, value)| match value {
            Value::String(text) => Value::String(builder.filled(&text)),
            other => other,
        })
        .collect();
    outcome.wrote = execute(builder, table, &format!("insert_{}", table.name), &sql, Value::Array(params)).is_some();
    true
}

fn execute(builder: &mut Builder<'_>, table: &Table, id: &str, sql: &str, params: Value) -> Option<String> {
    let spec = builder.tools.execute()?;
    let with = IndexMap::from([
        (spec.param_with_role(role::DATABASE)?.to_owned(), json!(table.database)),
        (spec.param_with_role(role::SQL)?.to_owned(), json!(sql)),
        ("params".to_owned(), params),
    ]);
    let id = builder.add(id, spec, with);
    builder.barrier = vec![id.clone()];
    Some(id)
}

/// Reads the rows with their numbers and keeps those that the rest of the clause means.
fn choose(builder: &mut Builder<'_>, chunk: &mut Chunk, table: &Table, outcome: &mut Outcome) -> Option<Focus> {
    let spec = builder.tools.query()?;
    let sql = format!("SELECT rowid AS {ROW}, * FROM {}", quoted_name(&table.name));
    let with = IndexMap::from([
        (spec.param_with_role(role::DATABASE)?.to_owned(), json!(table.database)),
        (spec.param_with_role(role::SQL)?.to_owned(), json!(sql)),
    ]);
    let id = builder.add(&format!("find_{}", table.name), spec, with);
    let mut focus = Focus::new(format!("steps.{id}.output.rows"), Shape::List);
    focus.fields = table.fields.clone();
    focus.nouns = places::nouns_of(&table.name);
    focus.label.clone_from(&table.name);
    let before = builder.focus.clone();
    builder.hold(focus.clone());
    let by_number = numbered(chunk, &focus, table);
    let about = About { fields: &focus.fields, nouns: &focus.nouns, record: false, act: Some(Act::Keep) };
    let mut asked = modifiers::read(chunk, &about);
    asked.fields.clear();
    asked.measures.clear();
    if let Some(cond) = &by_number {
        builder.filter(cond)?;
    }
    if asked.filter.is_some() || asked.limit.is_some() {
        builder.transform(&asked, false)?;
    } else if by_number.is_none() {
        let every = chunk.tokens.iter().any(|token| token.is_any(&["all", "every", "everything", "each"]));
        let rest: Vec<String> = chunk.leftovers().into_iter().map(|at| chunk.tokens[at].text.clone()).collect();
        let rest: Vec<String> = rest.into_iter().filter(|word| !english().is_item_noun(&word.to_lowercase())).collect();
        if !every || !rest.is_empty() {
            // A change of everything must be said in so many words.
            outcome.unclear.push(chunk.text(0..chunk.len()));
            return None;
        }
    }
    let chosen = builder.focus.clone();
    builder.focus = before;
    chosen
}

/// "order 1", "ticket #7", "id 3": the row of that number.
fn numbered(chunk: &mut Chunk, focus: &Focus, table: &Table) -> Option<super::super::conditions::Cond> {
    let (key, _) = table.fields.find(&["id"]).or_else(|| table.fields.find(&["number"])).filter(|(_, fit)| *fit >= Fit::Synonym)?;
    for at in 1..chunk.len() {
        let TokenKind::Number(number) = chunk.tokens[at].kind else { continue };
        let hash = usize::from(chunk.before(at) == "#" || ["number", "no", "nr", "id"].contains(&chunk.before(at)));
        let noun = at - hash;
        let named = noun > 0 && chunk.free(noun - 1) && focus.nouns.contains(&chunk.tokens[noun - 1].stem);
        if !chunk.free(at) || !(named || (hash > 0 && chunk.before(at) == "id")) {
            continue;
        }
        let start = if named { noun - 1 } else { noun };
        let expression = format!("Number({}) === {}", js::member("item", &key.name), js::number(number.value));
        chunk.take(start..at + 1);
        return Some(super::super::conditions::Cond::Is(expression));
    }
    None
}

fn delete(builder: &mut Builder<'_>, chunk: &mut Chunk, table: &Table, outcome: &mut Outcome) -> Option<()> {
    let rows = choose(builder, chunk, table, outcome)?;
    let sql = format!("DELETE FROM {} WHERE rowid = ?", quoted_name(&table.name));
    let id = execute(builder, table, &format!("delete_{}", table.name), &sql, json!([js::whole(&format!("item.{ROW}"))]))?;
    builder.for_each(&id, &rows.list());
    Some(())
}

fn set(builder: &mut Builder<'_>, chunk: &mut Chunk, table: &Table, outcome: &mut Outcome) -> Option<()> {
    let values = assignment(chunk, table)?;
    let rows = choose(builder, chunk, table, outcome)?;
    let sets = values.iter().map(|(column, _)| format!("{} = ?", quoted_name(column))).collect::<Vec<_>>().join(", ");
    let sql = format!("UPDATE {} SET {sets} WHERE rowid = ?", quoted_name(&table.name));
    let mut params: Vec<Value> = values.into_iter().map(|(_, value)| value).collect();
    params.push(js::whole(&format!("item.{ROW}")));
    let id = execute(builder, table, &format!("update_{}", table.name), &sql, Value::Array(params))?;
    builder.for_each(&id, &rows.list());
    Some(())
}

/// "set the status of order 1 to paid", "set status = paid", "mark … as paid": the columns and their new values.
fn assignment(chunk: &mut Chunk, table: &Table) -> Option<Vec<(String, Value)>> {
    // "mark the order of Ada as paid": the value says the column.
    if let Some(at) = (0..chunk.len()).find(|&at| chunk.free_word(at) == "as")
        && let Some((field, value)) = words_at(chunk, at + 1).and_then(|(text, end)| {
            let found = table.fields.with_value(&text).map(|(field, value)| (field.name.clone(), value));
            let found = found.or_else(|| {
                let status = ["status", "state", "stage"]
                    .iter()
                    .find_map(|name| table.fields.find(&[name]).filter(|(_, fit)| *fit >= Fit::Synonym))?;
                Some((status.0.name.clone(), text.clone()))
            });
            found.inspect(|_| chunk.take(at..end))
        })
    {
        return Some(vec![(field, json!(value))]);
    }
    let to = (1..chunk.len()).rev().find(|&at| ["to", "=", "as"].contains(&chunk.free_word(at)) && (chunk.free(at + 1)))?;
    // The column stands before, perhaps with the rows between: "the status of order 1 to paid".
    let (column, place) = (0..to).find_map(|at| {
        (chunk.marks[at] == Mark::Free && chunk.tokens[at].is_word() && !english().is_stop(chunk.word(at)))
            .then(|| table.fields.find(&[chunk.word(at)]))
            .flatten()
            .filter(|(_, fit)| *fit >= Fit::Synonym)
            .map(|(field, _)| (field.name.clone(), at))
    })?;
    let (text, end) = words_at(chunk, to + 1)?;
    let value = match (&chunk.tokens[to + 1].kind, end - to) {
        (TokenKind::Number(number), 2) => serde_json::Number::from_f64(number.value)
            .filter(|_| number.value.fract() != 0.0)
            .map_or_else(|| serde_json::from_str(&js::number(number.value)).unwrap_or(Value::Null), Value::Number),
        _ => json!(text),
    };
    chunk.take(place..place + 1);
    chunk.take(to..end);
    Some(vec![(column, value)])
}

/// The words of a value: one token with a form of its own, or words up to what goes on.
fn words_at(chunk: &Chunk, start: usize) -> Option<(String, usize)> {
    let first = chunk.tokens.get(start).filter(|_| chunk.free(start))?;
    if let Some(text) = first.quoted() {
        return Some((text.to_owned(), start + 1));
    }
    if !first.is_word() {
        return Some((first.text.clone(), start + 1));
    }
    let mut end = start;
    while end < chunk.len()
        && chunk.free(end)
        && chunk.tokens[end].is_word()
        && (end == start || !english().is_stop(chunk.word(end)) && !["where", "for"].contains(&chunk.word(end)))
    {
        end += 1;
    }
    Some((chunk.text(start..end), end))
}
