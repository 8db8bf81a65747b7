//! Follow-ups on a draft: another time, another name, a step less. Anything else is planned afresh.

use super::api::{PlanContext, PlanOutcome, PlanRequest};
use super::schedule;
use crate::language::{Token, english, tokenize};
use sayflow_protocol::workflow::{Trigger, Workflow};

/// Words of a change that say nothing about what is changed.
const CHANGING: [&str; 26] = [
    "change",
    "make",
    "run",
    "schedule",
    "instead",
    "set",
    "switch",
    "move",
    "it",
    "do",
    "start",
    "reschedule",
    "once",
    "actually",
    "rather",
    "shift",
    "time",
    "trigger",
    "workflow",
    "runs",
    "happen",
    "fire",
    "execute",
    "better",
    "let",
    "have",
];

/// The changed draft, when the text is a change that can be told from a new request.
pub fn follow_up(request: &PlanRequest<'_>, context: &PlanContext<'_>) -> Option<PlanOutcome> {
    let base = request.base?;
    let tokens = tokenize(request.text);
    retimed(base, &tokens, context).or_else(|| shortened(base, &tokens)).or_else(|| renamed(base, &tokens))
}

fn draft(workflow: Workflow, notes: Vec<String>) -> Option<PlanOutcome> {
    Some(PlanOutcome::Draft { workflow, notes })
}

/// "change it to every 30 minutes", "make it weekdays at 8".
fn retimed(base: &Workflow, tokens: &[Token], context: &PlanContext<'_>) -> Option<PlanOutcome> {
    let timing = schedule::find(tokens, &context.now, context.timezone);
    if timing.triggers.is_empty() {
        return None;
    }
    let lexicon = english();
    let rest = tokens.iter().enumerate().filter(|(at, _)| !timing.spans.iter().any(|span| span.contains(at)));
    let only_time = rest.into_iter().all(|(_, token)| {
        !token.is_word() && token.entity().is_none() || CHANGING.contains(&token.norm.as_str()) || lexicon.is_stop(&token.norm)
    });
    if !only_time {
        return None;
    }
    let mut workflow = base.clone();
    workflow.triggers.retain(|trigger| !matches!(trigger, Trigger::Schedule { .. }));
    workflow.triggers.extend(timing.triggers);
    draft(workflow, timing.notes)
}

/// "drop the last step", "remove step save_orders".
fn shortened(base: &Workflow, tokens: &[Token]) -> Option<PlanOutcome> {
    let drops = tokens.iter().any(|token| token.is_any(&["drop", "remove", "delete", "skip", "without"]));
    let step = tokens.iter().position(|token| token.is("step"))?;
    if !drops || tokens.len() > 8 {
        return None;
    }
    let named = tokens.iter().find_map(|token| base.steps.iter().position(|step| step.id == token.norm));
    let last = tokens[..step].iter().any(|token| token.is("last")).then(|| base.steps.len().checked_sub(1)).flatten();
    let place = named.or(last)?;
    let id = format!("steps.{}.", base.steps[place].id);
    // A step that others build on cannot go alone.
    let needed = base.steps.iter().enumerate().any(|(at, step)| {
        at != place && (step.needs.contains(&base.steps[place].id) || serde_json::to_string(step).is_ok_and(|text| text.contains(&id)))
    });
    if needed || base.steps.len() < 2 {
        return None;
    }
    let mut workflow = base.clone();
    workflow.steps.remove(place);
    draft(workflow, Vec::new())
}

/// "call it morning-report", "rename it to morning report".
fn renamed(base: &Workflow, tokens: &[Token]) -> Option<PlanOutcome> {
    let at = tokens.windows(2).position(|pair| pair[0].is_any(&["call", "name", "rename"]) && pair[1].is_any(&["it", "this"]))?;
    let start = at + 2 + usize::from(tokens.get(at + 2).is_some_and(|token| token.is("to")));
    let words = tokens.get(start..).filter(|words| !words.is_empty() && words.len() <= 5)?;
    let name = words.iter().map(|token| token.norm.trim_matches(['"', '\'']).replace(' ', "-")).collect::<Vec<_>>().join("-");
    let valid = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && name.starts_with(|c: char| c.is_ascii_lowercase());
    if !valid {
        return None;
    }
    let mut workflow = base.clone();
    workflow.name = name;
    draft(workflow, Vec::new())
}
