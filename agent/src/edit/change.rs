//! One operation, carried out on a document in JSON.

use super::error::Refused;
use super::path::{StepPath, id_of, list, list_mut, step, step_mut};
use super::{pointer, references, removal};
use sayflow_protocol::api::Operation;
use sayflow_protocol::workflow::Step;
use serde_json::Value;

/// Carries out an operation. The document may be half changed when it is refused.
pub(super) fn carry_out(document: &mut Value, operation: &Operation) -> Result<(), Refused> {
    match operation {
        Operation::Add { step, after, within } => add(document, step, after.as_deref(), &StepPath::of_list(within.as_deref())),
        Operation::Remove { step } => removal::remove(document, &StepPath::of_step(step)),
        Operation::Replace { step, with } => replace(document, &StepPath::of_step(step), with),
        Operation::Rename { step, to } => rename(document, &StepPath::of_step(step), to),
        Operation::Move { step, after } => shift(document, &StepPath::of_step(step), after.as_deref()),
        Operation::Set { step: None, pointer, value } => set_of_workflow(document, pointer, value),
        Operation::Set { step: Some(path), pointer, value } => {
            change_step(document, path, pointer, |step, place| pointer::set(step, pointer, value.clone(), place))
        }
        Operation::Unset { step: None, pointer } => pointer::unset(document, pointer, "the workflow"),
        Operation::Unset { step: Some(path), pointer } => {
            change_step(document, path, pointer, |step, place| pointer::unset(step, pointer, place))
        }
    }
}

fn named(path: &StepPath) -> String {
    format!("step \"{path}\"")
}

/// Refuses what is no step; gives its canonical form.
fn canonical(step: &Value, place: &str) -> Result<Value, Refused> {
    let refuse = |why: String| {
        Refused::new(
            place,
            format!("this is no step: {why}"),
            "write it as in a document: an object with `id` and `uses`, or `id` and `steps`",
        )
    };
    let read: Step = serde_json::from_value(step.clone()).map_err(|why| refuse(why.to_string()))?;
    serde_json::to_value(read).map_err(|why| refuse(why.to_string()))
}

/// Refuses an id that another step of the list has.
fn check_free(document: &Value, at: &StepPath, id: &str) -> Result<(), Refused> {
    let taken = list(document, at).is_some_and(|steps| steps.iter().any(|step| id_of(step) == id));
    if !taken {
        return Ok(());
    }
    Err(Refused::new(named(&at.child(id)), "there is a step of this id already", "choose another id, or replace that step"))
}

/// Where in a list something comes that goes behind a step.
fn place_behind(steps: &[Value], after: Option<&str>, place: &str) -> Result<usize, Refused> {
    let Some(after) = after else { return Ok(0) };
    // The list is known: a path to the step means its last part.
    let id = after.rsplit('/').next().unwrap_or(after);
    steps.iter().position(|step| id_of(step) == id).map(|at| at + 1).ok_or_else(|| {
        let ids: Vec<&str> = steps.iter().map(id_of).collect();
        Refused::new(
            place,
            format!("there is no step \"{after}\" in this list that it could come behind"),
            format!("the steps are: {}", ids.join(", ")),
        )
    })
}

fn add(document: &mut Value, step: &Value, after: Option<&str>, at: &StepPath) -> Result<(), Refused> {
    let place = match id_of(step) {
        "" => "the new step".to_owned(),
        id => named(&at.child(id)),
    };
    let step = canonical(step, &place)?;
    check_free(document, at, id_of(&step))?;
    let steps = list_mut(document, at)?;
    let index = place_behind(steps, after, &place)?;
    steps.insert(index, step);
    Ok(())
}

fn replace(document: &mut Value, path: &StepPath, with: &Value) -> Result<(), Refused> {
    let place = named(path);
    let mut with = with.clone();
    if let Some(step) = with.as_object_mut().filter(|step| !step.contains_key("id")) {
        step.insert("id".to_owned(), Value::from(path.id()));
    }
    let with = canonical(&with, &place)?;
    let id = id_of(&with).to_owned();
    step_mut(document, path)?;
    if id != path.id() {
        rename(document, path, &id)?;
    }
    let (steps, at) = step_mut(document, &path.list().child(&id))?;
    steps[at] = with;
    Ok(())
}

fn rename(document: &mut Value, path: &StepPath, to: &str) -> Result<(), Refused> {
    let place = named(path);
    let well_formed = to.starts_with(|first: char| first.is_ascii_lowercase())
        && to.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_');
    if !well_formed {
        let help = "use lower-case letters, digits, - and _, beginning with a letter";
        return Err(Refused::new(place, format!("\"{to}\" is no id for a step"), help));
    }
    step_mut(document, path)?;
    let at = path.list();
    check_free(document, &at, to)?;
    let before = references::uses(document);
    references::follow(document, &at, path.id(), to);
    let (steps, index) = step_mut(document, path)?;
    if let Some(id) = steps[index].get_mut("id") {
        *id = Value::from(to);
    }
    // A step of the new id in a list inside or around would be meant instead, or would lose those that mean it.
    let renamed = at.child(to);
    let elsewhere = |(was, now): (&references::Use, &references::Use)| match &was.found_in {
        None => false,
        Some(list) => now.found_in.as_ref() != Some(&list.with_renamed(path, &renamed)),
    };
    if before.iter().zip(&references::uses(document)).any(elsewhere) {
        let message = format!("another step is called \"{to}\", and references would mean the wrong one");
        return Err(Refused::new(place, message, "choose another id"));
    }
    Ok(())
}

fn shift(document: &mut Value, path: &StepPath, after: Option<&str>) -> Result<(), Refused> {
    let place = named(path);
    let (steps, at) = step_mut(document, path)?;
    let moved = steps.remove(at);
    let index = place_behind(steps, after, &place)?;
    steps.insert(index, moved);
    Ok(())
}

fn set_of_workflow(document: &mut Value, pointer: &str, value: &Value) -> Result<(), Refused> {
    if matches!(pointer, "" | "/") {
        return Err(Refused::new("the workflow", "the whole document cannot be set", "set its parts, such as /description"));
    }
    pointer::set(document, pointer, value.clone(), "the workflow")
}

fn change_step(
    document: &mut Value,
    path: &str,
    pointer: &str,
    change: impl FnOnce(&mut Value, &str) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let path = StepPath::of_step(path);
    let place = named(&path);
    let pointer = pointer::tidy(pointer);
    match pointer.split('/').nth(1).unwrap_or_default() {
        "" => {
            return Err(Refused::new(
                place,
                "the pointer names nothing in the step",
                "name a key, such as /retry; to change all of it, replace the step",
            ));
        }
        "id" => return Err(Refused::new(place, "an id is not set, because others refer to it", "rename the step instead")),
        "steps" if pointer != "/steps" => {
            return Err(Refused::new(
                place,
                "steps of a group are not changed through the group",
                format!("name the inner step: {path}/ID"),
            ));
        }
        _ => {}
    }
    let (steps, at) = step_mut(document, &path)?;
    change(&mut steps[at], &place)?;
    let read: Result<Step, _> = serde_json::from_value(steps[at].clone());
    let written = read.and_then(serde_json::to_value);
    steps[at] = written.map_err(|why| {
        Refused::new(format!("{place}, {pointer}"), format!("the step would not be well formed: {why}"), "compare it with: sayflow schema")
    })?;
    Ok(())
}

/// Whether a path names a step.
pub(super) fn exists(document: &Value, path: &StepPath) -> bool {
    step(document, path).is_some()
}
