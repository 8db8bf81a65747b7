//! What an earlier clause left in hand, taken up again.

use super::*;

/// Goes back to the list when the clause speaks of one and a number is in hand, or to the list before the last
/// clause's own selection when this clause makes another one from it.
pub(super) fn recall(builder: &mut Builder<'_>, chunk: &mut Chunk, memory: &mut Memory, own_source: bool, found: &Places) {
    if own_source {
        memory.before = None;
        return;
    }
    let onward = chunk.tokens.iter().any(|token| token.is_any(&["those", "these", "them", "it", "result"]));
    let selects = chunk
        .tokens
        .iter()
        .any(|token| english().states.contains_key(&token.norm) || token.is_any(&["ones", "rest", "others", "where", "with"]));
    if let Some(before) = memory.before.take().filter(|_| !onward && selects && !found.sinks.is_empty()) {
        builder.focus = Some(before);
        return;
    }
    recall_list(builder, chunk);
    unproject(builder, chunk);
}

/// Goes back to the whole items when a clause names fields that an earlier one left out: "students with a grade of at
/// least 4 - send their names and grades".
pub(super) fn unproject(builder: &mut Builder<'_>, chunk: &Chunk) {
    let (Some(focus), Some(whole)) = (&builder.focus, builder.history.last()) else { return };
    let Some(id) = focus.expr.strip_prefix("steps.").and_then(|rest| rest.split('.').next()).map(str::to_owned) else { return };
    let narrowed = id.starts_with("picked") && focus.is_list() && whole.is_list() && whole.fields.known && focus.fields.known;
    let wanted = (0..chunk.len()).any(|at| {
        let word = [chunk.free_word(at)];
        !word[0].is_empty()
            && focus.fields.find(&word).is_none()
            && whole.fields.find(&word).is_some_and(|(_, fit)| fit >= crate::planner::fields::Fit::Stem)
    });
    if !(narrowed && wanted) {
        return;
    }
    builder.focus = builder.history.pop();
    let needle = format!("steps.{id}.");
    let used = builder.steps.iter().any(|step| serde_json::to_string(step).is_ok_and(|text| text.contains(&needle)));
    if !used {
        builder.steps.retain(|step| step.id != id);
    }
}

pub(super) fn recall_list(builder: &mut Builder<'_>, chunk: &Chunk) {
    let Some(focus) = &builder.focus else { return };
    if focus.is_list() || !matches!(focus.shape, Shape::Number | Shape::Totals) {
        return;
    }
    let lexicon = english();
    let last = builder.history.iter().rev().find(|focus| focus.is_list()).cloned();
    let Some(last) = last else { return };
    let speaks = (0..chunk.len()).filter(|&at| chunk.free(at)).any(|at| {
        let word = chunk.word(at);
        ["them", "those", "these", "list", "rows", "ones", "lines", "full"].contains(&word)
            || (last.nouns.contains(&chunk.tokens[at].stem) && !focus.nouns.contains(&chunk.tokens[at].stem))
            || (lexicon.is_item_noun(word) && word.ends_with('s') && !["results", "values"].contains(&word))
    });
    if speaks || another_measure(chunk, focus, &last) {
        builder.hold(last);
    }
}

/// "the number of orders to #a and the total amount to #b": a number other than the one in hand is asked for.
pub(super) fn another_measure(chunk: &Chunk, focus: &Focus, last: &Focus) -> bool {
    let lexicon = english();
    (0..chunk.len()).filter(|&at| chunk.free(at)).any(|at| {
        let Some((length, op)) = lexicon.measures.at(&chunk.tokens, at) else { return false };
        let mut place = at + length;
        while ["the", "of", "all", "their", "its"].contains(&chunk.free_word(place)) {
            place += 1;
        }
        let said = chunk.free_word(place);
        let field = last.fields.find(&[said]).filter(|(_, fit)| *fit >= crate::planner::fields::Fit::Stem);
        let Some((field, _)) = field.filter(|_| *op != crate::language::Measure::Count && !said.is_empty()) else { return false };
        let known = crate::planner::fields::normal(&field.name);
        let name = match op {
            crate::language::Measure::Sum => "total",
            crate::language::Measure::Avg => "average",
            _ => "",
        };
        !focus.parts.iter().any(|(own, _)| {
            let own = crate::planner::fields::normal(own);
            own.contains(&known) && own.contains(name)
        })
    })
}
