//! E0202–E0205, E0207, E0210: references to steps and inputs that do not exist or cannot be seen.

use super::fields::shown;
use super::report::Report;
use super::survey::{Leaf, Role, Survey};
use crate::suggest::{did_you_mean, nearest};

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    for leaf in &survey.leaves {
        for reference in leaf.references() {
            match (reference.root.as_str(), reference.path.first()) {
                ("steps", Some(id)) => step(survey, leaf, id, report),
                ("inputs", Some(name)) => input(survey, leaf, name, report),
                _ => {}
            }
        }
    }
    for (number, site) in survey.sites.iter().enumerate() {
        for (at, id) in site.step.needs.iter().enumerate() {
            let pointer = format!("{}/needs/{at}", site.pointer);
            in_same_list(survey, number, id, &pointer, "E0202", report);
        }
        if let Some(id) = &site.step.else_of {
            in_same_list(survey, number, id, &format!("{}/else_of", site.pointer), "E0210", report);
        }
    }
}

fn step(survey: &Survey<'_>, leaf: &Leaf<'_>, id: &str, report: &mut Report) {
    let found = survey.find(leaf, id);
    let part = shown(&["steps".to_owned(), id.to_owned()]);
    let own = leaf.owner.is_some_and(|owner| survey.with_groups(owner).iter().any(|site| Some(*site) == found));
    if own {
        let help = match leaf.role {
            Role::Until => "in `repeat.until`, the step's own output is `output`",
            _ => "a step sees the steps before it, not itself or the group that it is in",
        };
        report.error_in("E0204", &leaf.pointer, &part, format!("a reference to \"{id}\" from inside \"{id}\""), Some(help.to_owned()));
    } else if found.is_none() {
        unknown_step(survey, leaf, id, report);
    }
}

fn unknown_step(survey: &Survey<'_>, leaf: &Leaf<'_>, id: &str, report: &mut Report) {
    let part = shown(&["steps".to_owned(), id.to_owned()]);
    if let Some(hidden) = survey.sites.iter().find(|site| site.step.id == id) {
        let help = match survey.lists[hidden.list].group.map(|group| survey.sites[group].step.id.as_str()) {
            Some(group) => {
                format!("it is inside the group \"{group}\"; add what is needed to the group's `outputs` and use steps.{group}.output")
            }
            None => "it belongs to `on_failure`, which runs after everything else".to_owned(),
        };
        report.error_in("E0205", &leaf.pointer, &part, format!("the step \"{id}\" cannot be seen from here"), Some(help));
        return;
    }
    let visible: Vec<&str> = survey
        .lists_around(survey.list_of(leaf))
        .into_iter()
        .flat_map(|list| survey.lists[list].sites.iter())
        .filter(|site| leaf.owner != Some(**site))
        .map(|site| survey.sites[*site].step.id.as_str())
        .collect();
    let hyphenated = visible.iter().find(|known| known.strip_prefix(id).is_some_and(|rest| rest.starts_with('-')));
    let help = match hyphenated {
        Some(known) => Some(format!("write steps[\"{known}\"]: a - in a name needs brackets")),
        None => did_you_mean(id, visible.iter().copied().take_while(|_| true), "the steps that can be seen are"),
    };
    report.error_in("E0203", &leaf.pointer, &part, format!("unknown step \"{id}\""), help);
}

fn input(survey: &Survey<'_>, leaf: &Leaf<'_>, name: &str, report: &mut Report) {
    let inputs = &survey.workflow.inputs;
    if inputs.contains_key(name) {
        return;
    }
    let help = did_you_mean(name, inputs.keys().map(String::as_str), "the inputs are");
    let help = help.unwrap_or_else(|| format!("declare it: inputs: {{ {name}: {{ type: string }} }}"));
    report.error_in(
        "E0207",
        &leaf.pointer,
        &shown(&["inputs".to_owned(), name.to_owned()]),
        format!("unknown input \"{name}\""),
        Some(help),
    );
}

fn in_same_list(survey: &Survey<'_>, site: usize, id: &str, pointer: &str, code: &str, report: &mut Report) {
    let list = survey.sites[site].list;
    match survey.find_in(list, id) {
        Some(other) if other == site => {
            report.error("E0204", pointer, format!("the step \"{id}\" refers to itself"), Some("name another step".to_owned()));
        }
        Some(_) => {}
        None => {
            let ids = || survey.lists[list].sites.iter().filter(|other| **other != site).map(|other| survey.sites[*other].step.id.as_str());
            let elsewhere = survey.sites.iter().any(|other| other.step.id == id);
            let help = match nearest(id, ids()) {
                Some(near) => Some(format!("did you mean \"{near}\"?")),
                None if elsewhere => Some("the step must be in the same list".to_owned()),
                None => did_you_mean(id, ids().collect::<Vec<_>>(), "the steps in this list are"),
            };
            report.error(code, pointer, format!("unknown step \"{id}\""), help);
        }
    }
}
