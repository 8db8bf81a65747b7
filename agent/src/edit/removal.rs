//! What happens to those that need a step which is taken out: order passes on to what the step itself came after; whoever
//! uses its output has to be changed in the same edit.

use super::error::Refused;
use super::path::{StepPath, id_of, list_mut};
use super::references::{Use, uses};
use serde_json::Value;
use std::collections::BTreeSet;

/// Takes a step out of its list. `needs` that named it name what it needed itself.
pub(super) fn remove(document: &mut Value, path: &StepPath) -> Result<(), Refused> {
    let after = behind(document, path);
    let (steps, at) = super::path::step_mut(document, path)?;
    steps.remove(at);
    let place = format!("step \"{path}\"");
    let list = path.list();
    let names: Vec<String> = list_mut(document, &list)?.iter().map(|other| id_of(other).to_owned()).collect();
    for name in names {
        let known = behind_by_expression(document, &list.child(&name));
        let (steps, at) = super::path::step_mut(document, &list.child(&name))?;
        let other = &mut steps[at];
        let Some(needs) = other.get_mut("needs").and_then(Value::as_array_mut) else { continue };
        if !needs.iter().any(|id| id == path.id()) {
            continue;
        }
        let inherited = after.iter().filter(|id| **id != name && !known.contains(id));
        needs.retain(|id| id != path.id());
        for id in inherited {
            if !needs.iter().any(|known| known == id.as_str()) {
                needs.push(Value::from(id.as_str()));
            }
        }
        let alone = needs.is_empty();
        if alone && other.get("when").is_some() {
            let help = format!("change `needs` and `when` of \"{name}\" in the same edit, or remove \"{name}\" too");
            return Err(Refused::new(place, format!("it cannot be removed: \"{name}\" runs only depending on how it ends (`when`)"), help));
        }
        if let Some(step) = other.as_object_mut().filter(|_| alone) {
            step.shift_remove("needs");
        }
    }
    Ok(())
}

/// The steps of its list that a step comes after.
fn behind(document: &Value, path: &StepPath) -> Vec<String> {
    let mut found = behind_by_expression(document, path);
    let own = super::path::step(document, path);
    let needs = own.and_then(|step| step.get("needs")).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for id in needs {
        if !found.iter().any(|known| known == id) {
            found.push(id.to_owned());
        }
    }
    found
}

/// Those of them whose output it uses.
fn behind_by_expression(document: &Value, path: &StepPath) -> Vec<String> {
    let list = path.list();
    let own = path.to_string();
    let inside = format!("{own}/");
    let mut found: Vec<String> = Vec::new();
    for one in uses(document) {
        let by = one.by.as_deref().unwrap_or_default();
        let its = by == own || by.starts_with(&inside);
        let bare = matches!(one.key.as_str(), "needs" | "else_of");
        if its && !bare && one.found_in.as_ref() == Some(&list) && one.id != path.id() && !found.contains(&one.id) {
            found.push(one.id);
        }
    }
    found
}

/// Refuses an outcome in which something still refers to a step that was taken out.
pub(super) fn check(before: &Value, after: &Value, removed: &[StepPath]) -> Result<(), Refused> {
    if removed.is_empty() {
        return Ok(());
    }
    let lost = |document: &Value| -> BTreeSet<Use> { uses(document).into_iter().filter(|one| one.found_in.is_none()).collect() };
    let was = lost(before);
    let now: Vec<Use> = lost(after).into_iter().filter(|one| !was.contains(one)).collect();
    for path in removed {
        let by: Vec<&Use> = now.iter().filter(|one| one.id == path.id()).collect();
        if by.is_empty() {
            continue;
        }
        let names: Vec<String> = by.iter().map(|one| one.in_words()).collect();
        let verb = if names.len() == 1 { "uses" } else { "use" };
        return Err(Refused::new(
            format!("step \"{path}\""),
            format!("it cannot be removed alone: {} {verb} it", names.join(", ")),
            "change or remove what uses it in the same edit",
        ));
    }
    Ok(())
}
