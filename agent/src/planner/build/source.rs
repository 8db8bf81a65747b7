//! Steps that read.

use super::super::fields::Fields;
use super::super::js;
use super::super::places::{Source, nouns_of};
use super::super::tools::params_with;
use super::{Builder, Focus, Shape};
use crate::language::english;
use indexmap::IndexMap;
use sayflow_engine::action::role;
use serde_json::Value;

impl Builder<'_> {
    /// Adds the step that reads and puts its result in hand. Words of the clause help to tell tables apart. False
    /// when something has to be asked first, or no action can do it.
    pub fn read(&mut self, source: &Source, words: &[String]) -> bool {
        let focus = match source {
            Source::Web(address) if super::is_object(address) => self.read_object(address),
            Source::Web(url) => self.read_web(url),
            Source::Feed(url) => self.read_feed(url),
            Source::Page(url, selector, attribute) => self.read_page(url, selector, attribute.as_deref()),
            Source::File(path) => self.read_file(path),
            Source::Folder(path, pattern) => self.read_folder(path, pattern.as_deref()),
            Source::Database(path, table, sql) => self.read_database(path, table.as_deref(), sql.as_deref(), words),
        };
        match focus {
            Some(focus) => {
                self.hold(focus);
                true
            }
            None => false,
        }
    }

    /// An address with `{field}` filled in from the item or record in hand.
    fn fill_url(&self, url: &str) -> Value {
        if !url.contains('{') {
            return Value::String(url.to_owned());
        }
        let (base, fields) = match (&self.each, &self.focus) {
            (Some(each), _) => ("item".to_owned(), each.fields.clone()),
            (None, Some(focus)) => (focus.expr.clone(), focus.fields.clone()),
            (None, None) => return Value::String(url.to_owned()),
        };
        Value::String(super::message::fill_template(url, &base, &fields, &[]))
    }

    fn read_web(&mut self, url: &str) -> Option<Focus> {
        let spec = self.tools.request()?;
        let param = spec.param_with_role(role::URL)?;
        let name = web_noun(url);
        let address = self.fill_url(url);
        let mut with = IndexMap::from([(param.to_owned(), address)]);
        self.with_options(spec, url, &mut with);
        let id = self.add(&format!("fetch_{name}"), spec, with);
        let body = format!("steps.{id}.output.body");
        if let Some(each) = self.each.clone() {
            self.for_each(&id, &each.list);
            let list = format!("steps.{id}.output.map(answer => answer.body)");
            self.each = Some(super::Loop { list, fields: Fields::default(), nouns: each.nouns });
            let mut focus = Focus::new("item", Shape::Record);
            focus.given = true;
            return Some(focus);
        }
        let path = url.split(['?', '#']).next().unwrap_or(url).to_lowercase();
        let format = ["csv", "yaml", "xml", "tsv"].into_iter().find(|format| path.ends_with(&format!(".{format}")));
        let mut focus = Focus::new(body.clone(), Shape::Body);
        if let Some(parser) = format
            .and_then(|format| self.tools.parse(format.trim_start_matches('t')))
            .filter(|_| format.is_some_and(|format| format != "tsv"))
        {
            let input = params_with(parser, role::TEXT)
                .first()
                .copied()
                .or_else(|| parser.params.get("required").and_then(|list| list.get(0)).and_then(Value::as_str))
                .unwrap_or("text")
                .to_owned();
            let parsed = self.add(&format!("parse_{name}"), parser, IndexMap::from([(input, js::whole(&body))]));
            focus = Focus::new(parsed_output(parser, &parsed), Shape::Body);
            if format == Some("csv") {
                focus.shape = Shape::List;
            }
        }
        focus.nouns = nouns_of(path.trim_end_matches('/'));
        focus.label = name.replace('_', " ");
        focus.origin = url.to_owned();
        Some(focus)
    }

    fn read_feed(&mut self, url: &str) -> Option<Focus> {
        let spec = self.tools.feed()?;
        let param = spec.param_with_role(role::URL)?;
        let id = self.add("read_feed", spec, IndexMap::from([(param.to_owned(), Value::String(url.to_owned()))]));
        let mut focus = Focus::new(format!("steps.{id}.output.entries"), Shape::List);
        focus.fields = feed_fields();
        focus.nouns =
            ["stori", "entri", "articl", "post", "item", "headlin", "news", "episod", "story", "entry"].map(str::to_owned).to_vec();
        focus.label = "entries".to_owned();
        focus.origin = url.to_owned();
        focus.shown = vec!["title".to_owned(), "link".to_owned()];
        Some(focus)
    }

    fn read_page(&mut self, url: &str, selector: &str, attribute: Option<&str>) -> Option<Focus> {
        let page = self.read_web(url)?;
        self.extract(page, selector, attribute)
    }

    fn read_file(&mut self, path: &str) -> Option<Focus> {
        if let Some(known) = self
            .history
            .iter()
            .chain(self.focus.iter())
            .find(|focus| focus.origin == path && focus.expr.ends_with("output.content"))
            .cloned()
        {
            return Some(known);
        }
        let spec = self.tools.read_file()?;
        let param = spec.param_with_role(role::PATH)?;
        let name = file_noun(path);
        let actual = self.actual_path(path);
        let id = self.add(&format!("read_{name}"), spec, IndexMap::from([(param.to_owned(), Value::String(actual.clone()))]));
        if let Some((_, writer)) = self.written.iter().find(|(written, _)| *written == actual)
            && let Some(step) = self.steps.last_mut()
            && !step.needs.contains(writer)
        {
            step.needs.push(writer.clone());
        }
        let extension = path.rsplit('.').next().unwrap_or_default().to_lowercase();
        let format = english().formats.get(&extension).map_or("txt", String::as_str);
        let sample = self.context.samples.file(&actual);
        let shape = match (&sample, format) {
            (Some(Value::Array(_)), _) | (None, "csv") => Shape::List,
            (Some(Value::Object(object)), _) if object.values().filter(|value| value.is_array()).count() == 1 => Shape::Body,
            (Some(Value::Object(_)), _) => Shape::Record,
            (Some(Value::String(_)), _) | (None, "txt" | "binary") => Shape::Text,
            _ => Shape::Body,
        };
        let mut focus = Focus::new(format!("steps.{id}.output.content"), shape);
        focus.fields = match &sample {
            Some(Value::Object(object)) if shape == Shape::Body => {
                object.values().find(|value| value.is_array()).map_or_else(Fields::default, Fields::of)
            }
            Some(Value::String(_)) => Fields { list: Vec::new(), known: true },
            Some(value) => Fields::of(value),
            None if shape == Shape::Text => Fields { list: Vec::new(), known: true },
            None => Fields::default(),
        };
        focus.nouns = nouns_of(path);
        if shape == Shape::Text {
            focus.nouns.push("line".to_owned());
        }
        focus.label = name.replace('_', " ");
        path.clone_into(&mut focus.origin);
        Some(focus)
    }

    /// The file as it is called in the folder: the same but for case, or under the only folder that has it.
    fn actual_path(&self, path: &str) -> String {
        if self.context.samples.file(path).is_some() || self.written.iter().any(|(written, _)| written == path) {
            return path.to_owned();
        }
        let files = self.context.samples.files();
        let same: Vec<&String> = files.iter().filter(|file| file.eq_ignore_ascii_case(path)).collect();
        let below: Vec<&String> = files.iter().filter(|file| file.rsplit('/').next() == Some(path)).collect();
        match (same.as_slice(), below.as_slice()) {
            ([one], _) | ([], [one]) => (*one).clone(),
            _ => path.to_owned(),
        }
    }

    fn read_database(&mut self, path: &str, table: Option<&str>, sql: Option<&str>, words: &[String]) -> Option<Focus> {
        let tables = self.context.samples.tables(path).unwrap_or_default();
        let (statement, columns, name) = match sql {
            Some(sql) => (sql.to_owned(), Vec::new(), String::new()),
            None => {
                let (name, columns) = self.choose_table(path, table, &tables, words)?;
                (format!("SELECT * FROM {}", quoted_name(&name)), columns, name)
            }
        };
        let reads = ["select", "with", "pragma"].iter().any(|verb| statement.trim_start().to_lowercase().starts_with(verb));
        let spec = if reads { self.tools.query()? } else { self.tools.execute()? };
        let with = IndexMap::from([
            (spec.param_with_role(role::DATABASE)?.to_owned(), Value::String(path.to_owned())),
            (spec.param_with_role(role::SQL)?.to_owned(), Value::String(statement)),
        ]);
        let id = self.add(if reads { "query" } else { "change" }, spec, with);
        if !reads {
            self.barrier = vec![id.clone()];
            let mut focus = Focus::new(format!("steps.{id}.output.affected"), Shape::Number);
            "Rows changed".clone_into(&mut focus.label);
            return Some(focus);
        }
        let mut focus = Focus::new(format!("steps.{id}.output.rows"), Shape::List);
        focus.fields = self.table_fields(path, &name, &columns);
        focus.nouns = nouns_of(&name);
        focus.label = if name.is_empty() { "rows".to_owned() } else { name };
        focus.count = Some(format!("steps.{id}.output.count"));
        path.clone_into(&mut focus.origin);
        Some(focus)
    }

    /// What is known of a table's columns: from its rows where there are some, else their names.
    pub fn table_fields(&self, database: &str, table: &str, columns: &[String]) -> Fields {
        let rows = (!table.is_empty()).then(|| self.context.samples.rows(database, table)).flatten();
        match rows {
            Some(rows) if rows.as_array().is_some_and(|rows| !rows.is_empty()) => Fields::of(&rows),
            _ if columns.is_empty() => Fields::default(),
            _ => Fields::named(columns),
        }
    }

    /// The one existing table that is meant, without asking.
    pub fn choose_known_table(
        &self,
        table: Option<&str>,
        tables: &[(String, Vec<String>)],
        words: &[String],
    ) -> Option<(String, Vec<String>)> {
        let stems: Vec<String> = words.iter().map(|word| crate::language::stem(word)).collect();
        let named = |name: &str| match table {
            Some(table) => crate::language::stem(&name.to_lowercase()) == crate::language::stem(&table.to_lowercase()),
            None => stems.contains(&crate::language::stem(&name.to_lowercase())),
        };
        let fitting: Vec<&(String, Vec<String>)> = tables.iter().filter(|(name, _)| named(name)).collect();
        match (fitting.as_slice(), tables) {
            ([one], _) => Some((*one).clone()),
            ([], [one]) if table.is_none() => Some(one.clone()),
            _ => None,
        }
    }

    /// The table that is meant, with its columns.
    pub fn choose_table(
        &mut self,
        path: &str,
        table: Option<&str>,
        tables: &[(String, Vec<String>)],
        words: &[String],
    ) -> Option<(String, Vec<String>)> {
        let same = |name: &str, said: &str| {
            name.eq_ignore_ascii_case(said) || crate::language::stem(&name.to_lowercase()) == crate::language::stem(&said.to_lowercase())
        };
        if let Some(table) = table {
            return Some(tables.iter().find(|(name, _)| same(name, table)).cloned().unwrap_or_else(|| (table.to_owned(), Vec::new())));
        }
        let named: Vec<&(String, Vec<String>)> = tables.iter().filter(|(name, _)| words.iter().any(|word| same(name, word))).collect();
        if let [one] = named.as_slice() {
            return Some((*one).clone());
        }
        if let [one] = tables {
            return Some(one.clone());
        }
        let choices: Vec<&str> = tables.iter().map(|(name, _)| name.as_str()).collect();
        let answer = self.ask("sql.query.table", &format!("Which table of {path} should be read?"), &choices)?;
        Some(tables.iter().find(|(name, _)| same(name, answer.trim())).cloned().unwrap_or((answer, Vec::new())))
    }
}

fn parsed_output(spec: &sayflow_engine::action::ActionSpec, id: &str) -> String {
    let properties = spec.output.get("properties").and_then(Value::as_object);
    let list = properties
        .and_then(|properties| ["items", "rows", "value", "content", "data"].into_iter().find(|name| properties.contains_key(*name)));
    match list {
        Some(name) => format!("steps.{id}.output.{name}"),
        None => format!("steps.{id}.output"),
    }
}

/// The fields of a feed's entries.
pub fn feed_fields() -> Fields {
    Fields::of(
        &serde_json::json!([{ "title": "Some title of an entry", "link": "https://x.example", "summary": "Some text of an entry.", "published": "2026-01-02T03:04:05Z" }]),
    )
}

/// A table or column name in SQL.
pub fn quoted_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A word for what stands at an address.
pub fn web_noun(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let rest = path.split_once("://").map_or(path, |(_, rest)| rest);
    let mut parts = rest.split('/').filter(|part| !part.is_empty());
    let host = parts.next().unwrap_or_default();
    let last = parts.rfind(|part| !part.chars().all(|c| c.is_ascii_digit()) && !part.contains('{'));
    let name = last.map_or(host, |last| last.split('.').next().unwrap_or(last));
    let clean: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if clean.chars().all(|c| c.is_ascii_digit() || c == '_') { "data".to_owned() } else { clean }
}

/// A word for what is in a file.
pub fn file_noun(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let base = name.split('.').next().unwrap_or(name);
    base.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
