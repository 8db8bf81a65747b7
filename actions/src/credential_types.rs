//! The credential types that belong to no connector. Connectors declare theirs in their manifests.

use sayflow_engine::action::{Catalogue, CatalogueError};
use sayflow_engine::vault::{CredentialField, CredentialType, HostRule};

/// Adds the types.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    for kind in [smtp(), http_bearer(), http_basic(), http_header(), openai(), s3(), webhook()] {
        catalogue.add_credential_type(kind)?;
    }
    Ok(())
}

fn smtp() -> CredentialType {
    CredentialType {
        id: "smtp".to_owned(),
        title: "Mail server".to_owned(),
        fields: vec![
            required("host", "The name of the server that takes outgoing mail."),
            with_default("port", "Its port: 587 for submission, 465 for TLS from the start, 25 for a relay.", "587"),
            required("from", "The sender's address, such as reports@example.com or Reports <reports@example.com>."),
            optional("username", "The name to log in with; leave it out for a server that asks for none."),
            CredentialField { secret: true, ..optional("password", "The password to log in with.") },
            CredentialField {
                choices: ["none", "starttls", "tls"].map(str::to_owned).to_vec(),
                ..with_default(
                    "tls",
                    "none: in the clear; starttls: TLS after the greeting, or nothing is sent; tls: TLS from the start.",
                    "starttls",
                )
            },
        ],
        hosts: HostRule::HostPortFields { host: "host".to_owned(), port: "port".to_owned() },
    }
}

fn http_bearer() -> CredentialType {
    CredentialType {
        id: "http-bearer".to_owned(),
        title: "Bearer token for HTTP requests".to_owned(),
        fields: vec![secret("token", "The token that goes into the header Authorization: Bearer.")],
        hosts: HostRule::Named,
    }
}

fn http_basic() -> CredentialType {
    CredentialType {
        id: "http-basic".to_owned(),
        title: "User name and password for HTTP requests".to_owned(),
        fields: vec![required("username", "The user name."), secret("password", "The password.")],
        hosts: HostRule::Named,
    }
}

fn http_header() -> CredentialType {
    CredentialType {
        id: "http-header".to_owned(),
        title: "Secret header for HTTP requests".to_owned(),
        fields: vec![required("header", "The name of the header, such as X-Api-Key."), secret("value", "What it holds.")],
        hosts: HostRule::Named,
    }
}

fn openai() -> CredentialType {
    CredentialType {
        id: "openai".to_owned(),
        title: "OpenAI-compatible model server".to_owned(),
        fields: vec![
            secret("api_key", "The API key."),
            with_default("base_url", "Where the API is, with its version: https://…/v1.", "https://api.openai.com/v1"),
        ],
        hosts: HostRule::UrlField("base_url".to_owned()),
    }
}

fn s3() -> CredentialType {
    CredentialType {
        id: "s3".to_owned(),
        title: "Amazon S3 or a store that speaks its language".to_owned(),
        fields: vec![
            with_default(
                "endpoint",
                "Where the store is: https://s3.REGION.amazonaws.com, or the address of MinIO, R2, Spaces and the like.",
                "https://s3.us-east-1.amazonaws.com",
            ),
            with_default("region", "The region of the buckets; us-east-1 or auto where the store has none.", "us-east-1"),
            required("access_key", "The access key's id."),
            secret("secret_key", "The secret access key."),
            CredentialField { secret: true, ..optional("session_token", "The session token of keys that expire.") },
            CredentialField {
                choices: ["true", "false"].map(str::to_owned).to_vec(),
                ..with_default("path_style", "true: the bucket stands in the path; false: before the host, as AWS recommends.", "true")
            },
        ],
        hosts: HostRule::UrlField("endpoint".to_owned()),
    }
}

/// What callers of a webhook prove; never sent anywhere.
fn webhook() -> CredentialType {
    CredentialType {
        id: "webhook".to_owned(),
        title: "Secret of the callers of a webhook".to_owned(),
        fields: vec![secret("secret", "The token that callers send, or the key with which they sign.")],
        hosts: HostRule::Nowhere,
    }
}

fn optional(name: &str, help: &str) -> CredentialField {
    CredentialField { name: name.to_owned(), help: help.to_owned(), secret: false, required: false, default: None, choices: Vec::new() }
}

fn required(name: &str, help: &str) -> CredentialField {
    CredentialField { required: true, ..optional(name, help) }
}

fn secret(name: &str, help: &str) -> CredentialField {
    CredentialField { secret: true, ..required(name, help) }
}

fn with_default(name: &str, help: &str, default: &str) -> CredentialField {
    CredentialField { default: Some(default.to_owned()), ..optional(name, help) }
}
