//! E0113 names that are not well formed, E0201 ids that are there twice, W0201 ids that hide an outer step.

use super::report::Report;
use super::survey::Survey;

const HELP: &str = "use lower-case letters, digits, - and _, beginning with a letter";
/// Ids that the document uses for something else.
const RESERVED: &[&str] = &["on_failure"];

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    let name = &survey.workflow.name;
    if !is_well_formed(name) {
        report.error("E0113", "/name", format!("\"{name}\" is no name for a workflow"), Some(suggestion(name)));
    }
    for (number, site) in survey.sites.iter().enumerate() {
        let id = &site.step.id;
        let pointer = format!("{}/id", site.pointer);
        if RESERVED.contains(&id.as_str()) {
            report.error("E0113", &pointer, format!("the id \"{id}\" is reserved"), Some("choose another id".to_owned()));
        } else if !is_well_formed(id) {
            report.error("E0113", &pointer, format!("\"{id}\" is no id for a step"), Some(suggestion(id)));
        }
        let first = survey.find_in(site.list, id);
        if first != Some(number) {
            let other = first.map(|first| survey.sites[first].pointer.clone()).unwrap_or_default();
            let help = format!("the other one is at {other}; give each step its own id");
            report.error("E0201", &pointer, format!("two steps are called \"{id}\""), Some(help));
        } else if survey.lists_around(site.list).into_iter().skip(1).any(|list| survey.find_in(list, id).is_some()) {
            let help = "inside, the name means the inner step; rename one of the two".to_owned();
            report.warning("W0201", &pointer, format!("the step \"{id}\" hides an outer step of the same id"), Some(help));
        }
    }
}

fn is_well_formed(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_')
}

fn suggestion(name: &str) -> String {
    let words: Vec<String> = name
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let mended = words.join("-");
    if is_well_formed(&mended) { format!("{HELP}, such as \"{mended}\"") } else { HELP.to_owned() }
}
