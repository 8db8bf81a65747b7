//! The operations that lead from one list of steps to another.

use super::differ::Differ;
use super::path::{StepPath, id_of, list, step};
use super::references::uses;
use super::sameness::same;
use sayflow_protocol::api::Operation;
use serde_json::Value;
use std::collections::BTreeSet;

/// The most pairs of steps that are tried as one step with another id.
const MOST_PAIRS: usize = 64;

/// Finds steps that have another id and are otherwise the same to those around them.
pub(super) fn rename_steps(differ: &mut Differ, at: &StepPath, to: &Value) -> Option<()> {
    let (old, new) = (steps_of(&differ.document, at), steps_of(to, at));
    let (old_ids, new_ids) = (ids(&old)?, ids(&new)?);
    let gone: Vec<&Value> = old.iter().filter(|step| !new_ids.contains(id_of(step))).collect();
    let mut come: Vec<&Value> = new.iter().filter(|step| !old_ids.contains(id_of(step))).collect();
    let mut tried = 0;
    for before in gone {
        let mut best: Option<(usize, usize)> = None;
        for (number, after) in come.iter().enumerate().filter(|(_, after)| before.get("uses") == after.get("uses")) {
            tried += 1;
            if tried > MOST_PAIRS {
                break;
            }
            let score = score(differ, &at.child(id_of(before)), id_of(after), to);
            if score > best.map_or(0, |(_, score)| score) {
                best = Some((number, score));
            }
        }
        if let Some((number, _)) = best {
            let after = come.remove(number);
            differ.push(Operation::Rename { step: at.child(id_of(before)).to_string(), to: id_of(after).to_owned() })?;
        }
    }
    let inner: Vec<StepPath> = steps_of(&differ.document, at).iter().map(|step| at.child(id_of(step))).collect();
    for path in inner {
        if list(&differ.document, &path).is_some() && list(to, &path).is_some() {
            rename_steps(differ, &path, to)?;
        }
    }
    Some(())
}

/// How much more is as it should be when a step is renamed; 0 when it cannot be, or when too little of it stays the same
/// for anybody to call it the same step.
fn score(differ: &Differ, path: &StepPath, id: &str, to: &Value) -> usize {
    let mut tried = Differ { document: differ.document.clone(), operations: Vec::new() };
    if tried.push(Operation::Rename { step: path.to_string(), to: id.to_owned() }).is_none() {
        return 0;
    }
    let renamed = path.list().child(id);
    let (Some(now), Some(wanted)) = (step(&tried.document, &renamed), step(to, &renamed)) else { return 0 };
    let (own, most) = (alike(now, wanted), leaves(now).len().max(leaves(wanted).len()));
    let gain = arrived(&tried.document, to).saturating_sub(arrived(&differ.document, to));
    let followed = gain > own;
    if own * 3 >= most * 2 || (followed && own * 2 >= most) { gain } else { 0 }
}

/// How many members, over all steps and the workflow's outputs, are as they should be.
fn arrived(document: &Value, to: &Value) -> usize {
    let outputs = usize::from(document.get("outputs").is_some() && document.get("outputs") == to.get("outputs"));
    let paths = super::path::all_paths(document);
    let paths = paths.iter().map(|path| StepPath::of_step(path));
    outputs + paths.filter_map(|path| Some(alike(step(document, &path)?, step(to, &path)?))).sum::<usize>()
}

/// How many members two steps have in common.
fn alike(one: &Value, other: &Value) -> usize {
    let others = leaves(other);
    leaves(one).iter().filter(|leaf| others.contains(leaf)).count()
}

/// A step's members besides its id; each parameter is one of them.
fn leaves(step: &Value) -> Vec<(&str, &str, &Value)> {
    let mut found = Vec::new();
    for (key, value) in step.as_object().into_iter().flatten().filter(|(key, _)| *key != "id") {
        match (key.as_str(), value) {
            ("with", Value::Object(members)) => found.extend(members.iter().map(|(name, value)| ("with", name.as_str(), value))),
            (key, value) => found.push((key, "", value)),
        }
    }
    found
}

/// Removes, changes, adds and moves steps until the list is as it should be, its groups' lists included.
pub(super) fn change_list(differ: &mut Differ, at: &StepPath, to: &Value) -> Option<()> {
    let new = steps_of(to, at);
    let new_ids = ids(&new)?;
    ids(&steps_of(&differ.document, at))?;
    if new.is_empty() && steps_of(&differ.document, at).is_empty() {
        return Some(());
    }
    remove_steps(differ, at, &new_ids)?;
    for step in &new {
        let path = at.child(id_of(step));
        if super::path::step(&differ.document, &path).is_some() {
            change_step(differ, &path, step, to)?;
        }
    }
    place_steps(differ, at, &new)
}

/// Takes out what is gone, what others need last.
fn remove_steps(differ: &mut Differ, at: &StepPath, new_ids: &BTreeSet<String>) -> Option<()> {
    loop {
        let gone: Vec<String> =
            steps_of(&differ.document, at).iter().map(|step| id_of(step).to_owned()).filter(|id| !new_ids.contains(id)).collect();
        let Some(first) = gone.first() else { return Some(()) };
        let needed: BTreeSet<String> = uses(&differ.document)
            .into_iter()
            .filter(|one| one.found_in.as_ref() == Some(at))
            .filter(|one| one.by.as_deref().is_some_and(|by| gone.iter().any(|id| by == at.child(id).to_string() && *id != one.id)))
            .map(|one| one.id)
            .collect();
        let next = gone.iter().find(|id| !needed.contains(*id)).unwrap_or(first);
        differ.push(Operation::Remove { step: at.child(next).to_string() })?;
    }
}

fn change_step(differ: &mut Differ, path: &StepPath, new: &Value, to: &Value) -> Option<()> {
    let old = step(&differ.document, path)?.clone();
    if same(&old, new) {
        return Some(());
    }
    let replace = |differ: &mut Differ| differ.push(Operation::Replace { step: path.to_string(), with: new.clone() });
    if old.get("uses") != new.get("uses") || old.get("steps").is_some() != new.get("steps").is_some() {
        return replace(differ);
    }
    let keys: BTreeSet<&String> = [&old, new].into_iter().filter_map(Value::as_object).flat_map(|step| step.keys()).collect();
    let mut keys: Vec<&String> = keys.into_iter().filter(|key| *key != "id" && *key != "steps").collect();
    keys.sort_by_key(|key| place_of(new, &old, key));
    let name = path.to_string();
    for key in keys {
        differ.key(Some(&name), key, old.get(key), new.get(key))?;
    }
    if list(to, path).is_some() {
        change_list(differ, path, to)?;
    }
    if step(&differ.document, path).is_some_and(|now| same(now, new)) { Some(()) } else { replace(differ) }
}

/// Keys come in the document's order; those that are gone first.
fn place_of(new: &Value, old: &Value, key: &str) -> (bool, usize) {
    let place = |step: &Value| step.as_object().and_then(|step| step.keys().position(|known| known == key));
    match place(new) {
        Some(at) => (true, at),
        None => (false, place(old).unwrap_or_default()),
    }
}

/// Adds what is new and moves what stands elsewhere. Of the steps that are there, the longest row in the right order stays.
fn place_steps(differ: &mut Differ, at: &StepPath, new: &[Value]) -> Option<()> {
    let now: Vec<String> = steps_of(&differ.document, at).iter().map(|step| id_of(step).to_owned()).collect();
    let wanted: Vec<usize> = new.iter().filter_map(|step| now.iter().position(|id| id == id_of(step))).collect();
    let stay: BTreeSet<&str> = longest_rise(&wanted).into_iter().map(|place| now[place].as_str()).collect();
    let mut before: Option<&str> = None;
    for step in new {
        let id = id_of(step);
        let after = before.map(str::to_owned);
        if !now.iter().any(|known| known == id) {
            differ.push(Operation::Add { step: step.clone(), after, within: at.within() })?;
        } else if !stay.contains(id) {
            differ.push(Operation::Move { step: at.child(id).to_string(), after })?;
        }
        before = Some(id);
    }
    Some(())
}

/// The longest part of a row of different numbers that rises.
fn longest_rise(row: &[usize]) -> Vec<usize> {
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(row.len());
    for (at, number) in row.iter().enumerate() {
        let before = (0..at).filter(|earlier| row[*earlier] < *number).max_by_key(|earlier| best[*earlier].0);
        best.push((before.map_or(1, |earlier| best[earlier].0 + 1), before));
    }
    let mut at = (0..row.len()).max_by_key(|at| best[*at].0);
    let mut found = Vec::new();
    while let Some(place) = at {
        found.push(row[place]);
        at = best[place].1;
    }
    found.reverse();
    found
}

fn steps_of(document: &Value, at: &StepPath) -> Vec<Value> {
    list(document, at).cloned().unwrap_or_default()
}

/// The ids of a list; `None` when one is there twice or cannot be named by a path.
fn ids(steps: &[Value]) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for step in steps {
        let id = id_of(step);
        if id.is_empty() || id.contains('/') || id == super::path::ON_FAILURE || !found.insert(id.to_owned()) {
            return None;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_row_in_order_stays() {
        assert_eq!(longest_rise(&[3, 0, 1, 4, 2]).len(), 3);
        assert_eq!(longest_rise(&[0, 1, 2]), [0, 1, 2]);
        assert_eq!(longest_rise(&[2, 1, 0]).len(), 1);
        assert_eq!(longest_rise(&[]), Vec::<usize>::new());
    }
}
