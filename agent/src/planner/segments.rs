//! A request falls into clauses: one thing to do each, with the condition under which it is done.

use super::verbs::{Position, is_place, verb_at};
use crate::language::{Entity, Token, TokenKind, english};

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

struct Joint {
    next: usize,
    after: bool,
}

fn joint_at(tokens: &[Token], start: usize, at: usize) -> Option<Joint> {
    let lexicon = english();
    let token = &tokens[at];
    if token.is_punct(':') && at > start {
        // "orders.csv: keep the paid ones": the source first. "post to #x: text" keeps its colon.
        let only_source = tokens[start..at].iter().all(|token| {
            is_place(token)
                || lexicon.is_stop(&token.norm)
                || lexicon.is_carrier(&token.norm)
                || token.is_any(&["read", "take", "file", "source", "input"])
        });
        // "customers without an order: save them to x.csv"
        let told =
            tokens[start..at].iter().any(|token| lexicon.verbs.get(&token.norm).is_some_and(|act| *act == crate::language::Act::Send));
        let goes_on = !told
            && tokens.get(at + 1).is_some_and(|next| {
                next.is_word() && !lexicon.noun_like.contains(&next.norm) || next.is_any(&["sort", "count", "move", "save"])
            })
            && verb_at(tokens, at + 1, Position::Start).is_some();
        let destined =
            tokens[start..at].iter().any(|token| matches!(token.entity(), Some(Entity::Channel(_) | Entity::Email(_) | Entity::Chat(_))));
        return (only_source && !destined || goes_on).then_some(Joint { next: at + 1, after: only_source });
    }
    // "use customers.csv to send each of them a mail"
    if token.is("to")
        && tokens[start].is_any(&["use", "take", "open", "load", "read"])
        && tokens[start..at].iter().any(is_place)
        && verb_at(tokens, at + 1, Position::Start).is_some()
        && tokens.get(at + 1).is_some_and(|next| next.entity().is_none())
    {
        return Some(Joint { next: at + 1, after: true });
    }
    if !token.is_word()
        && !token.is_punct(',')
        && !token.is_punct('-')
        && !token.is_punct('–')
        && !token.is_punct('—')
        && !token.is_punct('&')
    {
        return None;
    }
    let mut place = at;
    let comma = !token.is_word();
    place += usize::from(comma);
    let mut joined = comma || token.is("&");
    let mut after = false;
    let failure = lexicon.failure.at(tokens, place).is_some();
    if !failure && let Some((length, ())) = lexicon.then.at(tokens, place) {
        // "by class, then by grade" is one order.
        if tokens.get(place + length).is_some_and(|token| token.is("by")) {
            return None;
        }
        let listed = tokens[place].is("followed") && verb_at(tokens, place + length, Position::Start).is_none();
        let relative = listed
            || ["of", "from", "out"].contains(&tokens[place].norm.as_str())
            || (tokens[place].norm == "next"
                && !tokens
                    .get(place + length)
                    .is_some_and(|token| token.is_punct(',') || verb_at(tokens, place + length, Position::Start).is_some()));
        if !relative && place > start {
            place += length;
            (after, joined) = (true, true);
        }
    }
    if let Some((length, ())) =
        lexicon.also.at(tokens, place).filter(|_| place > start && verb_at(tokens, place + 1, Position::Joined).is_some())
    {
        place += length;
        joined = true;
    }
    while tokens.get(place).is_some_and(|token| {
        token.is_any(&[
            "and",
            "but",
            "also",
            "so",
            "please",
            "just",
            "finally",
            "afterwards",
            "lastly",
            "additionally",
            "&",
            "while",
            "before",
            "plus",
            "now",
            "directly",
            "immediately",
            "simply",
        ]) || token.is_punct(',')
    }) {
        if tokens[place].is("before") && verb_at(tokens, place + 1, Position::Joined).is_none() {
            break;
        }
        joined = true;
        place += 1;
        if tokens.get(place).is_some_and(|token| token.is("then")) && tokens.get(place + 1).is_some_and(|token| token.is("by")) {
            return None;
        }
        if let Some((length, ())) = lexicon.then.at(tokens, place).filter(|_| !["of", "from", "out"].contains(&tokens[place].norm.as_str()))
        {
            place += length;
            after = true;
        }
    }
    if !joined || place >= tokens.len() || place <= start || belongs_to_lead(&tokens[start..], at - start) {
        return None;
    }
    if keeps_one_of_each(&tokens[start..at], &tokens[place..]) {
        return None;
    }
    if after {
        return Some(Joint { next: place, after });
    }
    let only = usize::from(tokens[place].is_any(&["only", "just", "then"]));
    let opening = lexicon.failure.at(tokens, place).is_some()
        || lexicon.otherwise.at(tokens, place).is_some()
        || lexicon.none.at(tokens, place).is_some()
        || lexicon.some.at(tokens, place).is_some() && !trailing_some(tokens, place)
        || (tokens[place].is_any(&["if", "unless"]) && leads(tokens, place))
        || (tokens[place].is("for") && tokens.get(place + 1).is_some_and(|token| token.is_any(&["each", "every"])) && leads(tokens, place));
    let verb = verb_at(tokens, place, Position::Joined)
        .or_else(|| (only > 0).then(|| verb_at(tokens, place + only, Position::Joined)).flatten())
        .is_some()
        || negated_verb(tokens, place);
    (opening || verb || own_destination(tokens, start, at, place)).then_some(Joint { next: place, after: false })
}

/// "remove duplicates by email, keep the newest": which one of each kind stays is no clause of its own.
fn keeps_one_of_each(before: &[Token], behind: &[Token]) -> bool {
    let dedupes = before.iter().any(|token| token.norm.contains("dup") || token.is_any(&["unique", "distinct", "repeated", "doubles"]));
    let mut rest = behind.iter().skip_while(|token| token.is_any(&["only", "just"]));
    dedupes
        && rest.next().is_some_and(|token| token.is_any(&["keep", "keeping", "retain", "retaining", "leave", "leaving"]))
        && rest.find(|token| !token.is_any(&["only", "just", "the"])).is_some_and(|token| {
            token.is_any(&["first", "last"]) || english().superlatives.get(&token.norm).is_some() || token.is_any(&["most", "one"])
        })
}

/// Whether a joint only parts a leading condition or "for each" from what is to be done.
fn belongs_to_lead(tokens: &[Token], at: usize) -> bool {
    let lexicon = english();
    let fixed = [&lexicon.failure, &lexicon.otherwise, &lexicon.none, &lexicon.some]
        .iter()
        .any(|phrases| phrases.at(tokens, 0).is_some_and(|(length, ())| length == at));
    let condition = tokens[0].is_any(&["if", "unless", "when", "whenever", "once", "provided", "should"])
        || (tokens[0].is_any(&["only", "as", "in"]) && tokens.get(1).is_some_and(|token| token.is_any(&["if", "soon", "case"])));
    let each = tokens[0].is("for") && tokens.get(1).is_some_and(|token| token.is_any(&["each", "every", "all"]));
    fixed || ((condition || each) && condition_end(tokens, 1).is_some_and(|(end, _)| end >= at))
}

/// "but do not post it", "don't email anyone".
fn negated_verb(tokens: &[Token], at: usize) -> bool {
    let skip = if tokens[at].is_any(&["don't", "dont", "never", "not", "without"]) {
        1
    } else if tokens[at].is("do") && tokens.get(at + 1).is_some_and(|token| token.is("not")) {
        2
    } else {
        return false;
    };
    verb_at(tokens, at + skip, Position::Start).is_some() && !tokens[at].is("not")
}

fn trailing_some(tokens: &[Token], at: usize) -> bool {
    english().some.at(tokens, at).is_some_and(|(length, ())| at + length >= tokens.len())
}

/// Whether an "if" or "for each" leads a clause of its own: a verb comes later in the sentence.
fn leads(tokens: &[Token], at: usize) -> bool {
    (at + 2..tokens.len()).any(|place| {
        let position = if tokens[place - 1].is_punct(',') || tokens[place - 1].is("then") { Position::Joined } else { Position::Inside };
        verb_at(tokens, place, position).is_some_and(|(act, _)| !matches!(act, crate::language::Act::Keep | crate::language::Act::Measure))
    })
}

/// "paid ones go to paid.csv, open ones go to open.csv": two halves, each with a place of its own.
fn own_destination(tokens: &[Token], start: usize, at: usize, place: usize) -> bool {
    let goes = |range: &[Token]| {
        range.windows(2).any(|pair| pair[0].is_any(&["to", "into", "in", "as"]) && is_place(&pair[1]))
            && range.iter().any(|token| token.is_any(&["go", "goes", "belong", "land", "end", "into", "to"]))
    };
    let comma_end = (place..tokens.len()).find(|&next| tokens[next].is_punct(',')).unwrap_or(tokens.len());
    let second = &tokens[place..comma_end];
    let rest = english().pronouns.at(tokens, place).is_some_and(|(length, ())| {
        tokens
            .get(place + length)
            .is_some_and(|token| token.is_any(&["go", "goes", "belong", "belongs", "lands", "ends", "should", "into", "to"]))
    });
    if rest && goes(second) {
        return true;
    }
    let nominal = second.first().is_some_and(|first| {
        first.is_word()
            && !first.is_any(&[
                "to", "by", "in", "on", "via", "with", "into", "at", "as", "from", "sorted", "sort", "where", "whose", "which", "that",
                "one", "per", "both",
            ])
    });
    nominal && goes(&tokens[start..at]) && goes(second) && !tokens[start..at].iter().any(|token| token.is_any(&["for"]))
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
mod tests {
    use super::*;
    use crate::language::tokenize;

    fn said(text: &str) -> Vec<String> {
        clauses(&tokenize(text))
            .into_iter()
            .map(|clause| {
                let words = |tokens: &[Token]| tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ");
                let mark = match &clause.when {
                    When::Always => String::new(),
                    When::If { condition, unless } => format!("[{} {}] ", if *unless { "unless" } else { "if" }, words(condition)),
                    other => format!("[{other:?}] "),
                };
                let each = clause.each.as_ref().map_or(String::new(), |each| format!("<{}> ", words(each)));
                format!("{mark}{each}{}", words(&clause.tokens))
            })
            .collect()
    }

    #[test]
    fn requests_fall_into_clauses() {
        let mut wrong = Vec::new();
        for (text, expected) in [
            (
                "Read orders.csv, keep the orders over 90, sort them by amount and save them as big.json.",
                vec!["Read orders.csv", "keep the orders over 90", "sort them by amount", "save them as big.json"],
            ),
            (
                "1. read orders.csv\n2. sort by ordered, oldest first\n3. keep the first 2",
                vec!["read orders.csv", "sort by ordered , oldest first", "keep the first 2"],
            ),
            (
                "Could you please take orders.csv, leave out the cancelled ones and write the rest to active.csv?",
                vec!["take orders.csv", "leave out the cancelled ones", "write the rest to active.csv"],
            ),
            (
                "orders.csv: keep status paid, then sum amount per country, then save to x.json",
                vec!["orders.csv", "keep status paid", "sum amount per country", "save to x.json"],
            ),
            (
                "From orders.csv keep the rows where country is Italy or country is France, write them to south.csv",
                vec!["From orders.csv keep the rows where country is Italy or country is France", "write them to south.csv"],
            ),
            (
                "keep just the customer and country, and write that to open.json. Thanks!",
                vec!["keep just the customer and country", "write that to open.json"],
            ),
            (
                "count the open tickets; if there are more than 2 post \"Too many\" to #ops, otherwise post \"All calm\" to #ops",
                vec![
                    "count the open tickets",
                    "[if there are more than 2] post \"Too many\" to #ops",
                    "[Otherwise] post \"All calm\" to #ops",
                ],
            ),
            (
                "Check https://x.example/health and if status isn't \"ok\" send \"Failed\" to #oncall",
                vec!["Check https://x.example/health", "[if status isn't \"ok\"] send \"Failed\" to #oncall"],
            ),
            (
                "unless balance in account.json is at least 100, email \"Low\" to o@cafe.example",
                vec!["[unless balance in account.json is at least 100] email \"Low\" to o@cafe.example"],
            ),
            (
                "look at stock.csv and if any product has quantity below 5 mail the list to b@s.example",
                vec!["look at stock.csv", "[if any product has quantity below 5] mail the list to b@s.example"],
            ),
            (
                "for each open ticket at https://x.example/t send a message with its title to #triage",
                vec!["<open ticket at https://x.example/t> send a message with its title to #triage"],
            ),
            (
                "get https://x.example/s and send the state to #ops on slack, to telegram chat 99 and by mail to ops@x.example",
                vec!["get https://x.example/s", "send the state to #ops on slack , to telegram chat 99 and by mail to ops@x.example"],
            ),
            (
                "split orders.csv - paid ones go to paid.csv, open ones go to open.csv",
                vec!["split orders.csv - paid ones go to paid.csv", "open ones go to open.csv"],
            ),
            ("fetch x.json and tell #ops if the status is not ok", vec!["fetch x.json", "[if the status is not ok] tell #ops"]),
            (
                "Save the paid rows of orders.csv to paid.csv, but do not post anything to Slack",
                vec!["Save the paid rows of orders.csv to paid.csv", "do not post anything to Slack"],
            ),
            ("get x.json, if it fails tell #ops", vec!["get x.json", "[Failure] tell #ops"]),
            ("how many are there? write the number to count.txt", vec!["how many are there", "write the number to count.txt"]),
            (
                "when the temperature at https://x.example/f is above -15, alert #kitchen with \"Warm\", and save the reading to f.json either way",
                vec![
                    "[if the temperature at https://x.example/f is above -15] alert #kitchen with \"Warm\"",
                    "save the reading to f.json either way",
                ],
            ),
        ] {
            let got = said(text);
            if got != expected {
                wrong.push(format!("{text}: {got:#?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
