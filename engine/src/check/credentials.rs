//! E0305, E0306, E0308: accounts that a step names. W0301, W0302: accounts that it would need.

use super::report::Report;
use super::survey::{Site, Survey};
use crate::suggest::did_you_mean;
use crate::vault::CredentialType;

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    for site in &survey.sites {
        let Some(spec) = site.spec else { continue };
        let pointer = format!("{}/credential", site.pointer);
        match (&site.step.credential, &spec.credential) {
            (Some(name), Some(kind)) => named(survey, name, kind, &pointer, report),
            (Some(_), None) => {
                let help = Some("take `credential` out".to_owned());
                report.error_on_key("E0308", &pointer, format!("{} takes no account", spec.id), help);
            }
            (None, Some(kind)) if !spec.credential_optional => only_one(survey, site, kind, report),
            (None, _) => {}
        }
    }
}

fn named(survey: &Survey<'_>, name: &str, kind: &str, pointer: &str, report: &mut Report) {
    if !check_exists(survey, name, pointer, report) {
        return;
    }
    let types: Vec<&str> = survey.env.credentials.iter().filter(|(known, _)| known == name).map(|(_, kind)| kind.as_str()).collect();
    if !types.iter().any(|found| fits(kind, found)) {
        let message = format!("the account \"{name}\" is of type {}; this action takes {kind}", types.join(", "));
        let of_kind = names_of(survey, kind);
        let help = if of_kind.is_empty() { command(survey, kind) } else { format!("use {}", of_kind.join(" or ")) };
        report.error("E0306", pointer, message, Some(help));
    }
}

/// Whether an account of that name exists; reports it when not.
pub(super) fn check_exists(survey: &Survey<'_>, name: &str, pointer: &str, report: &mut Report) -> bool {
    let names = survey.env.credentials.iter().map(|(name, _)| name.as_str());
    if names.clone().any(|known| known == name) {
        return true;
    }
    let help = did_you_mean(name, names, "the accounts are");
    let help = help.unwrap_or_else(|| format!("set it with: sayflow credentials set {name} --type TYPE --field NAME=VALUE"));
    report.error("E0305", pointer, format!("unknown account \"{name}\""), Some(help));
    false
}

fn only_one(survey: &Survey<'_>, site: &Site<'_>, kind: &str, report: &mut Report) {
    let of_kind = names_of(survey, kind);
    let pointer = format!("{}/uses", site.pointer);
    match of_kind.as_slice() {
        [] => report.warning("W0301", &pointer, format!("there is no account of type {kind} yet"), Some(command(survey, kind))),
        [_] => {}
        several => {
            let message = format!("there are several accounts of type {kind}: {}", several.join(", "));
            report.warning("W0302", &pointer, message, Some("choose one with the step's `credential`".to_owned()));
        }
    }
}

/// Whether an account's type is the one that an action takes: `http-*` stands for all that begin so.
fn fits(wanted: &str, found: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(beginning) => found.starts_with(beginning),
        None => found == wanted,
    }
}

fn names_of<'a>(survey: &Survey<'a>, kind: &str) -> Vec<&'a str> {
    survey.env.credentials.iter().filter(|(_, other)| fits(kind, other)).map(|(name, _)| name.as_str()).collect()
}

/// The command that sets an account of a type.
fn command(survey: &Survey<'_>, kind: &str) -> String {
    if kind.ends_with('*') {
        let types: Vec<&str> = survey.env.catalogue.credential_types().map(|known| known.id.as_str()).filter(|id| fits(kind, id)).collect();
        return format!("set one with: sayflow credentials set NAME --type {} --field …", types.join("|"));
    }
    let fields = survey.env.catalogue.credential_type(kind).map(required_fields).unwrap_or_default();
    format!("set one with: sayflow credentials set {kind}{fields}")
}

fn required_fields(kind: &CredentialType) -> String {
    kind.fields.iter().filter(|field| field.required).map(|field| format!(" --field {}=…", field.name)).collect()
}
