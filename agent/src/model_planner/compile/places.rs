//! Steps by their paths: `post`, `each/send`, `on_failure/tell`.

use sayflow_protocol::Workflow;
use sayflow_protocol::workflow::Step;

/// The path of a step inside a group, or of one of a list.
pub fn path_of(within: &str, id: &str) -> String {
    if within.is_empty() { id.to_owned() } else { format!("{within}/{id}") }
}

fn lists<'w>(workflow: &'w Workflow, path: &'w str) -> (&'w [Step], &'w str) {
    match path.strip_prefix("on_failure/") {
        Some(rest) => (&workflow.on_failure, rest),
        None => (&workflow.steps, path),
    }
}

/// A step by its path, or by its id alone, when only one has it.
pub fn find<'w>(workflow: &'w Workflow, path: &'w str) -> Option<(String, &'w Step)> {
    let (list, rest) = lists(workflow, path);
    if let Some(step) = descend(list, rest) {
        return Some((path.to_owned(), step));
    }
    let mut all = Vec::new();
    walk(&workflow.steps, "", &mut all);
    walk(&workflow.on_failure, "on_failure", &mut all);
    let mut named = all.into_iter().filter(|(_, step)| step.id == path);
    let found = named.next()?;
    named.next().is_none().then_some(found)
}

fn descend<'w>(list: &'w [Step], path: &str) -> Option<&'w Step> {
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let step = list.iter().find(|step| step.id == first)?;
    match rest {
        Some(rest) => descend(&step.steps, rest),
        None => Some(step),
    }
}

/// All steps with their paths.
pub fn walk<'w>(list: &'w [Step], within: &str, all: &mut Vec<(String, &'w Step)>) {
    for step in list {
        let path = path_of(within, &step.id);
        all.push((path.clone(), step));
        walk(&step.steps, &path, all);
    }
}

/// A step by its whole path, to be changed.
pub fn find_mut<'w>(workflow: &'w mut Workflow, path: &str) -> Option<&'w mut Step> {
    let (mut list, path) = match path.strip_prefix("on_failure/") {
        Some(rest) => (&mut workflow.on_failure, rest),
        None => (&mut workflow.steps, path),
    };
    let mut names = path.split('/').peekable();
    loop {
        let name = names.next()?;
        let step = list.iter_mut().find(|step| step.id == name)?;
        if names.peek().is_none() {
            return Some(step);
        }
        list = &mut step.steps;
    }
}

/// The step that a JSON pointer of a finding leads into, with its path and the rest of the pointer.
pub fn at_pointer<'w, 'p>(workflow: &'w Workflow, pointer: &'p str) -> Option<(String, &'w Step, &'p str)> {
    let mut rest = pointer;
    let mut list: &[Step] = &[];
    let mut found: Option<(String, &Step)> = None;
    loop {
        let mut parts = rest.splitn(4, '/').skip(1);
        let (Some(key), Some(index)) = (parts.next(), parts.next()) else { break };
        let (steps, within): (&[Step], String) = match (key, &found) {
            ("steps", None) => (&workflow.steps, String::new()),
            ("on_failure", None) => (&workflow.on_failure, "on_failure".to_owned()),
            ("steps", Some((path, step))) => (&step.steps, path.clone()),
            _ => break,
        };
        list = if steps.is_empty() { list } else { steps };
        let Some(step) = index.parse::<usize>().ok().and_then(|index| steps.get(index)) else { break };
        found = Some((path_of(&within, &step.id), step));
        rest = &rest[(key.len() + index.len() + 2).min(rest.len())..];
    }
    found.map(|(path, step)| (path, step, rest))
}
