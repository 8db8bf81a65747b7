//! E0206: references to fields that what they refer to does not have.

use super::report::Report;
use super::schemas::{Member, member, output, start};
use super::survey::{Leaf, Survey};
use crate::expr::Reference;
use crate::suggest::did_you_mean;

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    for leaf in &survey.leaves {
        for reference in leaf.references() {
            if !step_member(survey, leaf, reference, report) {
                fields(survey, leaf, reference, report);
            }
        }
    }
}

/// Checks the name right behind a step's id. Whether it reported something.
fn step_member(survey: &Survey<'_>, leaf: &Leaf<'_>, reference: &Reference, report: &mut Report) -> bool {
    let [id, name, ..] = reference.path.as_slice() else { return false };
    if reference.root != "steps" || ["output", "error", "status"].contains(&name.as_str()) {
        return false;
    }
    let Some(site) = survey.find(leaf, id) else { return false };
    let help = match member(&output(survey, site, 0), name) {
        Member::Known(_) => format!("did you mean {}.output.{name}?", shown(&["steps".to_owned(), id.clone()])),
        _ => did_you_mean(name, ["output", "error", "status"], "it has").unwrap_or_default(),
    };
    let part = shown(&["steps".to_owned(), id.clone(), name.clone()]);
    report.error_in("E0206", &leaf.pointer, &part, format!("a step has no \"{name}\""), Some(help));
    true
}

fn fields(survey: &Survey<'_>, leaf: &Leaf<'_>, reference: &Reference, report: &mut Report) {
    let Some((mut schema, from)) = start(survey, leaf, reference, 0) else { return };
    for (at, name) in reference.path.iter().enumerate().skip(from) {
        match member(&schema, name) {
            Member::Known(inner) => schema = inner,
            Member::Unknown => return,
            Member::Absent { what, has } => {
                let before: Vec<String> = std::iter::once(reference.root.clone()).chain(reference.path[..at].iter().cloned()).collect();
                let before = shown(&before);
                let help = match what {
                    "a list" => Some(format!("{before} is a list: use {before}[0].{name}, `for_each`, or data.map")),
                    "an object" => did_you_mean(name, has.iter().map(String::as_str), "its fields are"),
                    what => Some(format!("{before} is {what}")),
                };
                let part = shown(&[std::slice::from_ref(&reference.root), &reference.path[..=at]].concat());
                report.error_in("E0206", &leaf.pointer, &part, format!("{before} has no field \"{name}\""), help);
                return;
            }
        }
    }
}

/// A path as it is written in an expression.
pub(super) fn shown(parts: &[String]) -> String {
    let mut text = String::new();
    for part in parts {
        let word = part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match (text.is_empty(), word, part.parse::<usize>()) {
            (true, ..) => text.push_str(part),
            (_, true, _) => {
                text.push('.');
                text.push_str(part);
            }
            (_, _, Ok(index)) => text.push_str(&format!("[{index}]")),
            _ => text.push_str(&format!("[\"{part}\"]")),
        }
    }
    text
}
