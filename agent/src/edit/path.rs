//! Steps by their path: `post`, `each/send` in a group, `on_failure/tell`. Documents are JSON here: what an operation does
//! not touch stays as it is.

use super::error::Refused;
use sayflow_engine::suggest::did_you_mean;
use serde_json::Value;
use std::fmt;

/// The key of the failure steps.
pub(crate) const ON_FAILURE: &str = "on_failure";

/// A step's path, or that of a list of steps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StepPath {
    /// Whether it leads into the failure steps.
    pub on_failure: bool,
    /// The ids, outermost first. Of a list: those of the groups around it.
    pub ids: Vec<String>,
}

impl StepPath {
    /// Reads a step's path. A lone `on_failure` is a step's id, which the checks refuse.
    pub(crate) fn of_step(text: &str) -> Self {
        let ids: Vec<String> = text.trim_matches('/').split('/').map(str::to_owned).collect();
        match ids.split_first() {
            Some((first, rest)) if first == ON_FAILURE && !rest.is_empty() => Self { on_failure: true, ids: rest.to_vec() },
            _ => Self { on_failure: false, ids },
        }
    }

    /// The workflow's list, that of a group, or the failure steps.
    pub(crate) fn of_list(within: Option<&str>) -> Self {
        match within.map(|text| text.trim_matches('/')) {
            None | Some("") => Self { on_failure: false, ids: Vec::new() },
            Some(ON_FAILURE) => Self { on_failure: true, ids: Vec::new() },
            Some(text) => Self::of_step(text),
        }
    }

    /// The list that the step is in.
    pub(crate) fn list(&self) -> Self {
        let ids = self.ids[..self.ids.len().saturating_sub(1)].to_vec();
        Self { on_failure: self.on_failure, ids }
    }

    /// A step of the list.
    pub(crate) fn child(&self, id: &str) -> Self {
        let mut ids = self.ids.clone();
        ids.push(id.to_owned());
        Self { on_failure: self.on_failure, ids }
    }

    /// The same path after a step on it, or the step itself, has another one.
    pub(crate) fn with_renamed(&self, from: &Self, to: &Self) -> Self {
        match self.ids.strip_prefix(from.ids.as_slice()) {
            Some(rest) if self.on_failure == from.on_failure => {
                Self { on_failure: to.on_failure, ids: to.ids.iter().chain(rest).cloned().collect() }
            }
            _ => self.clone(),
        }
    }

    /// The step's own id; empty for the outermost lists.
    pub(crate) fn id(&self) -> &str {
        self.ids.last().map_or("", String::as_str)
    }

    /// As `within` of an operation names the list.
    pub(crate) fn within(&self) -> Option<String> {
        let text = self.to_string();
        (!text.is_empty()).then_some(text)
    }

    fn outermost(&self) -> &'static str {
        if self.on_failure { ON_FAILURE } else { "steps" }
    }
}

impl fmt::Display for StepPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.on_failure, self.ids.is_empty()) {
            (true, true) => f.write_str(ON_FAILURE),
            (true, false) => write!(f, "{ON_FAILURE}/{}", self.ids.join("/")),
            (false, _) => f.write_str(&self.ids.join("/")),
        }
    }
}

/// A step's id.
pub(super) fn id_of(step: &Value) -> &str {
    step.get("id").and_then(Value::as_str).unwrap_or_default()
}

/// The steps of a list, when there is one.
pub(super) fn list<'d>(document: &'d Value, path: &StepPath) -> Option<&'d Vec<Value>> {
    let mut steps = document.get(path.outermost())?.as_array()?;
    for id in &path.ids {
        steps = steps.iter().find(|step| id_of(step) == id)?.get("steps")?.as_array()?;
    }
    Some(steps)
}

/// A step by its path.
pub(super) fn step<'d>(document: &'d Value, path: &StepPath) -> Option<&'d Value> {
    list(document, &path.list())?.iter().find(|step| id_of(step) == path.id())
}

/// The steps of a list, to be changed. The list of the failure steps is made where there is none.
pub(super) fn list_mut<'d>(document: &'d mut Value, path: &StepPath) -> Result<&'d mut Vec<Value>, Refused> {
    let mut place = String::new();
    let known = all_paths(document);
    let workflow = document.as_object_mut().ok_or_else(|| Refused::new("the document", "it is no object", "write a workflow"))?;
    let outermost = workflow.entry(path.outermost()).or_insert_with(|| Value::Array(Vec::new()));
    let mut steps = outermost
        .as_array_mut()
        .ok_or_else(|| Refused::new(format!("/{}", path.outermost()), "it is no list of steps", "set it to a list of steps"))?;
    for id in &path.ids {
        place = if place.is_empty() { id.clone() } else { format!("{place}/{id}") };
        let group = steps.iter_mut().find(|step| id_of(step) == id).ok_or_else(|| missing(&place, &known))?;
        steps = group.get_mut("steps").and_then(Value::as_array_mut).ok_or_else(|| {
            Refused::new(format!("step \"{place}\""), "it is no group, so that no steps are in it", "name a group, or leave `within` out")
        })?;
    }
    Ok(steps)
}

/// A step to be changed, with its place in its list.
pub(super) fn step_mut<'d>(document: &'d mut Value, path: &StepPath) -> Result<(&'d mut Vec<Value>, usize), Refused> {
    let known = all_paths(document);
    let steps = list_mut(document, &path.list())?;
    match steps.iter().position(|step| id_of(step) == path.id()) {
        Some(at) => Ok((steps, at)),
        None => Err(missing(&path.to_string(), &known)),
    }
}

fn missing(path: &str, known: &[String]) -> Refused {
    let help = did_you_mean(path, known.iter().map(String::as_str), "the steps are");
    Refused::new(format!("step \"{path}\""), "there is no such step", help.unwrap_or_else(|| "the workflow has no steps".to_owned()))
}

/// The paths of all steps, in document order.
pub(super) fn all_paths(document: &Value) -> Vec<String> {
    fn collect(steps: Option<&Value>, at: &StepPath, found: &mut Vec<String>) {
        for step in steps.and_then(Value::as_array).into_iter().flatten() {
            let path = at.child(id_of(step));
            found.push(path.to_string());
            collect(step.get("steps"), &path, found);
        }
    }
    let mut found = Vec::new();
    collect(document.get("steps"), &StepPath::of_list(None), &mut found);
    collect(document.get(ON_FAILURE), &StepPath::of_list(Some(ON_FAILURE)), &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_back_as_they_are_written() {
        for text in ["post", "each/send", "on_failure/tell", "on_failure/each/send", "on_failure"] {
            assert_eq!(StepPath::of_step(text).to_string(), text);
        }
        assert_eq!(StepPath::of_step("on_failure/tell").list(), StepPath::of_list(Some("on_failure")));
        assert_eq!(StepPath::of_step("each/send").list().within().as_deref(), Some("each"));
        assert_eq!(StepPath::of_step("post").list().within(), None);
    }
}
