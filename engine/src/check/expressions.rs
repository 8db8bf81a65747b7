//! E0401–E0408: expressions that are not taken (found where they are compiled). E0409: conditions without an
//! expression. W0401: per-item parameters that look like an expression but are the name of a field.

use super::report::Report;
use super::survey::{Leaf, Role, Survey};

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    for leaf in &survey.leaves {
        match &leaf.template {
            Err(errors) => {
                for error in errors {
                    let help = hyphenated(survey, leaf, error.code).or_else(|| error.help.clone());
                    report.error(error.code, &leaf.pointer, error.message.clone(), help);
                }
            }
            Ok(template) if leaf.holds_expression() => {
                if matches!(leaf.role, Role::If | Role::Until) && !template.is_whole_expression() {
                    let help = "put the whole condition between ${{ and }}; text always counts as true".to_owned();
                    report.error("E0409", &leaf.pointer, format!("`{}` mixes text with an expression", condition(leaf)), Some(help));
                }
            }
            Ok(_) => without_expression(leaf, report),
        }
    }
}

fn without_expression(leaf: &Leaf<'_>, report: &mut Report) {
    let wrapped = format!("write ${{{{ {} }}}}", leaf.text.trim());
    match leaf.role {
        Role::If | Role::Until => {
            report.error("E0409", &leaf.pointer, format!("`{}` is text, not an expression", condition(leaf)), Some(wrapped));
        }
        Role::Lambda(name) if leaf.pointer.ends_with(&format!("/with/{name}")) && looks_like_code(leaf.text) => {
            let message = format!("`{name}` stands for the field called \"{}\"", leaf.text);
            report.warning("W0401", &leaf.pointer, message, Some(format!("if it is meant as an expression, {wrapped}")));
        }
        Role::Lambda(_) if leaf.text.starts_with("item.") => {
            let message = format!("\"{}\" is text here, not an expression", leaf.text);
            report.warning("W0401", &leaf.pointer, message, Some(format!("if it is meant as an expression, {wrapped}")));
        }
        _ => {}
    }
}

fn condition(leaf: &Leaf<'_>) -> &'static str {
    if leaf.role == Role::If { "if" } else { "until" }
}

fn looks_like_code(text: &str) -> bool {
    text.contains(['<', '>', '=', '!', '&', '|', '(', '"', '\'', '+', '*', '?']) || text.starts_with("item.")
}

/// `steps.my-step` reads as a subtraction: says how to write it.
fn hyphenated(survey: &Survey<'_>, leaf: &Leaf<'_>, code: &str) -> Option<String> {
    if code != "E0405" {
        return None;
    }
    let ids = survey.sites.iter().map(|site| site.step.id.as_str()).filter(|id| id.contains('-'));
    ids.into_iter()
        .find(|id| leaf.text.contains(&format!("steps.{id}")))
        .map(|id| format!("write steps[\"{id}\"]: a - in a name needs brackets"))
}
