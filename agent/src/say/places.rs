//! The footprint in words: places that are read or written, and the accounts that are used for it.

use sayflow_protocol::workflow::Step;
use sayflow_protocol::{Destination, DestinationKind, Effect, Footprint, FootprintEntry, Workflow};
use std::collections::BTreeSet;

/// The places with an effect, in the footprint's order, each once.
pub fn places(footprint: &Footprint, effect: Effect) -> Vec<String> {
    let mut said = Vec::new();
    for entry in footprint.iter().filter(|entry| entry.effect == effect && entry.kind != DestinationKind::Model) {
        let words = place(entry);
        if !said.contains(&words) {
            said.push(words);
        }
    }
    said
}

/// The language models that data are given to.
pub(super) fn models(footprint: &Footprint) -> Vec<String> {
    footprint.iter().filter(|entry| entry.kind == DestinationKind::Model).map(place).collect()
}

fn place(entry: &FootprintEntry) -> String {
    let service = entry.service.as_deref().map(service_name);
    let name = match &entry.destination {
        Destination::Fixed(name) => host_without_usual_port(entry.kind, name),
        Destination::Dynamic { dynamic, allow, max } => dynamic_place(dynamic, allow, *max),
    };
    let noun = match (entry.kind, service) {
        // An account that was given no name of its own, and leads to one channel.
        (DestinationKind::Channel, Some(service)) if entry.service.as_ref() == Some(&name) => {
            format!("the {service} channel of the account ")
        }
        (DestinationKind::Channel, Some(service)) => format!("the {service} channel "),
        (DestinationKind::Channel, None) => "the channel ".to_owned(),
        (DestinationKind::Resource, Some(service)) => format!("{service} "),
        (DestinationKind::Database, _) => "the database ".to_owned(),
        (DestinationKind::Workflow, _) => "the workflow ".to_owned(),
        (DestinationKind::Model, _) if name == "default" => return "the language model of the settings".to_owned(),
        (DestinationKind::Model, _) => "the language model ".to_owned(),
        (DestinationKind::File, _) if entry.dynamic => "the file ".to_owned(),
        (DestinationKind::Host, _) if entry.dynamic => "the host ".to_owned(),
        (DestinationKind::Recipient, _) if entry.dynamic => "the address ".to_owned(),
        (DestinationKind::Host | DestinationKind::Recipient | DestinationKind::File | DestinationKind::Resource, _) => String::new(),
    };
    format!("{noun}{name}")
}

fn dynamic_place(from: &str, allow: &[String], max: Option<u32>) -> String {
    let limit = max.map(|max| format!(", at most {max}")).unwrap_or_default();
    if allow.is_empty() { format!("given by {from}{limit}") } else { format!("given by {from} within {}{limit}", allow.join(", ")) }
}

fn host_without_usual_port(kind: DestinationKind, name: &str) -> String {
    match kind {
        DestinationKind::Host => name.strip_suffix(":443").or_else(|| name.strip_suffix(":80")).unwrap_or(name).to_owned(),
        _ => name.to_owned(),
    }
}

/// A service's id as a name: `slack` as `Slack`, `smtp` as `SMTP`.
fn service_name(id: &str) -> String {
    // Where its capitals are, an id does not say.
    if id == "github" {
        return "GitHub".to_owned();
    }
    let mut letters = id.chars();
    match letters.next() {
        Some(first) if id.len() > 4 => first.to_uppercase().chain(letters).collect(),
        _ => id.to_uppercase(),
    }
}

/// The accounts: those named at steps, then the services for which none is named.
pub(crate) fn accounts(workflow: &Workflow, footprint: &Footprint) -> Vec<String> {
    let mut named = Vec::new();
    let mut named_steps = BTreeSet::new();
    collect_credentials(&workflow.steps, "", &mut named, &mut named_steps);
    collect_credentials(&workflow.on_failure, "on_failure/", &mut named, &mut named_steps);
    for entry in footprint {
        let Some(service) = &entry.service else { continue };
        let covered = entry.steps.iter().all(|step| named_steps.contains(step));
        if !covered && !named.contains(service) {
            named.push(service.clone());
        }
    }
    named
}

fn collect_credentials(steps: &[Step], prefix: &str, named: &mut Vec<String>, holders: &mut BTreeSet<String>) {
    for step in steps {
        let key = format!("{prefix}{}", step.id);
        if let Some(credential) = &step.credential {
            if !named.contains(credential) {
                named.push(credential.clone());
            }
            holders.insert(key.clone());
        }
        collect_credentials(&step.steps, &format!("{key}/"), named, holders);
    }
}
