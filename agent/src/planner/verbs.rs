//! Whether a word is a verb here, and what it asks for.

use crate::language::{Act, Entity, Token, TokenKind, english, number_at};

fn norm(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).filter(|token| token.is_word()).map_or("", |token| token.norm.as_str())
}

/// Whether something that an action goes to or comes from stands at a place.
pub fn is_place(token: &Token) -> bool {
    matches!(
        token.entity(),
        Some(
            Entity::Url(_)
                | Entity::Path(_)
                | Entity::Folder(_)
                | Entity::Database(_)
                | Entity::Email(_)
                | Entity::Channel(_)
                | Entity::Chat(_)
                | Entity::Hook { .. }
                | Entity::Repository(_)
                | Entity::Route(_)
        )
    )
}

/// Where a verb may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// At the start of a sentence or behind "then".
    Start,
    /// Behind "and" or a comma.
    Joined,
    /// Anywhere else, such as behind a condition without a comma.
    Inside,
}

/// The verb at a place: what it asks for and its length in tokens.
pub fn verb_at(tokens: &[Token], at: usize, position: Position) -> Option<(Act, usize)> {
    let (act, length, inflected) = base_form(tokens, at)?;
    let word = norm(tokens, at);
    let lexicon = english();
    let noun_like = lexicon.noun_like.contains(word) || inflected;
    let next = at + length;
    if length == 1 && comparison_follows(tokens, next) {
        return None;
    }
    // "open ones", "open tickets": a state, unless something follows that can be opened.
    if word == "open"
        && length == 1
        && !tokens.get(next).is_some_and(|token| is_place(token) || token.is_any(&["the", "a", "my", "our", "it", "up"]))
    {
        return None;
    }
    if length > 1 || (!noun_like && position != Position::Inside) {
        return Some((act, length));
    }
    let following = tokens.get(next);
    let ok = match position {
        Position::Start => {
            (!inflected || ["with", "to", "back", "by"].contains(&norm(tokens, next))) && start_fits(tokens, next, act)
                || object_follows(tokens, next)
        }
        Position::Joined => object_follows(tokens, next) || joined_fits(tokens, at, next, act, inflected),
        Position::Inside => {
            following.is_some_and(|token| token.quoted().is_some() || is_place(token))
                || (object_follows(tokens, next) && (!noun_like || transitive(act)))
        }
    };
    ok.then_some((act, length))
}

fn transitive(act: Act) -> bool {
    matches!(act, Act::Send | Act::Save | Act::Append | Act::Fetch | Act::Delete | Act::Move | Act::Copy | Act::Respond | Act::Convert)
}

fn start_fits(tokens: &[Token], next: usize, act: Act) -> bool {
    let following = norm(tokens, next);
    // "list of customers", "total per month" are nouns, though the latter means the same as the verb.
    let listed = ["of", "from"].contains(&following) && matches!(act, Act::Project | Act::Limit | Act::Send | Act::Save | Act::Sort);
    let shared = following == "per" && act != Act::Measure;
    !listed && !shared
}

fn joined_fits(tokens: &[Token], at: usize, next: usize, act: Act, inflected: bool) -> bool {
    let following = norm(tokens, next);
    let word = norm(tokens, at);
    if next >= tokens.len() || matches!(tokens[next].kind, TokenKind::Punct(_) | TokenKind::Break) {
        return ["sort", "count", "save", "dedupe", "sum", "stop", "reply", "respond"].contains(&word);
    }
    if act == Act::Send && (following == "from" || following == "to" && tokens.get(next + 1).is_some_and(is_file)) {
        // "name and email to a.csv", "name and email from a.csv": a field.
        return false;
    }
    if compares(act) && (next..tokens.len().min(next + 4)).any(|at| comparison_at(tokens, at)) {
        return true;
    }
    if ["to", "into", "in", "as", "on", "by", "with", "via", "at", "through", "from"].contains(&following) {
        if act == Act::Respond {
            return true;
        }
        if act == Act::Send && tokens.get(next + 1).is_some_and(|token| matches!(token.entity(), Some(Entity::Path(_)))) {
            return false;
        }
        if following == "by" {
            return matches!(act, Act::Sort | Act::Group | Act::Dedupe | Act::Keep | Act::Send);
        }
        let place = (next..tokens.len().min(next + 6))
            .any(|at| is_place(&tokens[at]) || ["slack", "telegram", "json", "csv", "yaml", "table"].contains(&norm(tokens, at)));
        return place && (transitive(act) || matches!(act, Act::Insert));
    }
    // A plain noun follows: a verb if the clause goes on to a place, or the noun is a plural.
    let boundary =
        (next..tokens.len()).find(|&at| matches!(tokens[at].kind, TokenKind::Punct('.' | ';') | TokenKind::Break)).unwrap_or(tokens.len());
    let place = tokens[next..boundary].iter().take(12).any(is_place);
    let plural = following.ends_with('s');
    !inflected && tokens[next].is_word() && (place && transitive(act) || plural) && !["and", "or"].contains(&following)
}

fn is_file(token: &Token) -> bool {
    matches!(token.entity(), Some(Entity::Path(_) | Entity::Folder(_) | Entity::Database(_)))
}

fn compares(act: Act) -> bool {
    matches!(act, Act::Keep | Act::Drop)
}

/// "filter amount over 100", "filter status = open": a comparison follows soon.
fn comparison_at(tokens: &[Token], at: usize) -> bool {
    let ended = |token: &Token| matches!(token.kind, TokenKind::Punct(_) | TokenKind::Break);
    !ended(&tokens[at])
        && english().operators.at(tokens, at).is_some_and(|(length, _)| tokens.get(at + length).is_some_and(|token| !ended(token)))
}

/// Whether what follows can be an object: a determiner, a pronoun, a number, a name with a form.
fn object_follows(tokens: &[Token], next: usize) -> bool {
    let Some(token) = tokens.get(next) else { return false };
    let lexicon = english();
    if token.entity().is_some() {
        return !matches!(token.entity(), Some(Entity::Clock(..)));
    }
    let word = norm(tokens, next);
    (lexicon.determiners.contains(word) && word != "no")
        || [
            "it",
            "them",
            "me",
            "us",
            "him",
            "everyone",
            "anything",
            "everything",
            "how",
            "whether",
            "only",
            "just",
            "that",
            "what",
            "which",
            "everybody",
            "people",
            "nothing",
            "up",
            "out",
            "back",
            "duplicates",
            "new",
            "top",
            "nobody",
            "both",
            "anyone",
            "whatever",
            "one",
            "team",
            "customers",
            "those",
            "first",
            "last",
            "together",
        ]
        .contains(&word)
        || (number_at(lexicon, tokens, next).is_some() && !["per", "by"].contains(&word))
        || lexicon.states.contains_key(word)
}

/// "count is over 5", "total > 3": a comparison makes the word before it a noun.
fn comparison_follows(tokens: &[Token], next: usize) -> bool {
    let lexicon = english();
    let copula = ["is", "are", "was", "were", "isn't", "equals", "exceeds", "has", "contains", ">", "<", ">=", "<=", "=", "=="]
        .contains(&norm(tokens, next));
    let compared = lexicon
        .operators
        .at(tokens, next)
        .is_some_and(|(length, _)| tokens.get(next + length).is_some_and(|token| matches!(token.kind, TokenKind::Number(_))))
        && !["up", "under", "above", "below", "over"].contains(&norm(tokens, next));
    copula
        || compared
        || (["over", "above", "under", "below"].contains(&norm(tokens, next))
            && tokens.get(next + 1).is_some_and(|token| matches!(token.kind, TokenKind::Number(_))))
}

/// The verb phrase at a place in its base form, or with an ending: "sends", "sending".
fn base_form(tokens: &[Token], at: usize) -> Option<(Act, usize, bool)> {
    let lexicon = english();
    if let Some((length, act)) = lexicon.verbs.at(tokens, at) {
        return Some((*act, length, false));
    }
    let word = norm(tokens, at);
    let candidates = [
        word.strip_suffix("es").map(str::to_owned),
        word.strip_suffix('s').map(str::to_owned),
        word.strip_suffix("ies").map(|head| format!("{head}y")),
        word.strip_suffix("ing").map(str::to_owned),
        word.strip_suffix("ing").map(|head| format!("{head}e")),
        word.strip_suffix("ting").map(str::to_owned),
        word.strip_suffix("ping").map(str::to_owned),
        word.strip_suffix("ding").map(str::to_owned),
    ];
    let act = candidates.iter().flatten().find_map(|base| lexicon.verbs.get(base))?;
    (![
        "is",
        "has",
        "does",
        "uses",
        "his",
        "following",
        "including",
        "excluding",
        "using",
        "containing",
        "starting",
        "matching",
        "ending",
        "during",
        "missing",
        "remaining",
        "resulting",
        "reading",
        "readings",
        "listing",
        "building",
        "rating",
        "saying",
        "marking",
        "prices",
    ]
    .contains(&word))
    .then_some((*act, 1, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tokenize;

    #[test]
    fn verbs_are_told_from_nouns_by_what_follows() {
        for (text, position, expected) in [
            ("post the list", Position::Start, Some(Act::Send)),
            ("orders from Germany", Position::Start, None),
            ("sort by price", Position::Joined, Some(Act::Sort)),
            ("email and phone", Position::Joined, None),
            ("email it to x@y.example", Position::Joined, Some(Act::Send)),
            ("total is over 5", Position::Joined, None),
            ("save to out.csv", Position::Joined, Some(Act::Save)),
            ("posts it to #x", Position::Joined, Some(Act::Send)),
            ("filter out the open ones", Position::Start, Some(Act::Drop)),
            ("list of customers", Position::Start, None),
            ("count", Position::Joined, Some(Act::Count)),
        ] {
            assert_eq!(verb_at(&tokenize(text), 0, position).map(|(act, _)| act), expected, "{text}");
        }
    }
}
