//! Whether a message that is no command is a request for something new or a change of the draft, and whether that is
//! sure enough not to ask a model.

use super::{Place, Words};

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// A workflow that has nothing to do with the draft.
    New,
    /// The draft where there is one; a workflow of its own where there is none.
    Follow,
    /// A saved workflow.
    Saved(String),
}

/// Whether a reading can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Sureness {
    /// Yes.
    Sure,
    /// A model may know better.
    Unsure,
}

/// Fewer words hardly say what is to be done.
const SHORTEST: usize = 4;

/// Words that begin a request.
const BEGINNINGS: &[&str] = &[
    "after",
    "alert",
    "archive",
    "at",
    "automate",
    "back",
    "backup",
    "build",
    "calculate",
    "call",
    "check",
    "clean",
    "collect",
    "combine",
    "compare",
    "compute",
    "convert",
    "copy",
    "count",
    "create",
    "daily",
    "delete",
    "download",
    "each",
    "email",
    "every",
    "export",
    "extract",
    "fetch",
    "file",
    "filter",
    "find",
    "for",
    "from",
    "generate",
    "get",
    "go",
    "grab",
    "group",
    "hourly",
    "if",
    "import",
    "insert",
    "join",
    "keep",
    "list",
    "load",
    "look",
    "mail",
    "make",
    "merge",
    "message",
    "monitor",
    "monthly",
    "move",
    "notify",
    "on",
    "once",
    "open",
    "parse",
    "ping",
    "poll",
    "post",
    "prepare",
    "pull",
    "push",
    "put",
    "query",
    "read",
    "remind",
    "remove",
    "rename",
    "report",
    "run",
    "save",
    "scan",
    "schedule",
    "search",
    "send",
    "set",
    "sort",
    "split",
    "store",
    "sum",
    "summarise",
    "summarize",
    "sync",
    "take",
    "tell",
    "track",
    "transform",
    "translate",
    "turn",
    "update",
    "upload",
    "use",
    "wait",
    "watch",
    "weekdays",
    "weekly",
    "when",
    "whenever",
    "with",
    "write",
];

/// Words that begin a change of something that is there.
const CHANGES: &[&str] = &[
    "actually",
    "add",
    "adjust",
    "also",
    "and",
    "but",
    "call",
    "change",
    "decrease",
    "dont",
    "drop",
    "edit",
    "except",
    "have",
    "increase",
    "instead",
    "leave",
    "let",
    "limit",
    "make",
    "modify",
    "move",
    "name",
    "not",
    "only",
    "rather",
    "remove",
    "rename",
    "replace",
    "reschedule",
    "set",
    "shift",
    "skip",
    "switch",
    "update",
    "use",
    "without",
];

/// Words that begin a change of a saved workflow that is named.
const CHANGES_NAMED: &[&str] = &[
    "add",
    "adjust",
    "change",
    "drop",
    "edit",
    "have",
    "let",
    "make",
    "modify",
    "move",
    "remove",
    "rename",
    "replace",
    "reschedule",
    "set",
    "shift",
    "skip",
    "switch",
    "update",
];

/// Beginnings of a request for something else than the draft.
const NEW: &[&str] = &[
    "a new workflow",
    "another workflow",
    "build a new workflow",
    "build another workflow",
    "create a new workflow",
    "create a workflow",
    "create another workflow",
    "create me a workflow",
    "make a new workflow",
    "make a workflow",
    "make another workflow",
    "make me a workflow",
    "new workflow",
    "start a new workflow",
    "something else",
    "something new",
];

/// What a message that is no command asks for.
pub(in super::super) fn kind_of(words: &Words, place: Place<'_>) -> (Kind, Sureness) {
    if NEW.iter().any(|beginning| words.joined() == *beginning || words.joined().starts_with(&format!("{beginning} "))) {
        return (Kind::New, Sureness::Sure);
    }
    if let Some(name) = words.name().filter(|_| CHANGES_NAMED.contains(&words.first())) {
        // The draft is the newest state of what it is called.
        let kind = if place.draft == Some(name) { Kind::Follow } else { Kind::Saved(name.to_owned()) };
        return (kind, Sureness::Sure);
    }
    let sure = match place.draft {
        Some(_) => CHANGES.contains(&words.first()) && !makes_another(words) || speaks_of_it(words),
        None => is_clear_request(words),
    };
    let sure = sure && !words.is_question();
    (Kind::Follow, if sure { Sureness::Sure } else { Sureness::Unsure })
}

/// "make a report of", "add another".
fn makes_another(words: &Words) -> bool {
    words.first() == "make" && matches!(words.rest().first().map(String::as_str), Some("a" | "an" | "another" | "one" | "some"))
}

/// "send it to #sales", "at nine instead".
fn speaks_of_it(words: &Words) -> bool {
    let second = words.rest().first().map(String::as_str);
    words.has(&["instead"]) || matches!(second, Some("it" | "them" | "that")) && BEGINNINGS.contains(&words.first())
}

fn is_clear_request(words: &Words) -> bool {
    words.len() >= SHORTEST && (BEGINNINGS.contains(&words.first()) || names_a_place(words.raw()))
}

/// Whether an address, a channel or a file is named.
fn names_a_place(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '#' && c != '/');
        let file = word.rsplit_once('.').is_some_and(|(stem, extension)| {
            !stem.is_empty() && (2..=5).contains(&extension.len()) && extension.chars().all(|c| c.is_ascii_alphanumeric())
        });
        let channel = word.strip_prefix('#').is_some_and(|name| name.starts_with(char::is_alphabetic));
        file || channel || word.contains("://") || word.contains('@')
    })
}
