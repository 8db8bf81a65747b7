//! What no part of the planner understood, so that nothing is dropped in silence.

use super::*;

/// Words that were not understood and may matter.
pub(super) fn leftovers(chunk: &Chunk, act: Option<Act>, outcome: &mut Outcome) {
    let lexicon = english();
    let mut words = Vec::new();
    for at in chunk.leftovers() {
        let token = &chunk.tokens[at];
        let word = token.norm.as_str();
        let harmless = token.is_word()
            && (lexicon.is_carrier(word)
                || lexicon.is_item_noun(word)
                || lexicon.describing.contains(word)
                || lexicon.format_words.get(word).is_some()
                || lexicon.openers.get(word).is_some()
                || lexicon.purposes.get(word).is_some());
        if !harmless {
            words.push((at, token));
        }
    }
    // Nouns that only say what the data is are no loss; what carries a number, a quote or a relation is.
    let weighty = |(at, token): &(usize, &Token)| {
        !token.is_word()
            || (lexicon.states.contains_key(&token.norm) && chunk.marks.get(at + 1) != Some(&Mark::Taken))
            || chunk.before(*at) == "not"
            || unknown_verb(chunk, *at, act, outcome.wrote)
            || chunk.marks.get(at + 1) != Some(&Mark::Taken)
                // "how much did we sell" asks nobody to sell.
                && !["we", "they", "i", "you", "he", "she"].contains(&chunk.before(*at))
                && (lexicon.foreign_verbs.get(&token.norm).is_some() || lexicon.foreign_services.get(&token.norm).is_some())
    };
    let heavy: Vec<String> = words.iter().filter(|entry| weighty(entry)).map(|(_, token)| token.text.clone()).collect();
    let relative =
        (0..chunk.len()).any(|at| ["whose", "where"].contains(&chunk.free_word(at)) && words.iter().any(|(place, _)| *place > at));
    if !heavy.is_empty() || (relative && !words.is_empty()) {
        let text = words.iter().map(|(_, token)| token.text.as_str()).collect::<Vec<_>>().join(" ");
        outcome.unclear.push(text);
    } else if !outcome.acted && !words.is_empty() && !tells(chunk) {
        outcome.unclear.push(
            chunk
                .tokens
                .iter()
                .filter(|token| !matches!(token.kind, TokenKind::Break))
                .map(|token| token.text.as_str())
                .collect::<Vec<_>>()
                .join(" "),
        );
    }
}

/// Whether an unknown word stands where a verb does: "encrypt them", "…, frobnicate the amounts".
pub(super) fn unknown_verb(chunk: &Chunk, at: usize, act: Option<Act>, wrote: bool) -> bool {
    let lexicon = english();
    let next = chunk.word(at + 1);
    let object = ["it", "them", "those", "these", "the", "all", "each", "every", "my", "our", "their", "its"].contains(&next)
        || at == 0 && chunk.tokens.get(1).is_some_and(crate::planner::verbs::is_place);
    let opens = at == 0 && act.is_none() && !wrote;
    let joined = at > 0 && (chunk.tokens[at - 1].is_punct(',') || ["and", "then"].contains(&chunk.before(at)));
    let asks = chunk.word(at).starts_with("what") || chunk.word(at).contains('\'');
    object && !asks && chunk.tokens[at].is_word() && (opens || joined && !lexicon.knows(chunk.word(at)))
}

/// Whether a clause only tells something: "We run a small bakery".
pub(super) fn tells(chunk: &Chunk) -> bool {
    let subject = chunk.tokens.first().is_some_and(|token| {
        token.is_any(&["we", "i", "our", "my", "it", "they", "there", "this", "that", "he", "she", "i'm", "we're", "these"])
    });
    subject
        && !chunk
            .tokens
            .iter()
            .any(|token| token.is_any(&["want", "need", "like", "send", "post", "should", "must"]) || token.entity().is_some())
}
