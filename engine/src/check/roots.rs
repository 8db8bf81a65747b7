//! E0208: names that have no value where they stand, such as `item` outside a loop.

use super::report::Report;
use super::survey::{Leaf, Role, Survey};

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    for leaf in &survey.leaves {
        for reference in leaf.references() {
            if let Some(help) = missing(survey, leaf, &reference.root) {
                report.error_in(
                    "E0208",
                    &leaf.pointer,
                    &reference.root,
                    format!("`{}` has no value here", reference.root),
                    Some(help.to_owned()),
                );
            }
        }
    }
}

/// Why a root has no value, when it has none.
fn missing(survey: &Survey<'_>, leaf: &Leaf<'_>, root: &str) -> Option<&'static str> {
    match root {
        "item" | "index" if !sees_item(survey, leaf) => Some(match leaf.role {
            Role::If => "`if` is judged once, before the items; drop items with data.filter",
            Role::ForEach => "the list is made before there is an item",
            _ => "`item` and `index` exist under `for_each`, and in parameters that are evaluated per item",
        }),
        "output" | "iteration" if leaf.role != Role::Until => {
            Some("`output` and `iteration` exist in `repeat.until`; a step's output is steps.ID.output")
        }
        "error" if !leaf.owner.is_some_and(|owner| survey.in_on_failure(owner)) => {
            Some("`error` exists in `on_failure`; elsewhere a step's error is steps.ID.error")
        }
        _ => None,
    }
}

fn sees_item(survey: &Survey<'_>, leaf: &Leaf<'_>) -> bool {
    let Some(owner) = leaf.owner else { return false };
    if matches!(leaf.role, Role::Lambda(_)) {
        return true;
    }
    // A group's own outputs are put together once an iteration: they see the group's item.
    let own = !matches!(leaf.role, Role::If | Role::ForEach);
    survey.with_groups(owner).into_iter().skip(usize::from(!own)).any(|site| survey.sites[site].step.for_each.is_some())
}
