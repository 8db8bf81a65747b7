//! Connectors: actions of outside services that are declared in `connectors/*.yaml` instead of being written in Rust.

mod check;
#[cfg(test)]
mod github_tests;
#[cfg(test)]
mod hook_tests;
#[cfg(test)]
mod loopback_tests;
mod manifest;
#[cfg(test)]
mod manifest_tests;
mod operation;
mod pages;
mod readable;
mod request;
mod response;
#[cfg(test)]
mod tests;

pub use check::{ManifestError, parse};
pub use manifest::{AuthKind, Manifest, OperationSection};
pub use operation::Operation;
pub use readable::readable;

use sayflow_engine::action::{Catalogue, CatalogueError};
use sayflow_engine::vault::{CredentialField, CredentialType, HostRule};
use std::sync::Arc;

/// The manifests by name. Adding a connector is one file and one line.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("discord", include_str!("../../../connectors/discord.yaml")),
    ("github", include_str!("../../../connectors/github.yaml")),
    ("slack", include_str!("../../../connectors/slack.yaml")),
    ("teams", include_str!("../../../connectors/teams.yaml")),
    ("telegram", include_str!("../../../connectors/telegram.yaml")),
];

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
        hosts: match &manifest.base_url_field {
            Some(field) => HostRule::UrlField(field.clone()),
            None => HostRule::SecretUrlField(manifest.auth.field.clone()),
        },
    }
}
