//! Where one clause ends and the next begins.

use super::*;

pub(super) struct Joint {
    pub(super) next: usize,
    pub(super) after: bool,
}

pub(super) fn joint_at(tokens: &[Token], start: usize, at: usize) -> Option<Joint> {
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
pub(super) fn keeps_one_of_each(before: &[Token], behind: &[Token]) -> bool {
    let dedupes = before.iter().any(|token| token.norm.contains("dup") || token.is_any(&["unique", "distinct", "repeated", "doubles"]));
    let mut rest = behind.iter().skip_while(|token| token.is_any(&["only", "just"]));
    dedupes
        && rest.next().is_some_and(|token| token.is_any(&["keep", "keeping", "retain", "retaining", "leave", "leaving"]))
        && rest.find(|token| !token.is_any(&["only", "just", "the"])).is_some_and(|token| {
            token.is_any(&["first", "last"]) || english().superlatives.get(&token.norm).is_some() || token.is_any(&["most", "one"])
        })
}

/// Whether a joint only parts a leading condition or "for each" from what is to be done.
pub(super) fn belongs_to_lead(tokens: &[Token], at: usize) -> bool {
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
pub(super) fn negated_verb(tokens: &[Token], at: usize) -> bool {
    let skip = if tokens[at].is_any(&["don't", "dont", "never", "not", "without"]) {
        1
    } else if tokens[at].is("do") && tokens.get(at + 1).is_some_and(|token| token.is("not")) {
        2
    } else {
        return false;
    };
    verb_at(tokens, at + skip, Position::Start).is_some() && !tokens[at].is("not")
}

pub(super) fn trailing_some(tokens: &[Token], at: usize) -> bool {
    english().some.at(tokens, at).is_some_and(|(length, ())| at + length >= tokens.len())
}

/// Whether an "if" or "for each" leads a clause of its own: a verb comes later in the sentence.
pub(super) fn leads(tokens: &[Token], at: usize) -> bool {
    (at + 2..tokens.len()).any(|place| {
        let position = if tokens[place - 1].is_punct(',') || tokens[place - 1].is("then") { Position::Joined } else { Position::Inside };
        verb_at(tokens, place, position).is_some_and(|(act, _)| !matches!(act, crate::language::Act::Keep | crate::language::Act::Measure))
    })
}

/// "paid ones go to paid.csv, open ones go to open.csv": two halves, each with a place of its own.
pub(super) fn own_destination(tokens: &[Token], start: usize, at: usize, place: usize) -> bool {
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
