//! Steps that write and send.

use super::super::fields::{FieldKind, Fields};
use super::super::js;
use super::super::places::{Sink, Target};
use super::super::tools::params_with;
use super::source::{file_noun, quoted_name, web_noun};
use super::{Builder, Shape, Wording};
use crate::language::{Entity, Token, TokenKind, english, tokenize};
use indexmap::IndexMap;
use sayflow_engine::action::{ActionSpec, role};
use serde_json::{Value, json};

/// Where a message goes.
struct Place<'a> {
    spec: &'a ActionSpec,
    with: IndexMap<String, Value>,
    account: Option<String>,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteMode {
    /// A new content.
    Replace,
    /// At its end.
    Append,
}

impl<'a> Builder<'a> {
    /// Adds the step that sends or writes the value in hand. False when something has to be asked first.
    pub fn write(&mut self, sink: &Sink, wording: &Wording, mode: WriteMode) -> bool {
        match sink {
            Sink::Message(target) => self.send(target, wording),
            Sink::File(path) => self.write_file(path, wording, mode).is_some(),
            Sink::Folder(path) => {
                let name = self
                    .focus
                    .as_ref()
                    .map(|focus| focus.origin.rsplit('/').next().unwrap_or_default().to_owned())
                    .filter(|name| name.contains('.'))
                    .unwrap_or_else(|| "result.json".to_owned());
                self.write_file(&format!("{path}/{name}"), wording, mode).is_some()
            }
            Sink::Web(_, address) if super::is_object(address) => self.write_object(address, wording).is_some(),
            Sink::Web(method, url) => self.request(method, url, wording).is_some(),
            Sink::Table(database, table) => self.insert(database, table.as_deref()).is_some(),
        }
    }

    fn done(&mut self, id: &str) {
        if let Some(each) = self.each.clone() {
            self.for_each(id, &each.list);
        }
    }

    fn send(&mut self, target: &Target, wording: &Wording) -> bool {
        let Some(Place { spec, with, account }) = self.destination(target) else { return false };
        let Some(text) = self.message(wording) else {
            let about = format!("{}.text", spec.id);
            let Some(answer) = self.ask(&about, "What should the message say?", &[]) else { return false };
            return self.send(target, &Wording { text: Some(answer), ..wording.clone() });
        };
        let Some(text_param) = spec.param_with_role(role::TEXT).map(str::to_owned) else { return false };
        let mut with = with;
        if let Some(subject) = spec.param_with_role(role::SUBJECT) {
            let said = wording.subject.as_ref().map(|subject| self.filled(subject)).or_else(|| self.default_subject(wording));
            if let Some(said) = said {
                with.insert(subject.to_owned(), Value::String(said));
            }
        }
        with.insert(text_param, text);
        let id = self.add(&format!("send_{}", spec.service.as_deref().unwrap_or("mail")), spec, with);
        if let (Some(account), Some(step)) = (account, self.steps.last_mut()) {
            step.credential = Some(account);
        }
        self.done(&id);
        true
    }

    /// A subject from what is in hand.
    fn default_subject(&self, wording: &Wording) -> Option<String> {
        let label = self
            .focus
            .as_ref()
            .map(|focus| focus.label.clone())
            .filter(|label| !label.is_empty() && wording.text.is_none() && self.each.is_none())?;
        Some(super::super::fields::capitalise(&label))
    }

    /// The action with its destination, or the account that leads there.
    fn destination(&mut self, target: &Target) -> Option<Place<'a>> {
        if let Target::Hook(service, channel) = target {
            let spec = self.tools.hook(service)?;
            let account = self.hook_account(spec, channel.as_deref())?;
            return Some(Place { spec, with: IndexMap::new(), account });
        }
        if *target == Target::Service(String::new()) {
            let question = "Where should it be sent: which Slack channel, Telegram chat or email address, or which other service?";
            let answer = self.ask("message.destination", question, &[])?;
            let service = answer.trim().trim_start_matches("Microsoft ").to_lowercase();
            return match self.tools.hook(&service) {
                Some(_) => self.destination(&Target::Hook(service, None)),
                None => self.destination(&target_of(&answer)),
            };
        }
        let (spec, param, place) = self.place(target)?;
        Some(Place { spec, with: IndexMap::from([(param, place)]), account: None })
    }

    /// The action, its destination parameter and the place.
    fn place(&mut self, target: &Target) -> Option<(&'a ActionSpec, String, Value)> {
        let (spec, role, place) = match target {
            Target::Channel(name) => (self.tools.channel("")?, role::CHANNEL, Value::String(name.clone())),
            Target::Chat(id) => (self.tools.chat("")?, role::CHAT, chat_value(id)),
            Target::Mail(list) => (self.tools.mail()?, role::RECIPIENT, addresses(list)),
            Target::Hook(..) => return None,
            Target::Service(service) => return self.ask_destination(service),
        };
        Some((spec, spec.param_with_role(role)?.to_owned(), place))
    }

    fn ask_destination(&mut self, service: &str) -> Option<(&'a ActionSpec, String, Value)> {
        let (spec, role, text) = match service {
            "email" => (self.tools.mail()?, role::RECIPIENT, "To which email address should it go?"),
            "telegram" => (self.tools.chat(service)?, role::CHAT, "To which Telegram chat should it go (its id or @name)?"),
            _ => (self.tools.channel(service)?, role::CHANNEL, "Which channel should it be posted in?"),
        };
        let param = spec.param_with_role(role)?.to_owned();
        let answer = self.ask(&format!("{}.{param}", spec.id), text, &[])?;
        let place = match role {
            role::RECIPIENT => {
                addresses(&answer.split([',', ' ', ';']).filter(|part| part.contains('@')).map(str::to_owned).collect::<Vec<_>>())
            }
            role::CHAT => chat_value(answer.trim()),
            _ => Value::String(if answer.starts_with('#') { answer.trim().to_owned() } else { format!("#{}", answer.trim()) }),
        };
        Some((spec, param, place))
    }

    /// Sends to an address that each item holds.
    pub fn send_to_field(&mut self, address: &str, wording: &Wording) -> Option<()> {
        let spec = self.tools.mail()?;
        let text = self.message(wording)?;
        let mut with = IndexMap::from([(spec.param_with_role(role::RECIPIENT)?.to_owned(), js::whole(address))]);
        if let (Some(subject), Some(said)) = (spec.param_with_role(role::SUBJECT), &wording.subject) {
            with.insert(subject.to_owned(), Value::String(self.filled(said)));
        }
        with.insert(spec.param_with_role(role::TEXT)?.to_owned(), text);
        let id = self.add("send_mail", spec, with);
        self.done(&id);
        Some(())
    }

    fn write_file(&mut self, path: &str, wording: &Wording, mode: WriteMode) -> Option<()> {
        let spec = self.tools.write_file()?;
        let extension = path.rsplit('.').next().unwrap_or_default().to_lowercase();
        let format = english().formats.get(&extension).map_or("txt", String::as_str).to_owned();
        let content = match self.file_content(&format, wording) {
            Some(content) => content,
            None => {
                let answer = self.ask(
                    &format!("{}.{}", spec.id, spec.param_with_role(role::VALUE)?),
                    &format!("What should be written to {path}? Name the file or address it comes from, or give the text."),
                    &[],
                )?;
                return self.answered_content(path, &answer, wording, mode);
            }
        };
        let content = if mode == WriteMode::Append && format == "txt" { with_line_end(content) } else { content };
        let named = self.item_path(path, wording);
        let path = &self.stamped(&named);
        let place = if path.contains("${{") { Value::String(path.clone()) } else { Value::String(self.filled(path)) };
        let mut with = IndexMap::from([
            (spec.param_with_role(role::PATH)?.to_owned(), place),
            (spec.param_with_role(role::VALUE)?.to_owned(), content),
        ]);
        if mode == WriteMode::Append {
            with.insert(spec.param_with_role(role::MODE).unwrap_or("mode").to_owned(), json!("append"));
        }
        let id = self.add(&format!("save_{}", file_noun(&named)), spec, with);
        self.done(&id);
        if let Some((_, earlier)) = self.written.iter().rev().find(|(written, _)| written == path).cloned()
            && let Some(step) = self.steps.last_mut()
            && !step.needs.contains(&earlier)
        {
            step.needs.push(earlier);
        }
        self.written.push((path.clone(), id));
        Some(())
    }

    /// In a loop each item needs a file of its own: by the field that names it, or by a number.
    fn item_path(&mut self, path: &str, wording: &Wording) -> String {
        let Some(each) = &self.each else { return path.to_owned() };
        if path.contains('{') || path.contains('<') {
            return path.to_owned();
        }
        let (folder, name) = path.rsplit_once('/').map_or((String::new(), path), |(folder, name)| (format!("{folder}/"), name));
        let (_, extension) = name.rsplit_once('.').unwrap_or((name, "txt"));
        let by = wording.named_by.clone().or_else(|| {
            each.fields
                .find(&["id"])
                .or_else(|| each.fields.find(&["name"]))
                .map(|(field, _)| super::super::fields::FieldRef::Known(field.clone()))
        });
        let Some(field) = by else { return path.to_owned() };
        format!("{folder}{}.{extension}", js::inside(&field.of("item")))
    }

    fn answered_content(&mut self, path: &str, answer: &str, wording: &Wording, mode: WriteMode) -> Option<()> {
        let mut chunk = super::super::chunk::Chunk::new(&tokenize(answer));
        let places = super::super::places::read(&mut chunk, Some(crate::language::Act::Fetch), &|_| true, false);
        if let Some(source) = places.sources.first() {
            if self.read(source, &[]) {
                return self.write_file(path, wording, mode);
            }
            return None;
        }
        self.write_file(path, &Wording { text: Some(answer.to_owned()), ..wording.clone() }, mode)
    }

    fn request(&mut self, method: &str, url: &str, wording: &Wording) -> Option<()> {
        let spec = self.tools.request()?;
        let mut with = IndexMap::from([
            (spec.param_with_role(role::METHOD)?.to_owned(), json!(method)),
            (spec.param_with_role(role::URL)?.to_owned(), Value::String(self.filled(url))),
        ]);
        if method != "DELETE"
            && let Some(body) = self.body(wording)
        {
            with.insert(spec.param_with_role(role::VALUE)?.to_owned(), body);
        }
        self.with_options(spec, url, &mut with);
        let id = self.add(&format!("{}_{}", method.to_lowercase(), web_noun(url)), spec, with);
        self.done(&id);
        Some(())
    }

    /// What is sent to a service: JSON as given, text, or the value in hand.
    fn body(&self, wording: &Wording) -> Option<Value> {
        if let Some(text) = &wording.text {
            return Some(match serde_json::from_str::<Value>(text) {
                Ok(value) if value.is_object() || value.is_array() => self.filled_json(value),
                _ => Value::String(self.filled(text)),
            });
        }
        if self.each.is_some() {
            if wording.fields.is_empty() {
                return Some(js::whole("item"));
            }
            return Some(Value::Object(wording.fields.iter().map(|field| (field.name(), js::whole(&field.of("item")))).collect()));
        }
        let focus = self.focus.as_ref()?;
        Some(match focus.shape {
            Shape::Number => {
                let name = focus.parts.first().map_or("value", |(name, _)| name.as_str());
                json!({ name: js::whole(&focus.expr) })
            }
            Shape::Record | Shape::Body if !wording.fields.is_empty() => Value::Object(
                wording.fields.iter().map(|field| (field.name(), js::whole(&super::message::record_field(&focus.expr, field)))).collect(),
            ),
            _ => js::whole(&focus.expr),
        })
    }

    /// JSON with `{name}` in its texts filled in. A text that is one hole keeps the value's type.
    fn filled_json(&self, value: Value) -> Value {
        match value {
            Value::String(text) => {
                let filled = self.filled(&text);
                match filled.strip_suffix(" ?? '' }}").filter(|head| head.starts_with("${{") && head.matches("${{").count() == 1) {
                    Some(head) => Value::String(format!("{head} }}}}")),
                    None => Value::String(filled),
                }
            }
            Value::Array(items) => items.into_iter().map(|item| self.filled_json(item)).collect(),
            Value::Object(object) => Value::Object(object.into_iter().map(|(key, value)| (key, self.filled_json(value))).collect()),
            other => other,
        }
    }

    /// A row of a table for each item in hand.
    fn insert(&mut self, database: &str, table: Option<&str>) -> Option<()> {
        let spec = self.tools.execute()?;
        let focus = self.focus.clone()?;
        let tables = self.context.samples.tables(database).unwrap_or_default();
        let same = |name: &str, said: &str| crate::language::stem(&name.to_lowercase()) == crate::language::stem(&said.to_lowercase());
        let found = match (table, tables.as_slice()) {
            (Some(table), _) => tables.iter().find(|(name, _)| same(name, table)).cloned().or_else(|| Some((table.to_owned(), Vec::new()))),
            (None, [one]) => Some(one.clone()),
            (None, _) => None,
        };
        let (name, columns) = match found {
            Some(found) => found,
            None => {
                let choices: Vec<&str> = tables.iter().map(|(name, _)| name.as_str()).collect();
                let answer = self.ask("sql.execute.table", &format!("Into which table of {database} should the rows go?"), &choices)?;
                tables.iter().find(|(name, _)| same(name, answer.trim())).cloned().unwrap_or((answer, Vec::new()))
            }
        };
        let known: Vec<(String, String)> = if columns.is_empty() {
            focus.fields.list.iter().map(|field| (field.name.clone(), js::member("item", &field.name))).collect()
        } else {
            columns
                .iter()
                .filter_map(|column| {
                    let field = focus.fields.find(&[column.as_str()]).map(|(field, _)| field.name.clone());
                    match field {
                        Some(field) => Some((column.clone(), js::member("item", &field))),
                        None if focus.fields.known && !focus.fields.list.is_empty() => None,
                        None => Some((column.clone(), js::member("item", column))),
                    }
                })
                .collect()
        };
        if known.is_empty() {
            self.ask("sql.execute.columns", &format!("Which columns of the table {name} should be filled, and from which fields?"), &[]);
            return None;
        }
        let exists = tables.iter().any(|(known, _)| same(known, &name));
        if !exists && focus.fields.known && !focus.fields.list.is_empty() {
            self.create_table(database, &name, &focus.fields)?;
        }
        let list = known.iter().map(|(column, _)| quoted_name(column)).collect::<Vec<_>>().join(", ");
        let marks = vec!["?"; known.len()].join(", ");
        let with = IndexMap::from([
            (spec.param_with_role(role::DATABASE)?.to_owned(), Value::String(database.to_owned())),
            (
                spec.param_with_role(role::SQL)?.to_owned(),
                Value::String(format!("INSERT INTO {} ({list}) VALUES ({marks})", quoted_name(&name))),
            ),
            ("params".to_owned(), known.iter().map(|(_, expression)| js::whole(&format!("{expression} ?? null"))).collect()),
        ]);
        let id = self.add(&format!("insert_{name}"), spec, with);
        let rows = self.each.as_ref().map_or_else(
            || if focus.shape == Shape::Record { format!("[{}]", focus.expr) } else { focus.list() },
            |each| each.list.clone(),
        );
        self.for_each(&id, &rows);
        Some(())
    }

    /// Makes a table with a column for each field, where there is none yet.
    fn create_table(&mut self, database: &str, name: &str, fields: &Fields) -> Option<()> {
        let spec = self.tools.execute()?;
        let columns = fields
            .list
            .iter()
            .map(|field| {
                let kind = match field.kind {
                    FieldKind::Number | FieldKind::NumberText => "NUMERIC",
                    FieldKind::Bool => "INTEGER",
                    _ => "TEXT",
                };
                format!("{} {kind}", quoted_name(&field.name))
            })
            .collect::<Vec<_>>()
            .join(", ");
        let with = IndexMap::from([
            (spec.param_with_role(role::DATABASE)?.to_owned(), Value::String(database.to_owned())),
            (
                spec.param_with_role(role::SQL)?.to_owned(),
                Value::String(format!("CREATE TABLE IF NOT EXISTS {} ({columns})", quoted_name(name))),
            ),
        ]);
        let id = self.add(&format!("create_{name}"), spec, with);
        self.barrier = vec![id];
        self.notes.push(format!("{database} has no table {name} yet: it is made."));
        Some(())
    }

    /// Answers whoever started the run.
    pub fn respond(&mut self, wording: &Wording, status: Option<u16>) -> Option<()> {
        let spec = self.tools.respond()?;
        let body = match (&wording.text, &self.focus) {
            (Some(text), _) if text.starts_with("${{") => Value::String(text.clone()),
            (Some(_), _) => self.body(wording)?,
            (None, Some(_)) => self.body(wording)?,
            (None, None) => json!({ "ok": true }),
        };
        let mut with = IndexMap::new();
        if let Some(status) = status {
            with.insert("status".to_owned(), json!(status));
        }
        with.insert(params_with(spec, role::VALUE).first().copied().unwrap_or("body").to_owned(), body);
        self.add("respond", spec, with);
        Some(())
    }
}

fn with_line_end(content: Value) -> Value {
    match content {
        Value::String(text) if !text.ends_with('\n') && !text.starts_with("${{") => Value::String(format!("{text}\n")),
        other => other,
    }
}

fn chat_value(id: &str) -> Value {
    id.parse::<i64>().map_or_else(|_| Value::String(id.to_owned()), Value::from)
}

fn addresses(list: &[String]) -> Value {
    match list {
        [one] => Value::String(one.clone()),
        many => many.iter().map(|address| Value::String(address.clone())).collect(),
    }
}

/// What an answer to "where?" means.
pub fn target_of(answer: &str) -> Target {
    let tokens: Vec<Token> = tokenize(answer);
    for token in &tokens {
        match (&token.kind, token.entity()) {
            (_, Some(Entity::Channel(name))) => return Target::Channel(name.clone()),
            (_, Some(Entity::Email(address))) => return Target::Mail(vec![address.clone()]),
            (_, Some(Entity::Chat(id))) => return Target::Chat(id.clone()),
            (TokenKind::Number(_), _) => return Target::Chat(token.text.clone()),
            _ => {}
        }
        if token.is_any(&["slack", "telegram", "email", "mail"]) && tokens.len() == 1 {
            return Target::Service(token.norm.replace("mail", "email").replace("eemail", "email"));
        }
    }
    Target::Channel(format!("#{}", answer.trim().trim_start_matches('#').replace(' ', "-")))
}
