//! Text that is to be said as it is, without quotes: `saying …`, `remind #choir that …`, `to #ops: …`. It becomes one
//! quoted token, so that no later stage reads times or conditions out of it.

use super::verbs::{Position, verb_at};
use crate::language::{Act, Entity, Token, TokenKind};

/// Folds unquoted literal text into quoted tokens.
pub fn fold(text: &str, tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    let times: Vec<std::ops::Range<usize>> = super::schedule::atoms_in(&tokens).into_iter().map(|group| group.span).collect();
    let mut at = 0;
    while at < tokens.len() {
        let Some((start, prefix)) = lead(&tokens, at, &times) else {
            out.push(tokens[at].clone());
            at += 1;
            continue;
        };
        let end = literal_end(&tokens, start);
        if end <= start || tokens[start].quoted().is_some() || (prefix.is_empty() && speaks_of_data(&tokens[start..end])) {
            out.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let (from, to) = (tokens[start].start, tokens[end - 1].end);
        let said = format!("{prefix}{}", text.get(from..to).unwrap_or_default().trim());
        // "saying" stays as the mark that text follows.
        out.extend(tokens[at..start].iter().filter(|token| !token.is("that") && !token.is_punct(':')).cloned());
        out.push(Token {
            kind: TokenKind::Entity(Entity::Quoted(said.clone())),
            norm: said.to_lowercase(),
            stem: String::new(),
            text: said,
            start: from,
            end: to,
        });
        at = end;
    }
    out
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
        ("text" | "message" | "words", _) if tokens.get(at + 1).is_some_and(|token| token.is_punct(':')) => return behind(2),
        _ => {}
    }
    let destination = |token: &Token| {
        matches!(token.entity(), Some(Entity::Channel(_) | Entity::Email(_) | Entity::Chat(_)))
            || (matches!(token.kind, TokenKind::Number(_)) && token.text.len() > 1)
    };
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

fn verb_like(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| token.is_word() && token.entity().is_none())
}

fn sends_before(tokens: &[Token], at: usize) -> bool {
    let start = (0..at)
        .rev()
        .find(|&place| matches!(tokens[place].kind, TokenKind::Punct('.' | ';') | TokenKind::Break))
        .map_or(0, |place| place + 1);
    (start..at).any(|place| {
        verb_at(tokens, place, if place == start { Position::Start } else { Position::Joined })
            .is_some_and(|(act, _)| matches!(act, Act::Send | Act::Respond))
            || ["remind", "email", "mail", "message", "tell", "post", "send", "notify", "reply", "respond"].contains(&word(tokens, place))
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
fn speaks_of_data(tokens: &[Token]) -> bool {
    let words: Vec<&str> = tokens.iter().map(|token| token.norm.as_str()).collect();
    words.iter().any(|word| ["their", "its", "them", "those"].contains(word)) && words.len() < 8
        || words.windows(2).any(|pair| {
            ["how many", "number of", "the count", "the total", "the result", "the list", "the names", "the following"]
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
        ] {
            assert_eq!(quoted(text), expected, "{text}");
        }
    }
}
