//! A request falls into clauses: one thing to do each, with the condition under which it is done.

mod joints;

use super::verbs::{Position, is_place, verb_at};
use crate::language::{Entity, Token, TokenKind, english};
use joints::joint_at;

/// When a clause is done.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// Always.
    Always,
    /// Under a condition in words; `unless` turns it round.
    If {
        /// The condition.
        condition: Vec<Token>,
        /// Whether it is turned round.
        unless: bool,
    },
    /// Under the condition of the clause before.
    Same,
    /// When the condition before was false.
    Otherwise,
    /// When there is nothing in hand.
    Nothing,
    /// When there is something in hand.
    Something,
    /// When the run failed.
    Failure,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// Its words, without what joins it to others.
    pub tokens: Vec<Token>,
    /// When it is done.
    pub when: When,
    /// Whether it comes expressly after the one before.
    pub after: bool,
    /// The words of a "for each", where it is done for every item of a list.
    pub each: Option<Vec<Token>>,
}

/// Takes a text apart.
pub fn clauses(tokens: &[Token]) -> Vec<Clause> {
    let mut out = Vec::new();
    for sentence in sentences(tokens) {
        let mut pieces = pieces(&sentence);
        let mut condition = When::Always;
        let mut each: Option<Vec<Token>> = None;
        let count = pieces.len();
        for (place, (piece, after)) in pieces.drain(..).enumerate() {
            for mut clause in conditional(&piece, &condition) {
                clause.after = after || place == 0;
                if let Some((head, rest)) = for_each(&clause.tokens) {
                    each = Some(head);
                    clause.tokens = rest;
                }
                clause.each.clone_from(&each);
                if clause.tokens.is_empty() && (each.is_none() || place + 1 < count) && clause.when == When::Always {
                    continue;
                }
                condition = match &clause.when {
                    When::Always if either_way(&clause.tokens) => When::Always,
                    When::Always => condition,
                    When::Same => condition,
                    When::Otherwise | When::Failure => clause.when.clone(),
                    _ => When::Same,
                };
                out.push(clause);
            }
        }
    }
    out
}

fn either_way(tokens: &[Token]) -> bool {
    let words: Vec<&str> = tokens.iter().map(|token| token.norm.as_str()).collect();
    ["either way", "in any case", "regardless", "no matter what", "always", "in both cases", "anyway"].iter().any(|phrase| {
        let parts: Vec<&str> = phrase.split(' ').collect();
        words.windows(parts.len()).any(|window| window == parts.as_slice())
    })
}

/// Sentences and list items.
fn sentences(tokens: &[Token]) -> Vec<Vec<Token>> {
    let mut out: Vec<Vec<Token>> = vec![Vec::new()];
    for token in tokens {
        let ends = matches!(token.kind, TokenKind::Punct('.' | '!' | '?' | ';') | TokenKind::Break);
        if ends {
            out.push(Vec::new());
        } else if let Some(last) = out.last_mut() {
            last.push(token.clone());
        }
    }
    out.into_iter()
        .filter(|sentence| !closing(sentence))
        .map(|sentence| trimmed(&sentence))
        .filter(|sentence| !sentence.is_empty())
        .collect()
}

/// "Many thanks, Jo": words at the end of a letter.
fn closing(sentence: &[Token]) -> bool {
    let first = sentence.iter().position(Token::is_word).unwrap_or(0);
    let thanks =
        sentence[first..].iter().take(3).any(|token| token.is_any(&["thanks", "thank", "regards", "cheers", "wishes", "sincerely"]));
    thanks && sentence.len() <= 8 && sentence.iter().all(|token| token.entity().is_none())
}

/// Without polite openers, purposes at the end, and marks at either end.
fn trimmed(tokens: &[Token]) -> Vec<Token> {
    let lexicon = english();
    let mut start = 0;
    loop {
        if tokens.get(start).is_some_and(|token| matches!(token.kind, TokenKind::Punct(_))) && !tokens[start].is_punct('(') {
            start += 1;
        } else if let Some((length, ())) = lexicon.openers.at(tokens, start).filter(|(length, _)| {
            start + length < tokens.len()
                || *length > 1
                || ["thanks", "thx", "cheers", "please", "hi", "hello", "hey"].contains(&tokens[start].norm.as_str())
        }) {
            // "first 5 rows" and "next, …" differ in what follows.
            let counted =
                !["first", "second", "next", "last", "third"].iter().find(|word| tokens[start].norm == **word).unwrap_or(&"").is_empty()
                    && length == 1
                    && !tokens
                        .get(start + 1)
                        .is_some_and(|token| token.is_punct(',') || verb_at(tokens, start + 1, Position::Start).is_some());
            // "so far", "now" alone and the like stay.
            if counted {
                break;
            }
            start += length;
        } else {
            break;
        }
    }
    let mut end = tokens.len();
    'outer: while end > start {
        if matches!(tokens[end - 1].kind, TokenKind::Punct(_)) && !tokens[end - 1].is_punct(')') {
            end -= 1;
            continue;
        }
        for at in (start..end).rev().take(7) {
            if let Some((length, ())) = lexicon.purposes.at(tokens, at) {
                let clause =
                    ["so", "because", "to", "in"].contains(&tokens[at].norm.as_str()) && length > 1 || tokens[at].norm == "because";
                if at + length == end || (clause && end - at < 14) {
                    end = at;
                    continue 'outer;
                }
            }
        }
        if let Some(at) = (start + 2..end).find(|&at| {
            lexicon.purposes.at(tokens, at).is_some_and(|(length, ())| {
                length > 1 && ["so", "in"].contains(&tokens[at].norm.as_str()) && tokens[at + length - 1].norm != "case"
            }) || tokens[at].is("because")
        }) && tokens[at..end].iter().all(|token| !is_place(token))
        {
            end = at;
            continue;
        }
        break;
    }
    tokens[start.min(end)..end].to_vec()
}

/// Splits a sentence at its joints. Each piece says whether it comes expressly after the one before.
fn pieces(tokens: &[Token]) -> Vec<(Vec<Token>, bool)> {
    let mut out: Vec<(Vec<Token>, bool)> = Vec::new();
    let mut start = 0;
    let mut after = false;
    let mut at = 0;
    while at < tokens.len() {
        if let Some(joint) = joint_at(tokens, start, at) {
            out.push((tokens[start..at].to_vec(), after));
            start = joint.next;
            at = joint.next.max(at + 1);
            after = joint.after;
        } else {
            at += 1;
        }
    }
    out.push((tokens[start..].to_vec(), after));
    out.into_iter().map(|(piece, after)| (trimmed(&piece), after)).filter(|(piece, _)| !piece.is_empty()).collect()
}

/// Takes a condition off a clause: "if X, do Y", "do Y if X", "do Y, otherwise do Z".
fn conditional(tokens: &[Token], inherited: &When) -> Vec<Clause> {
    let lexicon = english();
    let plain = |tokens: &[Token], when: When| Clause { tokens: trimmed(tokens), when, after: false, each: None };
    let same = || match inherited {
        When::Always => When::Always,
        When::Otherwise => When::Otherwise,
        When::Failure => When::Failure,
        _ => When::Same,
    };
    if either_way(tokens) {
        return vec![plain(tokens, When::Always)];
    }
    let fixed = [
        (&lexicon.failure, When::Failure),
        (&lexicon.otherwise, When::Otherwise),
        (&lexicon.none, When::Nothing),
        (&lexicon.some, When::Something),
    ];
    for (phrases, when) in &fixed {
        if let Some((length, ())) = phrases.at(tokens, 0) {
            let whole_condition = *when == When::Something
                && tokens
                    .get(length)
                    .is_some_and(|next| next.is_word() && !next.is("then") && verb_at(tokens, length, Position::Start).is_none());
            if !whole_condition {
                return vec![plain(&tokens[length..], when.clone())];
            }
        }
    }
    if tokens.first().is_some_and(|token| token.is_any(&["if", "unless", "when", "whenever", "once", "provided", "should", "where"]))
        || (tokens.len() > 2 && tokens[0].is("as") && tokens[1].is("soon"))
        || (tokens.len() > 2 && tokens[0].is("only") && tokens[1].is("if"))
        || (tokens.len() > 2 && tokens[0].is("in") && tokens[1].is("case"))
    {
        let skip = if tokens[0].is_any(&["as", "only", "in"]) { 2 } else { 1 };
        let skip = skip + usize::from(tokens[0].is("as") && tokens.get(2).is_some_and(|token| token.is("as")));
        if let Some((end, next)) = condition_end(tokens, skip) {
            let condition = tokens[skip..end].to_vec();
            let when = When::If { condition, unless: tokens[0].is("unless") };
            return vec![plain(&tokens[next..], when)];
        }
        if tokens[0].is_any(&["if", "unless"]) {
            return vec![plain(&[], When::If { condition: tokens[skip..].to_vec(), unless: tokens[0].is("unless") })];
        }
    }
    for at in 1..tokens.len() {
        let skip = usize::from(tokens[at].is_any(&["only", "but"]))
            + usize::from(tokens[at].is("but") && tokens.get(at + 1).is_some_and(|token| token.is("only")));
        for (phrases, when) in &fixed {
            if let Some((length, ())) = phrases.at(tokens, at) {
                let otherwise_inside = *when == When::Otherwise;
                if at + length >= tokens.len() && !otherwise_inside {
                    return vec![plain(&tokens[..at], when.clone())];
                }
                if otherwise_inside && at + length < tokens.len() && verb_at(tokens, at + length, Position::Start).is_some() {
                    let mut first = conditional(&tokens[..at], inherited);
                    first.push(plain(&tokens[at + length..], When::Otherwise));
                    return first;
                }
            }
        }
        let word = tokens.get(at + skip);
        let conditional_word = word.is_some_and(|token| token.is_any(&["if", "unless", "when", "whenever", "provided"]));
        if conditional_word && tokens.len() > at + skip + 2 && !tokens[at - 1].is_any(&["see", "check", "know", "whether", "even", "as"]) {
            let condition: Vec<Token> = tokens[at + skip + 1..].to_vec();
            let when = When::If { condition: trimmed(&condition), unless: tokens[at + skip].is("unless") };
            return vec![plain(&tokens[..at], when)];
        }
    }
    vec![plain(tokens, same())]
}

/// Where a leading condition ends and where the clause begins.
fn condition_end(tokens: &[Token], from: usize) -> Option<(usize, usize)> {
    for at in from + 1..tokens.len() {
        if tokens[at].is_punct(',') || tokens[at].is("then") || tokens[at].is_punct(':') {
            // A comma inside a list of values goes on with a value.
            let next = at + 1 + usize::from(tokens.get(at + 1).is_some_and(|token| token.is("then")));
            let listed = tokens[at].is_punct(',')
                && verb_at(tokens, next, Position::Joined).is_none()
                && tokens[next.min(tokens.len() - 1)..].iter().any(|token| token.is_punct(','))
                && tokens.get(next + 1).is_some_and(|token| token.is_punct(',') || token.is("or"));
            if !listed {
                return Some((at, next));
            }
        }
        if tokens[at].is_word()
            && !tokens[at - 1].is_any(&[
                "to", "the", "a", "an", "is", "are", "of", "no", "any", "than", "not", "each", "every", "new", "was", "been", "be",
            ])
            && verb_at(tokens, at, Position::Inside).is_some_and(|(act, _)| {
                !matches!(act, crate::language::Act::Keep | crate::language::Act::Measure | crate::language::Act::Limit)
            })
        {
            return Some((at, at));
        }
    }
    None
}

/// "for each open ticket at URL, send …": the list's words and the rest.
fn for_each(tokens: &[Token]) -> Option<(Vec<Token>, Vec<Token>)> {
    let lead = match tokens {
        [a, b, ..] if a.is("for") && b.is_any(&["each", "every", "all"]) => 2,
        [a, b, c, ..] if a.is("for") && b.is("each") && c.is("of") => 3,
        [a, b, c, ..] if a.is("go") && b.is("through") && c.is_any(&["each", "every"]) => 3,
        [a, b, ..] if a.is("loop") && b.is("over") => 2,
        _ => return None,
    };
    let mut end = None;
    for at in lead + 1..tokens.len() {
        if tokens[at].is_punct(',') || tokens[at].is_punct(':') {
            end = Some((at, at + 1));
            break;
        }
        let before = &tokens[at - 1];
        if verb_at(tokens, at, Position::Inside)
            .is_some_and(|(act, _)| !matches!(act, crate::language::Act::Measure | crate::language::Act::Keep))
            && !before.is_any(&["the", "a", "an", "to", "of"])
        {
            end = Some((at, at));
            break;
        }
    }
    let (end, next) = end?;
    // "For each country, how much did we sell?" asks for one number a group.
    let rest = &tokens[next..];
    let effect = (0..rest.len()).any(|at| {
        verb_at(rest, at, if at == 0 { Position::Start } else { Position::Inside }).is_some_and(|(act, _)| {
            !matches!(act, crate::language::Act::Measure | crate::language::Act::Count | crate::language::Act::Project)
        })
    });
    let measures = (0..rest.len()).any(|at| english().measures.at(rest, at).is_some())
        || rest.windows(2).any(|pair| pair[0].is("how") && pair[1].is_any(&["much", "many"]));
    if measures && !effect {
        return None;
    }
    Some((tokens[lead..end].to_vec(), trimmed(&tokens[next..])))
}

/// Whether a clause has words that say where data comes from.
pub fn has_source(tokens: &[Token]) -> bool {
    tokens.iter().any(|token| matches!(token.entity(), Some(Entity::Url(_) | Entity::Path(_) | Entity::Folder(_) | Entity::Database(_))))
}

#[cfg(test)]
mod tests;
