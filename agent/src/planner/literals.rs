//! Text that is to be said as it is, without quotes: `saying …`, `remind #choir that …`, `to #ops: …`. It becomes one
//! quoted token, so that no later stage reads times or conditions out of it.

use super::verbs::{Position, verb_at};
use crate::language::{Act, Entity, Token, TokenKind, english};

/// Folds unquoted literal text into quoted tokens.
pub fn fold(text: &str, tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    let times: Vec<std::ops::Range<usize>> = super::schedule::atoms_in(&tokens).into_iter().map(|group| group.span).collect();
    let mut at = 0;
    while at < tokens.len() {
        if let Some((subject, end)) = subject(text, &tokens, at) {
            out.push(tokens[at].clone());
            out.push(subject);
            at = end;
            continue;
        }
        let Some((start, prefix)) = lead(&tokens, at, &times) else {
            out.push(tokens[at].clone());
            at += 1;
            continue;
        };
        let end = literal_end(&tokens, start);
        if end <= start || tokens[start].quoted().is_some() || (prefix.is_empty() && speaks_of_data(&tokens, start, end)) {
            out.push(tokens[at].clone());
            at += 1;
            continue;
        }
        // "saying" stays as the mark that text follows.
        out.extend(tokens[at..start].iter().filter(|token| !token.is("that") && !token.is_punct(':')).cloned());
        // "an email asking them to …": what leads to the text says nothing more.
        if !prefix.is_empty() && out.len() > 2 && out[out.len() - 2].is_any(&["asking", "telling", "reminding"]) {
            out.truncate(out.len() - 2);
        }
        out.push(quoted(text, &tokens[start..end], prefix));
        at = end;
    }
    out
}

/// Tokens as one quoted token, as they were written.
fn quoted(text: &str, tokens: &[Token], prefix: &str) -> Token {
    let (from, to) = (tokens.first().map_or(0, |token| token.start), tokens.last().map_or(0, |token| token.end));
    let mut said = format!("{prefix}{}", text.get(from..to).unwrap_or_default().trim());
    // "Can you tell #x that lunch is ready?" asks Sayflow, not #x.
    if said.ends_with('?') && !tokens[0].is_any(&ASKING) {
        said.pop();
    }
    Token {
        kind: TokenKind::Entity(Entity::Quoted(said.clone())),
        norm: said.to_lowercase(),
        stem: String::new(),
        text: said,
        start: from,
        end: to,
    }
}

const ASKING: [&str; 24] = [
    "who", "what", "what's", "where", "when", "why", "how", "which", "is", "are", "can", "could", "will", "would", "do", "does", "did",
    "has", "have", "shall", "should", "may", "anyone", "any",
];

/// Those who are told something without a place of their own.
const PERSONS: [&str; 12] =
    ["them", "him", "her", "everyone", "everybody", "people", "team", "all", "folks", "staff", "customers", "members"];

/// Where the sentence around a place begins.
fn sentence_start(tokens: &[Token], at: usize) -> usize {
    (0..at).rev().find(|&place| matches!(tokens[place].kind, TokenKind::Punct('.' | ';') | TokenKind::Break)).map_or(0, |place| place + 1)
}

fn is_destination(token: &Token) -> bool {
    matches!(token.entity(), Some(Entity::Channel(_) | Entity::Email(_) | Entity::Chat(_) | Entity::Hook { .. }))
}

fn is_data(token: &Token) -> bool {
    matches!(token.entity(), Some(Entity::Url(_) | Entity::Path(_) | Entity::Database(_) | Entity::Folder(_)))
}

/// "with the subject Fees", "subject: Weekly numbers", "the subject should be "Restock"": the subject as one quoted
/// token, and where it ends.
fn subject(text: &str, tokens: &[Token], at: usize) -> Option<(Token, usize)> {
    if word(tokens, at) != "subject" {
        return None;
    }
    let from = sentence_start(tokens, at);
    let compared = tokens[from..at].iter().any(|token| token.is_any(&["where", "whose", "which", "if", "contains"]));
    let mailing = tokens.iter().any(|token| {
        token.is_any(&["email", "mail", "e-mail", "emails", "mails", "send"]) || matches!(token.entity(), Some(Entity::Email(_)))
    });
    if compared || !mailing || word(tokens, at + 1) == "of" {
        return None;
    }
    let mut start = at + 1;
    while tokens.get(start).is_some_and(|token| token.is_punct(':') || token.is_any(&["line", "should", "be", "is", "being", "reading"])) {
        start += 1;
    }
    let first = tokens.get(start)?;
    if let Some(said) = first.quoted() {
        let _ = said;
        return (start > at + 1).then(|| (first.clone(), start + 1));
    }
    let mut end = start;
    while end < tokens.len() && !subject_ends(tokens, end, end == start) {
        end += 1;
    }
    (end > start).then(|| (quoted(text, &tokens[start..end], ""), end))
}

/// Whether an unquoted subject is over: at a mark, a place, a time, or where the text of the mail is spoken of.
fn subject_ends(tokens: &[Token], at: usize, first: bool) -> bool {
    let token = &tokens[at];
    if matches!(token.kind, TokenKind::Punct('.' | ';' | ',' | '!' | '?' | ')') | TokenKind::Break)
        || token.quoted().is_some()
        || is_data(token)
        || is_destination(token)
    {
        return true;
    }
    let next = at + 1;
    let placed = tokens.get(next).is_some_and(|token| is_data(token) || is_destination(token));
    match word(tokens, at) {
        "saying" | "containing" | "listing" | "every" | "whenever" | "if" | "unless" => !first,
        "to" | "from" | "in" | "at" | "on" => {
            placed || matches!(tokens.get(next).map(|token| &token.kind), Some(TokenKind::Number(_) | TokenKind::Entity(_)))
        }
        "and" | "with" | "plus" => {
            let after = next + usize::from(["the", "a", "as"].contains(&word(tokens, next)));
            ["body", "text", "message", "content", "attach", "attachment", "say", "write", "include", "list"].contains(&word(tokens, after))
                || (next..tokens.len()).take(8).any(super_place(tokens)) && verb_at(tokens, next, Position::Joined).is_some()
        }
        _ => false,
    }
}

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).filter(|token| token.is_word()).map_or("", |token| token.norm.as_str())
}

/// Whether literal text begins behind this place: where, and what is put before it.
fn lead(tokens: &[Token], at: usize, times: &[std::ops::Range<usize>]) -> Option<(usize, &'static str)> {
    let behind = |length: usize| Some((at + length, ""));
    match (word(tokens, at), word(tokens, at + 1)) {
        ("saying" | "says" | "reading", "that") if sends_before(tokens, at) => return behind(2),
        ("saying" | "says", _) if sends_before(tokens, at) => return behind(1),
        ("text" | "message" | "words" | "body", _) if tokens.get(at + 1).is_some_and(|token| token.is_punct(':')) => return behind(2),
        ("text" | "body", next)
            if tokens[sentence_start(tokens, at)..at].iter().any(|token| token.is("subject"))
                && ["and", "the", "with"].contains(&word(tokens, at.saturating_sub(1)))
                && !["", "of", "with", "containing", "should", "is", "the", "listing", "that"].contains(&next) =>
        {
            return behind(1);
        }
        ("say", _) if says_in_place(tokens, at) => return behind(1),
        ("that", _) if told(tokens, at) => return behind(1),
        ("to", _) if asked_of_people(tokens, at) => {
            return Some((
                at + 1,
                if ["remind", "reminding"].iter().all(|word| !nearby(tokens, at, word)) { "Please " } else { "Reminder: " },
            ));
        }
        _ if tokens[at].is_punct(':') && announces(tokens, at) => return behind(1),
        _ => {}
    }
    let destination = |token: &Token| is_destination(token) || (matches!(token.kind, TokenKind::Number(_)) && token.text.len() > 1);
    // "remind #rent on the 10th of every month that …": a time may stand between.
    let behind_time = times.iter().find(|span| span.end == at && span.start > 0).map_or(at, |span| span.start);
    let place = behind_time;
    if place == 0
        || !(destination(&tokens[place - 1])
            || ["slack", "telegram", "team", "everyone", "email", "mail", "me", "us"].contains(&word(tokens, place - 1)))
    {
        return None;
    }
    if tokens[at].is_punct(':') && sends_before(tokens, at) {
        return behind(1);
    }
    match word(tokens, at) {
        "that" if sends_before(tokens, at) => behind(1),
        "to" if (0..at).any(|place| ["remind", "reminding"].contains(&word(tokens, place))) && verb_like(tokens, at + 1) => {
            Some((at + 1, "Reminder: "))
        }
        "about" if (0..at).any(|place| ["remind", "reminding"].contains(&word(tokens, place))) => Some((at + 1, "Reminder: ")),
        _ => None,
    }
}

fn nearby(tokens: &[Token], at: usize, said: &str) -> bool {
    (at.saturating_sub(6)..at).any(|place| word(tokens, place) == said)
}

/// "say hello in #general".
fn says_in_place(tokens: &[Token], at: usize) -> bool {
    let opens = at == sentence_start(tokens, at)
        || tokens[at - 1].is_punct(',')
        || ["and", "then", "please", "to", "you"].contains(&word(tokens, at - 1));
    let end = (at + 1..tokens.len())
        .find(|&place| matches!(tokens[place].kind, TokenKind::Punct('.' | ';') | TokenKind::Break))
        .unwrap_or(tokens.len());
    let spoken = tokens.get(at + 1).is_some_and(|token| token.is_word() && !token.is_any(&["so", "that", "to", "in", "it", "how"]));
    opens && spoken && tokens[at + 1..end].iter().any(is_destination) && !tokens[at + 1..end].iter().any(|token| token.quoted().is_some())
}

/// "tell them that lunch is ready", "let the kitchen know that …", "email everyone in a.csv that the gym is closed".
/// A relative clause ("everyone that has paid") is no text.
fn told(tokens: &[Token], at: usize) -> bool {
    const TELLING: [&str; 18] = [
        "tell",
        "telling",
        "inform",
        "informing",
        "notify",
        "notifying",
        "let",
        "letting",
        "remind",
        "reminding",
        "email",
        "e-mail",
        "mail",
        "message",
        "write",
        "warn",
        "warning",
        "announce",
    ];
    let from = sentence_start(tokens, at);
    if at <= from || !tokens[from..at].iter().any(|token| token.is_any(&TELLING)) {
        return false;
    }
    let clausal =
        ["the", "we", "our", "there", "it", "you", "their", "they", "this", "all", "your", "my", "a", "no"].contains(&word(tokens, at + 1));
    const AUXILIARIES: [&str; 15] =
        ["has", "have", "is", "are", "was", "were", "did", "do", "does", "had", "will", "hasn't", "haven't", "isn't", "aren't"];
    let auxiliary = AUXILIARIES.contains(&word(tokens, at + 1));
    // "that maintenance starts at ten": a noun and its verb.
    let (noun, verb) = (word(tokens, at + 1), word(tokens, at + 2));
    let clausal = clausal
        || !auxiliary
            && !noun.ends_with('s')
            && !noun.ends_with("ed")
            && verb_at(tokens, at + 1, Position::Start).is_none()
            && (AUXILIARIES.contains(&verb) || verb.len() > 3 && verb.ends_with('s'));
    let before = &tokens[at - 1];
    let directly = before.is_any(&["know", "telling", "announce"]) || word(tokens, at.saturating_sub(2)) == "telling" && before.is_word();
    !auxiliary && (directly || before.is_any(&PERSONS))
        || (is_data(before) || before.is_punct(')')) && clausal && !tokens[from..at].iter().any(|token| token.is("that"))
}

/// "ask them to deliver more", "and remind everyone to bring gloves".
fn asked_of_people(tokens: &[Token], at: usize) -> bool {
    at > 1
        && (tokens[at - 1].is_any(&PERSONS) || is_destination(&tokens[at - 1]))
        && ["ask", "asking", "remind", "reminding", "tell", "telling"].contains(&word(tokens, at - 2))
        && verb_like(tokens, at + 1)
}

/// "give #team a heads up: deploy at 5": text follows a colon behind nothing but words for a message and its place.
fn announces(tokens: &[Token], at: usize) -> bool {
    let lexicon = english();
    let from = sentence_start(tokens, at);
    let lead = &tokens[from..at];
    let verb = verb_at(tokens, from, Position::Start).map_or(0, |(_, length)| length);
    let listing =
        ["fields", "columns", "field", "column", "per", "each", "row", "every", "format", "values", "ones", "them", "it", "those"];
    lead.iter().any(is_destination)
        && lead[verb.min(lead.len())..].iter().all(|token| {
            is_destination(token)
                || token.is_word()
                    && !token.is_any(&listing)
                    && (lexicon.is_stop(&token.norm)
                        || lexicon.is_carrier(&token.norm)
                        || lexicon.describing.contains(&token.norm)
                        || token.is_any(&["heads", "heads-up", "shout", "announcement", "friendly", "warning", "news", "send", "post"]))
        })
}

fn verb_like(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| token.is_word() && token.entity().is_none())
}

fn sends_before(tokens: &[Token], at: usize) -> bool {
    let start = sentence_start(tokens, at);
    (start..at).any(|place| {
        verb_at(tokens, place, if place == start { Position::Start } else { Position::Joined })
            .is_some_and(|(act, _)| matches!(act, Act::Send | Act::Respond))
            || [
                "remind",
                "email",
                "e-mail",
                "mail",
                "message",
                "tell",
                "post",
                "send",
                "notify",
                "reply",
                "respond",
                "telling",
                "informing",
                "inform",
            ]
            .contains(&word(tokens, place))
    })
}

/// Where the text ends: with the sentence, or where another clause begins.
fn literal_end(tokens: &[Token], start: usize) -> usize {
    for at in start..tokens.len() {
        match tokens[at].kind {
            TokenKind::Punct('.' | '!' | '?' | ';') | TokenKind::Break => {
                let keep = matches!(tokens[at].kind, TokenKind::Punct('!' | '?'));
                return at + usize::from(keep);
            }
            _ => {}
        }
        let joined = at > start && (tokens[at].is_punct(',') || tokens[at].is("and"));
        if joined {
            let next = at + 1 + usize::from(tokens.get(at + 1).is_some_and(|token| token.is_any(&["and", "then"])));
            let goes_on = verb_at(tokens, next, Position::Joined).is_some_and(|(act, _)| {
                matches!(act, Act::Send | Act::Save | Act::Append | Act::Wait | Act::Delete | Act::Move | Act::Respond)
            });
            let far = (next..tokens.len()).take(10).any(super_place(tokens));
            if (goes_on && far) || word(tokens, next) == "otherwise" {
                return at;
            }
        }
        if at > start
            && ["to", "in", "on"].contains(&word(tokens, at))
            && matches!(tokens.get(at + 1).and_then(Token::entity), Some(Entity::Channel(_) | Entity::Email(_)))
        {
            return at;
        }
        if at > start && tokens[at].is("if") && !tokens[at - 1].is_any(&["and", "or"]) {
            return at;
        }
        let subject = |place: usize| word(tokens, place) == "subject";
        if at > start
            && (subject(at) || ["with", "and", "under", "the"].contains(&word(tokens, at)) && (subject(at + 1) || subject(at + 2)))
        {
            return at;
        }
        if at > start && ["on", "via"].contains(&word(tokens, at)) && ["slack", "telegram"].contains(&word(tokens, at + 1)) {
            return at;
        }
        if at > start && tokens[at].is("every") {
            return at;
        }
    }
    tokens.len()
}

fn super_place(tokens: &[Token]) -> impl Fn(usize) -> bool + '_ {
    |at| super::verbs::is_place(&tokens[at])
}

/// "that there are more open tickets than …": words for data in hand are no literal text.
fn speaks_of_data(tokens: &[Token], start: usize, end: usize) -> bool {
    // "that their trial ends soon" and "to submit their hours" are sentences; "saying their names" is not.
    let sentence = ["that", "to"].contains(&word(tokens, start - 1)) && end - start > 2;
    let tokens = &tokens[start..end];
    let words: Vec<&str> = tokens.iter().map(|token| token.norm.as_str()).collect();
    !sentence && words.iter().any(|word| ["their", "its", "them", "those"].contains(word)) && words.len() < 8
        || words.windows(2).any(|pair| {
            [
                "how many",
                "how much",
                "number of",
                "which of",
                "the count",
                "the total",
                "the result",
                "the list",
                "the names",
                "the following",
            ]
            .contains(&format!("{} {}", pair[0], pair[1]).as_str())
        })
        || tokens.iter().any(|token| matches!(token.entity(), Some(Entity::Url(_) | Entity::Path(_) | Entity::Database(_))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tokenize;

    fn quoted(text: &str) -> Vec<String> {
        fold(text, tokenize(text)).iter().filter_map(|token| token.quoted().map(str::to_owned)).collect()
    }

    #[test]
    fn unquoted_text_is_taken_as_said() {
        for (text, expected) in [
            ("post to #x saying the shop opens at 9", vec!["the shop opens at 9"]),
            ("at 4 pm remind #choir that rehearsal starts at five", vec!["rehearsal starts at five"]),
            ("mail ann@x.example and bob@x.example that the server room is 31 degrees", vec!["the server room is 31 degrees"]),
            ("send to #ops: Deploy is done!", vec!["Deploy is done!"]),
            ("remind #team to submit their timesheets every friday", vec!["Reminder: submit their timesheets"]),
            ("tell #ops the number of open tickets", vec![]),
            ("post to #x saying \"hi there\"", vec!["hi there"]),
            ("write an e-mail to every parent in p.csv telling them that school closes at noon", vec!["school closes at noon"]),
            ("Email everyone in m.csv (address is in contact) that the gym is closed", vec!["the gym is closed"]),
            ("email everyone that has not paid in m.csv", vec![]),
            ("mail the sum to p@l.example with the subject Fees", vec!["Fees"]),
            ("email b@x.example the total of a.csv, subject: Weekly numbers every monday", vec!["Weekly numbers"]),
            ("mail a@b.example with subject Hello and body \"See you\"", vec!["Hello", "See you"]),
            ("give #team a heads up: deploy at 5pm", vec!["deploy at 5pm"]),
            ("say hello in #general", vec!["hello"]),
            ("write to every supplier and ask them to deliver more", vec!["Please deliver more"]),
            ("can you tell a@b.example that the backup is done?", vec!["the backup is done"]),
            ("post the open ones to #x with these fields: name, amount", vec![]),
            ("keep the mails whose subject is \"Hi\"", vec!["Hi"]),
        ] {
            assert_eq!(quoted(text), expected, "{text}");
        }
    }
}
