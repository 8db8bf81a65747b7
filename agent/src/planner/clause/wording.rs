//! The words of messages: text in quotes, subjects, attachments, and addresses that the data holds.

use super::super::build::{Builder, Wording};
use super::super::chunk::Chunk;
use super::super::modifiers::About;
use crate::language::{Act, Entity, english};

/// Reads and marks the literal parts of a message or file.
pub fn read(chunk: &mut Chunk, act: Option<Act>) -> Wording {
    let mut wording = Wording::default();
    let says = matches!(act, Some(Act::Send | Act::Respond | Act::Save | Act::Append | Act::Fail | Act::Fetch) | None);
    for at in 0..chunk.len() {
        if !chunk.free(at) {
            continue;
        }
        let json = match chunk.tokens[at].entity() {
            Some(Entity::Json(value)) => Some(value.to_string()),
            _ => None,
        };
        let Some(text) = json.clone().or_else(|| chunk.tokens[at].quoted().map(str::to_owned)) else { continue };
        let start = lead(chunk, at);
        let words: Vec<&str> = (start..at).map(|place| chunk.word(place)).collect();
        if words.iter().any(|word| ["subject", "titled", "title", "headline", "heading"].contains(word)) {
            wording.subject = Some(text);
            chunk.take(start..at + 1);
            continue;
        }
        // ""Total fees" as the subject"
        let named = at + 2 + usize::from(["the", "its", "a"].contains(&chunk.free_word(at + 2)));
        if ["as", "for", "in"].contains(&chunk.free_word(at + 1)) && ["subject", "title"].contains(&chunk.free_word(named)) {
            wording.subject = Some(text);
            chunk.take(start..named + 1 + usize::from(chunk.free_word(named + 1) == "line"));
            continue;
        }
        if !says || wording.text.is_some() || compared(chunk, at) {
            continue;
        }
        wording.text = Some(text);
        chunk.take(start..at + 1);
        follow_up(chunk, at + 1, &mut wording);
    }
    if wording.text.is_none() && matches!(act, Some(Act::Send | Act::Save | Act::Append)) {
        wording.text = bare(chunk);
    }
    wording
}

/// "write ok to state.txt": one word that is plainly a text, even without quotes.
fn bare(chunk: &mut Chunk) -> Option<String> {
    const TEXTS: [&str; 18] = [
        "ok",
        "okay",
        "yes",
        "no",
        "up",
        "down",
        "fine",
        "good",
        "bad",
        "hello",
        "hi",
        "true",
        "false",
        "success",
        "failure",
        "alive",
        "healthy",
        "unhealthy",
    ];
    let at = (0..chunk.len()).find(|&at| chunk.free(at) && !["just", "only", "simply", "out"].contains(&chunk.word(at)))?;
    let leads =
        ["to", "into", "in"].contains(&chunk.free_word(at + 1)) && chunk.tokens.get(at + 2).is_some_and(|token| token.entity().is_some());
    let text = chunk.tokens[at].text.clone();
    (leads && TEXTS.contains(&chunk.word(at))).then(|| {
        chunk.take(at..at + 1);
        text
    })
}

/// "… and email team@x.example the same": the text of the message before. What is said here is remembered.
pub fn same_again(chunk: &mut Chunk, wording: &mut Wording, said: &mut Option<Wording>, empty: bool) {
    if wording.text.is_some() {
        *said = Some(wording.clone());
        return;
    }
    let Some(at) = (0..chunk.len()).find(|&at| {
        chunk.free(at)
            && (chunk.word(at) == "same" && !["time", "field", "column", "order", "day"].contains(&chunk.word(at + 1))
                || ["likewise", "ditto"].contains(&chunk.word(at))
                || empty && ["it", "this", "that"].contains(&chunk.word(at)) && !super::super::segments::has_source(&chunk.tokens))
    }) else {
        return;
    };
    if let Some(before) = said {
        wording.text.clone_from(&before.text);
        wording.data_too = before.data_too;
        wording.subject = wording.subject.take().or_else(|| before.subject.clone());
    }
    let end = at + 1 + usize::from(["message", "text", "thing", "note", "words", "content", "news"].contains(&chunk.free_word(at + 1)));
    chunk.take(at..end);
}

/// "followed by the list", "and the list of …": the data comes behind the text.
fn follow_up(chunk: &Chunk, at: usize, wording: &mut Wording) {
    wording.data_too = match (chunk.free_word(at), chunk.free_word(at + 1)) {
        ("followed", "by") => true,
        ("below" | "underneath" | "beneath" | "behind", _) | ("and", "below" | "underneath" | "beneath" | "behind" | "under") => true,
        ("and" | "plus" | "with", next) => ["the", "their", "its", "all", "them", "a"].contains(&next),
        ("then", "the") => true,
        _ => false,
    };
}

/// Where the words that lead to a quoted text begin: "with the subject", "saying", "the line".
fn lead(chunk: &Chunk, at: usize) -> usize {
    let mut start = at;
    while start > 0
        && chunk.free(start - 1)
        && ([
            "saying",
            "says",
            "say",
            "with",
            "the",
            "text",
            "message",
            "subject",
            "that",
            "a",
            "body",
            "reading",
            "line",
            "titled",
            "title",
            "words",
            "content",
            "word",
            "an",
            "and",
            "as",
            "following",
            "note",
            "headline",
            "heading",
            "this",
            "json",
            "payload",
            "data",
            "value",
            "status",
        ]
        .contains(&chunk.before(start))
            || chunk.tokens[start - 1].is_punct(':'))
    {
        // A conjunction belongs to the lead only with a preposition behind it.
        if chunk.before(start) == "and" && start == at {
            break;
        }
        start -= 1;
    }
    start
}

/// Whether a quoted text is what a field is compared with.
fn compared(chunk: &Chunk, at: usize) -> bool {
    let lexicon = english();
    let before = chunk.before(at);
    let operator = (at.saturating_sub(4)..at).any(|place| {
        lexicon.operators.at(&chunk.tokens, place).is_some_and(|(length, _)| {
            place + length == at && chunk.all_free(place..at) && !["with", "reads", "to", "about"].contains(&chunk.word(place))
        })
    });
    operator
        || (lexicon.copulas.contains(before) && before != "be")
        || lexicon.negations.get(before).is_some()
        || ["field", "column", "word", "table", "folder"].contains(&before)
            && (0..at).any(|place| ["where", "whose", "containing", "contains", "the"].contains(&chunk.word(place)) && before != "word")
        || ["mentioning", "containing", "contains", "where", "about", "css", "selector", "class"].contains(&before)
        || (["or", "and"].contains(&before) && at > 1 && chunk.tokens[at - 2].quoted().is_some() && chunk.free(at - 2))
}

/// Files that are to be attached.
pub fn attachments(chunk: &mut Chunk) -> Vec<String> {
    let Some(mark) =
        (0..chunk.len()).find(|&at| ["attachment", "attachments", "attached", "attach", "attaching"].contains(&chunk.free_word(at)))
    else {
        return Vec::new();
    };
    let mut paths = Vec::new();
    for at in 0..chunk.len() {
        if let Some(Entity::Path(path)) = chunk.tokens[at].entity().filter(|_| chunk.free(at)) {
            paths.push(path.clone());
            chunk.take(at..at + 1);
        }
    }
    let mut start = mark;
    while start > 0 && chunk.free(start - 1) && ["as", "an", "the", "with", "and"].contains(&chunk.before(start)) {
        start -= 1;
    }
    chunk.take(start..mark + 1);
    paths
}

/// "named after the id", "called by their name": the field that names each item's file.
pub fn naming_field(builder: &Builder<'_>, chunk: &mut Chunk) -> Option<super::super::fields::FieldRef> {
    let fields = builder.each.as_ref().map(|each| each.fields.clone())?;
    let at = (0..chunk.len())
        .find(|&at| ["named", "called"].contains(&chunk.free_word(at)) && ["after", "by", "with"].contains(&chunk.free_word(at + 1)))?;
    let about = About { fields: &fields, nouns: &[], record: true, act: None };
    let start = at + 2 + usize::from(["the", "their", "its"].contains(&chunk.free_word(at + 2)));
    let (field, length) = super::super::modifiers::field_at(chunk, start, &about)?;
    chunk.take(at..start + length);
    Some(field)
}
