//! Accounts: which one is meant, and what sets one.

use super::Fix;
use crate::explain::answered::http_status;
use crate::explain::situation::Situation;
use sayflow_engine::action::Catalogue;
use sayflow_protocol::workflow::Step;

/// Names the account that other steps of the workflow use for the same.
pub(super) fn fix(situation: &Situation<'_>) -> Option<Fix> {
    if situation.error.code != "ambiguous_credential" {
        return None;
    }
    let spec = situation.spec?;
    let mut named = Vec::new();
    collect(&situation.workflow.steps, &mut named);
    collect(&situation.workflow.on_failure, &mut named);
    named.retain(|name| situation.known.credentials.iter().any(|(known, kind)| known == name && spec.takes_credential(kind)));
    named.dedup();
    let [only] = named.as_slice() else { return None };
    Some(Fix::set(situation, "/credential", *only, format!("Other steps of the workflow use the account {only}.")))
}

fn collect<'a>(steps: &'a [Step], named: &mut Vec<&'a str>) {
    for step in steps {
        named.extend(step.credential.as_deref());
        collect(&step.steps, named);
    }
}

/// What can be typed to set what is missing.
pub(in crate::explain) fn commands(situation: &Situation<'_>) -> Vec<String> {
    let code = situation.error.code.as_str();
    let refused = matches!(http_status(situation.error), Some(401 | 403));
    match code {
        "no_credential" | "auth_failed" | "invalid_credential" | "credential_host" => account(situation),
        _ if refused => account(situation),
        "service_refused" if situation.error.help.as_deref().is_some_and(|help| help.contains("credentials set")) => account(situation),
        "no_model" | "model_unreachable" | "model_unauthorized" | "model_unknown" | "store_failed" | "store_unavailable" => {
            vec!["sayflow doctor".to_owned()]
        }
        _ => Vec::new(),
    }
}

fn account(situation: &Situation<'_>) -> Vec<String> {
    let Some(kind) = situation.spec.and_then(|spec| spec.credential.as_deref()) else { return Vec::new() };
    vec![command(situation.known.catalogue, kind, situation.step.credential.as_deref())]
}

/// The command that sets an account of a type, its required fields to be filled in.
pub(crate) fn command(catalogue: &Catalogue, kind: &str, name: Option<&str>) -> String {
    // `http-*` stands for several types; a token is what most services give.
    let kind = kind.strip_suffix("-*").map_or_else(|| kind.to_owned(), |family| format!("{family}-bearer"));
    let known = catalogue.credential_type(&kind);
    let required = known.into_iter().flat_map(|known| known.fields.iter()).filter(|field| field.required);
    let fields: String = required.map(|field| format!(" --field {}=…", field.name)).collect();
    match name {
        Some(name) if name != kind => format!("sayflow credentials set {name} --type {kind}{fields}"),
        _ => format!("sayflow credentials set {kind}{fields}"),
    }
}
