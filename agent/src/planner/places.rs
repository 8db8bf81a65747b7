//! Where a clause reads from and where it writes to, by the things named in it and the small words before them.

use super::chunk::{Chunk, Mark};
use super::page;
use crate::language::{Act, Entity, Token, english, stem};

/// Where data comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A service or document on the web.
    Web(String),
    /// A feed.
    Feed(String),
    /// Elements of a web page: the address and a CSS selector, with an attribute.
    Page(String, String, Option<String>),
    /// A file.
    File(String),
    /// The files of a folder that match a pattern.
    Folder(String, Option<String>),
    /// A database: its path, the table and the statement, as far as they are said.
    Database(String, Option<String>, Option<String>),
}

/// Which kind of chat or mail is meant, as a parameter's role, with the place if it was named.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A chat channel.
    Channel(String),
    /// A chat by id or name.
    Chat(String),
    /// Mail addresses.
    Mail(Vec<String>),
    /// A service whose account is the place, with the channel if one was named.
    Hook(String, Option<String>),
    /// A service by name, without a place in it.
    Service(String),
}

/// Where something goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Sink {
    /// A message.
    Message(Target),
    /// A file.
    File(String),
    /// A folder.
    Folder(String),
    /// A request to an address.
    Web(String, String),
    /// A table of a database.
    Table(String, Option<String>),
}

/// What is named in a clause.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Where it reads.
    pub sources: Vec<Source>,
    /// Where it writes.
    pub sinks: Vec<Sink>,
    /// The service that is named, such as `slack`.
    pub service: Option<String>,
    /// A method that is named, such as `PUT`.
    pub method: Option<String>,
}

const INTO: [&str; 14] = ["to", "into", "onto", "as", "towards", "->", "=>", "in", "under", "on", "called", "named", "at", "via"];
const OUT: [&str; 15] =
    ["from", "of", "in", "at", "inside", "within", "using", "read", "on", "out", "through", "over", "with", "against", "for"];

/// What surrounds a place.
struct Around<'a> {
    act: Option<Act>,
    before: &'a str,
    start: usize,
}

/// Reads and marks the places of a clause. `exists` says whether a file is there now; `holding` whether there is
/// data in hand already.
pub fn read(chunk: &mut Chunk, act: Option<Act>, exists: &dyn Fn(&str) -> bool, holding: bool) -> Places {
    let mut places = Places { service: service(chunk), method: method(chunk), ..Places::default() };
    let sql = statement(chunk);
    for at in 0..chunk.len() {
        let Some(entity) = chunk.tokens[at].entity().cloned().filter(|_| chunk.free(at)) else {
            number_chat(chunk, at, &mut places);
            continue;
        };
        let mut start = lead(chunk, at);
        let mut before = chunk.before(at_lead(chunk, at)).to_owned();
        // "according to", "compared to", "due to": no destination.
        if before == "to" && ["according", "listed", "related"].contains(&chunk.before(start)) && chunk.free(start - 1) {
            start -= 1;
            "from".clone_into(&mut before);
        }
        let around = Around { act, before: &before, start };
        match entity {
            Entity::Url(url) => web(chunk, at, url, &around, &mut places, holding),
            Entity::Path(path) => file(chunk, at, path, &around, &mut places, exists, holding),
            Entity::Folder(path) => folder(chunk, at, &path, &around, &mut places),
            Entity::Database(path) => database(chunk, at, path, &around, &mut places, sql.clone()),
            Entity::Email(address) => mail(chunk, at, address, &around, &mut places),
            Entity::Channel(name) => {
                chunk.take(start..at + 1);
                places.sinks.push(Sink::Message(Target::Channel(name)));
            }
            Entity::Chat(id) => {
                chunk.take(start..at + 1);
                places.sinks.push(Sink::Message(Target::Chat(id)));
            }
            Entity::Hook { service, channel } => {
                chunk.take(start..at + 1);
                places.sinks.push(Sink::Message(Target::Hook(service, channel)));
            }
            _ => {}
        }
    }
    named_folder(chunk, &mut places);
    bare_service(chunk, &mut places, act);
    places
}

/// The statement in a clause.
fn statement(chunk: &mut Chunk) -> Option<String> {
    let at = (0..chunk.len()).find(|&at| matches!(chunk.tokens[at].entity(), Some(Entity::Sql(_))))?;
    chunk.take(at..at + 1);
    match chunk.tokens[at].entity() {
        Some(Entity::Sql(sql)) => Some(sql.clone()),
        _ => None,
    }
}

fn service(chunk: &Chunk) -> Option<String> {
    let named = |token: &Token| token.is_any(&["slack", "telegram", "discord", "teams", "email", "mail", "e-mail"]);
    (0..chunk.len()).find(|&at| named(&chunk.tokens[at]) && (chunk.free(at) || at == 0)).map(|at| match chunk.word(at) {
        "mail" | "e-mail" => "email".to_owned(),
        other => other.to_owned(),
    })
}

fn method(chunk: &Chunk) -> Option<String> {
    (0..chunk.len()).find_map(|at| {
        let token = &chunk.tokens[at];
        let loud = token.is_word() && token.text.len() > 2 && token.text.chars().all(char::is_uppercase);
        let named = token.is_any(&["get", "post", "put", "patch", "delete", "head"]) && (loud || chunk.word(at + 1) == "request");
        named.then(|| token.norm.to_uppercase())
    })
}

/// The place behind articles and nouns such as "the file": where the small words before a place begin.
fn at_lead(chunk: &Chunk, at: usize) -> usize {
    let lexicon = english();
    let mut start = at;
    while start > 0 && chunk.free(start - 1) {
        let word = chunk.before(start);
        let filler = lexicon.determiners.contains(word) && word != "no"
            || lexicon.is_carrier(word)
                && !lexicon.verbs.get(word).is_some_and(|act| matches!(act, Act::Send))
                && !["get", "post", "put"].contains(&word)
            || [
                "channel", "chat", "file", "called", "named", "id", "address", "new", "existing", "local", "text", "output", "url",
                "endpoint", "group", "person", "user",
            ]
            .contains(&word)
                && start > 1
            || (["one", "single"].contains(&word) && ["file", "table", "list"].contains(&chunk.word(start)))
            || chunk.tokens[start - 1].is_punct('(')
            || chunk.tokens[start - 1].is_punct(':') && start > 1;
        if !filler {
            break;
        }
        start -= 1;
    }
    start
}

/// Where the words that lead to a place begin, the preposition included.
fn lead(chunk: &Chunk, at: usize) -> usize {
    let start = at_lead(chunk, at);
    let word = chunk.before(start);
    if start > 0 && chunk.free(start - 1) && (INTO.contains(&word) || OUT.contains(&word) || word == "by") {
        let double = start > 1
            && ["out", "in", "over", "back", "off"].contains(&chunk.word(start - 2))
            && chunk.free(start - 2)
            && ["of", "to", "into"].contains(&word);
        return start - 1 - usize::from(double);
    }
    start
}

fn web(chunk: &mut Chunk, at: usize, url: String, around: &Around<'_>, places: &mut Places, holding: bool) {
    let writes = places.method.as_deref().is_some_and(|method| ["POST", "PUT", "PATCH", "DELETE"].contains(&method));
    let sends = matches!(
        around.act,
        Some(Act::Send | Act::Save | Act::Append | Act::Insert | Act::Delete | Act::Update | Act::Move | Act::Copy | Act::Respond)
    );
    let object = super::build::is_object(&url);
    // "save it as s3://…": an address that is no page can be a name, too.
    let into = ["to", "into", "onto"].contains(&around.before)
        || object && (around.before == "as" || around.before == "in" && around.act == Some(Act::Save));
    let out = ["from", "at", "of", "in", "on"].contains(&around.before);
    let sink = (into && (sends || writes || holding || !places.sources.is_empty()))
        || (writes && !["from"].contains(&around.before))
        || (around.act == Some(Act::Send) && !out && around.before.is_empty() && chunk.word(0) == "post");
    let gets = matches!(around.act, Some(Act::Fetch))
        && !writes
        && ["to"].contains(&around.before)
        && chunk.tokens.iter().any(|token| token.is("get"));
    if sink && !gets {
        let method = places.method.clone().filter(|method| method != "GET").unwrap_or_else(|| "POST".to_owned());
        chunk.take(around.start..at + 1);
        for place in 0..chunk.len() {
            if chunk.free(place) && (["request", "http"].contains(&chunk.word(place)) || (chunk.tokens[place].text == method && place > 0))
            {
                chunk.take(place..place + 1);
            }
        }
        places.sinks.push(Sink::Web(method, url));
        return;
    }
    let words = |list: &[&str]| chunk.tokens.iter().any(|token| token.is_word() && list.contains(&token.stem.as_str()));
    let tail = url.split(['?', '#']).next().unwrap_or(&url).to_lowercase();
    let feed = words(&["feed", "rss", "atom", "podcast"])
        || [".xml", ".rss", ".atom"].iter().any(|ending| tail.ends_with(ending))
            && words(&["episod", "headlin", "articl", "entri", "stori", "news", "blog"])
        || ((url.contains("feed") || url.contains("rss") || url.ends_with("atom.xml")) && !url.contains("feedback"));
    let source = if feed {
        Source::Feed(url)
    } else if let Some((selector, attribute)) = page::elements(chunk, page::is_page(&url)) {
        Source::Page(url, selector, attribute)
    } else {
        Source::Web(url)
    };
    chunk.mark(around.start..at + 1, Mark::Source);
    for place in 0..chunk.len() {
        if chunk.free(place) && (["feed", "rss", "atom"].contains(&chunk.word(place)) || (chunk.tokens[place].text == "GET")) {
            chunk.mark(place..place + 1, Mark::Source);
        }
    }
    places.sources.push(source);
}

fn file(
    chunk: &mut Chunk,
    at: usize,
    path: String,
    around: &Around<'_>,
    places: &mut Places,
    exists: &dyn Fn(&str) -> bool,
    holding: bool,
) {
    if path.contains('*') {
        let (folder, pattern) = path.rsplit_once('/').unwrap_or((".", &path));
        chunk.mark(around.start..at + 1, Mark::Source);
        places.sources.push(Source::Folder(folder.to_owned(), Some(pattern.to_owned())));
        return;
    }
    let saves = matches!(around.act, Some(Act::Save | Act::Append | Act::Insert));
    let relocates = matches!(around.act, Some(Act::Move | Act::Copy | Act::Convert | Act::Replace));
    let first = places.sources.is_empty() && !holding;
    let earlier = !places.sources.is_empty();
    let before = around.before;
    let sink = if before == "to" && around.start > 0 && ["according", "compared"].contains(&chunk.word(around.start - 1)) {
        false
    } else if ["to", "into", "onto", "as", "called", "named"].contains(&before) {
        // "add it to log.txt" writes; "compare to b.csv" does not come up with data in hand.
        true
    } else if before == "in" && exists(&path) && names_each(chunk, around.start) {
        // "to each order in orders.csv" names the items of a file that is there: it is never overwritten for that.
        false
    } else if ["from", "of", "using", "read", "at", "inside", "against"].contains(&before) {
        false
    } else if ["in", "under"].contains(&before) && (holding || earlier) && !exists(&path) && around.act != Some(Act::Fetch) {
        true
    } else if before == "in" || before == "on" || before == "with" {
        (saves || (earlier && before == "in")) && (!exists(&path) || earlier) && !(first && exists(&path))
            || (saves && holding && before == "in")
    } else if relocates {
        earlier
    } else if matches!(around.act, Some(Act::Delete)) {
        false
    } else if saves {
        // "write report.csv", "create out.json"; "export orders.csv to …" reads.
        let another = (at + 1..chunk.len()).any(|place| {
            matches!(chunk.tokens[place].entity(), Some(Entity::Path(_))) && INTO.contains(&chunk.before(at_lead(chunk, place)))
        });
        !another && (holding || earlier || !exists(&path))
    } else {
        (earlier || holding)
            && !exists(&path)
            && (chunk.before(around.start).is_empty() || chunk.tokens[around.start - 1].is_punct(',') || chunk.len() == 1)
    };
    if sink {
        chunk.take(around.start..at + 1);
        places.sinks.push(Sink::File(path));
    } else {
        chunk.mark(around.start..at + 1, Mark::Source);
        places.sources.push(Source::File(path));
    }
    if chunk.tokens.get(at + 1).is_some_and(|token| token.is_punct(')')) {
        chunk.take(at + 1..at + 2);
    }
    // "orders.csv's total"
    if chunk.free_word(at + 1) == "'s" {
        chunk.take(at + 1..at + 2);
    }
}

/// Whether the words before a place speak of each of its items.
fn names_each(chunk: &Chunk, lead: usize) -> bool {
    (lead.saturating_sub(4)..lead).any(|at| ["each", "every"].contains(&chunk.word(at)))
}

fn folder(chunk: &mut Chunk, at: usize, path: &str, around: &Around<'_>, places: &mut Places) {
    let into = ["to", "into", "under"].contains(&around.before)
        || (around.before == "in" && matches!(around.act, Some(Act::Save | Act::Move | Act::Copy)));
    if into {
        chunk.take(around.start..at + 1);
        places.sinks.push(Sink::Folder(path.to_owned()));
    } else {
        let pattern = pattern(chunk);
        chunk.mark(around.start..at + 1, Mark::Source);
        places.sources.push(Source::Folder(path.to_owned(), pattern));
    }
    if ["folder", "directory"].contains(&chunk.free_word(at + 1)) {
        chunk.take(at + 1..at + 2);
    }
}

/// "all csv files", "the text files": a pattern.
fn pattern(chunk: &mut Chunk) -> Option<String> {
    let lexicon = english();
    for at in 0..chunk.len() {
        let word = chunk.free_word(at).trim_start_matches("*.").trim_start_matches('.').to_owned();
        let extension = lexicon.format_words.get(&word).cloned().or_else(|| lexicon.formats.contains_key(&word).then(|| word.clone()));
        if let Some(extension) = extension.filter(|_| chunk.word(at + 1).starts_with("file")) {
            chunk.mark(at..at + 2, Mark::Source);
            return Some(format!("*.{extension}"));
        }
    }
    None
}

/// "the folder exports", "the inbox folder".
fn named_folder(chunk: &mut Chunk, places: &mut Places) {
    let Some(at) = (0..chunk.len()).find(|&at| ["folder", "directory"].contains(&chunk.free_word(at))) else { return };
    let lexicon = english();
    let named = |place: usize| {
        chunk.free(place) && chunk.tokens[place].is_word() && !lexicon.is_stop(chunk.word(place)) && !lexicon.is_carrier(chunk.word(place))
    };
    let (name, range) = if let Some(quoted) = chunk.tokens.get(at + 1).and_then(Token::quoted) {
        (quoted.to_owned(), at..at + 2)
    } else if at + 1 < chunk.len() && named(at + 1) {
        (chunk.tokens[at + 1].text.clone(), at..at + 2)
    } else if at > 0 && named(at - 1) && chunk.word(at - 1) != "this" {
        (chunk.tokens[at - 1].text.clone(), at - 1..at + 1)
    } else if at > 0 && ["this", "the", "workspace", "current"].contains(&chunk.word(at - 1)) && places.sources.is_empty() {
        (".".to_owned(), at - 1..at + 1)
    } else {
        return;
    };
    let mut start = range.start;
    while start > 0 && chunk.free(start - 1) && ["the", "a", "my", "our"].contains(&chunk.before(start)) {
        start -= 1;
    }
    let preposition = chunk.before(start).to_owned();
    if start > 0 && chunk.free(start - 1) && (INTO.contains(&preposition.as_str()) || OUT.contains(&preposition.as_str())) {
        start -= 1;
    }
    if ["to", "into"].contains(&preposition.as_str()) {
        chunk.take(start..range.end);
        places.sinks.push(Sink::Folder(name));
    } else {
        let pattern = pattern(chunk);
        chunk.mark(start..range.end, Mark::Source);
        places.sources.push(Source::Folder(name, pattern));
    }
}

fn database(chunk: &mut Chunk, at: usize, path: String, around: &Around<'_>, places: &mut Places, sql: Option<String>) {
    let table = table(chunk, at);
    let inserts = matches!(around.act, Some(Act::Insert | Act::Save | Act::Append))
        || (matches!(around.act, Some(Act::Move | Act::Copy | Act::Fetch | Act::Convert)) && around.before == "into")
        // "load grades.csv into a new table grades in school.db": another source came first, and the table is the goal.
        || (!places.sources.is_empty()
            && matches!(around.act, Some(Act::Move | Act::Copy | Act::Fetch | Act::Convert))
            && chunk.tokens[..at].iter().any(|token| token.is("into")));
    // "add the open orders of shop.db to open.csv": the file is what is written.
    let onward = (at + 1..chunk.len()).any(|place| {
        matches!(chunk.tokens[place].entity(), Some(Entity::Path(_) | Entity::Url(_)))
            && ["to", "into", "as"].contains(&chunk.before(at_lead(chunk, place)))
    });
    let from = onward || around.before == "from" || (around.before == "of" && chunk.tokens[..at].iter().any(|token| token.is("from")));
    chunk.mark(around.start..at + 1, Mark::Source);
    if ["database", "db"].contains(&chunk.free_word(at + 1)) {
        chunk.mark(at + 1..at + 2, Mark::Source);
    }
    if inserts && !from && sql.is_none() {
        places.sinks.push(Sink::Table(path, table));
    } else {
        places.sources.push(Source::Database(path, table, sql));
    }
}

/// "the customers table", "table orders": its name.
fn table(chunk: &mut Chunk, database: usize) -> Option<String> {
    let lexicon = english();
    let at = (0..chunk.len()).find(|&at| ["table", "tables"].contains(&chunk.free_word(at)))?;
    let named = |chunk: &Chunk, place: usize| {
        chunk.free(place)
            && place != database
            && (chunk.tokens[place].quoted().is_some()
                || chunk.tokens[place].is_word()
                    && !lexicon.is_stop(chunk.word(place))
                    && lexicon.operators.at(&chunk.tokens, place).is_none())
    };
    let place = if at + 1 < chunk.len() && named(chunk, at + 1) && !lexicon.is_carrier(chunk.word(at + 1)) {
        at + 1
    } else if at > 0 && named(chunk, at - 1) {
        at - 1
    } else {
        chunk.mark(at..at + 1, Mark::Source);
        return None;
    };
    let name = chunk.tokens[place].quoted().map_or_else(|| chunk.tokens[place].text.clone(), str::to_owned);
    let mut start = place.min(at);
    while start > 0
        && chunk.free(start - 1)
        && (lexicon.determiners.contains(chunk.before(start))
            || ["in", "into", "from", "of", "to", "on"].contains(&chunk.before(start))
            || chunk.tokens[start - 1].is_punct('('))
    {
        start -= 1;
    }
    chunk.mark(start..place.max(at) + 1, Mark::Source);
    Some(name)
}

fn mail(chunk: &mut Chunk, at: usize, address: String, around: &Around<'_>, places: &mut Places) {
    let compared = ["is", "equals", "=", "not", "==", "contains"].contains(&chunk.before(at));
    if compared {
        return;
    }
    chunk.take(around.start..at + 1);
    let joined = (["and", ",", "&"].contains(&around.before) || (at > 0 && chunk.tokens[at - 1].is_punct(','))) && !places.sinks.is_empty();
    if let Some(Sink::Message(Target::Mail(list))) =
        places.sinks.last_mut().filter(|_| joined || around.before == "and" || around.before == "to")
    {
        list.push(address);
    } else {
        places.sinks.push(Sink::Message(Target::Mail(vec![address])));
    }
    for word in ["and", "&"] {
        if around.start > 0 && chunk.before(around.start) == word && chunk.free(around.start - 1) {
            chunk.take(around.start - 1..around.start);
        }
    }
}

/// "telegram chat 4711", "chat id 99".
fn number_chat(chunk: &mut Chunk, at: usize, places: &mut Places) {
    let crate::language::TokenKind::Number(number) = chunk.tokens[at].kind else { return };
    let mut start = at;
    let mut chat = false;
    while start > 0
        && chunk.free(start - 1)
        && ["chat", "id", "chat_id", "telegram", "group", "the", "number", "to", "in", "on", "with", "my", "our"]
            .contains(&chunk.before(start))
    {
        chat |= ["chat", "chat_id", "telegram"].contains(&chunk.before(start));
        start -= 1;
    }
    // "telegram 42 …", "telegram it to 42"
    chat |= start > 0 && chunk.before(start) == "telegram"
        || ["to", "in"].contains(&chunk.before(at)) && chunk.word(0) == "telegram" && start < at;
    if chat && chunk.free(at) && number.value.fract() == 0.0 {
        let text = chunk.tokens[at].text.clone();
        chunk.take(start..at + 1);
        places.sinks.push(Sink::Message(Target::Chat(text)));
    }
}

/// "to Slack", "on telegram", "by mail", "me" without a place.
fn bare_service(chunk: &mut Chunk, places: &mut Places, act: Option<Act>) {
    let lexicon = english();
    for at in 0..chunk.len() {
        if !chunk.free(at) || !chunk.tokens[at].is_any(&["slack", "telegram", "discord", "email", "mail", "e-mail", "teams"]) {
            continue;
        }
        let word = chunk.word(at).replace('-', "").replace("mail", "email").replace("eemail", "email");
        let mut start = at;
        while start > 0
            && chunk.free(start - 1)
            && (["on", "to", "via", "by", "through", "over", "in", "the", "a", "an", "as", "our", "using", "per", "into"]
                .contains(&chunk.before(start)))
        {
            start -= 1;
        }
        let led = start < at && chunk.word(start) != "the" && chunk.word(start) != "in";
        let carrier = ["channel", "chat", "message", "bot", "group"].contains(&chunk.free_word(at + 1));
        let verb = at == 0 && lexicon.verbs.get(chunk.word(at)).is_some();
        let matching = places.sinks.iter().any(|sink| {
            matches!(
                (sink, word.as_str()),
                (Sink::Message(Target::Channel(_)), "slack" | "discord" | "teams")
                    | (Sink::Message(Target::Chat(_)), "telegram")
                    | (Sink::Message(Target::Mail(_)), "email")
            )
        });
        if led || carrier || verb || (matches!(act, Some(Act::Send)) && word != "email") {
            if !verb {
                chunk.take(start..at + 1 + usize::from(carrier));
            }
            if !matching {
                places.sinks.push(Sink::Message(Target::Service(word.clone())));
            }
        } else if matching {
            chunk.take(start..at + 1);
        }
    }
    // A service named next to a place of its own kind adds nothing.
    let kinds: Vec<bool> = places
        .sinks
        .iter()
        .map(|sink| match sink {
            Sink::Message(Target::Service(service)) => !places.sinks.iter().any(|other| {
                matches!(
                    (service.as_str(), other),
                    ("slack" | "discord" | "teams", Sink::Message(Target::Channel(_)))
                        | ("telegram", Sink::Message(Target::Chat(_)))
                        | ("email", Sink::Message(Target::Mail(_)))
                )
            }),
            _ => true,
        })
        .collect();
    let mut keep = kinds.iter();
    places.sinks.retain(|_| keep.next().copied().unwrap_or(true));
    places.sinks.dedup();
}

/// Stems of the nouns that a path names: `data/open_orders.csv` names orders.
pub fn nouns_of(path: &str) -> Vec<String> {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    let base = name.split(['.', '?']).next().unwrap_or(name);
    base.split(|c: char| !c.is_alphabetic()).filter(|part| part.len() > 2).map(|part| stem(&part.to_lowercase())).collect()
}
