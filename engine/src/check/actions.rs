//! E0301: actions that the catalogue does not have.

use super::report::Report;
use super::survey::Survey;
use crate::action::ActionSpec;
use crate::suggest::nearest;

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    for site in &survey.sites {
        let Some(uses) = &site.step.uses else { continue };
        if site.spec.is_none() {
            let help = suggestion(uses, survey.env.catalogue.specs());
            report.error("E0301", &format!("{}/uses", site.pointer), format!("unknown action \"{uses}\""), Some(help));
        }
    }
}

fn suggestion<'a>(uses: &str, specs: impl Iterator<Item = &'a ActionSpec>) -> String {
    let specs: Vec<&ActionSpec> = specs.collect();
    let (family, word) = uses.split_once('.').unwrap_or((uses, uses));
    let of_family: Vec<(&str, &str)> = specs.iter().filter_map(|spec| Some((spec.id.split_once('.')?.1, spec.id.as_str()))).collect();
    let of_family: Vec<(&str, &str)> = of_family.into_iter().filter(|(_, id)| id.split('.').next() == Some(family)).collect();
    if let Some(near) = nearest(word, of_family.iter().map(|(rest, _)| *rest)) {
        return format!("did you mean \"{family}.{near}\"?");
    }
    if !of_family.is_empty() {
        return format!("there are {}", of_family.iter().map(|(_, id)| *id).collect::<Vec<_>>().join(", "));
    }
    if let Some(near) = nearest(uses, specs.iter().map(|spec| spec.id.as_str())) {
        return format!("did you mean \"{near}\"?");
    }
    let by_word = specs.iter().find(|spec| spec.keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(word)));
    match by_word {
        Some(spec) => format!("did you mean \"{}\"?", spec.id),
        None => "list what there is with: sayflow actions".to_owned(),
    }
}
