//! Connectors: actions of outside services that are declared in `connectors/*.yaml` instead of being written in Rust.

mod check;
mod manifest;
mod operation;
mod readable;
mod request;
mod response;

pub use check::{ManifestError, parse};
pub use manifest::{AuthKind, Manifest, OperationSection};
pub use operation::Operation;
pub use readable::readable;

use sayflow_engine::action::{Catalogue, CatalogueError};
use sayflow_engine::vault::{CredentialField, CredentialType, HostRule};
use std::sync::Arc;

/// The manifests by name. Adding a connector is one file and one line.
pub const EMBEDDED: &[(&str, &str)] =
    &[("slack", include_str!("../../../connectors/slack.yaml")), ("telegram", include_str!("../../../connectors/telegram.yaml"))];

/// Adds the credential types and operations of all embedded connectors.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    for (file, text) in EMBEDDED {
        #[allow(clippy::expect_used, reason = "the manifests are fixed when this crate is built, and a test reads each")]
        let manifest = parse(file, text).expect("an embedded manifest is valid");
        add(catalogue, manifest)?;
    }
    Ok(())
}

/// Adds a connector's credential type and operations.
///
/// # Errors
/// When an id is taken.
pub fn add(catalogue: &mut Catalogue, manifest: Manifest) -> Result<(), CatalogueError> {
    catalogue.add_credential_type(credential_type(&manifest))?;
    let manifest = Arc::new(manifest);
    for section in &manifest.operations {
        catalogue.add(Arc::new(Operation::new(Arc::clone(&manifest), section.clone())))?;
    }
    Ok(())
}

fn credential_type(manifest: &Manifest) -> CredentialType {
    let fields = manifest.credential.fields.iter().map(|field| CredentialField {
        name: field.name.clone(),
        help: field.help.clone(),
        secret: field.secret,
        required: field.required,
        default: field.default.clone(),
        choices: field.choices.clone(),
    });
    CredentialType {
        id: manifest.credential.kind.clone(),
        title: manifest.credential.title.clone(),
        fields: fields.collect(),
        hosts: HostRule::UrlField(manifest.base_url_field.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::{EMBEDDED, parse};
    use serde_json::Value;

    #[test]
    fn every_manifest_of_the_folder_is_embedded_and_valid() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors");
        let mut files: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        let embedded: Vec<String> = EMBEDDED.iter().map(|(name, _)| format!("{name}.yaml")).collect();
        assert_eq!(files, embedded);
        for (file, text) in EMBEDDED {
            parse(file, text).unwrap();
        }
    }

    #[test]
    fn the_examples_of_manifests_fit_their_output_schemas() {
        for (file, text) in EMBEDDED {
            for operation in parse(file, text).unwrap().operations {
                for (name, schema) in operation.output.schema["properties"].as_object().unwrap() {
                    let fits = match schema["type"].as_str() {
                        Some("string") => operation.example[name].is_string(),
                        Some("integer") => operation.example[name].is_i64(),
                        Some("boolean") => operation.example[name].is_boolean(),
                        _ => operation.example[name] != Value::Null,
                    };
                    assert!(fits, "{}: example of {name}", operation.id);
                }
            }
        }
    }

    #[test]
    fn a_broken_manifest_is_refused_with_its_place() {
        let slack = EMBEDDED.iter().find(|(name, _)| *name == "slack").unwrap().1;
        let cases = [
            ("service: slack", "service: slck", "service"),
            ("base_url_field: base_url", "base_url_field: url", "base_url_field"),
            ("kind: bearer, field: token", "kind: bearer, field: base_url", "auth.field"),
            ("id: slack.send_message", "id: send_message", "operations.send_message.id"),
            ("method: POST", "method: SEND", "operations.slack.send_message.method"),
            ("path: /chat.postMessage", "path: /bot{token}/x", "operations.slack.send_message.path"),
            ("path: /chat.postMessage", "path: chat", "operations.slack.send_message.path"),
            ("body: [channel, text,", "body: [chanel, text,", "operations.slack.send_message.body"),
            ("body: [channel, text,", "body: [channel,", "operations.slack.send_message.params"),
            ("param: channel", "param: room", "operations.slack.send_message.destinations"),
            ("ts: body.ts", "time: body.ts", "operations.slack.send_message.output.map"),
            ("additionalProperties: false", "additionalProperties: true", "operations.slack.send_message.params.additionalProperties"),
            ("effect: write", "effect: wrote", "document"),
            ("idempotent: false", "idempotnt: false", "document"),
        ];
        for (from, to, place) in cases {
            assert!(slack.contains(from), "{from}");
            let error = parse("slack", &slack.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.place, place, "{from} -> {to}: {error}");
        }
    }
}
