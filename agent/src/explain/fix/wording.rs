//! Nothing to say is not said, and a statement that changes data uses the action for it.

use super::Fix;
use crate::explain::situation::Situation;
use sayflow_engine::action::role;
use sayflow_engine::expr::mentions;
use serde_json::Value;

pub(super) fn fix(situation: &Situation<'_>) -> Option<Fix> {
    match situation.error.code.as_str() {
        "text_empty" => skip_when_empty(situation),
        "sql_refused" if situation.step.uses.as_deref() == Some("sql.query") && situation.error.message.contains("changes something") => {
            situation.known.catalogue.spec("sql.execute")?;
            Some(Fix::set(situation, "/uses", "sql.execute", "The statement changes data, and sql.query only reads."))
        }
        _ => None,
    }
}

fn skip_when_empty(situation: &Situation<'_>) -> Option<Fix> {
    let param = situation.spec?.param_with_role(role::TEXT)?;
    let text = situation.step.with.get(param).and_then(Value::as_str)?.trim();
    let inside = text.strip_prefix("${{")?.strip_suffix("}}")?.trim();
    // `if` is judged once, before there is an item.
    let per_item = mentions(text).iter().any(|mention| mention.root == "item" || mention.root == "index");
    if inside.contains("${{") || per_item || situation.step.condition.is_some() {
        return None;
    }
    Some(Fix::set(situation, "/if", format!("${{{{ Boolean({inside}) }}}}"), "The text came out empty, so there was nothing to say."))
}
